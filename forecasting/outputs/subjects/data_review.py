"""The review of a dataset as tables: what was recognised, noticed, changed and decided; for the page and the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import pandas as pd

from forecasting.errors import Fault, Grade
from forecasting.inputs.changes import years_in_words
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.grouping import Group, grouped, who_and_when
from forecasting.inputs.intake import Found
from forecasting.inputs.pupil_level import Totals
from forecasting.inputs.review import Decision, Review
from forecasting.outputs import words
from forecasting.outputs.figure import Table

GRADES: dict[Grade, tuple[str, str]] = {
    "error": ("Errors", "The files cannot be used until these are put right. The data in hand stay as they are."),
    "warning": ("Warnings", "These look odd. You decide about them below, and the decision is kept."),
    "note": ("Notes", "For your information: how the files were read. Nothing to do."),
}
CHOICES = {
    "use": "Use it as it is", "leave_years_out": "Leave some years out", "leave_out": "Leave the whole table out",
}  # fmt: skip


def recognised(found: Sequence[Found], dataset: Dataset | None) -> Table:
    """Return what was recognised, a row a sheet with rows in it: what it is, the tables it fills, rows and years."""
    empty = sum(not item.rows for item in found)
    found = [item for item in found if item.rows] or list(found)
    frame = pd.DataFrame({
        "File": [item.file for item in found], "Sheet": [item.sheet for item in found],
        "What it is": [item.what for item in found], "Fills": [", ".join(item.tables) for item in found],
        "Rows": [item.rows for item in found],
        "Years": [_years(dataset, item.tables) for item in found],
    })  # fmt: skip
    left = f"{words.things(empty, 'empty sheet')} left out." if 0 < empty and frame["Rows"].any() else ""
    return Table("recognised", "What was recognised", frame, {"Rows": "count"}, left)


def added_up(done: Totals) -> str:
    """Return what was read of pupil-level files, and what became of them."""
    read = "; ".join(f"{what}, {words.count(rows)} rows ({' '.join(filter(None, (file, sheet)))})"
                     for file, sheet, what, rows in done.found)  # fmt: skip
    return (f"Pupil-level files were read in memory and added up: {read}. Only the totals go on: nothing about a child "
            "is kept, written to disk or sent anywhere.")  # fmt: skip


def _years(dataset: Dataset | None, tables: tuple[str, ...]) -> str:
    if dataset is None:
        return ""
    told = {name: years_in_words(dataset, name) for name in tables}
    if len(tables) == 1:
        return told[tables[0]]
    return "; ".join(f"{name} {years}" for name, years in told.items() if years)


def faults(found: Iterable[Fault], grade: Grade) -> Table:
    """Return the faults of a grade in groups of one kind, a row a group."""
    groups = grouped([fault for fault in found if fault.grade == grade])
    firsts = [group.faults[0] for group in groups]
    frame = pd.DataFrame({
        "Where": [fault.where for fault in firsts], "What was found": [_found(group) for group in groups],
        "What is allowed": [fault.allowed for fault in firsts], "What to do": [fault.todo for fault in firsts],
        "How many": [group.count for group in groups],
    })  # fmt: skip
    return Table(f"{grade}s", f"{GRADES[grade][0]}: one row a kind, the first of it shown", _filled(frame),
                 {"How many": "count"})  # fmt: skip


def summary(table: str, warnings: Sequence[Fault]) -> Table:
    """Return the warnings about a table, a row a kind: how many, about whom and when, and the first of them."""
    groups = grouped(warnings)
    firsts = [group.faults[0] for group in groups]
    frame = pd.DataFrame({
        "What looks odd": [_kind(group) for group in groups], "How many": [group.count for group in groups],
        "Whose, and when": [who_and_when(group.faults) for group in groups],
        "For example": [fault.found for fault in firsts], "What is usual": [fault.allowed for fault in firsts],
        "What to do": [fault.todo for fault in firsts],
    })  # fmt: skip
    name = f"Warnings about {f'table {table}' if table else 'the files'}"
    return Table("summary", name, _filled(frame), {"How many": "count"})


def _kind(group: Group) -> str:
    word = group.faults[0].kind or "odd figures"
    return word[:1].upper() + word[1:]


def evidence(table: str, warnings: Sequence[Fault]) -> Table:
    """Return every warning about a table, a row each, what was found first: this is what the user judges by."""
    frame = pd.DataFrame({
        "What was found": [fault.found for fault in warnings], "What is usual": [fault.allowed for fault in warnings],
        "What to do": [fault.todo for fault in warnings], "Where": [fault.where for fault in warnings],
    })  # fmt: skip
    return Table("evidence", f"Each warning about {f'table {table}' if table else 'the files'}", _filled(frame))


def every_fault(found: Iterable[Fault]) -> Table:
    """Return every fault, a row each, errors first."""
    order = list(GRADES)
    listed = sorted(found, key=lambda fault: order.index(fault.grade))
    frame = pd.DataFrame({
        "Grade": [fault.grade for fault in listed], "Where": [fault.where for fault in listed],
        "What was found": [fault.found for fault in listed], "What is allowed": [fault.allowed for fault in listed],
        "What to do": [fault.todo for fault in listed],
    })  # fmt: skip
    return Table("faults", "Everything that was noticed", frame)


def _found(group: Group) -> str:
    more = f" (and {words.count(group.count - 1)} more like it)" if group.count > 1 else ""
    return f"{group.faults[0].found}{more}"


def _filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns that are blank in every row."""
    blank = [name for name in frame if frame[name].eq("").all()]
    return frame.drop(columns=blank)


def verdict(found: Sequence[Fault], dataset: Dataset | None) -> str:
    """Return what the check came to, in a sentence or two."""
    counts = {grade: sum(fault.grade == grade for fault in found) for grade in GRADES}
    told = words.join([_counted(counts[grade], grade) for grade in GRADES])
    if dataset is None:
        return f"These files cannot be used yet: {told}. The data in hand stay as they are."
    return f"These files can be used: {told}."


def _counted(count: int, noun: str) -> str:
    return f"{words.count(count) if count else 'no'} {noun}{'' if count == 1 else 's'}"


def changed(review: Review) -> Table:
    """Return what changed, a row a table."""
    rows = review.changes
    frame = pd.DataFrame({
        "Table": [row.table for row in rows], "What changed": [row.what for row in rows],
        "Rows before": [row.before for row in rows], "Rows now": [row.now for row in rows],
        "Years before": [row.years_before for row in rows], "Years now": [row.years for row in rows],
    })  # fmt: skip
    return Table("changes", "What changed, table by table", frame, {"Rows before": "count", "Rows now": "count"},
                 "A row is known by its key columns. A new source alone does not count as a change.")  # fmt: skip


def totals(review: Review) -> Table:
    """Return what the new data hold of pupils, SEN and EHC plans by January, before and now; a row a year.

    A measure that they do not hold has no column: its table stands as "not there now" among the changes.
    """
    held = {total.measure for total in review.totals if total.now is not None}
    years = sorted({total.year for total in review.totals if total.measure in held})
    cells = {(t.measure, t.year): (t.before, t.now) for t in review.totals}
    columns: dict[str, list[float | None]] = {}
    for measure in dict.fromkeys(total.measure for total in review.totals if total.measure in held):
        pairs = [cells.get((measure, year), (None, None)) for year in years]
        if review.compared_with:
            columns[f"{measure}, before"] = [before for before, _ in pairs]
        columns[f"{measure}, now" if review.compared_with else measure] = [now for _, now in pairs]
    columns = {name: found for name, found in columns.items() if any(value is not None for value in found)}
    frame = pd.DataFrame(
        {"January": years, **{name: pd.Series(cells, dtype="float64") for name, cells in columns.items()}}
    )
    return Table("totals", "Totals by January", frame, dict.fromkeys(columns, "count"), "Blank: not known.")


def decisions(made: Sequence[Decision]) -> Table:
    """Return the decisions, a row a table: what, why, who, when and the warnings decided on."""
    frame = pd.DataFrame({
        "About": [decision.table or "the files" for decision in made],
        "Decision": [_choice(decision) for decision in made], "Reason": [decision.reason for decision in made],
        "Who": [decision.who for decision in made], "When": [moment(decision.when) for decision in made],
        "Warnings decided on": [" ".join(decision.warnings) for decision in made],
    })  # fmt: skip
    return Table("decisions", "What was decided about the warnings", frame)


def _choice(decision: Decision) -> str:
    years = f": {words.join([str(year) for year in decision.years])}" if decision.years else ""
    return f"{CHOICES[decision.choice]}{years}"


def identity(review: Review) -> Table:
    """Return what the review is of: authority, files, hash, who accepted it and when."""
    facts = {
        "Authority": review.name or "not known", "Title": review.title, "Base year": str(review.base_year or ""),
        "Files": ", ".join(review.files), "Checked": moment(review.when),
        "Accepted by": review.who or "not accepted, or no name given",
        "Compared with": review.compared_with or "nothing",
        "Content hash (SHA-256)": review.content_hash or "none: the files cannot be used",
    }  # fmt: skip
    return Table("identity", "What this report is about",
                 pd.DataFrame({"Fact": list(facts), "Value": list(facts.values())}))  # fmt: skip


def counts(review: Review) -> Table:
    """Return how many faults of each grade there are."""
    found = [sum(fault.grade == grade for fault in review.faults) for grade in GRADES]
    frame = pd.DataFrame({"Grade": [name for name, _ in GRADES.values()], "How many": found,
                          "What it means": [text for _, text in GRADES.values()]})  # fmt: skip
    return Table("counts", "What was noticed, by grade", frame, {"How many": "count"})


def moment(when: str) -> str:
    """Return a date and time in words: 24 November 2026, 12:05."""
    found = datetime.fromisoformat(when)
    return f"{found.day} {found:%B %Y, %H:%M}"
