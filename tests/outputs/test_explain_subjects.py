"""Compare, Explain and the log of assumptions in words: the sentences say what the figures say."""

from __future__ import annotations

import pytest

from forecasting.analysis.compare import Comparison
from forecasting.analysis.drivers import account
from forecasting.analysis.flip import conclude, flip
from forecasting.analysis.sensitivity import shares_of_swings, tornado
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.figure import Figure
from forecasting.outputs.subjects import View, compare, explain
from forecasting.outputs.subjects.assumptions_log import NOT_SIGNED, Signed, assumptions_log, in_log, log_table
from forecasting.outputs.subjects.waterfall import axis_in_words, bars
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario
from forecasting.scenario.store import Version

MINE = Scenario(
    "mine", (Change("pupil_growth", 0.02, why="new estate"),), author="Ann", when="2026-11-01T10:00:00+00:00"
)


@pytest.fixture(scope="module")
def view(rotherham: Dataset) -> View:
    return View(run(rotherham, MINE), run(rotherham, dataset_scenarios(rotherham)["baseline"]))


def test_compare_says_the_difference_of_the_published_figures(view: View) -> None:
    built = run(view.run.dataset, dataset_scenarios(view.run.dataset)["mitigated"])
    found = Comparison(("baseline", "mitigated"), (view.baseline, built))
    subject = compare.compare(view, found, 2021, "places_short")
    # 128 places short without projects; 115 net-new places make 13.
    assert subject.answer.startswith("In 2021, mitigated against baseline: places short −115")
    levers = next(table for table in subject.tables if table.key == "compare_assumptions").frame
    assert set(levers["baseline"]) == {"(off)"} and set(levers["mitigated"]) == {"on"}
    for figure in subject.figures:
        assert figure.spec("light") and figure.spec("dark") and figure.alt
    table = compare.comparison_table(view, found).frame
    row = table.loc[(table["measure"] == "places_short") & (table["year"] == 2021)].set_index("scenario")
    assert row.loc["mitigated", "difference"] == pytest.approx(-115.0)


def test_six_scenarios_are_drawn_four_lines_at_a_time(view: View) -> None:
    names = tuple("abcdef")
    subject = compare.compare(view, Comparison(names, (view.baseline,) * 6), 2021, "ehc_plans")
    series = [list(dict.fromkeys(f.data["series"])) for f in subject.figures if "series" in f.data]
    assert series == [["a", "b", "c", "d"], ["a", "e", "f"]]
    assert subject.answer == "f gives the same headline figures as a."


def test_explain_closes_in_words_and_in_the_chart(view: View) -> None:
    answer, sections = explain.moved(view, account(view.baseline, view.run), "ehc_plans", 2021, ("baseline", "mine"))
    # 1,235 × (1 + 5 × 1%) = 1,297 and × (1 + 5 × 2%) = 1,358.5: 62 more.
    assert answer.startswith("EHC plans in 2021: 1,359 in mine against 1,297 in baseline, +62.")
    figure = sections[0].items[0]
    assert isinstance(figure, Figure)
    values = figure.data["value"].tolist()
    assert values[0] + sum(values[1:-1]) == pytest.approx(values[-1])
    same, nothing = explain.moved(view, account(view.run, view.run), "ehc_plans", 2021, ("a", "b"))
    assert "the same EHC plans" in same and nothing == ()


def test_what_matters_and_where_it_flips(view: View) -> None:
    found = tornado(view.run)
    shares = shares_of_swings(found, "places_short", 2021)
    answer, sections = explain.matters(view, found, "places_short", 2021, shares, from_draws=False)
    assert answer.startswith('"') and "matters most for places short in 2021" in answer
    figure = sections[0].items[0]
    assert isinstance(figure, Figure) and figure.spec("dark") and "(judgement)" in figure.data["name"].iloc[0]
    conclusion = conclude(view.run, "places", 2021)
    assert conclusion is not None
    swing = next(s for s in found.swings if s.lever.name == "pupil_growth")
    told = explain.flip_in_words(flip(view.run, conclusion, swing))
    # 71.5 places to bring back stay even with falling rolls, unless growth takes as many away
    assert told.startswith("184 places are short in 2021 unless plan growth falls below −")
    assert '"Pupil growth" falls below' in told


def test_a_waterfall_starts_at_zero_unless_all_levels_are_close() -> None:
    far, near = bars("abc", 128.0, [-115.0], 13.0), bars("abc", 100.0, [-10.0], 90.0)
    assert far["start"].iloc[0] == 0.0 and axis_in_words(far) == ""
    assert near["start"].iloc[0] == pytest.approx(0.97 * 90.0) and "does not start at 0" in axis_in_words(near)
    below = bars("abc", -100.0, [10.0], -90.0)
    assert below["start"].iloc[0] == pytest.approx(-0.97 * 90.0)
    assert bars("abc", -10.0, [20.0], 10.0)["start"].iloc[0] == 0.0


def test_the_log_says_who_and_why_and_how_far(view: View) -> None:
    saved = Version("x", 2, 1, MINE, "Rotherham", "", "", "saved")
    frame = log_table(view, in_log(view), Signed("Cat, 2 May 2026", None, (saved,)), tornado(view.run)).frame
    row = frame.set_index("Name in files").loc["pupil_growth"]
    assert row["Value"] == "2%" and row["Baseline"] == "1%" and row["Why"] == "new estate"
    assert row["Who changed it"].startswith("Ann, 1 November 2026") and row["Sign-off"] == NOT_SIGNED
    assert row["Range"] == "1% to 3% (judged)" and row["Quality"].startswith("weak")
    assert row["Impact"].split(":")[0] in ("high", "medium", "low")
    held = frame.set_index("Name in files").loc["in_borough_unit_cost"]
    assert held["Who changed it"] == "" and held["Sign-off"] == "data accepted by Cat, 2 May 2026"
    idle = frame.set_index("Name in files").loc["policy_shock"]
    assert idle["Used"] == "Does nothing in the method published_rate."


def test_the_log_stands_without_a_tornado(view: View) -> None:
    subject = assumptions_log(view)
    assert "1 differ from the baseline" in subject.answer
    assert subject.sections[0].heading == "Changed in this scenario"
    assert any(section.heading == "Not used by the method in hand" for section in subject.sections)
