"""Choose for me on the demonstration: capital kept to, the engine agrees, every project has its reason."""

import numpy as np
import pytest

from forecasting.analysis.appraisal import discount_rate, factors, payback
from forecasting.analysis.choice import COST, SHORT
from forecasting.analysis.programme import as_table, best, curve, problem_of
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, run
from forecasting.scenario.from_dataset import dataset_scenarios


@pytest.fixture(scope="module")
def here(demonstration: Dataset) -> Run:
    return run(demonstration, dataset_scenarios(demonstration)["baseline"])


def test_capital_is_kept_to_and_the_engine_saves_what_was_chosen(here: Run) -> None:
    problem, _ = problem_of(here)
    every = float(problem.capital[:, 0].sum())
    plan = best(here, COST, total=every / 2)
    assert plan.choice.capital.sum() <= every / 2 + 1
    chosen = {name for name, option in zip(problem.projects, plan.choice.option, strict=True) if option >= 0}
    built = {name for name, on in zip(plan.done.programme.projects, plan.done.programme.on, strict=True) if on}
    assert chosen == built and chosen
    assert plan.saved.sum() > 0 and len(plan.why) == len(problem.projects)
    assert abs(plan.saved.sum() - plan.promised.sum()) < 0.5 * abs(plan.promised.sum())


def test_what_is_asked_for_is_kept_to(here: Run) -> None:
    problem, _ = problem_of(here)
    first, second = problem.projects[:2]
    plan = best(here, COST, must=(first,), never=(second,), as_funded=True)
    assert not plan.choice.relax or "funding" in plan.choice.relax[0]
    assert plan.choice.option[0] >= 0 and plan.choice.option[1] == -1
    assert "Left out, as asked." in plan.why[1]
    with pytest.raises(UsageError, match="both be built and be left out"):
        best(here, COST, must=(first,), never=(first,))
    with pytest.raises(UsageError, match="cannot be considered"):
        best(here, COST, must=("nobody",))


def test_the_table_shows_all_net_new_places_and_blank_capital_that_is_not_known(rotherham: Dataset) -> None:
    found = as_table(best(run(rotherham, dataset_scenarios(rotherham)["baseline"]), COST)).set_index("project")
    # Project 1 opens late, and has 10 net-new places all the same; no capital is printed for 1, 8, 11 and 12.
    assert found["net_new_places"].to_dict() == {
        "1": 10, "2": 10, "3": 0, "4": 20, "5": 15, "6": 15, "7": 10, "8": 10, "9": 10, "10": 10, "11": 5, "12": 0,
    }  # fmt: skip
    assert sorted(found.index[found["capital_gbp"].isna()], key=int) == ["1", "8", "11", "12"]
    assert "not known and counts as £0" in found.loc["1", "why"] + found.loc["11", "why"]


def test_without_capital_nothing_is_built(here: Run) -> None:
    plan = best(here, SHORT, total=0.0)
    problem = plan.problem
    paid = problem.capital.sum(axis=(1, 2)) > 0
    assert (plan.choice.option[paid] == -1).all()
    assert all("Left out" in why for why, costs in zip(plan.why, paid, strict=True) if costs)


def test_fewest_places_short_places_more_children_than_least_cost(here: Run) -> None:
    assert best(here, SHORT).choice.placed >= best(here, COST).choice.placed - 1e-6


def test_the_frontier_falls(here: Run) -> None:
    costs = [choice.cost for _, choice in curve(here)]
    assert all(later <= sooner + 1 for sooner, later in zip(costs, costs[1:], strict=False)) and costs[-1] < 0


def test_the_wrong_number_of_years_is_refused(here: Run) -> None:
    with pytest.raises(UsageError, match="financial years"):
        best(here, COST, by_year=(1.0, 2.0))


def test_present_value_and_payback_by_hand() -> None:
    """£100 spent at once, £40 saved a year from the next: 100 is reached half-way through the fourth year."""
    assert discount_rate() == 0.035
    assert factors(3, 0.035) == pytest.approx([1, 1 / 1.035, 1 / 1.035**2])
    spent, saved = np.array([100.0, 0, 0, 0, 0]), np.array([0, 40.0, 40, 40, 40])
    assert payback(spent, saved) == pytest.approx(3.5)
    assert np.isnan(payback(spent, saved / 10))
    assert payback(np.zeros(5), saved) == 0.0
