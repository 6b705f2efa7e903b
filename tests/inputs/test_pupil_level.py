"""Pupil-level extracts: known children in, the same numbers out; faults name rows and never children."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasting.errors import Fault
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.intake import survey
from forecasting.inputs.load import examine
from forecasting.inputs.pupil_level import totals
from forecasting.inputs.pupil_level.children import census_day, wrong_upns
from forecasting.inputs.pupil_level.extracts import dates, year_of
from forecasting.inputs.pupil_level.fields import CENSUS, UNKNOWN, kinds_of
from forecasting.inputs.source import Source
from forecasting.model.run import run
from forecasting.scenario.scenario import Scenario
from tests.inputs.pupil_files import (
    NEEDS,
    SETTINGS,
    Child,
    census_frame,
    known_flows,
    known_moves,
    sen2_files,
    upn_of,
)

YEARS = (2023, 2024, 2025)
PEOPLE = Source("population.csv", ("year,nc_year,people\n" + "".join(
    f"{y},{n},900\n" for y in range(2023, 2031) for n in range(-5, 22))).encode())  # fmt: skip
position = st.none() | st.tuples(st.sampled_from(list(NEEDS)), st.sampled_from(list(SETTINGS)))


@st.composite
def cohorts(draw: st.DrawFn) -> list[Child]:
    many = draw(st.integers(1, 25))
    children = []
    for number in range(many):
        path = draw(st.tuples(*[position] * len(YEARS)).filter(any))
        joins = [at for at in (1, 2) if path[at] is not None and path[at - 1] is None]
        born = pd.Timestamp("2001-01-01") + pd.Timedelta(days=draw(st.integers(0, 7600)))
        moved_in = joins[0] if joins and draw(st.booleans()) else -1
        children.append(Child(number, born, path, moved_in, draw(st.booleans())))
    return children


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(), st.booleans())
def test_known_moves_come_back_exactly(children: list[Child], day_first: bool) -> None:
    """Leavers, joiners, moves, changed needs, two placements, transfers in: nothing lost, nothing added."""
    done = totals(sen2_files(children, YEARS, day_first))
    assert [fault for fault in done.faults if fault.grade == "error"] == []
    tables = {source.stem: pd.read_csv(io.BytesIO(source.content), keep_default_na=False) for source in done.files}
    wanted = known_moves(children, YEARS)
    if len(wanted):
        found = tables["plan_moves"].drop(columns=["source", "place", "next_place"])
        assert _sorted(found) == _sorted(wanted.astype({"next_nc_year": "Int64"}).astype(object).fillna(""))
    plans = tables["ehc_plans"]
    for at, year in enumerate(YEARS):
        assert plans.loc[plans["year"] == year, "plans"].sum() == sum(c.positions[at] is not None for c in children)
    flows = tables["plan_flows"].set_index("calendar_year")
    for row in known_flows(children, YEARS).itertuples():
        if row.calendar_year in flows.index:
            assert (flows["new_plans"][row.calendar_year], flows["ceased"][row.calendar_year]) == (
                row.new_plans, row.ceased)  # fmt: skip


def _sorted(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    cells = frame[["census_year", "nc_year", "need", "setting", "next_nc_year", "next_need", "next_setting", "people"]]
    return sorted(tuple(_plain(cell) for cell in row) for row in cells.itertuples(index=False))


def _plain(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)


def many(count: int = 300) -> list[Child]:
    rng = np.random.default_rng(1)
    words = list(SETTINGS)
    children = []
    for number in range(count):
        held = (rng.choice(list(NEEDS)), rng.choice(words))
        path = [held if rng.random() < 0.9 else None for _ in YEARS]
        path = [held, None, None] if path[1] is None else path
        born = pd.Timestamp("2005-09-01") + pd.Timedelta(days=int(rng.integers(0, 4800)))
        children.append(Child(number, born, tuple(path)))
    return children


def test_two_years_of_files_lead_to_a_forecast_by_moves() -> None:
    dataset, faults = examine([*sen2_files(many(), YEARS), PEOPLE])
    assert dataset is not None, [str(fault) for fault in faults]
    done = run(dataset, Scenario("s"), to=2028)
    assert done.forecast.method == "moves" and done.forecast.base_year == 2025
    held = sum(c.positions[2] is not None for c in many())
    assert done.forecast.value("ehc_plans", 2025) == pytest.approx(held)


def census(frame: pd.DataFrame, name: str = "School Census January 2025.csv") -> Source:
    return Source(name, frame.to_csv(index=False).encode())


def read(frame: pd.DataFrame) -> tuple[Dataset, tuple[Fault, ...]]:
    dataset, faults = examine([census(frame)])
    assert dataset is not None, [str(fault) for fault in faults]
    return dataset, faults


def test_a_school_census_gives_pupils_and_sen() -> None:
    frame = census_frame(400, 2025)
    dataset, _ = read(frame)
    assert dataset.table("pupils")["pupils"].sum() == 400 and dataset.base_year == 2025
    groups = dataset.table("pupils").set_index("nc_year")["pupils"]
    assert groups[0] == (frame["NCyearActual"] == "R").sum() and groups[7] == (frame["NCyearActual"] == "7").sum()
    sen = dataset.table("sen").groupby("provision")["pupils"].sum()
    assert sen["ehc_plan"] == (frame["SENprovision"] == "E").sum()
    by_need = dataset.table("sen").groupby("need")["pupils"].sum()
    assert by_need["ASC"] == ((frame["SENtype1"] == "ASD") & (frame["SENprovision"] != "N")).sum()


def test_a_workbook_of_two_years_is_read_sheet_by_sheet() -> None:
    content = io.BytesIO()
    with pd.ExcelWriter(content) as book:
        for year in (2024, 2025):
            census_frame(50, year, seed=year).to_excel(book, sheet_name=f"January {year}", index=False, startrow=2)
    told: list[float] = []
    done = totals([Source("census.xlsx", content.getvalue())], lambda share, words: told.append(share))
    pupils = next(pd.read_csv(io.BytesIO(s.content)) for s in done.files if s.stem == "pupils")
    assert pupils.groupby("year")["pupils"].sum().to_dict() == {2024: 50, 2025: 50}
    assert told == sorted(told) and told[-1] == 1.0


@pytest.mark.parametrize(
    ("column", "value", "words", "grade"),
    [
        ("DOB", "not a day", "cells are no date", "warning"),
        ("SENprovision", "Q", "cells are no SEN provision", "error"),
        ("NCyearActual", "13", "NC years from their age", "warning"),
        ("UPN", "", "rows have no UPN", "warning"),
        ("UPN", "A12", "check letter is wrong", "warning"),
        ("UPN", upn_of(2), "second row of the same January", "warning"),
    ],
)
def test_faults_of_a_census_name_the_row_and_no_child(column: str, value: str, words: str, grade: str) -> None:
    frame = census_frame(30, 2025).astype(object)
    frame.loc[5, column] = value
    if words.endswith("their age"):
        frame.loc[5, "DOB"] = "2021-01-05"
    _, faults = examine([census(frame)])
    mine = [fault for fault in faults if words in fault.found]
    assert len(mine) == 1 and mine[0].grade == grade and mine[0].row == 7
    text = " ".join(map(str, faults))
    assert all(secret not in text for secret in ("Sur", "Fore", *frame["UPN"].loc[frame["UPN"].ne("")]))


def test_a_child_at_two_schools_counts_where_its_enrolment_is_main() -> None:
    frame = census_frame(10, 2025)
    second = frame.iloc[[4]].assign(EnrolStatus="S", NCyearActual="9")
    dataset, faults = read(pd.concat([second, frame]))
    assert dataset.table("pupils")["pupils"].sum() == 10
    assert not [fault for fault in faults if "second row" in fault.found]


def test_the_year_is_asked_for_when_nothing_states_it() -> None:
    dataset, faults = examine([census(census_frame(5, 2025), "pupils extract.csv")])
    assert dataset is None
    assert any("January that it belongs to is not known" in fault.found for fault in faults)


def test_a_sheet_with_upns_that_is_no_extract_goes_no_further() -> None:
    frame = pd.DataFrame({"UPN": [upn_of(1)], "Remark": ["likes music"]})
    done = totals([Source("notes.csv", frame.to_csv(index=False).encode())])
    assert done.files == () and done.faults[0].grade == "warning"
    looked = survey([Source("notes.csv", frame.to_csv(index=False).encode())])
    assert looked.strays == () and looked.words == ()


def test_settings_come_from_the_register_by_urn() -> None:
    children = many(40)
    files = sen2_files(children, (2024, 2025))
    for at, source in enumerate(files):
        if source.name.startswith("placement detail"):
            frame = pd.read_csv(io.BytesIO(source.content), dtype=str, keep_default_na=False)
            frame = frame.assign(URN=np.where(frame["PlacementRank"] == "1", "100001", ""), SENSetting="")
            files[at] = Source(source.name, frame.to_csv(index=False).encode())
    without = totals(files)
    assert any("register of schools" in fault.found for fault in without.faults)
    register = Source("gias.csv", b"URN,LA (code),EstablishmentName,TypeOfEstablishment (name),"
                                  b"SchoolCapacity\n100001,373,A school,Community special school,90\n"
                                  b"100002,374,B school,Community school,90\n"
                                  b"100003,373,C school,Community school,90\n")  # fmt: skip
    done = totals([*files, register])
    plans = next(pd.read_csv(io.BytesIO(s.content)) for s in done.files if s.stem == "ehc_plans")
    assert set(plans["setting"]) == {"special_state"} and set(plans["place"]) == {"in_borough"}


def test_rows_that_lead_to_no_person_are_told() -> None:
    files = [f for f in sen2_files(many(20), (2024, 2025)) if not f.name.startswith("assessment")]
    done = totals(files)
    assert any("lead to no person" in fault.found for fault in done.faults)


def test_without_persons_the_return_is_refused() -> None:
    files = [f for f in sen2_files(many(20), (2025,)) if not f.name.startswith("person")]
    assert any("lacks the persons" in fault.found and fault.grade == "error" for fault in totals(files).faults)


@pytest.mark.parametrize(
    ("text", "year"), [("SEN2 2025", 2025), ("census 2024-25", 2025), ("2024 and 2025", 0), ("x", 0)]
)
def test_the_january_that_a_name_states(text: str, year: int) -> None:
    assert year_of(text) == year


def test_census_day_is_the_third_thursday() -> None:
    assert [census_day(year).isoformat() for year in (2023, 2024, 2025)] == ["2023-01-19", "2024-01-18", "2025-01-16"]


def test_dates_in_every_spelling() -> None:
    told = pd.Series(
        ["2015-09-01", "01/09/2015", "1-Sep-2015", "42248", "2015-09-01 00:00:00", "", "soon", "31/02/2015"]
    )
    found = dates(told.astype(object))
    assert found.notna().tolist() == [True] * 5 + [False] * 3
    assert set(found.dropna().dt.strftime("%Y-%m-%d")) == {"2015-09-01"}


def test_check_letters() -> None:
    good = upn_of(12345)
    other = "A" if good[0] != "A" else "B"
    assert wrong_upns(pd.Series([good, other + good[1:], good[:12], "", good.lower()])) == [1, 2]


def test_what_is_pupil_level() -> None:
    assert kinds_of({"upn", "provision", "nc_year"}) == (CENSUS,)
    assert kinds_of({"upn", "school"}) == (UNKNOWN,)
    assert kinds_of({"school", "year", "setting"}) == ()


@pytest.mark.parametrize(
    "header", [("Forename", "Surname", "Placement"), ("Child's name", "Setting"), ("Client", "Date of Birth")]
)
def test_a_list_of_children_without_upns_goes_no_further(header: tuple[str, ...]) -> None:
    """Such a list is what many councils keep; named like a table, its cells would stand in messages."""
    row = ",".join(["Secret"] * len(header))
    for name in ("list.csv", "pupils.csv"):
        files = [Source(name, f"{','.join(header)}\n{row}\n".encode())]
        _, faults = examine(files)
        assert any("about single children" in fault.found for fault in faults)
        assert all("Secret" not in str(fault) for fault in faults)
        assert survey(files).strays == ()


def test_a_table_beside_pupils_is_kept_when_their_sheet_is_named_like_a_table() -> None:
    content = io.BytesIO()
    with pd.ExcelWriter(content) as book:
        census_frame(30, 2025).to_excel(book, sheet_name="Pupils", index=False)
        pd.DataFrame({"key": ["base_year"], "value": ["2025"]}).to_excel(book, sheet_name="about", index=False)
    done = totals([Source("January 2025.xlsx", content.getvalue())])
    assert [source.stem for source in done.files].count("about") == 1
    assert all(b"Sur1" not in source.content for source in done.files)
