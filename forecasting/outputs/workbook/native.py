"""Excel's own charts beside the tables: kind from the figure's specification, figures from the table."""

from __future__ import annotations

from datetime import date
from typing import Any

from forecasting.outputs.figure import Figure
from forecasting.outputs.shapes import Kind, Shape, drawn, shape
from forecasting.outputs.theme import PALETTES
from forecasting.outputs.workbook.book import NUMBERS, Sheet
from forecasting.outputs.workbook.grid import Column, Grid

TIMELINE = "The bar starts at the opening: pale while places fill, dark once they are full."
WIDTH = 620
_COLOURS = PALETTES["light"].categories
_DASHES = ("solid", "dash", "round_dot", "long_dash")
_MARKERS = ("circle", "square", "triangle", "diamond")
_GRID, _TEXT = PALETTES["light"].grid, PALETTES["light"].text
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_FONT = {"size": 10, "color": _TEXT}


def with_days(figure: Figure, grid: Grid) -> Grid:
    """Return the table of a timeline with the lengths that a native chart needs as further columns."""
    data = figure.data
    filling = [int(d) for d in (data["full"] - data["start"]).dt.days] if len(data) else []
    full = [int(d) for d in (data["end"] - data["full"]).dt.days] if len(data) else []
    lengths = (Column("Days filling", [*filling], "count"), Column("Days full, to the end", [*full], "count"))
    return Grid(grid.name, (*grid.columns, *lengths))


def height(form: Shape, grid: Grid, series: int) -> int:
    """Return the height of a chart in pixels: bars need room for every name."""
    if form.kind not in ("bar", "timeline"):
        return 320
    return min(max(260, 120 + grid.rows * (25 if series == 1 else 16 * series + 9)), 760)


def insert(sheet: Sheet, at: tuple[int, int], figure: Figure, grid: Grid, figures: tuple[int, int]) -> int:
    """Insert the native chart of a figure; return its height in pixels.

    Args:
        sheet: the sheet that holds the table.
        at: row and column of the chart's upper left corner.
        figure: the figure, for title, alternative text and kind.
        grid: the table as written.
        figures: first and last row of the table's figures.
    """
    form = shape(figure)
    wanted = [1, *range(grid_days(grid), len(grid.columns))] if form.kind == "timeline" else drawn(figure)
    chart = sheet.book.file.add_chart(_excel_kind(form.kind))
    for order, column in enumerate(wanted):
        chart.add_series(_series(sheet, form, figure, grid, column, order, figures, len(wanted)))
    high = height(form, grid, 1 if form.kind == "timeline" else len(wanted))
    chart.set_title({"name": _safe(figure.title), "name_font": {"size": 13, "bold": True, "color": _TEXT}})
    _axes(chart, form, figure, grid, wanted)
    _legend(chart, form, len(wanted))
    chart.set_size({"width": WIDTH, "height": high})
    chart.set_chartarea({"border": {"color": _GRID}})
    chart.show_blanks_as("gap")
    sheet.page.insert_chart(*at, chart, {"description": f"{figure.title}. {figure.alt}", "object_position": 1,
                                         "x_offset": 12, "y_offset": 2})  # fmt: skip
    return high + 8


def grid_days(grid: Grid) -> int:
    """Return where the two columns of days of a timeline start."""
    return len(grid.columns) - 2


def _excel_kind(kind: Kind) -> dict[str, str]:
    if kind == "timeline":
        return {"type": "bar", "subtype": "stacked"}
    return {"type": kind}


def _safe(text: str) -> str:
    """Return a title that Excel reads as text: one that starts with = would be taken for a reference."""
    return f" {text}" if text.startswith("=") else text


def _series(
    sheet: Sheet, form: Shape, figure: Figure, grid: Grid, column: int, order: int, rows: tuple[int, int], many: int
) -> dict[str, Any]:
    name = str(figure.table.frame.columns[column]) if column < figure.table.frame.shape[1] else grid.headers[column]
    series: dict[str, Any] = {
        "name": _safe(name), "categories": [sheet.name, rows[0], 0, rows[1], 0],
        "values": [sheet.name, rows[0], column, rows[1], column],
    }  # fmt: skip
    return series | _look(form, grid.columns[column], order, many, grid.rows)


def _look(form: Shape, column: Column, order: int, many: int, rows: int) -> dict[str, Any]:
    colour = _COLOURS[order % len(_COLOURS)]
    if form.kind == "timeline":
        return {"gap": 60, "overlap": 100, **_bar_of_time(order)}
    if form.kind == "line":
        marker = {"type": _MARKERS[order % 4], "size": 7, "fill": {"color": colour}, "border": {"color": colour}}
        return {"line": {"color": colour, "width": 2.5, "dash_type": _DASHES[order % 4]},
                "marker": marker if rows <= 24 else {"type": "none"}}  # fmt: skip
    look: dict[str, Any] = {"fill": {"color": colour}, "gap": 40 if many == 1 else 60, "overlap": -5 if many > 1 else 0}
    if form.kind == "bar":
        style = column.style if isinstance(column.style, str) else "count"
        look["data_labels"] = {"value": True, "num_format": NUMBERS[style], "font": {"size": 9, "color": _TEXT}}
    return look


def _bar_of_time(order: int) -> dict[str, Any]:
    if order == 0:
        return {"fill": {"none": True}, "border": {"none": True}}
    return {"fill": {"color": _COLOURS[0], "transparency": 60 if order == 1 else 0}}


def _axes(chart: Any, form: Shape, figure: Figure, grid: Grid, wanted: list[int]) -> None:
    months = grid.columns[0].style == "month"
    category: dict[str, Any] = {
        "name": _safe(grid.headers[0]), "name_font": {**_FONT, "bold": False}, "num_font": _FONT,
        "label_position": "low", "line": {"color": PALETTES["light"].quiet},
    }  # fmt: skip
    if months:
        category |= {"date_axis": True, "num_format": "mmm yyyy", "major_unit": 12, "major_unit_type": "months"}
    if form.kind in ("bar", "timeline"):
        category |= {"reverse": True, "name": "", "interval_unit": 1, "crossing": "max"}
    value: dict[str, Any] = {
        "name": _safe(form.title), "name_font": {**_FONT, "bold": False}, "num_font": _FONT,
        "major_gridlines": {"visible": True, "line": {"color": _GRID}}, "line": {"none": True},
        **_scale(form, grid, wanted),
    }  # fmt: skip
    upright = form.kind in ("line", "column")
    chart.set_x_axis(category if upright else value)
    chart.set_y_axis(value if upright else category)


def _scale(form: Shape, grid: Grid, wanted: list[int]) -> dict[str, Any]:
    columns = [grid.columns[at] for at in wanted]
    if form.kind == "timeline":
        starts = [value for value in columns[0].cells if isinstance(value, date)]
        first = min(starts, default=date(2000, 1, 1))
        return {"min": (date(first.year, 1, 1) - _EXCEL_DAY_ZERO).days, "num_format": "yyyy", "major_unit": 365.25}
    values = [value for column in columns for value in column.cells if isinstance(value, (int, float))]
    start = {"min": 0} if form.zero and min(values, default=0.0) >= 0 else {}
    style = columns[0].style if columns and isinstance(columns[0].style, str) else "general"
    if style == "gbp" and form.title.startswith("£ thousand"):
        return {**start, "num_format": "#,##0,"}
    return {**start, "num_format": {"million": "#,##0.0", "percent": '0.0"%"'}.get(style, NUMBERS[style])}


def _legend(chart: Any, form: Shape, series: int) -> None:
    if series == 1 or form.kind == "timeline":
        chart.set_legend({"none": True})
    else:
        chart.set_legend({"position": "bottom", "font": _FONT})
