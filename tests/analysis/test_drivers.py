"""What moved the answer: the parts of every draw add up to its change, from a scenario and from earlier data."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.analysis.drivers import DATA, METHOD, SOFTWARE, account, steps
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, run
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario

DRAWS, LAST = 24, 2029
MINE = Scenario("mine", (
    Change("fee_change", 0.05), Change("policy_shock", 0.2, from_year=2027), Change("project_on", 1.0, "P1"),
    Change("project_on", 1.0, "P4"), Change("high_needs_block_growth", 0.01),
))  # fmt: skip
MEASURES = ("ehc_plans", "places_short", "cost_gbp", "cumulative_balance_gbp")


def of(dataset: Dataset, scenario: Scenario | str = "baseline", draws: int = DRAWS) -> Run:
    chosen = dataset_scenarios(dataset)[scenario] if isinstance(scenario, str) else scenario
    return run(dataset, chosen, to=LAST, draws=draws, seed=3)


@pytest.fixture(scope="module")
def here(quick: Dataset) -> Run:
    return of(quick, MINE)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_levers_close_exactly_in_every_draw(quick: Dataset, here: Run, measure: str) -> None:
    found = steps(account(of(quick), here), measure)
    assert found.effects.shape == (4, DRAWS + 1, len(found.years))
    gap = found.start + found.effects.sum(axis=0) + found.interaction - found.end
    assert np.abs(gap).max() <= 1e-9 * np.abs(found.end).max()
    np.testing.assert_array_equal(found.end[:, -1], here.totals[measure].runs[:, -1])
    np.testing.assert_array_equal(found.start[:, -1], of(quick).totals[measure].runs[:, -1])
    assert np.unique(found.end[:, -1]).size > DRAWS // 2


def test_each_lever_is_the_difference_of_two_runs(quick: Dataset, here: Run) -> None:
    found = steps(account(of(quick), here), "cost_gbp")
    both = Scenario("both", tuple(c for c in MINE.changes if c.lever == "project_on"))
    alone = of(quick, both).totals["cost_gbp"].runs - of(quick).totals["cost_gbp"].runs
    at = found.names.index("Projects built")
    np.testing.assert_allclose(found.effects[at, :, -1], alone[:, -1])


def test_nothing_changed_is_explained_by_nothing(quick: Dataset) -> None:
    found = steps(account(of(quick), of(quick)), "ehc_plans")
    assert found.names == () and not found.interaction.any()


def test_one_lever_leaves_no_interaction(quick: Dataset) -> None:
    found = steps(account(of(quick), of(quick, Scenario("one", (Change("fee_change", 0.05),)))), "cost_gbp")
    assert np.abs(found.interaction).max() == 0.0 and found.effects[0, :, -1].min() > 0


def test_last_year_s_forecast_is_explained_by_data_software_and_levers(quick: Dataset, here: Run) -> None:
    plans = quick.table("ehc_plans")
    earlier = Dataset({**quick.tables, "ehc_plans": plans.assign(plans=plans["plans"] * 0.9)})
    start = of(earlier)
    said = {"ehc_plans": {year: start.forecast.value("ehc_plans", year) - 7.0 for year in start.forecast.years}}
    found = steps(account(start, here, stored=said), "ehc_plans")
    assert found.names[:2] == (SOFTWARE, DATA)
    assert found.start[0] == pytest.approx([said["ehc_plans"][year] for year in found.years])
    assert found.effects[0] == pytest.approx(np.full((DRAWS + 1, len(found.years)), 7.0))
    gap = found.start + found.effects.sum(axis=0) + found.interaction - found.end
    assert np.abs(gap).max() <= 1e-9 * found.end.max()
    assert found.effects[1, 0, -1] > 0  # the new data have a ninth more plans


def test_another_method_is_a_step_of_its_own(rotherham: Dataset) -> None:
    quicker = Scenario("trend", (Change("policy_shock", 0.1),), method="trend")
    start, end = of(rotherham, draws=0), of(rotherham, quicker, draws=0)
    found = steps(account(start, end), "ehc_plans")
    assert found.names == (METHOD, "Change of law or policy")
    assert found.start[0] + found.effects[:, 0].sum(axis=0) == pytest.approx(found.end[0] - found.interaction[0])


def test_a_figure_that_is_not_there_is_refused(rotherham: Dataset) -> None:
    found = account(of(rotherham, draws=0), of(rotherham, draws=0))
    with pytest.raises(UsageError, match="no total"):
        steps(found, "children_waiting")
