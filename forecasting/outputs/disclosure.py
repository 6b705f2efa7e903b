"""Disclosure control: what may identify a child is withheld, so that nothing withheld can be worked out.

A policy is the council's own. First every figure from 1 to below the threshold is withheld, then as many others as
it takes that no withheld figure can be worked out by subtraction: for every withheld figure the published ones must
leave open a range of at least the threshold. The others are found one withheld figure at a time, as the cheapest change
of the withheld figures that moves this one by the threshold while every published figure and every sum stays as it is
(linear programmes, after Fischetti and Salazar, "Models and algorithms for optimizing cell suppression in tabular data
with linear constraints", 2000). Linked tables are protected together, because they are cells of one system of sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from forecasting.errors import SufficiencyError
from forecasting.values import Floats

Mask = NDArray[np.bool_]
Form = Literal["withhold", "round", "none"]

_ENOUGH = 1e-6
_PUSHES = 4
_SUM_COSTS = 50.0  # withholding a total costs a reader more than withholding one of its parts
_ZERO_COSTS = 10.0  # a zero tells the reader that a service is not used; withhold others first


class NotProtected(SufficiencyError):
    """The figures cannot be protected."""


@dataclass(frozen=True)
class Policy:
    """What a council does about small numbers; printed on whatever it is applied to.

    Attributes:
        form: withhold small figures, round every figure, or none (for internal working, and marked so).
        threshold: counts from 1 to one below this are small; also the least range left open about a withheld figure.
        zeros: whether a zero counts as small.
        base: figures are rounded to multiples of this, when the form is "round".
        secondary: whether further figures are withheld so that nothing can be worked out by subtraction.
        symbol: what stands for a withheld figure.
        confirmed: whether the council has confirmed the policy as its own.
    """

    form: Form = "withhold"
    threshold: int = 5
    zeros: bool = False
    base: int = 5
    secondary: bool = True
    symbol: str = "[c]"
    confirmed: bool = False

    def __post_init__(self) -> None:
        if self.threshold < 2 or self.base < 2:
            raise ValueError("threshold and rounding base must be at least 2")

    @property
    def sentence(self) -> str:
        """Return the policy in words, for the reader of an export."""
        if self.form == "none":
            return "For internal working only: small numbers are shown. Do not share outside the authority."
        mine = "" if self.confirmed else " This is the default policy; the council has yet to confirm it."
        if self.form == "round":
            return f"Every count is rounded to a multiple of {self.base}; totals add up.{mine}"
        small = f"{0 if self.zeros else 1} to {self.threshold - 1}"
        rest = f" So are others from which these could be worked out: {self.symbol}." if self.secondary else ""
        return f"Counts of {small} are withheld and shown as {self.symbol}.{rest}{mine}"


INTERNAL = Policy(form="none")


@dataclass(frozen=True, eq=False)
class Sums:
    """Figures and the sums that hold between them.

    Attributes:
        values: along figures; counts of children, whole numbers.
        rules: rule × figure; the rule says that the sum of its entries × figures is 0 (a total has −1, its parts 1).
    """

    values: Floats
    rules: sparse.csr_matrix

    @property
    def totals(self) -> Mask:
        """Return along figures: whether it is the total of a rule."""
        return np.asarray(np.asarray((self.rules.tocsc() < 0).sum(axis=0)).ravel() > 0)


def small(sums: Sums, policy: Policy) -> Mask:
    """Return along figures: whether it is withheld for being small."""
    least = -_ENOUGH if policy.zeros else _ENOUGH
    return np.asarray((sums.values > least) & (sums.values < policy.threshold - _ENOUGH))


def withheld(sums: Sums, policy: Policy, *, secret: Mask | None = None, fixed: Mask | None = None) -> Mask:
    """Return along figures: whether it is withheld, small ones and those that protect them.

    Args:
        sums: the figures.
        policy: what is done about small numbers.
        secret: along figures that are not printed anyway and need no protection themselves.
        fixed: along figures that have been printed elsewhere and can no longer be withheld.

    Raises:
        NotProtected: no further figure can protect a small one (cannot happen while any figure may be withheld).
    """
    few = small(sums, policy)
    unseen = np.zeros(len(few), dtype=bool) if secret is None else secret
    hidden = few | unseen
    if policy.form != "withhold" or not policy.secondary:
        return hidden
    safe = _free(sums, hidden, unseen, policy.threshold)
    price = _price(sums)
    while True:
        open_ones = np.flatnonzero(hidden & ~safe)
        if not len(open_ones):
            return hidden
        at = int(open_ones[np.argmin(sums.values[open_ones])])
        change = _cheapest_change(sums, hidden, price, at, float(policy.threshold), fixed)
        if change is None:
            _check_alone(sums, fixed, unseen, at, policy)
            safe[at] = True
            continue
        hidden = hidden | (np.abs(change) > _ENOUGH)
        safe = _free(sums, hidden, safe | (np.abs(change) >= policy.threshold - _ENOUGH), policy.threshold, 1)


def _free(sums: Sums, hidden: Mask, safe: Mask, threshold: int, pushes: int = _PUSHES) -> Mask:
    """Return `safe` with the withheld figures that the others withheld leave free to move by the threshold.

    A push on all of them at once, in directions drawn by lot, moves many; those that it does not move are tried again.
    """
    lots = np.random.default_rng(0)
    rules = sums.rules[:, hidden]
    low = -np.clip(sums.values[hidden], 0.0, 2.0 * threshold)
    bounds = np.stack([low, np.full(len(low), 2.0 * threshold)], axis=1)
    safe = safe.copy()
    for _ in range(pushes):
        left = hidden & ~safe
        if not left.any():
            break
        push = np.where(left[hidden], lots.choice([-1.0, 1.0], len(low)), 0.0)
        found = linprog(push, A_eq=rules, b_eq=np.zeros(rules.shape[0]), bounds=bounds, method="highs")
        moved = np.zeros(len(safe), dtype=bool)
        moved[hidden] = np.abs(found.x) >= threshold - _ENOUGH
        safe |= moved
    return safe


def _price(sums: Sums) -> Floats:
    loss = np.log1p(np.maximum(sums.values, 0.0)) + np.where(sums.values < _ENOUGH, _ZERO_COSTS, 0.1)
    return np.asarray(np.where(sums.totals, _SUM_COSTS, 1.0) * loss)


def _cheapest_change(sums: Sums, hidden: Mask, price: Floats, at: int, by: float, fixed: Mask | None) -> Floats | None:
    """Return along figures a change that keeps every sum, moves one figure up by `by`, and disturbs the least.

    None where what has been printed elsewhere leaves no such change.
    """
    cost = np.where(hidden, 1e-4, price)
    down = np.maximum(sums.values, 0.0)
    up = np.full(len(down), np.inf)
    if fixed is not None:
        still = fixed & ~hidden
        down[still], up[still] = 0.0, 0.0
    down[at], up[at] = 0.0, by
    bounds = np.stack([np.concatenate([np.zeros_like(up), np.zeros_like(down)]), np.concatenate([up, down])], axis=1)
    bounds[at, 0] = by
    rules = sparse.hstack([sums.rules, -sums.rules], format="csr")
    found = linprog(np.concatenate([cost, cost]), A_eq=rules, b_eq=np.zeros(rules.shape[0]), bounds=bounds,
                    method="highs")  # fmt: skip
    if found.x is None:
        if fixed is None:
            raise NotProtected(f"a small figure cannot be protected: {found.message}")
        return None
    both = np.asarray(found.x).reshape(2, -1)
    return np.asarray(both[0] - both[1])


def _check_alone(sums: Sums, fixed: Mask | None, unseen: Mask, at: int, policy: Policy) -> None:
    """Refuse where what has been printed elsewhere bounds a figure that would be printed here, whatever is withheld.

    A figure of five that is printed bounds its parts to 0 to 5; that is wide enough, though no part can rise by five.
    """
    free = np.ones(len(sums.values), dtype=bool) if fixed is None else ~fixed
    if not unseen[at] and _width(sums, free, at) < policy.threshold - _ENOUGH:
        raise NotProtected("a small figure cannot be protected, because other exports of this forecast bound it")


def _width(sums: Sums, hidden: Mask, at: int) -> float:
    aim = (np.flatnonzero(hidden) == at).astype(np.float64)
    given = -(sums.rules[:, ~hidden] @ sums.values[~hidden])
    ends = [linprog(sign * aim, A_eq=sums.rules[:, hidden], b_eq=given, bounds=(0, None), method="highs")
            for sign in (1.0, -1.0)]  # fmt: skip
    return float(-ends[1].fun - ends[0].fun) if all(end.status == 0 for end in ends) else np.inf


def widths(sums: Sums, hidden: Mask) -> Floats:
    """Return, for each withheld figure, how wide a range the published figures leave open (the attack).

    The attacker knows every published figure, every sum, and that no figure is negative. Inf where nothing bounds it.
    """
    return np.array([_width(sums, hidden, int(at)) for at in np.flatnonzero(hidden)])
