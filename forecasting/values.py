"""Small value types that every room uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """A range and the share of outcomes that it is meant to hold (0.8 = four in five)."""

    low: float
    high: float
    coverage: float
