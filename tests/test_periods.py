from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.periods import (
    Month,
    financial_year_to_year,
    snapshot_year,
    year_to_academic_year,
    year_to_financial_year,
)

YEARS = st.integers(min_value=1991, max_value=2100)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2016-17", 2017),
        ("2016/17", 2017),
        ("2016–17", 2017),
        ("2016-2017", 2017),
        (" 1999-00 ", 2000),
        ("2099-00", 2100),
    ],
)
def test_a_financial_year_is_named_by_the_year_it_ends_in(text: str, year: int) -> None:
    assert financial_year_to_year(text) == year


@pytest.mark.parametrize("text", ["2016", "2016-18", "2016-16", "16-17", "2016-7", "2016-2019", "", "2016-17 outturn"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a financial year such as 2016-17"):
        financial_year_to_year(text)


@given(YEARS)
def test_financial_years_go_there_and_back(year: int) -> None:
    assert financial_year_to_year(year_to_financial_year(year)) == year


def test_years_in_words() -> None:
    assert (year_to_financial_year(2017), year_to_financial_year(2000)) == ("2016-17", "1999-00")
    assert year_to_academic_year(2027) == "2026/27"


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2016, 8, 31), 2016), (date(2016, 9, 1), 2017), (date(2016, 11, 8), 2017), (date(2017, 1, 19), 2017)],
)
def test_a_snapshot_of_autumn_belongs_to_the_next_january(day: date, year: int) -> None:
    assert snapshot_year(day) == year


@given(YEARS, st.integers(min_value=1, max_value=12))
def test_months_keep_year_and_month(year: int, month: int) -> None:
    found = Month.of(year, month)
    assert (found.year, found.month, str(found)) == (year, month, f"{year}-{month:02d}")


def test_months_are_ordered_and_follow_each_other() -> None:
    assert Month.of(2017, 12) < Month.of(2018, 1)
    assert Month(Month.of(2017, 12).index + 1) == Month.of(2018, 1)
