"""The comparison workbook: two to six scenarios side by side, with ranges of the differences, charts, assumptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO

import numpy as np

from forecasting.analysis.compare import Comparison, Line
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Figure
from forecasting.outputs.leaving import leaving_comparison
from forecasting.outputs.stamp import marks, now, stamp
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects import compare as subject
from forecasting.outputs.workbook import cover, native
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid, of_table
from forecasting.values import Interval

KIND = (
    "Comparison workbook: the scenarios beside each other. All figures are values; the working workbook of each "
    "scenario has the formulas."
)
_STYLES = {"count": "count", "gbp": "gbp", "fraction": "rate"}
_ENDS = ("10th percentile", "90th percentile")
_ROOM = 150.0


def to_bytes(view: View, found: Comparison, policy: Policy = INTERNAL, made: datetime | None = None,
             progress: Callable[[float, str], object] = lambda share, doing: None) -> bytes:  # fmt: skip
    """Return the comparison workbook; the same inputs and time give the same bytes.

    Args:
        view: the scenario in hand, for the authority and the values of the baseline.
        found: the scenarios; the first is what the others are compared with.
        policy: what is done about small numbers.
        made: time of making; now when not given.
        progress: told how far it is.

    Raises:
        NotProtected: a small figure cannot be protected.
        RoundingFailed: no whole numbers that add up were found.
    """
    stream, moment = BytesIO(), made or now()
    shared = leaving_comparison(
        found, policy, view.baseline, lambda share: progress(0.8 * share, "Protecting small numbers")
    )
    progress(0.8, "Writing tables and charts")
    book = Book(stream, moment, marks(view.run, policy))
    head = f"{view.name}: {', '.join(found.names)}"
    book.file.set_properties({"title": head, "subject": "Scenarios compared", "created": moment})
    year = view.last
    lines = list(zip(found.lines(year), shared.lines(year), strict=True))
    front = book.sheet("Cover", head)
    contents = [
        _one(book, head, "Headline figures", f"Every headline figure in {year} under each scenario, with its range.",
             _headlines(shared, lines, policy)),
        _one(book, head, "Differences", f"Each scenario less {found.names[0]} in {year}. {subject.ranges(found)}",
             _differences(shared, lines, policy)),
        _one(book, head, "Assumptions", "The levers that are not the same in every scenario. In brackets: the value "
             "of the baseline, where a scenario does not change the lever.", of_table(subject.assumed(view, shared))),
        _years(book, head, view, shared),
        _one(book, head, "Every year", "Every headline figure of every year and scenario, with ranges and differences.",
             of_table(subject.comparison_table(view, shared))),
        _one(book, head, "Made from", "What each scenario was made from, and how to make it again.",
             _stamps(found, moment)),
    ]  # fmt: skip
    _front(front, view, shared, policy, moment, contents)
    progress(0.9, "Saving")
    book.file.close()
    progress(1.0, "Done")
    return stream.getvalue()


def _front(
    sheet: Sheet, view: View, found: Comparison, policy: Policy, made: datetime, contents: cover.Contents
) -> None:
    sheet.set_widths([cover.LABEL, cover.TEXT])
    sheet.marks()
    sheet.line(f"Scenarios compared: {view.name}", "title")
    sheet.line(KIND, room=cover.LABEL + cover.TEXT)
    sheet.row += 1
    facts: list[tuple[str, Cell]] = [
        ("Compared with", found.names[0]), ("Scenarios", ", ".join(found.names[1:])),
        ("Base year", view.first), ("Last year of the forecast", view.last), ("Price base", view.price_base),
        ("Source of the data", view.run.dataset.about("source") or "not stated"),
        ("Small numbers", policy.sentence), ("Workbook made on", made.date()),
    ]  # fmt: skip
    for label, value in facts:
        cover.fact(sheet, label, value)
    cover.listed(sheet, "What to know before using the figures", [
        subject.ranges(found), *subject.remarks(found), *_warnings(found)])  # fmt: skip
    cover.contents_list(sheet, contents)


def _warnings(found: Comparison) -> list[str]:
    """Return what to know, each once, with the scenarios it is true of where it is not true of all."""
    held = dict.fromkeys(text for run in found.runs for text in run.forecast.warnings)
    told = []
    for text in held:
        names = [name for name, run in zip(found.names, found.runs, strict=True) if text in run.forecast.warnings]
        told.append(text if len(names) == len(found.names) else f"{', '.join(names)}: {text}")
    return told


def _sheet(book: Book, head: str, title: str, text: str, wide: Sequence[float]) -> Sheet:
    sheet = book.sheet(title, head)
    sheet.set_widths(wide)
    sheet.line(title, "title")
    sheet.marks()
    sheet.line(text, room=_ROOM)
    sheet.link(sheet.row, 0, "Cover", "Back to the contents")
    sheet.row += 2
    return sheet


def _one(book: Book, head: str, title: str, text: str, grid: Grid) -> tuple[str, str]:
    """Write a sheet of one table; return its name and what it holds."""
    sheet = _sheet(book, head, title, text, widths([grid], first=40, other=30))
    if grid.rows:
        sheet.table(grid, "comparison")
    else:
        sheet.line("Nothing differs.")
    return sheet.name, text


def _headlines(shared: Comparison, lines: Sequence[tuple[Line, Line]], policy: Policy) -> Grid:
    columns = [Column("Figure", [whole.label for whole, _ in lines])]
    for at, name in enumerate(shared.names):
        shown = [_shown(whole.figures[at].value, safe.figures[at].value, policy) for whole, safe in lines]
        columns += _ranged(name, shown, [safe.figures[at].interval for _, safe in lines], lines)
    return Grid("headlines", tuple(columns))


def _differences(shared: Comparison, lines: Sequence[tuple[Line, Line]], policy: Policy) -> Grid:
    columns = [Column("Figure", [whole.label for whole, _ in lines])]
    for at, name in enumerate(shared.names[1:], 1):
        shown = [_shown(whole.figures[at].difference, safe.figures[at].difference, policy) for whole, safe in lines]
        columns += _ranged(name, shown, [safe.figures[at].between for _, safe in lines], lines)
    return Grid("differences", tuple(columns))


def _shown(whole: float, safe: float, policy: Policy) -> Cell:
    """Return a figure as it may leave: the symbol of the policy where it is withheld, nothing where it is not known."""
    if not np.isnan(safe):
        return safe
    return None if np.isnan(whole) else policy.symbol


def _ranged(
    name: str, shown: list[Cell], ends: Sequence[Interval | None], lines: Sequence[tuple[Line, Line]]
) -> list[Column]:
    styles = [_STYLES.get(whole.unit, "general") for whole, _ in lines]
    found = [Column(name, shown, styles)]
    if any(ends):
        low: list[Cell] = [one.low if one else None for one in ends]
        high: list[Cell] = [one.high if one else None for one in ends]
        found += [Column(f"{name}, {word}", cells, styles) for word, cells in zip(_ENDS, (low, high), strict=True)]
    return found


def _years(book: Book, head: str, view: View, shared: Comparison) -> tuple[str, str]:
    """Write the path of every measure under each scenario, with its native chart."""
    text = "Every headline figure year by year, with a chart. An empty cell is a figure withheld, or not known."
    figures = [figure for measure in subject.measures(shared) for figure in subject.paths(view, shared, measure)]
    grids = [of_table(figure.table) for figure in figures]
    wide = widths(grids, first=12, other=24)
    sheet = _sheet(book, head, "Year by year", text, wide)
    for figure, grid in zip(figures, grids, strict=True):
        _charted(sheet, figure, grid, len(wide))
    return sheet.name, text


def _charted(sheet: Sheet, figure: Figure, grid: Grid, column: int) -> None:
    sheet.line(figure.title, "caption")
    sheet.line(figure.subtitle.split(";")[0])
    top = sheet.row
    rows = sheet.table(grid, "comparison")
    high = native.insert(sheet, (top, column), figure, grid, rows)
    sheet.row = max(sheet.row, sheet.rows_for(top, high)) + 1


def _stamps(found: Comparison, made: datetime) -> Grid:
    stamps = [dict(stamp(run, made)) for run in found.runs]
    labels = dict.fromkeys(label for held in stamps for label in held)
    return Grid("stamps", (Column("Scenario", list(found.names)), *(
        Column(label, [held.get(label) for held in stamps]) for label in labels)))  # fmt: skip
