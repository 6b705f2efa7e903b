"""The workbook of the dataset is the same dataset: every cell of every sheet reads back as the CSV's text."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from forecasting.errors import DatasetError, UsageError
from forecasting.inputs.load import load, sources
from forecasting.inputs.schema import TABLES
from forecasting.inputs.sheets import Sheet, Source, read_sheets
from forecasting.inputs.template import NOTES, write_dataset_workbook
from tests.support import ROTHERHAM, WORKBOOK, Copy

STALE = (
    "write it again: python -m forecasting template data/rotherham_2017 --out data/rotherham_2017/rotherham_2017.xlsx"
)


def sheets_of_folder(folder: Path) -> dict[str, Sheet]:
    return {sheet.name: sheet for source in sources([folder]) for sheet in read_sheets(source)}


def test_the_workbook_holds_the_tables_cell_for_cell() -> None:
    expected = sheets_of_folder(ROTHERHAM)
    found = {sheet.name: sheet for sheet in read_sheets(Source.of(WORKBOOK)) if sheet.name != NOTES}
    assert found.keys() == expected.keys(), STALE
    for name, sheet in expected.items():
        assert found[name].header == sheet.header, STALE
        assert found[name].rows == sheet.rows, f"{name}: {STALE}"


def test_the_workbook_is_the_same_dataset() -> None:
    assert load([WORKBOOK]).content_hash == load([ROTHERHAM]).content_hash


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first.xlsx", "second.xlsx"):
        write_dataset_workbook(ROTHERHAM, tmp_path / name)
    assert (tmp_path / "first.xlsx").read_bytes() == (tmp_path / "second.xlsx").read_bytes()


def test_sheets_stand_in_the_order_of_the_schema_with_the_notes_last() -> None:
    names = [sheet.name for sheet in read_sheets(Source.of(WORKBOOK))]
    assert names == [table.name for table in TABLES if table.name in names] + [NOTES]


def test_a_planner_sees_numbers_bold_headers_and_a_frozen_first_row() -> None:
    sheet = openpyxl.load_workbook(WORKBOOK)["pupils"]
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    assert [cell.value for cell in sheet[2]][:2] == [2016, 44627]
    assert sheet.column_dimensions["C"].width > 20


def test_texts_that_look_like_numbers_stay_text(copied: Copy, tmp_path: Path) -> None:
    copied.set("about", 2, "value", "0372")  # a code with a leading zero
    copied.set("projects", 2, "provider", "=1+1")  # not a formula
    write_dataset_workbook(copied.path, tmp_path / "x.xlsx")
    found = load([tmp_path / "x.xlsx"])
    assert found.about("authority_code") == "0372"
    assert found.table("projects")["provider"].iloc[0] == "=1+1"


def test_loading_the_folder_leaves_the_workbook_in_it_alone() -> None:
    assert WORKBOOK.parent == ROTHERHAM
    assert WORKBOOK.name not in load([ROTHERHAM]).sources


def test_the_notes_say_what_every_column_means() -> None:
    (notes,) = [sheet for sheet in read_sheets(Source.of(WORKBOOK)) if sheet.name == NOTES]
    assert ("pupils", "pupils", "pupils on roll", "count; must be filled in") in [cells for _, cells in notes.rows]


def test_wrong_endings_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="allowed: .xlsx"):
        write_dataset_workbook(ROTHERHAM, tmp_path / "x.csv")
    with pytest.raises(DatasetError, match="no CSV files"):
        write_dataset_workbook(tmp_path, tmp_path / "x.xlsx")
