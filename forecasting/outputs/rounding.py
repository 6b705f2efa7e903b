"""Controlled rounding: whole numbers that still add up, as near to the unrounded figures as can be.

Each cell goes to the whole number below or above it, and each total that is shown to the whole number below or above
the unrounded total, so that the cells of a row add up to the row total in print. The choice with the least distance,
totals counting more than cells, is a mixed-integer programme (Cox, "A constructive procedure for unbiased controlled
rounding", 1987, for two-way tables; with three ways such a choice need not exist, so a total may then be off by one
more, at a high price in the objective). It is solved by HiGHS.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from forecasting.errors import SufficiencyError
from forecasting.outputs.linear import LinearProgramme
from forecasting.values import Floats, Whole

Axes = tuple[int, ...]

_TOTALS_MATTER = 4.0  # how much more a total weighs than a figure with one more breakdown
_STRAY = 1e4  # price of a total that is neither of the two whole numbers beside it
_STICKY = 0.2  # price of leaving an earlier rounding; below the gain of half a unit, so a real change still shows
_WHOLE = 1e-6
_SECONDS = (3.0, 60.0)  # allowed for the solver; the second time only where it had found nothing in the first
_GAP = 1e-2  # of the distance; how much further than the nearest rounding is good enough
_DEAR = 0.25  # change of the distance at which a figure that came out whole is left as it is; a figure's own is up to 1


class RoundingFailed(SufficiencyError):
    """No rounding was found in the time allowed."""


def every_margin(axes: int) -> tuple[Axes, ...]:
    """Return the axes kept by each margin of a table, the grand total first; the cells themselves are not a margin."""
    return tuple(kept for size in range(axes) for kept in combinations(range(axes), size))


def controlled(
    values: Floats, margins: Sequence[Axes] | None = None, like: Whole | None = None, base: int = 1
) -> Whole:
    """Return a table rounded so that its margins add up.

    Args:
        values: table with any number of axes; no blanks.
        margins: for each margin shown, the axes that it keeps; None = every margin.
        like: an earlier rounding of nearly the same table; ties go its way, so that a small change of scenario changes
            few figures.
        base: round to multiples of this (5 for rounding to the nearest five).

    Returns:
        Table of the same shape; each cell within `base` of its value.

    Raises:
        ValueError: a value is blank.
        RoundingFailed: no rounding was found in the time allowed.
    """
    kept = every_margin(values.ndim) if margins is None else tuple(margins)
    stacked, weights = _margins(values.shape, kept)
    flat = round_cells(values.ravel() / base, stacked, weights,
                       None if like is None else like.ravel() // base)  # fmt: skip
    return (flat * base).reshape(values.shape)


@lru_cache(maxsize=64)
def _margins(shape: tuple[int, ...], kept: tuple[Axes, ...]) -> tuple[sparse.csr_matrix, Floats]:
    """Return margin × cell for all margins of a table of that shape, and along margins how much each weighs."""
    sums = [margin_sums(shape, axes) for axes in kept]
    weights = [np.full(rows.shape[0], _TOTALS_MATTER ** (len(shape) - len(axes)) if axes else np.inf)
               for rows, axes in zip(sums, kept, strict=True)]  # fmt: skip
    stacked = sparse.vstack(sums, format="csr") if sums else sparse.csr_matrix((0, int(np.prod(shape))))
    return stacked, np.concatenate([np.zeros(0), *weights])


def margin_sums(shape: tuple[int, ...], kept: Axes) -> sparse.csr_matrix:
    """Return margin × cell, 1 where a cell of a table of that shape (flattened) belongs to the margin."""
    parts = [sparse.identity(size, format="csr") if axis in kept else sparse.csr_matrix(np.ones((1, size)))
             for axis, size in enumerate(shape)]  # fmt: skip
    return sparse.csr_matrix(reduce(lambda left, right: sparse.kron(left, right, format="csr"), parts))


def round_cells(
    values: Floats,
    sums: sparse.csr_matrix,
    weights: Floats,
    like: Whole | None = None,
) -> Whole:
    """Return cells rounded so that sums of them are rounded too.

    Args:
        values: along cells.
        sums: sum × cell, 1 where a cell belongs to the sum.
        weights: along sums; how much the distance of each counts, a cell counting 1; infinite = goes to the nearest.
        like: along cells; an earlier rounding.

    Raises:
        ValueError: a value is blank.
        RoundingFailed: no rounding was found in the time allowed.
    """
    if np.isnan(values).any():
        raise ValueError("a blank cell cannot be rounded; leave it out of the table")
    low, part = _parts(values)
    low_sum, part_sum = _parts(sums @ values)
    firm = np.isinf(weights)
    low_sum, part_sum = low_sum + firm * np.round(part_sum), np.where(firm, 0.0, part_sum)
    cells, totals = len(values), len(low_sum)
    cost = 1.0 - 2.0 * part + _stick(low, like)
    eye = sparse.identity(totals, format="csr")
    price = np.concatenate([cost, np.where(firm, 0.0, weights) * (1.0 - 2.0 * part_sum), np.full(2 * totals, _STRAY)])
    rules = LinearConstraint(sparse.hstack([sums, -eye, -eye, eye], format="csr"), *[low_sum - sums @ low] * 2)
    top = np.concatenate([part > 0, part_sum > 0, np.full(2 * totals, np.inf)]).astype(np.float64)
    whole = np.concatenate([np.ones(cells), np.zeros(3 * totals)])
    found = _solve(price, rules, top, whole)
    return np.asarray(low + np.round(found[:cells]), dtype=np.int64)


def round_linked(values: Floats, rules: sparse.csr_matrix, like: Whole | None = None) -> Whole:
    """Return figures of linked tables rounded so that every sum between them still holds.

    Args:
        values: along figures, totals among them (see `systems`).
        rules: rule × figure; each rule's entries × figures are 0: parts 1, their total −1.
        like: along figures; an earlier rounding.

    Raises:
        ValueError: a value is blank.
        RoundingFailed: no rounding was found in the time allowed.
    """
    if np.isnan(values).any():
        raise ValueError("a blank cell cannot be rounded; leave it out of the table")
    low, part = _parts(values)
    worth = _TOTALS_MATTER ** np.asarray((rules.tocsc() < 0).sum(axis=0)).ravel()
    cost = worth * (1.0 - 2.0 * part) + _stick(low, like)
    eye = sparse.identity(len(low), format="csr")
    price = np.concatenate([cost, np.full(2 * len(low), _STRAY)])
    wide = sparse.csr_matrix(rules @ sparse.hstack([eye, eye, -eye], format="csr"))
    top = np.concatenate([part > 0, np.full(2 * len(low), np.inf)]).astype(np.float64)
    found = _solve(price, LinearConstraint(wide, *[-(rules @ low)] * 2), top, np.ones(3 * len(low)))
    taken, up, down = np.round(found).reshape(3, -1)
    return np.asarray(low + taken + up - down, dtype=np.int64)


def _stick(low: Floats, like: Whole | None) -> Floats:
    return np.zeros(len(low)) if like is None else _STICKY * np.clip(1.0 - 2.0 * (like - low), -1.0, 1.0)


def _solve(price: Floats, rules: LinearConstraint, top: Floats, whole: Floats) -> Floats:
    """Return the cheapest choice, or one proved to cost no more than _GAP beyond it.

    Where the choice comes out whole without being asked to, which is most often, it is had at once. Elsewhere what is
    whole already and would be dear to change is left as it is, and the rest is made whole. The cost without being asked
    to be whole is the least there can be: it says how near that comes. If not near enough, all is made whole at once.
    """
    programme = LinearProgramme(rules.A, rules.ub, price, np.zeros(len(price)), top, prices_change=False)
    easy = programme.solve()
    if easy is not None:
        settled = np.abs(easy - np.round(easy)) <= _WHOLE
        if settled.all():
            return easy
        settled &= np.abs(programme.prices()) > _DEAR
        kept = np.round(easy)
        near = _whole(price, rules, np.where(settled, kept, 0.0), np.where(settled, kept, top), whole)
        if near.x is not None and near.fun - price @ easy <= _GAP * abs(near.fun):
            return np.asarray(near.x, dtype=np.float64)
    for seconds in _SECONDS:
        every = _whole(price, rules, np.zeros(len(price)), top, whole, seconds)
        if every.x is not None:
            return np.asarray(every.x, dtype=np.float64)
    raise RoundingFailed(f"no rounding that adds up was found: {every.message}")


def _whole(
    price: Floats, rules: LinearConstraint, low: Floats, high: Floats, whole: Floats, seconds: float = _SECONDS[0]
) -> OptimizeResult:  # fmt: skip
    """Return the cheapest choice between bounds that is whole where it has to be."""
    return milp(price, constraints=rules, bounds=Bounds(low, high), integrality=whole,
                options={"time_limit": seconds, "mip_rel_gap": _GAP})  # fmt: skip


def _parts(values: Floats) -> tuple[Floats, Floats]:
    """Return the whole number below each value and what is left; values that are whole but for noise are whole."""
    near = np.round(values)
    whole = np.abs(values - near) <= _WHOLE * np.maximum(1.0, np.abs(values) * 1e-6)
    low = np.where(whole, near, np.floor(values))
    return low, np.where(whole, 0.0, values - low)
