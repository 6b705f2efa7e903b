"""The options that a committee weighs: no action, the scenario in hand, and the same with places a year later."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.analysis.interventions import pair
from forecasting.analysis.kept_runs import kept
from forecasting.model.run import Run
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.scenario import Change

DELAY = "project_delay"
LATER = 1.0  # years


@dataclass(frozen=True, eq=False)
class Option:
    """One option.

    Attributes:
        key: none, chosen or later.
        run: the run of it; the central run is enough.
    """

    key: str
    run: Run


def options(here: Run, baseline: Run) -> tuple[Option, ...]:
    """Return the options that belong to a run, no action first; only that one where there is no other.

    Args:
        here: the run in hand. At the baseline the scenario `mitigated` of the dataset stands for action.
        baseline: the baseline of the same dataset, to the same year.
    """
    same = here.scenario.changes == baseline.scenario.changes
    chosen = pair(baseline)[1] if same else here
    if chosen.scenario.changes == baseline.scenario.changes:
        return (Option("none", here),)
    told = (Option("none", baseline), Option("chosen", chosen))
    delay = float(chosen.assumptions.number(DELAY) or 0.0) + LATER
    if not chosen.programme.on.any() or delay > BY_NAME[DELAY].high:
        return told
    scenario = chosen.scenario.with_changes((Change(DELAY, delay),))
    method, last = chosen.forecast.method, chosen.forecast.years[-1]
    return (*told, Option("later", kept(here.dataset, scenario, last, method)))
