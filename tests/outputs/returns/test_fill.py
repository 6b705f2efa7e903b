"""Returns filled from a forecast: labels and order of the return, whole numbers that add up, blanks that are listed."""

from dataclasses import replace

import numpy as np
import openpyxl
import pytest

from forecasting.errors import DatasetError, UsageError
from forecasting.model.run import run
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.returns import ages
from forecasting.outputs.returns.checks import checks
from forecasting.outputs.returns.counts import counts
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.layout import FOLDER, Layout, codes, layout
from forecasting.outputs.returns.sheet import to_bytes
from forecasting.scenario.from_dataset import dataset_scenarios

NEEDS = ("Autistic Spectrum Disorder", "Hearing Impairment", "Moderate Learning Difficulty", "Multi-Sensory Impairment",
         "Physical Disability", "Profound & Multiple Learning Difficulty", "Social, Emotional and Mental Health",
         "Speech, Language and Communications needs", "Severe Learning Difficulty", "Specific Learning Difficulty",
         "Visual Impairment", "Other Difficulty/Disability",
         "SEN support but no specialist assessment of type of need")  # fmt: skip
BANDS = ("Under 5", "Age 5 to 10", "Age 11 to 15", "Age 16 to 19", "Age 20 to 25")


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
    assert len(filled["dsg"].tables) == 14 + 4  # seven placement tables twice, four blocks of money


def test_labels_orders_and_years(filled):
    lsrp = filled["lsrp"]
    assert _table(lsrp, "5.1").labels == BANDS
    assert _table(lsrp, "7").labels == NEEDS
    assert len(_table(lsrp, "6").labels) == 14
    assert _table(lsrp, "6").columns == ("2025", "2026", "2027", "2028", "2029")  # 2025 is January 2026
    assert lsrp.years == (2026, 2027, 2028, 2029, 2030)
    assert _table(filled["scap"], "1803001").columns == ("2025/26", "2026/27", "2027/28", "2028/29", "2029/30")
    assert len(_table(filled["scap"], "1803011").columns) == 7
    assert _table(filled["scap"], "1803001").labels == ("Reception", "1", "2", "3", "4", "5", "6")
    assert _table(filled["dsg"], "6a").labels == (*BANDS[3:], "Total number of EHCPs by age group")


def test_figures_are_whole_and_totals_add_up(filled):
    for done in filled.values():
        for table in done.tables:
            known = table.values[~np.isnan(table.values)]
            assert (known == np.round(known)).all() and (table.table.unit == "gbp" or (known >= 0).all())
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
    for column, year in enumerate(filled["lsrp"].years):
        expected = made[0].forecast.value("ehc_plans", year, setting="special_state")
        assert abs(table.values[0, row, column] - expected) < 1


def test_actual_columns_hold_the_actual_count(filled, made):
    actual = counts(made[0], "ehc_plans", 2025)
    assert actual.actual
    whole = made[0].dataset.table("ehc_plans").query("year == 2025 and age == age and need == '' and setting == ''")
    tables = [_table(filled["dsg"], f"{number}a") for number in range(1, 8)]
    column = tables[0].columns.index("2025")
    assert sum(table.values[0, -1, column] for table in tables) == whole["plans"].sum()
    assert any("January 2026" in text and "is a forecast" in text for text in filled["lsrp"].assumed)


def test_what_the_data_cannot_fill_is_blank_and_listed(filled):
    lsrp = filled["lsrp"]
    table = _table(lsrp, "6")
    row = table.labels.index("NMSS or independent schools – other suitable arrangements")
    assert np.isnan(table.values[:, row]).all()
    assert any("other suitable arrangements" in text for text in lsrp.missing)


def test_unknown_need_is_allocated_only_when_accepted(made, filled):
    asked = fill(layout("lsrp"), made, allocate_unknown=True)
    assert any("need is not recorded" in text for text in filled["lsrp"].assumed)
    assert not any("need is not recorded" in text for text in asked.assumed)
    assert (_table(asked, "7").values.sum(axis=1) == _table(asked, "5.1").values.sum(axis=1)).all()


def test_bases_stand_in_the_same_rows_in_both_groups_of_tables(filled):
    """Table 7.3 less its children of unknown need is the row of table 6; post-16 in bases is in 7.7 as there."""
    lsrp = filled["lsrp"]
    rows = dict(zip(_table(lsrp, "6").labels, _table(lsrp, "6").values[0], strict=True))
    gap = rows["Specialist bases in mainstream settings"] - _table(lsrp, "7.3").values[0].sum(axis=0)
    assert ((gap >= 0) & (gap <= 5)).all()


def test_changing_the_mapping_moves_the_children(made, filled, tmp_path):
    text = (FOLDER / "scap.toml").read_text(encoding="utf-8")
    text = text.replace('settings = ["special_state", "special_non_maintained"]', 'settings = ["special_state"]')
    text = text.replace('["mainstream_independent", "special_independent"]',
                        '["mainstream_independent", "special_independent", "special_non_maintained"]')  # fmt: skip
    (tmp_path / "scap.toml").write_text(text, encoding="utf-8")
    moved = fill(layout("scap", tmp_path), made)
    before, after = (sum(_table(f, n).values.sum() for n in ("1803003", "1803013")) for f in (filled["scap"], moved))
    gained = sum(_table(moved, n).values.sum() - _table(filled["scap"], n).values.sum() for n in ("1803002", "1803012"))
    assert before > after and abs((before - after) - gained) <= 12  # children in whole numbers, 12 rows of years


def test_money_adds_up_and_a_year_begins_as_the_last_one_ended(filled):
    table = _table(filled["dsg"], "11")
    rows = dict(zip(table.labels, table.values.swapaxes(0, 1), strict=True))
    known = ~np.isnan(rows["Total income"][0])
    assert known.sum() == 6  # 2024-25 to 2029-30
    assert (rows["In-year position"] == rows["Total income"] - rows["Total expenditure"])[:, known].all()
    end = rows["Balance brought forward"] + rows["In-year position"] + rows["Grant towards the deficit"]
    assert (end == rows["Balance carried forward"])[:, known].all()
    later = np.flatnonzero(known)[1:]
    assert (rows["Balance brought forward"][:, later] == rows["Balance carried forward"][:, later - 1]).all()
    assert (rows["Total expenditure"][0] != rows["Total expenditure"][1])[known].any()
    assert np.isnan(rows["Therapies and other health"]).all()


def test_what_each_mitigation_does_adds_up(filled):
    for done in (filled["lsrp"], filled["dsg"]):
        assert done.effects
        for table in done.effects:
            values = table.values[0][:, ~np.isnan(table.values[0, 0])]
            assert values.shape[1] >= 5
            assert (values[:-1].sum(axis=0) == values[-1]).all()
            assert table.labels[0] == "Baseline" and "interaction" in table.labels[-2] and "Early help" in table.labels
            assert values[1:-2].any()
    assert not filled["scap"].effects


@pytest.fixture(scope="module")
def outside(made):
    """Return one January, 2027, of every return as it is shared outside."""
    only = {"lsrp": replace(layout("lsrp"), first=2027, count=1, effects=()),
            "scap": replace(layout("scap"), start=2, count=1),
            "dsg": replace(layout("dsg"), start=2, count=1)}  # fmt: skip
    return {code: fill(only[code], made[:1], policy=Policy()) for code in codes()}


def test_a_return_that_is_shared_shows_no_small_number(outside, filled):
    for code, done in outside.items():
        for table, whole in zip(done.tables, filled[code].tables, strict=True):
            if table.table.unit == "count":
                shown = table.values[~np.isnan(table.values)]
                assert not ((shown > 0) & (shown < 5)).any()
                column = whole.columns.index(table.columns[0])
                assert (table.unknown[0, :, 0] == whole.unknown[0, :, column]).all()  # withheld is not missing
        assert done.policy.sentence.startswith("Counts of 1 to 4") and done.tables


def test_nothing_to_fill_is_said(rotherham):
    held = run(rotherham, dataset_scenarios(rotherham)["baseline"])
    done = fill(layout("lsrp"), (held,))
    assert "can fill nothing" in done.nothing and np.isnan(done.tables[0].values).all()
    assert not fill(layout("dsg"), (held,)).nothing  # it has money


def test_a_vocabulary_of_its_own_is_refused_with_the_reason(made):
    own = replace(made[0].dataset, tables={**made[0].dataset.tables, "needs": made[0].dataset.table("ehc_plans")})
    with pytest.raises(UsageError, match="its own needs"):
        fill(layout("lsrp"), [replace(made[0], dataset=own)])


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
    assert book.sheetnames == ["Cover", "Baseline", "Mitigated", "What each mitigation does"]
    texts = " ".join(str(cell.value) for row in book["Cover"] for cell in row if cell.value)
    assert "ynthetic" in texts and "never zero" in texts
    labels = [cell.value for cell in book["Baseline"]["A"]]
    at = labels.index("Under 5")
    assert [book["Baseline"].cell(at + 1, 2 + n).value for n in range(5)] == _table(filled["lsrp"], "5.1").values[
        0, 0
    ].tolist()


def test_published_data_of_an_authority(published):
    done = fill(layout("lsrp"), (published,))
    assert done.last_actual == 2025
    assert np.nansum(_table(done, "6").values[0, :, 0]) == round(published.forecast.value("ehc_plans", 2026))
    dsg = fill(layout("dsg"), (published,))
    column = dsg.years.index(2025)
    ids = {kind: [f"{n}{kind}" for n in range(1, 8)] for kind in "ab"}
    by_age, by_need = (sum(t.values[0, -1, column] for t in dsg.tables if t.table.id in ids[kind]) for kind in "ab")
    # the plan's post-16 table has the two oldest bands only, so four younger children stand in its table by need alone
    assert (by_need, by_age) == (3623, 3619)
    assert done.missing  # need and age are not in every year of a release


def test_a_return_with_one_side_says_that_the_scenario_is_not_in_it(made):
    told = "This return has one side, the baseline: what the scenario mitigated changes is not in it."
    assert fill(layout("scap"), made).assumed[0] == told
    assert told not in fill(layout("scap"), made[:1]).assumed


def test_ages_turned_in_the_school_year_are_a_year_older(made):
    # by hand: who is 4 on 31 August (Reception) turns 5 in the school year, who is 19 (NC year 15) turns 20
    run = made[0]
    turned = fill(layout("lsrp", age="turned"), (run,))
    series = run.forecast.margin("ehc_plans", "nc_year")
    at, years = series.labels[0].index(2028), np.array([int(name) for name in series.labels[1]])
    plans = series.stats[0][at]
    edges = ((-9, -1), (0, 5), (6, 10), (11, 14), (15, 99))
    table = _table(turned, "5.1")
    column = table.columns.index("2027")  # the position at its end, which is the January census of 2028
    expected = [plans[(low <= years) & (years <= high)].sum() for low, high in edges]
    assert table.values[0, :5, column] == pytest.approx(expected, abs=1)
    assert table.table.heading == "Age group" and table.labels[0] == "Under 5"
    usual = _table(fill(layout("lsrp"), (run,)), "5.1")
    assert (usual.values[0].sum(axis=0) == table.values[0].sum(axis=0)).all()
    assert usual.values[0, 0, column] > table.values[0, 0, column]
    assert any("turned in the school year" in note for note in turned.layout.notes)
    flows = [part for line in _table(turned, "10").table.lines for part in line.selections]
    assert all(part.age_bands and not part.ages_turned for part in flows)


def test_an_unknown_age_is_told():
    with pytest.raises(UsageError, match="on_31_august, turned"):
        layout("lsrp", age="32")


def test_the_age_of_returns_is_kept_for_the_installation(tmp_path, monkeypatch):
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    assert ages.kept() == "on_31_august"
    ages.keep("turned")
    assert ages.kept() == "turned"
    (tmp_path / "returns" / "ages.txt").write_text("nonsense", encoding="utf-8")
    assert ages.kept() == "on_31_august"
