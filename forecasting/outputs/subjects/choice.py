"""What was chosen for the user: the projects with their reasons, capital and saving, and the frontier."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from forecasting.analysis.appraisal import discount_rate
from forecasting.analysis.choice import COST, Choice
from forecasting.analysis.goal_seek import GOALS, Goal, Sought
from forecasting.analysis.programme import Plan, as_table, best
from forecasting.errors import UsageError
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Section, Table
from forecasting.outputs.subjects.common import View
from forecasting.periods import year_to_financial_year
from forecasting.scenario.assumptions import Value

OBJECTIVES = {"cost": "The least cost over the years (discounted)", "short": "The fewest places short"}
_LATER = ("as proposed", "1 year later", "2 years later")


def pounds(millions: float | None) -> float:
    """Return £ from £ million; blank is no limit."""
    return float("inf") if millions is None else millions * 1e6


@dataclass(frozen=True)
class Asked:
    """What a user asks of a programme.

    Attributes:
        objective: cost or short.
        total: most capital in total, £ million; None = no limit.
        by_year: most capital of each financial year, £ million, separated by commas; "" = no limit.
        as_funded: whether no more is spent by the end of a year than has come.
        must: projects that are built in any case.
        never: projects that are not built.
    """

    objective: str
    total: float | None = None
    by_year: str = ""
    as_funded: bool = False
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def chosen(view: View, asked: Asked) -> Plan:
    """Return the best programme for what was asked.

    Raises:
        UsageError: an amount is no number, or nothing can be chosen.
    """
    years = view.run.placement.mitigated.years if view.run.placement else ()
    return best(view.run, asked.objective, pounds(asked.total), limits(asked.by_year, len(years)),
                as_funded=asked.as_funded, must=asked.must, never=asked.never)  # fmt: skip


def limits(text: str, years: int) -> tuple[float, ...]:
    """Return £ for each of so many years from £ million separated by commas; the last stands for all later years.

    Raises:
        UsageError: an amount is no number or is below zero, or there are more amounts than years.
    """
    words_of = [word.strip().removeprefix("£") for word in text.split(",")] if text.strip() else []
    wrong = [word for word in words_of if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", word)]
    if wrong:
        raise UsageError(f'"{wrong[0]}" is no amount in £ million: write amounts such as 2.5, separated by commas')
    if len(words_of) > years:
        raise UsageError(f"there are {len(words_of)} amounts of capital for {years} financial years: leave some out")
    found = [float(word) * 1e6 for word in words_of]
    return tuple(found + found[-1:] * (years - len(found)))


def first_financial_year(view: View) -> str:
    """Return the first financial year of capital, in words; "" when children are not followed."""
    return year_to_financial_year(view.run.placement.mitigated.years[0]) if view.run.placement else ""


def goals(view: View) -> dict[str, Goal]:
    """Return the goals whose figure the run has."""
    with_year = {name: goal(one, view.last, None) for name, one in GOALS.items()}
    return {name: one for name, one in with_year.items() if not np.isnan(one.figure(view.run))}


def goal(one: Goal, year: int, target: float | None) -> Goal:
    """Return a goal in a year, with its usual target when none is given."""
    return replace(one, year=year, target=one.target if target is None else float(target))


def moves(plan: Plan) -> dict[tuple[str, str], Value]:
    """Return what a plan sets on screen: every project on or off, and the years of those that open later."""
    found: dict[tuple[str, str], Value] = {("project_on", name): 0.0 for name in plan.done.programme.projects}
    return found | {(change.lever, change.key): change.value for change in plan.scenario.changes
                    if change.lever in ("project_on", "project_opens") and change.key}  # fmt: skip


def answer(plan: Plan) -> str:
    """Return what was chosen, in two sentences."""
    built = int((plan.choice.option >= 0).sum())
    spent = float(plan.choice.capital.sum())
    what = f"{built} of {len(plan.problem.projects)} projects, for {words.gbp(spent)} of capital"
    paid = (
        f"paid back after {plan.payback:.1f} years" if plan.payback == plan.payback else "not paid back in these years"
    )
    worth = words.gbp(abs(plan.net_present_value))
    value = f"a net present value of {worth} {'gained' if plan.net_present_value >= 0 else 'lost'}"
    limits = f" The conditions cannot all be met: {'; '.join(plan.choice.relax)}." if plan.choice.relax else ""
    return (
        f"{what}: {value} to {year_to_financial_year(plan.problem.years[-1])}, {paid}. "
        f"Savings are those of the whole engine with these projects, at {discount_rate():.1%} a year.{limits}"
    )


def sections(view: View, plan: Plan, curve: tuple[tuple[float, Choice], ...]) -> tuple[Section, ...]:
    """Return the tables and charts of a choice."""
    return (
        Section("What is chosen, and why", (_projects(view, plan), _years(view, plan))),
        Section("What more or less capital would do", (_frontier(view, plan, curve),)),
    )


def _projects(view: View, plan: Plan) -> Table:
    found = as_table(plan)
    where = view.run.dataset.table("projects").set_index("project")["provider"]
    options = [*plan.choice.option.tolist(), *[-1] * len(plan.skipped)]
    frame = pd.DataFrame({
        "Project": [f"{name}. {where[name]}" if where[name] else name for name in found["project"]],
        "Built": ["yes" if built else "no" for built in found["built"]],
        "Opens": [_LATER[option] if option >= 0 else "" for option in options],
        "Capital": found["capital_gbp"], "Net-new places": found["net_new_places"], "Why": found["why"],
    })  # fmt: skip
    note = view.note(
        f"{view.source('projects')}; {view.source('project_capital')}; docs/method_programme.md", money=True
    )
    return Table("chosen", "Projects chosen", frame, {"Capital": "gbp", "Net-new places": "count"}, note)


def _years(view: View, plan: Plan) -> Table:
    frame = pd.DataFrame({
        "Financial year": [year_to_financial_year(year) for year in plan.problem.years],
        "Capital": plan.choice.capital, "Saved (whole engine)": plan.saved,
        "Saved (as the search reckons)": plan.promised, "Children in the new places": plan.choice.filled.sum(axis=0),
    })  # fmt: skip
    text = "The search takes each need and phase as one queue; the engine follows every child, so the two differ"
    note = view.note(text, money=True)
    formats = dict.fromkeys(frame.columns[1:4], "gbp") | {"Children in the new places": "count"}
    return Table("chosen_years", "Capital and saving by year", frame, formats, note)


def _frontier(view: View, plan: Plan, curve: tuple[tuple[float, Choice], ...]) -> Figure:
    cost = plan.objective == COST
    name = "Net present value" if cost else "Child-years in suitable places"
    values = [-choice.cost / 1e6 if cost else choice.placed for _, choice in curve]
    labels = [f"£{allowed / 1e6:,.1f} million" for allowed, _ in curve]
    data = pd.DataFrame({"year": [round(allowed / 1e6, 1) for allowed, _ in curve], "series": name, "value": values})
    unit = "£ million" if cost else "child-years"
    read = pd.DataFrame({
        "Capital allowed": [allowed for allowed, _ in curve],
        "Capital spent": [choice.capital.sum() for _, choice in curve],
        "Saved, discounted": [float(choice.capital @ plan.problem.discount) - choice.cost for _, choice in curve],
        name: np.array(values) * (1e6 if cost else 1),
        "Projects built": [int((choice.option >= 0).sum()) for _, choice in curve],
    })  # fmt: skip
    formats = dict.fromkeys(read.columns[:3], "gbp") | {name: "gbp" if cost else "count", "Projects built": "count"}
    note = view.note("Each point is the best programme for that capital, as the search reckons", money=True)
    table = Table("frontier", "The best programme for each capital", read, formats, note)
    best = int(np.argmax(values))
    return Figure(
        "frontier", f"Beyond {labels[best]} of capital nothing more is gained",
        f"{name} of the best programme, {unit}, by capital allowed in £ million",
        f"The most is reached with {labels[best]} of capital.",
        partial(charts.lines, (name,), unit, charts.COUNT), data, table, note,
    )  # fmt: skip


def sought(found: Sought) -> str:
    """Return what a goal-seek came to, in a sentence or two."""
    now, then = found.in_words()
    reached = words.shown(found.found.achieved, _unit(found))
    target = words.shown(found.goal.target, _unit(found))
    if found.found.met:
        return f"{found.lever.label}: {then} instead of {now} gives {reached} in {found.goal.year}."
    label = found.lever.label.lower()
    return (
        f"No value of {label} within its bounds reaches {target} in {found.goal.year}. The closest is {then}, which "
        f"gives {reached}; today it is {now}."
    )


def _unit(found: Sought) -> str:
    return "gbp" if found.goal.measure.endswith("_gbp") else "count"
