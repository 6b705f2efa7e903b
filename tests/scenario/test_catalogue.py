"""Every lever moves what it says, in the direction it says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from forecasting.axes import STATISTICS
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.schema import BY_NAME as TABLES
from forecasting.inputs.schema import STATUSES
from forecasting.model.forecast import Forecast, Margin
from forecasting.model.run import METHODS, PUBLISHED, forecast
from forecasting.scenario.assumptions import Value, in_bounds
from forecasting.scenario.catalogue import BY_NAME, LEVERS
from forecasting.scenario.from_dataset import baseline, candidates, dataset_scenarios
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import Change, Scenario

STEPS = 4
ROUNDING = 1e-11  # sums over needs, whose shares a lever moves, differ in the last of some 16 digits
NAMES = [lever.name for lever in LEVERS]
ACTIVE = [lever.name for lever in LEVERS if PUBLISHED in lever.methods]  # other levers have tests of their own
# Where the baseline is blank (computed from the tables), or off, the raise starts from a value set first.
STARTS: dict[str, Value] = {
    "under_provision_places": 60.0,
    "growth_places": 60.0,
    "project_on": 0.0,
    "project_opens": 2019.0,
}
KEYS = {"need_share": "ASC", "project_on": "4", "project_opens": "4"}  # project 4: 20 places, priced, dated


def forecast_with(dataset: Dataset, changes: Iterable[Change]) -> Forecast:
    """Forecast `mitigated` (every project built, so that every lever bears on something) with further changes."""
    return forecast(dataset, dataset_scenarios(dataset)["mitigated"].with_changes(changes))


def start_of(dataset: Dataset, lever: Lever) -> Value:
    if lever.name in STARTS:
        return STARTS[lever.name]
    if lever.kind == "choice":
        return baseline(dataset).word(lever.name)
    return baseline(dataset).number(lever.name, KEYS.get(lever.name, ""))


def raised(dataset: Dataset, lever: Lever) -> Value:
    start = start_of(dataset, lever)
    if lever.kind == "choice":
        return next(word for word, _ in lever.choices if word != start)
    if lever.kind == "candidate":
        return candidates(dataset, lever.name)[1].value
    assert isinstance(start, float)
    return min(start + STEPS * lever.step, lever.high)


def change(dataset: Dataset, lever: Lever, value: Value) -> Change:
    return Change(lever.name, value, KEYS.get(lever.name, ""), from_year=dataset.base_year + 1)


def before_and_after(dataset: Dataset, lever: Lever) -> tuple[Forecast, Forecast]:
    start, value = start_of(dataset, lever), raised(dataset, lever)
    assert start != value
    before = [change(dataset, lever, start)] if lever.name in STARTS else []
    return (forecast_with(dataset, before), forecast_with(dataset, [*before, change(dataset, lever, value)]))


def margins_of(told: Forecast, measure: str) -> dict[object, Margin]:
    return {margin.identity: margin for margin in told.margins if margin.measure == measure}


def at_the_end(margin: Margin) -> np.ndarray:
    """Return the central cells of the last year, of a figure without a year all of them."""
    central = margin.stats[STATISTICS.index("central")]
    return np.atleast_1d(np.take(central, -1, axis=margin.axes.index("year")) if "year" in margin.axes else central)


def differences(before: Forecast, after: Forecast, measure: str) -> np.ndarray:
    """Return the change of the total at the last year; of a measure without a total, of every cell of every year."""
    old, new = margins_of(before, measure), margins_of(after, measure)
    assert old, f"{measure} is not emitted"
    assert old.keys() == new.keys()
    if before.has(measure):
        total = before.margin(measure).identity
        return at_the_end(new[total]) - at_the_end(old[total])
    return np.concatenate([(new[key].stats - old[key].stats).ravel() for key in old])


def different(before: Forecast, after: Forecast, measures: Iterable[str], rounding: float = 0.0) -> list[str]:
    """Return the measures of which some margin is not the same, to the last bit or within a relative rounding."""
    found = []
    for measure in sorted(measures):
        old, new = margins_of(before, measure), margins_of(after, measure)
        same = old.keys() == new.keys() and all(
            old[key].labels == new[key].labels
            and np.allclose(old[key].stats, new[key].stats, rtol=rounding, atol=rounding, equal_nan=True)
            for key in old
        )
        found += [] if same else [measure]
    return found


@pytest.mark.parametrize("name", ACTIVE)
def test_lever_moves_what_it_says_and_nothing_else(rotherham: Dataset, name: str) -> None:
    lever = BY_NAME[name]
    before, after = before_and_after(rotherham, lever)
    moves = {measure: differences(before, after, measure) for measure in lever.moves}
    wrong = [f"{m} should rise" for m in lever.up if (moves[m] < 0).any() or not (moves[m] > 0).any()]
    wrong += [f"{m} should fall" for m in lever.down if (moves[m] > 0).any() or not (moves[m] < 0).any()]
    wrong += [f"{m} should move" for m in lever.either if not different(before, after, [m])]
    others = set(before.measures()) - lever.moves
    wrong += [f"{m} should stay" for m in different(before, after, others, ROUNDING)]
    assert wrong == []
    assert before.measures() == after.measures()


def test_the_null_scenario_is_the_baseline(rotherham: Dataset) -> None:
    plain = forecast(rotherham, Scenario("baseline"))
    assert plain.table.equals(forecast(rotherham, dataset_scenarios(rotherham)["baseline"]).table)


@pytest.mark.parametrize("name", NAMES)
def test_a_change_and_its_undoing_give_the_baseline_exactly(rotherham: Dataset, name: str) -> None:
    lever = BY_NAME[name]
    plain = forecast(rotherham, Scenario("null"))
    key = KEYS.get(name, "")
    held: Value
    if lever.kind == "choice":
        held = baseline(rotherham).word(name)
    else:
        held = baseline(rotherham).number(name, key)
    there = Change(name, raised(rotherham, lever), key)
    back = forecast(rotherham, Scenario("null", (there, Change(name, held, key))))
    assert plain.measures() == back.measures()
    assert different(plain, back, plain.measures()) == []


def test_no_forecast_changes_the_baseline(rotherham: Dataset) -> None:
    before = baseline(rotherham).items
    for name in ACTIVE:
        before_and_after(rotherham, BY_NAME[name])
    assert baseline(rotherham).items == before


@pytest.mark.parametrize("name", NAMES)
def test_every_lever_is_described(rotherham: Dataset, name: str) -> None:
    lever = BY_NAME[name]
    assert lever.label and lever.unit and lever.help.endswith(".") and lever.pages and lever.group
    assert lever.moves and set(lever.methods) <= set(METHODS) and set(lever.tables) <= set(TABLES)
    assert len(lever.up) + len(lever.down) + len(lever.either) == len(lever.moves), "a measure is named twice"
    if lever.kind == "choice":
        assert lever.choices and lever.default in dict(lever.choices)
    else:
        assert lever.low < lever.high and lever.step > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_baseline_is_within_bounds(rotherham: Dataset, name: str) -> None:
    lever = BY_NAME[name]
    for item in (*baseline(rotherham).of_any_key(name), *candidates(rotherham, name)):
        assert in_bounds(lever, item.value) == "", item


def test_names_of_levers_are_unique() -> None:
    assert len(BY_NAME) == len(LEVERS)


def test_every_assumption_has_a_unit_a_source_and_a_status(rotherham: Dataset) -> None:
    rows = rotherham.table("assumptions")
    assert len(rows) > 0
    for column in ("unit", "source", "status"):
        assert rows[column].str.strip().ne("").all(), rows.loc[rows[column].str.strip().eq(""), "lever"].tolist()
    assert set(rows["status"]) <= set(STATUSES)
    for item in baseline(rotherham).items:
        assert item.unit and item.source and item.status, item


def test_every_change_of_a_scenario_gives_its_reason(rotherham: Dataset) -> None:
    for scenario in dataset_scenarios(rotherham).values():
        assert all(change.why for change in scenario.changes), scenario.name
