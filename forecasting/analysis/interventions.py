"""What each intervention does, alone and together: the waterfall from unmitigated to mitigated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import AUTO, Run, run
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.from_dataset import dataset_scenarios, interventions
from forecasting.scenario.scenario import BASELINE, MITIGATED, Change, Scenario
from forecasting.values import Floats

PROJECTS = "Projects"
OTHER = "Other changes"


@dataclass(frozen=True, eq=False)
class Waterfall:
    """The effect of each measure on one figure; every array is run × year.

    Attributes:
        measure: the figure, a word of the measure list.
        names: interventions and groups of changes, in order.
        years: years of the figure.
        unmitigated: the figure with nothing done.
        effects: name × run × year; the figure with this one alone less the unmitigated figure.
        mitigated: the figure with all of them.
    """

    measure: str
    names: tuple[str, ...]
    years: tuple[int, ...]
    unmitigated: Floats
    effects: Floats
    mitigated: Floats

    @property
    def interaction(self) -> Floats:
        """Return what remains: mitigated less unmitigated less every effect alone; run × year.

        Below zero for a saving, measures add to each other; above it, they do in part the same thing.
        """
        return np.asarray(self.mitigated - self.unmitigated - self.effects.sum(axis=0))


def measures(dataset: Dataset, scenario: Scenario) -> dict[str, tuple[Change, ...]]:
    """Return the measures of a scenario: each intervention, then the projects, then what else it changes."""
    found = {name: changes for name, changes in interventions(dataset).items() if set(changes) <= set(scenario.changes)}
    taken = {change for changes in found.values() for change in changes}
    rest = [change for change in scenario.changes if change not in taken]
    building = tuple(change for change in rest if BY_NAME[change.lever].key == "project")
    other = tuple(change for change in rest if BY_NAME[change.lever].key != "project")
    groups = {PROJECTS: building, OTHER: other}
    return {**found, **{name: changes for name, changes in groups.items() if changes}}


@lru_cache(maxsize=32)
def _run(dataset: Dataset, scenario: Scenario, to: int | None, method: str, draws: int, seed: int) -> Run:
    return run(dataset, scenario, to=to, method=method, draws=draws, seed=seed)


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
    start = _run(here.dataset, plain, *rest) if changed else here
    if changed or MITIGATED not in known:
        return start, here
    return start, _run(here.dataset, known[MITIGATED], *rest)


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
    return {name: _run(dataset, of, to, method, draws, seed) for name, of in wanted.items()}


def waterfall(found: Mapping[str, Run], measure: str) -> Waterfall:
    """Return the waterfall of one measure from the runs of `runs_of`.

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
    return Waterfall(measure, names, found[BASELINE].totals[measure].years, start, effects, end)
