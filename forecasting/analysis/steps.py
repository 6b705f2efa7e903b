"""An account of a change: each cause alone, and what they do together, closing exactly in every draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.values import Floats

INTERACTION = "Together: interaction"


@dataclass(frozen=True, eq=False)
class Steps:
    """How a figure comes from one level to another; every array is run × year, run 0 the central run.

    Attributes:
        measure: the figure, a word of the measure list.
        names: causes, in order.
        years: years of the figure.
        start: the figure before.
        effects: cause × run × year; what each does alone.
        end: the figure after.
    """

    measure: str
    names: tuple[str, ...]
    years: tuple[int, ...]
    start: Floats
    effects: Floats
    end: Floats

    @property
    def interaction(self) -> Floats:
        """Return what remains: end less start less every effect alone; run × year.

        It is what causes do together beyond each alone: they may do in part the same thing, or add to each other.
        """
        return np.asarray(self.end - self.start - self.effects.sum(axis=0))

    def at(self, year: int) -> Steps:
        """Return the account of one year; arrays keep a year axis of length one."""
        one = slice(self.years.index(year), self.years.index(year) + 1)
        return Steps(self.measure, self.names, (year,), self.start[:, one], self.effects[:, :, one], self.end[:, one])
