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

from forecasting.errors import SufficiencyError
from forecasting.outputs.linear import LinearProgramme
from forecasting.values import Floats

Mask = NDArray[np.bool_]
Form = Literal["withhold", "round", "none"]

_ENOUGH = 1e-6
_FIRST_PUSHES, _PUSHES = 16, 1  # they cost less than looking for the cheapest change of each figure
_HIDDEN_COSTS = 1e-4  # what is withheld already may be moved for next to nothing
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
    if policy.form != "withhold" or not policy.secondary or not few.any():
        return hidden
    pushes = _Pushes(sums, hidden, policy.threshold)
    changes = _Changes(sums, hidden, policy.threshold, fixed)
    safe = pushes.free(unseen, _FIRST_PUSHES)
    while True:
        open_ones = np.flatnonzero(hidden & ~safe)
        if not len(open_ones):
            return hidden
        at = int(open_ones[np.argmin(sums.values[open_ones])])
        change = changes.cheapest(at)
        if change is None:
            _check_alone(sums, fixed, unseen, at, policy)
            safe[at] = True
            continue
        more = (np.abs(change) > _ENOUGH) & ~hidden
        hidden = hidden | more
        changes.hide(more)
        pushes.hide(more)
        safe = pushes.free(safe | (np.abs(change) >= policy.threshold - _ENOUGH), _PUSHES)


class _Pushes:
    """Finds withheld figures that the others withheld leave free to move by the threshold.

    A push on all of them at once, in directions drawn by lot, moves many; those that it does not move are tried again.
    What has moved is proved free: two sets of figures with the same sums, none below zero, are
    so far apart in it.
    """

    def __init__(self, sums: Sums, hidden: Mask, threshold: int) -> None:
        """Set up the changes of figures that keep every sum; what is not withheld stays."""
        self._hidden, self._threshold = hidden.copy(), threshold
        self._low, self._high = -np.clip(sums.values, 0.0, 2.0 * threshold), np.full(len(hidden), 2.0 * threshold)
        self._lots = np.random.default_rng(0)
        self._all = np.arange(len(hidden))
        self._programme = LinearProgramme(
            sums.rules, np.zeros(sums.rules.shape[0]), np.zeros(len(hidden)), np.where(hidden, self._low, 0.0),
            np.where(hidden, self._high, 0.0), prices_change=True)  # fmt: skip

    def hide(self, more: Mask) -> None:
        """Let further figures move."""
        self._hidden |= more
        self._programme.bound(self._all[more], self._low[more], self._high[more])

    def free(self, safe: Mask, times: int) -> Mask:
        """Return along figures which are known to be free: `safe` and those that some pushes find."""
        safe = safe.copy()
        for _ in range(times):
            left = self._hidden & ~safe
            if not left.any():
                break
            self._programme.charge(self._all, np.where(left, self._lots.choice([-1.0, 1.0], len(left)), 0.0))
            moved = self._programme.solve()
            if moved is not None:  # no change at all is always one of those allowed
                safe |= np.abs(moved) >= self._threshold - _ENOUGH
        return safe


class _Changes:
    """Finds the change of figures that moves one of them up by the threshold, keeps every sum and disturbs the least.

    A figure has two columns, its way up and its way down, because both cost.
    """

    def __init__(self, sums: Sums, hidden: Mask, threshold: int, fixed: Mask | None) -> None:
        """Set up the changes of figures; those printed elsewhere stay, unless they are withheld here anyway."""
        still = np.zeros(len(hidden), dtype=bool) if fixed is None else fixed & ~hidden
        self._fixed, self._by = fixed, np.array([float(threshold)])
        self._size = len(hidden)
        self._most = np.concatenate([np.where(still, 0.0, np.inf),
                                     np.where(still, 0.0, np.maximum(sums.values, 0.0))])  # fmt: skip
        cost = np.tile(np.where(hidden, _HIDDEN_COSTS, _price(sums)), 2)
        rules = sparse.hstack([sums.rules, -sums.rules], format="csc")
        self._programme = LinearProgramme(
            rules, np.zeros(rules.shape[0]), cost, np.zeros(2 * self._size), self._most, prices_change=False
        )

    def hide(self, more: Mask) -> None:
        """Let further figures move for next to nothing."""
        columns = np.concatenate([np.flatnonzero(more), self._size + np.flatnonzero(more)])
        self._programme.charge(columns, np.full(len(columns), _HIDDEN_COSTS))

    def cheapest(self, at: int) -> Floats | None:
        """Return along figures the change; None where what has been printed elsewhere leaves none.

        Raises:
            NotProtected: there is none, although nothing has been printed elsewhere.
        """
        up, down = np.array([at]), np.array([self._size + at])
        self._programme.bound(up, self._by, self._by)
        self._programme.bound(down, np.zeros(1), np.zeros(1))
        found = self._programme.solve()
        self._programme.bound(up, np.zeros(1), self._most[up])
        self._programme.bound(down, np.zeros(1), self._most[down])
        if found is None:
            if self._fixed is None:
                raise NotProtected("a small figure cannot be protected: no other figures balance it")
            return None
        return np.asarray(found[: self._size] - found[self._size :])


def _price(sums: Sums) -> Floats:
    loss = np.log1p(np.maximum(sums.values, 0.0)) + np.where(sums.values < _ENOUGH, _ZERO_COSTS, 0.1)
    return np.asarray(np.where(sums.totals, _SUM_COSTS, 1.0) * loss)


def _check_alone(sums: Sums, fixed: Mask | None, unseen: Mask, at: int, policy: Policy) -> None:
    """Refuse where what has been printed elsewhere bounds a figure that would be printed here, whatever is withheld.

    A figure of five that is printed bounds its parts to 0 to 5; that is wide enough, though no part can rise by five.
    """
    free = np.ones(len(sums.values), dtype=bool) if fixed is None else ~fixed
    if not unseen[at] and _Attack(sums, free).width(at) < policy.threshold - _ENOUGH:
        raise NotProtected("a small figure cannot be protected, because other exports of this forecast bound it")


class _Attack:
    """What an attacker can find out who knows every published figure, every sum, and that no figure is negative."""

    def __init__(self, sums: Sums, hidden: Mask) -> None:
        """Set up the figures that may stand behind those withheld."""
        self._columns = np.cumsum(hidden) - 1
        count = int(hidden.sum())
        self._programme = LinearProgramme(
            sums.rules[:, hidden], -(sums.rules[:, ~hidden] @ sums.values[~hidden]), np.zeros(count), np.zeros(count),
            np.full(count, np.inf), prices_change=True)  # fmt: skip

    def width(self, at: int) -> float:
        """Return how wide a range is left about a withheld figure; infinite where nothing bounds it."""
        column, ends = self._columns[[at]], []
        for sign in (1.0, -1.0):
            self._programme.charge(column, np.array([sign]))
            ends.append(self._programme.least())
        self._programme.charge(column, np.zeros(1))
        return float(-ends[1] - ends[0])


def widths(sums: Sums, hidden: Mask) -> Floats:
    """Return, for each withheld figure, how wide a range the published figures leave open (the attack).

    The attacker knows every published figure, every sum, and that no figure is negative. Inf where nothing bounds it.
    """
    attack = _Attack(sums, hidden)
    return np.array([attack.width(int(at)) for at in np.flatnonzero(hidden)])


def given_away(sums: Sums, hidden: Mask, threshold: int, among: Mask | None = None) -> Mask:
    """Return along figures which withheld ones an attacker can bound to less than the threshold; none should be True.

    Most are cleared by pushes, which prove a figure free without its exact range; the attack is made on the rest.

    Args:
        sums: the figures.
        hidden: along figures; which are not published.
        threshold: the least range to be left open.
        among: along figures; those asked about, all that are withheld when not given.
    """
    asked = hidden if among is None else hidden & among
    left = asked & ~_Pushes(sums, hidden, threshold).free(~asked, _FIRST_PUSHES)
    attack = _Attack(sums, hidden) if left.any() else None
    found = np.zeros(len(hidden), dtype=bool)
    for at in np.flatnonzero(left):
        found[at] = attack is not None and attack.width(int(at)) < threshold - _ENOUGH
    return found
