"""The value at which a figure reaches a target: a coarse scan, then Brent's method between two neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq

from forecasting.values import Floats

STEPS = 8
_CLOSE = 1e-6  # of the target's size: closer than any figure is shown


@dataclass(frozen=True)
class Reached:
    """What a search came to.

    Attributes:
        value: the value found, or the one that comes closest when the target cannot be reached.
        achieved: the figure at that value.
        met: whether the target is reached there.
    """

    value: float
    achieved: float
    met: bool


def reach(
    f: Callable[[float], float], low: float, high: float, target: float, *, start: float | None = None,
    at_least: bool | None = None, steps: int = STEPS,
) -> Reached:  # fmt: skip
    """Return the value in [low, high] at which f is the target, the nearest to `start` where there are several.

    f need not rise or fall throughout, nor be continuous: it is scanned at even steps, and Brent's method is used
    between two neighbours on either side of the target (R. P. Brent, Algorithms for Minimization without Derivatives,
    1973). Where f jumps over the target, the value on the side that `at_least` asks for is returned.

    Args:
        f: the figure at a value; NaN where it has none.
        low: lowest value allowed.
        high: highest value allowed.
        target: the figure to reach.
        start: the value in force; None = low.
        at_least: True when more than the target will do, False when less will; None = only the target itself.
        steps: even steps of the scan; 1 where f only rises or only falls.
    """
    known = cache(f)
    begin = low if start is None else min(max(start, low), high)
    points = np.unique([*np.linspace(low, high, steps + 1), begin])
    gaps = np.array([known(float(point)) for point in points]) - target
    if _enough(known(begin) - target, target, at_least):
        return Reached(begin, known(begin), True)
    crossings = np.flatnonzero(gaps[:-1] * gaps[1:] <= 0)
    if not len(crossings):
        return _closest(points, gaps, target)
    found = [_between(known, float(points[at]), float(points[at + 1]), target, at_least) for at in crossings]
    return min(found, key=lambda one: (not one.met, abs(one.value - begin)))


def _enough(gap: float, target: float, at_least: bool | None) -> bool:
    close = abs(gap) <= _CLOSE * max(1.0, abs(target))
    return bool(close or (at_least is True and gap > 0) or (at_least is False and gap < 0))


def _closest(points: Floats, gaps: Floats, target: float) -> Reached:
    if np.isnan(gaps).all():
        return Reached(float(points[0]), float("nan"), False)
    best = int(np.nanargmin(np.abs(gaps)))
    return Reached(float(points[best]), float(gaps[best] + target), False)


def _between(f: Callable[[float], float], low: float, high: float, target: float, at_least: bool | None) -> Reached:
    """Return the crossing between two values on either side of the target."""
    width = 1e-5 * (high - low)
    root = float(brentq(lambda value: f(value) - target, low, high, xtol=width, maxiter=60))
    near = [Reached(value, f(value), True) for value in (root, max(low, root - 2 * width), min(high, root + 2 * width))]
    good = [one for one in near if _enough(one.achieved - target, target, at_least)]
    if good:
        return good[0]
    best = min(near, key=lambda one: abs(one.achieved - target))
    small = abs(near[2].achieved - near[1].achieved) <= 1e-3 * max(1.0, abs(target))
    return Reached(best.value, best.achieved, bool(small and at_least is None))
