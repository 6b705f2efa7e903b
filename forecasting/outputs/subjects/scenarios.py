"""Saved scenarios as tables: the list, the history of one, what two versions differ in, a conflict in words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecasting.outputs.figure import Table
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.controls import in_time, in_words
from forecasting.scenario.merge import Clash, differences
from forecasting.scenario.scenario import Change, Scenario
from forecasting.scenario.store import Entry, Event, Version
from forecasting.scenario.store.records import day

ANSWER = "Every save is kept as a version; nothing is ever overwritten."


def listed(entries: Sequence[Entry]) -> Table:
    """Return the saved scenarios, a row each."""
    frame = pd.DataFrame({
        "Scenario": [one.name for one in entries], "Status": [one.status for one in entries],
        "Version": [one.number for one in entries], "Last saved": [day(one.saved) for one in entries],
        "By": [one.author for one in entries], "Reason": [one.reason for one in entries],
    })  # fmt: skip
    return Table("saved_scenarios", "Saved scenarios", frame, {"Version": "count"})


def history(versions: Sequence[Version], events: Sequence[Event]) -> Table:
    """Return what happened to a scenario, the last first: saves with what they changed, locks, archiving."""
    rows = []
    for at, version in enumerate(versions):
        before = versions[at + 1].scenario if at + 1 < len(versions) else Scenario(version.scenario.name)
        told = "; ".join(in_sentence(clash) for clash in differences(before, version.scenario)) or "no lever changed"
        made = version.scenario
        rows.append((made.when, f"{version.number}", version.how, made.author, made.why, told))
    rows += [(event.at, "", event.what, event.who, "", "") for event in events]
    rows.sort(key=lambda row: row[0], reverse=True)
    shown = [(day(when), *rest) for when, *rest in rows]
    columns = ["When", "Version", "What was done", "By", "Reason", "What changed since the version before"]
    return Table("history", "History", pd.DataFrame(shown, columns=columns))


def conflict(theirs: Version) -> str:
    """Return what is said when somebody else saved the scenario in the meantime."""
    made = theirs.scenario
    return (
        f'{made.author or "Somebody"} saved "{made.name}" as version {theirs.number} while you were changing it. '
        "Nothing of yours or theirs is lost: merge the two, or save yours under another name."
    )


def in_sentence(clash: Clash) -> str:
    """Return a difference in words: New plans: 5% instead of 0%."""
    record = BY_NAME.get(clash.lever)
    label = record.label if record else clash.lever
    return f"{label}{f' ({clash.key})' if clash.key else ''}: {told(clash.theirs)} instead of {told(clash.mine)}"


def sides(clash: Clash) -> dict[str, str]:
    """Return the two sides of a clash in words: "mine" and "theirs"."""
    return {"mine": f"mine: {told(clash.mine)}", "theirs": f"theirs: {told(clash.theirs)}"}


def told(changes: tuple[Change, ...]) -> str:
    """Return the changes to a lever in words: 0% then −6% from 2027 over 2 years."""
    return " then ".join(_one(change) for change in changes) or "as in the baseline"


def _one(change: Change) -> str:
    record = BY_NAME.get(change.lever)
    value = in_words(record, change.value) if record else str(change.value)
    return f"{value}{in_time(change)}"
