"""Where children may be placed: providers, the rest of each limited setting, projects; and who sits there today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.model.capacity import Supply
from forecasting.model.groups import Groups
from forecasting.model.stock import Stock
from forecasting.model.waterfall import Edges, fill, lead
from forecasting.values import Floats, Whole


@dataclass(frozen=True, eq=False)
class Seats:
    """Sinks: providers, then the rest of each limited setting, then projects.

    Attributes:
        setting: sink; index of its kind of setting.
        first_rest: index of the first rest; providers stand before it.
        first_new: index of the first project.
        room: year × sink; places for the authority's own children (below 0 where guests and others hold more).
        rest: year × rest × provider; places of each provider that belong to the rest.
        above: year × rest × provider; how children of a rest beyond its places are spread over providers.
        closing: year × provider; 1 where a provider was open last January and is not now.
        others: year × provider; children on the roll whom neither plans nor guests account for.
        projects: provider × project; 1 where a project stands at a provider.
        portion: year × project; share of the new places of its provider that are the project's.
        start: group × sink; children in the first year, central run.
    """

    setting: Whole
    first_rest: int
    first_new: int
    room: Floats
    rest: Floats
    above: Floats
    closing: Floats
    others: Floats
    projects: Floats
    portion: Floats
    start: Floats

    def at_provider(self, at: int, held: Floats) -> Floats:
        """Return provider × run: children at providers from children in sinks (sink × run) in year `at`."""
        return np.asarray(held[: self.first_rest] + self._at_rest(at, held) + self.projects @ held[self.first_new :])

    def room_left(self, at: int, held: Floats) -> Floats:
        """Return sink × run: places that may still be filled in year `at`, by children in sinks (sink × run).

        Children above the places of a provider count against the new places that a project opens there.
        """
        left: Floats = self.room[at][:, None] - held
        left[: self.first_rest] -= self._beyond(at, held)
        above = np.maximum(-left[: self.first_rest], 0.0)
        left[self.first_new :] -= self.projects.T @ above * self.portion[at][:, None]
        return np.asarray(np.maximum(left, 0.0))

    def staying(self, at: int, held: Floats) -> Floats:
        """Return sink × run: share of last year's children (sink × run) whose provider is still open in year `at`."""
        share = np.ones_like(held)
        closing = self.closing[at]
        if not closing.any():
            return share
        rest = slice(self.first_rest, self.first_new)
        share[: self.first_rest] -= closing[:, None]
        places = self.room[at - 1][rest, None]
        within = (self._rest_share(at - 1) @ closing)[:, None] * np.minimum(held[rest], places)
        gone = within + (self.above[at - 1] @ closing)[:, None] * np.maximum(held[rest] - places, 0.0)
        share[rest] -= np.divide(gone, held[rest], out=np.zeros_like(gone), where=held[rest] > 0)
        return np.maximum(share, 0.0)

    def _rest_share(self, at: int) -> Floats:
        """Return rest × provider: share of the places of a rest that are the provider's."""
        places = self.room[at][self.first_rest : self.first_new, None]
        return np.asarray(np.divide(self.rest[at], places, out=np.zeros_like(self.rest[at]), where=places > 0))

    def _beyond(self, at: int, held: Floats) -> Floats:
        rest = slice(self.first_rest, self.first_new)
        return np.asarray(self.above[at].T @ np.maximum(held[rest] - self.room[at][rest, None], 0.0))

    def _at_rest(self, at: int, held: Floats) -> Floats:
        rest = slice(self.first_rest, self.first_new)
        within = np.minimum(held[rest], self.room[at][rest, None])
        return np.asarray(self._rest_share(at).T @ within + self._beyond(at, held))


def seats_of(stock: Stock, people: Groups, places: Supply, limited: list[bool]) -> Seats:
    """Return the sinks, with today's children put where they are.

    Children on the roll of a provider are first those whom it is designated for. Where a setting has more children
    than that accounts for, as many places as today stay with children whom no designation covers.
    """
    count, home = len(places.names), np.array([stock.settings.index(s) for s in places.settings], dtype=np.int64)
    central = people.children(stock, 0, slice(0, 1))[:, 0] * people.local
    roll = np.where(np.isnan(places.on_roll), np.maximum(places.usable[0] - places.guests[0], 0.0), places.on_roll)
    group, sink = np.nonzero(_suitable(people, places, home))
    known = Edges(group, sink, len(people), count)
    leading = lead(known, central, roll, np.zeros(len(group)))
    placed = fill(known, central[:, None], roll[:, None], leading)[:, 0]
    unplaced, there = central - known.by_group @ placed, known.by_sink @ placed
    free = np.maximum(roll - there, 0.0)
    rest = np.array([s for s, is_limited in enumerate(limited) if is_limited], dtype=np.int64)
    belongs = np.where(home == rest[:, None], 1.0, 0.0)  # rest × provider
    need = np.array([unplaced[people.setting == s].sum() for s in rest])
    spare = belongs @ free
    taken = belongs * free * np.minimum(np.divide(need, spare, out=np.zeros_like(need), where=spare > 0), 1.0)[:, None]
    others = np.where(np.isnan(places.on_roll), 0.0, free - taken.sum(axis=0))
    start = np.zeros((len(people), count + len(rest) + len(places.new.at)))
    start[group, sink] = placed
    start[:, count : count + len(rest)] = unplaced[:, None] * (people.setting[:, None] == rest)
    fresh = [stock.settings.index(s) for s in places.new.settings]
    kinds = np.array([*home, *rest, *fresh], dtype=np.int64)
    return _with_room(places, kinds, need - taken.sum(axis=1), taken, there, others, start)


def _with_room(
    places: Supply, kinds: Whole, unlisted: Floats, taken: Floats, there: Floats, others: Floats, start: Floats
) -> Seats:
    """Return the sinks with their places by year.

    Args:
        places: local places.
        kinds: sink; index of its kind of setting.
        unlisted: rest; children of the first year at no provider that is known: they keep as many places.
        taken: rest × provider; children of the first year whom the provider is not designated for.
        there: provider; children of the first year whom it is designated for.
        others: provider; children on the roll of the first year who belong to nobody.
        start: group × sink; children in the first year, central run.
    """
    is_open = places.is_open
    own = places.usable - places.guests - others * is_open
    rest = is_open[:, None] * np.minimum(taken, np.maximum(own - there, 0.0)[:, None])
    above = is_open[:, None] * taken - rest
    whole = above.sum(axis=2, keepdims=True)
    closing = np.zeros_like(is_open)
    closing[1:] = np.maximum(is_open[:-1] - is_open[1:], 0.0)
    projects = np.zeros((len(there), len(places.new.at)))
    projects[list(places.new.at), np.arange(len(places.new.at))] = 1.0
    same = places.new.usable @ projects.T @ projects
    return Seats(
        kinds, len(there), len(there) + len(unlisted),
        np.hstack([own - rest.sum(axis=1), rest.sum(axis=2) + unlisted, places.new.usable]), rest,
        np.divide(above, whole, out=np.zeros_like(above), where=whole > 0),
        closing, others * is_open, projects,
        np.divide(places.new.usable, same, out=np.zeros_like(same), where=same > 0), start,
    )  # fmt: skip


def _suitable(people: Groups, places: Supply, home: Whole) -> Floats:
    """Return group × provider: 1 where a provider of the setting needed suits need and phase."""
    suits = places.suits[:, people.need, people.phase].T
    return np.asarray(suits * (home == people.setting[:, None]) * people.local[:, None])
