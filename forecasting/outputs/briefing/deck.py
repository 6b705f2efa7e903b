"""The briefing as PowerPoint slides: native charts that can be edited, speaker notes, alternative texts.

Slides are made on the layouts of a template: a plain one of our own, or the council's uploaded .pptx.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any, Literal

import numpy as np
import pandas as pd
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import PP_ALIGN
from pptx.exc import PackageNotFoundError
from pptx.util import Emu, Inches, Pt

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.archive import check_workbook
from forecasting.inputs.source import Source
from forecasting.outputs.briefing.story import Scene, Story
from forecasting.outputs.figure import Figure, Metric, Table
from forecasting.outputs.html import formatted
from forecasting.outputs.shapes import drawn, shape
from forecasting.outputs.theme import PALETTES

SMALLEST = 14  # points; nothing on a slide is smaller
_WIDE, _HIGH = Inches(13.333), Inches(7.5)
_COLOURS = [RGBColor.from_string(colour.removeprefix("#")) for colour in PALETTES["light"].categories]
_TEXT = RGBColor.from_string(PALETTES["light"].text.removeprefix("#"))
_DASHES = (MSO_LINE.SOLID, MSO_LINE.DASH, MSO_LINE.ROUND_DOT, MSO_LINE.LONG_DASH)
_BANDS = (RGBColor(0xFF, 0xFF, 0xFF), RGBColor(0xF0, 0xF2, 0xF4))
_RANGE = (("low", "Low: 1 in 10 below"), ("high", "High: 1 in 10 above"))
_FORMATS = {"count": "#,##0", "million": "#,##0.0", "gbp": "£#,##0", "percent": '0.0"%"'}
_MOST_BARS = 14
_ACROSS = 62.0  # letters of the smallest size that fit across a table
Role = Literal["title", "content", "plain"]


def to_bytes(story: Story, template: Source | None = None, made: date | None = None) -> bytes:
    """Return the deck of a story.

    Args:
        story: what is told.
        template: a council's own .pptx, whose layouts are used; None = our own.
        made: date on the first slide; today when not given.

    Raises:
        DatasetError: the template is not a PowerPoint file, or lacks a layout with a title.
    """
    deck = _opened(template)
    layouts = _layouts(deck, template.name if template else "the built-in template")
    _front(deck, layouts["title"], story, made or date.today())
    for scene in story.scenes:
        slide = _slide(deck, layouts["content"], story, scene)
        if template is None:
            slide.shapes.title.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    deck.core_properties.title = f"{story.title}: {story.subtitle}"
    deck.core_properties.comments = story.stamp
    stream = BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _opened(template: Source | None) -> Any:
    if template is None:
        return _own()
    check_workbook(template)
    try:
        deck = Presentation(BytesIO(template.content))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise DatasetError((Fault(template.name, found="this is not a PowerPoint file", allowed=".pptx",
                                  todo="save the template as .pptx and upload it again"),)) from error  # fmt: skip
    for item in list(deck.slides._sldIdLst):
        deck.part.drop_rel(item.rId)
        deck.slides._sldIdLst.remove(item)
    return deck


def _own() -> Any:
    """Return an empty deck, 16:9, with the title at the top left and dark text."""
    deck = Presentation()
    across = _WIDE / deck.slide_width
    deck.slide_width, deck.slide_height = _WIDE, _HIGH
    boxes = [box for page in (deck.slide_master, *deck.slide_layouts) for box in page.placeholders]
    places = [(box.left, box.top, box.width, box.height) for box in boxes]  # read all before one changes its heirs
    for box, (left, top, width, height) in zip(boxes, places, strict=True):
        box.left, box.top = Emu(round(left * across)), top
        box.width, box.height = Emu(round(width * across)), height
    for layout in deck.slide_layouts:
        for box in layout.placeholders:
            if box.placeholder_format.type in (1, 3) and layout.name != "Title Slide":
                box.left, box.top, box.width, box.height = Inches(0.6), Inches(0.35), Inches(12.1), Inches(0.95)
    return deck


def _layouts(deck: Any, name: str) -> dict[Role, Any]:
    """Return the layout of the first slide and that of the others: a title, and a body where there is one.

    Raises:
        DatasetError: no layout has a title.
    """
    titled = [layout for layout in deck.slide_layouts if _box(layout, 1, 3) is not None]
    if not titled:
        raise DatasetError((Fault(name, found="no layout has a title placeholder",
                                  todo="use a template with at least one layout that has a title"),))  # fmt: skip
    front = next((one for one in titled if _box(one, 3) is not None and _box(one, 4) is not None), titled[0])
    bodied = [one for one in titled if _box(one, 2, 7) is not None and one is not front]
    one_body = [one for one in bodied if sum(b.placeholder_format.type in (2, 7) for b in one.placeholders) == 1]
    return {"title": front, "content": next(iter([*one_body, *bodied, *titled]), titled[0])}


def _box(page: Any, *kinds: int) -> Any:
    """Return the first placeholder of some kinds: 1 title, 2 body, 3 centred title, 4 subtitle, 7 object."""
    return next((box for box in page.placeholders if box.placeholder_format.type in kinds), None)


def _front(deck: Any, layout: Any, story: Story, made: date) -> None:
    slide = deck.slides.add_slide(layout)
    slide.shapes.title.text = story.title
    below = _box(slide, 4, 2, 7)
    lines = [story.subtitle, f"{made.day} {made:%B %Y}", *([story.caution] if story.caution else [])]
    if below is not None:
        _write(below.text_frame, lines, 20)
    slide.notes_slide.notes_text_frame.text = f"Made from: {story.stamp}"
    _tidy(slide)


def _slide(deck: Any, layout: Any, story: Story, scene: Scene) -> Any:
    slide = deck.slides.add_slide(layout)
    slide.shapes.title.text = scene.heading
    body = _box(slide, 2, 7)
    left, top, width, height = _room(deck, slide, body)
    beside = scene.shown is not None or bool(scene.metrics)
    text = body.text_frame if body is not None else slide.shapes.add_textbox(left, top, width, height).text_frame
    owner = body if body is not None else slide.shapes[-1]
    part = 0.38 if beside else 1.0
    owner.left, owner.top, owner.width, owner.height = left, top, Emu(round(width * part)), height
    _say(text, scene, round(width * part), height)
    if story.caution:
        _caution(deck, slide, story.caution)
    at = (Emu(left + round(width * 0.4)), top, Emu(round(width * 0.6)), height)
    if isinstance(scene.shown, Figure):
        _chart(slide, scene.shown, at)
    elif isinstance(scene.shown, Table):
        _table(slide, scene.shown, at)
    elif scene.metrics:
        _metrics(slide, scene.metrics, at)
    slide.notes_slide.notes_text_frame.text = "\n".join(scene.notes)
    _tidy(slide)
    return slide


def _room(deck: Any, slide: Any, body: Any) -> tuple[Emu, Emu, Emu, Emu]:
    """Return where a slide's content goes: from below the title to the foot, as wide as the title or the body."""
    title = slide.shapes.title
    top = Emu(title.top + title.height + Inches(0.1))
    left, width = (body.left, body.width) if body is not None else (title.left, title.width)
    low = body.top + body.height if body is not None else deck.slide_height - Inches(0.5)
    return left, top, width, Emu(min(max(low, deck.slide_height - Inches(0.9)), deck.slide_height - Inches(0.6)) - top)


def _say(frame: Any, scene: Scene, width: int, height: int) -> None:
    texts = [scene.finding, *scene.sentences]
    size = next((s for s in (20, 18, 16, SMALLEST) if _lines(texts, width, s) * s * 1.25 <= Emu(height).pt), SMALLEST)
    while len(texts) > 1 and _lines(texts, width, size) * size * 1.25 > Emu(height).pt:
        texts.pop()
    _write(frame, texts, size, bold=1)


def _caution(deck: Any, slide: Any, text: str) -> None:
    """Write what must be said on every slide along its foot, dark on yellow."""
    high = Inches(0.4)
    box = slide.shapes.add_textbox(0, Emu(deck.slide_height - high), deck.slide_width, high)
    box.name = "Caution"
    box.fill.solid()
    box.fill.fore_color.rgb = RGBColor(0xFF, 0xDD, 0x00)
    _write(box.text_frame, [text], SMALLEST, bold=1)


def _lines(texts: Sequence[str], width: int, size: int) -> float:
    """Return how many lines texts take, at for a wide typeface and a bullet's indent."""
    across = max(10.0, (Emu(width).pt - 45) / (0.58 * size))
    return float(sum(np.ceil(len(text) / across) + 0.5 for text in texts))


def _write(frame: Any, texts: Sequence[str], size: int, *, bold: int = 0) -> None:
    frame.word_wrap = True
    for number, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = text
        paragraph.space_after = Pt(size * 0.5)
        for run in paragraph.runs:
            run.font.size, run.font.bold = Pt(size), number < bold


def _tidy(slide: Any) -> None:
    """Take away placeholders that stayed empty, so that nothing says "Click to add text"."""
    for box in list(slide.placeholders):
        if box is not slide.shapes.title and box.has_text_frame and not box.text_frame.text:
            box._element.getparent().remove(box._element)


At = tuple[Emu, Emu, Emu, Emu]


def _chart(slide: Any, figure: Figure, at: At) -> None:
    form, table = shape(figure.spec("light")), figure.table
    if form.kind == "timeline":
        _table(slide, table, at)
        return
    frame = table.frame.head(_MOST_BARS) if form.kind == "bar" else table.frame
    data = CategoryChartData(number_format=_FORMATS.get(next(iter(table.formats.values()), "count"), "General"))
    data.categories = [str(name) for name in frame.iloc[:, 0]]
    columns = drawn(figure)
    for column in columns:
        data.add_series(str(frame.columns[column]), _cells(frame.iloc[:, column]))
    ranges = _ranges(figure, frame) if form.kind == "line" and len(columns) == 1 else []
    for name, values in ranges:
        data.add_series(name, values)
    kind = {"line": XL_CHART_TYPE.LINE_MARKERS, "bar": XL_CHART_TYPE.BAR_CLUSTERED,
            "column": XL_CHART_TYPE.COLUMN_CLUSTERED}[form.kind]  # fmt: skip
    shown = slide.shapes.add_chart(kind, *at, data)
    _describe(shown, figure.title, f"{figure.title}. {figure.alt} {figure.subtitle}")
    _dress(shown.chart, figure, form.kind, len(columns) + len(ranges), form.title)


def _cells(column: pd.Series[Any]) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def _ranges(figure: Figure, frame: pd.DataFrame) -> list[tuple[str, list[float | None]]]:
    """Return the two ends of the range, where the chart has one and it matches the table row by row."""
    data = figure.data
    if not {"low", "high"} <= set(data.columns) or len(data) != len(frame):
        return []
    if np.allclose(data["low"].to_numpy(np.float64), data["high"].to_numpy(np.float64), equal_nan=True):
        return []
    return [(name, _cells(data[column])) for column, name in _RANGE]


def _dress(chart: Any, figure: Figure, kind: str, series: int, axis: str) -> None:
    chart.font.size, chart.font.color.rgb = Pt(SMALLEST), _TEXT
    chart.has_title = True
    chart.chart_title.text_frame.text = f"{figure.title} ({axis})" if axis else figure.title
    for run in chart.chart_title.text_frame.paragraphs[0].runs:
        run.font.size, run.font.bold = Pt(16), True
    chart.has_legend = series > 1
    if series > 1:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        chart.legend.font.size = Pt(SMALLEST)
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if kind == "bar":
        chart.category_axis.reverse_order = True
    chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor(0xD0, 0xD4, 0xD8)
    chart.value_axis.format.line.fill.background()
    for number, line in enumerate(chart.plots[0].series):
        _colour(line, number, kind)


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


def _table(slide: Any, table: Table, at: At) -> None:
    frame = formatted(table)
    left, top, width, height = at
    rows = frame.head(max(1, int(Emu(height).pt // 50)))
    shown = slide.shapes.add_table(len(rows) + 1, len(frame.columns), left, top, width, Inches(0.4))
    _describe(shown, table.title, f"{table.title}. {table.note}")
    shares, figures = _shares(frame), set(table.formats)
    for number, (name, share) in enumerate(zip(frame.columns, shares, strict=True)):
        shown.table.columns[number].width = Emu(round(width * share))
        for row, text in enumerate([name, *rows[name]]):
            _cell(shown.table.cell(row, number), str(text), row, right=str(name) in figures)


def _shares(frame: pd.DataFrame) -> list[float]:
    """Return the share of the width of each column: room for its longest word, the rest by how much it says."""
    texts = [[str(name), *map(str, frame[name])] for name in frame]
    least = np.array([max(len(word) for text in column for word in (text.split() or [""])) + 2.0 for column in texts])
    wanted = np.array([min(34.0, max(map(len, column))) + 2.0 for column in texts])
    wanted = np.maximum(least, wanted)
    spare = max(0.0, _ACROSS - least.sum())
    more = wanted - least
    room = least + (more * min(1.0, spare / more.sum()) if more.sum() else 0.0)
    return [float(part) for part in room / room.sum()]


def _cell(cell: Any, text: str, row: int, *, right: bool) -> None:
    head = row == 0
    cell.text = text
    cell.margin_left = cell.margin_right = Inches(0.06)
    cell.fill.solid()
    cell.fill.fore_color.rgb = _COLOURS[0] if head else _BANDS[row % 2]
    for paragraph in cell.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.size, run.font.bold = Pt(SMALLEST), head
            run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if head else _TEXT


def _metrics(slide: Any, metrics: Sequence[Metric], at: At) -> None:
    rows = [(metric.label, metric.value, metric.change) for metric in metrics]
    frame = pd.DataFrame(rows, columns=["Figure", "Value", "Change"])
    _table(slide, Table("metrics", "Headline figures", frame, {}, "; ".join(" ".join(row) for row in rows)), at)
