"""Figures protected beside another export: who has two scenarios in hand knows which children they share.

A scenario leaves most figures as they are. Withheld in one export and printed in the other such a figure is told, and
so is one that the two withhold with different companions. So the figures of a scenario are protected in one system with
those of the baseline, whose export stands: its printed figures are known, its withheld ones stay withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from forecasting.model.forecast import Forecast, Label, Margin
from forecasting.model.run import Run
from forecasting.outputs.disclosure import Mask, Sums
from forecasting.outputs.rounding import round_linked
from forecasting.outputs.systems import UNPRINTED, System
from forecasting.values import Floats, Whole

_NOISE = 1e-6
_KNOWN = 1000.0  # a figure that everybody knows, for what two roundings of a figure differ by; large, so never withheld
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Joined:
    """Figures of a system, those of the other export that are tied to them, and what is known of these.

    Attributes:
        sums: the figures of the system first.
        fixed: along figures: printed in the other export.
        also: along figures: withheld in the other export, or already in this one.
        secret: along figures: printed in neither.
    """

    sums: Sums
    fixed: Mask
    also: Mask
    secret: Mask


class Beside:
    """The other export: its systems of sums, whole figures and what of them it withholds."""

    def __init__(
        self, forecast: Forecast, whole: Forecast, hidden: Sequence[Mask], never: Mask, systems: Iterable[System]
    ) -> None:
        """Take the other export.

        Args:
            forecast: its forecast, unrounded.
            whole: the same in whole numbers, none of them blank.
            hidden: along margins; which figures it withholds.
            never: along margins; whether none of its figures is ever printed.
            systems: the sums that hold between its figures.
        """
        sizes = [margin.stats[0].size for margin in forecast.margins]
        self._starts = np.cumsum([0, *sizes])
        self._margins = {margin.identity: at for at, margin in enumerate(forecast.margins)}
        self._labels = [margin.labels for margin in forecast.margins]
        self._real = np.concatenate([np.zeros(0), *[margin.stats[0].ravel() for margin in forecast.margins]])
        self._whole = np.concatenate([np.zeros(0), *[margin.stats[0].ravel() for margin in whole.margins]])
        self._hidden = np.concatenate([np.zeros(0, dtype=bool), *[mask.ravel() for mask in hidden]])
        self._never = np.repeat(never, sizes)
        self._systems = list(systems)
        self._system, self._place = np.full(len(self._real), NOWHERE), np.full(len(self._real), NOWHERE)
        for number, system in enumerate(self._systems):
            printed = np.flatnonzero(system.margin != UNPRINTED)
            cells = self._starts[system.margin[printed]] + system.cell[printed]
            self._system[cells], self._place[cells] = number, printed

    def same(self, system: System, margins: Sequence[Margin]) -> Whole:
        """Return along the figures of a system the place of the same figure in the other export; −1 where none is."""
        found = np.full(len(system.values), NOWHERE)
        for at in np.unique(system.margin[system.margin != UNPRINTED]):
            mine = system.margin == at
            margin = margins[at]
            other = self._margins.get(margin.identity)
            if other is not None:
                cells = places(margin.labels, self._labels[other])[system.cell[mine]]
                found[mine] = np.where(cells == NOWHERE, NOWHERE, self._starts[other] + cells)
        there = found != NOWHERE
        there[there] = self._system[found[there]] != NOWHERE
        gap = np.abs(system.values[there] - self._real[found[there]])
        there[there] = gap <= _NOISE * np.maximum(1.0, np.abs(system.values[there]))
        return np.where(there, found, NOWHERE)

    def near(self, same: Whole, values: Floats) -> Floats:
        """Return values of a system, where the other export has the same figures its whole numbers.

        Args:
            same: along figures, see `same`.
            values: along figures.
        """
        return np.where(same == NOWHERE, values, self._whole[same])

    def joined(self, sums: Sums, same: Whole, secret: Mask, gone: Mask) -> Joined:
        """Return the figures of a system together with those of the other export that they are tied to.

        Args:
            sums: whole figures of the system and their sums.
            same: along figures, see `same`.
            secret: along figures; those that are not printed.
            gone: along figures; those that are withheld already.
        """
        mine = np.flatnonzero(same != NOWHERE)
        others = [self._systems[number] for number in np.unique(self._system[same[mine]])]
        starts = np.cumsum([len(sums.values), *[len(each.values) for each in others]])
        order = {number: start for number, start in zip(np.unique(self._system[same[mine]]), starts, strict=False)}
        theirs = np.array([order[int(number)] for number in self._system[same[mine]]], dtype=np.int64)
        theirs = theirs + self._place[same[mine]]
        values = np.concatenate([sums.values, *[self._values(each) for each in others], [_KNOWN]])
        gap = values[mine] - values[theirs]
        rows = np.arange(len(mine))
        equal = sparse.csr_matrix(
            (np.concatenate([np.ones(len(mine)), -np.ones(len(mine)), -gap / _KNOWN]),
             (np.tile(rows, 3), np.concatenate([mine, theirs, np.full(len(mine), len(values) - 1)]))),
            shape=(len(mine), len(values)))  # fmt: skip
        blocks = sparse.block_diag([sums.rules, *[each.rules for each in others]], format="csr")
        blocks.resize((blocks.shape[0], len(values)))
        states = [self._states(each) for each in others]
        none, known = np.zeros(len(sums.values), dtype=bool), np.array([True])
        fixed = np.concatenate([none, *[state[0] for state in states], known])
        also = np.concatenate([gone, *[state[1] for state in states], ~known])
        unseen = np.concatenate([secret, *[state[2] for state in states], ~known])
        return Joined(Sums(values, sparse.vstack([blocks, equal], format="csr")), fixed, also, unseen)

    def _cells_of(self, system: System) -> tuple[Mask, Whole]:
        printed = system.margin != UNPRINTED
        return printed, self._starts[system.margin[printed]] + system.cell[printed]

    def _values(self, system: System) -> Floats:
        """Return the whole figures of a system; what is left in a sum follows from the others in it."""
        printed, cells = self._cells_of(system)
        values = np.zeros(len(system.values))
        values[printed] = self._whole[cells]
        rests = np.flatnonzero(~printed)
        columns = system.rules.tocsc()
        rules = np.array([columns.indices[columns.indptr[at]] for at in rests], dtype=np.int64)
        values[rests] = -np.asarray(system.rules[:, printed] @ values[printed])[rules]
        return values

    def _states(self, system: System) -> tuple[Mask, Mask, Mask]:
        """Return along figures whether each is printed, withheld, or neither."""
        printed, cells = self._cells_of(system)
        gone, shown = printed.copy(), printed.copy()
        gone[printed] = self._hidden[cells]
        shown[printed] = ~self._hidden[cells] & ~self._never[cells]
        return shown, gone, ~shown & ~gone


def whole_numbers(others: Sequence[Beside], sames: Sequence[Whole], system: System) -> Floats | None:
    """Return whole numbers for a system that are those of the other exports where they have the same figures.

    Args:
        others: the other exports; where several have a figure, that of the first counts.
        sames: for each, along figures, see `Beside.same`.
        system: the system.

    Returns:
        Along figures; None where a figure would then be a whole child or more from its value.
    """
    near = system.values
    for one, same in zip(reversed(others), reversed(sames), strict=True):
        near = one.near(same, near)
    found = round_linked(near, system.rules).astype(np.float64)
    return found if (np.abs(found - system.values) < 1.0).all() else None


def other(run: Run, baseline: Run) -> tuple[Forecast, ...]:
    """Return the forecasts that a run is protected beside: that of the baseline; none for the baseline itself."""
    return () if run.scenario.hash == baseline.scenario.hash else (baseline.forecast,)


def places(labels: Sequence[Sequence[Label]], others: Sequence[Sequence[Label]]) -> Whole:
    """Return along the figures of a margin, flattened, the place of each among those of another; −1 where none is."""
    found = np.zeros(1, dtype=np.int64)
    for own, theirs in zip(labels, others, strict=True):
        at = {label: number for number, label in enumerate(theirs)}
        numbers = np.array([at.get(label, NOWHERE) for label in own])
        grown = found[:, None] * len(theirs) + numbers
        found = np.where((found[:, None] == NOWHERE) | (numbers == NOWHERE), NOWHERE, grown).ravel()
    return np.asarray(found, dtype=np.int64)
