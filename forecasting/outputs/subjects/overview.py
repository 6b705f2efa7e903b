"""Overview: the answer in one sentence, the figures that matter, need against places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting.model.emit_placements import UNMITIGATED
from forecasting.model.run import PUBLISHED, Run
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects import placed, send_plans
from forecasting.outputs.subjects.common import Parts, View, has_range, implications, line_figure, yearly
from forecasting.periods import year_to_financial_year


def overview_head(view: View) -> Subject:
    """Return the answer and the headline figures of the subject "Overview"."""
    if view.has("places_needed"):
        answer = _answer(view)
    elif view.has("ehc_plans"):
        answer = send_plans.answer(view)
    else:
        answer = f"The dataset says nothing of places in {view.name}."
    return Subject("overview", "Overview", answer, _metrics(view), (), ())


def overview(view: View) -> Subject:
    """Return the subject "Overview" of a run."""
    if not view.has("places_needed"):
        return _without_places(view)
    figures = [_demand_and_places(view) if placed.by_child(view) else _need_against_places(view)]
    if view.has("cumulative_balance_gbp"):
        figures.append(balance_figure(view, _cases(view)))
    return replace(
        overview_head(view),
        sections=(Section("Need against places", (figures[0],)),
         *([Section("The high-needs account", (figures[1],))] if figures[1:] else []),
         Section("Against the baseline", (_against_baseline(view),))),
        implications=_implications(view),
    )  # fmt: skip


def _without_places(view: View) -> Subject:
    """Return what is known when the dataset says nothing of placements: the children, and which tables to add."""
    sections = [Section("Against the baseline", (_against_baseline(view),))]
    if view.has("ehc_plans"):
        sections.insert(0, Section("EHC plans", (send_plans.plans_figure(view),), send_plans.range_words(view)))
    missing = (
        "Add the tables placements or providers to see which places are needed.",
        _money_implication(view),
    )
    return replace(overview_head(view), sections=tuple(sections), implications=implications(*missing))


def _net_built(view: View, year: int) -> float:
    return view.at("places_needed", year) - view.at("places_short", year)


def _answer(view: View) -> str:
    answer = _children_answer(view) if placed.by_child(view) else _places_answer(view)
    if view.has("cumulative_balance_gbp"):
        end = words.balance(view.at("cumulative_balance_gbp", view.last))
        answer += f". The high-needs account ends the year with {end}{_balance_range(view)}"
    return answer + "."


def _places_answer(view: View) -> str:
    needed, short = view.at("places_needed", view.last), view.at("places_short", view.last)
    built = _net_built(view, view.last)
    answer = f"{view.name} needs {words.things(needed, 'more specialist place')} by {view.last}"
    if built > 0.5:
        return f"{answer}; the programme adds {words.count(built)}, which leaves it {words.short_or_spare(short)}"
    return f"{answer}, and no project is built"


def _children_answer(view: View) -> str:
    gone = math.isnan(view.at("places_required", view.last))
    needs = f"By {view.last}, {view.name} needs {_required(view)}"
    if gone:  # withheld, because it would give away children who wait
        needs = f"How many specialist places {view.name} needs by {view.last} is withheld"
    if not placed.limits_known(view):
        return f"{needs}. {placed.UNKNOWN.removesuffix('.')}"
    joined = "; it has" if gone else " and has"
    has = f"{joined} {words.count(_open(view))} open" if view.has("places_available") else ""
    short = view.at("places_short", view.last)
    return (
        f"{needs}{has}; {words.count(short)} {_have(short)} no suitable local place{_in_brackets(view, 'places_short')}"
    )


def _required(view: View) -> str:
    return words.things(view.at("places_required", view.last), "specialist place")


def _balance_range(view: View) -> str:
    """Return the 80% range of the balance in brackets, a deficit from its smaller end; "" without draws."""
    measure = "cumulative_balance_gbp"
    if not view.interval(measure, view.last):
        return ""
    low, high = (view.at(measure, view.last, statistic=name) for name in ("p10", "p90"))
    if high < 0:
        return f" (80% range {words.gbp(-high)} to {words.gbp(-low)})"
    return f" (80% range {words.balance(low)} to {words.balance(high)})"


def _in_brackets(view: View, measure: str) -> str:
    ranged = view.interval(measure, view.last)
    return f" ({ranged})" if ranged else ""


def _have(number: float) -> str:
    return "child has" if words.count(number) == "1" else "children have"


def _open(view: View) -> float:
    return view.at("places_available", view.last)


_CHILDREN = (
    ("Places required", "places_required", "Children who need a specialist place, here or elsewhere."),
    ("Places open here", "places_available", "Local specialist places open in that January."),
    ("No suitable place", "places_short", "Children without a suitable local place."),
)
_PLACES = (
    ("Pupils with an EHC plan", "pupils_with_ehc_plan", "Pupils on roll × share with a plan."),
    ("Places needed", "places_needed", "Additional local places over those open in the base year."),
    ("Places short", "places_short", "Places needed less net-new places of the projects that are built."),
)


def _metrics(view: View) -> tuple[Metric, ...]:
    wanted = (
        ("Pupils", "pupils", "Pupils on roll in the area's schools."),
        *(_CHILDREN if placed.by_child(view) else _PLACES),
        ("High-needs spend", "high_needs_spend_gbp", "All expenditure lines of the high-needs account."),
        ("In-year balance", "in_year_balance_gbp", "Income less expenditure of the financial year."),
    )
    shown = [item for item in wanted if view.has(item[1])]
    if view.forecast.method != PUBLISHED and view.has("ehc_plans"):
        help_text = "Maintained by the authority, wherever the child is placed."
        shown.insert(0, ("EHC plans maintained", "ehc_plans", help_text))
    return tuple(view.metric(label, measure, text) for label, measure, text in shown)


def _demand_and_places(view: View) -> Figure:
    parts: Parts = [
        ("Specialist places required", "places_required", {}),
        ("Local places open", "places_available", {}),
    ]
    data = yearly(view, [part for part in parts if view.has(part[1])])
    return line_figure(
        view, "need_against_places", _demand_title(view),
        f"Specialist places, {view.name}, January {int(data['year'].min())} to {view.last}; some children are well "
        f"placed elsewhere{'; band: 80% range' if has_range(data) else ''}",
        f"{_children_answer(view)}.",
        data, y="places", unit="count", source="placements, providers and projects of the dataset, and the assumptions",
    )  # fmt: skip


def _demand_title(view: View) -> str:
    if not placed.limits_known(view):
        return f"{_required(view)} needed in {view.last}"
    short = words.count(view.at("places_short", view.last))
    if short == "0":
        return "Every child has a suitable local place"
    return f"{short} without a suitable local place in {view.last}"


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


def _cases(view: View) -> tuple[tuple[str, Run], ...]:
    same = view.run.scenario.hash == view.baseline.scenario.hash
    return (("This scenario", view.run), *(() if same else (("Baseline", view.baseline),)))


def balance_figure(view: View, cases: Sequence[tuple[str, Run]]) -> Figure:
    """Return the cumulative balance over the years of several runs, the first of which the title speaks of."""
    measure, year = "cumulative_balance_gbp", year_to_financial_year(view.last)
    data = pd.concat([yearly(View(run, run), [(name, measure, {})], 1e-6) for name, run in cases], ignore_index=True)
    ends = [(name, run.forecast.value(measure, view.last)) for name, run in cases]
    end, in_year = ends[0][1], cases[0][1].forecast.value("in_year_balance_gbp", view.last)
    title = "The deficit keeps growing" if end < 0 else "The account stays in surplus"
    if end < 0 and in_year > 0:
        title = "The deficit is being paid back"
    return line_figure(
        view, "cumulative_balance", title,
        f"Cumulative balance of the high-needs account, £ million, {view.name}, financial years ending in the year "
        f"shown{'; band: 80% range' if has_range(data) else ''}",
        f"Balance at the end of {year}: {'; '.join(f'{name.lower()} {words.balance(value)}' for name, value in ends)}.",
        data, y="£ million", unit="million",
        source=f"{view.source('budget')}; from £0 where no opening balance is given",
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
    told = _children_implications(view) if placed.by_child(view) else _places_implications(view)
    return implications(
        *told,
        _money_implication(view),
        "Every figure here is a single line without a range, because the published method has none."
        if view.run.forecast.method == PUBLISHED else "",
        view.run.dataset.about("outcome"),
    )  # fmt: skip


def _places_implications(view: View) -> tuple[str, ...]:
    under = view.at("places_needed", view.last, component="under_provision")
    growth = view.at("places_needed", view.last, component="growth")
    short = view.forecast.series("places_short")
    worst = int(short["year"].iloc[int(np.argmax(short["central"]))])
    return (
        f"{words.count(under)} of the places needed are for children now placed out of the authority; "
        f"{words.count(growth)} are for growth.",
        f"The shortage is greatest in {worst}: {words.short_or_spare(float(short['central'].max()))}."
        if short["central"].max() > 0.5 else "",
    )  # fmt: skip


def _children_implications(view: View) -> tuple[str, ...]:
    if not placed.limits_known(view):
        return ()
    less = view.at("places_short", view.last, component=UNMITIGATED) - view.at("places_short", view.last)
    return (
        f"Without the projects {words.count(less)} more children would have none."
        if view.run.programme.on.any() and less >= 0.5 else "",
    )  # fmt: skip


def _money_implication(view: View) -> str:
    if not view.has("in_year_balance_gbp"):
        return "No budget is in the dataset, so nothing is said about money: add the table budget."
    gap = view.at("in_year_balance_gbp", view.last)
    if gap >= 0:
        return f"Income covers spending in {view.last} by {words.gbp(gap)}."
    return f"Spending exceeds income by {words.gbp(-gap)} in {view.last}."
