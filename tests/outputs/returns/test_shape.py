"""Every return has the tables, labels, orders, years and units that the Department asks for, whatever the data.

Written from the public guidance a second time, beside data/returns: a label changed there by mistake shows here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import openpyxl
import pytest

from forecasting.model.run import Run
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.returns import money
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.outputs.returns.layout import codes, layout
from forecasting.outputs.returns.sheet import to_bytes

NEEDS = ["Autistic Spectrum Disorder", "Hearing Impairment", "Moderate Learning Difficulty", "Multi-Sensory Impairment",
         "Physical Disability", "Profound & Multiple Learning Difficulty", "Social, Emotional and Mental Health",
         "Speech, Language and Communications needs", "Severe Learning Difficulty", "Specific Learning Difficulty",
         "Visual Impairment", "Other Difficulty/Disability",
         "SEN support but no specialist assessment of type of need"]  # fmt: skip
BANDS = ["Under 5", "Age 5 to 10", "Age 11 to 15", "Age 16 to 19", "Age 20 to 25"]
PROVISION = [
    "Early Years settings including PVIs", "Mainstream schools or academies", "Support bases in mainstream settings",
    "Specialist bases in mainstream settings", "Maintained special schools or special academies",
    "NMSS or independent schools – LA funded placements", "NMSS or independent schools – other suitable arrangements",
    "Alternative Provision", "Mainstream Post 16 provision", "Mainstream Post 16 specialist provision",
    "Specialist Post-16 institutions", "Elective Home Education (EHE)", "Other arrangements by LA (EOTAS)",
    "Other (including hospital schools where applicable)",
]  # fmt: skip
LSRP = {
    "5.1": ("Total EHC plans by age group", BANDS), "6": ("All CYP with EHC plans by provision", PROVISION),
    "7": ("All CYP with EHC plans by primary need", NEEDS), "7.1": ("Early Years incl. PVIs", NEEDS),
    "7.2": ("Mainstream (incl. Support Bases)", NEEDS), "7.3": ("Specialist Bases", NEEDS),
    "7.4": ("Maintained Special/Special Academies", NEEDS), "7.5": ("NMSS or Independent", NEEDS),
    "7.6": ("AP or Hospital Schools", NEEDS), "7.7": ("Post-16 (FE or Specialist FE)", NEEDS),
    "10": ("EHC needs-assessment requests", BANDS), "11": ("EHC needs assessments", BANDS),
    "12": ("Assessments resulting in an EHC plan", BANDS),
}  # fmt: skip
AREAS = ["SEN units & resourced provision", "Independent schools & independent special",
         "State-funded special: LA-maintained, academies, NMSS",
         "Alternative provision: PRU, AP academies, other AP"]  # fmt: skip
PLACEMENTS = [
    "Mainstream schools or academies placements", "Resourced provision or SEN Units placements",
    "Maintained special schools or special academies placements",
    "Non-maintained special schools or independent (NMSS or independent) placements",
    "Hospital schools or alternative provision (AP) placements", "Post 16 and further education (FE) placements",
    "Other placements or direct payments",
]  # fmt: skip
BLOCKS = ["schools block", "central school services block", "early years block", "high needs block"]
BLOCK = ["Income", "Block transfers", "Expenditure", "In-year position", "Balance brought forward",
         "Balance carried forward"]  # fmt: skip
TOP_UP = ["early years", "primary", "secondary", "special", "AP", "post-school"]
STATE = "Top-up in maintained schools, academies, free schools and colleges"
INDEPENDENT = "Top-up in non-maintained and independent"
PLACES = [f"Place funding: {part}" for part in ("primary", "secondary", "special", "PRU/AP")]
SPENDING = [
    *PLACES, *(f"{STATE}: {part}" for part in TOP_UP), *(f"{INDEPENDENT}: {part}" for part in TOP_UP),
    "SEN support and inclusion services", "AP services", "Hospital education", "Therapies and other health",
    "SEN transport: pre-16", "SEN transport: 16–18", "SEN transport: 19–25", "Central: educational psychology",
    "Central: SEN administration",
]  # fmt: skip
OURS = ["Place funding: other places (post-16, recouped)", "Place funding: total", f"{STATE}: total",
        f"{INDEPENDENT}: total"]  # sums, and what the plan has no line for  # fmt: skip


@pytest.fixture(scope="module", params=["demonstration", "published"])
def returns(request: pytest.FixtureRequest) -> dict[str, Filled]:
    held = request.getfixturevalue(request.param)
    return {code: fill(layout(code), (held,)) for code in codes()}


def _shown(filled: Filled) -> dict[str, FilledTable]:
    return {table.table.id: table for table in filled.tables}


def test_lsrp(returns: dict[str, Filled]) -> None:
    found = returns["lsrp"]
    assert {number: (table.table.title, list(table.labels)) for number, table in _shown(found).items()} == LSRP
    assert list(_shown(found)) == list(LSRP)
    assert found.layout.variants == ("baseline", "mitigated")
    for table in found.tables:
        assert table.columns == ("2025", "2026", "2027", "2028", "2029") and table.table.unit == "count"
    assert found.years == (2026, 2027, 2028, 2029, 2030)  # the end of 2025 is the January 2026 census


def test_scap(returns: dict[str, Filled]) -> None:
    found = _shown(returns["scap"])
    assert list(found) == [f"18030{phase}{area}" for phase in (0, 1) for area in range(1, 5)]
    primary, secondary = list(found.values())[:4], list(found.values())[4:]
    assert [table.table.title for table in (*primary, *secondary)] == [
        f"{area}, {phase}" for phase in ("primary", "secondary") for area in AREAS]  # fmt: skip
    years = ("2025/26", "2026/27", "2027/28", "2028/29", "2029/30", "2030/31", "2031/32")  # the census was 2024/25
    for table in primary:
        assert table.labels == ("Reception", "1", "2", "3", "4", "5", "6") and table.columns == years[:5]
    for table in secondary:
        assert table.labels == ("7", "8", "9", "10", "11") and table.columns == years
    assert all(table.table.across for table in found.values())


def test_dsg(returns: dict[str, Filled]) -> None:
    found = _shown(returns["dsg"])
    assert list(found) == [*(f"{n}{kind}" for n in range(1, 8) for kind in "ab"), "8", "9", "10", "11"]
    for number, name in enumerate(PLACEMENTS, 1):
        by_age, by_need = found[f"{number}a"], found[f"{number}b"]
        assert by_age.table.title == f"{name}: Number of EHCPs by age group"
        assert by_need.table.title == f"{name}: Number of EHCPs by primary need"
        bands = BANDS[3:] if number == 6 else BANDS  # post-16 has the two oldest bands only
        assert list(by_age.labels) == [*bands, "Total number of EHCPs by age group"]
        assert list(by_need.labels) == [*NEEDS, "Total number of EHCPs by primary need"]
        assert by_age.columns == by_need.columns == tuple(map(str, range(2023, 2031)))
    for number, block in zip(("8", "9", "10", "11"), BLOCKS, strict=True):
        assert found[number].table.title == f"Financial summary: {block}" and found[number].table.unit == "gbp"
        assert found[number].columns[0] == "2022-23" and found[number].columns[-1] == "2029-30"
    for number in ("8", "9", "10"):
        assert list(found[number].labels) == BLOCK
    lines = [label for label in found["11"].labels if label not in OURS]
    at = lines.index("Total income") + 1
    assert lines[at : at + len(SPENDING)] == SPENDING
    assert lines[:at] == ["High needs block allocation", "Block transfers", "Income from other authorities",
                          "Total income"]  # fmt: skip
    assert lines[at + len(SPENDING) :] == ["Total expenditure", "In-year position", "Balance brought forward",
                                           "Grant towards the deficit", "Balance carried forward"]  # fmt: skip
    assert returns["dsg"].layout.variants == ("unmitigated", "mitigated")
    assert [table.title for table in returns["dsg"].layout.effects][0].startswith("Savings of each workstream")


def test_spending_is_split_as_far_as_the_data_price_it(demonstration: Run) -> None:
    """Place funding, top-up and transport by phase and age add up to the account's own figures."""
    table = _shown(fill(layout("dsg"), (demonstration,)))["11"]
    rows = dict(zip(table.labels, table.values[0], strict=True))
    known = ~np.isnan(rows["Total expenditure"])
    assert known.sum() == 6  # the account begins in 2024-25
    for group, parts in (("Place funding: total", [*PLACES, OURS[0]]), (f"{STATE}: total", SPENDING[4:10]),
                         (f"{INDEPENDENT}: total", SPENDING[10:16])):  # fmt: skip
        assert (np.nansum([rows[part] for part in parts], axis=0) == rows[group])[known].all()
    blank = [label for label in SPENDING if np.isnan(rows[label]).all()]
    assert blank == [f"{STATE}: early years", *(f"{INDEPENDENT}: {part}" for part in ("early years", "primary",
        "secondary", "AP")), "AP services", "Therapies and other health", "Central: educational psychology",
        "Central: SEN administration"]  # the data put no price on these: never 0  # fmt: skip
    forecast, years = demonstration.forecast, list(range(2025, 2031))
    transport = forecast.series("cost_gbp", component="transport").set_index("year")["central"].loc[years]
    added = sum(rows[f"SEN transport: {ages}"][known] for ages in ("pre-16", "16–18", "19–25"))
    np.testing.assert_allclose(added, transport, atol=2)
    # resourced provision, SEN units: place funding goes with the plans up to Year 6 (nc_year 6) and after
    plans, primary = forecast.margin("ehc_plans", "setting", "nc_year"), 0.0
    cost = forecast.margin("cost_gbp", "setting", component="place")
    for setting in ("sen_unit", "resourced_provision"):
        ages = plans.stats[0][0, plans.labels[1].index(setting)]
        young = ages[[int(year) <= 6 for year in plans.labels[2]]].sum() / ages.sum()
        primary += young * cost.stats[0][0, cost.labels[1].index(setting)]
    np.testing.assert_allclose(rows["Place funding: primary"][known][0], primary, atol=1)


def test_money_that_would_tell_of_a_few_children_is_withheld_and_not_found_by_subtraction(
    demonstration: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the shared forecast withholds the cost of alternative provision, so does the return, and one more line."""
    forecast, table = demonstration.forecast, next(each for each in layout("dsg").tables if each.id == "11")
    margins = []
    for margin in forecast.margins:
        stats = margin.stats.copy()
        if margin.measure == "cost_gbp" and margin.axes == ("year", "setting"):
            stats[..., margin.labels[1].index("ap_pru")] = np.nan
        margins.append(replace(margin, stats=stats))
    shared = SimpleNamespace(forecast=replace(forecast, margins=tuple(margins)))
    monkeypatch.setattr(money, "protect", lambda forecast, policy, beside: shared)
    done = money.money_table(layout("dsg"), table, (demonstration,), (2025, 2026), Policy())
    hidden = {label: bool(gone[0]) for label, gone in zip(done.labels, done.hidden[0], strict=True)}
    expected = {"Place funding: PRU/AP", f"{STATE}: AP"}
    assert expected < {label for label, gone in hidden.items() if gone}
    for total, parts in (("Place funding: total", [*PLACES, OURS[0]]), (f"{STATE}: total", SPENDING[4:10])):
        assert sum(hidden[part] for part in [total, *parts]) > 1
    assert (
        not hidden["Total expenditure"] and not np.isnan(done.values[0][done.labels.index("Total expenditure")]).any()
    )
    few = money.money_table(layout("dsg"), table, (demonstration,), (2025, 2026), Policy(threshold=2000))
    assert few.hidden[0][few.labels.index("SEN transport: 19–25")].all()  # fewer than 2,000 children are that old


@pytest.mark.parametrize("code", codes())
def test_the_exported_workbook_has_every_label_and_column_and_leaves_blanks_blank(
    returns: dict[str, Filled], code: str, request: pytest.FixtureRequest
) -> None:
    filled = returns[code]
    book = openpyxl.load_workbook(BytesIO(to_bytes(filled, request.getfixturevalue("demonstration"))), read_only=True)
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    for variant, name in enumerate(filled.layout.variants):
        for table in filled.tables:
            sheet = rows[table.table.id if filled.layout.sheet_each else name.capitalize()]
            start = next(at for at, row in enumerate(sheet) if row[0] == f"{table.table.id} {table.table.title}")
            across = (table.columns, table.labels) if table.table.across else (table.labels, table.columns)
            values = table.values[variant].T if table.table.across else table.values[variant]
            assert tuple(map(str, filter(None, sheet[start + 1]))) == (table.table.heading, *across[1])
            for at, label in enumerate(across[0]):
                found = sheet[start + 2 + at]
                assert found[0] == label
                expected = [None if np.isnan(value) else int(value) for value in values[at]]
                assert list(found[1 : 1 + len(expected)]) == expected


def test_every_margin_adds_up(returns: dict[str, Filled]) -> None:
    lsrp, dsg = _shown(returns["lsrp"]), _shown(returns["dsg"])
    for table in (*lsrp.values(), *dsg.values(), *_shown(returns["scap"]).values()):
        if table.table.unit == "count":
            known = table.values[~np.isnan(table.values)]
            assert (known == np.round(known)).all() and (known >= 0).all()
    by_age, by_setting = lsrp["5.1"].values.sum(axis=1), np.nansum(lsrp["6"].values, axis=1)
    assert (by_age == by_setting).all()
    parts = sum(lsrp[f"7.{n}"].values for n in range(1, 8))
    assert (parts <= lsrp["7"].values).all()
    for number in range(1, 8):
        for kind in "ab":
            values = dsg[f"{number}{kind}"].values
            blank = np.isnan(values).all(axis=1)
            assert (np.isnan(values).any(axis=1) == blank).all()  # a year is there whole or not at all
            assert (values[:, :-1].sum(axis=1) == values[:, -1])[~blank].all()


def test_rows_that_nothing_fills_are_blank_and_listed_with_the_reason(returns: dict[str, Filled]) -> None:
    for filled in returns.values():
        for table in filled.tables:
            blank = np.isnan(table.values).any(axis=(0, 2))
            named = [text for text in filled.missing if re.search(rf"\b{re.escape(table.table.id)}\b", text)]
            for label, gone in zip(table.labels, blank, strict=True):
                listed = [text for text in named if table.table.title in text or "Tables " in text
                          or (label in text) != (f"Table {table.table.id}, every line but" in text)]  # fmt: skip
                assert bool(listed) >= bool(gone), (table.table.id, label)
            assert blank.any() or not named
    lsrp = _shown(returns["lsrp"])["6"]
    never = [at for at, label in enumerate(lsrp.labels) if np.isnan(lsrp.values[:, at]).all()]
    assert [lsrp.labels[at] for at in never] == [PROVISION[2], PROVISION[6]]  # support bases are not recorded: never 0
    assert "Support bases in mainstream settings: the data name no plans in" in " ".join(returns["lsrp"].missing)


def test_published_data_fill_every_table_of_plans(returns: dict[str, Filled]) -> None:
    """What a forecast by setting alone does not say is made from the last January, and said to be."""
    for code, first in (("lsrp", 0), ("scap", 0), ("dsg", 2)):
        for table in returns[code].tables:
            if table.table.unit == "count" and table.table.id != "6":
                assert not np.isnan(table.values[:, :, first:]).any(), (code, table.table.id)
