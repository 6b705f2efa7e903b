"""What the store gives: an entry of the list, one version, one event, and the conflict of two savers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from forecasting.errors import SufficiencyError
from forecasting.scenario.files import sorted_out
from forecasting.scenario.scenario import Change, Scenario

Row = dict[str, object]
_PREFIX = "saved:"


def key_of(scenario_id: str) -> str:
    """Return how a choice of scenarios names a saved one, so that it is never taken for one of the dataset."""
    return f"{_PREFIX}{scenario_id}"


def id_of(key: str) -> str:
    """Return the id of a saved scenario from its key; "" for a scenario of the dataset."""
    return key.removeprefix(_PREFIX) if key.startswith(_PREFIX) else ""


@dataclass(frozen=True)
class Entry:
    """A scenario in the list, as its last version left it.

    Attributes:
        id: the name that links use; it says nothing about anybody.
        name: what it is called; no other scenario of the authority is called so.
        authority: whose it is.
        number: of its last version.
        author: who saved that version.
        saved: when, UTC.
        reason: why.
        archived: whether it was put away.
        published_by: who locked it as published; blank when nobody did.
        published: when, UTC.
    """

    id: str
    name: str
    authority: str
    number: int
    author: str
    saved: str
    reason: str
    archived: bool
    published_by: str
    published: str

    @property
    def status(self) -> str:
        """Return its status in a word or two."""
        words = [word for word, held in (("published", self.published_by), ("archived", self.archived)) if held]
        return ", ".join(words) or "in work"


@dataclass(frozen=True)
class Version:
    """One save of a scenario, never changed afterwards.

    Attributes:
        id: of the scenario.
        number: 1 for the first save.
        base: the version that it was made from; 0 for none.
        scenario: name, changes and method, with the author, the time (UTC) and the reason of this save.
        authority: whose it is.
        dataset: content hash of the dataset that it was made with.
        software: version of the software that wrote it.
        how: "saved", "merged with version 3", "restored from version 2", "imported from a file" and the like.
    """

    id: str
    number: int
    base: int
    scenario: Scenario
    authority: str
    dataset: str
    software: str
    how: str


class Conflict(SufficiencyError):
    """Somebody saved a scenario while another was changing it; `theirs` is what was saved. Nothing was written."""

    def __init__(self, theirs: Version) -> None:
        self.theirs = theirs
        made = theirs.scenario
        super().__init__(
            f'"{made.name}" was saved by {made.author or "somebody"} in the meantime (version {theirs.number}); '
            "merge, or save under a new name"
        )


@dataclass(frozen=True)
class Event:
    """What was done to a scenario besides saving: when (UTC), by whom, what."""

    at: str
    who: str
    what: str


def now() -> str:
    """Return the time, UTC, to the microsecond."""
    return datetime.now(UTC).isoformat()


def day(moment: str) -> str:
    """Return a stored time in words, in the time of this machine: 24 November 2026, 12:05; blank for a blank."""
    if not moment:
        return ""
    when = datetime.fromisoformat(moment).astimezone()
    return f"{when.day} {when:%B %Y, %H:%M}"


def changes_to_text(known: tuple[Change, ...], unknown: tuple[Change, ...]) -> str:
    """Return the changes of a scenario as JSON, those to unknown levers last."""
    return json.dumps([asdict(change) for change in (*known, *unknown)])


def version_of(row: Row) -> Version:
    """Return the version of a row of the tables `version` and `scenario` joined."""
    changes = tuple(Change(**told) for told in json.loads(str(row["changes"])))
    told = {name: str(row[name]) for name in ("name", "method", "author", "saved", "reason", "software")}
    plain = Scenario(told["name"], changes, told["method"], told["author"], told["saved"], told["reason"])
    return Version(
        str(row["id"]), int(str(row["number"])), int(str(row["base"])), sorted_out(plain, told["software"]),
        str(row["authority"]), str(row["dataset"]), told["software"], str(row["how"]),
    )  # fmt: skip
