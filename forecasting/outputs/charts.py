"""Altair charts as cached Vega-Lite specifications: built once for a shape, then given new data at every redraw.

Building a chart costs about 25 ms, sending new data to a ready specification about 2 ms, so nothing here depends on
the figures. The data always come as the columns named in each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from forecasting.outputs.theme import LARGE, PALETTES, Mode, config

Spec = dict[str, Any]
_SHAPES = ("circle", "square", "triangle-up", "diamond")
_DASHES: tuple[list[int], ...] = ([1, 0], [7, 4], [2, 3], [10, 3, 2, 3])
COUNT, MILLION, PERCENT, POUNDS = ",.0f", ",.1f", ".1f", ",.0f"


def _finish(chart: alt.Chart | alt.LayerChart | alt.FacetChart, height: int | alt.Step, mode: Mode) -> Spec:
    # Checking the specification takes ten times as long as making it; tests/outputs/test_charts.py checks each.
    spec: Spec = chart.properties(width="container", height=height).to_dict(validate=False)
    for unwanted in ("data", "datasets", "$schema", "config"):
        spec.pop(unwanted, None)
    for layer in spec.get("layer", ()):
        layer.pop("data", None)
    return {**spec, "config": config(mode), "autosize": {"type": "fit-x", "contains": "padding"}}


def larger(spec: Spec, mode: Mode) -> Spec:
    """Return a chart with larger words, to be presented; its height stays, and the last year has room at the right."""
    return {**spec, "config": config(mode, LARGE), "padding": {"left": 5, "top": 5, "bottom": 5, "right": LARGE}}


def _row(names: Sequence[str], room: float) -> alt.Y:
    """Return the rows of a bar chart without axis labels: the name stands above its bar, readable at any width."""
    return alt.Y(
        "name:N", sort=list(names), title=None, axis=None, scale=alt.Scale(paddingInner=room, paddingOuter=room)
    )


def _row_names(names: Sequence[str], mode: Mode) -> alt.Chart:
    named = _base().transform_aggregate(rows="count()", groupby=["name"])
    row = alt.Y("name:N", sort=list(names), axis=None, bandPosition=0)
    text = named.mark_text(align="left", baseline="bottom", dy=-3, color=PALETTES[mode].text, limit=460)
    chart: alt.Chart = text.encode(y=row, x=alt.value(0), text="name:N")
    return chart


def _base() -> alt.Chart:
    return alt.Chart(pd.DataFrame())


def _colour(series: Sequence[str], mode: Mode) -> alt.Color:
    palette = PALETTES[mode].categories
    legend = alt.Legend(symbolOpacity=1) if len(series) > 1 else None  # as strong as the lines, where bands are pale
    return alt.Color(
        "series:N", scale=alt.Scale(domain=list(series), range=list(palette[: len(series)])), legend=legend
    )


def _tooltip(x: str, y: str, form: str, kind: str = "O") -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{x}:{kind}", title=x.capitalize()), alt.Tooltip("series:N", title="What"),
            alt.Tooltip("value:Q", title=y, format=form)]  # fmt: skip


@lru_cache(maxsize=256)
def lines(series: tuple[str, ...], y: str, form: str, mode: Mode, *, band: bool = False, zero: bool = True) -> Spec:
    """Return lines over years; columns year, series, value, and low, high for the band.

    Args:
        series: names of the lines, at most four.
        y: title of the value axis, with its unit.
        form: number format.
        mode: light or dark.
        band: whether low and high are drawn around the lines.
        zero: whether the value axis starts at zero.
    """
    x = alt.X("year:O", title=None, axis=alt.Axis(labelOverlap="parity", labelSeparation=6))
    scale = alt.Scale(zero=zero, nice=True)
    axis = alt.Axis(format=form, tickCount=5)
    shapes = alt.Shape(
        "series:N", scale=alt.Scale(domain=list(series), range=list(_SHAPES[: len(series)])),
        legend=alt.Legend() if len(series) > 1 else None,
    )  # fmt: skip
    dashes = alt.StrokeDash(
        "series:N", scale=alt.Scale(domain=list(series), range=list(_DASHES[: len(series)])), legend=None
    )
    value = alt.Y("value:Q", title=y, scale=scale, axis=axis)
    layers: list[alt.Chart] = []
    if band:
        layers.append(_base().mark_area(opacity=0.2).encode(
            x=x, y=alt.Y("low:Q", title=y, scale=scale, axis=axis), y2="high:Q",
            color=_colour(series, mode)))  # fmt: skip
    layers.append(_base().mark_line(strokeWidth=3).encode(x=x, y=value, color=_colour(series, mode), strokeDash=dashes))
    layers.append(_base().mark_point(filled=True, size=70, opacity=1).encode(
        x=x, y=value, color=_colour(series, mode), shape=shapes, tooltip=_tooltip("year", y, form)))  # fmt: skip
    return _finish(alt.layer(*layers), 300, mode)


@lru_cache(maxsize=256)
def bars(
    names: tuple[str, ...], series: tuple[str, ...], y: str, form: str, mode: Mode, *, beside: bool = True
) -> Spec:
    """Return horizontal bars from zero, one group a name; columns name, series, value, at (where the figure stands).

    Args:
        names: labels of the bars from top to bottom.
        series: at most four, told apart by colour.
        y: title of the value axis.
        form: number format, also of the figure at the end of each bar.
        mode: light or dark.
        beside: whether one name has a bar for each series; else each name has one bar.
    """
    several = beside and len(series) > 1
    row = _row(names, 0.48 if several else 0.52)
    offset = alt.YOffset("series:N", sort=list(series)) if several else alt.Undefined
    value = alt.X("value:Q", title=y, axis=alt.Axis(format=form, tickCount=4), scale=alt.Scale(zero=True))
    bar = _base().mark_bar().encode(y=row, yOffset=offset, x=value, color=_colour(series, mode),
                                    tooltip=_tooltip("name", y, form, "N"))  # fmt: skip
    text = _base().mark_text(align="left", dx=4, color=PALETTES[mode].text).encode(
        y=row, yOffset=offset, x=alt.X("at:Q", title=y), text=alt.Text("value:Q", format=form))  # fmt: skip
    return _finish(alt.layer(bar, text, _row_names(names, mode)), alt.Step(18 if several else 42), mode)


@lru_cache(maxsize=64)
def pyramid(names: tuple[str, ...], series: tuple[str, ...], x: str, mode: Mode) -> Spec:
    """Return narrow horizontal bars with their names to the left, such as year groups; columns name, series, value."""
    row = alt.Y("name:N", sort=list(names), title=None, scale=alt.Scale(paddingInner=0.25),
                axis=alt.Axis(labelOverlap=False, ticks=False, domain=False))  # fmt: skip
    bar = _base().mark_bar().encode(
        y=row, yOffset=alt.YOffset("series:N", sort=list(series)), color=_colour(series, mode),
        x=alt.X("value:Q", title=x, axis=alt.Axis(format=COUNT, tickCount=4), scale=alt.Scale(zero=True)),
        tooltip=_tooltip("name", x, COUNT, "N"))  # fmt: skip
    return _finish(bar, alt.Step(11), mode)


@lru_cache(maxsize=256)
def columns(series: tuple[str, ...], y: str, form: str, mode: Mode, *, stacked: bool = False) -> Spec:
    """Return upright columns by year from zero; columns year, series, value."""
    offset = alt.Undefined if stacked or len(series) == 1 else alt.XOffset("series:N", sort=list(series))
    bar = _base().mark_bar().encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelOverlap="parity")), xOffset=offset,
        color=_colour(series, mode),
        y=alt.Y("value:Q", title=y, axis=alt.Axis(format=form, tickCount=5), scale=alt.Scale(zero=True),
                stack="zero" if stacked else None),
        tooltip=_tooltip("year", y, form))  # fmt: skip
    rule = _base().mark_rule(color=PALETTES[mode].quiet, aria=False).encode(y=alt.datum(0))
    return _finish(alt.layer(bar, rule), 300, mode)


@lru_cache(maxsize=64)
def waterfall(names: tuple[str, ...], x: str, form: str, mode: Mode) -> Spec:
    """Return bars that step from a first level to a last one; columns name, start, end, at, value, series.

    Args:
        names: labels from top to bottom; the first and the last are levels, the others steps.
        x: title of the value axis, with its unit.
        form: number format of the figure beside each bar; steps carry their sign.
        mode: light or dark.
    """
    row = _row(names, 0.52)
    axis = alt.Axis(format=form, tickCount=4)
    tip = [alt.Tooltip("name:N", title="What"), alt.Tooltip("value:Q", title=x, format=form)]
    bar = _base().mark_bar(height=16).encode(
        y=row, x=alt.X("start:Q", title=x, axis=axis, scale=alt.Scale(zero=False, nice=False)), x2="end:Q",
        color=_colour(("total", "lowers", "raises"), mode), tooltip=tip)  # fmt: skip
    text = _base().mark_text(align="left", dx=4, color=PALETTES[mode].text).encode(
        y=row, x=alt.X("at:Q", title=x), text="label:N")  # fmt: skip
    return _finish(alt.layer(bar, text, _row_names(names, mode)), alt.Step(42), mode)


@lru_cache(maxsize=64)
def tornado(names: tuple[str, ...], series: tuple[str, str], x: str, form: str, mode: Mode) -> Spec:
    """Return bars from the present figure to either end; columns name, series, present, value, label, end, side.

    Args:
        names: levers from top to bottom.
        series: words for the low and for the high end of a lever.
        x: title of the value axis, with its unit.
        form: number format.
        mode: light or dark.
    """
    palette = PALETTES[mode]
    row = _row(names, 0.52)
    tip = [alt.Tooltip("name:N", title="Lever"), alt.Tooltip("series:N", title="End"),
           alt.Tooltip("label:N", title="Value there"), alt.Tooltip("value:Q", title=x, format=form)]  # fmt: skip
    scale = alt.Scale(zero=False, nice=True, padding=36)
    bar = _base().mark_bar(height=14).encode(
        y=row, x=alt.X("present:Q", title=x, axis=alt.Axis(format=form, tickCount=4), scale=scale), x2="value:Q",
        color=_colour(series, mode), tooltip=tip)  # fmt: skip
    here = _base().mark_rule(color=palette.text, strokeWidth=1.5, aria=False).encode(x=alt.X("present:Q", title=x))
    ends = _base().encode(y=row, x=alt.X("value:Q", title=x), text="label:N")
    texts = [
        ends.mark_text(align="right", dx=-5, color=palette.text, fontSize=12).transform_filter("datum.side == 'left'"),
        ends.mark_text(align="left", dx=5, color=palette.text, fontSize=12).transform_filter("datum.side == 'right'"),
    ]
    return _finish(alt.layer(bar, here, *texts, _row_names(names, mode)), alt.Step(40), mode)


def _tips(form: str, **titles: str) -> list[alt.Tooltip]:
    """Return the tooltip of a name and its figures, each with its title."""
    return [alt.Tooltip(f"{column}:N", title=title) if column == "name" else
            alt.Tooltip(f"{column}:Q", title=title, format=form) for column, title in titles.items()]  # fmt: skip


def _span(names: Sequence[str], x: alt.X, tip: list[alt.Tooltip], mode: Mode, opacity: float) -> alt.Chart:
    """Return a thick line from low to high for each name."""
    rule = _base().mark_rule(strokeWidth=5, color=PALETTES[mode].categories[0], opacity=opacity)
    chart: alt.Chart = rule.encode(y=_row(names, 0.5), x=x, x2="high:Q", tooltip=tip)
    return chart


def _mark(names: Sequence[str], column: str, size: int, tip: list[alt.Tooltip], mode: Mode) -> alt.Chart:
    """Return a point at one column for each name."""
    point = _base().mark_point(filled=True, size=size, color=PALETTES[mode].categories[0], opacity=1)
    chart: alt.Chart = point.encode(y=_row(names, 0.5), x=f"{column}:Q", tooltip=tip)
    return chart


@lru_cache(maxsize=64)
def points(names: tuple[str, ...], x: str, form: str, mode: Mode) -> Spec:
    """Return a central point with its range for each name; columns name, low, value, high."""
    tip = _tips(form, name="Scenario", value="Central", low="Low", high="High")
    rule = _span(names, alt.X("low:Q", title=x, axis=alt.Axis(format=form, tickCount=4),
                              scale=alt.Scale(zero=False, nice=True, padding=12)), tip, mode, 0.5)  # fmt: skip
    point = _mark(names, "value", 120, tip, mode)
    nothing = _base().mark_rule(color=PALETTES[mode].quiet, strokeDash=[3, 3], aria=False).encode(x="zero:Q")
    return _finish(alt.layer(rule, nothing, point, _row_names(names, mode)), alt.Step(40), mode)


@lru_cache(maxsize=64)
def ranges(names: tuple[str, ...], x: str, form: str, mode: Mode) -> Spec:
    """Return a low–high line with both ends marked for each name; columns name, low, high."""
    tip = _tips(form, name="Provider", low="Lowest", high="Highest")
    axis = alt.Axis(format=form, tickCount=5)
    rule = _span(names, alt.X("low:Q", title=x, axis=axis, scale=alt.Scale(zero=True)), tip, mode, 1.0)
    ends = [_mark(names, end, 110, tip, mode) for end in ("low", "high")]
    return _finish(alt.layer(rule, *ends, _row_names(names, mode)), alt.Step(40), mode)


@lru_cache(maxsize=64)
def capacity(names: tuple[str, ...], mode: Mode) -> Spec:
    """Return children on roll as bars against places as ticks, by provider; columns name, value, places, series."""
    palette = PALETTES[mode]
    name = _row(names, 0.5)
    tip = [alt.Tooltip("name:N", title="Provider"), alt.Tooltip("value:Q", title="On roll", format=COUNT),
           alt.Tooltip("places:Q", title="Places", format=COUNT)]  # fmt: skip
    bar = _base().mark_bar(height=14).encode(
        y=name, x=alt.X("value:Q", title="Children on roll (bar) and places (line)", axis=alt.Axis(tickCount=5)),
        color=_colour(("within its places", "more children than places"), mode), tooltip=tip)  # fmt: skip
    tick = _base().mark_tick(thickness=4, size=24, color=palette.text).encode(y=name, x="places:Q", tooltip=tip)
    return _finish(alt.layer(bar, tick, _row_names(names, mode)), alt.Step(42), mode)


@lru_cache(maxsize=64)
def heat(names: tuple[str, ...], columns: tuple[str, ...], levels: tuple[str, ...], mode: Mode) -> Spec:
    """Return a grid of cells, each with its figure, so that colour is not alone; columns name, column, label, series.

    Args:
        names: rows from top to bottom; the name stands above its cells.
        columns: labels of the columns, from left to right.
        levels: at most four classes from quiet to strong; a fourth is for "nothing there".
        mode: light or dark.
    """
    palette = PALETTES[mode]
    fills = [palette.grid, palette.categories[0], palette.categories[1], palette.background][: len(levels)]
    shade = alt.Color("series:N", scale=alt.Scale(domain=list(levels), range=fills), legend=alt.Legend())
    strong = [level for level in levels[1:3]]
    row = _row(names, 0.45)
    few = len(columns) <= 6
    axis = alt.Axis(orient="top", labelOverlap=not few and "parity", offset=18, labelFontSize=11, ticks=False)
    x = alt.X("column:N", sort=list(columns), title=None, axis=axis)
    tip = [alt.Tooltip("name:N", title="Row"), alt.Tooltip("column:N", title="Column"),
           alt.Tooltip("label:N", title="Figure"), alt.Tooltip("series:N", title="Level")]  # fmt: skip
    cell = _base().mark_rect(stroke=palette.background).encode(y=row, x=x, color=shade, tooltip=tip)
    ink = alt.condition(
        alt.FieldOneOfPredicate(field="series", oneOf=strong), alt.value(palette.background), alt.value(palette.text)
    )
    text = _base().mark_text(fontSize=12).encode(y=row, x=x, text="label:N", color=ink)
    return _finish(alt.layer(cell, text, _row_names(names, mode)), alt.Step(38), mode)


@lru_cache(maxsize=64)
def timeline(names: tuple[str, ...], mode: Mode) -> Spec:
    """Return projects as bars from the month of opening; columns name, start, full, end, value."""
    palette = PALETTES[mode]
    name = _row(names, 0.5)
    x = alt.X("start:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6))
    tip = [alt.Tooltip("name:N", title="Project"), alt.Tooltip("start:T", title="Opens", format="%B %Y"),
           alt.Tooltip("full:T", title="Full", format="%B %Y"), alt.Tooltip("value:Q", title="Places")]  # fmt: skip
    filling = _base().mark_bar(height=14, opacity=0.45, color=palette.categories[0]).encode(
        y=name, x=x, x2="full:T", tooltip=tip)  # fmt: skip
    full = _base().mark_bar(height=14, color=palette.categories[0]).encode(
        y=name, x=alt.X("full:T", title=None), x2="end:T", tooltip=tip)  # fmt: skip
    opening = _base().mark_point(filled=True, size=90, color=palette.categories[1], shape="diamond", opacity=1).encode(
        y=name, x=x, tooltip=tip)  # fmt: skip
    return _finish(alt.layer(filling, full, opening, _row_names(names, mode)), alt.Step(42), mode)


@lru_cache(maxsize=64)
def steps(series: tuple[str, ...], y: str, mode: Mode) -> Spec:
    """Return stepped lines by month; columns month, series, value."""
    dashes = alt.StrokeDash(
        "series:N", scale=alt.Scale(domain=list(series), range=list(_DASHES[: len(series)])), legend=None
    )
    line = _base().mark_line(interpolate="step-after", strokeWidth=3).encode(
        x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=6)), color=_colour(series, mode),
        y=alt.Y("value:Q", title=y, axis=alt.Axis(format=COUNT)), strokeDash=dashes,
        tooltip=[alt.Tooltip("month:T", title="Month", format="%B %Y"), alt.Tooltip("series:N", title="What"),
                 alt.Tooltip("value:Q", title=y, format=COUNT)])  # fmt: skip
    return _finish(line, 280, mode)
