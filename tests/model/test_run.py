"""What a forecast does with fewer tables, other years and other methods."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.axes import FORECAST_KEYS
from forecasting.errors import MethodUnavailable, UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import forecast, last_year, method_for
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Scenario
from tests.support import ROOT, ROTHERHAM, Copy

BASELINE = Scenario("baseline")
# Without these there is no forecast, or words in other tables are not explained.
NEEDED = ("about", "pupils", "mappings")
OTHERS = sorted(file.stem for file in ROTHERHAM.glob("*.csv") if file.stem not in NEEDED)


@pytest.mark.parametrize("table", OTHERS)
def test_a_forecast_does_without_any_other_table(table: str, rotherham: Dataset) -> None:
    fewer = Dataset({name: frame for name, frame in rotherham.tables.items() if name != table})
    told = forecast(fewer, BASELINE)
    growth = 0.0 if table == "assumptions" else 0.01
    assert told.value("pupils", 2021) == pytest.approx(44627 * (1 + 5 * growth))


def test_a_forecast_does_with_two_tables(rotherham: Dataset) -> None:
    told = forecast(Dataset({name: rotherham.table(name) for name in ("about", "pupils")}), BASELINE)
    assert set(told.measures()) == {
        "pupils",
        "pupils_growth",
        "places_needed",
        "places_short",
    }  # nobody's place is known


def test_the_table_has_one_row_a_cell(rotherham: Dataset) -> None:
    for scenario in dataset_scenarios(rotherham).values():
        table = forecast(rotherham, scenario).table
        assert not table.duplicated(list(FORECAST_KEYS)).any()
        assert set(table["scenario"]) == {scenario.name}
        assert table["central"].notna().all()
        assert table["measure"].ne("").all() and table["unit"].isin(["count", "fraction", "gbp"]).all()


def test_a_longer_forecast_begins_with_the_shorter_one(rotherham: Dataset) -> None:
    """Nothing in an early year depends on how far the forecast reaches."""
    scenario = dataset_scenarios(rotherham)["published"]
    short, long = (forecast(rotherham, scenario, to=to).table.set_index(list(FORECAST_KEYS)) for to in (2021, 2030))
    np.testing.assert_allclose(short["central"], long["central"].reindex(short.index), rtol=1e-12)


def test_the_last_year(rotherham: Dataset, copied: Copy) -> None:
    assert last_year(rotherham) == 2021  # as table about says
    assert last_year(rotherham, 2030) == 2030
    copied.write("about", [row for row in copied.rows("about") if row["key"] != "forecast_to"])
    assert last_year(copied.load()) == 2026  # ten years on
    for year in (0, 2016, 2101):
        with pytest.raises(UsageError, match=f"cannot end in {year}: the data allow any year from 2017 to 2046"):
            last_year(rotherham, year)


def test_the_method_asked_for_goes_before_the_one_the_scenario_fixes(rotherham: Dataset) -> None:
    assert method_for(rotherham, BASELINE)[0] == "published_rate"
    assert method_for(rotherham, Scenario("s", method="published_rate")) == ("published_rate", "fixed by the scenario")
    assert method_for(rotherham, Scenario("s", method="auto"), "published_rate") == ("published_rate", "asked for")
    with pytest.raises(MethodUnavailable, match='no method "ets"; the methods are auto, published_rate'):
        method_for(rotherham, Scenario("s", method="published_rate"), "ets")


def test_a_forecast_beyond_what_was_tested_says_so() -> None:
    dataset = load([ROOT / "data" / "demonstration"])
    within, beyond = (forecast(dataset, Scenario("s"), to=to, method="trend").warnings for to in (2030, 2031))
    assert not [told for told in within if "tested" in told]
    assert [told for told in beyond if "tested up to 5 years ahead, to 2030" in told]


@pytest.mark.parametrize("method", ["trend", "age_flow", "moves"])
def test_ranges_widen_every_year_to_the_end(method: str) -> None:
    """Fifteen years ahead: the 80 % and 95 % ranges as shares of the median; 1,000 draws leave 3 % of noise."""
    dataset = load([ROOT / "data" / "demonstration"])
    found = forecast(dataset, Scenario("s"), to=2040, method=method, draws=1000).series("ehc_plans")
    ahead = found.loc[found["year"] > 2025]
    for low, high in (("p10", "p90"), ("p2_5", "p97_5")):
        width = ((ahead[high] - ahead[low]) / ahead["p50"]).to_numpy()
        assert (np.diff(width) > -0.03 * width[1:]).all()
        assert width[-1] > 1.3 * width[4] > 1.3 * width[0]
