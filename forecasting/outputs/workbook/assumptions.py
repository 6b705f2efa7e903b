"""The sheet of assumptions: every lever in force with its value, its baseline, its source and why it was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forecasting.inputs.dataset import Dataset
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.scenario.assumptions import Assumption, Assumptions, Value
from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.controls import in_words, keys
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import Scenario

_STYLES = {"percent": "rate", "gbp": "gbp", "count": "general", "years": "general", "year": "whole", "word": "text"}
_IF_STATED = ("Comes in over (years)", "Low", "High", "Share of outcomes within")
_NOT_SET = "not set in the dataset: the method computes it from the tables"


@dataclass(frozen=True)
class Line:
    """One line of the sheet: an assumption in force for a lever and key, with the baseline beside it."""

    lever: Lever
    key: str
    item: Assumption | None
    before: Assumption | None
    why: str
    own: bool

    @property
    def changed(self) -> bool:
        """Return whether the scenario gives another value than the baseline."""
        return self.own and _value(self.item) != _value(self.before)


def lines(view: View) -> list[Line]:
    """Return the lines of every lever of the catalogue, in its order; a lever without a value has one blank line."""
    return [
        line
        for lever in LEVERS
        for key in keys(view.run.dataset, lever, view.baseline.assumptions) or ("",)
        for line in _of(view, lever, key)
    ]


def _of(view: View, lever: Lever, key: str) -> Iterator[Line]:
    before = view.baseline.assumptions.last(lever.name, key)
    start = set(map(id, view.baseline.assumptions.of(lever.name, key)))
    held: list[Assumption | None] = [*in_force(view.run.assumptions, lever, key)]
    for item in held or [None]:
        own = item is not None and id(item) not in start
        why = _why(view.run.scenario, item) if item is not None and own else ""
        yield Line(lever, key, item, before, why, own)


def in_force(assumptions: Assumptions, lever: Lever, key: str) -> list[Assumption]:
    """Return the items of a lever and key that still hold in some year; one that covers all years ends the search."""
    found: list[Assumption] = []
    for item in reversed(assumptions.of(lever.name, key)):
        found.append(item)
        if item.from_year is None and item.to_year is None:
            break
    return found[::-1]


def _why(scenario: Scenario, item: Assumption) -> str:
    if item.status == "printed":
        return f"The scenario {scenario.name} uses the printed constant instead of the computed value."
    for change in reversed(scenario.changes):
        same = (change.lever, change.key, change.value) == (item.lever, item.key, item.value)
        if same and change.from_year == item.from_year:
            return change.why or scenario.why or f"Changed in the scenario {scenario.name}."
    return scenario.why


def _value(item: Assumption | None) -> Value:
    return item.value if item else None


def shown(lever: Lever, value: Value) -> Cell:
    """Return a value as a cell: a number where it is one, else the word; fractions stay fractions."""
    if value is None or isinstance(value, str) or lever.kind == "switch":
        return in_words(lever, value)
    return float(value)


def unit(lever: Lever) -> str:
    """Return the unit as a reader of the sheet sees it."""
    return f"{lever.unit}, shown in %" if lever.display == "percent" else lever.unit


def _scope(dataset: Dataset, line: Line) -> str:
    if line.lever.key == "need" and line.key:
        return dataset.needs.label(line.key)
    if line.lever.key == "project" and line.key:
        names = dataset.table("projects").set_index("project")["provider"]
        return f"{line.key}. {names.get(line.key, '')}"
    return "all"


def _source(line: Line) -> str:
    if line.item is None:
        return _NOT_SET
    if line.own and line.item.status != "printed":
        return "this scenario"
    return line.item.source or _NOT_SET


def _status(line: Line) -> str:
    return line.item.status if line.item else "computed"


def grid(view: View) -> Grid:
    """Return every assumption in force as a table."""
    found = lines(view)
    items = [line.item for line in found]
    ranges = [item.interval if item else None for item in items]
    style = [_STYLES[line.lever.display] for line in found]
    columns = [
        Column("Group", [line.lever.group for line in found]),
        Column("Assumption", [line.lever.label for line in found]),
        Column("For", [_scope(view.run.dataset, line) for line in found]),
        Column("Value", [shown(line.lever, _value(line.item)) for line in found], style),
        Column("Unit", [unit(line.lever) for line in found], "inset"),
        Column("Baseline value", [shown(line.lever, _value(line.before)) for line in found], style),
        Column("Changed", ["yes" if line.changed else "no" for line in found], "inset"),
        Column("From year", [item.from_year if item else None for item in items], "whole"),
        Column("To year", [item.to_year if item else None for item in items], "whole"),
        Column("Comes in over (years)", [(item.ramp_years or None) if item else None for item in items], "general"),
        Column("Low", [held.low if held else None for held in ranges], style),
        Column("High", [held.high if held else None for held in ranges], style),
        Column("Share of outcomes within", [held.coverage if held else None for held in ranges], "fraction"),
        Column("Status", [_status(line) for line in found], "inset"),
        Column("Source", [_source(line) for line in found], "inset"),
        Column("Why changed", [line.why or None for line in found], "inset"),
        Column("What it does", [line.lever.help for line in found], "inset"),
        Column("Name in files", [line.lever.name for line in found], "inset"),
    ]
    return Grid("assumptions", tuple(c for c in columns if c.header not in _IF_STATED or any(map(_held, c.cells))))


def _held(value: Cell) -> bool:
    return value is not None


def write(book: Book, view: View) -> Sheet:
    """Write the sheet of assumptions and return it."""
    sheet = book.sheet("Assumptions", f"{view.name}: {view.run.scenario.name}")
    table = grid(view)
    sheet.set_widths(widths([table], first=14, other=38))
    sheet.line("Assumptions", "title")
    sheet.line(
        "Every assumption in force. Status says where a value comes from: outturn, official projection, local, "
        "judgement, computed, or printed (a constant of a paper, used as it stands)."
    )
    sheet.link(sheet.row, 0, "Cover", "Contents")
    sheet.row += 1
    sheet.page.set_paper(8)  # A3: the table is wide
    sheet.page.repeat_rows(sheet.row)
    sheet.page.freeze_panes(sheet.row + 1, 3)
    sheet.table(table, "all", filters=True)
    return sheet
