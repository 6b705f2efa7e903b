from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs import workbook
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario

DATA = Path(__file__).resolve().parents[2] / "data" / "rotherham_2017"
DAY = datetime(2026, 11, 22, 9, 30)
CALCULATION = ["Inputs", "Assumptions by year", "Calc programme", "Calc children", "Calc places", "Calc money", "Check"]
EVIL = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://example.org")')


def _view(dataset: Dataset, scenario: Scenario | str) -> View:
    held = dataset_scenarios(dataset)
    chosen = held[scenario] if isinstance(scenario, str) else scenario
    return View(run(dataset, chosen), run(dataset, held["baseline"]))


def _open(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content), data_only=True)


def _made(view: View) -> Any:
    return _open(workbook.to_bytes(view, DAY))


def _table(sheet: Any, ending: str) -> pd.DataFrame:
    name = next(name for name in sheet.tables if name.endswith(ending))
    head, *rows = [[cell.value for cell in row] for row in sheet[sheet.tables[name].ref]]
    return pd.DataFrame(rows, columns=head)


def _texts(book: Any) -> list[str]:
    return [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


def _headline(sheet: Any, label: str) -> float:
    return next(float(row[1].value) for row in sheet.iter_rows() if str(row[0].value).startswith(label))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load([DATA])


@pytest.fixture(scope="module")
def view(dataset: Dataset) -> View:
    return _view(dataset, "published")


@pytest.fixture(scope="module")
def content(view: View) -> bytes:
    return workbook.to_bytes(view, DAY)


@pytest.fixture(scope="module")
def book(content: bytes) -> Any:
    return _open(content)


@pytest.fixture(scope="module")
def unprinted(dataset: Dataset) -> Any:
    """The workbook of a made-up authority, of which nothing is printed."""
    tables = {name: frame for name, frame in dataset.tables.items() if name not in ("published", "contradictions")}
    about = dataset.table("about")
    made_up = about.assign(value=about["value"].mask(about["key"] == "synthetic", "yes"))
    return _made(_view(Dataset({**tables, "about": made_up}, dataset.sources), "baseline"))


@pytest.fixture(scope="module")
def moved(dataset: Dataset) -> View:
    """Two sliders moved, in a dataset with one contradiction."""
    row = {"id": "C1", "results": "R12", "severity": "high", "printed": "75", "recomputed": "71.5",
           "explanation": "Half of 143 is 71.5.", "source": "section 10"}  # fmt: skip
    held = Dataset({**dataset.tables, "contradictions": pd.DataFrame([row])}, dataset.sources)
    moves = (Change("pupil_growth", 0.02), Change("in_borough_unit_cost", 21_000.0))
    return _view(held, Scenario("moved").with_changes(moves))


@pytest.fixture(scope="module")
def moved_book(moved: View) -> Any:
    return _made(moved)


def test_every_sheet_is_there_in_order(book: Any, view: View) -> None:
    titles = [SUBJECTS[name](view).title for name in SUBJECTS]
    first = ["Cover", "Assumptions", "Assumptions log"]
    assert book.sheetnames == [*first, *titles, "Contradictions", *CALCULATION, "Forecast table"]
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_no_published_sheet_without_printed_results(unprinted: Any) -> None:
    assert "Published against recomputed" not in unprinted.sheetnames
    assert "Contradictions" not in unprinted.sheetnames


def test_the_forecast_table_is_the_totals_of_the_engine_s_unrounded(book: Any, view: View) -> None:
    read = _table(book["Forecast table"], "forecast")
    every = view.forecast.table
    axes = ["area", "nc_year", "age_band", "phase", "need", "setting", "place", "provider"]
    expected = every.loc[(every[axes] == "").all(axis=1)]
    left = len(every) - len(expected)
    assert any(f"The {left:,} rows of breakdowns" in text for text in _texts(book))
    assert list(read.columns) == list(expected.columns)
    assert len(read) == len(expected)
    for name in ("central", "p10", "p97_5"):
        assert read[name].astype(float).tolist() == pytest.approx(expected[name].tolist(), rel=1e-14, nan_ok=True)
    for name in ("scenario", "measure", "component", "need", "provider", "unit"):
        assert read[name].fillna("").tolist() == expected[name].fillna("").tolist()
    assert [None if pd.isna(y) else int(y) for y in read["year"]] == [
        None if pd.isna(y) else int(y) for y in expected["year"]
    ]
    assert book["Forecast table"].freeze_panes == "C2"


def test_moved_sliders_move_the_figures_in_the_workbook(moved: View, moved_book: Any) -> None:
    # Growth 2% a year, simple, over the five years 2016 to 2021: 44,627 × 1.10 = 49,089.7 pupils.
    read = moved_book
    assert _headline(read["Population"], "Pupils, 2021") == pytest.approx(44_627 * 1.10, rel=1e-12)
    assert _headline(read["Overview"], "Places needed, 2021") == moved.forecast.value("places_needed", 2021)
    pupils = _table(read["Population"], "_pupils").set_index("Year")
    assert pupils.loc[2021].tolist() == pytest.approx([44_627 * 1.10, 44_627 * 1.05], rel=1e-12)
    # Out of authority £35,000 less in borough £21,000.
    assert _table(read["Costs"], "savings")["Saving per place (£)"].tolist() == pytest.approx([14_000.0] * 5)


def test_assumptions_list_every_lever_with_unit_and_source(book: Any) -> None:
    read = _table(book["Assumptions"], "assumptions")
    assert list(dict.fromkeys(read["Name in files"])) == [lever.name for lever in LEVERS]
    for name in ("Assumption", "Unit", "Status", "Source", "What it does", "Changed"):
        assert read[name].map(bool).all(), name
    growth = read.set_index("Name in files").loc["growth_places"]
    assert (growth["Value"], growth["Status"], growth["From year"], growth["Changed"]) == (51, "printed", 2021, "yes")
    plan = read.set_index("Name in files").loc["ehc_plan_rate"]
    assert plan["Value"] == pytest.approx(1126 / 44627, rel=1e-12)
    assert plan["Changed"] == "no"


def test_an_assumption_that_holds_for_some_years_stands_beside_the_one_it_follows(dataset: Dataset) -> None:
    change = Change("pupil_growth", 0.03, from_year=2019, why="A new estate.")
    read = _table(_made(_view(dataset, Scenario("estate", (change,))))["Assumptions"], "assumptions")
    lines = read.loc[read["Name in files"] == "pupil_growth"]
    assert lines["Value"].tolist() == [0.01, 0.03]
    assert lines["Changed"].tolist() == ["no", "yes"]
    assert lines["Why changed"].tolist()[1] == "A new estate."
    assert lines["From year"].tolist()[1] == 2019


def test_every_figure_has_a_native_chart_with_words_for_those_who_do_not_see_it(view: View, content: bytes) -> None:
    figures = [figure for name in SUBJECTS for figure in SUBJECTS[name](view).figures if len(figure.table.frame)]
    with zipfile.ZipFile(BytesIO(content)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
        drawings = "".join(parts.read(n).decode() for n in parts.namelist() if n.startswith("xl/drawings/drawing"))
    assert len(charts) == len(figures)
    assert drawings.count('descr="') == len(figures)
    assert sum("<c:lineChart>" in chart for chart in charts) >= 6
    assert sum('<c:barDir val="bar"/>' in chart for chart in charts) >= 6
    assert any('<c:barDir val="col"/>' in chart for chart in charts)
    assert all("<c:f>" in chart for chart in charts)


def test_links_of_the_contents_lead_to_every_sheet(book: Any) -> None:
    links = [cell.hyperlink.location for row in book["Cover"].iter_rows() for cell in row if cell.hyperlink]
    found = {link.split("!")[0].strip("'") for link in links}
    assert found == set(book.sheetnames) - {"Cover"}
    back = [cell.hyperlink.location for row in book["Overview"].iter_rows() for cell in row if cell.hyperlink]
    assert back == ["'Cover'!A1"]


def test_no_cell_holds_an_error(book: Any) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "e" or str(cell.value).startswith("#")]
    assert not [text for text in _texts(book) if text in ("nan", "None", "NaT", "<NA>", "inf")]


def test_tables_are_named_once_and_headed_once(book: Any) -> None:
    names = [name.lower() for sheet in book for name in sheet.tables]
    assert len(names) == len(set(names))
    for sheet in book:
        for table in sheet.tables.values():
            head, *rows = list(sheet[table.ref])
            headers = [cell.value for cell in head]
            assert rows
            assert headers == [column.name for column in table.tableColumns]
            assert len({header.lower() for header in headers}) == len(headers)
        assert not sheet.merged_cells.ranges


def test_printed_results_are_numbers_with_their_own_format(book: Any) -> None:
    sheet = book["Published against recomputed"]
    read = _table(sheet, "published")
    assert read["Printed"].map(lambda value: isinstance(value, (int, float))).all()
    assert read["Recomputed, unrounded"].map(lambda value: isinstance(value, (int, float))).all()
    assert read["Agrees"].tolist() == ["yes"] * len(read)


def test_the_cover_says_what_differs_and_how_it_was_made(book: Any, view: View) -> None:
    text = "\n".join(_texts([book["Cover"]]))
    for part in (view.run.dataset.content_hash, view.run.scenario.hash, "Growth places, fixed 51", "published rate"):
        assert part in text
    for warning in view.forecast.warnings:
        assert warning in text


def test_synthetic_data_are_said_to_be_synthetic_in_the_first_row(unprinted: Any, book: Any) -> None:
    assert str(unprinted["Cover"]["A1"].value).startswith("Synthetic data")
    assert any("Synthetic data" in str(row[0].value) for row in unprinted["Overview"].iter_rows(max_row=3))
    assert not str(book["Cover"]["A1"].value).startswith("Synthetic data")


def test_text_never_becomes_a_formula(dataset: Dataset) -> None:
    projects = dataset.table("projects")
    names = [EVIL[at % len(EVIL)] for at in range(len(projects))]
    depends = projects.assign(provider=names, depends_on=names)
    about = dataset.table("about")
    named = about.assign(value=about["value"].mask(about["key"] == "authority_name", EVIL[0]))
    evil = Dataset({**dataset.tables, "projects": depends, "about": named}, dataset.sources)
    mitigated = _view(evil, replace(dataset_scenarios(evil)["mitigated"], name=EVIL[1], why=EVIL[4]))
    content = workbook.to_bytes(mitigated, DAY)
    with zipfile.ZipFile(BytesIO(content)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        links = [parts.read(name).decode() for name in parts.namelist() if "worksheets/_rels" in name]
    written = [formula for sheet in sheets for formula in re.findall("<f>([^<]*)</f>", sheet)]
    assert written
    assert not [formula for formula in written if any(text.lstrip("=+-@") in formula for text in EVIL)]
    assert not [link for link in links if "example.org" in link]
    assert _table(_open(content)["Programme"], "projects")["Depends on"].tolist() == names


def test_contradictions_have_their_own_sheet(moved_book: Any) -> None:
    read = _table(moved_book["Contradictions"], "contradictions")
    assert read[["Printed", "Recomputed", "In plain words"]].iloc[0].tolist() == ["75", "71.5", "Half of 143 is 71.5."]


def test_the_same_inputs_give_the_same_bytes(view: View, content: bytes) -> None:
    assert content == workbook.to_bytes(view, DAY)
    assert content != workbook.to_bytes(view, datetime(2027, 1, 1))


def test_of_sources_of_one_length_the_first_by_name_is_named(dataset: Dataset, view: View) -> None:
    """Not the first of a set, whose order differs from one start of Python to the next."""
    costs = dataset.table("unit_costs")
    told = costs.assign(source=[f"Table {19 - at % 10}" for at in range(len(costs))])
    held = Dataset({**dataset.tables, "unit_costs": told}, dataset.sources)
    assert View(replace(view.run, dataset=held), view.baseline).source("unit_costs") == "Table 10"


def test_write_computes_the_baseline_itself(view: View, content: bytes, tmp_path: Path) -> None:
    workbook.write(view.run, tmp_path / "x.xlsx", DAY)
    assert (tmp_path / "x.xlsx").read_bytes() == content


def test_sheets_are_set_up_for_printing(book: Any) -> None:
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert "published" in sheet.oddHeader.right.text
        assert "&P" in sheet.oddFooter.right.text or "Page" in sheet.oddFooter.right.text
