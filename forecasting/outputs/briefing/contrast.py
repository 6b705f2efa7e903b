"""Whether the text of a council's template can be read on its ground, and with which of its own colours it can.

Colours are worked out as PowerPoint does: from the layout, else the master, else the theme. Contrast is that of WCAG
2.2, success criterion 1.4.3. A picture or pattern has no one colour, so what stands on it is left alone and said.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

ENOUGH = 4.5
_TITLE, _BODY, _SMALL = (1, 3), 2, (13, 15, 16)  # kinds of placeholder: titles, body, small print
_SLOTS = ("dk1", "lt1", "dk2", "lt2")  # the text and background colours of a theme
_MAP = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
_PLAIN = ("000000", "FFFFFF")
Inks = dict[str, str]  # kind of text ("title", "text", "number") → colour to be set, as RRGGBB


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, as the slides of one layout name them.

    Attributes:
        theme: slot of the theme → RRGGBB.
        names: name used on slides → slot of the theme.
    """

    theme: dict[str, str]
    names: dict[str, str]

    @classmethod
    def of(cls, layout: Any) -> Colours:
        """Read the theme of a layout's master and what the master and the layout call its colours."""
        master = layout.slide_master
        part = next(rel.target_part for rel in master.part.rels.values() if rel.reltype.endswith("/theme"))
        theme = {}
        for slot in etree.fromstring(part.blob).iterfind(".//{*}clrScheme/*"):
            colour = next(iter(slot), None)
            if colour is not None:
                theme[etree.QName(slot).localname] = str(colour.get("lastClr") or colour.get("val"))
        found = [master._element.find("{*}clrMap"), layout._element.find("{*}clrMapOvr/{*}overrideClrMapping")]
        names = {name: str(slot) for each in found if each is not None for name, slot in each.attrib.items()}
        return cls(theme, {**_MAP, **names})

    def named(self, name: str) -> str | None:
        """Return the colour of a name; None where the theme has none of it."""
        return self.theme.get(self.names.get(name, name))

    def filled(self, holder: Any) -> str | None:
        """Return the colour of what holds a colour element; None where it cannot be told."""
        for item in holder if holder is not None else ():
            kind = etree.QName(item).localname
            plain = {"srgbClr": item.get("val"), "sysClr": item.get("lastClr")}.get(kind)
            found = self.named(str(item.get("val"))) if kind == "schemeClr" else plain
            return _changed(found, item) if found else None
        return None


def _changed(colour: str, item: Any) -> str:
    """Return a colour as a theme makes it lighter or darker."""
    share = {etree.QName(step).localname: int(step.get("val", "0")) / 100_000 for step in item}
    shade, tint = share.get("shade", 1.0), share.get("tint", 1.0)
    red, green, blue = (_shown(one * shade * tint + 1.0 - tint) for one in map(_linear, _parts(colour)))
    hue, light, strong = colorsys.rgb_to_hls(red, green, blue)
    light = min(1.0, max(0.0, light * share.get("lumMod", 1.0) + share.get("lumOff", 0.0)))
    return "".join(f"{round(part * 255):02X}" for part in colorsys.hls_to_rgb(hue, light, strong))


def _linear(part: float) -> float:
    """Return the light of a part of a colour, as WCAG and the tints of a theme count it."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _shown(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours (RRGGBB), 1 to 21, by the formula of WCAG 2.2."""
    low, high = sorted(map(_bright, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _bright(colour: str) -> float:
    linear = [_linear(part) for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def inks(layout: Any, boxes: dict[str, Any], file: str) -> tuple[Inks, tuple[str, ...]]:
    """Return the colours to be set so that every text of a layout can be read, and what is to be said about them.

    Args:
        layout: the layout.
        boxes: kind of text → its placeholder; None for a text box of ours.
        file: name of the template.
    """
    colours, found = Colours.of(layout), {}
    told: dict[str, list[str]] = {}
    for kind, box in boxes.items():
        ground, text = _ground(layout, box, colours), _text(layout, box, kind, colours)
        said = ""
        if ground is None or text is None:
            said = _UNKNOWN
        elif (held := ratio(text, ground)) < ENOUGH:
            found[kind] = best = _best(colours, ground)
            said = (f"text #{text} on #{ground} has a contrast of {held:.1f}:1, and {ENOUGH}:1 is needed. The slides "
                    f"have #{best} instead ({ratio(best, ground):.1f}:1). Correct the template to choose the colour "
                    "yourself.")  # fmt: skip
        if said:
            told.setdefault(said, []).append(_CALLED[kind])
    return found, tuple(f'{file}, layout "{layout.name}", {", ".join(kinds)}: {said}' for said, kinds in told.items())


_UNKNOWN = (
    "the ground or the colour of the text is a picture, a pattern or not stated, so its contrast cannot be worked out. "
    "Look at the slides before you show them."
)
_CALLED = {"title": "title", "text": "text", "number": "slide number"}


def _best(colours: Colours, ground: str) -> str:
    """Return the template's own colour with most contrast, or black or white where none of its own has enough."""
    own = [colours.theme[slot] for slot in _SLOTS if slot in colours.theme]
    enough = [colour for colour in own if ratio(colour, ground) >= ENOUGH]
    return max(enough or _PLAIN, key=lambda colour: ratio(colour, ground))


def _text(layout: Any, box: Any, kind: str, colours: Colours) -> str | None:
    """Return the colour of a placeholder's text: its own, that of the master's, of the master's style, of the theme."""
    master = layout.slide_master._element
    style = {"title": "titleStyle", "text": "bodyStyle"}.get(kind, "otherStyle")
    places = [_style(box)] if box is not None else []
    if box is not None:
        places += [*map(_style, _parents(layout, box)), master.find(f".//{{*}}{style}/{{*}}lvl1pPr/{{*}}defRPr")]
    for letters in places:
        fill = letters.find("{*}solidFill") if letters is not None else None
        if fill is not None:
            return colours.filled(fill)
        if letters is not None and letters.find("{*}gradFill") is not None:
            return None
    return colours.named("tx1")


def _parents(layout: Any, box: Any) -> list[Any]:
    """Return the master's placeholder that one of a layout takes its looks from, if there is one."""
    kind = box.placeholder_format.type
    kinds = _TITLE if kind in _TITLE else (kind,) if kind in _SMALL else (_BODY,)
    return [one for one in layout.slide_master.placeholders if one.placeholder_format.type in kinds][:1]


def _style(box: Any) -> Any:
    return box._element.find(".//{*}lstStyle/{*}lvl1pPr/{*}defRPr")


def _ground(layout: Any, box: Any, colours: Colours) -> str | None:
    """Return the colour that a placeholder stands on: its own fill, the shape behind it, the background."""
    pages = [layout]
    if layout._element.get("showMasterSp") != "0":
        pages.append(layout.slide_master)
    fills = [one._element.spPr for one in (box, *_parents(layout, box))] if box is not None else []
    fills += [shape for page in pages for shape in _behind(page, box)]
    for held in fills:
        known, colour = _fill(held, colours)
        if known:
            return colour
    for page in (layout, layout.slide_master):
        ground = page._element.find("{*}cSld/{*}bg")
        if ground is not None:
            known, colour = _fill(ground.find("{*}bgPr"), colours)
            return colour if known else colours.filled(ground.find("{*}bgRef"))
    return colours.named("bg1")


def _fill(held: Any, colours: Colours) -> tuple[bool, str | None]:
    """Return whether something is filled, and its colour; None for a picture or pattern."""
    if held is None:
        return False, None
    if etree.QName(held).localname == "pic":
        return True, None
    plain = held.find("{*}solidFill")
    if plain is not None:
        return True, colours.filled(plain)
    return any(held.find(f"{{*}}{name}") is not None for name in ("blipFill", "gradFill", "pattFill")), None


def _behind(page: Any, box: Any) -> Iterator[Any]:
    """Yield what stands behind the middle of a placeholder on a page, the topmost first."""
    if box is None:
        return
    across, down = box.left + box.width / 2, box.top + box.height / 2
    for shape in reversed(list(page.shapes)):
        sized = not shape.is_placeholder and None not in (shape.left, shape.top, shape.width, shape.height)
        if sized and shape.left <= across <= shape.left + shape.width and shape.top <= down <= shape.top + shape.height:
            picture = etree.QName(shape._element).localname == "pic"
            yield shape._element if picture else shape._element.find("{*}spPr")
