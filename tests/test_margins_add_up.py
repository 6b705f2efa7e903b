"""Margins that partition a measure add up to its total, in every scenario of the dataset."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.axes import STATISTICS
from forecasting.inputs.dataset import Dataset
from forecasting.model.forecast import Forecast
from forecasting.model.run import forecast, run
from forecasting.scenario.from_dataset import dataset_scenarios

SCENARIOS = ("baseline", "published", "mitigated")
PARTITIONS = [
    *[("placements", axis) for axis in ("need", "phase", "setting", "place")],
    *[("places_required", axis) for axis in ("need", "phase", "setting")],
    *[("places_needed", axis) for axis in ("need", "phase")],
    *[("places_short", axis) for axis in ("need", "phase")],
    *[("places_available", "setting"), ("spare_places", "setting")],
]
PARTS = {
    "places_needed": {"under_provision", "growth"},
    "income_gbp": {"high_needs_block", "block_transfer"},
    "cost_gbp": None,  # as many as the budget has lines
}


@pytest.fixture(scope="module", params=SCENARIOS)
def told(request: pytest.FixtureRequest, rotherham: Dataset) -> Forecast:
    return forecast(rotherham, dataset_scenarios(rotherham)[request.param], to=2026)


def central(told: Forecast, measure: str, *axes: str, component: str = "") -> np.ndarray:
    return told.margin(measure, *axes, component=component).stats[STATISTICS.index("central")]


@pytest.mark.parametrize(("measure", "axis"), PARTITIONS)
def test_one_axis_adds_up_to_the_total(told: Forecast, measure: str, axis: str) -> None:
    total = central(told, measure)
    assert np.abs(total).max() > 0
    np.testing.assert_allclose(central(told, measure, axis).sum(axis=1), total, atol=1e-9)


@pytest.mark.parametrize("measure", list(PARTS))
def test_components_add_up_to_the_whole(told: Forecast, measure: str) -> None:
    parts = [m for m in told.margins if m.measure == measure and m.component and m.axes == ("year",)]
    assert PARTS[measure] in (None, {part.component for part in parts})
    whole = np.sum([part.stats[0] for part in parts], axis=0)
    np.testing.assert_allclose(whole, central(told, measure), rtol=1e-12)


def test_components_by_need_add_up_to_the_component(told: Forecast) -> None:
    for component in ("under_provision", "growth"):
        split = central(told, "places_needed", "need", component=component)
        np.testing.assert_allclose(split.sum(axis=1), central(told, "places_needed", component=component), atol=1e-9)


@pytest.mark.parametrize("axes", [("setting", "place"), ("need", "setting"), ("need", "phase")])
def test_two_axes_add_up_to_each_of_them(told: Forecast, axes: tuple[str, str]) -> None:
    margin = told.margin("placements", *axes)
    for at, axis in enumerate(margin.axes[1:], start=1):
        other = 3 - at
        np.testing.assert_allclose(margin.stats[0].sum(axis=other), central(told, "placements", axis), atol=1e-9)


def test_the_balance_is_income_less_cost_and_accumulates(told: Forecast) -> None:
    in_year = central(told, "income_gbp") - central(told, "cost_gbp")
    np.testing.assert_allclose(central(told, "in_year_balance_gbp"), in_year, rtol=1e-12)
    np.testing.assert_allclose(central(told, "cumulative_balance_gbp"), np.cumsum(in_year), rtol=1e-12)


def test_a_parent_line_is_never_added_to_its_children(told: Forecast) -> None:
    # Table 16: 5.04 + 23.66 + 1.45 = 30.15, in £ million; with the parent and its nine lines it would be 53.81
    assert told.value("cost_gbp", 2017) == pytest.approx(5_040_000 + 23_659_000 + 1_450_000)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_programme_moves_children_and_makes_none(rotherham: Dataset, scenario: str) -> None:
    from forecasting.model import places
    from forecasting.model.cells import snapshot
    from forecasting.model.published_rate import children

    done = run(rotherham, dataset_scenarios(rotherham)[scenario])
    years = done.forecast.years
    cells, start = places.base_cells(rotherham, done.assumptions)
    known = children(rotherham, done.assumptions, years)
    demand = places.Demand(years, known.pupils, known.plan_rate)
    need = places.needed(rotherham, done.assumptions, demand, cells, start)
    later = [year for year in years if year >= snapshot(rotherham)]
    found = places.placed(rotherham, cells, start, need, done.programme, later)
    np.testing.assert_allclose(found.moved.sum(axis=1), 0, atol=1e-9)
    assert (np.abs(found.moved).sum() > 0) == (scenario != "baseline")
    assert (found.children >= -1e-9).all()
