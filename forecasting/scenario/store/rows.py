"""Rows of the store, read and written within a transaction."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from forecasting import VERSION as SOFTWARE
from forecasting.axes import FORECAST_COLUMNS
from forecasting.errors import UsageError
from forecasting.scenario.scenario import Scenario, without_overruled
from forecasting.scenario.store.records import Row, Version, changes_to_text, now, version_of
from forecasting.scenario.store.schema import EVENT, FORECAST, SCENARIO, VERSION

VERSIONS = sa.select(SCENARIO.c.id, SCENARIO.c.name, SCENARIO.c.authority, VERSION).join(
    VERSION, VERSION.c.scenario_id == SCENARIO.c.id
)


@dataclass(frozen=True)
class Draft:
    """A version about to be written; the fields mean what they mean in `Version`, `token` is its own."""

    number: int
    base: int
    scenario: Scenario
    dataset: str
    how: str
    token: str
    forecast: bytes | None


def packed(forecast: pd.DataFrame | None) -> bytes | None:
    """Return a forecast table as Parquet.

    Raises:
        ValueError: it has columns that a forecast table has not, so that it might hold anything.
    """
    if forecast is None:
        return None
    strange = [str(name) for name in forecast if name not in FORECAST_COLUMNS]
    if strange:
        raise ValueError(f"not of the forecast table: {', '.join(strange)}")
    stream = io.BytesIO()
    forecast.to_parquet(stream, index=False)
    return stream.getvalue()


def held(connection: sa.Connection, key: str) -> Row:
    """Return the row of a scenario, kept from other writers until the transaction ends.

    Raises:
        UsageError: there is no such scenario.
    """
    found = connection.execute(sa.select(SCENARIO).where(SCENARIO.c.id == key).with_for_update()).mappings().first()
    if found is None:
        raise UsageError(f'there is no saved scenario "{key}"')
    return {str(name): value for name, value in found.items()}


def refuse_closed(found: Row) -> None:
    """Refuse to change a scenario that is published or archived.

    Raises:
        UsageError: it is.
    """
    if found["published_by"]:
        raise UsageError(
            f'"{found["name"]}" was locked as published by {found["published_by"]} and stays as it is; save under a '
            "new name"
        )
    if found["archived"]:
        raise UsageError(f'"{found["name"]}" is archived; bring it back first, or save under a new name')


def name_taken(connection: sa.Connection, authority: str, name: str) -> bool:
    """Return whether a scenario of the authority has that name."""
    wanted = sa.select(SCENARIO.c.id).where(SCENARIO.c.authority == authority, SCENARIO.c.name == name)
    return connection.execute(wanted).first() is not None


def version(connection: sa.Connection, key: str, number: int | None = None) -> Version | None:
    """Return a version of a scenario, the last when no number is given; None when there is none."""
    wanted = VERSIONS.where(SCENARIO.c.id == key)
    wanted = wanted.where(VERSION.c.number == (SCENARIO.c.latest if number is None else number))
    found = connection.execute(wanted).mappings().first()
    return None if found is None else version_of({str(name): value for name, value in found.items()})


def last(connection: sa.Connection, key: str) -> Version:
    """Return the last version of a scenario that is there."""
    found = version(connection, key)
    assert found is not None  # both rows are written in one transaction
    return found


def token_of(connection: sa.Connection, key: str, number: int) -> str:
    """Return what tells a save from every other; blank when there is no such version."""
    wanted = sa.select(VERSION.c.token).where(VERSION.c.scenario_id == key, VERSION.c.number == number)
    return str(connection.execute(wanted).scalar() or "")


def insert(connection: sa.Connection, key: str, draft: Draft) -> Version:
    """Write a version and return it as read back."""
    scenario = draft.scenario
    method, author, reason = (_plain(text) for text in (scenario.method, scenario.author, scenario.why))
    row = {
        "scenario_id": key, "number": draft.number, "base": draft.base, "method": method,
        "author": author, "saved": now(), "reason": reason, "how": draft.how, "dataset": draft.dataset,
        "software": scenario.software or SOFTWARE, "token": draft.token,
        "changes": changes_to_text(without_overruled(scenario.changes), scenario.unknown),
    }  # fmt: skip
    connection.execute(sa.insert(VERSION), row)
    if draft.forecast is not None:
        of = {"scenario_id": key, "number": draft.number, "content": draft.forecast}
        connection.execute(sa.insert(FORECAST), of)
    return last(connection, key)


def _plain(text: str) -> str:
    return text.replace("\0", "")  # the one character that a server does not keep in a text


def mark(connection: sa.Connection, key: str, who: str, what: str, **values: object) -> None:
    """Change the state of a scenario and say who did what."""
    connection.execute(sa.update(SCENARIO).where(SCENARIO.c.id == key).values(**values))
    connection.execute(sa.insert(EVENT), {"scenario_id": key, "at": now(), "who": who, "what": what})
