"""Faults planted in made-up releases are found by the general checks, and a sound release gives none."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.inputs import dfe
from forecasting.inputs.plausibility import check_own, review
from tests.inputs.releases import change, flows, old_release, packed, release, stock


def total(reading: dfe.Reading, year: int) -> float | None:
    rows = reading.tables["ehc_plans"]
    rows = rows.loc[rows["year"].eq(year) & rows["setting"].eq("") & rows["age_band"].eq("") & rows["age"].isna()]
    return float(rows["plans"].iloc[0]) if len(rows) else None


def new_plans(reading: dfe.Reading, year: int) -> float:
    rows = reading.tables["plan_flows"].set_index("calendar_year")
    return float(rows.loc[year, "new_plans"])


def test_a_sound_release_gives_no_findings() -> None:
    reading = dfe.read_release([packed(release())], "903")
    assert reading.findings == ()
    assert {fault.grade for fault in reading.faults} == {"note"}


def test_a_failed_return_is_set_aside_and_kept_in_the_fault() -> None:
    files = release()
    change(files["caseload"], "904", "202324", "ehcplans", 310)
    reading = dfe.read_release([packed(files)], "904")
    (found,) = [f for f in reading.findings if f.check == "unexplained_change"]
    assert (found.year, found.found, found.action) == (2024, 310, "set_aside")
    assert found.expected == stock("904", 2024)  # the flows of 2023 explain the true change exactly
    assert total(reading, 2024) is None
    assert total(reading, 2025) == stock("904", 2025)
    assert any("310" in str(fault) and "set aside" in str(fault) for fault in reading.faults)


def test_a_neighbour_that_failed_is_set_aside_among_the_comparators() -> None:
    files = release()
    change(files["caseload"], "904", "202324", "ehcplans", 310)
    reading = dfe.read_release([packed(files)], "903")
    rows = reading.tables["comparators"]
    assert 310 not in rows.loc[rows["authority"].eq("Dene"), "value"].tolist()
    assert any(f.name == "Dene" and f.year == 2024 for f in reading.findings)


def test_the_figure_of_the_region_is_set_aside() -> None:
    files = release()
    whole = sum(flows(unit, 2023)[1] for unit in ("901", "902", "903", "904", "905", "906"))
    change(files["ceased_plans"], "902", "2023", "total_ceased", whole)
    reading = dfe.read_release([packed(files)], "902")
    (found,) = reading.findings
    assert (found.check, found.measure, found.found, found.action) == ("equal_to_region", "ceased", whole, "set_aside")
    assert pd.isna(reading.tables["plan_flows"].set_index("calendar_year").loc[2023, "ceased"])


def test_a_total_that_its_parts_deny_is_flagged_and_kept() -> None:
    files = release()
    change(files["caseload"], "905", "202223", "special_la_maintained", 5)
    reading = dfe.read_release([packed(files)], "905")
    found = [f for f in reading.findings if f.check == "parts_differ"]
    assert [(f.year, f.action) for f in found] == [(2023, "flagged")]
    assert total(reading, 2023) == stock("905", 2023)


def test_a_share_that_jumps_and_a_gap_between_sources_are_flagged() -> None:
    years = range(2010, 2022)
    files = old_release([year for year in years if year != 2016])
    later = files["sen2_age_caseload"]
    for year in (2019, 2020, 2021):
        for band, factor in (("Under 5", 3.0), ("Age 11 to 15", 0.75)):
            row = later["time_period"].eq(str(year)) & later["old_la_code"].eq("906")
            at = row & later["characteristic_age"].eq(band)
            later.loc[at, "Total_all"] = str(round(float(later.loc[at, "Total_all"].iloc[0]) * factor))
    reading = dfe.read_release([packed(files), packed(release(), "later.zip")], "906")
    assert ("share_jump", "under_5", 2019) in {(f.check, f.part, f.year) for f in reading.findings}


def test_missing_years_of_a_breakdown_are_told() -> None:
    early, late = old_release(range(2016, 2019)), old_release(range(2021, 2023))
    frame = pd.concat([early["sen2_age_caseload"], late["sen2_age_caseload"]])
    reading = dfe.read_release([packed({"ages": frame}), packed(release(), "later.zip")], "901")
    gaps = [f.year for f in reading.findings if f.check == "missing_source"]
    assert gaps == [2020]  # 2019 has no total either; 2020 has one but no bands


def test_own_tables_are_flagged_but_never_changed() -> None:
    plans = pd.DataFrame({"year": [2022, 2023, 2024], "need": ["", "", ""], "plans": [1000.0, 1080.0, 300.0]})
    faults = check_own({"ehc_plans": plans}, {"ehc_plans": "mine.csv"}, "999", "Mine")
    assert [(fault.grade, fault.file) for fault in faults] == [("warning", "mine.csv")]
    assert "it is used" in str(faults[0])


def test_reviewing_an_empty_panel_finds_nothing() -> None:
    columns = ["measure", "dimension", "part", "year", "unit", "level", "name", "region", "value"]
    assert review(pd.DataFrame(columns=columns).astype({"year": int, "value": float})).findings == ()


@pytest.mark.parametrize("mark", ["z", "x", "c", ":"])
def test_marks_are_missing_and_never_zero(mark: str) -> None:
    files = release()
    change(files["newplans"], "903", "2022", "new_ehc_plans", mark)
    reading = dfe.read_release([packed(files)], "903")
    assert pd.isna(new_plans(reading, 2022))
    assert any(f'"{mark}" (1 cells)' in str(fault) for fault in reading.faults)
