"""Runs that analyses share, kept without the children of single providers, which take most of the memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from forecasting.inputs.dataset import Dataset
from forecasting.model.emit import Total
from forecasting.model.run import AUTO, Run, nowhere, run
from forecasting.scenario.scenario import Scenario

Totals = Mapping[str, Total]


@lru_cache(maxsize=64)
def kept(
    dataset: Dataset, scenario: Scenario, to: int | None = None, method: str = AUTO, draws: int = 0, seed: int = 0
) -> Run:
    """Return a run, without its placement of single children; the arguments mean what they mean in `run`."""
    return replace(run(dataset, scenario, to=to, method=method, draws=draws, seed=seed), place=nowhere)


def like(here: Run, scenario: Scenario, method: str = AUTO) -> Run:
    """Return the run of another scenario on the dataset of a run, with its last year, draws and seed."""
    return kept(here.dataset, scenario, here.forecast.years[-1], method, asked_draws(here), seed_of(here))


def asked_draws(here: Run) -> int:
    """Return the draws of a run; 0 for the central run alone."""
    return here.forecast.draws


def seed_of(here: Run) -> int:
    """Return the seed of a run."""
    return int(dict(here.forecast.stamp)["seed"])
