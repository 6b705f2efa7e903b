"""The data of a waterfall chart: a first level, steps, a last level."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from forecasting.outputs import words

_CLOSE = 0.6  # of the largest level: above it, steps would be too short to see from 0


def signed(value: float, say: Callable[[float], str] = words.gbp) -> str:
    """Return a step in words, with its sign."""
    return f"{'+' if value > 0 else ''}{say(value)}"


def bars(
    names: Sequence[str], first: float, steps: Sequence[float], last: float, scale: float = 1.0,
    say: Callable[[float], str] = words.gbp,
) -> pd.DataFrame:  # fmt: skip
    """Return name, start, end, value, series, label, at for `charts.waterfall`.

    Args:
        names: of the first level, each step, the last level.
        first: the first level.
        steps: the steps in order; first and all of them make the last level.
        last: the last level.
        scale: what every figure is multiplied by on the axis.
        say: how a figure is written beside its bar.
    """
    moves = np.asarray(steps, dtype=np.float64)
    ends = first + np.cumsum(moves)
    reached = np.array([first, last, *ends])
    low = _foot(float(reached.min()), float(reached.max()))
    data = pd.DataFrame({
        "name": list(names), "start": np.array([low, first, *ends[:-1], low]) * scale,
        "end": np.array([first, *ends, last]) * scale, "value": np.array([first, *moves, last]) * scale,
        "series": ["total", *np.where(moves > 0, "raises", "lowers"), "total"],
        "label": [say(first), *(signed(step, say) for step in moves), say(last)],
    })  # fmt: skip
    return data.assign(at=data[["start", "end"]].max(axis=1))


def _foot(low: float, high: float) -> float:
    """Return where the levels start: 0, or near the figures where they are all far from it and close together."""
    if low > _CLOSE * high > 0:
        return 0.97 * low
    return 0.97 * high if high < _CLOSE * low < 0 else 0.0


def axis_in_words(data: pd.DataFrame) -> str:
    """Return that the axis does not start at 0, where it does not."""
    return "" if float(data["start"].iloc[0]) == 0.0 else ". The axis does not start at 0"
