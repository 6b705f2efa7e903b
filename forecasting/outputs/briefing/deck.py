"""The briefing as PowerPoint slides: native charts that can be edited, speaker notes, alternative texts.

Slides are made on the layouts of a template: a plain one of our own, or the council's uploaded .pptx.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import date
from io import BytesIO
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu, Inches, Pt

from forecasting.inputs.source import Source
from forecasting.outputs.briefing import fit, native, template
from forecasting.outputs.briefing.contrast import Inks
from forecasting.outputs.briefing.fit import SMALLEST
from forecasting.outputs.briefing.story import Scene, Story
from forecasting.outputs.briefing.template import Box, Template
from forecasting.outputs.figure import Figure, Metric, Table
from forecasting.outputs.theme import PALETTES

_TEXT = RGBColor.from_string(PALETTES["light"].text.removeprefix("#"))
_BLUE = RGBColor.from_string(PALETTES["light"].categories[0].removeprefix("#"))
_YELLOW, _PALE = RGBColor(0xFF, 0xDD, 0x00), RGBColor(0xF0, 0xF2, 0xF4)
_SIZES, _TITLE_SIZES = (22, 20, 18, 16, SMALLEST), (32, 28, 24, 20, 18, 16, SMALLEST)
_FOOT = Inches(0.45)  # kept free for the slide number and what must be said on every slide
_PAD = 16.0  # points that a text box keeps free at its sides
_INDENT = 30.0  # points that a bullet takes
_SLIDE_NUMBER = 13
_PROPERTY = 255  # letters that a property of a document may have; the notes have all
Tell = Callable[[float, str], None]


def to_bytes(story: Story, source: Source | None = None, made: date | None = None, tell: Tell | None = None) -> bytes:
    """Return the deck of a story.

    Args:
        story: what is told.
        source: a council's own .pptx, whose layouts are used; None = our own.
        made: date on the first slide; today when not given.
        tell: told how far it is (0 to 1) and what comes next.

    Raises:
        DatasetError: the template is not a PowerPoint file, or lacks a layout with a title.
    """
    held = template.opened(source)
    size = _title_size(held.content, [scene.heading for scene in story.scenes])
    _front(held, story, made or date.today())
    for number, scene in enumerate(story.scenes):
        if tell:
            tell(number / len(story.scenes), scene.heading)
        _slide(held, story, scene, size)
    held.deck.core_properties.title = f"{story.title}: {story.subtitle}"
    held.deck.core_properties.comments = story.stamp[:_PROPERTY]
    stream = BytesIO()
    held.deck.save(stream)
    return stream.getvalue()


def _front(held: Template, story: Story, made: date) -> None:
    slide = held.deck.slides.add_slide(held.front)
    ink = held.inks["front"]
    _title(slide, story.title, _title_size(held.front, [story.title]), ink)
    bands = _caution(held, slide, story.caution)
    below = template.holder(slide, template.SUBTITLE)
    if below is None:
        space = template.room(held, slide, *bands)
        below = template.holder(slide, *template.BODIES) or slide.shapes.add_textbox(0, 0, 1, 1)
        below.left, below.top, below.width, below.height = space.left, space.top, space.width, space.height
    lines = [story.subtitle, f"{made.day} {made:%B %Y}"]
    width, high = Emu(below.width).pt - _PAD, Emu(below.height).pt
    size, _ = fit.fitted(lines, width, high, (24, *_SIZES))
    _write(below.text_frame, lines, size, colour=_TEXT if held.own else _ink(ink, "text"))
    for paragraph in below.text_frame.paragraphs if held.own else ():
        paragraph.alignment = PP_ALIGN.LEFT
    slide.notes_slide.notes_text_frame.text = f"Made from: {story.stamp}"
    _tidy(slide)


def _slide(held: Template, story: Story, scene: Scene, size: int) -> None:
    slide = held.deck.slides.add_slide(held.content)
    ink = held.inks["content"]
    _title(slide, scene.heading, size, ink)
    space = template.room(held, slide, *_caution(held, slide, story.caution))
    text_room, shown_room = _rooms(scene, space)
    body = template.holder(slide, *template.BODIES)
    if body is None:
        body = slide.shapes.add_textbox(0, 0, 1, 1)
    body.left, body.top, body.width, body.height = text_room.left, text_room.top, text_room.width, text_room.height
    _say(body.text_frame, scene, text_room, ink)
    if scene.metrics:
        _cards(slide, scene.metrics, shown_room)
    elif isinstance(scene.shown, Figure):
        native.figure(slide, scene.shown, shown_room)
    elif isinstance(scene.shown, Table):
        native.table(slide, scene.shown, shown_room)
    slide.notes_slide.notes_text_frame.text = "\n".join(scene.notes)
    _number(slide, ink)
    _tidy(slide)


def _rooms(scene: Scene, space: Box) -> tuple[Box, Box]:
    """Return where text and chart, table or cards go: beside each other, or a wide table below the text."""
    if scene.shown is None and not scene.metrics:
        return space, space
    gap = int(Inches(0.2))
    for share in (0.4, 0.35):
        beside = space.split(share, gap)
        if not isinstance(scene.shown, Table) or native.least(scene.shown) <= Emu(beside[1].width).pt:
            return beside
    texts = [scene.finding, *scene.sentences]
    wanted = fit.height(texts, Emu(space.width).pt - _PAD - _INDENT, SMALLEST) + _PAD
    return space.stacked(int(min(Pt(wanted), space.height * 0.45)), gap)


def _title_size(layout: Any, headings: Sequence[str]) -> int:
    """Return the largest size at which every heading fits into the title of a layout."""
    box = template.box_of(template.holder(layout, *template.TITLES))
    width, high = Emu(box.width).pt - _PAD, Emu(box.height).pt
    return min(fit.fitted([text], width, high, _TITLE_SIZES)[0] for text in headings)


def _ink(ink: Inks, kind: str) -> RGBColor | None:
    """Return the colour that a kind of text must have to be read on the template; None where its own will do."""
    return RGBColor.from_string(ink[kind]) if kind in ink else None


def _title(slide: Any, text: str, size: int, ink: Inks) -> None:
    shape = slide.shapes.title
    shape.text = text
    shape.text_frame.word_wrap = True
    for run in shape.text_frame.paragraphs[0].runs:
        run.font.size = Pt(size)
        if "title" in ink:
            run.font.color.rgb = _ink(ink, "title")


def _say(frame: Any, scene: Scene, at: Box, ink: Inks) -> None:
    texts = [scene.finding, *scene.sentences]
    size, kept = fit.fitted(texts, Emu(at.width).pt - _PAD - _INDENT, Emu(at.height).pt - _PAD / 2, _SIZES)
    frame.vertical_anchor = MSO_ANCHOR.TOP
    _write(frame, texts[:kept], size, bold=1, colour=_ink(ink, "text"))


def _caution(held: Template, slide: Any, text: str) -> tuple[int, int]:
    """Write what must be said on every slide, dark on yellow, clear of title and small print.

    Returns:
        The heights to be kept free at the top and at the foot of the slide.
    """
    if not text:
        return 0, int(_FOOT)
    wide, tall = int(held.deck.slide_width), int(held.deck.slide_height)
    high = int(Inches(0.36))
    taken = [template.box_of(slide.shapes.title), *template.small_print(slide.slide_layout)]
    low = [box.top for box in taken[1:] if box.top > tall * 0.7]
    tops = (tall - high, min([tall, *low]) - high, 0)
    places = [Box(0, top, round(wide * 0.92) if held.own else wide, high) for top in tops]
    at = next((place for place in places if not any(place.meets(box) for box in taken)), places[0])
    box = slide.shapes.add_textbox(at.left, at.top, at.width, at.height)
    box.name = "Caution"
    box.fill.solid()
    box.fill.fore_color.rgb = _YELLOW
    box.text_frame.margin_left = Inches(0.6)
    box.text_frame.margin_top = box.text_frame.margin_bottom = Inches(0.02)
    box.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    _write(box.text_frame, [text], SMALLEST, bold=1, colour=RGBColor(0x0B, 0x0C, 0x0C))
    return (at.bottom, int(_FOOT)) if at.top == 0 else (0, tall - at.top)


def _number(slide: Any, ink: Inks) -> None:
    """Take over the slide number of the layout, which new slides lack."""
    found = next((box for box in slide.slide_layout.placeholders if box.placeholder_format.type == _SLIDE_NUMBER), None)
    if found is None:
        return
    copied = deepcopy(found._element)
    slide.shapes._spTree.append(copied)
    for letters in copied.iter("{*}rPr", "{*}endParaRPr"):
        letters.set("sz", str(SMALLEST * 100))
        if "number" in ink:
            for old in letters.findall("{*}solidFill"):
                letters.remove(old)
            letters.insert(
                0, parse_xml(f'<a:solidFill {nsdecls("a")}><a:srgbClr val="{ink["number"]}"/></a:solidFill>')
            )


def _write(frame: Any, texts: Sequence[str], size: int, *, bold: int = 0, colour: RGBColor | None = None) -> None:
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    for number, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = text
        paragraph.space_before, paragraph.space_after = Pt(0), Pt(size * 0.5)
        for run in paragraph.runs:
            run.font.size, run.font.bold = Pt(size), number < bold
            if colour is not None:
                run.font.color.rgb = colour


def _tidy(slide: Any) -> None:
    """Take away placeholders that stayed empty, so that nothing says "Click to add text"."""
    for box in list(slide.placeholders):
        if box.shape_id != slide.shapes.title.shape_id and not (box.has_text_frame and box.text_frame.text):
            box._element.getparent().remove(box._element)


def _cards(slide: Any, metrics: Sequence[Metric], at: Box) -> None:
    """Draw the headline figures as cards, two beside each other: label, figure, change."""
    gap = int(Inches(0.12))
    rows = -(-len(metrics) // 2)
    high = min(round((at.height - gap * (rows - 1)) / rows), int(Inches(1.75)))
    wide = round((at.width - gap) / 2)
    for number, metric in enumerate(metrics):
        row, column = divmod(number, 2)
        card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, at.left + column * (wide + gap),
                                      at.top + row * (high + gap), wide, high)  # fmt: skip
        card.name = metric.label
        card.fill.solid()
        card.fill.fore_color.rgb = _PALE
        card.line.fill.background()
        card.shadow.inherit = False
        _card(card.text_frame, metric, Emu(wide).pt - _PAD, Emu(high).pt)


def _card(frame: Any, metric: Metric, width: float, high: float) -> None:
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
    frame.margin_top = frame.margin_bottom = 0
    small = fit.height([metric.label, metric.change], width, SMALLEST)
    size = next((s for s in (32, 28, 24, 20, 18) if fit.height([metric.value], width, s) <= high - small), SMALLEST)
    plain = 16 if fit.height([metric.label, metric.change], width, 16) + size * 1.3 <= high else SMALLEST
    for number, (text, points) in enumerate(((metric.label, plain), (metric.value, size), (metric.change, plain))):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold = Pt(points), number == 1
        run.font.color.rgb = _BLUE if number == 1 else _TEXT
