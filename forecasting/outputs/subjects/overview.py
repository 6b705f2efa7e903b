"""Overview: the answer in one sentence, the figures that matter, need against places."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.model.run import PUBLISHED
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects import send_plans
from forecasting.outputs.subjects.common import Parts, View, implications, line_figure, yearly


def overview(view: View) -> Subject:
    """Return the subject "Overview" of a run."""
    if not view.has("places_needed"):
        return _without_places(view)
    figures = [_need_against_places(view)]
    if view.has("cumulative_balance_gbp"):
        figures.append(_balance(view))
    return Subject(
        "overview", "Overview", _answer(view), _metrics(view),
        (Section("Need against places", (figures[0],)),
         *([Section("The high-needs account", (figures[1],))] if figures[1:] else []),
         Section("Against the baseline", (_against_baseline(view),))),
        _implications(view),
    )  # fmt: skip


def _without_places(view: View) -> Subject:
    """Return what is known when the dataset says nothing of placements: the children, and which tables to add."""
    sections = [Section("Against the baseline", (_against_baseline(view),))]
    answer = f"The dataset says nothing of places in {view.name}."
    if view.has("ehc_plans"):
        answer = send_plans.answer(view)
        sections.insert(0, Section("EHC plans", (send_plans.plans_figure(view),), send_plans.range_words(view)))
    missing = (
        "Add the tables placements or providers to see which places are needed.",
        _money_implication(view),
    )
    return Subject("overview", "Overview", answer, _metrics(view), tuple(sections), implications(*missing))


def _net_built(view: View, year: int) -> float:
    return view.at("places_needed", year) - view.at("places_short", year)


def _answer(view: View) -> str:
    needed, short = view.at("places_needed", view.last), view.at("places_short", view.last)
    built = _net_built(view, view.last)
    answer = f"{view.name} needs {words.count(needed)} more specialist places by {view.last}"
    if built > 0.5:
        answer += f"; the programme adds {words.count(built)}, which leaves it {words.short_or_spare(short)}"
    else:
        answer += ", and no project is built"
    if view.has("cumulative_balance_gbp"):
        balance = view.at("cumulative_balance_gbp", view.last)
        kind = "deficit" if balance < 0 else "surplus"
        answer += f". The high-needs account ends the year with a {kind} of {words.gbp(abs(balance))}"
    return answer + "."


def _metrics(view: View) -> tuple[Metric, ...]:
    wanted = (
        ("Pupils", "pupils", "Pupils on roll in the area's schools."),
        ("Pupils with an EHC plan", "pupils_with_ehc_plan", "Pupils on roll × share with a plan."),
        ("Places needed", "places_needed", "Additional local places over those open in the base year."),
        ("Places short", "places_short", "Places needed less net-new places of the projects that are built."),
        ("High-needs spend", "high_needs_spend_gbp", "All expenditure lines of the high-needs account."),
        ("In-year balance", "in_year_balance_gbp", "Income less expenditure of the financial year."),
    )
    shown = [item for item in wanted if view.has(item[1])]
    if view.forecast.method != PUBLISHED and view.has("ehc_plans"):
        help_text = "Maintained by the authority, wherever the child is placed."
        shown.insert(0, ("EHC plans maintained", "ehc_plans", help_text))
    return tuple(view.metric(label, measure, text) for label, measure, text in shown)


def _need_against_places(view: View) -> Figure:
    data = yearly(view, [("Places needed", "places_needed", {})])
    built = data.assign(series="Net-new places built", value=[_net_built(view, int(y)) for y in data["year"]])
    built["low"] = built["high"] = built["value"]
    short = view.at("places_short", view.last)
    title = "Places needed outrun places built" if short > 0.5 else "Places built keep up with places needed"
    return line_figure(
        view, "need_against_places", title,
        f"Additional specialist places, {view.name}, January {view.first} to {view.last}",
        f"By {view.last}, {words.count(view.at('places_needed', view.last))} places are needed and "
        f"{words.count(_net_built(view, view.last))} net-new places are built: {words.short_or_spare(short)}.",
        pd.concat([data, built], ignore_index=True),
        y="places", unit="count", source="placements and projects of the dataset, and the assumptions",
    )  # fmt: skip


def _balance(view: View) -> Figure:
    parts: Parts = [("This scenario", "cumulative_balance_gbp", {})]
    data = yearly(view, parts, 1e-6)
    base = View(view.baseline, view.baseline)
    if view.run.scenario.hash != view.baseline.scenario.hash:
        other = yearly(base, [("Baseline", "cumulative_balance_gbp", {})], 1e-6)
        data = pd.concat([data, other], ignore_index=True)
    end = view.at("cumulative_balance_gbp", view.last)
    title = "The deficit keeps growing" if end < 0 else "The account stays in surplus"
    if end < 0 and view.at("in_year_balance_gbp", view.last) > 0:
        title = "The deficit is being paid back"
    return line_figure(
        view, "cumulative_balance", title,
        f"Cumulative balance of the high-needs account, £ million, financial years ending {view.last}",
        f"The cumulative balance at the end of {view.last} is {words.gbp(end)}.", data,
        y="£ million", unit="million", source=f"{view.source('budget')}; from £0 where no opening balance is given",
    )  # fmt: skip


_COMPARED = (
    ("Pupils", "pupils", "count"), ("Pupils with an EHC plan", "pupils_with_ehc_plan", "count"),
    ("Places needed", "places_needed", "count"), ("Places short", "places_short", "count"),
    ("High-needs spend", "high_needs_spend_gbp", "gbp"), ("In-year balance", "in_year_balance_gbp", "gbp"),
    ("Cumulative balance", "cumulative_balance_gbp", "gbp"),
)  # fmt: skip


def _against_baseline(view: View) -> Table:
    rows = []
    compared = _COMPARED if view.forecast.method == PUBLISHED else (("EHC plans", "ehc_plans", "count"), *_COMPARED)
    for label, measure, _unit in compared:
        if view.has(measure) and view.baseline.forecast.has(measure):
            here = view.at(measure, view.last)
            there = view.baseline.forecast.value(measure, view.last)
            rows.append((label, here, there, here - there))
    frame = pd.DataFrame(rows, columns=[f"In {view.last}", "This scenario", "Baseline", "Difference"])
    return Table(
        "against_baseline", f"This scenario and the baseline in {view.last}", frame,
        {name: "mixed" for name in frame.columns[1:]}, view.note("this forecast", money=True),
    )  # fmt: skip


def _implications(view: View) -> tuple[str, ...]:
    under = view.at("places_needed", view.last, component="under_provision")
    growth = view.at("places_needed", view.last, component="growth")
    short = view.forecast.series("places_short")
    worst = int(short["year"].iloc[int(np.argmax(short["central"]))])
    return implications(
        f"{words.count(under)} of the places needed are for children now placed out of the authority; "
        f"{words.count(growth)} are for growth.",
        f"The shortage is greatest in {worst}: {words.short_or_spare(float(short['central'].max()))}."
        if short["central"].max() > 0.5 else "",
        _money_implication(view),
        "Every figure here is a single line without a range, because the published method has none."
        if view.run.forecast.method == PUBLISHED else "",
        view.run.dataset.about("outcome"),
    )  # fmt: skip


def _money_implication(view: View) -> str:
    if not view.has("in_year_balance_gbp"):
        return "No budget is in the dataset, so nothing is said about money: add the table budget."
    gap = view.at("in_year_balance_gbp", view.last)
    if gap >= 0:
        return f"Income covers spending in {view.last} by {words.gbp(gap)}."
    return f"Spending exceeds income by {words.gbp(-gap)} in {view.last}."
