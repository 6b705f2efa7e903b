"""Assumptions over the years: later items overrule earlier ones, for the years and keys that they name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.errors import ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.scenario.assumptions import Assumption, Assumptions
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.from_dataset import baseline, candidates, read_value
from forecasting.scenario.scenario import Change, Scenario, apply

YEARS = [2016, 2017, 2018, 2019, 2020]


def item(value: float | None, lever: str = "pupil_growth", key: str = "", **more: float) -> Assumption:
    return Assumption(lever, value, "test", "judgement", key, **more)  # type: ignore[arg-type]


def path(*items: Assumption) -> list[float]:
    return Assumptions(items).path(items[0].lever, YEARS).tolist()


def test_a_value_holds_in_every_year() -> None:
    assert path(item(0.01)) == [0.01] * 5


def test_a_later_item_overrules_in_its_years() -> None:
    assert path(item(0.01), item(0.05, from_year=2017, to_year=2018)) == [0.01, 0.05, 0.05, 0.01, 0.01]


def test_a_ramp_arrives_evenly() -> None:
    # from 0.01 to 0.05 over four years from 2016: a quarter of 0.04 more each year
    assert path(item(0.01), item(0.05, from_year=2016, ramp_years=4)) == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])


def test_blank_is_unknown() -> None:
    blank = item(None, "growth_places")
    assert np.isnan(Assumptions((blank,)).path("growth_places", YEARS)).all()
    assert Assumptions((blank,)).number("growth_places") is None


def test_an_item_of_a_need_bears_on_that_need_only() -> None:
    found = Assumptions((item(0.2, "need_share"), item(0.3, "need_share", "ASC")))
    assert found.number("need_share", "ASC") == 0.3
    assert found.number("need_share", "MLD") == 0.2


def test_an_unknown_lever_is_refused() -> None:
    with pytest.raises(ScenarioError, match='there is no lever "colour"'):
        Assumptions(()).path("colour", YEARS)


@given(st.floats(-0.05, 0.1), st.floats(-0.05, 0.1), st.integers(2010, 2025), st.just(0.0) | st.floats(0.25, 10))
def test_a_path_stays_between_its_values(first: float, second: float, year: int, ramp: float) -> None:
    found = np.array(path(item(first), item(second, from_year=year, ramp_years=ramp)))
    assert (found >= min(first, second) - 1e-15).all() and (found <= max(first, second) + 1e-15).all()


def test_applying_a_scenario_leaves_the_baseline_alone(rotherham: Dataset) -> None:
    before = baseline(rotherham)
    after = apply(before, Scenario("s", (Change("pupil_growth", 0.03),)))
    assert (before.number("pupil_growth"), after.number("pupil_growth")) == (0.01, 0.03)


def test_of_several_printed_figures_the_first_is_in_force(rotherham: Dataset) -> None:
    assert baseline(rotherham).number("out_of_borough_baseline") == 143
    assert [found.value for found in candidates(rotherham, "out_of_borough_baseline")] == [143, 153, 177]


def test_ratios_are_read_in_full() -> None:
    assert read_value(BY_NAME["sen_prevalence"], "7253/44627") == 7253 / 44627
    assert read_value(BY_NAME["sen_prevalence"], "7,253 / 44,627") == 7253 / 44627
    assert read_value(BY_NAME["growth_places"], "") is None


def test_reasons_and_names_do_not_change_the_hash_of_a_scenario() -> None:
    plain = Scenario("a", (Change("pupil_growth", 0.03, why="x"),))
    assert plain.hash == Scenario("b", (Change("pupil_growth", 0.03, why="y"),)).hash
    assert plain.hash != Scenario("a", (Change("pupil_growth", 0.031, why="x"),)).hash
