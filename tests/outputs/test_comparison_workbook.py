"""The comparison workbook: its figures are the comparison's; small numbers leave only as the policy says."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from forecasting.analysis.compare import Comparison
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.leaving import leaving_comparison
from forecasting.outputs.stamp import SYNTHETIC
from forecasting.outputs.subjects import View, compare
from forecasting.outputs.workbook import comparison
from forecasting.scenario.from_dataset import dataset_scenarios

DAY, LAST = datetime(2026, 11, 22, 9, 30), 2029


def _read(content: bytes, sheet: str) -> pd.DataFrame:
    page = openpyxl.load_workbook(BytesIO(content))[sheet]
    (table,) = page.tables.values()
    head, *rows = [[cell.value for cell in row] for row in page[table.ref]]
    return pd.DataFrame(rows, columns=head)


def _equal(cell: Any, value: float) -> bool:
    return cell is None or pd.isna(cell) if np.isnan(value) else cell == pytest.approx(value, rel=1e-12, abs=1e-9)


@pytest.fixture(scope="module")
def found(quick: Dataset) -> Comparison:
    held = dataset_scenarios(quick)
    runs = tuple(run(quick, held[name], to=LAST, draws=8) for name in ("baseline", "mitigated"))
    return Comparison(("baseline", "mitigated"), runs)


@pytest.fixture(scope="module")
def content(found: Comparison) -> bytes:
    return comparison.to_bytes(View(found.runs[1], found.runs[0]), found, INTERNAL, DAY)


def test_headline_figures_and_differences_are_the_comparison_s(found: Comparison, content: bytes) -> None:
    shown, apart = _read(content, "Headline figures"), _read(content, "Differences")
    lines = found.lines(LAST)
    assert shown["Figure"].tolist() == apart["Figure"].tolist() == [line.label for line in lines]
    for at, line in enumerate(lines):
        for name, one in zip(found.names, line.figures, strict=True):
            assert _equal(shown[name][at], one.value), (line.measure, name)
            low = one.interval.low if one.interval else np.nan
            assert _equal(shown[f"{name}, 10th percentile"][at], low), (line.measure, name)
        assert _equal(apart["mitigated"][at], line.figures[1].difference), line.measure
        between = line.figures[1].between
        assert _equal(apart["mitigated, 90th percentile"][at], between.high if between else np.nan), line.measure
    assert any(line.figures[1].between for line in lines)


def test_assumptions_every_year_and_what_it_was_made_from(found: Comparison, content: bytes) -> None:
    levers = _read(content, "Assumptions")
    assert len(levers) == len(found.assumed()) > 0
    assert [name.lower() for name in levers.columns[-2:]] == list(found.names)
    view = View(found.runs[1], found.runs[0])
    assert len(_read(content, "Every year")) == len(compare.comparison_table(view, found).frame)
    made = _read(content, "Made from")
    assert made["Scenario hash"].tolist() == [run.scenario.hash for run in found.runs]


def test_every_path_has_a_chart_with_words_and_no_cell_an_error(found: Comparison, content: bytes) -> None:
    names = [name for name in zipfile.ZipFile(BytesIO(content)).namelist() if re.search(r"charts/chart\d+\.xml", name)]
    assert len(names) == len(compare.measures(found))
    drawing = zipfile.ZipFile(BytesIO(content)).read("xl/drawings/drawing1.xml").decode()
    assert len(re.findall(r' descr="[^"]+', drawing)) == len(names)
    book = openpyxl.load_workbook(BytesIO(content))
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [text for text in texts if text.startswith("#") or text == "nan"]
    assert book["Cover"]["A1"].value == SYNTHETIC
    links = [cell.hyperlink.location for (cell,) in book["Cover"]["A1:A99"] if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]


def test_a_small_number_is_withheld_and_its_difference_with_it(rotherham: Dataset) -> None:
    held = dataset_scenarios(rotherham)
    runs = tuple(run(rotherham, held[name]) for name in ("baseline", "published"))
    found, policy = Comparison(("baseline", "published"), runs), Policy(threshold=60)
    content = comparison.to_bytes(View(runs[1], runs[0]), found, policy, DAY)
    shown, apart = _read(content, "Headline figures"), _read(content, "Differences")
    at = shown["Figure"].tolist().index("Places short")
    assert 0 < runs[1].forecast.value("places_short", 2021) < 60 < runs[0].forecast.value("places_short", 2021)
    assert shown["published"][at] == policy.symbol
    assert shown["baseline"][at] == round(runs[0].forecast.value("places_short", 2021))
    assert apart["published"][at] == policy.symbol
    rows = _read(content, "Every year").query("Scenario == 'published' and Year == 2021")
    assert "ehc_plans" in set(rows["Measure"])
    assert "places_short" not in set(rows["Measure"])
    safe = leaving_comparison(found, policy, runs[0])
    assert all(one.between is None for line in safe.lines(2021) for one in line.figures if np.isnan(one.difference))
    assert leaving_comparison(found, INTERNAL, runs[0]) is found


def test_the_same_inputs_give_the_same_bytes(found: Comparison, content: bytes) -> None:
    assert comparison.to_bytes(View(found.runs[1], found.runs[0]), found, INTERNAL, DAY) == content


def test_a_warning_of_one_scenario_names_it(found: Comparison, content: bytes) -> None:
    cover = openpyxl.load_workbook(BytesIO(content))["Cover"]
    texts = [str(cell.value) for row in cover.iter_rows() for cell in row]
    base, other = (run.forecast.warnings for run in found.runs)
    assert set(base) & set(other) <= set(texts)
    assert {f"mitigated: {text}" for text in set(other) - set(base)} <= set(texts)
    assert set(other) - set(base)
