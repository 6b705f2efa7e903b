"""What projects save when children are followed to where they would have gone, beside the savings printed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from forecasting.axes import PLACES
from forecasting.inputs.dataset import Dataset
from forecasting.model.account import savings
from forecasting.model.allocation import Allocation
from forecasting.model.placements import Placement
from forecasting.model.pricing import Costs, price
from forecasting.model.run import Run, run
from forecasting.scenario.scenario import Change, Scenario
from forecasting.values import Floats

LEVER = "project_on"


@dataclass(frozen=True, eq=False)
class Followed:
    """Central figures of the programme, children followed; all arrays end in financial years, but `home`.

    Attributes:
        years: financial years, by the year in which they end.
        projects: project names.
        alone: project × year; £ that the high-needs account saves with this project alone.
        together: year; £ saved with all of them.
        fees: year; £ of fees no longer paid.
        places: year; £ of place funding added, empty places included.
        top_up: year; £ of top-up added.
        transport: year; £ of transport saved, outside the account.
        home: January of each year; children in the borough who would be out of it were nothing built.
        net: net-new places open in January of each year.
        notes: sentences about what could not be priced.
    """

    years: tuple[int, ...]
    projects: tuple[str, ...]
    alone: Floats
    together: Floats
    fees: Floats
    places: Floats
    top_up: Floats
    transport: Floats
    home: Floats
    net: Floats
    notes: tuple[str, ...]

    @property
    def interaction(self) -> Floats:
        """Return year; £ that all together save beyond the sum of each alone."""
        return np.asarray(self.together - self.alone.sum(axis=0))


def followed(here: Run) -> Followed | None:
    """Return the programme of a run with children followed; all projects when none is on. None without placements."""
    if here.placement is None or not here.programme.projects:
        return None
    return _followed(here.dataset, here.scenario, here.forecast.years[-1], here.forecast.method)


@lru_cache(maxsize=16)
def _followed(dataset: Dataset, scenario: Scenario, last: int, method: str) -> Followed | None:
    here = run(dataset, scenario, to=last, method=method)
    names = here.programme.projects
    built = [name for name, on in zip(names, here.programme.on, strict=True) if on] or list(names)
    every = with_projects(here, built)
    if every.placement is None:
        return None
    without, costs, notes = _priced(every, every.placement)
    alone = [saved(with_projects(here, [name])) for name in built]
    together = savings(every.assumptions, without, costs)[0]
    parts, before = costs.parts, without.parts
    home = _inside(every.placement.mitigated) - _inside(every.placement.unmitigated)
    net = every.programme.january(every.programme.open_share, costs.years) @ every.programme.net
    return Followed(
        costs.years, tuple(built), np.array(alone), together, (before["fee"] - parts["fee"])[0],
        (parts["place"] - before["place"])[0], (parts["top_up"] - before["top_up"])[0],
        (before["transport"] - parts["transport"])[0], home, net, notes,
    )  # fmt: skip


def with_projects(here: Run, names: list[str]) -> Run:
    """Return the central run with these projects and no other; every other lever stays."""
    off = [Change(LEVER, 0.0)]
    on = [Change(LEVER, 1.0, name) for name in names]
    kept = tuple(change for change in here.scenario.changes if change.lever != LEVER)
    scenario: Scenario = replace(here.scenario, changes=(*kept, *off, *on))
    return run(here.dataset, scenario, to=here.forecast.years[-1], method=here.forecast.method)


def _priced(here: Run, placement: Placement) -> tuple[Costs, Costs, tuple[str, ...]]:
    without, _ = price(here.dataset, here.assumptions, placement.unmitigated)
    costs, notes = price(here.dataset, here.assumptions, placement.mitigated)
    return without, costs, notes


def saved(here: Run) -> Floats:
    """Return financial year: £ that the high-needs account saves with the projects of a run, central run.

    Args:
        here: a run whose children are followed (`Run.placement`).
    """
    assert here.placement is not None
    without, costs, _ = _priced(here, here.placement)
    return np.asarray(savings(here.assumptions, without, costs)[0])


def _inside(allocation: Allocation) -> Floats:
    at = allocation.places.index(PLACES.names[0])
    return np.asarray(allocation.placed[0, ..., at].sum(axis=(1, 2, 3)))
