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
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from forecasting.errors import SufficiencyError
from forecasting.outputs.linear import LinearProgramme
from forecasting.outputs.together import Together, together
from forecasting.values import ByContent, Floats

Mask = NDArray[np.bool_]
Form = Literal["withhold", "round", "none"]

_ENOUGH = 1e-6
_FIRST_PUSHES, _PUSHES = 16, 1  # they cost less than looking for the cheapest change of each figure
_EACH = 4  # cheapest changes between pushes, which cost twice as much as one of them
_HIDDEN_COSTS = 1e-4  # what is withheld already may be moved for next to nothing
_SUM_COSTS = 50.0  # withholding a total costs a reader more than withholding one of its parts
_HEADLINE_COSTS = 50.0  # times as much again: a briefing without its first figure is none
_ZERO_COSTS = 10.0  # a zero tells the reader that a service is not used; withhold others first
_DEAR = _SUM_COSTS * _ZERO_COSTS  # dearer than most zeros


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
            raise ValueError(
                f"threshold is {self.threshold}, rounding base {self.base}; allowed: whole numbers of 2 or more"
            )

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


def withheld(
    sums: Sums, policy: Policy, *, secret: Mask | None = None, fixed: Mask | None = None, also: Mask | None = None,
    headline: Mask | None = None,
) -> Mask:  # fmt: skip
    """Return along figures: whether it is withheld, small ones and those that protect them.

    Args:
        sums: the figures.
        policy: what is done about small numbers.
        secret: along figures that are not printed anyway and need no protection themselves.
        fixed: along figures that have been printed elsewhere and can no longer be withheld.
        also: along figures to be withheld where they can be, as they are in a scenario beside this one.
        headline: along figures that a reader looks for first; others are withheld before them.

    Raises:
        NotProtected: no further figure can protect a small one (cannot happen while any figure may be withheld).
    """
    masks = [
        np.zeros(len(sums.values), dtype=bool) if mask is None else mask for mask in (secret, fixed, also, headline)
    ]
    return _withheld(_Asked(sums, *masks, as_far_as=False), policy).hidden


def withheld_as_far_as(sums: Sums, policy: Policy, secret: Mask, fixed: Mask, also: Mask, headline: Mask) -> Withheld:
    """Return what is withheld where what is printed elsewhere may bound some figures too closely to protect them.

    Arguments as for `withheld`. Such figures are protected as far as they can be; `whole` is then False.
    """
    return _withheld(_Asked(sums, secret, fixed, also, headline, as_far_as=True), policy)


@dataclass(frozen=True, eq=False)
class Withheld:
    """What is withheld of some figures.

    Attributes:
        hidden: along figures; whether it is withheld.
        whole: whether the published figures leave open the full range about every withheld one.
    """

    hidden: Mask
    whole: bool


class _Asked(ByContent):
    """Figures to be protected, known by their content: years that scenarios and returns share are protected once."""

    def __init__(self, sums: Sums, unseen: Mask, fixed: Mask, also: Mask, headline: Mask, *, as_far_as: bool) -> None:
        """Take the content of everything that the answer depends on."""
        self.sums, self.unseen, self.fixed, self.also, self.headline = sums, unseen, fixed, also & ~fixed, headline
        self.as_far_as = as_far_as
        rules = sums.rules.data, sums.rules.indices, sums.rules.indptr
        super().__init__(sums.values, unseen, fixed, self.also, headline, *rules, as_far_as)


@lru_cache(maxsize=1024)  # some tens of kilobytes each
def _withheld(asked: _Asked, policy: Policy) -> Withheld:
    try:
        return _hidden(asked, policy, asked.also & ~_told(asked.sums, asked.fixed))
    except NotProtected:
        if not asked.also.any():
            raise
        return _hidden(asked, policy, np.zeros_like(asked.also))  # a reader knows too much to hide what others hide


def _told(sums: Sums, fixed: Mask) -> Mask:
    """Return along figures which a reader works out from printed ones, one rule after the other."""
    rules, told = abs(sums.rules) > 0, fixed.copy()
    while True:
        last = np.flatnonzero(np.asarray(rules @ (~told).astype(np.int64)).ravel() == 1)
        entries = rules[last].tocoo().col
        new = entries[~told[entries]]
        if not len(new):
            return told
        told[new] = True


def _hidden(asked: _Asked, policy: Policy, also: Mask) -> Withheld:
    few = small(asked.sums, policy) | also
    hidden, whole = few | asked.unseen, True
    if policy.form == "withhold" and policy.secondary and few.any():
        free = hidden | ~asked.fixed
        hidden[free], whole = _protected(asked, policy.threshold, hidden, free)
    hidden.flags.writeable = False  # it is shared
    return Withheld(hidden, whole)


def _protected(given: _Asked, threshold: int, hidden: Mask, free: Mask) -> tuple[Mask, bool]:
    """Return along figures that may be withheld whether they are: `hidden`, and those that protect them.

    And whether all of them are protected in full.
    """
    sums, values, hidden, secret = given.sums, given.sums.values[free], hidden[free], given.unseen[free]
    one = together(sums.rules[:, free])
    moving, asked = Sums(one.least(values), one.rules), one.any(hidden & ~secret)
    price = _price(moving, one.added(np.where(hidden, 0.0, _loss(values))))
    price *= np.where(one.any(given.headline[free] & ~hidden), _HEADLINE_COSTS, 1.0)
    room = _Room(sums, free, one, threshold, given.as_far_as)
    found = _found(moving, threshold, asked | one.all(hidden), one.all(secret), price, room)
    return np.asarray(found[one.group]), not room.short


def _found(sums: Sums, threshold: int, hidden: Mask, safe: Mask, price: Floats, room: _Room) -> Mask:
    """Return along figures which are withheld, so many that each is protected but for those safe without it."""
    pushes, changes = _Pushes(sums, hidden, threshold), _Changes(sums, hidden, price, hidden | (sums.values > _ENOUGH))
    safe, rounds = pushes.free(safe, _FIRST_PUSHES), 0
    while True:
        open_ones = np.flatnonzero(hidden & ~safe)
        if not len(open_ones):
            return hidden
        at = int(open_ones[np.argmin(sums.values[open_ones])])
        found = _moved(at, threshold, sums, hidden, price, changes, room)
        safe[at] = True
        for change in found:
            more = (np.abs(change) > _ENOUGH) & ~hidden
            hidden = hidden | more
            changes.hide(more)
            pushes.hide(more)
            safe |= np.abs(change) >= threshold - _ENOUGH
        rounds += 1
        if rounds % _EACH == 0:
            safe = pushes.free(safe, _PUSHES)


def _moved(
    at: int, threshold: int, sums: Sums, hidden: Mask, price: Floats, changes: _Changes, room: _Room
) -> list[Floats]:  # fmt: skip
    """Return the changes that together move a figure by the threshold.

    It rises by the threshold, and printed zeros are left alone. Only where there is no way to that, or none that does
    not withhold what is dearer than a zero, is it looked for among all figures, up and down; and only where none can
    move by the threshold at once is a figure moved part of the way up and part of it down.
    """

    def loss(change: Floats) -> float:
        return float(price[(np.abs(change) > _ENOUGH) & ~hidden].max(initial=0.0))

    found = changes.cheapest(at, float(threshold))
    if found is not None and loss(found) <= _DEAR:
        return [found]
    every = _Changes(sums, hidden, price, np.ones_like(hidden))
    ways = [way for by in (threshold, -threshold) if (way := every.cheapest(at, float(by))) is not None]
    if ways:
        return [min(ways, key=loss)]
    return [way for by in room.moves(at) if by and (way := every.cheapest(at, by)) is not None]


class _Pushes:
    """Finds withheld figures that the others withheld leave free to move by the threshold.

    A push on all of them at once, in directions drawn by lot, moves many; those that it does not move are tried again.
    What has moved is proved free: two sets of figures with the same sums, none below zero, are
    so far apart in it.
    """

    def __init__(self, sums: Sums, hidden: Mask, threshold: int) -> None:
        """Set up the changes of withheld figures that keep every sum; what is not withheld stays."""
        self._hidden, self._threshold = hidden.copy(), threshold
        self._rules = sparse.csc_matrix(sums.rules)
        self._low, self._high = -np.clip(sums.values, 0.0, 2.0 * threshold), np.full(len(hidden), 2.0 * threshold)
        self._lots = np.random.default_rng(0)
        self._moving = np.flatnonzero(hidden)
        at = self._moving
        self._programme = LinearProgramme(
            self._rules[:, at], np.zeros(self._rules.shape[0]), np.zeros(len(at)), self._low[at], self._high[at],
            prices_change=True)  # fmt: skip

    def hide(self, more: Mask) -> None:
        """Let further figures move, which have not been withheld before."""
        at = np.flatnonzero(more)
        if len(at):
            self._hidden |= more
            self._moving = np.concatenate([self._moving, at])
            self._programme.add(self._rules[:, at], np.zeros(len(at)), self._low[at], self._high[at])

    def free(self, safe: Mask, times: int) -> Mask:
        """Return along figures which are known to be free: `safe` and those that some pushes find."""
        safe = safe.copy()
        for _ in range(times):
            left = ~safe[self._moving]
            if not left.any():
                break
            lots = np.where(left, self._lots.choice([-1.0, 1.0], len(left)), 0.0)
            self._programme.charge(np.arange(len(left)), lots)
            moved = self._programme.solve()
            if moved is not None:  # no change at all is always one of those allowed
                safe[self._moving] |= np.abs(moved) >= self._threshold - _ENOUGH
        return safe


class _Changes:
    """Finds the change of figures that moves one of them so far, keeps every sum and disturbs the least.

    A figure has two columns, its way up and, unless it is zero, its way down, because both cost.
    """

    def __init__(self, sums: Sums, hidden: Mask, price: Floats, usable: Mask) -> None:
        """Set up the changes of figures that may be used, those withheld already for next to nothing."""
        rules = sparse.csc_matrix(sums.rules)
        up, down = np.flatnonzero(usable), np.flatnonzero(usable & (sums.values > _ENOUGH))
        self._figure = np.concatenate([up, down])
        self._sign = np.repeat([1.0, -1.0], [len(up), len(down)])
        self._column = np.full((2, len(hidden)), -1)
        self._column[0, up], self._column[1, down] = np.arange(len(up)), len(up) + np.arange(len(down))
        self._most = np.where(self._sign > 0, np.inf, sums.values[self._figure])
        cost = np.where(hidden, _HIDDEN_COSTS, price)[self._figure]
        self._programme = LinearProgramme(
            sparse.hstack([rules[:, up], -rules[:, down]], format="csc"), np.zeros(rules.shape[0]), cost,
            np.zeros(len(cost)), self._most, prices_change=False)  # fmt: skip

    def hide(self, more: Mask) -> None:
        """Let further figures move for next to nothing."""
        columns = self._column[:, more].ravel()
        columns = columns[columns >= 0]
        self._programme.charge(columns, np.full(len(columns), _HIDDEN_COSTS))

    def cheapest(self, at: int, by: float) -> Floats | None:
        """Return along figures the change that moves one by so much, up or down; None where there is none."""
        ways, pushed = self._column[:, at], np.array([max(by, 0.0), max(-by, 0.0)])
        there = ways >= 0
        if (pushed[~there] > 0).any():
            return None
        ways, pushed = ways[there], pushed[there]
        self._programme.bound(ways, pushed, pushed)
        found = self._programme.solve()
        self._programme.bound(ways, np.zeros(len(ways)), self._most[ways])
        if found is None:
            return None
        return np.asarray(np.bincount(self._figure, found * self._sign, self._column.shape[1]), dtype=np.float64)


class _Room:
    """How far a figure can move when whatever may be withheld is: up and down together it must be the threshold."""

    def __init__(self, sums: Sums, free: Mask, one: Together, threshold: int, as_far_as: bool) -> None:
        """Keep the figures; the attack on them is set up when it is first needed, which is seldom."""
        self._sums, self._free, self._one, self._threshold = sums, free, one, threshold
        self._as_far_as = as_far_as
        self._attack: _Attack | None = None
        self.short = False  # whether a figure was found that cannot move by the threshold

    def moves(self, at: int) -> tuple[float, float]:
        """Return how far up and how far down a group of figures is to be moved, which cannot rise by the threshold.

        A figure of five that is printed bounds its parts to 0 to 5; that is wide enough, though no part can rise by
        five.

        Raises:
            NotProtected: what has been printed elsewhere bounds it more closely.
        """
        self._attack = self._attack or _Attack(self._sums, self._free)
        figure = int(np.flatnonzero(self._free)[np.argmax(self._one.group == at)])
        low, high = self._attack.ends(figure)
        if high - low < self._threshold - _ENOUGH:
            if not self._as_far_as:
                raise NotProtected(
                    "a small figure cannot be protected, because other exports of this forecast bound it"
                )
            self.short = True
            return 0.0, 0.0
        rise = min(high - float(self._sums.values[figure]), float(self._threshold))
        return rise if rise > _ENOUGH else 0.0, rise - self._threshold


def _loss(values: Floats) -> Floats:
    """Return along figures what a reader loses where it is withheld."""
    return np.asarray(np.log1p(np.maximum(values, 0.0)) + np.where(values < _ENOUGH, _ZERO_COSTS, 0.1))


def _price(sums: Sums, loss: Floats) -> Floats:
    return np.asarray(np.where(sums.totals, _SUM_COSTS, 1.0) * loss)


class _Attack:
    """What an attacker can find out who knows every published figure, every sum, and that no figure is negative."""

    def __init__(self, sums: Sums, hidden: Mask) -> None:
        """Set up the figures that may stand behind those withheld."""
        self._columns = np.cumsum(hidden) - 1
        count = int(hidden.sum())
        self._programme = LinearProgramme(
            sums.rules[:, hidden], -(sums.rules[:, ~hidden] @ sums.values[~hidden]), np.zeros(count), np.zeros(count),
            np.full(count, np.inf), prices_change=True)  # fmt: skip

    def ends(self, at: int) -> tuple[float, float]:
        """Return the least and the most that a withheld figure can be; infinite where nothing bounds it."""
        column, found = self._columns[[at]], []
        for sign in (1.0, -1.0):
            self._programme.charge(column, np.array([sign]))
            found.append(sign * self._programme.least())
        self._programme.charge(column, np.zeros(1))
        return found[0], found[1]

    def width(self, at: int) -> float:
        """Return how wide a range is left about a withheld figure."""
        low, high = self.ends(at)
        return high - low


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
