"""Placements: every child with a plan meets a place, year by year, in every run (docs/method_placements.md).

Children who are not at a transition point stay where they are. The others, and those who wait, are offered the
suitable local places (see `waterfall`); who finds none goes where the rules of `overflow` send them. New places also
bring back children from out of the borough. Run 0 is the central run.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.ground import Ground, ground
from forecasting.model.overflow import (
    ALTERNATIVE,
    DESTINATIONS,
    INDEPENDENT,
    NAMED,
    OTHER_AUTHORITY,
    OTHER_BASE,
    WAITING,
    Rules,
    prices,
    rules,
)
from forecasting.model.programme import Programme
from forecasting.model.remembered import Memory
from forecasting.model.stock import Stock
from forecasting.model.waterfall import by_room, fill, lead, offer
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats

_AWAY = (OTHER_AUTHORITY, INDEPENDENT, WAITING)
_NOTHING = 1e-9
BLOCK = 250  # runs placed at once: large enough to be quick, small enough for the processor's cache


@dataclass(frozen=True, eq=False)
class Placement:
    """Where children are, were nothing built and with the programme as assumed.

    Attributes:
        unmitigated: no project is built.
        mitigated: with the projects that are on; the same object when none is.
    """

    unmitigated: Allocation
    mitigated: Allocation


_PLACED: Memory[Placement] = Memory(4, weak=True)  # large: kept only while a run holds it


@dataclass(frozen=True, eq=False)
class Where:
    """Where the children of one year are.

    Attributes:
        local: edge × run; children in local places (see `Ground.edges`).
        away: destination (other_authority, independent, waiting) → group × run.
        named: edge × run; of the local ones those named above the limit this year.
        children: group × run; all of them.
    """

    local: Floats
    away: dict[str, Floats]
    named: Floats
    children: Floats


def place(dataset: Dataset, assumptions: Assumptions, stock: Stock, plan: Programme) -> Placement:
    """Return the placements of a stock of plans, unmitigated and mitigated.

    Args:
        dataset: tables providers, projects, placements.
        assumptions: levers of placements.
        stock: plans by run, year, need, phase and kind of setting needed.
        plan: the programme; its projects count in `mitigated` only.
    """
    key = dataset, weakref.ref(stock), plan.content
    return _PLACED.get(key, assumptions, lambda levers: _placed(dataset, levers, stock, plan))


def _placed(dataset: Dataset, assumptions: Assumptions, stock: Stock, plan: Programme) -> Placement:
    without = allocate(dataset, assumptions, stock, _unbuilt(plan))
    if not plan.on.any():
        return Placement(without, without)
    return Placement(without, allocate(dataset, assumptions, stock, plan))


def _unbuilt(plan: Programme) -> Programme:
    return replace(plan, on=0 * plan.on, open_share=0 * plan.open_share, filled_share=0 * plan.filled_share)


def allocate(dataset: Dataset, assumptions: Assumptions, stock: Stock, plan: Programme) -> Allocation:
    """Return where every child of a stock is placed in every year and run; see `place`."""
    world = ground(dataset, assumptions, stock, plan)
    book = _Book.of(world)
    open_to, paid = world.open_to, prices(dataset)
    steps = [_Step(rules(assumptions, stock.years, at, open_to, paid)) for at in range(len(stock.years))]
    for runs in _blocks(len(stock.plans)):
        found = _start(world, runs)
        for at, step in enumerate(steps):
            found = _next(world, found, at, runs, step) if at else found
            book.write(world, found, at, runs)
    return book.allocation(world)


def _blocks(runs: int) -> list[slice]:
    """Return the runs in blocks: the central run first and alone, for its best split leads the others."""
    return [slice(0, 1), *[slice(first, min(first + BLOCK, runs)) for first in range(1, runs, BLOCK)]]


@dataclass
class _Step:
    """One year: the rules in force and, once the central run has been placed, the split that leads."""

    rule: Rules
    leading: Floats | None = None


# ------------------------------------------------------------------------------------------------- one year


def _start(world: Ground, runs: slice) -> Where:
    """Return the first year: children where the rolls and today's shares have them."""
    children = world.groups.children(world.stock, 0, runs)
    central = world.groups.children(world.stock, 0, slice(0, 1))[:, 0]
    per_child = np.divide(world.start, central[world.edges.group], out=np.zeros_like(world.start),
                          where=central[world.edges.group] > _NOTHING)  # fmt: skip
    local = per_child[:, None] * children[world.edges.group]
    nobody = np.zeros_like(children)
    return Where(local, dict.fromkeys(_AWAY, nobody), 0 * local, children)


def _next(world: Ground, before: Where, at: int, runs: slice, step: _Step) -> Where:
    """Return year `at` from the year before."""
    children = world.groups.children(world.stock, at, runs)
    arriving = np.clip(world.stock.arriving[at][world.groups.phase], 0.0, 1.0)[:, None]
    staying = np.divide((1.0 - arriving) * children, before.children, out=np.zeros_like(children),
                        where=before.children > _NOTHING)  # fmt: skip
    staying = np.minimum(staying, 1.0)
    still = world.seats.staying(at, world.edges.at_sinks(before.local))
    local = before.local * staying[world.edges.group] * still[world.edges.sink]
    settled = staying * (1.0 - world.moves[at])
    away = {code: before.away[code] * (0.0 if code == WAITING else settled) for code in _AWAY}
    held = world.edges.at_groups(local)
    pool = np.maximum(children - held - away[OTHER_AUTHORITY] - away[INDEPENDENT], 0.0)
    pool *= world.groups.local[:, None]
    afresh = np.minimum(children - held, children * (arriving + (1.0 - arriving) * world.moves[at]))
    filled = _Filling(world, local, world.seats.room_left(at, world.edges.at_sinks(local)), pool)
    if not runs.start:
        step.leading = lead(world.kinds["suitable"], filled.left[:, 0], filled.room[:, 0], world.price)
    filled.suitable(step.leading)
    filled.new_places()
    filled.overflow(step.rule, away, at)
    filled.bring_back(np.maximum(afresh, 0.0) * ~world.groups.local[:, None] * world.back[at])
    return Where(filled.local, filled.away, filled.named, children)


class _Filling:
    """One year in the making: what is placed so far, what is left to place and what room is left."""

    def __init__(self, world: Ground, local: Floats, room: Floats, pool: Floats) -> None:
        self.world, self.local, self.room, self.left = world, local, room, pool
        self.named = np.zeros_like(local)
        self.away: dict[str, Floats] = {}

    def _take(self, kind: str, placed: Floats) -> None:
        edges = self.world.kinds[kind]
        self.local[self.world.slices[kind]] += placed
        self.room = np.maximum(self.room - edges.at_sinks(placed), 0.0)
        self.left = np.maximum(self.left - edges.at_groups(placed), 0.0)

    def suitable(self, leading: Floats | None) -> None:
        """Fill suitable places of the kind needed: the transport problem."""
        self._take("suitable", fill(self.world.kinds["suitable"], self.left, self.room, leading))

    def new_places(self) -> None:
        """Fill new places of another kind that suit need and phase."""
        self._take("new", by_room(self.world.kinds["new"], self.left, self.room))

    def bring_back(self, candidates: Floats) -> None:
        """Fill new places with children from out of the borough, while there is room."""
        edges = self.world.kinds["back"]
        placed = by_room(edges, candidates, self.room)
        self.local[self.world.slices["back"]] += placed
        self.room = np.maximum(self.room - edges.at_sinks(placed), 0.0)

    def overflow(self, rule: Rules, away: dict[str, Floats], at: int) -> None:
        """Send those without a suitable local place where the rules say."""
        without = self.left.copy()
        weights = self._usable(rule, at)
        whole = np.maximum(sum(weights.values()), _NOTHING)
        part = {code: (weight / whole)[:, None] * without for code, weight in weights.items()}
        self._name(part[NAMED], at)
        self.away = {code: away[code] for code in _AWAY}
        waiting = part[WAITING]
        self.left = np.maximum(without - part[NAMED] - waiting, 0.0)
        if rule.order:
            for code in rule.order:
                self._send(code, self.left * (weights[code] > 0)[:, None], at)
        else:
            for code in (OTHER_BASE, ALTERNATIVE, OTHER_AUTHORITY, INDEPENDENT):
                self._send(code, part[code], at)
            refused = weights[INDEPENDENT] / np.maximum(weights[INDEPENDENT] + weights[WAITING], _NOTHING)
            self._send(INDEPENDENT, self.left * refused[:, None], at)
        self.away[WAITING] = waiting + self.left
        self.left = np.zeros_like(self.left)

    def _usable(self, rule: Rules, at: int) -> dict[str, Floats]:
        """Return the weights without destinations that do not exist for a group, waiting being always possible."""
        found = dict(rule.weights)
        for code in (OTHER_BASE, ALTERNATIVE):
            edges = self.world.kinds[code]
            found[code] = found[code] * (np.bincount(edges.group, minlength=edges.groups) > 0)
        found[NAMED] = found[NAMED] * (self.world.kinds["suitable"].by_group @ self._places(at) > 0)
        found[INDEPENDENT] = found[INDEPENDENT] * self.world.independent.any(axis=1)
        return {code: weight * self.world.groups.local for code, weight in found.items()}

    def _places(self, at: int) -> Floats:
        """Return edge of kind suitable: places of its sink, full or not."""
        places = np.maximum(self.world.seats.room[at], 0.0)
        return np.asarray(places[self.world.kinds["suitable"].sink])

    def _name(self, children: Floats, at: int) -> None:
        """Name children at suitable providers above their limit, in proportion to places."""
        edges, part = self.world.kinds["suitable"], self.world.slices["suitable"]
        size = self._places(at)
        whole = edges.by_group @ size
        share = np.divide(size, whole[edges.group], out=np.zeros_like(size), where=whole[edges.group] > 0)
        placed = share[:, None] * children[edges.group]
        self.local[part] += placed
        self.named[part] += placed

    def _send(self, code: str, children: Floats, at: int) -> None:
        if code in (OTHER_BASE, ALTERNATIVE):
            self._take(code, by_room(self.world.kinds[code], np.minimum(children, self.left), self.room))
            return
        if code == OTHER_AUTHORITY:
            edges = self.world.other_authorities
            held = edges.at_sinks(self.away[code])
            children = offer(edges, children, np.maximum(self.world.beyond[at][:, None] - held, 0.0))
        children = np.minimum(children, self.left)
        self.away = {**self.away, code: self.away[code] + children}
        self.left = np.maximum(self.left - children, 0.0)


# ---------------------------------------------------------------------------------------------- writing down


@dataclass(frozen=True, eq=False)
class _Book:
    """The arrays of an `Allocation`, filled year by year."""

    placed: Floats
    waiting: Floats
    at_provider: Floats
    elsewhere: Floats

    @classmethod
    def of(cls, world: Ground) -> _Book:
        stock = world.stock
        runs, years, needs, phases, settings = stock.plans.shape
        return cls(
            np.empty((runs, years, needs, phases, settings, len(axes.PLACES.names))),
            np.zeros((runs, years, needs, phases)),
            np.zeros((runs, years, len(world.supply.names))),
            np.zeros((runs, years, len(DESTINATIONS), needs, phases)),
        )

    def write(self, world: Ground, found: Where, at: int, runs: slice) -> None:
        """Write down one year of some runs."""
        page = self.placed[runs, at]
        flat = page.reshape(len(page), -1)
        plans = world.stock.plans[runs, at].reshape(len(page), -1).T
        cells = np.repeat(plans, len(axes.PLACES.names), axis=0) * world.by_place[:, None]  # rows of runs: quicker
        moved = world.scatter @ np.concatenate([found.local, *[found.away[code] for code in _AWAY]])
        cells[world.touched] = np.maximum(cells[world.touched] + moved, 0.0)
        flat[:] = cells.T
        self.at_provider[runs, at] = world.seats.at_provider(at, world.edges.at_sinks(found.local)).T
        sums = {NAMED: world.edges.at_groups(found.named), **found.away}
        for code in (OTHER_BASE, ALTERNATIVE):
            sums[code] = world.kinds[code].at_groups(found.local[world.slices[code]])
        for destination, code in enumerate(DESTINATIONS):
            children = (world.by_need_phase @ sums[code]).T
            self.elsewhere[runs, at, destination] = children.reshape(len(page), *self.waiting.shape[2:])
        self.waiting[runs, at] = self.elsewhere[runs, at, DESTINATIONS.index(WAITING)]

    def allocation(self, world: Ground) -> Allocation:
        """Return the arrays with their axes."""
        stock, supply = world.stock, world.supply
        there = self.at_provider.max(axis=0) + supply.guests + world.seats.others
        new = np.zeros_like(supply.open_places)
        usable = np.zeros_like(supply.open_places)
        for project, provider in enumerate(supply.new.at):
            new[:, provider] += supply.new.open_places[:, project]
            usable[:, provider] += supply.new.usable[:, project]
        return Allocation(
            stock.years, stock.needs, stock.phases, stock.settings, axes.PLACES.names, supply.names,
            self.placed, self.waiting, self.at_provider, supply.guests, np.maximum(supply.usable + usable, there),
            supply.open_places + new, supply.commissioned + new, world.seats.others, DESTINATIONS, self.elsewhere,
        )  # fmt: skip
