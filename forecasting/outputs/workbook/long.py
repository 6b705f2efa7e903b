"""The totals of the forecast table, one row a figure, for sorting, filtering and pivoting.

Breakdowns are nineteen rows of twenty and took a third of the time of making a workbook. The sheets of the subjects
have them as tables, and the forecast table as CSV or Parquet has every one; the contents of the workbook say so.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from forecasting.axes import STATISTICS
from forecasting.model.forecast import Forecast
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid

_STYLES = {"count": "long_count", "gbp": "gbp", "fraction": "rate"}


def totals(forecast: Forecast) -> Forecast:
    """Return a forecast with its totals alone."""
    return replace(forecast, margins=tuple(margin for margin in forecast.margins if set(margin.axes) <= {"year"}))


def _rows(forecast: Forecast) -> int:
    """Return the rows of the forecast table, one a cell of a margin, without making it."""
    return sum(margin.stats[0].size for margin in forecast.margins)


def about(view: View) -> str:
    """Return what the sheet holds, and where the rest is, for the contents."""
    rows, every = _rows(totals(view.forecast)), _rows(view.forecast)
    said = f"Every total of the forecast and its parts, {rows:,} rows, unrounded: values, ranges among them."
    if view.policy.form == "withhold":
        said += " A blank figure is withheld or not known."
    return (
        f"{said} The {every - rows:,} rows of breakdowns, by need, setting, provider and the rest, are in the download "
        "of the forecast table (CSV and Parquet)."
    )


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
    table = grid(totals(view.forecast).table)
    sheet.set_widths(widths([table], first=20, other=34))
    sheet.page.freeze_panes(1, 2)
    sheet.page.repeat_rows(0)
    sheet.table(table, "all", filters=True)
    return sheet
