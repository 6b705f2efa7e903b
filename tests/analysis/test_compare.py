"""Scenarios side by side: with itself nothing differs; a difference is that of two runs, draw by draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.analysis.compare import Comparison, differing
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, run
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario

DRAWS, LAST = 24, 2029


def of(dataset: Dataset, name: str = "baseline", draws: int = DRAWS, **more: int) -> Run:
    return run(dataset, dataset_scenarios(dataset)[name], to=LAST, draws=draws, seed=more.get("seed", 3))


def test_a_scenario_compared_with_itself_differs_in_nothing(quick: Dataset) -> None:
    found = Comparison(("one", "the same"), (of(quick), of(quick)))
    for line in found.lines(LAST):
        held = line.figures[1]
        assert held.difference == 0.0 or np.isnan(held.difference), line
        assert held.between is None or (held.between.low, held.between.high) == (0.0, 0.0), line
    assert found.assumed() == ()
    assert not found.difference(1, "cost_gbp").runs.any()


def test_a_difference_is_that_of_two_runs_in_every_draw(quick: Dataset) -> None:
    first, other = of(quick), of(quick, "mitigated")
    found = Comparison(("baseline", "mitigated"), (first, other))
    told = found.difference(1, "cost_gbp")
    np.testing.assert_array_equal(told.runs, other.totals["cost_gbp"].runs - first.totals["cost_gbp"].runs)
    line = next(line for line in found.lines(LAST) if line.measure == "cost_gbp")
    by_draw = told.runs[1:, told.years.index(LAST)]
    assert line.figures[1].between is not None
    assert line.figures[1].between.low == pytest.approx(np.quantile(by_draw, 0.1))
    assert line.figures[1].difference == pytest.approx(told.runs[0, -1])
    # the range of the difference is not the difference of the ranges: the same draws stand behind both
    apart = line.figures[1].interval, line.figures[0].interval
    assert apart[0] and apart[1]
    width = line.figures[1].between.high - line.figures[1].between.low
    assert width < 0.5 * (apart[0].high - apart[1].low)


def test_without_shared_draws_a_difference_has_no_range(quick: Dataset) -> None:
    found = Comparison(("a", "b"), (of(quick), of(quick, "mitigated", seed=4)))
    assert found.shared == (True, False)
    assert all(line.figures[1].between is None for line in found.lines(LAST))
    assert len(found.difference(1, "cost_gbp").runs) == 1
    central = Comparison(("a", "b"), (of(quick, draws=0), of(quick, "mitigated", draws=0)))
    assert all(f.between is None and f.interval is None for line in central.lines(LAST) for f in line.figures)


def test_methods_may_differ_and_figures_may_lack(rotherham: Dataset) -> None:
    plain = run(rotherham, Scenario("baseline"))
    other = run(rotherham, Scenario("trend", method="trend"), draws=20)
    lines = {line.measure: line for line in Comparison(("a", "b"), (plain, other)).lines(2021)}
    assert lines["ehc_plans"].figures[1].between is None and lines["ehc_plans"].figures[1].interval is not None
    assert np.isnan(lines["children_waiting"].figures[0].value)


def test_only_levers_that_differ_are_listed_in_the_order_of_the_catalogue() -> None:
    same = Change("fee_change", 0.05, why="one reason")
    one = Scenario("one", (Change("cease_rate", 0.1), same))
    two = Scenario("two", (replace(same, why="another reason"), Change("cease_rate", 0.1, from_year=2027)))
    three = Scenario("three", (same, Change("project_on", 1.0, "P1")))
    found = differing((one, two, three))
    assert [(row.name, row.key) for row in found] == [("cease_rate", ""), ("project_on", "P1")]
    assert found[0].changes == (one.changes[:1], two.changes[1:], ())


def test_what_cannot_be_compared_is_refused(quick: Dataset, rotherham: Dataset) -> None:
    plain = of(quick, draws=0)
    for names, runs, told in (
        (("a",), (plain,), "2 to 6"),
        (tuple("abcdefg"), (plain,) * 7, "2 to 6"),
        (("a", "a"), (plain, plain), "name of its own"),
        (("a", "b"), (plain, run(quick, Scenario("s"), to=LAST + 1)), "same year"),
        (("a", "b"), (plain, run(rotherham, Scenario("s"), to=LAST)), "different datasets"),
    ):
        with pytest.raises(UsageError, match=told):
            Comparison(names, runs)
