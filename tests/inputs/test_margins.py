"""Tables in which a blank breakdown means "all": totals and splits side by side are never added together."""

from __future__ import annotations

import math

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import from_sources
from forecasting.inputs.margins import margin, total
from forecasting.inputs.sheets import Source

ABOUT = Source("about.csv", b"key,value\nbase_year,2016\n")


def dataset(sen: str) -> Dataset:
    return from_sources([ABOUT, Source("pupils.csv", b"year,pupils\n2016,1000\n"), Source("sen.csv", sen.encode())])


BOTH = """year,provision,need,pupils
2016,ehc_plan,,30
2016,ehc_plan,ASC,20
2016,ehc_plan,MLD,10
2016,sen_support,,100
"""


def test_the_total_is_used_where_it_is_given() -> None:
    # 30 + 100, and not 30 + 20 + 10 + 100 = 160
    assert total(dataset(BOTH), "sen", "pupils").to_dict() == {2016: 130}


def test_the_split_is_used_where_it_is_asked_for() -> None:
    assert margin(dataset(BOTH), "sen", "pupils", "need").to_dict() == {(2016, "ASC"): 20, (2016, "MLD"): 10}


def test_a_total_is_added_up_where_only_the_split_is_given() -> None:
    split = "year,provision,need,pupils\n2016,ehc_plan,ASC,20\n2016,ehc_plan,MLD,10\n"
    assert total(dataset(split), "sen", "pupils").to_dict() == {2016: 30}


def test_years_may_be_split_in_different_ways() -> None:
    found = total(dataset(BOTH + "2017,ehc_plan,ASC,25\n2017,ehc_plan,MLD,15\n"), "sen", "pupils")
    assert found.to_dict() == {2016: 130, 2017: 40}


def test_an_unknown_part_makes_the_sum_unknown_and_not_smaller() -> None:
    split = "year,provision,need,pupils,source\n2016,ehc_plan,ASC,20,\n2016,ehc_plan,MLD,10,\n"
    found = dataset(split)
    found.table("sen").loc[3, "pupils"] = math.nan
    assert math.isnan(total(found, "sen", "pupils")[2016])


def test_no_table_gives_nothing() -> None:
    assert total(dataset(BOTH), "ehc_plans", "plans").empty
    assert margin(dataset("year,provision,pupils\n2016,ehc_plan,30\n"), "sen", "pupils", "need").empty
