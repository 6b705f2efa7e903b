"""A forecast made fit to be shared: whole numbers that add up, and small numbers withheld or rounded.

Every export that leaves the authority is made from the protected forecast, so that all its tables are protected
together: a figure withheld in one cannot be worked out from another.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from forecasting.axes import DATA
from forecasting.model.forecast import Forecast, Margin
from forecasting.outputs.beside import NOWHERE, Beside, Joined, places, whole_numbers
from forecasting.outputs.disclosure import Mask, Policy, Sums, small, withheld, withheld_as_far_as
from forecasting.outputs.rounding import round_linked
from forecasting.outputs.systems import UNPRINTED, System, systems
from forecasting.outputs.ties import Links
from forecasting.values import Floats, Whole

THREADS = 2  # years protected side by side: the solver lets others run; the result does not depend on it
_FOLLOWS = "follows:"


@dataclass(frozen=True)
class Treatment:
    """How one measure is protected.

    Attributes:
        measure: name of the measure.
        own: whether small figures of it are withheld.
        follows: the measure whose figures it would give away; "" = none.
        links: how it is tied to other measures.
        unprinted: axes along which its figures are never printed where small ones are withheld.
        why: reason, in words.
    """

    measure: str
    own: bool
    follows: str
    links: Links
    unprinted: frozenset[str]
    why: str


@dataclass(frozen=True, eq=False)
class Protected:
    """A protected forecast.

    Attributes:
        forecast: the forecast; withheld figures are blank (NaN), counts of children are whole numbers; margins that
            would tell of withheld ones are left out.
        whole: the same whole numbers with none of them blank or left out; for what is protected with it, never printed.
        policy: what was done, to be printed on the export.
        small: number of figures withheld because they are small.
        others: number of figures withheld to protect these.
        hidden: along the margins of `forecast`; which figures of each are withheld.
    """

    forecast: Forecast
    whole: Forecast
    policy: Policy
    small: int
    others: int
    hidden: tuple[Mask, ...]


@lru_cache(maxsize=1)
def treatments() -> Mapping[str, Treatment]:
    """Return how each measure is protected, from data/vocabularies/protection.csv."""
    with (DATA / "vocabularies" / "protection.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {row["measure"]: Treatment(
        row["measure"], row["treatment"] == "own", row["treatment"].removeprefix(_FOLLOWS)
        if row["treatment"].startswith(_FOLLOWS) else "",
        Links(*(tuple(filter(None, row[kind].split("|"))) for kind in ("adds", "holds", "same"))),
        frozenset(filter(None, row["unprinted"].split("|"))), row["why"])
        for row in rows}  # fmt: skip


def protect(forecast: Forecast, policy: Policy, only: int | None = None, beside: Sequence[Forecast] = ()) -> Protected:
    """Return a forecast to which a policy is applied; the policy "none" leaves it as it is.

    Args:
        forecast: the forecast.
        policy: what is done about small numbers.
        only: January census year wanted, for an answer in a tenth of the time: the years are protected one by one, and
            what needs protection is blank in the others; None for every year.
        beside: forecasts of other scenarios of the same data that a reader may have too, each protected beside those
            before it: the baseline, then those that it is compared with. What it has in common with one of them is
            then not told by the two together, where that can be.

    Raises:
        RoundingFailed: no whole numbers that add up were found.
        NotProtected: a small figure cannot be protected.
    """
    return _protect(forecast, policy, only, tuple(beside))


@lru_cache(maxsize=8)  # forecasts are frozen: the same one under the same policy is protected once, however it is asked
def _protect(forecast: Forecast, policy: Policy, only: int | None, beside: tuple[Forecast, ...]) -> Protected:
    hidden = [np.zeros(margin.stats.shape[1:], dtype=bool) for margin in forecast.margins]
    if policy.form == "none":
        return Protected(forecast, forecast, policy, 0, 0, tuple(hidden))
    stats = [margin.stats.copy() for margin in forecast.margins]
    few, others = 0, 0
    every = _all_systems(forecast)
    wanted = [system for system in every if only in (None, system.year)]
    headline = np.array([_is_headline(margin) for margin in forecast.margins])
    tied = [each for each in beside if each is not forecast] if policy.form == "withhold" and policy.secondary else []
    before = [_beside(each, policy, only, tuple(tied[:at])) for at, each in enumerate(tied)]
    never = _never(forecast, policy)
    job = _Job(forecast.margins, headline, never, policy, before)
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(job.one, wanted))
    for system, (whole, mask, first) in zip(wanted, found, strict=True):
        few, others = few + int(first.sum()), others + int((mask & ~first).sum())
        _write(system, whole, mask, stats, hidden)
    for system in every:
        if only not in (None, system.year):
            _hide(system, hidden)
    _follow(forecast.margins, hidden)
    parts = list(zip(forecast.margins, stats, hidden, strict=True))
    rounded = replace(forecast, margins=tuple(replace(margin, stats=values) for margin, values, _ in parts))
    kept = [each for each, gone in zip(parts, never, strict=True) if not gone]
    printed = replace(forecast, margins=tuple(_blank(*each) for each in kept))
    return Protected(printed, rounded, policy, few, others, tuple(mask for _, _, mask in kept))


@lru_cache(maxsize=8)  # a forecast is asked for twice: for its own protection and beside another scenario
def _all_systems(forecast: Forecast) -> tuple[System, ...]:
    """Return the figures to be protected, those of measures that are tied to each other together."""
    links = {rule.measure: rule.links for rule in treatments().values() if rule.own}
    left, found = list(links), list[System]()
    while left:
        group = {left[0]}
        while more := {name for name in left if name not in group and _tied(name, group, links)}:
            group |= more
        left = [name for name in left if name not in group]
        found += systems(forecast, sorted(group), links)
    return tuple(found)


def _tied(name: str, group: Set[str], links: Mapping[str, Links]) -> bool:
    return not links[name].measures.isdisjoint(group) or any(name in links[other].measures for other in group)


def _is_headline(margin: Margin) -> bool:
    return margin.axes == ("year",) and not margin.component and not margin.fixed


def _never(forecast: Forecast, policy: Policy) -> Mask:
    """Return along margins whether none of its figures is printed, as it is where small figures are withheld.

    Plans begun and ceased by year group would tell the plans of one January from those of the next.
    """
    if policy.form != "withhold" or not policy.secondary:
        return np.zeros(len(forecast.margins), dtype=bool)
    rules = treatments()
    return np.array([margin.measure in rules and not rules[margin.measure].unprinted.isdisjoint(margin.axes)
                     for margin in forecast.margins])  # fmt: skip


def _beside(forecast: Forecast, policy: Policy, only: int | None, before: tuple[Forecast, ...]) -> Beside:
    done, never = protect(forecast, policy, only, before), _never(forecast, policy)
    masks = iter(done.hidden)
    hidden = [np.zeros(margin.stats.shape[1:], dtype=bool) if gone else next(masks)
              for margin, gone in zip(forecast.margins, never, strict=True)]  # fmt: skip
    found = (system for system in _all_systems(forecast) if only in (None, system.year))
    return Beside(forecast, done.whole, hidden, never, found)


@dataclass(frozen=True, eq=False)
class _Job:
    """What every system of sums of a forecast is protected with.

    Attributes:
        margins: margins of the forecast.
        headline: along margins; whether it holds whole totals.
        never: along margins; whether it is never printed.
        policy: what is done about small numbers.
        others: the exports that this one is protected beside.
    """

    margins: Sequence[Margin]
    headline: Mask
    never: Mask
    policy: Policy
    others: Sequence[Beside]

    def one(self, system: System) -> tuple[Floats, Mask, Mask]:
        """Return whole numbers for one year's figures, which are withheld, and which of these for being small."""
        sames = [other.same(system, self.margins) for other in self.others]
        sums = Sums(self._whole(system, sames), system.rules)
        if self.policy.form == "round":
            none = np.zeros(len(sums.values), dtype=bool)
            return sums.values, none, none
        printed = (system.margin != UNPRINTED) & ~self.never[system.margin]
        first = printed & self.headline[system.margin]
        hidden = np.zeros(len(sums.values), dtype=bool)
        for other, same in zip(self.others, sames, strict=True):
            both = other.joined(sums, same, ~printed, hidden & printed)
            hidden = _hidden_beside(sums, both, self.policy, ~printed, first)
        if not self.others:
            hidden = withheld(sums, self.policy, secret=~printed, headline=first)
        return sums.values, hidden & printed, small(sums, self.policy) & printed

    def _whole(self, system: System, sames: Sequence[Whole]) -> Floats:
        found = whole_numbers(self.others, sames, system) if self.others else None
        unit = self.policy.base if self.policy.form == "round" else 1
        return unit * round_linked(system.values / unit, system.rules).astype(np.float64) if found is None else found


def _hidden_beside(sums: Sums, both: Joined, policy: Policy, secret: Mask, headline: Mask) -> Mask:
    """Return which figures are withheld: what protects those of both exports, as far as the other leaves room for it.

    Who has this export alone knows less, so what protects against a reader of both does against that one. Only where
    the other export leaves too little room is protection looked for again, against a reader of this one.
    """
    size, first = len(sums.values), np.zeros(len(both.sums.values), dtype=bool)
    first[:size] = headline
    found = withheld_as_far_as(both.sums, policy, both.secret, both.fixed, both.also, first)
    mine = found.hidden[:size]
    return mine if found.whole else withheld(sums, policy, secret=secret, also=mine, headline=headline)


def _write(system: System, whole: Floats, mask: Mask, stats: Sequence[Floats], hidden: Sequence[Mask]) -> None:
    for at in np.unique(system.margin[system.margin != UNPRINTED]):
        mine = system.margin == at
        flat = stats[at].reshape(len(stats[at]), -1)
        flat[1:, system.cell[mine]] = np.round(flat[1:, system.cell[mine]])
        flat[0, system.cell[mine]] = whole[mine]
        hidden[at].reshape(-1)[system.cell[mine]] = mask[mine]


def _hide(system: System, hidden: Sequence[Mask]) -> None:
    for at in np.unique(system.margin[system.margin != UNPRINTED]):
        hidden[at].reshape(-1)[system.cell[system.margin == at]] = True


def _follow(margins: Sequence[Margin], hidden: Sequence[Mask]) -> None:
    """Withhold the figures that would give away withheld ones of the same breakdown."""
    leaders = {margin.identity: at for at, margin in enumerate(margins)}
    for at, margin in enumerate(margins):
        rule = treatments().get(margin.measure)
        if rule is None or not rule.follows:
            continue
        for component in (margin.component, ""):
            leader = leaders.get((rule.follows, component, margin.identity[2], margin.fixed))
            if leader is not None and margins[leader].axes == margin.axes:
                _copy(margins[leader], hidden[leader], margin, hidden[at])


def _copy(leader: Margin, mask: Mask, margin: Margin, own: Mask) -> None:
    """Withhold what has the labels of a withheld figure; the two may name more years or settings than each other."""
    there = places(margin.labels, leader.labels)
    own |= np.where(there == NOWHERE, False, mask.ravel()[there]).reshape(own.shape)


def _blank(margin: Margin, stats: Floats, mask: Mask) -> Margin:
    return replace(margin, stats=np.where(mask[None], np.nan, stats))
