"""A filled return as a workbook: cover, tables side by side for every variant, what is missing, what to check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO

import numpy as np

from forecasting.model.run import Run
from forecasting.outputs.returns.checks import checks
from forecasting.outputs.returns.fill import Filled, FilledTable
from forecasting.outputs.workbook.book import Book, Sheet
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.outputs.workbook.subject import SYNTHETIC

_LABEL, _FIGURE, _TEXT = 62.0, 12.0, 110.0


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
        sheet = book.sheet(name.capitalize(), title)
        sheet.set_widths([_LABEL, *[_FIGURE] * filled.layout.count])
        for table in filled.tables:
            _write(sheet, table, variant)
    book.file.close()
    return stream.getvalue()


def _cover(book: Book, filled: Filled, run: Run, title: str) -> None:
    sheet = book.sheet("Cover", title)
    sheet.set_widths([_TEXT])
    if run.dataset.synthetic:
        sheet.line(SYNTHETIC, "warn")
    sheet.line(title, "title")
    sheet.line(f"Scenario {run.scenario.name}, method {run.forecast.method.replace('_', ' ')}; last actual count: "
               f"January {filled.last_actual}. Blank cells are not known: they are never zero.")  # fmt: skip
    sheet.line(f"Layout: {filled.layout.source}.", "note", room=_TEXT)
    sheet.line("; ".join(f"{name} {text}" for name, text in run.forecast.stamp), "note", room=_TEXT)
    _listed(sheet, "How to read it", filled.layout.notes)
    _listed(sheet, "What is missing", filled.missing)
    _listed(sheet, "What was assumed", filled.assumed)
    _listed(sheet, "To explain before handing it in", checks(filled))


def _listed(sheet: Sheet, heading: str, texts: Sequence[str]) -> None:
    sheet.row += 1
    sheet.line(heading, "heading")
    for text in texts or ("Nothing.",):
        sheet.line(text, "wrapped", room=_TEXT)


def _write(sheet: Sheet, table: FilledTable, variant: int) -> None:
    sheet.line(f"{table.table.id}  {table.table.title}", "heading")
    sheet.table(grid(table, variant), table.table.id)
    sheet.row += 1


def grid(table: FilledTable, variant: int) -> Grid:
    """Return one variant of a filled table as a grid; years run down where the return wants it so."""
    values = table.values[variant]
    if table.table.across:
        first = Column("Academic year", [*table.columns])
        return Grid(table.table.id, (first, *map(_column, table.labels, values)))
    first = Column(table.table.title, [*table.labels])
    return Grid(table.table.id, (first, *map(_column, table.columns, values.T)))


def _column(header: str, values: Sequence[float]) -> Column:
    cells: list[Cell] = [None if np.isnan(value) else int(value) for value in values]
    return Column(header, cells, "count")
