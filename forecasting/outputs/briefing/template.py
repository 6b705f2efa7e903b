"""Where slides stand: a plain accessible template of our own, or the council's own .pptx with its layouts.

A council's template decides size, fonts, colours and where titles and content go. What it leaves open, or gives too
little room, is put beside its title; nothing of ours covers its title, date, footer or slide number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.exc import PackageNotFoundError
from pptx.util import Inches

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.archive import check_workbook, is_zip
from forecasting.inputs.source import Source
from forecasting.outputs.briefing.contrast import Inks, inks
from forecasting.outputs.theme import PALETTES

TITLES, BODIES, SUBTITLE = (1, 3), (2, 7), 4  # kinds of placeholder: title and centred title; body and object
_SMALL = (13, 15, 16)  # slide number, footer, date
_WIDE, _HIGH = Inches(13.333), Inches(7.5)
_LEAST_SHARE = 0.3  # of the slide: a body placeholder that is smaller is no room for a chart
_EDGE, _GAP = 0.04, 0.015  # shares of the slide
_NAMES = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
_FONT = "Arial"


@dataclass(frozen=True)
class Box:
    """A rectangle on a slide, in English metric units."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Return the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Return the lower edge."""
        return self.top + self.height

    def meets(self, other: Box) -> bool:
        """Return whether two rectangles overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def stacked(self, high: int, gap: int) -> tuple[Box, Box]:
        """Return an upper part of a height and the rest below it."""
        return (Box(self.left, self.top, self.width, high),
                Box(self.left, self.top + high + gap, self.width, self.height - high - gap))  # fmt: skip

    def split(self, share: float, gap: int) -> tuple[Box, Box]:
        """Return a left part of a share of the width and the rest beside it."""
        first = round((self.width - gap) * share)
        return (Box(self.left, self.top, first, self.height),
                Box(self.left + first + gap, self.top, self.width - gap - first, self.height))  # fmt: skip


@dataclass(frozen=True)
class Template:
    """An empty deck with the layouts to use.

    Attributes:
        deck: the presentation.
        front: layout of the first slide.
        content: layout of the others.
        own: whether it is the built-in one.
        inks: layout ("front", "content") → the colours to be set where the template's own cannot be read.
        remarks: what is to be said about the template's colours.
    """

    deck: Any
    front: Any
    content: Any
    own: bool
    inks: Mapping[str, Inks]
    remarks: tuple[str, ...]


def opened(source: Source | None) -> Template:
    """Return the template: the council's file without its slides, else our own.

    Raises:
        DatasetError: the file is not a PowerPoint file, or none of its layouts has a title.
    """
    deck = _own() if source is None else _theirs(source)
    titled = [layout for layout in deck.slide_layouts if holder(layout, *TITLES) is not None]
    if not titled:
        raise DatasetError((Fault(source.name if source else "built in", found="no layout has a title placeholder",
                                  todo="use a template with at least one layout that has a title"),))  # fmt: skip
    fronts = [one for one in titled if holder(one, SUBTITLE) is not None]
    content = max(titled, key=lambda layout: _fit(layout, deck))
    front = fronts[0] if fronts else content
    name = source.name if source else "built in"
    colours = {key: inks(layout, _texts(layout), name) for key, layout in (("front", front), ("content", content))}
    told = dict.fromkeys(text for _, remarks in colours.values() for text in remarks)
    return Template(deck, front, content, source is None, {key: ink for key, (ink, _) in colours.items()}, tuple(told))


def _texts(layout: Any) -> dict[str, Any]:
    """Return what is written on a layout: title, text, and the slide number where it has one."""
    below = holder(layout, SUBTITLE)
    number = holder(layout, _SMALL[0])
    held = {"title": holder(layout, *TITLES), "text": below if below is not None else holder(layout, *BODIES)}
    return {**held, "number": number} if number is not None else held


def _theirs(source: Source) -> Any:
    wrong = Fault(source.name, found="this is not a PowerPoint file", allowed=".pptx",
                  todo="save the template as .pptx and give it again")  # fmt: skip
    if not is_zip(source.content):
        raise DatasetError((wrong,))
    check_workbook(source)
    try:
        deck = Presentation(BytesIO(source.content))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise DatasetError((wrong,)) from error
    for item in list(deck.slides._sldIdLst):
        deck.part.drop_rel(item.rId)
        deck.slides._sldIdLst.remove(item)
    return deck


def holder(page: Any, *kinds: int) -> Any:
    """Return the largest placeholder of some kinds, or None."""
    found = [box for box in page.placeholders if box.placeholder_format.type in kinds]
    return max(found, key=lambda box: (box.width or 0) * (box.height or 0), default=None)


def _fit(layout: Any, deck: Any) -> float:
    """Return how well a layout serves a slide with a heading and content: roomy, one body, a wide title."""
    title, body = holder(layout, *TITLES), holder(layout, *BODIES)
    slide = deck.slide_width * deck.slide_height
    others = [box for box in layout.placeholders if box.placeholder_format.type not in (*TITLES, *_SMALL)]
    score = min(1.0, title.width / deck.slide_width / 0.6)
    if body is not None:
        score += 1.0 + body.width * body.height / slide
    if any(box._element.ph.get("orient") == "vert" for box in layout.placeholders) or title.height > title.width:
        score -= 3.0
    return float(score - 0.3 * max(0, len(others) - 1) - (0.5 if title.placeholder_format.type == 3 else 0.0))


def room(template: Template, slide: Any, head: int, foot: int) -> Box:
    """Return where a slide's content goes.

    Args:
        template: the template of the slide.
        slide: a slide with its placeholders.
        head: height kept free at the top of the slide.
        foot: height kept free at its foot.

    Returns:
        The body placeholder where it is large enough, else what the title and the small print leave free.
    """
    deck, title, body = template.deck, box_of(slide.shapes.title), holder(slide, *BODIES)
    wide, high = int(deck.slide_width), int(deck.slide_height)
    gap = round(high * _GAP)
    lowest = min([high - foot, *(box.top for box in small_print(slide.slide_layout) if box.top > high * 0.7)]) - gap
    if body is not None:
        found = _without(box_of(body), title, gap)
        top = max(found.top, head + gap)
        found = Box(found.left, top, found.width, min(found.bottom, lowest) - top)
        if found.width * found.height >= _LEAST_SHARE * wide * high and found.left >= 0 and found.right <= wide:
            return found
    edge = round(wide * _EDGE)
    top = head + gap if head else round(high * _EDGE)
    whole = Box(edge, top, wide - 2 * edge, lowest - top)
    return _without(whole, title, gap)


def box_of(shape: Any) -> Box:
    """Return the rectangle of a shape."""
    return Box(int(shape.left), int(shape.top), int(shape.width), int(shape.height))


def small_print(layout: Any) -> list[Box]:
    """Return where a layout has its date, footer and slide number."""
    return [box_of(one) for one in layout.placeholders if one.placeholder_format.type in _SMALL]


def _without(box: Box, title: Box, gap: int) -> Box:
    """Return the largest part of a rectangle beside the title: below, above, right or left of it."""
    if not box.meets(title):
        return box
    below = Box(box.left, title.bottom + gap, box.width, box.bottom - title.bottom - gap)
    above = Box(box.left, box.top, box.width, title.top - gap - box.top)
    after = Box(title.right + gap, box.top, box.right - title.right - gap, box.height)
    before = Box(box.left, box.top, title.left - gap - box.left, box.height)
    return max((below, above, after, before), key=lambda part: max(0, part.width) * max(0, part.height))


def _own() -> Any:
    """Return an empty deck, 16:9: titles at the top left, dark text on white, a coloured line on the master."""
    deck = Presentation()
    _colour(deck)
    for tint in [tint for page in (deck.slide_master, *deck.slide_layouts) for tint in page._element.iter("{*}tint")]:
        tint.getparent().remove(tint)  # subtitle and slide number would be a grey of 3.3:1
    deck.slide_width, deck.slide_height = _WIDE, _HIGH
    across = _WIDE / Inches(10)
    boxes = [box for page in (deck.slide_master, *deck.slide_layouts) for box in page.placeholders]
    places = [box_of(box) for box in boxes]  # read all before one changes its heirs
    for box, place in zip(boxes, places, strict=True):
        _move(box, Box(round(place.left * across), place.top, round(place.width * across), place.height))
    _master(deck.slide_master)
    for layout in deck.slide_layouts:
        _layout(layout)
    return deck


def _master(master: Any) -> None:
    line = master.shapes._spTree.add_autoshape(90, "Line", "rect", 0, 0, Inches(0.22), _HIGH)
    master.shapes._spTree.remove(line)
    master.shapes._spTree.insert(2, line)  # behind everything, and without a placeholder
    fill = etree.SubElement(line.spPr, f"{{{_NAMES['a']}}}solidFill")
    etree.SubElement(fill, f"{{{_NAMES['a']}}}schemeClr", val="accent1")
    style = master._element.find(".//{*}titleStyle/{*}lvl1pPr")
    style.set("algn", "l")
    letters = style.find("{*}defRPr")
    letters.set("sz", "3200")
    letters.set("b", "1")
    letters.find(".//{*}schemeClr").set("val", "tx2")
    bare = etree.SubElement(line.spPr, f"{{{_NAMES['a']}}}ln")
    etree.SubElement(bare, f"{{{_NAMES['a']}}}noFill")


def _layout(layout: Any) -> None:
    title, body = holder(layout, *TITLES), holder(layout, *BODIES)
    if layout.name == "Title Slide":
        _move(title, Box(Inches(0.9), Inches(1.7), Inches(11.5), Inches(1.6)))
        _move(holder(layout, SUBTITLE), Box(Inches(0.9), Inches(3.5), Inches(11.5), Inches(2.4)))
    elif title is not None and title.width > title.height:
        _move(title, Box(Inches(0.6), Inches(0.3), Inches(12.1), Inches(0.8)))
        for box in layout.placeholders:
            if box.placeholder_format.type == _SMALL[0]:
                _move(box, Box(Inches(12.35), Inches(7.08), Inches(0.8), Inches(0.38)))
        if body is not None and layout.name == "Title and Content":
            _move(body, Box(Inches(0.6), Inches(1.25), Inches(12.1), Inches(5.45)))


def _move(shape: Any, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = box.left, box.top, box.width, box.height


def _colour(deck: Any) -> None:
    """Give the theme our accessible colours and a font that every computer has."""
    palette = PALETTES["light"]
    part = next(rel.target_part for rel in deck.slide_master.part.rels.values() if rel.reltype.endswith("/theme"))
    theme = etree.fromstring(part.blob)
    colours = {"dk2": palette.categories[0], "dk1": palette.text, **{
        f"accent{number}": colour for number, colour in enumerate(_repeated(palette.categories), 1)}}  # fmt: skip
    for name, colour in colours.items():
        for slot in theme.iterfind(f".//a:clrScheme/a:{name}", _NAMES):
            slot.clear()
            etree.SubElement(slot, f"{{{_NAMES['a']}}}srgbClr", val=colour.removeprefix("#"))
    for latin in theme.iterfind(".//a:fontScheme//a:latin", _NAMES):
        latin.set("typeface", _FONT)
    part._blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)


def _repeated(colours: Iterable[str]) -> list[str]:
    held = list(colours)
    return [held[number % len(held)] for number in range(6)]
