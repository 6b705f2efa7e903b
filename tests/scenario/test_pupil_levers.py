"""Levers of pupils, on a made-up authority where they are active: each moves what it says, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from forecasting.errors import MethodUnavailable
from forecasting.inputs.dataset import Dataset
from forecasting.model import run as engine
from forecasting.model.forecast import Forecast
from forecasting.scenario.assumptions import Value
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.controls import controls
from forecasting.scenario.from_dataset import baseline
from forecasting.scenario.levers_pupils import LEVERS
from forecasting.scenario.scenario import Change, Scenario, apply
from tests.scenario.test_catalogue import ROUNDING, differences, different

forecast = partial(engine.forecast, method="trend", draws=40, seed=3)
NAMES = [lever.name for lever in LEVERS]
NUMBERS = [lever.name for lever in LEVERS if lever.kind == "number"]


def with_levers(dataset: Dataset, **values: Value) -> Forecast:
    return forecast(dataset, Scenario("test", tuple(Change(name, value) for name, value in values.items())))


def raised(name: str) -> Value:
    lever = BY_NAME[name]
    if lever.kind == "choice":
        return {"pupil_method": "constant_growth", "births_variant": "high"}[name]
    return 4 * lever.step


@pytest.mark.parametrize("name", NAMES)
def test_lever_moves_what_it_says_and_nothing_else(pupil_dataset: Dataset, name: str) -> None:
    lever = BY_NAME[name]
    before, after = with_levers(pupil_dataset), with_levers(pupil_dataset, **{name: raised(name)})
    moves = {measure: differences(before, after, measure) for measure in lever.up}
    wrong = [f"{m} should rise" for m in lever.up if (moves[m] <= 0).any()]
    if name != "pupil_method":  # which has no drivers under constant growth, so that margins differ
        wrong += [f"{m} should move" for m in lever.either if not different(before, after, [m])]
    others = set(before.measures()) - lever.moves
    wrong += [f"{m} should stay" for m in different(before, after, others, ROUNDING)]
    assert wrong == []
    assert before.measures() == after.measures()


@pytest.mark.parametrize("name", NUMBERS)
def test_lowering_a_lever_lowers_pupils_in_every_statistic(pupil_dataset: Dataset, name: str) -> None:
    before, after = with_levers(pupil_dataset), with_levers(pupil_dataset, **{name: -4 * BY_NAME[name].step})
    assert (after.margin("pupils").stats[:, -1] < before.margin("pupils").stats[:, -1]).all()


def test_low_births_stand_below_the_principal_projection(pupil_dataset: Dataset) -> None:
    before, after = with_levers(pupil_dataset), with_levers(pupil_dataset, births_variant="low")
    assert after.value("pupils", 2034) < before.value("pupils", 2034)
    assert after.value("pupils", 2026) == before.value("pupils", 2026)  # nobody born since 2024 is in a class by then


def test_the_null_scenario_and_undone_changes_are_the_baseline_to_the_last_bit(pupil_dataset: Dataset) -> None:
    plain = forecast(pupil_dataset, Scenario("null"))
    for name in NAMES:
        held = BY_NAME[name].default
        assert held is not None
        back = forecast(pupil_dataset, Scenario("null", (Change(name, raised(name)), Change(name, held))))
        assert plain.table.equals(back.table), name


def test_a_lever_acts_from_its_year_on(pupil_dataset: Dataset) -> None:
    late = forecast(pupil_dataset, Scenario("late", (Change("net_migration", 0.01, from_year=2030),)))
    plain = forecast(pupil_dataset, Scenario("null"))
    assert [late.value("pupils", y) == plain.value("pupils", y) for y in (2029, 2030)] == [True, False]
    # One per cent of each year group arrives in 2030, before any cross-border or chance: 1 % of that January's feed.
    assert late.value("pupils", 2030) / plain.value("pupils", 2030) - 1 == pytest.approx(0.01, abs=0.001)


@pytest.mark.parametrize("way", ["ets", "constant_growth"])
def test_other_levers_do_nothing_where_cohorts_are_not_followed(pupil_dataset: Dataset, way: str) -> None:
    plain = with_levers(pupil_dataset, pupil_method=way)
    moved = with_levers(pupil_dataset, pupil_method=way, survival_change=0.01)
    assert different(plain, moved, {"pupils"}) == []


def idle(dataset: Dataset, name: str, method: str = "trend", **values: Value) -> str:
    start = baseline(dataset)
    now = apply(start, Scenario("s", tuple(Change(lever, value) for lever, value in values.items())))
    return next(c.idle for c in controls(dataset, now, start, method, "population") if c.lever.name == name)


def test_a_lever_that_does_nothing_says_why(pupil_dataset: Dataset, rotherham: Dataset) -> None:
    assert [idle(pupil_dataset, name) for name in NAMES] == [""] * len(NAMES)
    assert "published_rate" in idle(rotherham, "survival_change", "published_rate")
    assert idle(rotherham, "survival_change") == "Needs pupils by NC year (table pupils)."
    assert "does not follow" in idle(pupil_dataset, "survival_change", pupil_method="ets")
    assert idle(pupil_dataset, "pupil_method", pupil_method="ets") == ""
    births = pupil_dataset.table("births")
    tables = {**pupil_dataset.tables, "births": births.loc[births["variant"] == "principal"]}
    assert "high or low variant" in idle(replace(pupil_dataset, tables=tables), "births_variant")


def test_a_projection_that_is_not_there_is_refused(pupil_dataset: Dataset) -> None:
    births = pupil_dataset.table("births")
    tables = {**pupil_dataset.tables, "births": births.loc[births["variant"] != "high"]}
    with pytest.raises(MethodUnavailable, match='births variant "high"'):
        with_levers(replace(pupil_dataset, tables=tables), births_variant="high")
