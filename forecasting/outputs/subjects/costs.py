"""Costs: where the money goes, what a place costs, the balance over time, what bringing places back saves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from forecasting.analysis.interventions import pair
from forecasting.model.costs import place_cost_range
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects import account
from forecasting.outputs.subjects.cases import CASES, side_by_side
from forecasting.outputs.subjects.common import Parts, View, bar_figure, implications, line_figure, wide, yearly
from forecasting.periods import year_to_financial_year


def costs_head(view: View) -> Subject:
    """Return the answer and the headline figures of the subject "Costs"."""
    if not view.has("cost_gbp"):
        answer = f"The dataset has no budget for {view.name}: add the table budget to see costs and balances."
        return Subject("costs", "Costs", answer, (), (), ())
    told = account.by_placement(view) and view.has("in_year_balance_gbp")
    answer = account.balance_sentence(view) if told else _answer(view)
    return Subject("costs", "Costs", answer, _metrics(view), (), ())


def costs(view: View) -> Subject:
    """Return the subject "Costs" of a run."""
    head = costs_head(view)
    if not view.has("cost_gbp"):
        return head
    if account.by_placement(view):
        sections = list(account.sections(view))
        if place_cost_range(view.run.dataset):
            sections.append(Section("The published bands", (_unit_costs(view),)))
        return replace(head, sections=tuple(sections), implications=_implications(view))
    sections = [
        Section("Where the money goes", (_lines(view),)),
        Section("The account", (_balance(view), _account(view))),
    ]
    if place_cost_range(view.run.dataset):
        sections.append(Section("What a place costs", (_unit_costs(view),)))
    if view.has("saving_gbp", component="under_provision"):
        sections.append(Section("What bringing places back saves", (_savings(view),)))
    return replace(head, sections=tuple(sections), implications=_implications(view))


def _answer(view: View) -> str:
    spend = view.at("high_needs_spend_gbp", view.last)
    answer = f"High-needs spending is {words.gbp(spend)} in {year_to_financial_year(view.last)}"
    if view.has("in_year_balance_gbp"):
        gap = view.at("in_year_balance_gbp", view.last)
        answer += f", {words.gbp(abs(gap))} {'more' if gap < 0 else 'less'} than income"
    return answer + "."


def _metrics(view: View) -> tuple[Metric, ...]:
    wanted = (
        ("High-needs spend", "high_needs_spend_gbp", "All expenditure lines; parents are not added to their parts."),
        ("Income", "income_gbp", "High needs block and transfers."),
        ("In-year balance", "in_year_balance_gbp", "Income less expenditure."),
        ("Cumulative balance", "cumulative_balance_gbp", "Opening balance and every year's balance since."),
        ("Saving per place", "saving_per_repatriated_place_gbp", "Out-of-authority less in-borough unit cost."),
    )
    return tuple(view.metric(label, measure, text) for label, measure, text in wanted if view.has(measure))


def _components(view: View, measure: str, year: int) -> pd.DataFrame:
    found = [m.component for m in view.forecast.margins if m.measure == measure and m.component]
    values = [view.at(measure, year, component=component) for component in found]
    return pd.DataFrame({"name": found, "value": values})


def _lines(view: View) -> Figure:
    data = _components(view, "cost_gbp", view.last).sort_values("value", ascending=False)
    data = data.assign(value=data["value"] * 1e-6, series="£ million")
    top = data["name"].iloc[0]
    return bar_figure(
        view, "cost_lines", f"{top} take{'' if top.endswith('s') else 's'} the largest part",
        f"High-needs spending by line, £ million, {view.name}, {year_to_financial_year(view.last)}",
        f"The largest line is {top} with £{data['value'].iloc[0]:.1f} million.", data[["name", "series", "value"]],
        x="£ million", unit="million", source=view.source("budget"), label="Line",
    )  # fmt: skip


def _balance(view: View) -> Figure:
    parts: Parts = [("Spending", "cost_gbp", {}), ("Income", "income_gbp", {})]
    data = yearly(view, [part for part in parts if view.has(part[1])], 1e-6)
    short = view.has("in_year_balance_gbp") and view.at("in_year_balance_gbp", view.last) < 0
    return line_figure(
        view, "spending_and_income", "Spending stays above income" if short else "Income covers spending",
        f"High-needs account, £ million, {view.name}, financial years ending in the year shown", _answer(view), data,
        y="£ million", unit="million", source=view.source("budget"),
    )  # fmt: skip


def _account(view: View) -> Table:
    parts = {"Income": "income_gbp", "Spending": "cost_gbp", "In-year balance": "in_year_balance_gbp",
             "Cumulative balance": "cumulative_balance_gbp"}  # fmt: skip
    frames = []
    for case, run in zip(CASES, pair(view.run), strict=True):
        years = run.forecast.margin("cost_gbp").labels[0]
        columns = {name: run.forecast.margin(measure).stats[0] for name, measure in parts.items() if view.has(measure)}
        frames.append(pd.DataFrame({"Financial year": [year_to_financial_year(int(year)) for year in years],
                                    "Case": case, **columns}))  # fmt: skip
    read = side_by_side(frames)
    return Table("account", "The high-needs account by year, unmitigated and mitigated", read,
                 dict.fromkeys(read.columns[2:], "gbp"), view.note(view.source("budget"), money=True))  # fmt: skip


def _unit_costs(view: View) -> Figure:
    found = place_cost_range(view.run.dataset)
    rows = [(name, low, high) for costs in found.values() for name, (low, high) in costs.items()]
    data = pd.DataFrame(rows, columns=["name", "low", "high"]).sort_values("high", ascending=False)
    read = data.set_axis(["Provider", "Lowest", "Highest"], axis=1)
    note = view.note(
        f"{view.source('unit_costs')}; core and standard bands, without bespoke and post-16 rates", money=True
    )
    table = Table("unit_costs", "Cost of a place by provider", read, {"Lowest": "gbp", "Highest": "gbp"}, note)
    cheapest, dearest = data["low"].min(), data["high"].max()
    return Figure(
        "unit_costs", f"A local place costs {words.gbp(cheapest)} to {words.gbp(dearest)}",
        f"£ per place and year, core plus lowest and highest band, {view.name}, {view.price_base}",
        f"From {words.gbp(cheapest)} to {words.gbp(dearest)}.",
        partial(charts.ranges, tuple(data["name"]), "£ per place and year", charts.POUNDS), data, table, note,
    )  # fmt: skip


def _savings(view: View) -> Table:
    parts: Parts = [("Saving per place", "saving_per_repatriated_place_gbp", {}),
             ("If all under-provision were met locally", "saving_gbp", {"component": "under_provision"}),
             ("Through the projects built", "saving_gbp", {"component": "programme"})]  # fmt: skip
    read = wide(yearly(view, parts), label="Financial year")
    read["Financial year"] = [year_to_financial_year(int(year)) for year in read["Financial year"]]
    return Table(
        "savings", "Saving by year", read, dict.fromkeys(read.columns[1:], "gbp"),
        view.note("places × (out-of-authority less in-borough unit cost)", money=True),
    )  # fmt: skip


def _implications(view: View) -> tuple[str, ...]:
    sentences = []
    if view.has("saving_gbp", component="under_provision"):
        per_place = view.at("saving_per_repatriated_place_gbp", view.last)
        under = view.at("places_needed", view.last, component="under_provision")
        sentences.append(
            f"Each child placed in the borough and not out of the authority saves {words.gbp(per_place)} a year; "
            f"{words.count(under)} such places would save {words.gbp(per_place * under)} a year."
        )
        programme = view.at("saving_gbp", view.last, component="programme")
        sentences.append(
            f"The projects built save {words.gbp(programme)} in {view.last} on this reckoning."
            if programme else "No project is built in this scenario, so nothing is saved yet."
        )  # fmt: skip
    if view.has("in_year_balance_gbp"):
        gap = view.at("in_year_balance_gbp", view.last)
        if gap < 0:
            share = -gap / view.at("income_gbp", view.last)
            sentences.append(f"To balance in {view.last}, spending would have to fall by {words.gbp(-gap)}, "
                             f"{words.percent(share)} of income.")  # fmt: skip
    return implications(*sentences)
