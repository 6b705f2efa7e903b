"""Releases of education, health and care plans: recognised, merged, read for one authority."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from forecasting.__main__ import app
from forecasting.errors import DatasetError
from forecasting.inputs import dfe
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.dfe.panel import band_of, setting_of
from forecasting.inputs.grouping import grouped
from forecasting.inputs.load import load, require_authority
from forecasting.inputs.margins import margin, total
from forecasting.inputs.source import Source
from tests.inputs.releases import UNITS, caseload, change, old_release, packed, release, stock
from tests.support import SHARED

REAL = [SHARED / "dfe" / f"education-health-and-care-plans_{year}.zip" for year in (2025, 2022)]
needs_real = pytest.mark.skipif(not all(path.exists() for path in REAL), reason="the published releases are not here")
ROTHERHAM = [1082, 1026, 994, 983, 999, 1061, 1233, 1538, 1814, 2060, 2215, 2379, 2600, 2885, 3310, 3623]


@pytest.fixture(scope="module")
def both() -> list[dfe.Release]:
    if not all(path.exists() for path in REAL):
        pytest.skip("the published releases are not here")
    return dfe.split([Source.of(path) for path in REAL])[0]


@pytest.fixture(scope="module")
def reading(both: list[dfe.Release]) -> dfe.Reading:
    return dfe.read_releases(both, "372")


@pytest.fixture(scope="module")
def real(reading: dfe.Reading) -> Dataset:
    return Dataset(reading.tables)


def test_rotherham_2010_to_2025(real: Dataset) -> None:
    assert total(real, "ehc_plans", "plans").to_dict() == dict(zip(range(2010, 2026), ROTHERHAM, strict=True))
    assert real.base_year == 2025 and real.name == "Rotherham" and real.about("authority_code") == "372"
    for known in ("372", "E08000018", "rotherham"):  # however the authority is asked for
        require_authority(real, known)


def test_breakdowns_add_up_to_the_total(real: Dataset) -> None:
    whole = total(real, "ehc_plans", "plans")
    known = {"age_band": (2016, 2022, 2025), "setting": (2010, 2022, 2025), "need": (2025,), "age": (2025,)}
    for axis, years in known.items():
        parts = margin(real, "ehc_plans", "plans", axis).groupby("year").sum()
        for year in years:
            assert parts[year] == whole[year], (axis, year)


def test_flows_of_rotherham(real: Dataset) -> None:
    measures = ("new_plans", "ceased", "requests")
    flows = {m: total(real, "plan_flows", m, time="calendar_year").to_dict() for m in measures}
    assert flows["new_plans"][2022] == 285  # published: 6,078, the figure of the region
    assert (flows["new_plans"][2009], flows["new_plans"][2024]) == (82, 596)
    assert (flows["ceased"][2022], flows["requests"][2016], flows["requests"][2024]) == (120, 303, 959)


def test_known_faults_are_found(reading: dfe.Reading, both: list[dfe.Release]) -> None:
    found = {(f.unit, f.check, f.measure, f.year): f for f in reading.findings}
    region = found["372", "equal_to_region", "new_plans", 2022]
    assert (region.found, region.expected, region.action) == (6078, 285, "replaced")
    assert found["ENG", "parts_differ", "ehc_plans", 2016].expected == 256530  # +215
    assert found["ENG", "parts_differ", "ehc_plans", 2018].expected == 312626  # -7,193
    assert ("372", "missing_source", "ehc_plans", 2023) in found
    jump = [f for f in reading.findings if (f.unit, f.year, f.part) == ("ENG", 2024, "under_5")]
    assert jump and "+21% a year" in jump[0].why
    newham = dfe.read_releases(both, "Newham")
    (fall,) = [f for f in newham.findings if f.action == "set_aside"]
    assert (fall.year, fall.found) == (2025, 1199)
    assert Dataset(newham.tables).base_year == 2024


@needs_real
def test_plans_of_every_authority_equal_the_reference(both: list[dfe.Release]) -> None:
    codes = [code for code, _, _ in dfe.authorities(both)]
    reference = pd.read_csv(SHARED / "dfe" / "ehc_plans_by_authority.csv", dtype={"unit": str})
    from forecasting.inputs.dfe.panel import merge, panel_of

    panel = merge([panel_of(release)[0] for release in both])
    rows = panel.loc[panel["measure"].eq("ehc_plans") & panel["dimension"].eq("")].set_index(["unit", "year"])["value"]
    whole = [(u, y, v) for u, y, v in zip(reference["unit"], reference["year"], reference["total"], strict=True)
             if u in codes and (u, y) in rows.index]  # fmt: skip
    assert len(whole) > 1000
    wrong = [(u, y, v, rows[u, y]) for u, y, v in whole if pd.notna(v) and pd.notna(rows[u, y]) and rows[u, y] != v]
    assert [row for row in wrong if row[0] != "316"] == []


def test_comparators_hold_england_the_region_and_its_authorities(real: Dataset) -> None:
    rows = real.table("comparators")
    names = list(dict.fromkeys(rows["authority"]))
    assert names[:2] == ["England", "Yorkshire and The Humber"]
    assert "Barnsley" in names and "Rotherham" not in names and "Newham" not in names
    assert rows.loc[rows["authority"].eq("England") & rows["year"].eq(2025), "value"].tolist() == [638745]


@needs_real
def test_load_asks_for_an_authority_and_says_which_there_are() -> None:
    with pytest.raises(DatasetError) as caught:
        load([REAL[0]])
    assert "202 Camden" in str(caught.value) and "authorities)" in str(caught.value)


def test_every_type_of_establishment_of_the_releases_has_a_setting(both: list[dfe.Release]) -> None:
    found = {f for release in both for f in dfe.read.panel_of(release)[1]}
    assert found == set()


def test_layouts_are_recognised_by_content_not_by_name() -> None:
    files = {f"file{i}": frame for i, frame in enumerate(release().values())}
    (made,), others, faults = dfe.split([packed(files, "anything.bin")])
    assert set(made.parts) == {"caseload", "newplans", "ceased"} and not others and not faults


def test_loose_files_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, frame in release().items():
        frame.to_csv(tmp_path / "data" / f"{name}.csv", index=False)
    dataset = load([tmp_path], "Birch")
    assert total(dataset, "ehc_plans", "plans").to_dict() == {y: stock("902", y) for y in range(2020, 2026)}


def test_the_only_authority_need_not_be_named() -> None:
    frame = caseload()
    alone = frame.loc[frame["old_la_code"].eq("903")]
    assert dfe.read_release([packed({"caseload": alone})], "903").tables["about"].shape[0] == 8
    assert dfe.find_authority(dfe.split([packed({"caseload": alone})])[0], None)[0] == "903"


def test_authorities_lists_code_name_and_region() -> None:
    (made,), _, _ = dfe.split([packed(release())])
    assert dfe.authorities(made) == [(code, name, "Far Coast") for code, name in UNITS.items()]


@pytest.mark.parametrize("word", ["902", " birch ", "e99000902"])
def test_an_authority_is_found_by_code_and_name(word: str) -> None:
    assert dfe.find_authority(dfe.split([packed(release())])[0], word)[:2] == ("902", "Birch")


def test_the_later_release_wins_and_says_so() -> None:
    old = old_release()
    change(old["sen2_age_caseload"], "901", "2020", "Total_all", 7)
    reading = dfe.read_release([packed(release(), "new.zip"), packed(old, "old.zip")], "901")
    known = total(Dataset(reading.tables), "ehc_plans", "plans")
    assert known[2018] == stock("901", 2018) and known[2020] == stock("901", 2020)
    notes = [str(f) for f in reading.faults if f.grade == "note" and "old.zip" in str(f) and "2020" in str(f)]
    assert any("7 in old.zip" in note and f"{stock('901', 2020):,} in new.zip" in note for note in notes)


def test_an_unknown_type_is_reported_and_not_turned_into_other() -> None:
    frame = caseload().rename(columns={"special_independent": "moon_school"})
    reading = dfe.read_release([packed({"caseload": frame})], "901")
    assert any('"moon_school" is not known' in str(f) and f.grade == "warning" for f in reading.faults)
    assert "other" not in set(reading.tables["ehc_plans"]["setting"])


def test_a_release_and_tables_of_ones_own_together(tmp_path: Path) -> None:
    zipped = tmp_path / "r.zip"
    zipped.write_bytes(packed(release()).content)
    own = tmp_path / "pupils.csv"
    own.write_text("year,pupils\n2025,40000\n", encoding="utf-8")
    dataset = load([zipped, own], "901")
    assert dataset.has("pupils") and dataset.has("ehc_plans") and dataset.name == "Ashby"


def test_damaged_rows_are_our_error() -> None:
    good = packed(release())
    broken = Source("caseload.csv", caseload().to_csv(index=False).encode() + b'1,2,"3\n')
    for sources in ([broken], [Source("r.zip", good.content[:500])]):
        with pytest.raises(DatasetError):
            dfe.read_release(sources, "901")


def test_words_of_the_data_file() -> None:
    with (Path(dfe.__file__).parents[3] / "data/vocabularies/dfe_settings.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert all(setting_of(row["file_value"]) == row["setting"] for row in rows)
    assert [band_of(age) for age in (2, 4, 5, 10, 11, 15, 16, 19, 20, 25)] == [
        "under_5", "under_5", "5_10", "5_10", "11_15", "11_15", "16_19", "16_19", "20_25", "20_25"]  # fmt: skip


SAMPLE = 4  # authorities of the two releases, evenly spread; benchmarks/load_releases.py loads all of them


@needs_real
def test_the_two_zips_together_load_for_authorities_by_the_command() -> None:
    paths = [str(path) for path in REAL]
    held = dfe.authorities(dfe.split([Source.of(path) for path in REAL])[0])
    assert len(held) > 70
    for code, name, _ in [*held[:: len(held) // SAMPLE], ("372", "Rotherham", "")]:
        done = CliRunner().invoke(app, ["check", *paths, "--authority", code])
        assert done.exit_code == 0, f"{code} {name}: {done.output}"
        assert "fills ehc_plans" in done.output and "errors: 0" in done.output


@needs_real
def test_rotherham_by_the_command_from_the_two_zips(tmp_path: Path) -> None:
    out = tmp_path / "forecast.csv"
    done = CliRunner().invoke(
        app, ["forecast", *map(str, REAL), "--authority", "372", "--draws", "0", "--to", "2027", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    rows = pd.read_csv(out, keep_default_na=False)
    keys = ["component", "area", "nc_year", "age_band", "phase", "need", "setting", "place", "provider"]
    rows = rows.loc[rows["measure"].eq("ehc_plans") & rows[keys].astype(str).eq("").all(axis=1)]
    history = rows.loc[rows["year"].between(2010, 2025)].sort_values("year")["central"]
    assert history.astype(float).tolist() == ROTHERHAM


@needs_real
def test_many_warnings_of_one_kind_are_few_lines(reading: dfe.Reading) -> None:
    groups = grouped(reading.faults)
    warnings = [group for group in groups if group.grade == "warning"]
    assert sum(group.count for group in warnings) == sum(f.grade == "warning" for f in reading.faults) >= 20
    assert len(warnings) <= 8
    assert any(group.count > 1 and "a share that jumps" in group.text for group in warnings)


def planted(both: list[dfe.Release]) -> list[dfe.Release]:
    """The real releases with three new faults, in authorities that have none of the kind."""
    latest = both[-1]
    parts = {name: frame.copy() for name, frame in latest.parts.items()}

    def total_of(part: str, code: str, period: str) -> pd.Series:
        frame = parts[part]
        every = frame["breakdown_topic"].str.lower().str.match(r"^(all|new)\b")
        at = frame["unit"].eq(code) & frame["time_period"].eq(period) & every
        assert at.sum() == 1, (part, code, period)
        return at

    def put(part: str, code: str, period: str, column: str, value: str) -> None:
        parts[part].loc[total_of(part, code, period), column] = value

    put("caseload", "370", "202425", "ehcplans", "700")  # Barnsley: a return that failed
    whole = parts["ceased"].loc[total_of("ceased", "E12000005", "2023"), "total_ceased"].iloc[0]
    put("ceased", "330", "2023", "total_ceased", whole)  # Birmingham: the figure of the West Midlands
    put("caseload", "886", "202425", "special_la_maintained", "9")  # Kent: a part that no longer adds up
    return [*both[:-1], dataclasses.replace(latest, parts=parts)]


def test_three_new_faults_planted_elsewhere_are_found(both: list[dfe.Release]) -> None:
    new = planted(both)
    for code, check, measure, year in (
        ("370", "unexplained_change", "ehc_plans", 2025),
        ("330", "equal_to_region", "ceased", 2023),
        ("886", "parts_differ", "ehc_plans", 2025),
    ):
        before, after = (
            {(f.unit, f.check, f.measure, f.year) for f in dfe.read_releases(releases, code).findings}
            for releases in (both, new)
        )
        assert (code, check, measure, year) in after - before, sorted(after - before)
