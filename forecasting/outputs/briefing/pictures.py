"""Charts as pictures for papers, with title, source and alternative text; made without browser or internet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from textwrap import wrap
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
import vl_convert

from forecasting.outputs.charts import Spec, larger
from forecasting.outputs.figure import Figure
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.outputs.theme import LARGE, PALETTES, SIZE

WIDTH = 760  # pixels at scale 1
_LETTERS = (80, 120, 135)  # of title, subtitle and note that fit into the width at the usual size
_FONT = "sans-serif"  # the one that the converter brings along; another, such as Arial, may leave words out
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def png(figure: Figure, *, large: bool = False) -> bytes:
    """Return a figure as PNG with its title, subtitle and source, at a scale that prints sharply at 16 cm.

    Args:
        figure: the figure.
        large: whether its words can be read where it is printed half a page wide.
    """
    return bytes(vl_convert.vegalite_to_png(_whole(figure, large=large), scale=2.0))


def archive(figures: Sequence[Figure]) -> bytes:
    """Return a zip with every figure as PNG and SVG, and a list of their alternative texts."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as out:
        for figure in figures:
            out.writestr(f"{figure.key}.png", png(figure))
            out.writestr(f"{figure.key}.svg", svg(figure))
        texts = "\n\n".join(f"{figure.key}: {figure.title}\n{figure.alt}\n{figure.note}" for figure in figures)
        out.writestr("alternative texts.txt", texts)
    return stream.getvalue()


def of_all(view: View) -> bytes:
    """Return a zip with every chart of every page that a run has figures for."""
    found = {figure.key: figure for subject in SUBJECTS.values() for figure in subject(view).figures}
    return archive(list(found.values()))


def svg(figure: Figure) -> str:
    """Return a figure as SVG with its title and its text for people who do not see it."""
    drawn = str(vl_convert.vegalite_to_svg(_whole(figure)))
    head, rest = drawn.split(">", 1)
    words = f"<title>{escape(figure.title)}</title><desc>{escape(f'{figure.alt} {figure.subtitle}')}</desc>"
    return f'{head} role="img">{words}{rest}'


def _whole(figure: Figure, *, large: bool = False) -> Spec:
    """Return the specification with its data, words above and below, and a fixed width."""
    palette, size = PALETTES["light"], LARGE if large else SIZE
    spec, grown = figure.spec("light"), size / SIZE
    spec = larger(spec, "light") if large else spec
    title, subtitle, note = (wrap(text, int(room / grown)) for text, room in zip(
        (figure.title, figure.subtitle, figure.note), _LETTERS, strict=True))  # fmt: skip
    inner = {key: value for key, value in spec.items() if key not in ("config", "autosize", "padding")}
    chart = {**inner, "width": WIDTH, "title": {
        "anchor": "start", "color": palette.text, "text": title, "subtitle": subtitle, "fontSize": 18 * grown,
        "subtitleFontSize": size, "subtitleColor": palette.text, "offset": 28}}  # fmt: skip
    below: Spec = {
        "data": {"values": [{}]}, "mark": {"type": "text", "align": "left", "x": 0, "fontSize": 11 * grown},
        "encoding": {"text": {"value": note}, "x": {"value": 0}},
        "width": WIDTH, "height": 30, "view": {"stroke": None},
    }  # fmt: skip
    return {"$schema": _SCHEMA, "data": {"values": _rows(figure.data)}, "vconcat": [chart, below],
            "resolve": {"legend": {"color": "independent", "shape": "independent"}},
            "config": {**spec["config"], "background": palette.background, "font": _FONT}, "padding": 12}  # fmt: skip


def _rows(data: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in data.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime, pd.Timestamp)):
        return None if pd.isna(value) else value.isoformat()
    if isinstance(value, float) and pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
