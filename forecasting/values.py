"""Small value types that every room uses."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


class ByContent:
    """What a cache may keep an answer for: told apart by what it holds, arrays among it, not by which object it is."""

    def __init__(self, *parts: object) -> None:
        """Take the content: arrays by their kind, shape and values, anything else by its `repr`."""
        found = blake2b()
        for part in parts:
            if isinstance(part, np.ndarray):
                found.update(repr((part.dtype.str, part.shape)).encode())
                found.update(part.tobytes())
            else:
                found.update(repr(part).encode())
        self._content = found.digest()

    def __hash__(self) -> int:
        return hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._content == other._content


@dataclass(frozen=True)
class Interval:
    """A range and the share of outcomes that it is meant to hold (0.8 = four in five)."""

    low: float
    high: float
    coverage: float
