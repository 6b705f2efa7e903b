"""Projects of the demonstration that open later or fill more slowly."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.analysis.appraisal import later
from forecasting.analysis.slippage import slipped
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario


def test_outlay_moves_with_the_years_and_none_is_lost() -> None:
    spent = np.array([[1.0, 2.0, 0.0, 4.0]])
    assert later(spent, 0).tolist() == [[1, 2, 0, 4]]
    assert later(spent, 1).tolist() == [[0, 1, 2, 4]]  # 4 would fall after the last year, so it counts in it
    assert later(spent, 9).tolist() == [[0, 0, 0, 7]]


def test_a_later_programme_leaves_more_children_without_a_place(demonstration: Dataset) -> None:
    built = run(demonstration, Scenario("P1", (Change("project_on", 1.0, "P1"),)), to=2029)
    cases = slipped(built)
    assert [(case.delay, case.ramp == case.ramp) for case in cases] == [
        (0, False), (1, False), (2, False), (0, True)]  # fmt: skip
    assert cases[-1].ramp == 3.0  # P1 fills over two years: one year longer
    assert cases[0].short <= cases[1].short <= cases[2].short and cases[0].short < cases[2].short
    assert cases[0].short == pytest.approx(built.forecast.value("places_short", 2029))
    assert cases[0].balance == pytest.approx(built.forecast.value("cumulative_balance_gbp", 2029))
    assert cases[0].saved.sum() > cases[2].saved.sum()


def test_without_projects_there_is_nothing_to_slip(demonstration: Dataset) -> None:
    assert slipped(run(demonstration, dataset_scenarios(demonstration)["baseline"], to=2027)) == ()
