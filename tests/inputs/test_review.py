"""Decisions about warnings are applied and recorded; what changed is counted."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from forecasting.errors import Fault, UsageError
from forecasting.inputs.changes import changes, totals
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.intake import Found
from forecasting.inputs.review import Decision, completed, decided, open_questions, questions, review, years_of
from forecasting.outputs import data_quality
from forecasting.outputs.subjects import data_review

WHEN = "2026-11-24T12:05:00.000+00:00"
JUMP = Fault(
    "plans.csv", "ehc_plans", 3, "plans", "a share that jumps", "", "compare it with your own count", "warning"
)
ABOUT_FILE = Fault("plans.csv", found="two files differ", grade="warning")


def _decision(choice: str, *years: int, table: str = "ehc_plans", reason: str = "why", who: str = "AB") -> Decision:
    return Decision(table, choice, reason, who, WHEN, years)  # type: ignore[arg-type]


def test_warnings_are_asked_by_table() -> None:
    note = Fault("plans.csv", "ehc_plans", found="a note", grade="note")
    assert questions([JUMP, note, ABOUT_FILE]) == {"ehc_plans": (JUMP,), "": (ABOUT_FILE,)}


def test_nothing_is_accepted_without_reason_years_and_name() -> None:
    asked = ["ehc_plans", ""]
    assert open_questions(asked, [_decision("use", reason=" ")]) == (
        'Say why, for the warnings of table "ehc_plans".', "Say why, for the warnings about the files.",
    )  # fmt: skip
    made = [_decision("leave_years_out", who=""), _decision("use", table="")]
    assert open_questions(asked, made) == (
        'Choose the years of table "ehc_plans" to leave out.', "Give your name or initials.",
    )  # fmt: skip
    assert open_questions(asked, [_decision("use"), _decision("use", table="")]) == ()
    assert open_questions([], []) == ()


def test_years_and_tables_are_left_out(rotherham: Dataset) -> None:
    years = years_of(rotherham, "ehc_plans")
    assert years[0] in years and len(years) > 2
    fewer = decided(rotherham, [_decision("leave_years_out", years[0])])
    assert years_of(fewer, "ehc_plans") == years[1:]
    assert len(fewer.table("pupils")) == len(rotherham.table("pupils"))
    assert fewer.content_hash != rotherham.content_hash
    assert "ehc_plans" not in decided(rotherham, [_decision("leave_out")]).tables
    assert decided(rotherham, [_decision("use")]).content_hash == rotherham.content_hash


def test_leaving_everything_out_is_refused(rotherham: Dataset) -> None:
    every = [_decision("leave_out", table=name) for name in ("pupils", "ehc_plans", "plan_moves")]
    with pytest.raises(UsageError, match="nothing to forecast from"):
        decided(rotherham, every)


def test_changes_count_new_gone_and_altered_rows(rotherham: Dataset) -> None:
    plans = rotherham.table("ehc_plans")  # 7 rows, one a year
    edited = plans.iloc[1:].assign(source="another source")  # the first gone; a new source alone is no change
    edited.iloc[0, list(edited.columns).index("plans")] += 5.0  # one altered
    added = plans.iloc[[0]].assign(year=2050)  # one new
    new = replace(rotherham, tables={**rotherham.tables, "ehc_plans": pd.concat([edited, added])})
    (change,) = [c for c in changes(rotherham, new) if c.what != "the same"]
    assert (change.table, change.new, change.gone, change.altered) == ("ehc_plans", 1, 1, 1)
    assert change.what == "1 new, 1 gone, 1 altered"
    told = {(t.measure, t.year): (t.before, t.now) for t in totals(rotherham, new)}
    at = int(edited["year"].iloc[0])
    before, now = told["EHC plans (maintained)", at]
    assert before is not None and now == before + 5.0
    assert told["EHC plans (maintained)", 2050] == (None, float(plans["plans"].iloc[0]))


def test_the_report_says_files_faults_decisions_changes_and_hash(rotherham: Dataset) -> None:
    found = [Found("plans.csv", "ehc_plans", "a table of plans", ("ehc_plans",), 7)]
    draft = review(["plans.csv"], found, [JUMP], WHEN)
    made = [Decision("ehc_plans", "use", "=counted again", "AB", WHEN, (), (str(JUMP),))]
    done = completed(draft, rotherham, rotherham, "last year", made, "AB")
    book = openpyxl.load_workbook(io.BytesIO(data_quality.to_bytes(done)))
    texts = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    for text in ("plans.csv", "a table of plans", "a share that jumps", "=counted again", "AB", "last year",
                 "24 November 2026, 12:05", rotherham.content_hash, "Use it as it is", str(JUMP)):  # fmt: skip
        assert text in texts, text
    assert data_quality.to_bytes(done) == data_quality.to_bytes(done)
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_a_report_of_files_that_cannot_be_used_says_so() -> None:
    error = Fault("plans.csv", "ehc_plans", 3, "plans", '"many" is not allowed here', "a count")
    draft = review(["plans.csv"], [], [error], WHEN)
    book = openpyxl.load_workbook(io.BytesIO(data_quality.to_bytes(draft)))
    texts = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert '"many" is not allowed here' in texts and "none: the files cannot be used" in texts
    assert data_review.verdict([error], None).startswith("These files cannot be used yet: 1 error, no warnings and no")


def test_made_up_data_are_said_to_be_so_in_the_report(rotherham: Dataset) -> None:
    done = replace(completed(review([], [], [], WHEN), rotherham, None, "", [], ""), synthetic=True)
    book = openpyxl.load_workbook(io.BytesIO(data_quality.to_bytes(done)))
    assert all("Synthetic" in " ".join(str(c.value) for row in s.iter_rows() for c in row) for s in book)


def test_every_warning_is_shown_before_it_is_decided() -> None:
    many = [replace(JUMP, row=row, found=f"{row} of them") for row in range(2, 40)]
    shown = data_review.evidence("ehc_plans", many).frame
    assert list(shown["What was found"]) == [fault.found for fault in many]
    assert "What is usual" not in shown  # blank in every row
    grouped = data_review.faults(many, "warning").frame
    assert list(grouped["How many"]) == [38] and "37 more like it" in grouped["What was found"][0]


def test_many_warnings_are_a_handful_of_lines_with_whom_and_when() -> None:
    jumps = [replace(JUMP, kind="a share that jumps", found=f"Rotherham {year}: 16 to 19: up") for year in (2016, 2017)]
    parts = replace(JUMP, kind="a total that its parts deny", found="England 2018: plans 5: its ages add up to 6")
    shown = data_review.summary("ehc_plans", [*jumps, parts]).frame
    assert list(shown["What looks odd"]) == ["A share that jumps", "A total that its parts deny"]
    assert list(shown["How many"]) == [2, 1]
    assert list(shown["Whose, and when"]) == ["Rotherham 2016, 2017", "England 2018"]
