"""Pupils by year group in a forecast: worked values, margins that add up, history, odd and thin tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecasting.axes import STATISTICS
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.inputs.year_groups import year_groups, year_groups_lacking
from forecasting.model.forecast import Forecast
from forecasting.model.pupil_tables import pupil_tables
from forecasting.model.run import forecast
from forecasting.scenario.scenario import Change, Scenario
from tests.support import BASE, synthetic_pupil_tables, write_tables

Tables = Mapping[str, pd.DataFrame]
PLAIN = Scenario("plain")


@pytest.fixture(scope="module")
def told(pupil_dataset: Dataset) -> Forecast:
    return forecast(pupil_dataset, PLAIN, method="trend", draws=60, seed=1)


def changed(folder: Path, **tables: pd.DataFrame | None) -> Dataset:
    """Return the synthetic authority with some tables in place of its own; None = without the table."""
    held = {**synthetic_pupil_tables(), **tables}
    return load([write_tables({name: table for name, table in held.items() if table is not None}, folder)])


def central(told: Forecast, measure: str, *axes: str, **at: Any) -> np.ndarray:
    return told.margin(measure, *axes, **at).stats[STATISTICS.index("central")]


# ---------------------------------------------------------------------------------------- worked by hand


def small(folder: Path, **more: pd.DataFrame) -> Dataset:
    """Four year groups, Reception to Year 3, of 100 children each, where every child moves up and all born come."""
    pupils = pd.DataFrame([(y, g, 100) for y in range(2018, 2025) for g in range(4)],
                          columns=["year", "nc_year", "pupils"])  # fmt: skip
    births = pd.DataFrame({"year": range(2010, 2030), "births": [100] * 14 + [110] * 6})
    plans = pd.DataFrame({"year": [2022, 2023, 2024], "plans": [10, 11, 12]})
    about = pd.DataFrame({"key": ["authority_code", "base_year"], "value": ["X98", "2024"]})
    tables = {"about": about, "pupils": pupils, "births": births, "ehc_plans": plans, **more}
    return load([write_tables(tables, folder)])


def test_cohorts_move_up_and_births_come_in_five_years_later(tmp_path: Path) -> None:
    told = forecast(small(tmp_path), PLAIN, to=2032, method="trend")
    # Births of 2024 (110) are in Reception in January 2029: 2024 + 5; a year later they are Year 1.
    assert told.value("pupils", 2028) == pytest.approx(400, rel=1e-6)
    assert told.value("pupils", 2029, nc_year=0) == pytest.approx(110, rel=1e-6)
    assert told.value("pupils", 2029) == pytest.approx(410, rel=1e-6)
    assert told.value("pupils", 2030) == pytest.approx(420, rel=1e-6)
    assert told.value("pupils", 2032) == pytest.approx(440, rel=1e-6)
    assert told.value("pupils_growth", 2032) == pytest.approx(40, rel=1e-6)
    assert told.value("pupils_growth", 2032, component="births") == pytest.approx(40, rel=1e-6)


def test_dwellings_bring_pupils_who_then_move_up(tmp_path: Path) -> None:
    built = pd.DataFrame({"year": [2024, 2025, 2026], "dwelling_type": "house", "dwellings": [0, 62, 0]})
    yields = pd.DataFrame({"dwelling_type": ["house"], "phase": ["primary"], "pupils_per_dwelling": [0.4]})
    told = forecast(small(tmp_path, housing=built, pupil_yields=yields), PLAIN, to=2026, method="trend")
    # 62 dwellings × 0.4 = 24.8 pupils over Reception to Year 3, 6.2 in each; the first year brings 16 of 31 parts: 3.2.
    assert told.value("pupils", 2025, nc_year=0) == pytest.approx(103.2, rel=1e-6)
    assert told.value("pupils", 2025) == pytest.approx(400 + 4 * 3.2, rel=1e-6)
    # The second year brings 8 parts, 1.6 a year group; the 3.2 of Reception, Years 1 and 2 have moved up.
    assert told.value("pupils", 2026) == pytest.approx(400 + 3 * 3.2 + 4 * 1.6, rel=1e-6)


def test_pupils_with_sen_keep_the_share_of_the_base_year(tmp_path: Path) -> None:
    sen = pd.DataFrame({"year": 2024, "provision": ["sen_support", "ehc_plan"], "pupils": [60, 20]})
    told = forecast(small(tmp_path, sen=sen), PLAIN, to=2032, method="trend")
    # 80 of 400 pupils are 20 %, 20 of 400 are 5 %; of 440 pupils that is 88 and 22.
    assert [told.value(name, 2032) for name in ("pupils_with_sen", "pupils_with_ehc_plan", "sen_support")] == (
        pytest.approx([88, 22, 66], rel=1e-6)
    )
    assert told.value("pupils_with_sen", 2024) == 80


# -------------------------------------------------------------------------------------------- margins


@pytest.mark.parametrize("axis", ["nc_year", "phase", "area"])
def test_each_axis_adds_up_to_the_total(told: Forecast, axis: str) -> None:
    margin, total = told.margin("pupils", axis), told.margin("pupils")
    years = [total.labels[0].index(year) for year in margin.labels[0]]
    for statistic in ("central", "mean"):  # quantiles of parts do not add up to quantiles of the whole
        at = STATISTICS.index(statistic)
        np.testing.assert_allclose(margin.stats[at].sum(axis=1), total.stats[at][years], rtol=1e-12)


def test_history_stands_as_counted_in_every_statistic(told: Forecast) -> None:
    rows = synthetic_pupil_tables()["pupils"]
    counted = rows.groupby(["year", "nc_year"])["pupils"].sum()
    margin, total = told.margin("pupils", "nc_year"), told.margin("pupils")
    past = [year for year in margin.labels[0] if year <= BASE]
    assert past == list(range(2008, BASE + 1))
    expected = counted.to_numpy().reshape(len(past), -1)
    for at in range(len(STATISTICS)):
        np.testing.assert_array_equal(margin.stats[at, : len(past)], expected)
        np.testing.assert_array_equal(total.stats[at, : len(past)], expected.sum(axis=1))


def test_ranges_widen_and_hold_the_central_run(told: Forecast) -> None:
    low, mid, high = (told.margin("pupils").stats[STATISTICS.index(name)] for name in ("p10", "central", "p90"))
    assert ((low < mid) & (mid < high))[-10:].all()
    assert (high - low)[-1] > 2 * (high - low)[-10] > 0


def test_drivers_close_to_the_growth(told: Forecast) -> None:
    parts = [m for m in told.margins if m.measure == "pupils_growth" and m.component]
    assert len(parts) == 8
    whole = np.sum([part.stats[0] for part in parts], axis=0)
    np.testing.assert_allclose(whole, central(told, "pupils_growth")[1:], rtol=1e-9)


def test_residents_are_as_given_and_kept_apart_in_words(told: Forecast) -> None:
    rows = synthetic_pupil_tables()["population"]
    expected = rows.groupby("year")["people"].sum()
    assert told.margin("residents").labels[0] == tuple(range(2008, 2035))
    np.testing.assert_allclose(central(told, "residents"), expected.loc[2008:2034], rtol=1e-12)
    assert "Residents are actual to 2024 and projected after that." in told.warnings


def test_the_forecast_says_which_method_and_why(told: Forecast) -> None:
    assert any("forecast by cohorts" in warning and "past" in warning for warning in told.warnings)


def test_the_same_seed_gives_the_same_figures_and_another_does_not(pupil_dataset: Dataset) -> None:
    first, again, other = (forecast(pupil_dataset, PLAIN, method="trend", draws=20, seed=s) for s in (4, 4, 5))
    assert first.table.equals(again.table)
    assert first.value("pupils", 2034) == other.value("pupils", 2034)
    assert first.value("pupils", 2034, statistic="p90") != other.value("pupils", 2034, statistic="p90")


# --------------------------------------------------------------------------------- thin and odd tables


def test_totals_alone_grow_by_the_published_rate(tmp_path: Path) -> None:
    totals = pd.DataFrame({"year": [2022, 2023, 2024], "pupils": [990, 995, 1000]})
    rate = pd.DataFrame({"lever": ["pupil_growth"], "value": ["0.01"], "source": ["local"], "status": ["local"]})
    told = forecast(changed(tmp_path, pupils=totals, assumptions=rate, sen=None), PLAIN, method="trend", draws=5)
    # Simple growth: 1,000 × (1 + 10 × 0.01) = 1,100 in 2034; history as counted.
    assert told.value("pupils", 2034) == pytest.approx(1100)
    assert told.value("pupils", 2022) == 990
    assert not told.has("pupils", "nc_year")
    assert any("year groups would need pupils by NC year" in warning for warning in told.warnings)


def test_constant_growth_can_be_chosen_and_keeps_the_shares(pupil_dataset: Dataset) -> None:
    chosen = Scenario("flat", (Change("pupil_method", "constant_growth"),))
    told = forecast(pupil_dataset, chosen, method="trend", draws=10)
    now, later = (told.margin("pupils", "nc_year").stats[:, told.margin("pupils", "nc_year").labels[0].index(y)]
                  for y in (BASE, 2034))  # fmt: skip
    np.testing.assert_allclose(later, now, rtol=1e-12)  # the neutral rate is none
    assert not told.has("pupils_growth", component="births")


def test_the_published_method_is_untouched(pupil_dataset: Dataset) -> None:
    told = forecast(pupil_dataset, PLAIN, method="published_rate", draws=50)
    assert told.margin("pupils").labels[0] == tuple(range(2024, 2035))
    assert not told.has("pupils", "nc_year")


def test_no_births_holds_reception_or_follows_residents(tmp_path: Path) -> None:
    told = forecast(changed(tmp_path / "a", births=None, population=None), PLAIN, method="trend", draws=20)
    reception = told.margin("pupils", "nc_year")
    column = reception.labels[1].index(0)
    counted = reception.stats[0][: 2024 - 2008 + 1, column]
    assert told.value("pupils", 2030, nc_year=0) == pytest.approx(counted[-3:].mean(), rel=0.15)
    assert any("There are no births".lower() in warning.lower() for warning in told.warnings)
    followed = forecast(changed(tmp_path / "b", births=None), PLAIN, method="trend")
    people = synthetic_pupil_tables()["population"]
    aged_4 = people.loc[people["age"] == 4].set_index("year")["people"]
    ratio = [followed.value("pupils", y, nc_year=0) / aged_4.loc[y] for y in (2026, 2029)]
    assert ratio[0] == pytest.approx(ratio[1], rel=0.03)  # up to pupils from dwellings


def test_a_missing_january_is_bridged_and_stays_out_of_history(tmp_path: Path) -> None:
    pupils = synthetic_pupil_tables()["pupils"]
    data = changed(tmp_path, pupils=pupils.loc[pupils["year"] != 2021])
    assert year_groups(data).loc[2021].isna().all()
    told = forecast(data, PLAIN, method="trend", draws=20)
    assert 2021 not in told.margin("pupils").labels[0]
    whole = forecast(changed(tmp_path / "whole"), PLAIN, method="trend")
    assert told.value("pupils", 2029) == pytest.approx(whole.value("pupils", 2029), rel=0.03)


def test_one_january_alone_cannot_be_followed(tmp_path: Path) -> None:
    pupils = synthetic_pupil_tables()["pupils"]
    data = changed(tmp_path, pupils=pupils.loc[pupils["year"] == BASE])
    assert year_groups_lacking(data) == "pupils by NC year for 2 years; only 2024 is known"
    told = forecast(data, PLAIN, method="trend", draws=5)
    assert told.value("pupils", 2034) == told.value("pupils", BASE)
    assert told.has("pupils", "nc_year")


def test_two_januaries_are_enough(tmp_path: Path) -> None:
    pupils = synthetic_pupil_tables()["pupils"]
    data = changed(tmp_path, pupils=pupils.loc[pupils["year"] >= BASE - 1], cross_border=None)
    told = forecast(data, PLAIN, method="trend", draws=20)
    assert told.has("pupils_growth", component="births")
    assert np.isfinite(told.margin("pupils").stats).all()


def test_a_year_group_unknown_in_the_last_january_falls_back_and_says_so(tmp_path: Path) -> None:
    pupils = synthetic_pupil_tables()["pupils"]
    hole = pupils.assign(pupils=pupils["pupils"].mask((pupils["year"] == BASE) & (pupils["nc_year"] == 5)))
    data = changed(tmp_path, pupils=hole.dropna(subset=["pupils"]))
    assert year_groups_lacking(data) == "pupils of NC year 5 in 2024"


def test_a_year_group_that_has_gone_is_left_out(tmp_path: Path) -> None:
    pupils = synthetic_pupil_tables()["pupils"]
    data = changed(tmp_path, pupils=pupils.loc[(pupils["nc_year"] < 14) | (pupils["year"] < BASE)])
    assert list(year_groups(data).columns) == list(range(-2, 14))


def test_totals_beside_year_groups_are_not_added_to_them(tmp_path: Path) -> None:
    pupils = synthetic_pupil_tables()["pupils"]
    whole = pupils.groupby("year")["pupils"].sum().reset_index()
    told = forecast(changed(tmp_path, pupils=pd.concat([pupils, whole])), PLAIN, method="trend")
    assert told.value("pupils", BASE) == whole.set_index("year")["pupils"].loc[BASE]


def test_an_optional_table_that_cannot_be_used_is_left_out_with_a_note(tmp_path: Path) -> None:
    yields = synthetic_pupil_tables()["pupil_yields"]
    data = changed(tmp_path, pupil_yields=yields.loc[yields["dwelling_type"] == "flat"])
    tables = pupil_tables(data)
    assert tables.inputs.housing is None
    assert any("no yield" in note and "house" in note for _, note in tables.notes)
    told = forecast(data, Scenario("more", (Change("dwellings_change", 0.5),)), method="trend")
    assert told.value("pupils", 2034) == forecast(data, PLAIN, method="trend").value("pupils", 2034)


def test_births_that_end_early_are_held_and_said_only_when_it_matters(tmp_path: Path) -> None:
    births = synthetic_pupil_tables()["births"]
    data = changed(tmp_path, births=births.loc[births["year"] < 2026])
    near, far = (forecast(data, PLAIN, to=to, method="trend") for to in (2026, 2034))
    said = [any("projected to 2025" in warning for warning in told.warnings) for told in (near, far)]
    assert said == [False, True]


def test_the_order_of_rows_is_irrelevant(tmp_path: Path, told: Forecast) -> None:
    mixed = {name: table.sample(frac=1, random_state=1) for name, table in synthetic_pupil_tables().items()}
    shuffled = forecast(changed(tmp_path, **mixed), PLAIN, method="trend", draws=60, seed=1)
    np.testing.assert_allclose(shuffled.margin("pupils").stats, told.margin("pupils").stats, rtol=1e-9)


def test_dwellings_that_start_after_a_trial_do_not_spoil_it(tmp_path: Path) -> None:
    housing = synthetic_pupil_tables()["housing"]
    told = forecast(changed(tmp_path, housing=housing.loc[housing["year"] >= 2022]), PLAIN, method="trend")
    assert np.isfinite(told.margin("pupils").stats).all()
    assert any("own past" in warning and "too few" not in warning for warning in told.warnings)
