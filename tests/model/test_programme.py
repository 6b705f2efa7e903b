"""The timeline of projects by hand: month of opening, ramp, delay, replaced places."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import from_sources
from forecasting.inputs.sheets import Source
from forecasting.model.places import open_places
from forecasting.model.programme import Programme, programme, undated
from forecasting.model.run import forecast
from forecasting.periods import Month
from forecasting.scenario.from_dataset import baseline
from forecasting.scenario.scenario import Change, Scenario, apply

PROJECTS = """project,places,replaces_places,opens,ramp_years
A,20,,2017-09,
B,10,10,2018-01,
C,12,,2018-04,1
D,8,,,
"""
ON = Change("project_on", 1.0)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    texts = {"about": "key,value\nbase_year,2016\nforecast_to,2019\n", "pupils": "year,pupils\n2016,1000\n",
             "projects": PROJECTS}  # fmt: skip
    return from_sources([Source(f"{name}.csv", text.encode()) for name, text in texts.items()])


def plan(dataset: Dataset, *changes: Change) -> Programme:
    return programme(dataset, apply(baseline(dataset), Scenario("s", changes)), 2016, 2020)


def at(found: Programme, shares: np.ndarray, project: str, year: int, month: int) -> float:
    return float(shares[found.projects.index(project), Month.of(year, month).index - found.months[0]])


def test_nothing_is_built_at_the_baseline(dataset: Dataset) -> None:
    found = plan(dataset)
    assert found.open_share.sum() == 0 and found.filled_share.sum() == 0


def test_places_open_in_their_month(dataset: Dataset) -> None:
    found = plan(dataset, ON)
    assert [at(found, found.open_share, "A", 2017, month) for month in (8, 9, 10)] == [0, 1, 1]
    assert (found.months[0], found.months[-1]) == (Month.of(2015, 1).index, Month.of(2020, 12).index)


def test_places_fill_evenly_over_the_ramp(dataset: Dataset) -> None:
    found = plan(dataset, ON)
    # C opens in April 2018 and fills over 12 months: 0/12 in April, 9/12 in January 2019, 12/12 in April 2019
    filled = [at(found, found.filled_share, "C", *when) for when in ((2018, 3), (2018, 4), (2019, 1), (2019, 4))]
    assert filled == pytest.approx([0, 0, 9 / 12, 1])
    assert at(found, found.open_share, "C", 2018, 4) == 1
    assert at(found, found.filled_share, "A", 2017, 9) == 1  # no ramp: full at once


def test_the_ramp_lever_overrules_the_table(dataset: Dataset) -> None:
    found = plan(dataset, ON, Change("project_ramp", 2.0))
    assert at(found, found.filled_share, "A", 2018, 9) == pytest.approx(12 / 24)
    assert at(found, found.filled_share, "C", 2019, 4) == pytest.approx(12 / 24)


def test_a_delay_slips_every_project(dataset: Dataset) -> None:
    found = plan(dataset, ON, Change("project_delay", 0.5))  # six months: A in March 2018
    assert [at(found, found.open_share, "A", 2018, month) for month in (2, 3)] == [0, 1]
    assert [at(found, found.open_share, "B", 2018, month) for month in (6, 7)] == [0, 1]


def test_an_opening_year_overrules_the_table_for_its_project_only(dataset: Dataset) -> None:
    found = plan(dataset, ON, Change("project_opens", 2019.0, "A"))
    assert [at(found, found.open_share, "A", 2019, month) for month in (8, 9)] == [0, 1]
    assert at(found, found.open_share, "B", 2018, 1) == 1


def test_only_the_projects_that_are_on_open(dataset: Dataset) -> None:
    found = plan(dataset, Change("project_on", 1.0, "A"))
    np.testing.assert_array_equal(found.on, [1, 0, 0, 0])
    np.testing.assert_array_equal(open_places(found, [2018, 2019]), [[20, 0, 0, 0], [20, 0, 0, 0]])


def test_net_new_places_leave_out_those_that_replace_others(dataset: Dataset) -> None:
    found = plan(dataset, ON)
    np.testing.assert_array_equal(found.gross, [20, 10, 12, 8])
    np.testing.assert_array_equal(found.net, [20, 0, 12, 8])
    # January: A opens in 2017-09, so counts from 2018; C in 2018-04, so from 2019
    np.testing.assert_array_equal(open_places(found, [2017, 2018, 2019]).sum(axis=1), [0, 20, 32])


def test_a_financial_year_counts_its_months(dataset: Dataset) -> None:
    found = plan(dataset, ON)
    # A is open from September 2017 to March 2018: 7 of the 12 months of 2017-18
    shares = found.financial_year(found.open_share, [2017, 2018, 2019])
    np.testing.assert_allclose(shares[:, 0], [0, 7 / 12, 1])


def test_a_project_without_a_date_opens_never_and_is_named(dataset: Dataset) -> None:
    found = plan(dataset, ON)
    assert found.open_share[3].sum() == 0
    assert undated(found) == ("D",)
    assert undated(plan(dataset, ON, Change("project_opens", 2018.0, "D"))) == ()
    told = forecast(dataset, Scenario("built", (ON,)))
    assert "Project D has no opening date, so its places are counted in no year." in told.warnings
