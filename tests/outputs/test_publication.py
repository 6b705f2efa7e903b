"""The publication workbook: what the checklist for accessible spreadsheets asks, sheet by sheet; small numbers away."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from forecasting.__main__ import app
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, baseline_of, run
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.protect import protect
from forecasting.outputs.stamp import SYNTHETIC
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects.assumptions_log import NOT_SIGNED, Signed, whole_log
from forecasting.outputs.workbook import log, publication
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.support import ROTHERHAM

DAY = datetime(2026, 11, 22, 9, 30)
POLICY = Policy()


@pytest.fixture(scope="module")
def done(rotherham: Dataset) -> Run:
    return run(rotherham, dataset_scenarios(rotherham)["published"])


@pytest.fixture(scope="module")
def content(done: Run) -> bytes:
    return publication.to_bytes(done, POLICY, DAY)


@pytest.fixture(scope="module")
def book(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content))


def _texts(sheet: Any) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_every_sheet_is_one_table_below_a_title_in_the_first_cell(book: Any) -> None:
    assert book.sheetnames[:3] == ["Cover", "Contents", "Notes"]
    assert len(book.sheetnames) > 5
    for sheet in book:
        assert sheet["A1"].value, sheet.title
        assert len(sheet.tables) == (0 if sheet.title == "Cover" else 1), sheet.title
        for table in sheet.tables.values():
            assert table.ref.startswith("A"), sheet.title
            assert openpyxl.utils.range_boundaries(table.ref)[2:] == (sheet.max_column, sheet.max_row), sheet.title


def test_nothing_merged_frozen_hidden_or_drawn_and_no_empty_row(book: Any, content: bytes) -> None:
    for sheet in book:
        assert not sheet.merged_cells.ranges and sheet.freeze_panes is None, sheet.title
        assert sheet.sheet_state == "visible", sheet.title
        assert not any(held.hidden for held in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))
        assert all(any(cell.value is not None for cell in row) for row in sheet.iter_rows()), sheet.title
    names = zipfile.ZipFile(BytesIO(content)).namelist()
    assert not [name for name in names if "chart" in name or "media" in name or "drawing" in name]


def test_contents_link_to_every_other_sheet_and_notes_explain_what_titles_refer_to(book: Any) -> None:
    links = {cell.value: cell.hyperlink.location for (cell,) in book["Contents"]["A4:A99"] if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames if name != "Contents"}
    explained = {str(cell.value) for cell in book["Notes"]["A"]}
    for sheet in (sheet for sheet in book.worksheets[3:] if sheet.title != log.NAME):  # which explains itself
        referred = sheet["A1"].value.split("[")[1:]
        assert referred and {part.strip(" ]") for part in referred} <= explained, sheet.title
    assert POLICY.symbol in explained


def test_small_numbers_are_withheld_and_others_are_the_forecast_s(book: Any, done: Run) -> None:
    safe = protect(done.forecast, POLICY)
    assert safe.small > 0
    shown = next(sheet for sheet in book.worksheets if "kind of setting" in str(sheet["A1"].value))
    (table,) = shown.tables.values()
    _, *rows = [[cell.value for cell in row] for row in shown[table.ref]]
    margin = safe.forecast.margin("placements", "setting")
    hidden = next(mask for held, mask in zip(safe.forecast.margins, safe.hidden, strict=True) if held is margin)
    assert hidden.any() and not hidden.all()
    for at, row in enumerate(rows[: len(margin.labels[1])]):
        for year, value in enumerate(row[1:]):
            expected = POLICY.symbol if hidden[year, at] else round(float(margin.stats[0, year, at]))
            assert value == expected, (row[0], margin.labels[0][year])
    open_ = openpyxl.load_workbook(BytesIO(publication.to_bytes(done, INTERNAL, DAY)))[shown.title]
    assert POLICY.symbol in _texts(shown) and POLICY.symbol not in _texts(open_)


def test_synthetic_data_are_said_to_be_synthetic_on_every_table(done: Run) -> None:
    about = done.dataset.table("about")
    told = about.assign(value=about["value"].mask(about["key"] == "synthetic", "yes"))
    made_up = replace(done, dataset=Dataset({**done.dataset.tables, "about": told}, done.dataset.sources))
    book = openpyxl.load_workbook(BytesIO(publication.to_bytes(made_up, POLICY, DAY)))
    for sheet in book:
        if sheet.title not in ("Contents", "Notes"):
            assert any(SYNTHETIC in text for text in _texts(sheet)), sheet.title
        assert "Synthetic" in str(sheet.oddFooter.center.text), sheet.title


def test_the_log_of_assumptions_says_who_answers_for_what_and_has_no_blank(done: Run) -> None:
    view = View(done, baseline_of(done))
    standing = whole_log(view, Signed("Cat, 2 May 2026"))
    sheet = openpyxl.load_workbook(BytesIO(publication.to_bytes(done, POLICY, DAY, standing=standing)))[log.NAME]
    table = next(iter(sheet.tables.values()))
    head, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    assert head == list(log.COLUMNS) and all(value not in (None, "") for row in rows for value in row)
    assert len(rows) == standing.frame["Used"].eq("yes").sum() > 0
    signed = {row[head.index("Sign-off")] for row in rows}
    assert signed == {"data accepted by Cat, 2 May 2026", NOT_SIGNED}  # what the scenario changes is not signed


def test_the_same_inputs_give_the_same_bytes(done: Run, content: bytes) -> None:
    assert publication.to_bytes(done, POLICY, DAY) == content


def test_the_command_line_writes_it_with_small_numbers_protected(tmp_path: Path) -> None:
    out = tmp_path / "x.xlsx"
    told = CliRunner().invoke(app, ["forecast", str(ROTHERHAM), "--out", str(out), "--publication"])
    assert told.exit_code == 0, told.stderr
    assert Policy().sentence in told.stderr
    book = openpyxl.load_workbook(out)
    assert book.sheetnames[:4] == ["Cover", "Contents", "Notes", "Table 1"]
    assert any(Policy().sentence in text for text in _texts(book["Cover"]))


@pytest.mark.parametrize("more", [(), ("--out", "x.csv")])
def test_a_publication_that_is_no_workbook_is_wrong_usage(more: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, ["forecast", str(ROTHERHAM), *more, "--publication"])
    assert told.exit_code == 2
    assert told.stderr.splitlines()[-1] == ("the publication is a workbook: name a file that ends in .xlsx with --out.")
