"""The sums that hold between the figures of a forecast: which cells add up to which.

Rounding and disclosure control both need them: what is printed must add up, and what is withheld must not be found by
subtraction. A tie (see `ties`) is taken up where it holds in the figures themselves, so that figures which only look
alike are not tied together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from forecasting.model.forecast import Forecast
from forecasting.outputs.ties import Links, Piece, Tie, ties
from forecasting.values import Floats, Whole

_NOISE = 1e-6
UNPRINTED = -1  # margin of a figure that is the rest of a sum


@dataclass(frozen=True, eq=False)
class System:
    """Figures of one year that are tied together, and to no others.

    Attributes:
        year: January census year.
        margin: along figures; the number of the margin in the forecast, or UNPRINTED.
        cell: along figures; the place of the figure in the margin, flattened.
        values: along figures; central figures.
        rules: rule × figure; each rule's entries × figures are 0: parts 1, their total −1.
    """

    year: int
    margin: Whole
    cell: Whole
    values: Floats
    rules: sparse.csr_matrix


@dataclass(eq=False)
class _Rules:
    """Rules being collected, and the unprinted figures that some of them bring along."""

    values: Floats
    found: list[tuple[Whole, Whole, Floats]] = field(default_factory=list)  # rule, figure, entry
    count: int = 0
    rests: list[tuple[Whole, Floats]] = field(default_factory=list)  # the total each belongs to, its value
    size: int = 0

    def __post_init__(self) -> None:
        self.size = len(self.values)

    def take(self, tie: Tie) -> None:
        """Take up a tie where it holds."""
        gap = self.values[tie.totals] - self.values[tie.parts].sum(axis=1)
        known = ~np.isnan(gap)
        if not known.any():
            return
        noise = _NOISE * max(1.0, float(np.abs(self.values[tie.totals][known]).max()))
        even = np.abs(np.nan_to_num(gap)) <= noise
        if tie.kind == "sum" and not even[known].all():
            return
        self._add(tie.totals[known & even], tie.parts[known & even])
        if tie.kind == "rest":
            self._add_with_rest(tie.totals, tie.parts, gap, known & (np.nan_to_num(gap) > noise))

    def _add_with_rest(self, totals: Whole, parts: Whole, gap: Floats, more: Whole) -> None:
        rest = np.arange(self.size, self.size + int(more.sum()))
        self.rests.append((totals[more], gap[more]))
        self.size += len(rest)
        self._add(totals[more], np.concatenate([parts[more], rest[:, None]], axis=1))

    def _add(self, totals: Whole, parts: Whole) -> None:
        rows = np.repeat(np.arange(self.count, self.count + len(totals)), parts.shape[1] + 1)
        entries = np.tile(np.concatenate([np.ones(parts.shape[1]), [-1.0]]), len(totals))
        self.found.append((rows, np.concatenate([parts, totals[:, None]], axis=1).ravel(), entries))
        self.count += len(totals)

    def matrix(self) -> sparse.csr_matrix:
        """Return rule × figure."""
        rows, columns, entries = (np.concatenate(parts) for parts in zip(*self.found, strict=True))
        return sparse.csr_matrix((entries, (rows, columns)), shape=(self.count, self.size))


def systems(
    forecast: Forecast, measures: Sequence[str], links: Mapping[str, Links] | None = None
) -> tuple[System, ...]:
    """Return the figures of some measures, year by year, with every tie that holds between them.

    Figures that no tie joins stand in systems of their own, those without any tie together in one.

    Args:
        forecast: the forecast.
        measures: names of the measures.
        links: measure → how it is tied to others.
    """
    pieces = _pieces(forecast, measures)
    if not pieces:
        return ()
    values = np.concatenate([piece.margin.stats[0].ravel() for piece in pieces])
    margin = np.concatenate([np.full(piece.ids.size, piece.at) for piece in pieces])
    cell = np.concatenate([np.arange(piece.ids.size) for piece in pieces])
    year = np.concatenate([_years(piece) for piece in pieces])
    rules = _Rules(values)
    for tie in ties(pieces, links or {}, dict(forecast.homes)):
        rules.take(tie)
    if not rules.found:
        rules.found.append((np.zeros(0, int), np.zeros(0, int), np.zeros(0)))
    owner = np.concatenate([np.zeros(0, int), *[totals for totals, _ in rules.rests]])
    every = System(
        0, np.concatenate([margin, np.full(len(owner), UNPRINTED)]), np.concatenate([cell, np.arange(len(owner))]),
        np.concatenate([values, *[gap for _, gap in rules.rests]]), rules.matrix())  # fmt: skip
    return tuple(_by_year(every, np.concatenate([year, year[owner]])))


def _by_year(every: System, year: Whole) -> Iterator[System]:
    """Yield the figures that are known, year by year, apart where nothing ties them."""
    known = ~np.isnan(every.values)
    whole = np.asarray((abs(every.rules) @ (~known).astype(np.float64)) == 0).ravel()
    rules = every.rules[whole]
    lead = np.asarray(year[rules.indices[rules.indptr[:-1]]])
    for now in np.unique(year):
        yield from _apart(int(now), every, np.flatnonzero((year == now) & known), rules[lead == now])


def _apart(now: int, every: System, here: Whole, rules: sparse.csr_matrix) -> Iterator[System]:
    inside = sparse.csr_matrix(rules[:, here])
    _, group = sparse.csgraph.connected_components(inside.T @ inside, directed=False)
    alone = np.bincount(group)[group] == 1
    group = np.where(alone, -1, group)
    mine = group[inside.indices[inside.indptr[:-1]]]
    for name in np.unique(group):
        some = here[group == name]
        yield System(now, every.margin[some], every.cell[some], every.values[some],
                     sparse.csr_matrix(inside[mine == name][:, group == name]))  # fmt: skip


def _pieces(forecast: Forecast, measures: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    start = 0
    for at, margin in enumerate(forecast.margins):
        if margin.measure in measures and margin.axes and margin.axes[0] == "year":
            shape = tuple(len(labels) for labels in margin.labels)
            size = int(np.prod(shape))
            ids = np.arange(start, start + size).reshape(shape)
            found.append(Piece(at, margin, margin.labels[0], margin.axes[1:], ids))
            start += size
    return found


def _years(piece: Piece) -> Whole:
    first = np.asarray([int(year) for year in piece.years])
    return np.repeat(first, piece.ids.size // len(first))
