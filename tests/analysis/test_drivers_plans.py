"""Where growth comes from: the parts close to the whole change, and each answers to its own cause."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.analysis.drivers_plans import drivers
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
    for dataset, method, count in ((flows, "age_flow", 3), (with_moves, "moves", 4), (rotherham, "trend", 2)):
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
        assert [name for name in plain if more[name] != plain[name]] == ["Identification"]
        assert more["Identification"] > plain["Identification"]
        assert longer["Staying on"] > plain["Staying on"]
        assert longer["Population"] == plain["Population"]


def test_population_is_the_growth_of_residents_at_todays_rates(flows: Dataset) -> None:
    """Residents of every age go from 3,000 in 2016 to 3,200 in 2026: 1/15 of 1,235 plans."""
    done = run(flows, Scenario("s"), method="age_flow", to=2026)
    assert parts(done)["Population"] == pytest.approx(1235 / 15)


@pytest.mark.skipif(not (SHARED / "moves").exists(), reason="../shared/moves is not beside the repository")
def test_the_parts_close_on_real_moves() -> None:
    done = run(load([SHARED / "moves"]), Scenario("s"))
    assert sum(parts(done).values()) == pytest.approx(change(done), abs=1e-6)
