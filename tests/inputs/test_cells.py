from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.inputs.cells import MISSING, BadCell, Value, Words, number, parse
from forecasting.inputs.schema import Column, Kind

WORDS = Words({}, {})


def cell(kind: Kind, text: str, words: Words = WORDS, **more: tuple[str, ...]) -> Value:
    return parse("sen", Column("x" if kind not in ("need", "setting") else kind, kind, "help", **more), text, words)


@pytest.mark.parametrize(
    ("text", "value"),
    [("44,627", 44627), ("£1,237,000", 1237000), (" 12.5 ", 12.5), ("16.3%", 0.163), ("-0.5", -0.5), ("1e3", 1000),
     ("£ 17 500", 17500), ("44 627", 44627)],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, value: float) -> None:
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["many", "12 places", "0,5", "1,23", "12,3456", "inf", "nan", "1.2.3", "--1", "#REF!"])
def test_other_texts_are_no_numbers(text: str) -> None:
    with pytest.raises(BadCell):
        number(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_in_full_is_read_exactly(value: float) -> None:
    assert number(repr(value)) == value


@given(st.integers(min_value=0, max_value=10**9))
def test_thousands_separators_change_nothing(value: int) -> None:
    assert number(f"{value:,}") == number(str(value)) == value


@given(st.floats(min_value=0, max_value=1))
def test_fractions_are_kept(value: float) -> None:
    assert cell("fraction", repr(value)) == value


@pytest.mark.parametrize("text", sorted(MISSING) + ["C", "Low", "", "  "])
def test_suppressed_and_blank_numbers_are_unknown_and_not_zero(text: str) -> None:
    assert cell("count", text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("Reception", 0), ("R", 0), ("year r", 0), ("N1", -2), ("Year 7", 7), ("Y7", 7), ("Yr. 11", 11)]
)
def test_year_groups_in_words(text: str, value: int) -> None:
    assert parse("pupils", Column("nc_year", "whole", "help"), text, WORDS) == value
    with pytest.raises(BadCell):
        cell("whole", text)  # only in columns of NC years


def test_two_figures_that_ran_together_are_no_count() -> None:
    with pytest.raises(BadCell, match="a number below 1,000,000,000,000"):
        cell("count", "1e300")


def test_needs_parted_by_commas_say_how_to_part_them() -> None:
    with pytest.raises(BadCell) as found:
        cell("needs", "SLD,PMLD")
    assert found.value.todo.startswith('write "|" between needs')


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [("year", "2016", 2016), ("year", "2016.0", 2016), ("whole", "-2", -2), ("month", "Sep 2017", "2017-09"),
     ("month", "September 2017", "2017-09"), ("month", "2017-09-01", "2017-09"), ("month", "2017-09", "2017-09"),
     ("financial_year", "2016-17", "2016-17"), ("need", "asd", "ASC"), ("setting", "special school", "special_state"),
     ("phase", "Post 16", "post_16"), ("place", "OOA", "out_of_borough"), ("age_band", "Under 5", "under_5"),
     ("needs", "ASD|mld", "ASC|MLD"), ("text", " x ", "x")],
)  # fmt: skip
def test_cells_that_fit(kind: Kind, text: str, value: Value) -> None:
    assert cell(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "allowed"),
    [("year", "1889", "a year from 1990 to 2100"), ("year", "16", "a year from 1990 to 2100"),
     ("whole", "2.5", "a whole number"), ("count", "-1", "0 or more"), ("fraction", "16.3", "0 to 1"),
     ("month", "2017-13", "a month such as 2017-09"), ("month", "autumn", "a month such as 2017-09"),
     ("financial_year", "2016", "a financial year such as 2016-17"),
     ("place", "abroad", "in_borough, out_of_borough")],
)  # fmt: skip
def test_cells_that_do_not_fit_say_what_is_allowed(kind: Kind, text: str, allowed: str) -> None:
    with pytest.raises(BadCell) as caught:
        cell(kind, text)
    assert caught.value.allowed == allowed
    assert caught.value.todo


def test_choices_ignore_case() -> None:
    assert cell("choice", "EHC_Plan", choices=("sen_support", "ehc_plan")) == "ehc_plan"
    with pytest.raises(BadCell):
        cell("choice", "plan", choices=("sen_support", "ehc_plan"))


def test_a_vocabulary_of_ones_own_replaces_ours() -> None:
    own = Words({"need": ("Autism+", "Sensory")}, {})
    assert cell("need", "Sensory", own) == "Sensory"
    with pytest.raises(BadCell, match="Autism\\+, Sensory"):
        cell("need", "ASC", own)


def test_a_mapped_local_word_stays_as_it_is() -> None:
    words = Words({}, {("sen", "need"): frozenset({"Complex needs"})})
    assert cell("need", "Complex needs", words) == "Complex needs"
    with pytest.raises(BadCell):
        cell("need", "Complex needs")
