"""Goal-seek on the demonstration: the value found, put into the scenario, gives the figure promised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecasting.analysis.goal_seek import GOALS, seek, usable
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import Run, run
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.support import DEMONSTRATION


@pytest.fixture(scope="module")
def here() -> Run:
    dataset: Dataset = load([DEMONSTRATION])
    return run(dataset, dataset_scenarios(dataset)["baseline"], to=dataset.base_year + 3)


def test_the_value_found_reaches_the_target(here: Run) -> None:
    goal = replace(GOALS["in_year"], year=here.forecast.years[-1])
    sought = seek(here, "high_needs_block_growth", goal)
    assert sought.found.met and sought.present < 0
    again = run(here.dataset, here.scenario.with_changes([sought.change]), to=here.forecast.years[-1])
    assert goal.figure(again) == pytest.approx(sought.found.achieved)
    assert abs(goal.figure(again)) < abs(sought.present) * 1e-3


def test_a_target_out_of_reach_says_how_close_the_lever_comes(here: Run) -> None:
    goal = replace(GOALS["out_of_borough"], year=here.forecast.years[-1], target=0.0)
    sought = seek(here, "over_capacity_tolerance", goal)
    assert not sought.found.met
    assert 0 < sought.found.achieved <= sought.present


def test_a_word_cannot_be_sought(here: Run) -> None:
    with pytest.raises(UsageError, match="no lever with a number"):
        seek(here, "placement_objective", GOALS["short"])
    with pytest.raises(UsageError, match="has no figure"):
        seek(here, "high_needs_block_growth", replace(GOALS["short"], year=1999))


def test_only_levers_that_move_the_figure_are_offered(here: Run) -> None:
    names = {lever.name for lever in usable(here, GOALS["in_year"])}
    assert "high_needs_block_growth" in names and "placement_objective" not in names
    assert all("in_year_balance_gbp" in lever.moves for lever in usable(here, GOALS["in_year"]))
