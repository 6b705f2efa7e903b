"""Two people changed the same scenario: what both can keep, and what one of them must choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from forecasting.scenario.lever import Place
from forecasting.scenario.scenario import Change, Scenario


@dataclass(frozen=True)
class Clash:
    """A lever that both have changed differently: the changes of each, in order; none = taken back."""

    lever: str
    key: str
    mine: tuple[Change, ...]
    theirs: tuple[Change, ...]


@dataclass(frozen=True)
class Merged:
    """What a merge came to.

    Attributes:
        scenario: mine with theirs put in; at a clash it holds mine.
        clashes: what has to be chosen.
    """

    scenario: Scenario
    clashes: tuple[Clash, ...]

    def with_theirs(self, places: frozenset[Place]) -> Scenario:
        """Return the merged scenario with theirs at these clashes."""
        found = by_place(self.scenario)
        for clash in self.clashes:
            if (clash.lever, clash.key) in places:
                found[clash.lever, clash.key] = clash.theirs
        return replace(self.scenario, changes=_flat(found))


def merge(base: Scenario, mine: Scenario, theirs: Scenario) -> Merged:
    """Return a three-way merge, lever by lever: who alone has changed it since the base is followed.

    Args:
        base: the version that both began with.
        mine: what I want to save.
        theirs: what was saved meanwhile.
    """
    before, left, right = by_place(base), by_place(mine), by_place(theirs)
    found: dict[Place, tuple[Change, ...]] = {}
    clashes = []
    for place in dict.fromkeys((*right, *left, *before)):
        old, own, other = (one.get(place, ()) for one in (before, left, right))
        if bare(own) != bare(old) and bare(other) not in (bare(old), bare(own)):
            clashes.append(Clash(*place, own, other))
        found[place] = other if bare(own) == bare(old) else own
    method = theirs.method if mine.method == base.method else mine.method
    merged = replace(mine, changes=_flat(found), method=method, unknown=theirs.unknown or mine.unknown)
    return Merged(merged, tuple(clashes))


def differences(before: Scenario, after: Scenario) -> tuple[Clash, ...]:
    """Return the levers that differ between two scenarios; `mine` is before, `theirs` after."""
    left, right = by_place(before), by_place(after)
    return tuple(
        Clash(*place, left.get(place, ()), right.get(place, ()))
        for place in dict.fromkeys((*left, *right)) if bare(left.get(place, ())) != bare(right.get(place, ()))
    )  # fmt: skip


def by_place(scenario: Scenario) -> dict[Place, tuple[Change, ...]]:
    """Return the changes of a scenario by lever and key, in order."""
    found: dict[Place, tuple[Change, ...]] = {}
    for change in scenario.changes:
        place = change.lever, change.key
        found[place] = (*found.get(place, ()), change)
    return found


def bare(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return changes without reasons and sources, which do not bear on the figures."""
    return tuple(replace(change, why="", source="") for change in changes)


def _flat(found: Mapping[Place, tuple[Change, ...]]) -> tuple[Change, ...]:
    return tuple(change for changes in found.values() for change in changes)
