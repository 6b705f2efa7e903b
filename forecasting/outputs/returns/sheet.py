"""A filled return as a workbook: cover, tables side by side for every variant, what is missing, what to check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO

import numpy as np

from forecasting.model.run import Run
from forecasting.outputs.disclosure import Mask
from forecasting.outputs.returns.checks import checks
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.outputs.stamp import SYNTHETIC
from forecasting.outputs.workbook.book import Book, Sheet
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.outputs.workbook.paging import keep_together
from forecasting.values import Floats

_LABEL, _WIDEST_LABEL, _YEAR, _FIGURE, _TEXT = 62.0, 74.0, 16.0, 14.0, 110.0


def to_bytes(filled: Filled, run: Run, made: date | None = None) -> bytes:
    """Return the workbook of a filled return; the same inputs and date give the same bytes.

    Args:
        filled: the return.
        run: the forecast that it was filled from, for the stamp on the cover.
        made: date of making; today when not given.
    """
    stream = BytesIO()
    book = Book(stream, made or date.today())
    title = f"{filled.authority}: {filled.layout.title}"
    book.file.set_properties({"title": title, "author": run.scenario.author, "subject": filled.layout.title})
    _cover(book, filled, run, title)
    for variant, name in enumerate(filled.layout.variants):
        for sheet_name, tables in _sheets(filled, name):
            _tables(book, sheet_name, title, filled, tables, variant)
    if filled.effects:
        _tables(book, "What each mitigation does", title, filled, filled.effects, 0)
    book.file.close()
    return stream.getvalue()


def _sheets(filled: Filled, variant: str) -> list[tuple[str, tuple[FilledTable, ...]]]:
    if not filled.layout.sheet_each:
        return [(variant.capitalize(), filled.tables)]
    more = f" {variant}" if len(filled.layout.variants) > 1 else ""
    return [(f"{table.table.id}{more}", (table,)) for table in filled.tables]


def _tables(book: Book, name: str, title: str, filled: Filled, tables: Sequence[FilledTable], variant: int) -> None:
    sheet = book.sheet(name, title)
    across = all(table.table.across for table in tables)
    widest = max(len(table.columns) if not table.table.across else len(table.labels) for table in tables)
    longest = max(len(label) for table in tables for label in table.labels)
    label = _YEAR if across else min(max(_LABEL, longest / 1.1), _WIDEST_LABEL)  # one line holds a tenth more letters
    sheet.set_widths([label, *[_FIGURE] * widest])
    sheet.line(filled.policy.sentence, "warn" if filled.policy.form == "none" else "note")
    sheet.line(reading(filled), "note")
    starts: list[int] = []
    for table in tables:
        starts.append(sheet.row if starts else 0)
        sheet.line(f"{table.table.id}  {table.table.title}", "heading")
        sheet.table(grid(table, variant, filled.policy.symbol), table.table.id)
        sheet.row += 1
    keep_together(sheet, starts)


def reading(filled: Filled) -> str:
    """Return how the columns of a return are to be read: which are counted, and what a blank is."""
    last = filled.last_actual
    counted = [filled.layout.column(year) for year in filled.years if year <= last]
    upto = f"Counts are actual up to {counted[-1]}, forecast after" if counted else "All counts are forecast"
    return f"{upto}; the last actual is January {last}. Blank: not known. Money is in pounds."


def _cover(book: Book, filled: Filled, run: Run, title: str) -> None:
    sheet = book.sheet("Cover", title)
    sheet.set_widths([_TEXT])
    if run.dataset.synthetic:
        sheet.line(SYNTHETIC, "warn")
    sheet.line(title, "title")
    chosen = run.scenario.name if len(filled.layout.variants) > 1 else filled.layout.variants[0]
    sheet.line(f"Scenario {chosen}, method {run.forecast.method.replace('_', ' ')}; last actual count: "
               f"January {filled.last_actual}. Blank cells are not known: they are never zero.")  # fmt: skip
    style = "warn" if filled.policy.form == "none" else "wrapped"
    sheet.line(f"Small numbers: {filled.policy.sentence}", style, room=_TEXT)
    sheet.line(f"Layout: {filled.layout.source}.", "note", room=_TEXT)
    sheet.line("; ".join(f"{name} {text}" for name, text in run.forecast.stamp), "note", room=_TEXT)
    _listed(sheet, "How to read it", filled.layout.notes)
    _listed(sheet, "What is missing", filled.missing)
    _listed(sheet, "What was assumed", filled.assumed)
    _listed(sheet, "To explain before handing it in", checks(filled))


def _listed(sheet: Sheet, heading: str, texts: Sequence[str]) -> None:
    sheet.row += 1
    sheet.line(heading, "heading")
    for text in texts:
        sheet.line(f"• {text}", "wrapped", room=_TEXT)
    if not texts:
        sheet.line("Nothing.", "wrapped")


def grid(table: FilledTable, variant: int, symbol: str) -> Grid:
    """Return one variant of a filled table as a grid; years run down where the return wants it so.

    Args:
        table: the table.
        variant: number of the variant.
        symbol: what stands for a withheld figure.
    """
    values, hidden = table.values[variant], table.hidden[variant]
    unit = table.table.unit
    if table.table.across:
        columns = [_column(label, row, gone, symbol, unit)
                   for label, row, gone in zip(table.labels, values, hidden, strict=True)]  # fmt: skip
        return Grid(table.table.id, (Column(table.table.heading, [*table.columns]), *columns))
    columns = [_column(year, row, gone, symbol, unit)
               for year, row, gone in zip(table.columns, values.T, hidden.T, strict=True)]  # fmt: skip
    return Grid(table.table.id, (Column(table.table.heading, [*table.labels]), *columns))


def _column(header: str, values: Floats, hidden: Mask, symbol: str, unit: str) -> Column:
    cells: list[Cell] = [symbol if gone else None if np.isnan(value) else int(value)
                         for value, gone in zip(values, hidden, strict=True)]  # fmt: skip
    return Column(header, cells, unit)
