"""The sheet of assumptions: every lever in force with its value, its baseline, its source and why it was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xlsxwriter.utility import xl_col_to_name

from forecasting.analysis.assumptions_log import Line, lines
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.scenario.assumptions import Value
from forecasting.scenario.controls import in_words
from forecasting.scenario.lever import Lever

_STYLES = {"percent": "rate", "gbp": "gbp", "count": "general", "years": "general", "year": "whole", "word": "text"}
LIVE = "Recalculates here"
_STATED = {"Value": "", "From year": "from_year", "To year": "to_year", "Comes in over (years)": "ramp_years"}
_IF_STATED = ("Comes in over (years)", "Low", "High", "Share of outcomes within")


def shown(lever: Lever, value: Value) -> Cell:
    """Return a value as a cell: a number where it is one, else the word; fractions stay fractions."""
    if value is None or isinstance(value, str) or lever.kind == "switch":
        return in_words(lever, value)
    return float(value)


def unit(lever: Lever) -> str:
    """Return the unit as a reader of the sheet sees it."""
    return f"{lever.unit}, shown in %" if lever.display == "percent" else lever.unit


def grid(view: View, found: Sequence[Line]) -> Grid:
    """Return every assumption in force as a table; which cells formulas read is not known yet."""
    items = [line.item for line in found]
    ranges = [item.interval if item else None for item in items]
    style = [_STYLES[line.lever.display] for line in found]
    columns = [
        Column("Group", [line.lever.group for line in found]),
        Column("Assumption", [line.lever.label for line in found]),
        Column("For", [line.scope(view.run.dataset) for line in found]),
        Column("Value", [shown(line.lever, line.value) for line in found], style),
        Column(LIVE, ["" for _ in found], "inset"),
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


@dataclass(frozen=True, eq=False)
class Layout:
    """The sheet of assumptions before it is written: its lines, and where each of their cells will stand."""

    sheet: Sheet
    lines: tuple[Line, ...]
    grid: Grid
    head: int

    def row(self, at: int) -> int:
        """Return the row of a line, counted from 0."""
        return self.head + 1 + at

    def has(self, column: str) -> bool:
        """Return whether the sheet has a column."""
        return column in self.grid.headers

    def cell(self, column: str, at: int) -> str:
        """Return the fixed reference to a cell of a line."""
        return f"'{self.sheet.name}'!${xl_col_to_name(self.grid.headers.index(column))}${self.row(at) + 1}"


def start(book: Book, view: View) -> Layout:
    """Add the sheet of assumptions with its heading; the table follows when it is known which cells formulas read."""
    sheet = book.sheet("Assumptions", f"{view.name}: {view.run.scenario.name}")
    found = tuple(lines(view.run, view.baseline))
    table = grid(view, found)
    sheet.set_widths(widths([table], first=14, other=38))
    sheet.line("Assumptions", "title")
    sheet.marks()
    sheet.line(
        "Every assumption in force. Status says where a value comes from: outturn, official projection, local, "
        "judgement, computed, or printed (a constant of a paper, used as it stands)."
    )
    sheet.line(
        'Yellow cells, marked yes under "Recalculates here", are inputs: change one and the workbook follows. The '
        "others act within the software: change them there and make the workbook again."
    )
    sheet.link(sheet.row, 0, "Cover", "Contents")
    sheet.row += 1
    sheet.page.set_paper(8)  # A3: the table is wide
    sheet.page.repeat_rows(sheet.row)
    sheet.page.freeze_panes(sheet.row + 1, 3)
    return Layout(sheet, found, table, sheet.row)


def write(layout: Layout, used: set[int]) -> None:
    """Write the table, the cells of the lines in use as inputs."""
    columns = [_marked(column, layout.lines, used) for column in layout.grid.columns]
    layout.sheet.table(Grid(layout.grid.name, tuple(columns)), "all", filters=True)
    for at in sorted(used):
        _allow(layout, at)
        _compare(layout, at)


def _marked(column: Column, found: Sequence[Line], used: set[int]) -> Column:
    if column.header == LIVE:
        return replace(column, cells=["yes" if at in used else "no" for at in range(len(found))])
    if column.header not in _STATED:
        return column
    attribute = _STATED[column.header]
    styles = [
        f"{style}:input" if at in used and (not attribute or getattr(line.item, attribute, None)) else style
        for at, (style, line) in enumerate(zip(column.styles, found, strict=True))
    ]
    return replace(column, style=styles)


def _allow(layout: Layout, at: int) -> None:
    """Let an input take only what the lever allows; say so in the cell's own message."""
    lever = layout.lines[at].lever
    column = layout.grid.headers.index("Value")
    rule: dict[str, object] = {"error_title": lever.label[:32], "ignore_blank": True}
    if lever.kind == "switch":
        rule |= {"validate": "list", "source": ["on", "off"]}
    elif lever.kind == "choice":
        rule |= {"validate": "list", "source": [word for word, _ in lever.choices]}
    elif lever.kind == "optional":
        return  # blank or a word means that it is computed
    else:
        rule |= {"validate": "decimal", "criteria": "between", "minimum": lever.low, "maximum": lever.high,
                 "error_message": f"Allowed: {lever.low:g} to {lever.high:g} ({lever.unit})."[:255]}  # fmt: skip
    layout.sheet.page.data_validation(layout.row(at), column, layout.row(at), column, rule)


def _compare(layout: Layout, at: int) -> None:
    """Let "Changed" follow the value of an input that has a baseline to be compared with."""
    line, row = layout.lines[at], layout.row(at)
    if not isinstance(line.value, (int, float)) or not isinstance(line.baseline_value, (int, float)):
        return
    value, before = (layout.cell(name, at).rpartition("!")[2] for name in ("Value", "Baseline value"))
    same = line.value == line.baseline_value
    layout.sheet.page.write_formula(
        row, layout.grid.headers.index("Changed"), f'=IF({value}={before},"no","yes")',
        layout.sheet.book.style("inset"), "no" if same else "yes")  # fmt: skip
