"""Files as councils download them: population, births, school lists, budget lines; each small enough to add by hand."""

# ruff: noqa: E501 - rows of tables, one a line

from __future__ import annotations

import numpy as np
import pytest

from forecasting.errors import Fault
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import examine
from forecasting.inputs.source import Source
from forecasting.periods import (
    calendar_to_academic_births,
    financial_year_of_period,
    mid_year_to_january,
)
from tests.inputs import corpus
from tests.inputs.published_files import ABOUT, BIRTHS, LINES, PEOPLE, PUPILS, SCHOOLS
from tests.inputs.releases import packed, release

OWN = (corpus.csv("about", ABOUT), corpus.csv("pupils", PUPILS))
Rows = list[list[str]]


def given(name: str, rows: Rows, *more: Source) -> tuple[Dataset, list[Fault]]:
    dataset, faults = examine([*OWN, corpus.csv(name, rows), *more])
    assert dataset is not None, "\n".join(map(str, faults))
    return dataset, list(faults)


def people(dataset: Dataset) -> dict[tuple[int, int], float]:
    rows = dataset.table("population")
    return dict(zip(zip(rows["year"].astype(int), rows["age"].astype(int), strict=True), rows["people"], strict=True))


SNPP: Rows = PEOPLE
# January 2023: age 0 as at mid-2022: 120; age 1: 10/12 × 240 + 2/12 × 120 = 220; January 2024: 132, 10/12 × 252 + 22
EXPECTED = {(2023, 0): 120.0, (2023, 1): 220.0, (2024, 0): 132.0, (2024, 1): 232.0}


def test_projections_with_a_column_a_year() -> None:
    dataset, faults = given("any name", SNPP)
    assert people(dataset) == pytest.approx(EXPECTED)
    assert set(dataset.table("population")["status"]) == {"projection"}
    assert any("mid-2022 to mid-2023" in str(f) and f.grade == "note" for f in faults)


def test_male_and_female_are_added_and_never_with_all_persons() -> None:
    halves = [[*row[:2], sex, row[3], *(str(float(cell) / 2) for cell in row[4:])]
              for row in SNPP[1:] for sex in ("females", "males")]  # fmt: skip
    assert people(given("x", [SNPP[0], *halves])[0]) == pytest.approx(EXPECTED)
    assert people(given("x", [*SNPP, *halves])[0]) == pytest.approx(EXPECTED)


def test_one_sex_alone_is_left_out_with_a_warning() -> None:
    rows = [*SNPP[:3], ["E99000901", "Ashby", "males", "2", "50", "50"]]
    dataset, faults = given("x", rows)
    assert people(dataset) == pytest.approx(EXPECTED)
    assert any("one sex only" in str(f) and f.grade == "warning" for f in faults)


def test_long_estimates_with_titles_above_and_codes_for_sex() -> None:
    rows = [["Mid-year population estimates"], ["Source: made up"], ["Area", "Sex", "Age", "Year", "Value"]]
    rows += [["Ashby", sex, f"Aged {age}", year, str(float(SNPP[age + 1][at]) / 2)]
             for sex in ("1", "2") for age in (0, 1) for year, at in (("2022", 4), ("2023", 5))]  # fmt: skip
    dataset, _ = given("mye", rows)
    assert people(dataset) == pytest.approx(EXPECTED)
    assert set(dataset.table("population")["status"]) == {"actual"}


def test_estimates_with_a_column_an_age_and_the_year_in_the_title() -> None:
    ages = [str(age) for age in range(12)]
    rows = [["Mid-2022 estimates, persons"], ["Code", "Name", "Geography", "All ages", *ages, "90+"],
            ["E99000901", "Ashby", "District", "9999", *[str(120 * (age + 1)) for age in range(12)], "5"]]  # fmt: skip
    found = people(given("x", rows)[0])
    assert found[2023, 0] == 120 and found[2023, 1] == pytest.approx(220)
    assert found[2023, 11] == pytest.approx(10 / 12 * 1440 + 2 / 12 * 1320)


def test_population_columns_named_for_their_year() -> None:
    rows = [["ladcode23", "laname23", "country", "sex", "age", "population_2022", "population_2023"]]
    rows += [["E99000901", "Ashby", "E", sex, age, str(float(a) / 2), str(float(b) / 2)]
             for sex in ("1", "2") for age, a, b in (("0", "120", "132"), ("1", "240", "252"))]  # fmt: skip
    dataset, _ = given("myeb1", rows)
    assert people(dataset) == pytest.approx(EXPECTED)
    assert set(dataset.table("population")["status"]) == {"actual"}


def test_ages_that_start_above_birth_lose_the_lowest() -> None:
    rows = [["Area", "Age", "Year", "Population"], ["Ashby", "4", "2022", "60"], ["Ashby", "5", "2022", "120"]]
    dataset, faults = given("x", rows)
    assert people(dataset) == {(2023, 5): 110.0}
    assert any("age 4 is left out" in str(f) for f in faults)


def test_age_bands_are_refused() -> None:
    rows = [["Area", "Age", "Year", "Value"], ["Ashby", "0-4", "2022", "60"]]
    dataset, faults = examine([*OWN, corpus.csv("x", rows)])
    assert dataset is None and any("by single year of age" in str(f) and f.grade == "error" for f in faults)


def test_an_authority_that_is_not_there_is_named_with_those_that_are() -> None:
    rows = [SNPP[0], *[["E99000902", "Birch", *row[2:]] for row in SNPP[1:3]], *[["E99000903", "Cold", *row[2:]]
            for row in SNPP[1:3]]]  # fmt: skip
    dataset, faults = examine([*OWN, corpus.csv("x", rows)])
    assert dataset is None
    assert any("is not in this file" in str(f) and "E99000902 Birch" in str(f) for f in faults)


def test_files_that_fill_one_table_are_joined() -> None:
    later = [["Area", "Age", "Year", "Population"], ["Ashby", "0", "2024", "99"], ["Ashby", "1", "2024", "99"]]
    dataset, _ = given("a", SNPP, corpus.csv("b", later))
    assert people(dataset) == pytest.approx({**EXPECTED, (2025, 0): 99.0, (2025, 1): 99.0})


def test_births_of_calendar_years_become_academic_years() -> None:
    dataset, faults = given("x", BIRTHS)
    rows_read = dataset.table("births")
    # academic year 2021: 122/365 of 365 + 243/365 of 730 = 122 + 486
    assert rows_read[["year", "births"]].to_numpy().tolist() == [[2021, pytest.approx(608)]]
    assert any("122/365 of the year before" in str(f) for f in faults)


def test_births_with_a_column_a_year() -> None:
    rows = [["Live births by area"], ["Code", "Name", "2020", "2021"], ["E99000901", "Ashby", "365", "730"]]
    assert given("x", rows)[0].table("births")["births"].tolist() == [pytest.approx(608)]


def test_births_of_one_year_are_refused() -> None:
    rows = [["Area", "Year", "Live births"], ["Ashby", "2020", "365"]]
    dataset, faults = examine([*OWN, corpus.csv("x", rows)])
    assert dataset is None and any("one calendar year only" in str(f) for f in faults)


def test_a_register_of_schools() -> None:
    dataset, faults = given("edubase", SCHOOLS)
    rows = dataset.table("providers").set_index("provider")
    assert rows["setting"].to_dict() == {
        "Oak (URN 1)": "special_state", "Elm (resourced provision)": "resourced_provision", "Elm (SEN unit)": "sen_unit",
        "Oak (URN 4)": "special_independent"}  # fmt: skip
    assert rows.loc["Oak (URN 1)", "needs"] == "ASC|SLD"
    assert rows.loc["Elm (resourced provision)", ["capacity", "on_roll", "needs"]].tolist() == [10, 9, "SLCN"]
    assert np.isnan(rows.loc["Oak (URN 4)", "capacity"])  # 0 in the register means not known
    assert any('"Moon school"' in str(f) and f.grade == "warning" for f in faults)
    assert any("1 closed ones too" in str(f) for f in faults)


def test_section_251_lines() -> None:
    rows = given("x", LINES)[0].table("budget")
    assert rows[["financial_year", "line", "kind", "gbp"]].to_numpy().tolist() == [
        ["2024-25", "1.2.1 Top-up funding - maintained schools", "expenditure", 900]]  # fmt: skip


def test_a_councils_own_table_in_thousands_with_a_column_a_year() -> None:
    rows = [["High needs block, £000"], ["Description", "2023-24 outturn", "2024/25 budget"],
            ["Top-up funding", "1,200", "1,300"], ["Grant", "(50)", "-60"], ["Total", "1,150", "1,240"]]  # fmt: skip
    found = given("x", rows)[0].table("budget")
    assert found[["financial_year", "line", "kind", "gbp"]].to_numpy().tolist() == [
        ["2023-24", "Top-up funding", "expenditure", 1_200_000], ["2023-24", "Grant", "income", 50_000],
        ["2024-25", "Top-up funding", "expenditure", 1_300_000], ["2024-25", "Grant", "income", 60_000]]  # fmt: skip


def test_gross_less_income_whatever_its_sign() -> None:
    rows = [["Budget 2025-26"], ["Line description", "Gross", "Income"], ["A", "100", "30"], ["B", "100", "-30"],
            ["C", "100", ""]]  # fmt: skip
    assert given("x", rows)[0].table("budget")["gbp"].tolist() == [70, 70, 100]


def test_amounts_without_a_year_are_refused() -> None:
    rows = [["Line description", "Gross", "Income"], ["A", "100", "30"]]
    dataset, faults = examine([*OWN, corpus.csv("x", rows)])
    assert dataset is None and any("financial year of these amounts is not said" in str(f) for f in faults)


def test_an_amount_that_is_no_number_is_said() -> None:
    rows = [["Budget 2025-26"], ["Line description", "Net"], ["A", "100"], ["B", "tbc"]]
    dataset, faults = given("x", rows)
    assert dataset.table("budget")["line"].tolist() == ["A"]
    assert any('row 4, column "gbp": "tbc"' in str(f) for f in faults)


def test_a_table_of_the_dataset_is_never_offered_to_a_reader() -> None:
    population = [["year", "age", "people", "area"], ["2024", "4", "100", "Ashby"]]
    assert people(given("population", population)[0]) == {(2024, 4): 100.0}


def test_conversions_of_years() -> None:
    assert mid_year_to_january(np.array([[12.0, 24.0]])).tolist() == [[pytest.approx(np.nan, nan_ok=True), 22.0]]
    assert calendar_to_academic_births(np.array([365.0, 365.0])) == pytest.approx([365.0])
    assert [financial_year_of_period(t) for t in ("202425", "2024", "2024-25")] == ["2024-25"] * 3
    with pytest.raises(ValueError, match="not a financial year"):
        financial_year_of_period("soon")


def test_the_name_in_a_release_finds_the_authority_in_other_files() -> None:
    swaps = (("Ashby", "Elsewhere"), ("Birch", "Ashby"), ("E99000901", "E99000990"))  # so that no code leads astray
    births = BIRTHS
    for old, new in swaps:
        births = [[cell.replace(old, new) for cell in row] for row in births]
    births.append(["E99000902", "Ashby", "2021", "1"])
    dataset, faults = examine([packed(release()), corpus.csv("births by area", births)], "901")
    assert dataset is not None, "\n".join(map(str, faults))
    assert dataset.name == "Ashby" and dataset.table("births")["births"].tolist() == [pytest.approx(1)]
