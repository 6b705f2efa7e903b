"""The track record: leak-free, scored as the scorer does, and empty with reason when the history is short."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.analysis import track_record as record
from forecasting.analysis.track_record import METHODS, afterwards, growth, told_then, track_record
from forecasting.inputs.dataset import Dataset
from forecasting.model import trend_inputs
from forecasting.model.run import run
from forecasting.model.trend_inputs import panel
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.scenario.scenario import Scenario

COUNTS = (100, 110, 121, 133, 146, 161, 177, 195)  # 2013 to 2020, about 10 % a year


def dataset(counts: tuple[int, ...] = COUNTS, first: int = 2013, code: str = "001") -> Dataset:
    plans = pd.DataFrame({"year": range(first, first + len(counts)), "plans": [float(n) for n in counts]})
    for column in ("age_band", "need", "setting", "place", "source"):
        plans[column] = ""
    for column in ("age", "nc_year"):
        plans[column] = pd.array([pd.NA] * len(plans), dtype="Int64")
    about = pd.DataFrame({"key": ["authority_code", "authority_name"], "value": [code, "Somewhere"], "source": ""})
    return Dataset({"about": about, "ehc_plans": plans})


def view_of(data: Dataset) -> View:
    plain = run(data, Scenario("baseline"))
    return View(plain, plain)


def test_every_method_is_tested_from_every_january_with_three_years_known() -> None:
    found = track_record(dataset())
    assert found is not None
    assert set(found.cases["method"]) == set(METHODS)
    assert sorted(found.cases["origin"].unique()) == [2015, 2016, 2017, 2018, 2019]
    assert (found.cases["year"] <= 2020).all()
    last = found.cases.loc[(found.cases["method"] == "last_value") & (found.cases["origin"] == 2017)]
    assert last["mean"].tolist() == [146.0] * 3 and last["actual"].tolist() == [161.0, 177.0, 195.0]


def test_the_error_is_the_sum_of_errors_over_the_sum_of_what_came() -> None:
    """No change, five years ahead: only 2015 to 2020, 121 said and 195 came: 74 plans, 37.9 %, too low."""
    found = track_record(dataset())
    assert found is not None
    row = found.scores.loc[(found.scores["method"] == "last_value") & (found.scores["horizon"] == 5)].iloc[0]
    assert row["n"] == 1 and row["mae"] == 74
    assert row["wape"] == pytest.approx(74 / 195) and row["bias"] == pytest.approx(-74 / 195)


def test_what_comes_later_changes_no_earlier_forecast() -> None:
    plain, other = track_record(dataset()), track_record(dataset((*COUNTS[:6], 500, 20)))
    assert plain is not None and other is not None
    keys = ["method", "origin", "horizon"]
    early = [found.cases.loc[found.cases["origin"] <= 2018].set_index(keys)["mean"] for found in (plain, other)]
    pd.testing.assert_series_equal(*early)
    late = [found.cases.loc[found.cases["origin"] == 2019, "mean"].tolist() for found in (plain, other)]
    assert late[0] != late[1]


def test_a_short_history_is_said_to_be_too_short() -> None:
    short = dataset(COUNTS[:4])
    assert track_record(short) is None
    subject = SUBJECTS["track_record"](view_of(short))
    assert "too short: 4 years" in subject.answer and subject.figures == ()


def test_the_page_shows_forecasts_errors_and_every_method() -> None:
    subject = SUBJECTS["track_record"](view_of(dataset()))
    assert {figure.key for figure in subject.figures} == {"said_and_came", "errors_by_method"}
    drawn = next(figure for figure in subject.figures if figure.key == "said_and_came").data
    assert drawn.loc[(drawn["series"] == "what came") & (drawn["year"] == 2020), "value"].tolist() == [195.0]
    table = next(table for table in subject.tables if table.key == "track_scores").frame
    assert table["Method"].nunique() == len(METHODS)
    assert table.loc[table["Method"] == "no change", "80% range held"].isna().all()


def test_rotherham_shows_what_was_said_and_what_happened(rotherham: Dataset) -> None:
    rows = afterwards(rotherham).set_index(["series", "year"])["plans"]
    assert rows["what happened", 2021] == 2379 and rows["what happened", 2025] == 3623
    assert rows["published assessment, 1% a year", 2021] == 1295
    assert rows["the council in February 2019", 2021] == 2795
    subject = SUBJECTS["track_record"](view_of(rotherham))
    figure = next(figure for figure in subject.figures if figure.key == "afterwards")
    assert "1,084 too low (−46%)" in figure.alt and "416 too high (17%)" in figure.alt
    assert afterwards(dataset()).empty


def test_growth_is_compound() -> None:
    assert growth(pd.DataFrame({"year": [2010, 2012], "value": [100.0, 121.0]})) == pytest.approx(0.1)
    assert growth(pd.DataFrame({"year": [2010], "value": [100.0]})) != growth(pd.DataFrame({"year": [], "value": []}))


def test_england_and_other_authorities_are_the_pool_and_nothing_after_the_base_year_is_known() -> None:
    found = panel(dataset())
    england = found.loc[(found["unit"] == "ENG") & (found["series"] == "total")]
    assert england["year"].max() == 2020 == found["year"].max()
    assert england.set_index("year")["value"][2020] > 300_000
    assert found["unit"].nunique() > 70
    assert set(found["series"]) == {"total", "state_special", "inmss", "new_plans", "requests"}


def test_an_authority_of_the_pool_is_known_by_its_own_figures_alone() -> None:
    """372 is Rotherham in the pool: its counts are those of the dataset, and no later or earlier ones are mixed in."""
    found = panel(dataset(code="372"))
    mine = found.loc[(found["unit"] == "372") & (found["series"] == "total")]
    assert mine["value"].tolist() == [float(n) for n in COUNTS]


def test_counts_of_the_pool_after_the_origin_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled counts of all authorities after January 2018 are spoilt: what was said until then stays the same."""
    counts, keys = trend_inputs.plans_by_authority(), ["method", "origin", "horizon"]
    plain = track_record(dataset())
    assert plain is not None
    later = counts["year"] > 2018
    spoilt = counts.assign(value=counts["value"].where(~later, counts["value"] * 3))
    monkeypatch.setattr(trend_inputs, "plans_by_authority", lambda: spoilt)
    other = track_record(dataset())
    assert other is not None
    both = [found.cases.set_index(keys)["mean"].loc["auto"] for found in (plain, other)]
    pd.testing.assert_series_equal(both[0].loc[:2018], both[1].loc[:2018], check_exact=True)
    assert (both[0].loc[2019] != both[1].loc[2019]).all()


def test_beside_what_was_said_stands_what_this_method_would_have_said(rotherham: Dataset) -> None:
    subject = SUBJECTS["track_record"](view_of(rotherham))
    table = next(table for table in subject.tables if table.key == "said_afterwards").frame.set_index("Who said it")
    assert table.loc["published assessment, 1% a year", "Too high or too low"] == pytest.approx(1295 / 2379 - 1)
    assert table.loc["the council in February 2019", "Too high or too low"] == pytest.approx(2795 / 2379 - 1)
    for january in (2016, 2019):
        row = table.loc[f"this method, from January {january}"]
        assert row["For January"] == 2021 and row["80% range from"] < row["Said"] < row["to"] and row["Came"] == 2379


def test_what_this_method_would_have_said_knows_nothing_later(
    rotherham: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundled national counts after January 2019 are spoilt: nothing moves. Those of January 2019 do move it."""
    counts = record.plans_by_authority()
    before = told_then(rotherham)
    assert len(before) == 6 + 3  # 2016 to 2021 and 2019 to 2021
    for first, same in ((2020, True), (2019, False)):
        spoilt = counts.assign(value=counts["value"].where(counts["year"] < first, counts["value"] * 3))
        monkeypatch.setattr(record, "plans_by_authority", lambda spoilt=spoilt: spoilt)
        told_then.cache_clear()
        assert told_then(rotherham).equals(before) == same
    told_then.cache_clear()


def test_the_departments_form_is_forecast_over_counted_less_1() -> None:
    found = track_record(dataset())
    assert found is not None
    table = next(t for t in SUBJECTS["track_record"](view_of(dataset())).tables if t.key == "track_department").frame
    cases = found.cases.loc[found.cases["method"] == "auto"].set_index(["year", "horizon"])
    row = table.set_index("January").loc[2020]
    for horizon, column in ((1, "Forecast 1 year before"), (3, "Forecast 3 years before")):
        assert row[column] == pytest.approx(cases.loc[(2020, horizon), "mean"] / 195 - 1)
