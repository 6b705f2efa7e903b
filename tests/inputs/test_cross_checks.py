"""Tables that do not go together are warned about with their evidence, and sound ones are left in peace."""

# ruff: noqa: E501 - rows of tables, one a line

from __future__ import annotations

from forecasting.errors import Fault
from forecasting.inputs.grouping import grouped
from forecasting.inputs.load import examine
from forecasting.inputs.source import Source
from tests.inputs import corpus

ABOUT = corpus.csv("about", corpus.ABOUT)
PUPILS = corpus.csv("pupils", corpus.PUPILS)


def warnings(kind: str, *tables: Source) -> list[Fault]:
    dataset, faults = examine([ABOUT, *tables])
    assert dataset is not None, "\n".join(map(str, faults))
    return [fault for fault in faults if fault.kind == kind and fault.grade == "warning"]


def test_more_placements_than_plans_in_all_and_by_setting() -> None:
    plans = corpus.csv("ehc_plans", [["year", "setting", "plans"], ["2016", "", "500"], ["2016", "special_state", "200"],
                                     ["2016", "mainstream", "300"]])  # fmt: skip
    placed = [["year", "setting", "placements"], ["2016", "special_state", "290"]]
    found = warnings("more placements than plans", plans, corpus.csv("placements", placed))
    assert [f.found for f in found] == ["2016: 290 placements, 200 EHC plans in setting special_state"]
    few = [["year", "setting", "placements"], ["2016", "special_state", "210"]]  # 200 + 4 × √200 = 257: within chance
    assert warnings("more placements than plans", plans, corpus.csv("placements", few)) == []
    many = [["year", "setting", "placements"], ["2016", "", "700"]]
    assert [f.found for f in warnings("more placements than plans", plans, corpus.csv("placements", many))] == [
        "2016: 700 placements, 500 EHC plans"]  # fmt: skip


def test_pupils_whose_parts_deny_the_total() -> None:
    rows = [["year", "nc_year", "pupils"], ["2016", "", "1000"], ["2016", "1", "400"], ["2016", "2", "500"]]
    (found,) = warnings("a total that its parts deny", corpus.csv("pupils", rows))
    assert found.found == "2016: the total is 1,000, its rows by nc_year add up to 900"
    rows[3][2] = "590"  # 990 of 1,000: within two per cent
    assert warnings("a total that its parts deny", corpus.csv("pupils", rows)) == []


def test_an_unknown_part_denies_nothing() -> None:
    rows = [["year", "nc_year", "pupils"], ["2016", "", "1000"], ["2016", "1", "400"], ["2016", "2", "c"]]
    assert warnings("a total that its parts deny", corpus.csv("pupils", rows)) == []


def test_sen_support_and_plans_are_judged_apart() -> None:
    rows = [["year", "provision", "phase", "pupils"], ["2016", "sen_support", "", "100"],
            ["2016", "sen_support", "primary", "60"], ["2016", "sen_support", "secondary", "40"],
            ["2016", "ehc_plan", "", "50"], ["2016", "ehc_plan", "primary", "20"], ["2016", "ehc_plan", "secondary", "5"]]  # fmt: skip
    (found,) = warnings("a total that its parts deny", PUPILS, corpus.csv("sen", rows))
    assert found.found == "2016, ehc_plan: the total is 50, its rows by phase add up to 25"


def test_a_jump_between_years() -> None:
    rows = [["year", "pupils"], ["2013", "40000"], ["2014", "40400"], ["2015", "52000"], ["2016", "52500"]]
    (found,) = warnings("a jump from one year to the next", corpus.csv("pupils", rows))
    assert found.found == "2015: 52,000 after 40,400 the year before (+29%)"


def test_a_gap_of_years_and_small_numbers_are_no_jump() -> None:
    gap = [["year", "pupils"], ["2010", "40000"], ["2016", "52000"]]
    assert warnings("a jump from one year to the next", corpus.csv("pupils", gap)) == []
    few = [["year", "area", "births"], ["2015", "", "20"], ["2016", "", "30"]]
    assert warnings("a jump from one year to the next", PUPILS, corpus.csv("births", few)) == []


def test_estimates_and_projections_are_judged_apart() -> None:
    rows = [["year", "age", "people", "status"], ["2015", "4", "3000", "actual"], ["2016", "4", "9000", "projection"]]
    assert warnings("a jump from one year to the next", PUPILS, corpus.csv("population", rows)) == []


def test_nc_year_against_age_and_phase_and_range() -> None:
    rows = [["year", "nc_year", "age", "people"], ["2016", "0", "4", "10"], ["2016", "1", "9", "10"]]
    (found,) = warnings("NC year and age that do not go together", PUPILS, corpus.csv("population", rows))
    assert (found.row, found.found) == (3, "NC year 1 at age 9")
    rows = [["year", "phase", "nc_year", "pupils"], ["2016", "primary", "6", "10"], ["2016", "primary", "9", "10"]]
    (found,) = warnings("NC year and phase that do not go together", corpus.csv("pupils", rows))
    assert (found.row, found.found) == (3, "NC year 9 in phase primary")
    rows = [["year", "nc_year", "pupils"], ["2016", "21", "1"], ["2016", "22", "1"], ["2016", "-5", "1"]]
    assert [f.row for f in warnings("NC years out of range", corpus.csv("pupils", rows))] == [3, 4]
    rows = [["year", "age", "plans"], ["2016", "25", "1"], ["2016", "200", "1"]]
    assert [f.row for f in warnings("ages out of range", corpus.csv("ehc_plans", rows))] == [3]


def test_providers() -> None:
    rows = [["provider", "setting", "min_age", "max_age", "capacity", "on_roll", "on_roll_other_authorities"],
            ["Oak", "special school", "4", "19", "80", "70", "5"], ["Elm", "special school", "16", "5", "80", "81", "90"],
            ["Ash", "special school", "4", "19", "80", "99", ""]]  # fmt: skip
    file = corpus.csv("providers", rows)
    assert [f.row for f in warnings("ages the wrong way round", PUPILS, file)] == [3]
    assert [f.row for f in warnings("more from elsewhere than on roll", PUPILS, file)] == [3]
    months = [["provider", "setting", "opens", "closes"], ["Oak", "special school", "2026-09", "2030-08"],
              ["Elm", "special school", "2027-09", "2026-08"]]  # fmt: skip
    assert [f.row for f in warnings("closes before it opens", PUPILS, corpus.csv("providers", months))] == [3]
    over = warnings("more on roll than places", PUPILS, file)
    assert [f.row for f in over] == [3, 4]
    (group,) = grouped(over)
    assert group.count == 2 and "2 warnings (more on roll than places)" in group.text


def test_more_plans_than_pupils() -> None:
    plans = corpus.csv(
        "ehc_plans", [["year", "plans"], ["2015", "40000"], ["2016", "410000"]]
    )  # pupils: 40,000, 41,000
    found = warnings("more EHC plans than pupils", PUPILS, plans)
    assert [f.found for f in found] == ["2016: 410,000 EHC plans, 41,000 pupils"]


def test_prices_and_capital_below_nothing() -> None:
    costs = [
        ["setting", "kind", "gbp_per_place_year"],
        ["special_state", "place", "-10000"],
        ["sen_unit", "place", "0"],
    ]
    budget = [["financial_year", "line", "kind", "gbp"], ["2015-16", "Balance", "balance", "-6800000"]]
    found = warnings("an amount below £0", PUPILS, corpus.csv("unit_costs", costs), corpus.csv("budget", budget))
    assert [(f.sheet, f.row, f.found) for f in found] == [("unit_costs", 2, "-£10,000")]
