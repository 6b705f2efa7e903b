"""What every stage of a forecast is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecasting.inputs.dataset import Dataset
from forecasting.model.emit import Emitter
from forecasting.scenario.assumptions import Assumptions


@dataclass(frozen=True, eq=False)
class Job:
    """One forecast in the making.

    Attributes:
        dataset: checked tables.
        assumptions: levers in force.
        years: January census years, base year first.
        draws: number of draws; 0 = the central run alone.
        seed: seed of every random value; the same in every scenario, so that a difference is the policy.
        answers_only: whether pupils and SEN support may be left out where plans, places and money do without them.
        out: collects margins and warnings.
    """

    dataset: Dataset
    assumptions: Assumptions
    years: tuple[int, ...]
    draws: int = 0
    seed: int = 0
    answers_only: bool = False
    out: Emitter = field(default_factory=Emitter)

    @property
    def ahead(self) -> tuple[int, ...]:
        """Return the years after the base year."""
        return self.years[1:]
