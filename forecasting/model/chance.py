"""Whole children by chance: binomial and Poisson counts of many cells at once, by inversion of one number a cell.

One uniform number decides each cell, so that two scenarios run with the same numbers differ by the scenario alone:
a higher mean never gives a smaller count. Source: Devroye (1986), "Non-Uniform Random Variate Generation", III.2, with
the recursion p(k+1) = p(k)·(a − b·k)/(k + 1), a = b·x for the binomial and b = 0 for the Poisson distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.values import Singles, Whole

Counts = NDArray[np.int32]

MOST_BY_STEPS = 6.0  # mean of a cell above which numpy's own generator is quicker than counting up
NEGLIGIBLE = 1e-9  # a chance that a number of 24 bits cannot show


def binomial(people: Counts, hazard: Singles, rng: np.random.Generator) -> tuple[Whole, Counts]:
    """Children of each cell that meet an event of yearly hazard h: binomial with chance 1 − e^(−h).

    Args:
        people: children, any axes.
        hazard: yearly hazard, same axes.
        rng: source of chance.

    Returns:
        Cells with at least one (flat, ascending), and how many in each (people).
    """
    x, h = people.reshape(-1).astype(np.float32), hazard.reshape(-1)
    expected = x * h
    large = np.flatnonzero(expected > MOST_BY_STEPS)
    none = np.exp(-expected)
    none[large] = 0.0
    number = rng.random(len(x), dtype=np.float32)
    cells = np.flatnonzero(number >= none)
    odds = np.exp(h.take(cells)) - 1
    counts = _counted(number.take(cells), none.take(cells), x.take(cells) * odds, odds)
    often = -np.expm1(-h[large].astype(np.float64))
    counts[np.searchsorted(cells, large)] = rng.binomial(people.reshape(-1)[large], often)
    some = np.flatnonzero(counts)
    return cells.take(some), counts.take(some)


def poisson(mean: Singles, rng: np.random.Generator) -> Counts:
    """Poisson counts.

    Args:
        mean: expected children, any axes.
        rng: source of chance.

    Returns:
        Children, same axes.
    """
    flat = mean.reshape(-1)
    large = np.flatnonzero(flat > MOST_BY_STEPS)
    none = np.exp(-flat)
    number = rng.random(len(flat), dtype=np.float32)
    cells = np.flatnonzero(number >= none)
    counts = np.zeros(len(flat), dtype=np.int32)
    some = flat.take(cells)
    counts[cells] = _counted(number.take(cells), none.take(cells), some, np.zeros_like(some))
    counts[large] = rng.poisson(flat[large])
    return counts.reshape(mean.shape)


def _counted(number: Singles, chance: Singles, a: Singles, b: Singles) -> Counts:
    """Counts of 1 or more: k such that the chance of fewer than k is at most `number`, for cells not at 0."""
    counts = np.ones(len(number), dtype=np.int32)
    at = np.arange(len(number))
    upto = chance.copy()
    k = 0
    while len(at):
        chance = np.asarray(chance * ((a - b * k) / (k + 1)), dtype=np.float32)
        upto = upto + chance
        k += 1
        # a > b·k: there are more than k people; without it a number next to 1 meets sums that rounding left below it
        on = np.flatnonzero((number >= upto) & (chance > NEGLIGIBLE) & (a > b * k))
        at, number = at.take(on), number.take(on)
        chance, upto, a, b = chance.take(on), upto.take(on), a.take(on), b.take(on)
        counts[at] = k + 1
    return counts
