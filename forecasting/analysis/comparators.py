"""The field that the pooled method has to beat: simple rules and off-the-shelf exponential smoothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.model.trend import Floats


@dataclass(frozen=True)
class Ranged:
    """mean (unit, horizon) and quantiles (unit, horizon, level) in counts; None where a method gives no range."""

    mean: Floats
    quantiles: Floats | None = None


Comparator = Callable[[Floats, int, float], Ranged]


def last_value(counts: Floats, horizon: int, growth: float) -> Ranged:
    """x"""
    return Ranged(np.repeat(counts[:, -1:], horizon, axis=1))
COMPARATORS: Mapping[str, Comparator] = {"last_value": last_value}
