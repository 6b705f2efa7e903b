"""The empty workbook: what a planner sees in it, and from it to a dataset and a forecast."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from typer.testing import CliRunner

from forecasting import axes
from forecasting.__main__ import app
from forecasting.inputs.blank import LAST_ROW, OFFERED, blank
from forecasting.inputs.intake import survey
from forecasting.inputs.load import examine, from_sources
from forecasting.inputs.schema import ASIDE, BY_NAME
from forecasting.inputs.sheets import Source, read_sheets
from forecasting.model.run import run
from forecasting.scenario.scenario import Scenario


@pytest.fixture(scope="module")
def content() -> bytes:
    return blank()


def opened(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def saved(book: Workbook) -> Source:
    handle = io.BytesIO()
    book.save(handle)
    return Source("mine.xlsx", handle.getvalue())


def filled(content: bytes) -> Source:
    book = opened(content)
    for row, value in ((2, "0901"), (3, "Ashby"), (6, "2024")):
        book["about"].cell(row, 2).value = value
    for row, (year, pupils) in enumerate(((2023, 40000), (2024, 41000)), start=2):
        book["pupils"].cell(row, 1).value = year
        book["pupils"].cell(row, 5).value = pupils
    plans = [("year", "need", "setting", "plans"), (2022, None, None, 900), (2023, None, None, 1000),
             (2024, None, None, 1100), (2024, "ASC", None, 500), (2024, "SLD", None, 600)]  # fmt: skip
    at = {name: [c.value for c in book["ehc_plans"][1]].index(name) + 1 for name in plans[0]}
    for row, line in enumerate(plans[1:], start=2):
        for name, value in zip(plans[0], line, strict=True):
            book["ehc_plans"].cell(row, at[name]).value = value
    return saved(book)


def test_every_table_has_a_sheet_with_the_columns_of_the_schema(content: bytes) -> None:
    book = opened(content)
    assert book.sheetnames[0] == "contents"
    assert [name for name in book.sheetnames if name not in ASIDE] == [table.name for table in OFFERED]
    for table in OFFERED:
        assert tuple(cell.value for cell in book[table.name][1]) == table.names
        assert book[table.name].freeze_panes == "A2"


def test_headers_are_yellow_explained_and_bold_where_needed(content: bytes) -> None:
    book = opened(content)
    for cell, column in zip(book["providers"][1], BY_NAME["providers"].columns, strict=True):
        assert cell.fill.fgColor.rgb in ("FFFFD966", "FFFFF2CC")
        assert bool(cell.font.bold) == column.required
        assert cell.comment is not None and column.help[1:] in cell.comment.text
    assert "blank when not known" in book["providers"]["H1"].comment.text


def test_closed_vocabularies_have_drop_downs_that_hold_every_code(content: bytes) -> None:
    book = opened(content)
    lists = {str(v.sqref): v for v in book["ehc_plans"].data_validations.dataValidation}
    names = list(BY_NAME["ehc_plans"].names)
    for kind, vocabulary in (("need", axes.NEEDS), ("setting", axes.SETTINGS), ("place", axes.PLACES)):
        letter = openpyxl.utils.get_column_letter(names.index(kind) + 1)
        found = lists[f"{letter}2:{letter}{LAST_ROW + 1}"]
        assert found.type == "list" and found.errorStyle == "information"  # another word may be typed
        sheet, cells = found.formula1.lstrip("=").split("!")
        assert tuple(row[0].value for row in book[sheet][cells.replace("$", "")]) == vocabulary.names
    boarding = [v.formula1 for v in book["placements"].data_validations.dataValidation]
    assert '"day,residential"' in boarding


def test_the_contents_link_to_every_sheet(content: bytes) -> None:
    sheet = opened(content)["contents"]
    links = {cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{table.name}'!A1" for table in OFFERED}


def test_examples_are_marked_and_never_read_as_data(content: bytes) -> None:
    book = opened(content)
    assert "synthetic" in book["examples"]["A1"].value
    words = {cell.value for row in book["examples"].iter_rows() for cell in row}
    assert {"Sheet providers", "Heronswood School"} <= words
    dataset = from_sources([filled(content)])
    assert not dataset.has("providers") and not dataset.has("births") and not dataset.has("budget")
    assert survey([filled(content)]).strays == ()


def test_empty_it_says_what_to_fill_in(content: bytes) -> None:
    dataset, faults = examine([Source("empty.xlsx", content)])
    assert dataset is None
    assert {f.sheet for f in faults if f.grade == "error"} == {"about", "pupils", "ehc_plans", "plan_moves"}
    assert all("base_year" in str(f) or "header but no rows" in str(f) for f in faults)


def test_filled_in_it_loads_and_forecasts(content: bytes) -> None:
    dataset = from_sources([filled(content)])
    assert dataset.about("authority_code") == "0901"  # the zero stays
    assert dataset.name == "Ashby" and dataset.base_year == 2024
    done = run(dataset, Scenario("baseline"), to=2026, draws=0).forecast.table
    later = done.loc[done["measure"].eq("ehc_plans") & done["year"].eq(2026) & done["need"].eq(""), "central"]
    assert later.gt(0).all() and len(later)


def test_no_cell_is_lost_on_the_way_through_a_spreadsheet_program(content: bytes) -> None:
    before = {sheet.name: sheet for sheet in read_sheets(Source("x.xlsx", content))}
    after = {sheet.name: sheet for sheet in read_sheets(saved(opened(content)))}
    assert {n: (s.header, s.rows) for n, s in before.items()} == {n: (s.header, s.rows) for n, s in after.items()}


def test_the_same_bytes_each_time(content: bytes) -> None:
    assert blank() == content


def test_the_command_writes_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["template", "--out", str(tmp_path / "empty.xlsx")])
    assert done.exit_code == 0 and (tmp_path / "empty.xlsx").read_bytes() == blank()
    assert CliRunner().invoke(app, ["template", "--out", str(tmp_path / "empty.csv")]).exit_code == 2
