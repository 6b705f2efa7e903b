"""Returns filled from a forecast: labels and order of the return, whole numbers that add up, blanks that are listed."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from forecasting.errors import DatasetError
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs.returns.checks import checks
from forecasting.outputs.returns.counts import counts
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.layout import FOLDER, Layout, codes, layout
from forecasting.outputs.returns.sheet import to_bytes
from forecasting.scenario.from_dataset import dataset_scenarios

ROOT = Path(__file__).resolve().parents[3]
RELEASES = sorted((ROOT.parent / "shared" / "dfe").glob("*.zip"))
NEEDS = ("Autistic Spectrum Disorder", "Hearing Impairment", "Moderate Learning Difficulty", "Multi-Sensory Impairment",
         "Physical Disability", "Profound & Multiple Learning Difficulty", "Social, Emotional and Mental Health",
         "Speech, Language and Communications needs", "Severe Learning Difficulty", "Specific Learning Difficulty",
         "Visual Impairment", "Other Difficulty/Disability",
         "SEN support but no specialist assessment of type of need")  # fmt: skip
BANDS = ("Under 5", "Age 5 to 10", "Age 11 to 15", "Age 16 to 19", "Age 20 to 25")


@pytest.fixture(scope="module")
def made():
    data = load([ROOT / "data" / "demonstration"])
    scenarios = dataset_scenarios(data)
    return run(data, scenarios["baseline"]), run(data, scenarios["mitigated"])


@pytest.fixture(scope="module")
def filled(made):
    return {code: fill(layout(code), made) for code in codes()}


def _table(filled, number):
    return next(table for table in filled.tables if table.table.id == number)


def test_the_three_returns_have_their_tables(filled):
    assert codes() == ("lsrp", "scap", "dsg")
    assert [t.table.id for t in filled["lsrp"].tables] == [
        "5.1", "6", "7", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "10", "11", "12"]  # fmt: skip
    assert [t.table.id for t in filled["scap"].tables] == [
        str(n) for n in (*range(1803001, 1803005), *range(1803011, 1803015))
    ]
    assert len(filled["dsg"].tables) == 14


def test_labels_orders_and_years(filled):
    lsrp = filled["lsrp"]
    assert _table(lsrp, "5.1").labels == BANDS
    assert _table(lsrp, "7").labels == NEEDS
    assert len(_table(lsrp, "6").labels) == 14
    assert _table(lsrp, "6").columns == ("2024", "2025", "2026", "2027", "2028")  # January 2025 is the end of 2024
    assert _table(filled["scap"], "1803001").columns == ("2025/26", "2026/27", "2027/28", "2028/29", "2029/30")
    assert len(_table(filled["scap"], "1803011").columns) == 7
    assert _table(filled["scap"], "1803001").labels == ("Reception", "1", "2", "3", "4", "5", "6")
    assert _table(filled["dsg"], "6a").labels == (*BANDS[3:], "Total number of EHCPs by age group")


def test_every_setting_has_one_row_in_every_return():
    """No child with a plan is counted twice or lost: settings of a return's tables by setting do not overlap."""
    for code, tables in (("lsrp", ["6"]), ("dsg", [f"{n}a" for n in range(1, 8)])):
        used = []
        for table in layout(code).tables:
            if table.id in tables:
                parts = {(p.settings, p.post_16) for line in table.lines for p in line.selections}
                used += [(setting, old) for settings, old in parts for setting in settings]
        plain = [setting for setting, old in used if old is None]
        assert len(plain) == len(set(plain))
        split = {setting for setting, old in used if old is not None}
        assert all({(s, True), (s, False)} <= set(used) for s in split)
        assert {s for s, _ in used} == {
            "early_years", "mainstream", "mainstream_independent", "support_base", "sen_unit", "resourced_provision",
            "special_state", "special_non_maintained", "special_independent", "ap_pru", "hospital", "fe",
            "fe_specialist", "specialist_post16", "elective_home_education", "eotas", "not_in_education",
            "awaiting_provision", "other", "unknown"}  # fmt: skip


def test_figures_are_whole_and_totals_add_up(filled):
    for done in filled.values():
        for table in done.tables:
            known = table.values[~np.isnan(table.values)]
            assert (known == np.round(known)).all() and (known >= 0).all()
            if table.table.total:
                gap = table.values[:, :-1].sum(axis=1) - table.values[:, -1]
                assert (np.nan_to_num(gap) == 0).all()
        assert not [text for text in checks(done) if "add up" in text or "below zero" in text]


def test_provision_and_age_count_the_same_children(filled):
    lsrp = filled["lsrp"]
    by_setting = np.nansum(_table(lsrp, "6").values, axis=1)
    assert (by_setting == _table(lsrp, "5.1").values.sum(axis=1)).all()


def test_need_tables_are_parts_of_the_whole(filled):
    lsrp = filled["lsrp"]
    parts = sum(_table(lsrp, f"7.{n}").values for n in range(1, 8))
    assert (parts <= _table(lsrp, "7").values).all()


def test_figures_follow_the_forecast(filled, made):
    table = _table(filled["lsrp"], "6")
    row = table.labels.index("Maintained special schools or special academies")
    for column, year in enumerate(filled["lsrp"].years[1:], 1):
        expected = made[0].forecast.value("ehc_plans", year, setting="special_state")
        assert abs(table.values[0, row, column] - expected) < 1


def test_the_first_column_is_the_actual_count(filled, made):
    actual = counts(made[0], "ehc_plans", 2025)
    assert actual.actual
    whole = made[0].dataset.table("ehc_plans").query("year == 2025 and age == age and need == '' and setting == ''")
    assert _table(filled["lsrp"], "5.1").values[0, :, 0].sum() == whole["plans"].sum()


def test_what_the_data_cannot_fill_is_blank_and_listed(filled):
    lsrp = filled["lsrp"]
    table = _table(lsrp, "6")
    row = table.labels.index("NMSS or independent schools – other suitable arrangements")
    assert np.isnan(table.values[:, row]).all()
    assert any("other suitable arrangements" in text for text in lsrp.missing)


def test_unknown_need_is_allocated_only_when_accepted(made, filled):
    asked = fill(layout("lsrp"), made, allocate_unknown=True)
    assert any("not recorded" in text for text in filled["lsrp"].assumed)
    assert not any("not recorded" in text for text in asked.assumed)
    assert (_table(asked, "7").values.sum(axis=1) == _table(asked, "5.1").values.sum(axis=1)).all()


def test_the_mapping_is_data(made, tmp_path):
    text = (
        (FOLDER / "lsrp.toml")
        .read_text(encoding="utf-8")
        .replace('label = "Alternative Provision"', 'label = "AP and PRU"')
    )
    (tmp_path / "lsrp.toml").write_text(text, encoding="utf-8")
    changed: Layout = layout("lsrp", tmp_path)
    assert "AP and PRU" in _table(fill(changed, made), "6").labels


def test_a_wrong_mapping_is_told(tmp_path):
    text = (FOLDER / "lsrp.toml").read_text(encoding="utf-8").replace('"hospital"', '"hospitl"')
    (tmp_path / "lsrp.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        layout("lsrp", tmp_path)
    assert len(caught.value.faults) == 2 and "hospitl" in str(caught.value.faults[0])


def test_the_workbook_is_made_and_says_synthetic(filled, made, tmp_path):
    path = tmp_path / "lsrp.xlsx"
    path.write_bytes(to_bytes(filled["lsrp"], made[1]))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Cover", "Baseline", "Mitigated"]
    texts = " ".join(str(cell.value) for row in book["Cover"] for cell in row if cell.value)
    assert "ynthetic" in texts and "never zero" in texts
    labels = [cell.value for cell in book["Baseline"]["A"]]
    at = labels.index("Under 5")
    assert [book["Baseline"].cell(at + 1, 2 + n).value for n in range(5)] == _table(filled["lsrp"], "5.1").values[
        0, 0
    ].tolist()


@pytest.mark.skipif(not RELEASES, reason="the published releases are not there")
def test_published_data_of_an_authority():
    data = load(RELEASES, "E08000018")
    held = run(data, dataset_scenarios(data)["baseline"])
    done = fill(layout("lsrp"), (held,))
    assert done.last_actual == 2025
    total = _table(done, "5.1").values[0, :, 0].sum()
    assert total == 3623  # January 2025 in the release
    assert done.missing  # need and age are not in every year of a release
