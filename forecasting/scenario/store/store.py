"""The store of scenarios: every save is a version, nothing is destroyed, nobody overwrites what he has not seen."""

from __future__ import annotations

import io
import secrets
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pandas as pd
import sqlalchemy as sa

from forecasting.errors import UsageError
from forecasting.scenario.scenario import Scenario
from forecasting.scenario.store import rows
from forecasting.scenario.store.database import Database
from forecasting.scenario.store.place import url_of
from forecasting.scenario.store.records import Conflict, Entry, Event, Version, now, version_of
from forecasting.scenario.store.schema import EVENT, FORECAST, SCENARIO, VERSION

SAVED, PUBLISHED, ARCHIVED, BACK = "saved", "locked as published", "archived", "brought back"


class Store:
    """Scenarios with their versions, in a SQLite file or on a PostgreSQL server.

    Every method raises StoreError when the store cannot be read or written; then nothing of that call was written.
    What a method has returned is on the disk.
    """

    def __init__(self, setting: str | None = None) -> None:
        """Name the store: the address of a database, or the one that is set for this installation; opened on use."""
        self._database = Database(setting)
        self.place = self._database.place
        self.close = self._database.close

    def create(
        self, scenario: Scenario, authority: str, dataset: str = "", forecast: pd.DataFrame | None = None,
        how: str = SAVED,
    ) -> Version:  # fmt: skip
        """Keep a new scenario as its version 1 and return that; the arguments mean what they mean in `save`.

        Raises:
            UsageError: the name is blank, or another scenario of the authority has it.
        """
        name = scenario.name.strip()
        if not name:
            raise UsageError("a scenario needs a name")
        key = secrets.token_hex(6)
        draft = rows.Draft(1, 0, scenario, dataset, how, secrets.token_hex(8), rows.packed(forecast))

        def work(connection: sa.Connection) -> Version:
            again = rows.version(connection, key, 1)
            if again is not None:  # ours, of an attempt whose answer was lost
                return again
            if rows.name_taken(connection, authority, name):
                raise UsageError(f'there is a scenario "{name}" already (it may be archived); choose another name')
            row = {"id": key, "name": name, "authority": authority, "latest": 1, "archived": False,
                   "published_by": "", "published": ""}  # fmt: skip
            connection.execute(sa.insert(SCENARIO), row)
            return rows.insert(connection, key, draft)

        return self._database.write(work)

    def save(
        self, key: str, scenario: Scenario, base: int, dataset: str = "", forecast: pd.DataFrame | None = None,
        how: str = SAVED,
    ) -> Version:  # fmt: skip
        """Keep a scenario as the next version of the one with that id, and return that version; the name stays.

        Args:
            key: id of the scenario.
            scenario: changes and method, with the author and the reason of this save.
            base: number of the version that it was made from.
            dataset: content hash of the dataset that it was made with.
            forecast: the forecast table of that dataset and scenario, to be scored later.
            how: how it came about.

        Raises:
            Conflict: the last version is no longer `base`; the error holds it.
            UsageError: there is no such scenario, or it is published or archived.
        """
        draft = rows.Draft(base + 1, base, scenario, dataset, how, secrets.token_hex(8), rows.packed(forecast))

        def work(connection: sa.Connection) -> Version:
            found = rows.held(connection, key)
            if rows.token_of(connection, key, draft.number) == draft.token:  # of an attempt whose answer was lost
                return rows.last(connection, key)
            rows.refuse_closed(found)
            if found["latest"] != base:
                raise Conflict(rows.last(connection, key))
            connection.execute(sa.update(SCENARIO).where(SCENARIO.c.id == key).values(latest=draft.number))
            return rows.insert(connection, key, draft)

        return self._database.write(work)

    def restore(self, key: str, number: int, author: str, reason: str, base: int) -> Version:
        """Keep an earlier version once more, as the next one; `base` is the last version that the author has seen.

        Raises:
            Conflict, UsageError: as `save`; or there is no such version.
        """
        old = self.open(key, number)
        scenario = replace(old.scenario, author=author, why=reason)
        how = f"restored from version {number}"
        return self.save(key, scenario, base, old.dataset, self.forecast(key, number), how)

    def publish(self, key: str, author: str, number: int) -> None:
        """Lock a scenario as published: it then stays as it is; `number` is the last version that the author has seen.

        Raises:
            Conflict: that is no longer the last version.
            UsageError: there is no such scenario, nobody is named, or it is published or archived already.
        """
        if not author.strip():
            raise UsageError("say who locks the scenario as published")

        def work(connection: sa.Connection) -> None:
            found = rows.held(connection, key)
            rows.refuse_closed(found)
            if found["latest"] != number:
                raise Conflict(rows.last(connection, key))
            rows.mark(connection, key, author, PUBLISHED, published_by=author, published=now())

        self._database.write(work)

    def archive(self, key: str, author: str, *, away: bool = True) -> None:
        """Put a scenario away, or bring it back (`away` false); harmless when it is there already.

        Raises:
            UsageError: there is no such scenario.
        """

        def work(connection: sa.Connection) -> None:
            if bool(rows.held(connection, key)["archived"]) != away:
                rows.mark(connection, key, author, ARCHIVED if away else BACK, archived=away)

        self._database.write(work)

    def listing(self, authority: str | None = None) -> tuple[Entry, ...]:
        """Return every scenario, of one authority or of all, archived ones too; by authority and name."""
        joined = sa.and_(VERSION.c.scenario_id == SCENARIO.c.id, VERSION.c.number == SCENARIO.c.latest)
        wanted = sa.select(
            SCENARIO.c.id, SCENARIO.c.name, SCENARIO.c.authority, SCENARIO.c.latest.label("number"),
            VERSION.c.author, VERSION.c.saved, VERSION.c.reason, SCENARIO.c.archived, SCENARIO.c.published_by,
            SCENARIO.c.published,
        ).join(VERSION, joined).order_by(SCENARIO.c.authority, SCENARIO.c.name)  # fmt: skip
        if authority is not None:
            wanted = wanted.where(SCENARIO.c.authority == authority)
        return tuple(Entry(**row) for row in self._all(wanted))

    def find(self, name: str, authority: str | None = None) -> Entry | None:
        """Return a scenario by its id, or by its name where only one has it; None when there is none."""
        every = self.listing(authority)
        found = [entry for entry in every if entry.id == name] or [entry for entry in every if entry.name == name]
        return found[0] if len(found) == 1 else None

    def open(self, key: str, number: int | None = None) -> Version:
        """Return a version of a scenario, the last one when no number is given.

        Raises:
            UsageError: there is none.
        """
        there = self._database.is_there
        found = self._database.read(lambda connection: rows.version(connection, key, number)) if there else None
        if found is None:
            raise UsageError(f'there is no saved scenario "{key}"{f" with a version {number}" if number else ""}')
        return found

    def history(self, key: str) -> tuple[Version, ...]:
        """Return every version of a scenario, the last one first; empty when there is no such scenario."""
        wanted = rows.VERSIONS.where(VERSION.c.scenario_id == key).order_by(VERSION.c.number.desc())
        return tuple(version_of(row) for row in self._all(wanted))

    def events(self, key: str) -> tuple[Event, ...]:
        """Return what was done to a scenario besides saving, the last first."""
        wanted = sa.select(EVENT.c.at, EVENT.c.who, EVENT.c.what).where(EVENT.c.scenario_id == key)
        return tuple(Event(**row) for row in self._all(wanted.order_by(EVENT.c.number.desc())))

    def forecast(self, key: str, number: int) -> pd.DataFrame | None:
        """Return the forecast table kept with a version; None when none was."""
        wanted = sa.select(FORECAST.c.content).where(FORECAST.c.scenario_id == key, FORECAST.c.number == number)
        found = self._all(wanted)
        return pd.read_parquet(io.BytesIO(found[0]["content"])) if found else None

    def _all(self, wanted: sa.Select[Any]) -> list[dict[str, Any]]:
        if not self._database.is_there:  # reading makes no file
            return []
        return self._database.read(lambda connection: [dict(row) for row in connection.execute(wanted).mappings()])


@lru_cache(maxsize=8)
def _store(address: str) -> Store:
    return Store(address)


def open_store() -> Store:
    """Return the store of this installation, one for the whole process.

    Raises:
        StoreError: SUFFICIENCY_DATABASE_URL is not the address of a database.
    """
    return _store(url_of().render_as_string(hide_password=False))
