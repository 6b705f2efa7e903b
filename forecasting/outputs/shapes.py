"""What kind of chart a figure is and which columns of its table it draws, for charts made by other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, Literal

import numpy as np
import pandas as pd

from forecasting.outputs import charts
from forecasting.outputs.charts import Spec
from forecasting.outputs.figure import Figure

Kind = Literal["line", "bar", "column", "timeline"]


@dataclass(frozen=True)
class Shape:
    """What kind of chart a figure is, the title of its value axis, and whether that axis starts at zero."""

    kind: Kind
    title: str
    zero: bool


_MAKERS: dict[Callable[..., Spec], Kind] = {
    charts.lines: "line", charts.columns: "column", charts.bars: "bar", charts.pyramid: "bar",
    charts.waterfall: "bar", charts.ranges: "bar", charts.steps: "line", charts.timeline: "timeline",
    charts.capacity: "bar", charts.heat: "bar",
}  # fmt: skip


def kind_of(figure: Figure) -> Kind:
    """Return the kind of chart of a figure; known without building the chart where its maker is."""
    return _maker(figure) or shape(figure).kind


def shape(figure: Figure) -> Shape:
    """Return the shape of a figure, from what its chart is made of: building it takes a hundred times as long."""
    kind, made = _maker(figure), figure.spec
    if kind and isinstance(made, partial):
        given = signature(made.func).bind_partial(*made.args, **made.keywords)
        given.apply_defaults()
        title = given.arguments.get("y", given.arguments.get("x"))
        if title is not None:
            return Shape(kind, _plain(title), bool(given.arguments.get("zero", True)))
    return of_spec(made("light"))


def _maker(figure: Figure) -> Kind | None:
    return _MAKERS.get(figure.spec.func) if isinstance(figure.spec, partial) else None


def of_spec(spec: Spec) -> Shape:
    """Return the shape of a Vega-Lite specification."""
    layer = spec.get("layer", [spec])[0]
    x, y = layer["encoding"]["x"], layer["encoding"]["y"]
    if y.get("field") == "name":
        kind: Kind = "timeline" if x.get("type") == "temporal" else "bar"
        return Shape(kind, _plain_title(x), True)
    mark = layer["mark"]
    kind = "column" if (mark if isinstance(mark, str) else mark["type"]) == "bar" else "line"
    return Shape(kind, _plain_title(y), bool((y.get("scale") or {}).get("zero", True)))


def _plain_title(axis: dict[str, Any]) -> str:
    return _plain(str(axis.get("title") or ""))


def _plain(title: str) -> str:
    """Return the title of an axis without words about marks that Excel draws in another way."""
    return title.replace(" (bar)", "").replace(" (line)", "")


def drawn(figure: Figure) -> list[int]:
    """Return which columns of the table the chart draws: those whose name or figures are in the chart's data."""
    names = {str(name) for name in figure.data["series"]} if "series" in figure.data else set()
    numbers = [figure.data[name] for name in figure.data if pd.api.types.is_numeric_dtype(figure.data[name])]
    headers = [str(name) for name in figure.table.frame.columns]
    named = [at for at in range(1, len(headers)) if headers[at] in names]
    return named or [at for at in range(1, len(headers)) if _held(figure.table.frame.iloc[:, at], numbers)]


def _held(column: pd.Series[Any], numbers: list[pd.Series[Any]]) -> bool:
    if not pd.api.types.is_numeric_dtype(column):
        return False
    values = column.to_numpy(dtype=float)
    return any(len(n) == len(values) and np.allclose(n.to_numpy(dtype=float), values, equal_nan=True) for n in numbers)
