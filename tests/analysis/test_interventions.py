"""The waterfall from unmitigated to mitigated closes in every draw; nothing on means nothing changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from forecasting.analysis.interventions import OTHER, PROJECTS, measures, pair, runs_of, waterfall
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, run
from forecasting.scenario.from_dataset import dataset_scenarios, interventions
from forecasting.scenario.scenario import BASELINE, MITIGATED, Change, Scenario
from tests.support import somewhere_with_moves

DRAWS, LAST = 12, 2029


@pytest.fixture(scope="module")
def runs(demonstration: Dataset) -> Mapping[str, Run]:
    scenario = dataset_scenarios(demonstration)[MITIGATED]
    return runs_of(demonstration, scenario, LAST, draws=DRAWS, seed=3)


@pytest.mark.parametrize(
    "measure", ["cost_gbp", "high_needs_spend_gbp", "in_year_balance_gbp", "cumulative_balance_gbp"]
)
def test_the_waterfall_closes_to_the_penny_in_every_draw(runs: Mapping[str, Run], measure: str) -> None:
    found = waterfall(runs, measure)
    assert found.effects.shape == (len(found.names), DRAWS + 1, len(found.years))
    ending = found.start + found.effects.sum(axis=0) + found.interaction
    assert np.abs(ending - found.end).max() < 0.005
    assert np.unique(found.end[:, -1]).size == DRAWS + 1


def test_each_measure_has_its_step(runs: Mapping[str, Run], demonstration: Dataset) -> None:
    found = waterfall(runs, "high_needs_spend_gbp")
    assert found.names == (*interventions(demonstration), PROJECTS, OTHER)
    end = dict(zip(found.names, found.effects[:, 0, -1], strict=True))
    assert end["Fee negotiation"] < 0 and end["Early help"] != 0 and end[PROJECTS] < 0


def test_an_intervention_costs_what_its_row_says(runs: Mapping[str, Run]) -> None:
    alone = runs["Early help"].forecast
    assert alone.value("cost_gbp", 2026, component="interventions") == 0.0
    assert alone.value("cost_gbp", 2027, component="interventions") == 350_000.0


def test_mitigated_equals_unmitigated_when_nothing_is_on(demonstration: Dataset) -> None:
    nothing = Scenario("nothing")
    found = runs_of(demonstration, nothing, LAST, draws=DRAWS, seed=3)
    steps = waterfall(found, "cumulative_balance_gbp")
    assert steps.names == ()
    np.testing.assert_array_equal(steps.start, steps.end)
    assert not steps.interaction.any()


def test_the_pair_of_a_baseline_is_the_dataset_s_mitigated(demonstration: Dataset) -> None:
    plain = run(demonstration, dataset_scenarios(demonstration)[BASELINE], to=LAST)
    start, end = pair(plain)
    assert start is plain and end.scenario.name == MITIGATED
    moved = run(demonstration, Scenario("mine", (Change("fee_change", 0.1),)), to=LAST)
    start, end = pair(moved)
    assert end is moved and start.forecast.table.drop(columns="scenario").equals(
        plain.forecast.table.drop(columns="scenario")
    )


def test_measures_are_only_those_of_the_scenario(demonstration: Dataset) -> None:
    assert measures(demonstration, Scenario("mine", (Change("fee_change", 0.1),))) == {
        OTHER: (Change("fee_change", 0.1),)
    }


def test_without_a_budget_there_is_nothing_to_compare(tmp_path_factory: pytest.TempPathFactory) -> None:
    dataset = somewhere_with_moves(tmp_path_factory.mktemp("bare"))
    with pytest.raises(UsageError, match="needs a budget"):
        waterfall(runs_of(dataset, Scenario("nothing")), "cost_gbp")
