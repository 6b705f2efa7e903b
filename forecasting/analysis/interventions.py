"""What each intervention does, alone and together: the waterfall from unmitigated to mitigated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from forecasting.analysis.kept_runs import kept
from forecasting.analysis.steps import Steps
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import AUTO, Run
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.from_dataset import dataset_scenarios, interventions
from forecasting.scenario.scenario import BASELINE, MITIGATED, Change, Scenario

PROJECTS = "Projects"
OTHER = "Other changes"


def measures(dataset: Dataset, scenario: Scenario) -> dict[str, tuple[Change, ...]]:
    """Return the measures of a scenario: each intervention, then the projects, then what else it changes."""
    found = {name: changes for name, changes in interventions(dataset).items() if set(changes) <= set(scenario.changes)}
    taken = {change for changes in found.values() for change in changes}
    rest = [change for change in scenario.changes if change not in taken]
    building = tuple(change for change in rest if BY_NAME[change.lever].key == "project")
    other = tuple(change for change in rest if BY_NAME[change.lever].key != "project")
    groups = {PROJECTS: building, OTHER: other}
    return {**found, **{name: changes for name, changes in groups.items() if changes}}


def pair(here: Run) -> tuple[Run, Run]:
    """Return the unmitigated and the mitigated run that belong to a run, with its method, last year, draws and seed.

    Unmitigated is the baseline. Mitigated is the run itself; at the baseline it is the scenario `mitigated` of the
    dataset, when there is one.
    """
    known = dataset_scenarios(here.dataset)
    plain = replace(known[BASELINE], method=here.forecast.method)
    changed = here.scenario.changes != known[BASELINE].changes
    stamp = dict(here.forecast.stamp)
    rest = (here.forecast.years[-1], here.forecast.method, here.forecast.draws, int(stamp["seed"]))
    start = kept(here.dataset, plain, *rest) if changed else here
    if changed or MITIGATED not in known:
        return start, here
    return start, kept(here.dataset, known[MITIGATED], *rest)


def runs_of(
    dataset: Dataset, scenario: Scenario, to: int | None = None, method: str = AUTO, draws: int = 0, seed: int = 0
) -> Mapping[str, Run]:
    """Return the runs behind a waterfall by name: baseline, each measure of the scenario alone, mitigated for all.

    Every run has the same seed, so that a draw differs from one run to another by the measure alone.
    """
    plain = dataset_scenarios(dataset)[BASELINE]
    held = Scenario(plain.name, plain.changes, scenario.method or plain.method)
    alone = {name: held.with_changes(changes, name) for name, changes in measures(dataset, scenario).items()}
    wanted = {BASELINE: held, **alone, MITIGATED: scenario}
    return {name: kept(dataset, of, to, method, draws, seed) for name, of in wanted.items()}


def waterfall(found: Mapping[str, Run], measure: str) -> Steps:
    """Return the waterfall of one measure, from unmitigated to mitigated, from the runs of `runs_of`.

    Raises:
        UsageError: the runs hold no total of that measure.
    """
    totals = {name: of.totals.get(measure) for name, of in found.items()}
    values = {name: of.runs for name, of in totals.items() if of is not None}
    if len(values) < len(totals):
        raise UsageError(f'there is no total of "{measure}" to compare: the dataset needs a budget')
    names = tuple(name for name in values if name not in (BASELINE, MITIGATED))
    start, end = values[BASELINE], values[MITIGATED]
    effects = np.array([values[name] - start for name in names]).reshape(len(names), *start.shape)
    return Steps(measure, names, found[BASELINE].totals[measure].years, start, effects, end)
