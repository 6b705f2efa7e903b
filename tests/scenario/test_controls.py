"""Levers on screen: the ends of the slider, what may be typed, the mark of the baseline, remarks, what differs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.axes import STATISTICS
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import PUBLISHED, run
from forecasting.outputs import html
from forecasting.outputs.subjects import year_table
from forecasting.scenario.assumptions import in_bounds
from forecasting.scenario.catalogue import BY_NAME, LEVERS
from forecasting.scenario.controls import Control, controls, differences
from forecasting.scenario.from_dataset import baseline, dataset_scenarios
from forecasting.scenario.lever import Lever
from forecasting.scenario.moves import yearly
from forecasting.scenario.scenario import Change, Scenario, apply

GROWTH = "pupil_growth"


def _control(dataset: Dataset, *changes: Change, name: str = GROWTH) -> Control:
    start = baseline(dataset)
    made = Scenario("moved", changes)
    found = controls(dataset, apply(start, made), start, PUBLISHED, "", made)
    return next(control for control in found if control.lever.name == name and not control.key)


def _differences(dataset: Dataset, *changes: Change) -> tuple[str, ...]:
    start = baseline(dataset)
    return differences(dataset, apply(start, Scenario("moved", changes)), start)


@pytest.mark.parametrize("lever", [lever for lever in LEVERS if lever.usual], ids=lambda lever: lever.name)
def test_what_is_usual_is_allowed_and_holds_the_default(lever: Lever) -> None:
    assert lever.usual is not None
    low, high = lever.usual
    assert low < high and not in_bounds(lever, low) and not in_bounds(lever, high)
    assert lever.default is None or low <= float(lever.default) <= high


def test_the_slider_spans_what_is_usual_and_more_may_be_typed(rotherham: Dataset) -> None:
    control = _control(rotherham)
    # Usual −3% to 5%, allowed −5% to 10%; the baseline of 1% stands half-way: (1 − −3) ÷ (5 − −3) = 0.5.
    assert (control.low, control.high, control.least, control.most) == (-3.0, 5.0, -5.0, 10.0)
    assert control.mark == pytest.approx(0.5)
    assert control.remark == ""


def test_a_value_out_of_the_ordinary_is_remarked_upon_and_stays_on_the_slider(rotherham: Dataset) -> None:
    control = _control(rotherham, Change(GROWTH, 0.08))
    assert (control.value, control.high) == (8.0, 8.0)
    assert control.remark == "Out of the ordinary: usual is −3% to 5%."
    assert "⚠ Out of the ordinary" in html.remarks_html(control)
    assert _control(rotherham, Change(GROWTH, 0.05)).remark == ""


def test_a_cost_has_ends_around_its_baseline(rotherham: Dataset) -> None:
    control = _control(rotherham, name="in_borough_unit_cost")
    assert control.low == 0 and control.high == 2 * float(control.baseline or 0)
    assert control.mark == pytest.approx(0.5)


def test_the_mark_is_a_style_of_its_slider() -> None:
    style = html.marks_html({"st-key-a": 0.25, "st-key-b": None})
    assert ".st-key-a" in style and "left:25.00%" in style and "st-key-b" not in style


def test_moved_and_moved_back_differs_in_nothing(rotherham: Dataset) -> None:
    assert _differences(rotherham, Change(GROWTH, 0.02), Change(GROWTH, 0.01)) == ()


def test_a_late_start_is_said(rotherham: Dataset) -> None:
    assert _differences(rotherham, Change(GROWTH, 0.02, "", 2019)) == ("Pupil growth 2% from 2019 (1%)",)
    control = _control(rotherham, Change(GROWTH, 0.02, "", 2019, None, 2.0))
    assert "Now: 2% from 2019 over 2 years." in html.lever_html(control)
    assert "From 2019 over 2 years." in html.remarks_html(control)


def test_years_that_end_at_the_baseline_still_differ(rotherham: Dataset) -> None:
    made = yearly((GROWTH, ""), {2018: 0.05, 2020: 0.01})
    assert _differences(rotherham, *made) == ("Pupil growth 1% from 2020 (1%)",)
    control = _control(rotherham, *made)
    assert control.by_year and "Set year by year" in html.remarks_html(control)
    frame = year_table.frame(control, (2018, 2019, 2020))
    assert list(frame.columns) == ["Year", "Value, %"] and frame["Value, %"].tolist()[::2] == [5.0, 1.0]
    assert pd.isna(frame["Value, %"][1])
    assert year_table.values(frame) == {2018: 5.0, 2020: 1.0}


def test_an_idle_lever_says_why(rotherham: Dataset) -> None:
    control = _control(rotherham, name="national_trend")
    assert control.idle == "Does nothing in the method published_rate."
    assert control.idle in html.remarks_html(control)


@pytest.fixture(scope="module")
def never(rotherham: Dataset) -> pd.DataFrame:
    """The forecast without the change."""
    return run(rotherham, dataset_scenarios(rotherham)["mitigated"]).forecast.table


@pytest.mark.parametrize("name", [lever.name for lever in LEVERS if PUBLISHED in lever.methods and not lever.choices])
def test_a_lever_that_may_come_in_late_leaves_the_years_before_alone(
    name: str, rotherham: Dataset, never: pd.DataFrame
) -> None:
    lever = BY_NAME[name]
    if lever.kind == "switch" or lever.key:
        pytest.skip("holds from the start, or for one need or project only")
    scenario = dataset_scenarios(rotherham)["mitigated"]
    start = baseline(rotherham).number(name) or 0.0
    value = start + 3 * lever.step
    late = run(rotherham, scenario.with_changes([Change(name, value, from_year=2020)])).forecast.table
    axes = [column for column in never if column not in ("scenario", *STATISTICS)]
    joined = never.merge(late, on=axes, how="outer", suffixes=("", "_late"))
    early = joined[joined["year"] < 2020]
    same = np.allclose(early["central"].astype(float), early["central_late"].astype(float), equal_nan=True)
    assert same or not lever.dated
