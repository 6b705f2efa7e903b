"""Where growth comes from: the parts close to the whole change, and each answers to its own cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.drivers_plans import driver_runs, drivers, whole_change
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import Run, run
from forecasting.scenario.scenario import Change, Scenario
from tests.support import SHARED, somewhere_with_moves

DFE_BANDS = {"under_5": 50, "5_10": 450, "11_15": 500, "16_19": 200, "20_25": 35}


def parts(done: Run) -> dict[str, float]:
    return {driver.name: driver.plans for driver in drivers(done)}


def change(done: Run) -> float:
    total = done.forecast.margin("ehc_plans")
    first = max(done.forecast.base_year, int(total.labels[0][0]))
    return done.forecast.value("ehc_plans", done.forecast.years[-1]) - done.forecast.value("ehc_plans", first)


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("flows")
    plans = [(y, band, round(n * 1.06 ** (y - 2016))) for y in range(2013, 2017) for band, n in DFE_BANDS.items()]
    rows = [(y, 300 + 10 * k, 220 + 8 * k, 190 + 7 * k, 120) for k, y in enumerate(range(2012, 2016))]
    people = [(y, nc, 3000 + 20 * (y - 2016)) for y in range(2012, 2030) for nc in range(-5, 22)]
    tables = {
        "about": pd.DataFrame([("authority_name", "Somewhere")], columns=["key", "value"]),
        "ehc_plans": pd.DataFrame(plans, columns=["year", "age_band", "plans"]),
        "plan_flows": pd.DataFrame(
            rows, columns=["calendar_year", "requests", "assessments", "new_plans", "ceased"]
        ),
        "population": pd.DataFrame(people, columns=["year", "nc_year", "people"]),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(path / f"{name}.csv", index=False)
    return load([path])


@pytest.fixture(scope="module")
def with_moves(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return somewhere_with_moves(tmp_path_factory.mktemp("moves"))


def test_the_parts_close_in_every_method(flows: Dataset, with_moves: Dataset, rotherham: Dataset) -> None:
    levers = (Change("new_plan_rate", 0.1), Change("cease_rate", -0.1))
    for dataset, method, count in ((flows, "age_flow", 4), (with_moves, "moves", 5), (rotherham, "trend", 3)):
        for changes in ((), levers):
            done = run(dataset, Scenario("s", changes), method=method, to=2024)
            found = parts(done)
            assert len(found) == count
            assert sum(found.values()) == pytest.approx(change(done), abs=1e-6)
    assert parts(run(rotherham, Scenario("s"))) == {}


def test_each_part_answers_to_its_own_lever(flows: Dataset, with_moves: Dataset) -> None:
    for dataset, method in ((flows, "age_flow"), (with_moves, "moves")):
        plain = parts(run(dataset, Scenario("s"), method=method))
        more = parts(run(dataset, Scenario("s", (Change("new_plan_rate", 0.2),)), method=method))
        longer = parts(run(dataset, Scenario("s", (Change("cease_rate", -0.2),)), method=method))
        assert [name for name in plain if more[name] != plain[name]] == ["Identification", "Interaction"]
        assert more["Identification"] > plain["Identification"]
        assert longer["Staying on"] > plain["Staying on"]
        assert longer["Population"] == plain["Population"]


def test_population_is_the_growth_of_residents_at_todays_rates(flows: Dataset) -> None:
    """Residents of every age go from 3,000 in 2016 to 3,200 in 2026: 1/15 of 1,235 plans."""
    done = run(flows, Scenario("s"), method="age_flow", to=2026)
    assert parts(done)["Population"] == pytest.approx(1235 / 15)


def test_the_parts_close_in_every_draw(flows: Dataset, with_moves: Dataset, rotherham: Dataset) -> None:
    """The runs that the forecast itself is made of: parts add up to the change of each, and their mean to its mean."""
    levers = (Change("new_plan_rate", 0.1), Change("cease_rate", -0.1), Change("policy_shock", 0.2, from_year=2020))
    for dataset, method in ((flows, "age_flow"), (with_moves, "moves"), (rotherham, "trend")):
        for changes in ((), levers):
            done = run(dataset, Scenario("s", changes), method=method, to=2024, draws=60, seed=4)
            assert done.plans is not None
            years, runs = done.plans.years, done.plans.runs
            start = years.index(max(years[0], done.forecast.base_year))
            whole = np.sum(list(driver_runs(done).values()), axis=0)
            assert whole.shape == (61,)
            assert whole == pytest.approx(runs[:, -1] - runs[:, start], abs=1e-6)
            drawn = done.forecast.value("ehc_plans", 2024, statistic="mean") - runs[0, start]
            assert whole[1:].mean() == pytest.approx(drawn, rel=1e-9)
            assert whole_change(done).plans == pytest.approx(change(done))


def test_ranges_of_the_parts_hold_the_central_run_and_are_wider_than_nothing(flows: Dataset) -> None:
    done = run(flows, Scenario("s"), method="age_flow", to=2024, draws=400)
    found = {driver.name: driver.interval for driver in drivers(done)}
    central = parts(done)
    for name in ("Staying on", "Identification"):
        interval = found[name]
        assert interval is not None and interval.low < central[name] < interval.high
    population = found["Population"]
    assert population is not None and population.low == population.high == central["Population"]
    assert all(driver.interval is None for driver in drivers(run(flows, Scenario("s"), method="age_flow", to=2024)))


def test_a_policy_shock_in_trend_is_a_part_of_its_own(rotherham: Dataset) -> None:
    plain = parts(run(rotherham, Scenario("s"), method="trend"))
    shocked = run(rotherham, Scenario("s", (Change("policy_shock", 0.3),)), method="trend")
    more = parts(shocked)
    rise = change(shocked) - sum(plain.values())
    assert more.pop("Change of law or policy") == pytest.approx(rise) and rise > 0
    assert more == pytest.approx(plain)


def test_nothing_shared_with_england_when_its_growth_is_none(rotherham: Dataset) -> None:
    done = run(rotherham, Scenario("s", (Change("national_trend", "none"),)), method="trend")
    assert parts(done)["Growth shared with England"] == 0.0


@pytest.mark.skipif(not (SHARED / "moves").exists(), reason="../shared/moves is not beside the repository")
def test_the_parts_close_on_real_moves() -> None:
    done = run(load([SHARED / "moves"]), Scenario("s"))
    assert sum(parts(done).values()) == pytest.approx(change(done), abs=1e-6)
