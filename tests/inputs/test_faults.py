"""Bad input: each fault says where it is, what was found, what is allowed and what to do; all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from forecasting.__main__ import app
from forecasting.axes import NEEDS
from forecasting.errors import DatasetError, Fault
from forecasting.inputs.load import examine, load, sources
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Source
from forecasting.inputs.template import write_dataset_workbook
from forecasting.scenario.catalogue import BY_NAME as LEVERS
from forecasting.scenario.from_dataset import baseline
from tests.support import Copy

HINT_COUNT = "allowed: a number; remove words and notes from the cell, or leave it blank."


def faults(copied: Copy) -> list[Fault]:
    with pytest.raises(DatasetError) as caught:
        copied.load()
    return list(caught.value.faults)


def only(copied: Copy) -> str:
    found = [str(fault) for fault in faults(copied)]
    assert len(found) == 1, found
    return found[0]


def test_a_missing_table(copied: Copy) -> None:
    (copied.path / "about.csv").unlink()
    assert only(copied) == (
        'assumptions.csv, budget.csv, capital_funding.csv …: table "about" is missing; allowed: a table with '
        'columns key, value; add "about" with authority_code, authority_name, title, source and base_year.'
    )


def test_nothing_to_forecast_from(copied: Copy) -> None:
    for name in ("pupils", "ehc_plans"):
        (copied.path / f"{name}.csv").unlink()
    assert only(copied) == (
        "about.csv, assumptions.csv, budget.csv …: there is nothing to forecast from; allowed: pupils, "
        "ehc_plans, plan_moves; add at least one of these tables."
    )


def test_an_unknown_need(copied: Copy) -> None:
    copied.set("placements", 5, "need", "Autizm")
    assert only(copied) == (
        'placements.csv, sheet "placements", row 5, column "need": "Autizm" is not allowed here; '
        f'allowed: {", ".join(NEEDS.names)}; fix the spelling or add a row to "mappings".'
    )


def test_a_need_under_another_name_is_known(copied: Copy) -> None:
    copied.set("placements", 4, "need", "autistic  spectrum DISORDER")
    assert copied.load().table("placements").loc[4, "need"] == "ASC"


def test_a_negative_count(copied: Copy) -> None:
    copied.set("sen", 3, "pupils", "-1126")
    assert only(copied) == (
        'sen.csv, sheet "sen", row 3, column "pupils": "-1126" is not allowed here; allowed: 0 or more; '
        "a count cannot be negative: correct the sign."
    )


def test_a_text_where_a_number_belongs(copied: Copy) -> None:
    copied.set("pupils", 2, "pupils", "about 45,000")
    assert only(copied) == (
        f'pupils.csv, sheet "pupils", row 2, column "pupils": "about 45,000" is not allowed here; {HINT_COUNT}'
    )


def test_a_percentage_where_a_fraction_is_meant(copied: Copy) -> None:
    copied.set("assumptions", 4, "value", "16.3")
    assert only(copied) == (
        'assumptions.csv, sheet "assumptions", row 4, column "value": sen_prevalence: "16.3" is not allowed; '
        "allowed: 0 to 0.5 (fraction of pupils); write shares and rates as fractions: "
        "16.3 per cent is written 0.163."
    )


def test_a_percentage_in_a_column_of_fractions(copied: Copy) -> None:
    copied.set("mappings", 13, "weight", "50")
    assert only(copied) == (
        'mappings.csv, sheet "mappings", row 13, column "weight": "50" is not allowed here; allowed: 0 to 1; '
        "write shares as fractions; 50 per cent is written 0.5."
    )


def test_a_percent_sign_says_what_is_meant(copied: Copy) -> None:
    copied.set("mappings", 13, "weight", "50%")
    assert copied.load().table("mappings").loc[13, "weight"] == 0.5


def test_a_missing_column(copied: Copy) -> None:
    copied.write("pupils", [{"year": "2016", "number": "44627", "source": "x"}])
    assert [str(fault) for fault in faults(copied)] == [
        'pupils.csv, sheet "pupils", row 1, column "pupils": the column is missing; '
        f"allowed: {', '.join(BY_NAME['pupils'].names)}; add the column, or correct its name."
    ]


def test_a_column_that_is_there_twice(copied: Copy) -> None:
    (copied.path / "pupils.csv").write_text("year,pupils,pupils\n2016,1000,2000\n", encoding="utf-8")
    assert only(copied) == (
        'pupils.csv, sheet "pupils", row 1, column "pupils": the column is there twice; delete or rename one.'
    )


def test_a_required_cell_that_is_blank(copied: Copy) -> None:
    copied.set("sen", 2, "pupils", "")
    assert only(copied) == (
        'sen.csv, sheet "sen", row 2, column "pupils": the cell is blank; allowed: pupils; '
        "fill the cell or remove the row."
    )


def test_a_duplicate_row(copied: Copy) -> None:
    rows = copied.rows("sen")
    copied.write("sen", [*rows, rows[0]])
    assert only(copied) == (
        'sen.csv, sheet "sen", row 4, column "year, provision, phase, nc_year, need": '
        'a row for "2016, sen_support" is there already; remove or merge one of the two rows.'
    )


def test_an_unknown_lever(copied: Copy) -> None:
    copied.set("assumptions", 2, "lever", "pupil_growht")
    assert only(copied) == (
        'assumptions.csv, sheet "assumptions", row 2, column "lever": "pupil_growht" is not a lever; '
        f"allowed: {', '.join(LEVERS)}; correct the name."
    )


def test_a_lever_out_of_bounds(copied: Copy) -> None:
    copied.set("scenarios", 2, "value", "-75")
    assert only(copied) == (
        'scenarios.csv, sheet "scenarios", row 2, column "value": under_provision_places: "-75" is not allowed; '
        "allowed: 0 to 20000 (places); correct the value."
    )


def test_a_word_that_a_choice_does_not_have(copied: Copy) -> None:
    copied.set("assumptions", 3, "value", "quadratic")
    assert only(copied) == (
        'assumptions.csv, sheet "assumptions", row 3, column "value": pupil_growth_kind: "quadratic" is not allowed; '
        "allowed: one of simple, compound; correct the value."
    )


def test_an_unknown_project_in_a_scenario(copied: Copy) -> None:
    copied.set("scenarios", 5, "project", "13")
    assert only(copied) == (
        'scenarios.csv, sheet "scenarios", row 5, column "project": "13" is not a project; '
        'allowed: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12; add it to "projects", or correct the number.'
    )


def test_a_wrong_parent(copied: Copy) -> None:
    copied.set("budget", 8, "parent", "Specialist provision")
    lines = sorted(row["line"] for row in copied.rows("budget"))
    assert only(copied) == (
        'budget.csv, sheet "budget", row 8, column "parent": "Specialist provision" is not a line; '
        f"allowed: {', '.join(lines)}; add the parent line, or leave the cell blank."
    )


def test_weights_that_do_not_add_up(copied: Copy) -> None:
    copied.set("mappings", 13, "weight", "0.4")
    assert only(copied) == (
        'mappings.csv, sheet "mappings", column "weight": the weights of "Complex needs" add up to 0.9; allowed: 1; '
        "correct the weights so that they add up to 1."
    )


def test_more_pupils_with_sen_than_pupils(copied: Copy) -> None:
    copied.set("pupils", 2, "pupils", "7000")
    assert only(copied) == (
        'sen.csv, sheet "sen", column "pupils": 2016: 7,253 pupils with SEN, 7,000 pupils; '
        "allowed: no more pupils with SEN than pupils; check which rows are totals of others."
    )


def spoil(copied: Copy) -> list[tuple[str, int, str]]:
    """Make five faults in four tables; return where."""
    copied.set("placements", 3, "need", "Autizm")
    copied.set("placements", 4, "placements", "-1")
    copied.set("sen", 2, "pupils", "many")
    copied.set("projects", 6, "opens", "soon")
    copied.set("about", 2, "key", "")
    return [("about", 2, "key"), ("placements", 3, "need"), ("placements", 4, "placements"),
            ("projects", 6, "opens"), ("sen", 2, "pupils")]  # fmt: skip


def test_all_faults_at_once(copied: Copy) -> None:
    where = spoil(copied)
    assert sorted((fault.sheet, fault.row, fault.column) for fault in faults(copied)) == where


def test_the_same_faults_in_a_workbook_stand_in_the_same_rows(copied: Copy, tmp_path: Path) -> None:
    where = spoil(copied)
    write_dataset_workbook(copied.path, tmp_path / "book.xlsx")
    with pytest.raises(DatasetError) as caught:
        load([tmp_path / "book.xlsx"])
    assert sorted((fault.sheet, fault.row, fault.column) for fault in caught.value.faults) == where
    assert {fault.file for fault in caught.value.faults} == {"book.xlsx"}


def test_the_command_lists_them_one_a_line_and_exits_with_1(copied: Copy) -> None:
    where = spoil(copied)
    result = CliRunner().invoke(app, ["check", str(copied.path)])
    assert result.exit_code == 1
    errors = [line for line in result.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == len(where)
    assert any('placements.csv, sheet "placements", row 3, column "need"' in line for line in errors)


def test_a_fault_stays_on_one_line(copied: Copy) -> None:
    copied.set("pupils", 2, "pupils", "forty\nthousand")
    assert "\n" not in only(copied)


def test_rows_are_those_of_the_file_when_rows_are_blank_in_csv(copied: Copy) -> None:
    (copied.path / "pupils.csv").write_text("year,pupils\n\n2015,44000\n,\n2016,many\n", encoding="utf-8")
    (fault,) = faults(copied)
    assert fault.row == 5  # 1 header, 2 blank, 3 2015, 4 blank, 5 2016


def test_rows_are_those_of_the_file_when_rows_are_blank_in_a_workbook(copied: Copy, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "pupils.xlsx"))
    sheet = book.add_worksheet("pupils")
    for row, cells in ((0, ["year", "pupils"]), (2, [2015, 44000]), (4, [2016, "many"])):
        sheet.write_row(row, 0, cells)
    book.close()
    with pytest.raises(DatasetError) as caught:
        load([copied.path, tmp_path / "pupils.xlsx"])
    assert [(fault.file, fault.row) for fault in caught.value.faults] == [("pupils.xlsx", 5)]


def test_a_workbook_whose_first_rows_are_blank_keeps_its_row_numbers(copied: Copy, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "pupils.xlsx"))
    sheet = book.add_worksheet("pupils")
    for row, cells in ((2, ["year", "pupils"]), (3, [2016, "many"])):
        sheet.write_row(row, 0, cells)
    book.close()
    with pytest.raises(DatasetError) as caught:
        load([copied.path, tmp_path / "pupils.xlsx"])
    assert [fault.row for fault in caught.value.faults] == [4]


TEXT = 'year;pupils;source\n2016;44,627;"Schülerzahl – £5; „geschätzt“"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_semicolons(copied: Copy, encoding: str) -> None:
    (copied.path / "pupils.csv").write_bytes(TEXT.encode(encoding))
    row = copied.load().table("pupils").iloc[0]
    assert (row["year"], row["pupils"]) == (2016, 44627)
    assert row["source"] == "Schülerzahl – £5; „geschätzt“"


def test_tabs_and_quoted_line_breaks(copied: Copy) -> None:
    (copied.path / "pupils.csv").write_text('year\tpupils\tsource\n2016\t"44,627"\t"two\nlines"\n', encoding="utf-8")
    assert copied.load().table("pupils")["pupils"].iloc[0] == 44627


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.xlsx", b"\x00\x01\x02year", "x.xlsx: the file is not a workbook that can be opened; "
         "open it in Excel or LibreOffice and save it as .xlsx."),
        ("x.csv", b"\x00\x01\x02year", "x.csv: the file is not text; save it as CSV (UTF-8) and retry."),
        ("x.csv", b"PK\x03\x04\x00\x00", "x.csv: the zip is damaged and cannot be opened; download or save it again."),
        ("x.csv", b"", "x.csv: the file is empty; save it again and retry."),
        ("x.pdf", b"%PDF-1.4", "x.pdf: the file is a PDF; give the spreadsheet that it was made from."),
        ("x.dat", b"year", 'x.dat: files ending ".dat" are not read; allowed: .csv, .xlsx, .ods, .xls.'),
    ],
)  # fmt: skip
def test_files_of_the_wrong_kind(copied: Copy, name: str, content: bytes, message: str) -> None:
    dataset, found = examine([*sources([copied.path]), Source(name, content)])
    assert dataset is None
    assert [str(fault) for fault in found if fault.grade == "error"] == [message]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such file or folder; check the path"):
        load([tmp_path / "nowhere.csv"])


def test_later_files_win_and_it_is_said(copied: Copy, tmp_path: Path) -> None:
    (tmp_path / "pupils.csv").write_text("year,pupils\n2016,50000\n", encoding="utf-8")
    found = load([copied.path, tmp_path / "pupils.csv"])
    assert found.table("pupils")["pupils"].tolist() == [50000]
    assert 'table "pupils" is given twice, rows: 1 altered; the later one is used.' in str(found.notes[-1]) + str(
        found.notes[0]
    )


def test_unknown_sheets_and_columns_are_noted_not_refused(copied: Copy) -> None:
    (copied.path / "holidays.csv").write_text("day\nMonday\n", encoding="utf-8")
    (copied.path / "pupils.csv").write_text("year,pupils,colour\n2016,44627,blue\n", encoding="utf-8")
    notes = {(fault.sheet, fault.column) for fault in copied.load().notes if fault.grade == "note"}
    assert notes == {("holidays", ""), ("pupils", "colour")}


def test_a_percentage_as_the_value_of_a_lever(copied: Copy) -> None:
    copied.set("assumptions", 4, "value", "16.3%")
    found = baseline(copied.load()).last("sen_prevalence")
    assert found is not None and found.value == pytest.approx(0.163)


def test_a_base_year_before_the_data_and_an_end_before_it(copied: Copy) -> None:
    copied.set("about", 6, "value", "2005")
    assert "base_year is 2005; the data are of 2010 to 2016; allowed: a January from 2010 to 2016" in "".join(
        map(str, copied.load().notes)
    )
    copied.set("about", 6, "value", "2016")
    copied.set("about", 7, "value", "2016")
    assert "forecast_to is 2016, base_year 2016; allowed: a January from 2017 to 2046" in only(copied)
    copied.set("about", 7, "value", "2047")  # 31 years on
    assert "forecast_to is 2047, base_year 2016; allowed: a January from 2017 to 2046" in only(copied)


def test_budget_lines_in_a_circle(copied: Copy) -> None:
    head = {"financial_year": "2016-17", "kind": "expenditure", "gbp": "1"}
    copied.write("budget", [{**head, "line": a, "parent": b} for a, b in ("AB", "BA", "CA")])
    found = [fault.found for fault in faults(copied) if "is part of itself" in fault.found]
    assert found == ['"A" is part of itself, through "B"', '"B" is part of itself, through "A"']


def test_faults_of_a_lever_are_told_beside_those_of_cells(copied: Copy) -> None:
    copied.set("pupils", 2, "pupils", "many")
    copied.set("assumptions", 4, "value", "16.3")
    assert {fault.sheet for fault in faults(copied)} == {"pupils", "assumptions"}


def test_totals_beside_their_parts_are_not_more_pupils_with_sen_than_pupils(copied: Copy) -> None:
    # 7,253 with SEN in all, and again by six more rows of one need each: 50,771 rows added up, 44,627 pupils.
    rows = [{"year": "2016", "provision": "sen_support", "need": "", "pupils": "7253"}]
    rows += [{**rows[0], "need": need} for need in ("ASC", "HI", "MLD", "PD", "SEMH", "VI")]
    copied.write("sen", rows)
    assert len(copied.load().table("sen")) == 7


@pytest.mark.parametrize("name", ["PUPILS.CSV", "Pupils.Csv"])
def test_endings_in_capitals_are_read(copied: Copy, name: str) -> None:
    (copied.path / "pupils.csv").rename(copied.path / name)
    assert copied.load().has("pupils")


def test_remarks_below_tables_that_need_one_cell_only(copied: Copy) -> None:
    for table, line in (("unit_costs", "Figures of the finance team"), ("projects", "Source: our own system")):
        path = copied.path / f"{table}.csv"
        rows = len(copied.load().table(table))
        path.write_text(f"{path.read_text(encoding='utf-8')}{line}\n", encoding="utf-8")
        loaded = copied.load()
        assert len(loaded.table(table)) == rows
        assert any(f'a note below the table was left out: "{line}"' in fault.found for fault in loaded.notes)


def test_tables_without_rows_are_told(copied: Copy) -> None:
    for table in ("projects", "scenarios"):
        path = copied.path / f"{table}.csv"
        path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    for table in ("project_capital", "assumptions"):  # they name projects
        (copied.path / f"{table}.csv").unlink()
    told = [str(note) for note in copied.load().notes if note.grade == "note"]
    assert told == [
        f"{table}.csv: a header but no rows, or nothing at all, in {table}: counts as not given; "
        "fill it in, or leave it out." for table in ("projects", "scenarios")
    ]  # fmt: skip
    (copied.path / "about.csv").write_text("key,value\n", encoding="utf-8")
    assert 'table "about" has no rows' in only(copied)


def _write_about(copied: Copy, **more: str) -> None:
    facts = {"authority_code": "372", "base_year": "2016", **more}
    copied.write("about", [{"key": key, "value": value} for key, value in facts.items()])


def test_facts_that_are_none_and_names_that_are_misspelt(copied: Copy) -> None:
    _write_about(copied, price_base="last year", synthetic="perhaps")
    assert [f"{fault.found}; {fault.allowed}" for fault in faults(copied)] == [
        'price_base is "last year"; a financial year such as 2016-17', 'synthetic is "perhaps"; yes or no']  # fmt: skip
    _write_about(copied, forecastto="2026", contact="A Planner")
    told = [str(note) for note in copied.load().notes if note.sheet == "about"]
    assert len(told) == 1 and 'the fact "forecastto" is not used' in told[0] and 'is "forecast_to" meant?' in told[0]


def test_a_table_of_nothing_but_zeros(copied: Copy) -> None:
    copied.change("pupils", lambda row: row.update(pupils="0"))
    copied.change("sen", lambda row: row.update(pupils="0"))
    assert only(copied) == (
        'pupils.csv, sheet "pupils", column "pupils": every figure is 0 (1 rows); allowed: figures above 0; '
        "fill them in, or leave the table out."
    )


def test_tables_of_two_authorities(copied: Copy) -> None:
    other = Source("other.zip: about.csv", b"key,value\nauthority_code,370\nbase_year,2016\n")
    _, found = examine([*sources([copied.path]), other])
    (told,) = [fault for fault in found if fault.column == "authority_code"]
    assert told.grade == "warning"
    assert told.found == 'tables of authority "372" and of authority "370" are read as one dataset'


def test_every_file_of_a_folder_that_cannot_be_read_is_named(copied: Copy) -> None:
    (copied.path / "births.csv").mkdir()
    (copied.path / "providers.xlsx").write_bytes(b"PK")
    told = "\n".join(map(str, faults(copied)))
    assert "births.csv: a folder, where a CSV file is expected; rename it, or take it out." in told
    assert "providers.xlsx: a workbook with the name of a table in a folder of CSV files" in told
    for path in copied.path.glob("*.csv"):
        path.rmdir() if path.is_dir() else path.unlink()
    assert only(copied).endswith("the folder has no CSV files; give the workbook itself: providers.xlsx.")
