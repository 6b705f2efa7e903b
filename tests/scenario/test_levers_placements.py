"""Levers of placements: each moves where children are, and no figure of how many there are."""

from __future__ import annotations

import pytest

from forecasting.axes import DATA, MEASURES
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.forecast import Forecast
from forecasting.model.run import forecast
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.levers_placements import LEVERS
from forecasting.scenario.scenario import Change
from tests.scenario.test_catalogue import ROUNDING, different

LAST = 2029
MOVED = {"placement_objective": "nearest", "guest_change": 0.5, "over_capacity_tolerance": 0.1}
NAMES = [lever.name for lever in LEVERS]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load([DATA / "demonstration"])


def told(dataset: Dataset, *changes: Change) -> Forecast:
    return forecast(dataset, dataset_scenarios(dataset)["mitigated"].with_changes(changes), to=LAST, method="age_flow")


@pytest.mark.parametrize("name", NAMES)
def test_a_lever_moves_placements_and_no_count_of_children(dataset: Dataset, name: str) -> None:
    plain, moved = told(dataset), told(dataset, Change(name, MOVED.get(name, 0.4)))
    found = different(plain, moved, plain.measures(), ROUNDING)
    assert "placements" in found
    money = {code.code for code in MEASURES.codes if code["unit"] == "gbp"}
    assert set(found) - money <= BY_NAME[name].moves


@pytest.mark.parametrize("name", NAMES)
def test_a_lever_at_its_default_changes_nothing(dataset: Dataset, name: str) -> None:
    plain, same = told(dataset), told(dataset, Change(name, BY_NAME[name].default))
    assert different(plain, same, plain.measures()) == []


def test_more_tolerance_means_fewer_without_a_place_and_more_above_capacity(dataset: Dataset) -> None:
    plain, more = told(dataset), told(dataset, Change("over_capacity_tolerance", 0.1))
    assert more.value("places_short", LAST) < plain.value("places_short", LAST)
    assert more.value("children_over_capacity", LAST) > plain.value("children_over_capacity", LAST)


def test_bringing_back_more_children_leaves_fewer_out_of_the_borough(dataset: Dataset) -> None:
    plain, more = told(dataset), told(dataset, Change("bring_back_at_transition", 1.0))
    out = {"place": "out_of_borough"}
    assert more.value("placements", LAST, **out) < plain.value("placements", LAST, **out)
    assert more.value("placements", LAST, component="unmitigated", **out) == pytest.approx(
        plain.value("placements", LAST, component="unmitigated", **out)
    )


def test_nearest_first_uses_the_borough_before_anything_else(dataset: Dataset) -> None:
    shares, nearest = told(dataset), told(dataset, Change("placement_objective", "nearest"))
    at = {"component": "alternative"}
    assert nearest.value("places_short", 2027, **at) >= shares.value("places_short", 2027, **at)
