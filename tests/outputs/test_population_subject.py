"""The pages Population and Accuracy of pupil forecasts: figures that agree with the forecast, words, empty states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.own_accuracy import past_forecasts, scorecards
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.figure import Figure, Subject, Table
from forecasting.outputs.html import formatted
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario


def view_of(dataset: Dataset, *changes: Change, method: str = "trend") -> View:
    start = run(dataset, Scenario("baseline"), method=method, draws=40)
    return View(run(dataset, Scenario("moved", changes), method=method, draws=40) if changes else start, start)


@pytest.fixture(scope="module")
def view(pupil_dataset: Dataset) -> View:
    return view_of(pupil_dataset)


@pytest.fixture(scope="module")
def population(view: View) -> Subject:
    return SUBJECTS["population"](view)


@pytest.fixture(scope="module")
def accuracy(view: View) -> Subject:
    return SUBJECTS["accuracy"](view)


def table(subject: Subject, key: str) -> Table:
    return next(table for table in subject.tables if table.key == key)


def figure(subject: Subject, key: str) -> Figure:
    return next(figure for figure in subject.figures if figure.key == key)


@pytest.mark.parametrize("name", ["population", "accuracy"])
def test_titles_are_short_and_every_chart_says_what_where_and_when(view: View, name: str) -> None:
    figures = SUBJECTS[name](view).figures
    assert len(figures) >= 3
    for item in figures:
        assert len(item.title.split()) <= 10, item.title
        assert view.name in item.subtitle and any(year in item.subtitle for year in ("2024", "2034")), item.subtitle
        assert "Source:" in item.note and item.alt.endswith(".")
        assert len(item.table.frame), item.key
        assert item.spec("light") != item.spec("dark")


def test_the_answer_is_the_forecast(view: View, population: Subject) -> None:
    assert (
        f"{view.at('pupils', 2024):,.0f} pupils in 2024 to {view.at('pupils', 2034):,.0f} in 2034" in population.answer
    )


def test_the_total_has_its_history_and_its_range(view: View, population: Subject) -> None:
    drawn = figure(population, "pupils")
    data = drawn.data.set_index("year")
    assert data.index.min() == 2008 and "80% of draws" in drawn.subtitle
    assert data.loc[2034, "low"] == view.at("pupils", 2034, statistic="p10")
    assert data.loc[2020, "low"] == data.loc[2020, "high"] == data.loc[2020, "value"]


def test_the_pyramid_has_every_year_group_oldest_first(view: View, population: Subject) -> None:
    frame = table(population, "year_groups").frame
    assert frame["Year group"].tolist()[0] == "Year 14" and frame["Year group"].tolist()[-1] == "Nursery, age 2"
    assert frame["January 2034"].sum() == pytest.approx(view.at("pupils", 2034))
    assert frame.set_index("Year group").loc["Year 7", "January 2024"] == view.at("pupils", 2024, nc_year=7)


def test_a_cohort_is_followed_from_year_to_year(view: View, population: Subject) -> None:
    frame = table(population, "cohorts").frame.set_index("Year")
    # Who was in Reception in January 2018 is in Year 6 in 2024 and in Year 11 in 2029, then leaves.
    assert frame.loc[2018, "Reception in 2018"] == view.at("pupils", 2018, nc_year=0)
    assert frame.loc[2024, "Reception in 2018"] == view.at("pupils", 2024, nc_year=6)
    assert frame.loc[2029, "Reception in 2018"] == view.at("pupils", 2029, nc_year=11)
    assert np.isnan(frame.loc[2030, "Reception in 2018"])


def test_the_account_closes_in_the_whole_pupils_shown(population: Subject) -> None:
    lines = table(population, "pupil_account").frame["Pupils"].tolist()
    assert lines[0] + sum(lines[1:-1]) == lines[-1]
    drawn = figure(population, "pupil_drivers").data["value"].tolist()
    assert drawn == lines[1:-1]


def test_areas_add_up_to_the_total(view: View, population: Subject) -> None:
    frame = table(population, "areas").frame
    assert frame["January 2034"].sum() == round(view.at("pupils", 2034))
    assert (frame["Change"] == frame["January 2034"] - frame["January 2024"]).all()


def test_the_survey_tables_have_five_and_seven_years(view: View, population: Subject) -> None:
    primary, secondary = (table(population, f"survey_{phase}").frame for phase in ("primary", "secondary"))
    assert primary["Academic year"].tolist() == ["2024/25", "2025/26", "2026/27", "2027/28", "2028/29"]
    assert len(secondary) == 7
    assert primary.loc[0, "Total"] == round(view.at("pupils", 2025, phase="primary"))
    assert (primary.drop(columns=["Academic year", "Total"]).sum(axis=1) == primary["Total"]).all()


def test_the_survey_follows_the_levers(pupil_dataset: Dataset) -> None:
    moved = SUBJECTS["population"](view_of(pupil_dataset, Change("net_migration", 0.01)))
    plain = SUBJECTS["population"](view_of(pupil_dataset))
    assert (table(moved, "survey_primary").frame["Total"] > table(plain, "survey_primary").frame["Total"]).all()


def test_residents_say_which_years_are_projected(population: Subject) -> None:
    kinds = table(population, "residents").frame.set_index("Year")["Kind"]
    assert kinds.loc[2024] == "actual" and kinds.loc[2025] == "projected"


def test_the_published_page_is_as_it_was(rotherham: Dataset) -> None:
    scenario = dataset_scenarios(rotherham)["published"]
    held = run(rotherham, scenario)
    subject = SUBJECTS["population"](View(held, run(rotherham, dataset_scenarios(rotherham)["baseline"])))
    assert [section.heading for section in subject.sections] == ["Pupils on roll", "Pupils with SEN", "Residents"]
    assert "44,627 pupils in 2016 to 46,858 in 2021" in subject.answer
    assert figure(subject, "pupils").subtitle == "Pupils on roll, Rotherham, 2016 to 2021 (axis not from zero)"
    assert subject.implications[-1] == "Growth is simple: the same number of pupils each year."


def test_no_pupils_at_all_says_what_to_add(pupil_dataset: Dataset) -> None:
    tables = {name: frame for name, frame in pupil_dataset.tables.items() if name not in ("pupils", "sen")}
    subject = SUBJECTS["population"](view_of(Dataset(tables)))
    assert "add the table pupils" in subject.answer and not subject.sections


# ----------------------------------------------------------------------------------------- accuracy


def test_the_headline_is_the_mean_of_the_past_errors(pupil_dataset: Dataset, accuracy: Subject) -> None:
    rows = past_forecasts(pupil_dataset)
    own = rows.loc[(rows["method"] == "auto") & (rows["phase"] == "primary") & (rows["horizon"] == 3)]
    expected = (own["forecast"] / own["actual"] - 1).abs().mean()
    metric = next(metric for metric in accuracy.metrics if metric.label == "Primary, 3 years ahead")
    assert metric.number == pytest.approx(expected, rel=1e-12)
    assert f"primary pupils by {expected:.1%}" in accuracy.answer and "three years ahead" in accuracy.answer


def test_nothing_after_the_origin_is_known(pupil_dataset: Dataset, tmp_path: Path) -> None:
    rows = past_forecasts(pupil_dataset)
    pupils = pupil_dataset.table("pupils")
    late = pupils["pupils"].mask(pupils["year"] > 2020, pupils["pupils"] * 3)
    other = past_forecasts(Dataset({**pupil_dataset.tables, "pupils": pupils.assign(pupils=late)}))
    first = [frame.loc[frame["origin"] <= 2020, ["method", "phase", "horizon", "forecast"]] for frame in (rows, other)]
    assert len(first[0]) > 0
    pd.testing.assert_frame_equal(*first)


def test_the_share_of_authorities_is_counted_from_the_scorecards(accuracy: Subject) -> None:
    frame = table(accuracy, "beside_table").frame.set_index("Measure")
    row = frame.loc["Secondary, 1 year ahead"]
    cards = scorecards()
    cards = cards.loc[(cards["Year"] == "2024/25") & (cards["geographic_level"] == "Local authority")]
    sizes = pd.to_numeric(cards["For_1_S"], errors="coerce").abs().dropna()
    assert row["Authorities"] == len(sizes)
    assert row["Did worse"] == pytest.approx((sizes > row["Borchester"]).mean())
    assert row["Median"] == pytest.approx(sizes.median())


def test_every_quick_method_stands_in_the_table(accuracy: Subject) -> None:
    shown = formatted(table(accuracy, "methods"))
    assert shown["Method"].tolist()[0] == "Automatic choice" and len(shown) == 6
    assert shown["Primary, 3 years"].str.endswith("%").all()


def test_the_method_chosen_is_the_one_shown(pupil_dataset: Dataset) -> None:
    subject = SUBJECTS["accuracy"](view_of(pupil_dataset, Change("pupil_method", "cohort_survival")))
    assert subject.answer.endswith("(cohorts).")


def test_a_short_history_says_what_is_missing(rotherham: Dataset, pupil_dataset: Dataset) -> None:
    subject = SUBJECTS["accuracy"](view_of(rotherham, method="published_rate"))
    assert subject.answer.endswith("cannot be tried: that needs pupils by NC year (table pupils).")
    assert not subject.sections and subject.implications
    pupils = pupil_dataset.table("pupils")
    short = Dataset({**pupil_dataset.tables, "pupils": pupils.loc[pupils["year"] >= 2021]})
    answer = SUBJECTS["accuracy"](view_of(short)).answer
    assert answer.endswith("that needs pupils by NC year for 5 Januaries in a row; 4 are complete.")
