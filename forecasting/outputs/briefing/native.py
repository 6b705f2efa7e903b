"""Charts and tables of a slide: PowerPoint's own, so that they can be edited, with text for those who do not see."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu, Inches, Pt

from forecasting.outputs import words
from forecasting.outputs.briefing import fit
from forecasting.outputs.briefing.fit import SMALLEST
from forecasting.outputs.briefing.template import Box
from forecasting.outputs.figure import Figure, Table
from forecasting.outputs.html import formatted
from forecasting.outputs.shapes import drawn, shape
from forecasting.outputs.theme import PALETTES
from forecasting.values import Floats

_COLOURS = [RGBColor.from_string(colour.removeprefix("#")) for colour in PALETTES["light"].categories]
_TEXT = RGBColor.from_string(PALETTES["light"].text.removeprefix("#"))
_DASHES = (MSO_LINE.SOLID, MSO_LINE.DASH, MSO_LINE.ROUND_DOT, MSO_LINE.LONG_DASH)
_WHITE = RGBColor(0xFF, 0xFF, 0xFF)
_BANDS = (_WHITE, RGBColor(0xF0, 0xF2, 0xF4))
_RANGE = (("low", "Low: 1 in 10 below"), ("high", "High: 1 in 10 above"))
_FORMATS = {"count": "#,##0", "million": "#,##0", "gbp": "£#,##0", "percent": '0.0"%"'}
_KINDS = {"line": XL_CHART_TYPE.LINE_MARKERS, "bar": XL_CHART_TYPE.BAR_CLUSTERED,
          "column": XL_CHART_TYPE.COLUMN_CLUSTERED}  # fmt: skip
_MOST_BARS = 12
_YEAR, _PLOT = 3.1, 0.85  # width of a year and its gap over the size; share of a chart's width that is plotted
_SIDE = 9.0  # points that a cell keeps free at its sides
_OVER = 8.0  # points that a cell keeps free above and below
_BOLD = 0.64  # average width of a bold letter over its size
_SIZES = (18, 16, SMALLEST)


def figure(slide: Any, told: Figure, at: Box) -> None:
    """Draw a figure as an editable chart; one that PowerPoint has no chart for as its table."""
    form, table_of = shape(told), told.table
    if form.kind not in _KINDS:
        table(slide, table_of, at)
        return
    frame = table_of.frame.head(_MOST_BARS) if form.kind == "bar" else table_of.frame
    data = CategoryChartData(number_format=_form(told))
    years = form.kind == "line" and pd.api.types.is_integer_dtype(frame.iloc[:, 0])
    data.categories = [date(int(name), 1, 1) if years else str(name) for name in frame.iloc[:, 0]]
    columns = drawn(told)
    for column in columns:
        data.add_series(str(frame.columns[column]), _cells(frame.iloc[:, column]))
    ranges = _ranges(told, frame) if form.kind == "line" and len(columns) == 1 else []
    for name, values in ranges:
        data.add_series(name, values)
    shown = slide.shapes.add_chart(_KINDS[form.kind], at.left, at.top, at.width, at.height, data)
    _describe(shown, told.title, f"{told.title}. {told.alt} {told.subtitle}")
    _dress(shown.chart, told, form.kind, len(columns) + len(ranges), form.title)
    if years:
        _years(shown.chart.category_axis, len(frame), Emu(at.width).pt)


def _form(told: Figure) -> str:
    return _FORMATS.get(next(iter(told.table.formats.values()), "count"), "General")


def _cells(column: pd.Series[Any]) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def _ranges(told: Figure, frame: pd.DataFrame) -> list[tuple[str, list[float | None]]]:
    """Return the two ends of the range, where the chart has one and it matches the table row by row."""
    data = told.data
    if not {"low", "high"} <= set(data.columns) or len(data) != len(frame):
        return []
    if np.allclose(data["low"].to_numpy(np.float64), data["high"].to_numpy(np.float64), equal_nan=True):
        return []
    return [(name, _cells(data[column])) for column, name in _RANGE]


def _dress(chart: Any, told: Figure, kind: str, series: int, axis: str) -> None:
    chart.font.size, chart.font.color.rgb = Pt(SMALLEST), _TEXT
    chart.has_title = True
    chart.chart_title.include_in_layout = False
    chart.chart_title.text_frame.text = f"{told.title} ({axis})" if axis else told.title
    for run in chart.chart_title.text_frame.paragraphs[0].runs:
        run.font.size, run.font.bold = Pt(16), True
    chart.has_legend = series > 1
    if series > 1:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        chart.legend.font.size = Pt(SMALLEST)
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.category_axis.tick_labels.font.size = Pt(SMALLEST)
    if kind == "bar":
        chart.category_axis.reverse_order = True
    chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor(0xD0, 0xD4, 0xD8)
    chart.value_axis.format.line.fill.background()
    chart.value_axis.tick_labels.number_format_is_linked = False
    chart.value_axis.tick_labels.number_format = _FORMATS.get(
        next(iter(told.table.formats.values()), "count"), "General"
    )
    for number, line in enumerate(chart.plots[0].series):
        _colour(line, number, kind)
    _white(chart)


def _years(axis: Any, count: int, width: float) -> None:
    """Name the Januaries horizontally; where there is no room for all, every second or third."""
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "yyyy", False
    body = axis._element.find("{*}txPr/{*}bodyPr")
    body.set("rot", "0")
    body.set("vert", "horz")
    step = -(-count * SMALLEST * _YEAR // (width * _PLOT))
    for name, value in (("baseTimeUnit", "years"), ("majorUnit", f"{max(1, step):.0f}"), ("majorTimeUnit", "years")):
        for old in axis._element.findall(f"{{*}}{name}"):
            axis._element.remove(old)
        axis._element.append(parse_xml(f'<c:{name} {nsdecls("c")} val="{value}"/>'))


def _white(chart: Any) -> None:
    """Stand the chart on white, so that it can be read on a template with a dark background."""
    fill = parse_xml(f'<c:spPr {nsdecls("c", "a")}><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill></c:spPr>')
    chart._chartSpace.find("{*}chart").addnext(fill)


def _colour(series: Any, number: int, kind: str) -> None:
    ours = _COLOURS[number % len(_COLOURS)]
    if kind == "line":
        series.smooth = False
        series.format.line.width, series.format.line.color.rgb = Pt(2.5), ours
        series.format.line.dash_style = _DASHES[number % len(_DASHES)]
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = ours
        series.marker.format.line.color.rgb = ours
        return
    series.format.fill.solid()
    series.format.fill.fore_color.rgb = ours


def _describe(shown: Any, name: str, text: str) -> None:
    """Give a chart or table its name and its text for people who do not see it."""
    about = shown._element.nvGraphicFramePr.cNvPr
    about.set("name", name)
    about.set("descr", text)


def table(slide: Any, told: Table, at: Box) -> None:
    """Draw a table at the largest size at which it fits; rows that do not fit are counted in a last line."""
    frame = _text(told)
    width, high = Emu(at.width).pt, Emu(at.height).pt
    sizes = [size for size in _SIZES if _columns(frame, size)[0].sum() * _BOLD * size <= width]
    size = next((size for size in sizes if sum(_heights(frame, width, size)) <= high), SMALLEST)
    frame = _cut(frame, width, high, size)
    shares, heights = _shares(frame, width, size), _heights(frame, width, size)
    shown = slide.shapes.add_table(len(frame) + 1, len(frame.columns), at.left, at.top, at.width,
                                   int(Pt(sum(heights))))  # fmt: skip
    _describe(shown, told.title, f"{told.title}. {told.note}")
    for number, name in enumerate(frame.columns):
        shown.table.columns[number].width = Emu(int(at.width * shares[number]))
        right = str(name) in told.formats or (number > 0 and all(map(_figure, frame[name])))
        for row, text in enumerate([name, *frame[name]]):
            _cell(shown.table.cell(row, number), str(text), row, size, right=right)
    for row, points in zip(shown.table.rows, heights, strict=True):
        row.height = int(Pt(points))


def _cut(frame: pd.DataFrame, width: float, high: float, size: int) -> pd.DataFrame:
    """Return the rows that fit, and a last one that says how many are left out."""
    if sum(_heights(frame, width, size)) <= high:
        return frame
    for kept in range(len(frame) - 1, 0, -1):
        more = [f"{words.things(len(frame) - kept, 'more row')} in the notes", *[""] * (len(frame.columns) - 1)]
        cut = pd.concat([frame.head(kept), pd.DataFrame([more], columns=frame.columns)], ignore_index=True)
        if sum(_heights(cut, width, size)) <= high:
            break
    return cut


def _figure(text: str) -> bool:
    return not text or text.lstrip("−£+")[:1].isdigit()


def least(told: Table) -> float:
    """Return the width in points below which a table would break its words."""
    least, _ = _columns(_text(told), SMALLEST)
    return float(least.sum()) * _BOLD * SMALLEST


def _text(told: Table) -> pd.DataFrame:
    return formatted(told).replace(" million", "\u00a0million", regex=True)


def _columns(frame: pd.DataFrame, size: int) -> tuple[Floats, Floats]:
    """Return the letters across that each column needs at least, and would take."""
    pad = _SIDE / (_BOLD * size) + 0.5
    texts = [[str(name), *map(str, frame[name])] for name in frame]
    least = np.array([max(len(word) for text in column for word in text.split(" ")) + pad for column in texts])
    wanted = np.maximum(least, [min(34.0, max(map(len, column))) + pad for column in texts])
    return least, wanted


def _shares(frame: pd.DataFrame, width: float, size: int) -> list[float]:
    """Return the share of the width of each column: room for its longest word, the rest by how much it says."""
    across = width / (_BOLD * size)
    least, wanted = _columns(frame, size)
    spare = max(0.0, across - least.sum())
    more = wanted - least
    room = least + (more * min(1.0, spare / more.sum()) if more.sum() else 0.0)
    return [float(part) for part in room / room.sum()]


def _heights(frame: pd.DataFrame, width: float, size: int) -> list[float]:
    """Return the height in points of each row, the heading first."""
    rooms = [share * width - _SIDE for share in _shares(frame, width, size)]
    rows = [list(map(str, frame.columns)), *([str(text) for text in row] for row in frame.itertuples(index=False))]
    return [
        max(fit.lines(text, room, size, _BOLD if number == 0 else _BOLD - 0.05)
            for text, room in zip(row, rooms, strict=True)) * size * 1.22 + _OVER
        for number, row in enumerate(rows)
    ]  # fmt: skip


def _cell(cell: Any, text: str, row: int, size: int, *, right: bool) -> None:
    head = row == 0
    cell.text = text
    cell.margin_left = cell.margin_right = Inches(0.06)
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    cell.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = _COLOURS[0] if head else _BANDS[row % 2]
    for paragraph in cell.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.size, run.font.bold = Pt(size), head
            run.font.color.rgb = _WHITE if head else _TEXT
