"""Where children with a plan are placed when places are limited: what `placements` finds and `costs` prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class Allocation:
    """Children placed; every array begins with run × year. Run 0 is the central run, then the draws.

    Attributes:
        years: January census years, the snapshot first.
        needs: codes of needs.
        phases: codes of phases.
        settings: codes of kinds of setting.
        places: codes of where the provider stands (in_borough, out_of_borough).
        providers: names of the providers that have a limit of their own.
        placed: run × year × need × phase × setting × place; children where they are in the end.
        waiting: run × year × need × phase; children still in the setting they came from (counted there in `placed`)
            for want of a suitable place.
        at_provider: run × year × provider; resident children of the authority placed there.
        guests: year × provider; children of other authorities there, who take places and bring income.
        limit: year × provider; the most children that it takes.
        open_places: year × provider; places open, before any tolerance.
        commissioned: year × provider; places commissioned, which are paid for whether filled or not.
        others: year × provider; children on the roll whom neither the plans nor the guests account for.
        destinations: codes of where children go who need a local place and have none (vocabulary `overflow`).
        elsewhere: run × year × destination × need × phase; those children, counted in `placed` where they are.
    """

    years: tuple[int, ...]
    needs: tuple[str, ...]
    phases: tuple[str, ...]
    settings: tuple[str, ...]
    places: tuple[str, ...]
    providers: tuple[str, ...]
    placed: Floats
    waiting: Floats
    at_provider: Floats
    guests: Floats
    limit: Floats
    open_places: Floats
    commissioned: Floats
    others: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    destinations: tuple[str, ...] = ()
    elsewhere: Floats = field(default_factory=lambda: np.zeros((0, 0, 0, 0, 0)))

    @cached_property
    def by_need(self) -> Floats:
        """Return run × year × need × setting × place; children placed, of all phases."""
        return np.asarray(self.placed.sum(axis=3))

    @cached_property
    def by_phase(self) -> Floats:
        """Return run × year × phase × setting × place; children placed, of all needs."""
        return np.asarray(self.placed.sum(axis=2))
