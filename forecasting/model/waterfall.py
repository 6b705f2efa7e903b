"""Children offered to places: the best split (a transport problem, solved by HiGHS) and the split of every draw.

Children come in groups (need, phase and kind of setting that they need), places in sinks (a provider, a project).
An edge joins a group to a sink that suits it. Arrays end with the axis of runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from forecasting.values import Floats, Whole

ROUNDS = 3
_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Edges:
    """Which sinks suit which groups.

    Attributes:
        group: edge; index of the group.
        sink: edge; index of the sink.
        groups: number of groups.
        sinks: number of sinks.
    """

    group: Whole
    sink: Whole
    groups: int
    sinks: int

    @cached_property
    def by_group(self) -> csr_array:
        """Return the group × edge matrix that adds edges up by group."""
        at = np.arange(len(self.group))
        return csr_array((np.ones(len(at)), (self.group, at)), shape=(self.groups, len(at)))

    @cached_property
    def by_sink(self) -> csr_array:
        """Return the sink × edge matrix that adds edges up by sink."""
        at = np.arange(len(self.sink))
        return csr_array((np.ones(len(at)), (self.sink, at)), shape=(self.sinks, len(at)))

    @cached_property
    def joined(self) -> csr_array:
        """Return the group × sink matrix with 1 where the sink suits the group."""
        return csr_array((np.ones(len(self.group)), (self.group, self.sink)), shape=(self.groups, self.sinks))

    @cached_property
    def joined_back(self) -> csr_array:
        """Return the sink × group matrix with 1 where the sink suits the group."""
        return csr_array(self.joined.T)

    def at_groups(self, values: Floats) -> Floats:
        """Return group × run: values of edges (edge × run) added up by group."""
        if values.shape[1] == 1:
            return _added(self.group, self.groups, values)
        return np.asarray(self.by_group @ values)

    def at_sinks(self, values: Floats) -> Floats:
        """Return sink × run: values of edges (edge × run) added up by sink."""
        if values.shape[1] == 1:
            return _added(self.sink, self.sinks, values)
        return np.asarray(self.by_sink @ values)

    def seen_by_groups(self, of_sinks: Floats) -> Floats:
        """Return group × run: values of sinks (sink × run) added up over the sinks that suit each group."""
        alone = of_sinks.shape[1] == 1
        return self.at_groups(of_sinks[self.sink]) if alone else np.asarray(self.joined @ of_sinks)

    def seen_by_sinks(self, of_groups: Floats) -> Floats:
        """Return sink × run: values of groups (group × run) added up over the groups that each sink suits."""
        alone = of_groups.shape[1] == 1
        return self.at_sinks(of_groups[self.group]) if alone else np.asarray(self.joined_back @ of_groups)

    def only(self, kept: NDArray[np.bool_]) -> Edges:
        """Return some of the edges, between the same groups and sinks."""
        return Edges(self.group[kept], self.sink[kept], self.groups, self.sinks)

    @cached_property
    def islands(self) -> tuple[Whole, Whole]:
        """Return the number of the island of each group and of each sink; no edge joins two islands."""
        size = self.groups + self.sinks
        joined = csr_array((np.ones(len(self.group)), (self.group, self.groups + self.sink)), shape=(size, size))
        _, labels = connected_components(joined, directed=False)
        return labels[: self.groups].astype(np.int64), labels[self.groups :].astype(np.int64)


def _added(at: Whole, size: int, values: Floats) -> Floats:
    """Return the values of one run added up; without a matrix, which would take longer to make than to use."""
    return np.bincount(at, values[:, 0], size)[:, None].astype(np.float64)  # whole numbers if empty


def best(edges: Edges, pool: Floats, room: Floats, price: Floats) -> Floats:
    """Return children along edges who can be placed: as many as possible, then at the lowest price.

    Maximise Σ x_e (1 − ½ p_e ⁄ max p) subject to Σ x_e ≤ pool of each group, Σ x_e ≤ room of each sink, x ≥ 0.

    Args:
        edges: what suits whom.
        pool: group; children to be placed.
        room: sink; places left.
        price: edge; what a place costs, in any unit, at least 0.
    """
    found = np.zeros(len(edges.group))
    used = (pool[edges.group] > 0) & (room[edges.sink] > 0)
    if not used.any():
        return found
    group, of_group = np.unique(edges.group[used], return_inverse=True)
    sink, of_sink = np.unique(edges.sink[used], return_inverse=True)
    edge = len(of_group)
    rows = np.stack([of_group, len(group) + of_sink], axis=1).astype(np.int64)
    top = float(price[used].max())
    gain = 1.0 - (0.5 * price[used] / top if top > 0 else np.zeros(edge))
    at_most = np.concatenate([pool[group], room[sink]])
    found[used] = _solved(gain.tobytes(), rows.tobytes(), at_most.tobytes())
    return np.maximum(found, 0.0)


@lru_cache(maxsize=64)
def _solved(gain: bytes, rows: bytes, at_most: bytes) -> Floats:
    """Return x ≥ 0 of the greatest gain with row sums of at most so much, each x being in two rows.

    Kept, because draws begin with the central run that has just been shown without them.

    Args:
        gain: edge; gain of each x.
        rows: edge × 2; the rows that each x is in.
        at_most: row; the most that its x add up to.
    """
    most, each = np.frombuffer(at_most), np.frombuffer(gain)
    ends = np.arange(0, 2 * len(each) + 1, 2)
    sums = csc_array((np.ones(2 * len(each)), np.frombuffer(rows, dtype=np.int64), ends), shape=(len(most), len(each)))
    limits = LinearConstraint(sums, ub=most)
    return np.asarray(milp(-each, constraints=limits).x)  # continuous: linprog's solver at half its overhead


def offer(edges: Edges, offers: Floats, room: Floats) -> Floats:
    """Return the offers that are taken: all where there is room, else the same share of every offer.

    Args:
        edges: what suits whom.
        offers: edge × run; children offered.
        room: sink × run; places left.
    """
    asked = edges.at_sinks(offers)
    share = np.divide(room, asked, out=np.ones_like(asked), where=asked > room)
    return np.asarray(offers * share[edges.sink])


def by_room(edges: Edges, pool: Floats, room: Floats, rounds: int = ROUNDS) -> Floats:
    """Return children placed along edges, offered in rounds in proportion to the places left.

    Args:
        edges: what suits whom.
        pool: group × run; children to be placed.
        room: sink × run; places left.
        rounds: rounds; a child refused in one is offered to what is left in the next.

    Returns:
        Edge × run; no group gives more than its pool, no sink takes more than its room.
    """
    placed = np.zeros((len(edges.group), pool.shape[1]))
    for _ in range(rounds if len(edges.group) else 0):
        if pool.max() <= _NOTHING or room.max() <= _NOTHING:
            break
        whole = edges.seen_by_groups(room)
        per_place = np.divide(pool, whole, out=np.zeros_like(pool), where=whole > _NOTHING)
        asked = edges.seen_by_sinks(per_place)  # children offered for each place left
        taken = room / np.maximum(asked, 1.0)  # for each child offered per place
        placed += taken[edges.sink] * per_place[edges.group]
        pool = np.maximum(pool - per_place * edges.seen_by_groups(taken), 0.0)
        room = np.maximum(room - taken * asked, 0.0)
    return placed


def lead(edges: Edges, pool: Floats, room: Floats, price: Floats) -> Floats | None:
    """Return the split that leads every run: edge; share of its group's children, in the best split of one run.

    An island of groups and sinks where offering by room already places everybody who can be placed needs no lead
    unless a price counts; None comes back when no island needs one.

    Args:
        edges: what suits whom.
        pool: group; children to be placed in the central run.
        room: sink; places left in the central run.
        price: edge; what a place costs; all zero where no price counts.
    """
    led = (pool[edges.group] > _NOTHING) & (room[edges.sink] > _NOTHING)
    if not price.any():
        some = edges.only(led)
        placed = by_room(some, pool[:, None], room[:, None])
        left = pool - some.at_groups(placed)[:, 0], room - some.at_sinks(placed)[:, 0]
        led[led] = _improvable(some, *left)
    if not led.any():
        return None
    found = np.zeros(len(edges.group))
    found[led] = best(edges.only(led), pool, room, price[led])
    children = pool[edges.group]
    return np.asarray(np.divide(found, children, out=np.zeros_like(found), where=children > _NOTHING))


def fill(edges: Edges, pool: Floats, room: Floats, leading: Floats | None) -> Floats:
    """Return children placed along edges in every run.

    A run follows the leading split as far as its children and places allow, and offers the rest by room. In the run
    that the split was made for, the result is the best there is.

    Args:
        edges: what suits whom.
        pool: group × run; children to be placed.
        room: sink × run; places left.
        leading: edge; see `lead`.
    """
    if leading is None:
        return by_room(edges, pool, room)
    placed = offer(edges, leading[:, None] * pool[edges.group], room)
    left = np.maximum(pool - edges.at_groups(placed), 0.0)
    return np.asarray(placed + by_room(edges, left, np.maximum(room - edges.at_sinks(placed), 0.0)))


def _improvable(edges: Edges, unplaced: Floats, spare: Floats) -> NDArray[np.bool_]:
    """Return edge: whether its island has both a child without a place and a place left: only then can a swap help."""
    of_group, of_sink = edges.islands
    size = edges.groups + edges.sinks
    without = np.bincount(of_group, unplaced, size) > _NOTHING
    empty = np.bincount(of_sink, spare, size) > _NOTHING
    return np.asarray((without & empty)[of_group[edges.group]])
