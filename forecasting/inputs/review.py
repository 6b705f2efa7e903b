"""What a person was shown about a set of files and what they decided: the record that goes with a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from forecasting.errors import Fault, UsageError
from forecasting.inputs.changes import TableChange, Total, changes, totals
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.intake import Found
from forecasting.inputs.schema import BY_NAME, STARTING_TABLES, time_of

Choice = Literal["use", "leave_years_out", "leave_out"]
FILES = ""  # the bucket of warnings that are of no dataset table, but of the files themselves


@dataclass(frozen=True)
class Decision:
    """What was decided about the warnings of one table.

    Attributes:
        table: dataset table; "" for warnings about the files themselves.
        choice: use it as it is, leave some of its years out, or leave it out.
        reason: why, in the person's own words.
        who: the person's name or initials.
        when: date and time with the offset from UTC, ISO 8601.
        years: the years left out.
        warnings: the warnings decided on, one sentence each.
    """

    table: str
    choice: Choice
    reason: str
    who: str
    when: str
    years: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """Files, what was recognised in them, what was noticed, what changed and what was decided.

    Attributes:
        name: authority; "" when the files cannot be used.
        title: title of the dataset.
        base_year: January that a forecast starts from; 0 when the files cannot be used.
        content_hash: hash of the dataset as accepted; "" when the files cannot be used.
        when: date and time with the offset from UTC, ISO 8601.
        who: who accepted it; "" while nobody has.
        files: names of the files.
        found: what was recognised.
        faults: errors, warnings and notes.
        decisions: one for each table with warnings.
        synthetic: whether the data are made up.
        compared_with: what the changes are measured against; "" for nothing.
        changes: what changed, a row a table.
        totals: totals before and now, a row a measure and year.
    """

    name: str
    title: str
    base_year: int
    content_hash: str
    when: str
    who: str
    files: tuple[str, ...]
    found: tuple[Found, ...]
    faults: tuple[Fault, ...]
    decisions: tuple[Decision, ...] = ()
    synthetic: bool = False
    compared_with: str = ""
    changes: tuple[TableChange, ...] = ()
    totals: tuple[Total, ...] = ()


def questions(faults: Iterable[Fault]) -> dict[str, tuple[Fault, ...]]:
    """Return the warnings by the dataset table that they are of, each table one question for the user."""
    asked: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.grade == "warning":
            asked.setdefault(fault.sheet if fault.sheet in BY_NAME else FILES, []).append(fault)
    return {table: tuple(many) for table, many in asked.items()}


def years_of(dataset: Dataset, table: str) -> tuple[int, ...]:
    """Return the years that a table of a dataset has rows for, in order; empty for a table without years."""
    time = time_of(table)
    if not time or not dataset.has(table):
        return ()
    return tuple(sorted({int(year) for year in dataset.table(table)[time].dropna()}))


def open_questions(asked: Iterable[str], decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Return what still stands between the user and the dataset, a sentence each; empty when all is decided."""
    made = {decision.table: decision for decision in decisions}
    found = []
    for table in asked:
        name = f'the warnings of table "{table}"' if table else "the warnings about the files"
        decision = made.get(table)
        if decision is None or not decision.reason.strip():
            found.append(f"Say why, for {name}.")
        elif decision.choice == "leave_years_out" and not decision.years:
            found.append(f'Choose the years of table "{table}" to leave out.')
    if made and any(not decision.who.strip() for decision in made.values()):
        found.append("Give your name or initials.")
    return tuple(found)


def decided(dataset: Dataset, decisions: Iterable[Decision]) -> Dataset:
    """Return the dataset without the tables and years that were left out; the notes stay with it.

    Raises:
        UsageError: nothing to forecast from would be left.
    """
    tables = dict(dataset.tables)
    for decision in decisions:
        if decision.choice == "leave_out" and decision.table in tables and decision.table != "about":
            del tables[decision.table]
        elif decision.choice == "leave_years_out" and decision.table in tables:
            frame = tables[decision.table]
            tables[decision.table] = frame[~frame[time_of(decision.table)].isin(decision.years)]
    if not any(name in tables and len(tables[name]) for name in STARTING_TABLES):
        raise UsageError("With this left out there is nothing to forecast from. Keep at least one of "
                         f"{', '.join(STARTING_TABLES)}.")  # fmt: skip
    return replace(dataset, tables=tables)


def now() -> str:
    """Return this moment as a review writes it: ISO 8601 to the millisecond, with the offset from UTC."""
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def review(files: Iterable[str], found: Sequence[Found], faults: Sequence[Fault], when: str) -> Review:
    """Return the review of files as they were found, before anything is decided; it says why they cannot be used."""
    return Review("", "", 0, "", when, "", tuple(files), tuple(found), tuple(faults))


def completed(
    draft: Review, dataset: Dataset, old: Dataset | None, compared_with: str, decisions: Sequence[Decision], who: str
) -> Review:
    """Return the review of a dataset that can be used, with what changed and what was decided.

    Args:
        draft: the review of its files.
        dataset: the dataset with the decisions applied.
        old: what it is compared with; None for nothing.
        compared_with: how that is called.
        decisions: what was decided about the warnings.
        who: who accepts it; "" while nobody has.
    """
    return replace(
        draft, name=dataset.name, title=dataset.about("title"), base_year=dataset.base_year, who=who,
        content_hash=dataset.content_hash, decisions=tuple(decisions), synthetic=dataset.synthetic,
        compared_with=compared_with if old else "", changes=changes(old, dataset) if old else (),
        totals=totals(old, dataset),
    )  # fmt: skip
