"""The page Costs where children are placed: both cases in every table, steps that add up, lines of the return."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.figure import Subject
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects.costs import costs
from forecasting.scenario.from_dataset import dataset_scenarios

CASES = ["Unmitigated", "Mitigated"]


@pytest.fixture(scope="module")
def view(demonstration: Dataset) -> View:
    plain = run(demonstration, dataset_scenarios(demonstration)["baseline"], to=2029, draws=40)
    return View(plain, plain)


@pytest.fixture(scope="module")
def subject(view: View) -> Subject:
    return costs(view)


@pytest.fixture(scope="module")
def tables(subject: Subject) -> dict[str, pd.DataFrame]:
    return {table.key: table.frame for table in subject.tables}


@pytest.mark.parametrize("key", ["account", "general_fund", "parts"])
def test_both_cases_stand_in_the_table(tables: dict[str, pd.DataFrame], key: str) -> None:
    assert tables[key]["Case"].tolist() == CASES * (len(tables[key]) // 2)


def test_the_account_adds_up(tables: dict[str, pd.DataFrame]) -> None:
    frame = tables["account"]
    assert (frame["Income"] - frame["Spending"] - frame["In year"]).abs().max() < 1e-9
    assert (frame["Opening"] + frame["In year"] - frame["Closing"]).abs().max() < 1e-9
    own = frame.loc[frame["Case"] == "Mitigated"].reset_index(drop=True)
    assert own["Opening"].iloc[1:].to_numpy() == pytest.approx(own["Closing"].iloc[:-1].to_numpy())
    # 2025-26: 6.8 million of deficit before, and the grant is 90% of the deficit at its end, paid a year later.
    closing = own.loc[own["Year"] == "2025-26", "Closing"].iloc[0]
    later = own.loc[own["Year"] == "2026-27"].iloc[0]
    assert later["With grant"] - later["Closing"] == pytest.approx(-0.9 * closing)
    assert frame["Chance of balance"].between(0, 1).all()


def test_the_base_year_is_the_budget(view: View, tables: dict[str, pd.DataFrame]) -> None:
    budget = view.run.dataset.table("budget")
    lines = budget.loc[(budget["financial_year"] == "2024-25") & (budget["kind"] == "expenditure")]
    leaves = lines.loc[~lines["line"].isin(set(lines["parent"]))]
    assert tables["account"]["Spending"].iloc[0] == pytest.approx(leaves["gbp"].sum() / 1e6)
    assert (tables["calibration"]["Modelled ÷ budget"] > 0).all()


def test_the_steps_go_from_one_case_to_the_other(tables: dict[str, pd.DataFrame]) -> None:
    steps = tables["waterfall"]["£ million"].to_numpy()
    assert steps[:-1].sum() == pytest.approx(steps[-1])
    account = tables["account"]
    assert [steps[0], steps[-1]] == pytest.approx(account["Spending"].iloc[-2:].tolist())
    owners = dict(zip(tables["waterfall"]["Measure"], tables["waterfall"]["Owner"], strict=True))
    assert owners["Annual reviews"] == "SEND service manager"


def test_the_section_251_lines_hold_every_pound(tables: dict[str, pd.DataFrame]) -> None:
    parts = tables["parts"].iloc[-2:].drop(columns=["Year", "Case"]).sum(axis=1)
    lines = tables["section_251"]
    assert [lines[case].sum() / 1e6 for case in CASES] == pytest.approx(parts.tolist())
    assert set(lines["Line"]) >= {"1.0.2", "1.2.1", "1.2.3", "1.2.5", "2.1.4"}


def test_the_general_fund_is_said_in_words(subject: Subject, tables: dict[str, pd.DataFrame]) -> None:
    assert tables["general_fund"]["At the end of"].tolist() == ["2027-28"] * 2 + ["2028-29"] * 2
    heading = next(section for section in subject.sections if section.heading == "The end of the statutory override")
    assert heading.text.startswith("Until 2027-28 a statutory override")
    assert "of 40 runs" in subject.answer
