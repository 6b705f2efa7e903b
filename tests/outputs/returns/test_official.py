"""A council's own copy of the official workbook is filled, and nothing else of it changes."""

import zipfile
from io import BytesIO

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.datavalidation import DataValidation

from forecasting.errors import DatasetError
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.outputs.returns.layout import Layout, Line, ReturnTable, Selection
from forecasting.outputs.returns.official import Anchor, Official, complete, guess

BANDS = ("Under 5", "Age 5 to 10", "Age 11 to 15")
YEARS = ("2025", "2026")


@pytest.fixture
def filled():
    lines = tuple(Line(label, (Selection(),)) for label in BANDS)
    table = ReturnTable("5.1", "Total EHC plans by age group", "ehc_plans", lines)
    layout = Layout("lsrp", "Plan", "made up", (), "census", 0, 2, ("baseline", "mitigated"), (table,))
    values = np.array([[[1, 2], [3, 4], [5, np.nan]], [[11, 12], [13, 14], [15, 16]]], dtype=float)
    return Filled(layout, "Made up", (2025, 2026), 2025, (FilledTable(table, YEARS, BANDS, values),), (), ())


@pytest.fixture
def official():
    """Return an official-looking workbook: merged heading, formulas, validation, hidden sheet, two variants."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "5.1 Plans"
    page.merge_cells("B2:F2")
    page["B2"] = "Table 5.1: total EHC plans by age group – baseline"
    for column, year in zip("CD", (2025, 2026), strict=True):
        page[f"{column}4"] = year
    for at, label in enumerate(BANDS):
        page[f"B{5 + at}"] = label
        page[f"C{5 + at}"] = 0
        page[f"C{5 + at}"].number_format = "#,##0;[Red]-#,##0"
    page["B8"], page["C8"], page["D8"] = "Total", "=SUM(C5:C7)", "=SUM(D5:D7)"
    page["B12"] = "Mitigated"
    page["C14"], page["D14"] = "2025 (actual)", "2026"
    for at, label in enumerate(BANDS):
        page[f"B{15 + at}"] = label
    page["D16"] = "=C16*2"
    rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
    page.add_data_validation(rule)
    rule.add("C5:D7")
    hidden = book.create_sheet("Lists")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "Do not touch"
    stream = BytesIO()
    book.save(stream)
    return Official("official.xlsx", stream.getvalue())


def _parts(content):
    with zipfile.ZipFile(BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_tables_are_found_by_their_labels_and_years(official, filled):
    assert guess(official, filled) == (
        Anchor("5.1", "baseline", "5.1 Plans", "C5"), Anchor("5.1", "mitigated", "5.1 Plans", "C15"),
    )  # fmt: skip


def test_figures_are_written_and_formulas_kept(official, filled):
    done = complete(official, filled, guess(official, filled))
    page = openpyxl.load_workbook(BytesIO(done.content))["5.1 Plans"]
    assert [[page.cell(row, column).value for column in (3, 4)] for row in (5, 6, 7)] == [[1, 2], [3, 4], [5, None]]
    assert [page.cell(row, 3).value for row in (15, 16, 17)] == [11, 13, 15]
    assert page["D16"].value == "=C16*2" and done.kept == ("5.1 Plans!D16",)
    assert page["C8"].value == "=SUM(C5:C7)"
    assert page["C5"].number_format == "#,##0;[Red]-#,##0"
    assert (done.written, done.blank) == (10, 1)


def test_everything_else_is_the_same_byte_for_byte(official, filled):
    before = _parts(official.content)
    after = _parts(complete(official, filled, guess(official, filled)).content)
    changed = {name for name in before if before[name] != after[name]}
    assert list(after) == list(before)
    assert changed == {"xl/workbook.xml", "xl/worksheets/sheet1.xml"}
    page = openpyxl.load_workbook(BytesIO(complete(official, filled, guess(official, filled)).content))
    assert page["Lists"].sheet_state == "hidden"
    assert [str(area) for area in page["5.1 Plans"].merged_cells.ranges] == ["B2:F2"]
    assert len(page["5.1 Plans"].data_validations.dataValidation) == 1


def test_a_wrong_place_is_said_all_at_once(official, filled):
    anchors = [Anchor("5.1", "baseline", "No such", "C5"), Anchor("9", "baseline", "5.1 Plans", "5C")]
    with pytest.raises(DatasetError) as caught:
        complete(official, filled, anchors)
    assert len(caught.value.faults) == 3


def test_what_is_not_a_workbook_is_refused():
    with pytest.raises(DatasetError):
        Official("plan.xlsx", b"not a workbook")


@pytest.mark.parametrize(("heading", "number"), [
    ("Table 7.4: special schools", "7.4"), ("7.4 Maintained Special/Special Academies", "7.4"), ("Table 7", "7"),
    ("Plans", "7"),
])  # fmt: skip
def test_tables_with_the_same_rows_are_told_apart_by_what_stands_above(heading, number):
    """A form that has only table 7.4 is not taken for table 7, which has the same rows and comes first."""
    lines = tuple(Line(label, (Selection(),)) for label in BANDS)
    tables = tuple(ReturnTable(name, title, "ehc_plans", lines) for name, title in (
        ("7", "All CYP with EHC plans by primary need"), ("7.4", "Maintained Special/Special Academies")))  # fmt: skip
    layout = Layout("lsrp", "Plan", "made up", (), "census", 0, 2, ("baseline",), tables)
    held = tuple(FilledTable(table, YEARS, BANDS, np.ones((1, 3, 2))) for table in tables)
    book = openpyxl.Workbook()
    page = book.active
    page["A1"], page["B2"], page["C2"] = heading, "2025", "2026"
    for at, label in enumerate(BANDS):
        page[f"A{3 + at}"] = label
    stream = BytesIO()
    book.save(stream)
    found = guess(Official("form.xlsx", stream.getvalue()), Filled(layout, "Made up", (2025, 2026), 2025, held, (), ()))
    assert found == (Anchor(number, "baseline", page.title, "B3"),)
