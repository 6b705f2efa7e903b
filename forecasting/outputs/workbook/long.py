"""The forecast table: every figure of the run, one row a cell, for sorting, filtering and pivoting."""

from __future__ import annotations

import pandas as pd

from forecasting.axes import STATISTICS
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid

_STYLES = {"count": "long_count", "gbp": "gbp", "fraction": "rate"}


def grid(table: pd.DataFrame) -> Grid:
    """Return the forecast table as a grid with the column names of the contract."""
    styles = [_STYLES.get(str(unit), "general") for unit in table["unit"]]
    return Grid("forecast", tuple(_column(table, str(name), styles) for name in table.columns))


def _column(table: pd.DataFrame, name: str, styles: list[str]) -> Column:
    if name in STATISTICS:
        values = table[name].to_numpy(dtype=float).tolist()
        return Column(name, [None if value != value else value for value in values], styles)
    if name == "year":
        return Column(name, [None if pd.isna(year) else int(year) for year in table[name]], "whole")
    cells: list[Cell] = [str(value) if isinstance(value, str) and value else None for value in table[name]]
    return Column(name, cells, "aside" if name == "unit" else "plain")


def write(book: Book, view: View) -> Sheet:
    """Write the forecast table from the first cell on, so that other software can read it as it is."""
    title = "Forecast table (synthetic)" if view.run.dataset.synthetic else "Forecast table"
    sheet = book.sheet(title, f"{view.name}: {view.run.scenario.name}")
    table = grid(view.forecast.table)
    sheet.set_widths(widths([table], first=20, other=34))
    sheet.page.freeze_panes(1, 2)
    sheet.page.repeat_rows(0)
    sheet.table(table, "all", filters=True)
    return sheet
