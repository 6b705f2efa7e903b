"""One row of figures in whole numbers that add up; for tables with totals both ways see `outputs/rounding.py`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecasting.values import Floats, Whole


def whole_numbers(values: Floats | Sequence[float], total: float | None = None) -> Whole:
    """Round each row to whole numbers that add up, as near as can be: the largest remainders are rounded up.

    Args:
        values: figures; a row is the last axis.
        total: the sum wanted of each row; its own sum, rounded, where none is given.

    Returns:
        Whole numbers of the same shape, each the one below or above its figure.
    """
    figures = np.asarray(values, dtype=np.float64)
    down = np.floor(figures)
    wanted = np.rint(figures.sum(axis=-1)) if total is None else np.asarray(total)
    short = wanted - down.sum(axis=-1)
    rank = np.argsort(np.argsort(down - figures, axis=-1, kind="stable"), axis=-1)
    return np.asarray((down + (rank < short[..., None])).astype(np.int64))
