"""The sheet of assumptions: every lever in force with its value, its baseline, its source and why it was changed."""

from __future__ import annotations

from forecasting.analysis.assumptions_log import lines
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.scenario.assumptions import Value
from forecasting.scenario.controls import in_words
from forecasting.scenario.lever import Lever

_STYLES = {"percent": "rate", "gbp": "gbp", "count": "general", "years": "general", "year": "whole", "word": "text"}
_IF_STATED = ("Comes in over (years)", "Low", "High", "Share of outcomes within")


def shown(lever: Lever, value: Value) -> Cell:
    """Return a value as a cell: a number where it is one, else the word; fractions stay fractions."""
    if value is None or isinstance(value, str) or lever.kind == "switch":
        return in_words(lever, value)
    return float(value)


def unit(lever: Lever) -> str:
    """Return the unit as a reader of the sheet sees it."""
    return f"{lever.unit}, shown in %" if lever.display == "percent" else lever.unit


def grid(view: View) -> Grid:
    """Return every assumption in force as a table."""
    found = lines(view.run, view.baseline)
    items = [line.item for line in found]
    ranges = [item.interval if item else None for item in items]
    style = [_STYLES[line.lever.display] for line in found]
    columns = [
        Column("Group", [line.lever.group for line in found]),
        Column("Assumption", [line.lever.label for line in found]),
        Column("For", [line.scope(view.run.dataset) for line in found]),
        Column("Value", [shown(line.lever, line.value) for line in found], style),
        Column("Unit", [unit(line.lever) for line in found], "inset"),
        Column("Baseline value", [shown(line.lever, line.baseline_value) for line in found], style),
        Column("Changed", ["yes" if line.changed else "no" for line in found], "inset"),
        Column("From year", [item.from_year if item else None for item in items], "whole"),
        Column("To year", [item.to_year if item else None for item in items], "whole"),
        Column("Comes in over (years)", [(item.ramp_years or None) if item else None for item in items], "general"),
        Column("Low", [held.low if held else None for held in ranges], style),
        Column("High", [held.high if held else None for held in ranges], style),
        Column("Share of outcomes within", [held.coverage if held else None for held in ranges], "fraction"),
        Column("Status", [line.status for line in found], "inset"),
        Column("Source", [line.source for line in found], "inset"),
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
