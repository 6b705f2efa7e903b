"""Programme: projects on a timeline, places by month, capital, saving and payback; net-new against total."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects import followed, slippage
from forecasting.outputs.subjects.common import Parts, View, implications, path_of, wide, yearly
from forecasting.periods import Month, year_to_financial_year


def programme_head(view: View) -> Subject:
    """Return the answer and the headline figures alone: they are there before the projects have been followed."""
    if not view.run.programme.projects:
        return Subject("programme", "Programme", "The dataset has no projects: add the table projects.", (), (), ())
    return Subject("programme", "Programme", answer(view), _metrics(view), (), ())


def programme(view: View) -> Subject:
    """Return the subject "Programme" of a run."""
    if not view.run.programme.projects:
        return programme_head(view)
    sections = [Section("Timeline", (_timeline(view), _by_month(view)))] if _built(view) else []
    if _built(view) and view.has("capital_gbp", component="cost"):
        sections.append(Section("Capital", (_capital(view),)))
    sections.append(Section("Every project", (_projects(view),)))
    sections += [found for found in (slippage.section(view), followed.section(view)) if found]
    return replace(programme_head(view), sections=tuple(sections), implications=sentences(view))


def _built(view: View) -> int:
    return int(view.run.programme.on.sum())


def answer(view: View, *, advice: bool = True) -> str:
    """Return how many projects are built, with their places and capital; or what the dataset proposes.

    Args:
        view: the run and its baseline.
        advice: whether it says where in the app projects are switched on; on a slide or in a paper that has no sense.
    """
    if not _built(view):
        proposed = (
            f"No project is built in this scenario; the dataset proposes {len(view.run.programme.projects)}, "
            f"with {words.count(float(view.run.programme.gross.sum()))} places."
        )
        return f"{proposed} Switch them on in the sidebar, or choose the scenario mitigated." if advice else proposed
    return (
        f"{_built(view)} projects create {words.count(view.at('programme_places'))} places, "
        f"{words.count(view.at('programme_places_net'))} of them net-new, for "
        f"{words.gbp(view.at('programme_capital_gbp'))} of capital as far as it is priced."
    )


def _metrics(view: View) -> tuple[Metric, ...]:
    if not _built(view):
        return ()
    wanted = (
        ("Places created", "programme_places", "count", "Sum of the projects that are built (gross)."),
        ("Net-new places", "programme_places_net", "count", "Places created less places that close in exchange."),
        ("Capital", "programme_capital_gbp", "gbp", "Sum of the priced projects that are built."),
        ("Capital not funded", "capital_shortfall_gbp", "gbp", "Capital of the projects less funding."),
        ("Printed yearly saving", "programme_saving_gbp", "gbp", "Sum of the savings printed in the proposals."),
    )
    return tuple(
        Metric(label, words.shown(view.at(measure), unit), "", text, view.at(measure), unit)
        for label, measure, unit, text in wanted
    )


def _names(view: View) -> list[str]:
    table = view.run.dataset.table("projects")
    return [
        f"{project}. {_short(str(where))}" for project, where in zip(table["project"], table["provider"], strict=True)
    ]


def _short(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:63].rstrip()}…"


def _day(index: float) -> pd.Timestamp:
    month = Month(round(index))
    return pd.Timestamp(month.year, month.month, 1)


def _timeline(view: View) -> Figure:
    plan = view.run.programme
    end = float(plan.months[-1])
    rows = [
        (name, _day(opens), _day(min(opens + ramp, end)), _day(max(end, opens + 1)), gross)
        for name, opens, ramp, gross, on in zip(
            _names(view), plan.opens, plan.ramp_months, plan.gross, plan.on, strict=True)
        if on and not np.isnan(opens)
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["name", "start", "full", "end", "value"]).sort_values("start", kind="stable")
    read = data[["name", "start", "full", "value"]].set_axis(["Project", "Opens", "Full", "Places"], axis=1)
    read = read.assign(**{c: read[c].dt.strftime("%B %Y") if len(read) else read[c] for c in ("Opens", "Full")})
    note = view.note(f"{view.source('projects')}; delay and ramp as assumed")
    table = Table("timeline", "When projects open", read, {"Places": "count"}, note)
    first = read["Opens"].iloc[0] if len(read) else "never"
    return Figure(
        "timeline", f"The first places open in {first}" if len(read) else "No project is switched on",
        f"Projects built, {view.name}: opening (diamond) and places filling (pale bar)",
        f"{len(read)} projects; the first opens in {first}.",
        partial(charts.timeline, tuple(data["name"])), data, table, note,
    )  # fmt: skip


def _by_month(view: View) -> Figure:
    plan = view.run.programme
    months = [_day(index) for index in plan.months]
    parts = {"places open": plan.gross @ plan.open_share, "net-new places": plan.net @ plan.open_share,
             "net-new places filled": plan.net @ plan.filled_share}  # fmt: skip
    data = pd.concat(
        [pd.DataFrame({"month": months, "series": name, "value": values}) for name, values in parts.items()],
        ignore_index=True,
    )
    read = wide(data.assign(month=data["month"].dt.strftime("%Y-%m")), "month", "Month")
    note = view.note(view.source("projects"))
    table = Table("places_by_month", "Places by month", read, dict.fromkeys(parts, "count"), note)
    return Figure(
        "places_by_month", f"{words.count(float(parts['net-new places'][-1]))} net-new places at the end",
        f"Places of the projects built, by month, {view.name}",
        f"At the end {words.count(float(parts['places open'][-1]))} places are open, "
        f"{words.count(float(parts['net-new places'][-1]))} net-new.",
        partial(charts.steps, tuple(parts), "places"), data, table, note,
    )  # fmt: skip


def _capital(view: View) -> Figure:
    parts: Parts = [
        ("Capital cost", "capital_gbp", {"component": "cost"}),
        ("Funding", "capital_gbp", {"component": "funding"}),
    ]
    data = yearly(view, parts)
    data = data.assign(value=data["value"] / 1000)
    read = wide(data.assign(value=data["value"] * 1000), label="Financial year")
    gap = read["Funding"].cumsum() - read["Capital cost"].cumsum()
    read["Cash gap so far"] = gap
    read["Financial year"] = [year_to_financial_year(int(year)) for year in read["Financial year"]]
    data = data.assign(year=[year_to_financial_year(int(year)) for year in data["year"]])
    note = view.note(f"{view.source('project_capital')}; {view.source('capital_funding')}", money=True)
    table = Table("capital", "Capital by financial year", read, dict.fromkeys(read.columns[1:], "gbp"), note)
    worst = float(gap.min())
    title = "Spending comes before the grants" if worst < float(gap.iloc[-1]) - 1 else "Cost and funding by year"
    return Figure(
        "capital", title, f"Capital cost and funding, £ thousand, {view.name}, by financial year",
        f"The largest cash gap is {words.gbp(-worst) if worst < 0 else 'none'}.",
        partial(charts.columns, ("Capital cost", "Funding"), "£ thousand", charts.COUNT), data, table, note,
    )  # fmt: skip


def _projects(view: View) -> Table:
    table, plan = view.run.dataset.table("projects"), view.run.programme
    capital = view.run.dataset.table("project_capital").groupby("project")["gbp"].sum()
    saving = table["saving_gbp_per_year"].to_numpy()
    cost = table["project"].map(capital).to_numpy(dtype=float)
    frame = pd.DataFrame({
        "Project": _names(view), "Built": ["yes" if on else "no" for on in plan.on],
        "Opens": [str(Month(round(m))) if not np.isnan(m) else "not known" for m in plan.opens],
        "Places": table["places"].to_numpy(), "Net-new": np.where(table["places"].isna(), np.nan, plan.net),
        "Need": [view.run.dataset.needs.label(need) for need in table["need"]],
        "Capital": cost, "Printed saving a year": saving,
        "Saving per place": saving / table["places"].to_numpy(),
        "Payback, years": cost / saving,
        "Priority": table["priority"].to_numpy(), "Depends on": table["depends_on"].to_numpy(),
    })  # fmt: skip
    formats = {"Places": "count", "Net-new": "count", "Capital": "gbp", "Printed saving a year": "gbp",
               "Saving per place": "gbp", "Payback, years": "decimal"}  # fmt: skip
    return Table("projects", "Projects: places, capital, printed saving, payback", frame, formats,
                 view.note(f"{view.source('projects')}; savings as printed, not recomputed", money=True))  # fmt: skip


def _cash_gap(view: View) -> str:
    """Return when spending is furthest ahead of the grants; "" when it never is."""
    if not view.has("capital_gbp", component="cost"):
        return ""
    years, spent = path_of(view, "capital_gbp", component="cost")
    gap = np.cumsum(path_of(view, "capital_gbp", component="funding")[1][0] - spent[0])
    at = int(np.argmin(gap))
    if gap[at] >= 0:
        return ""
    ending = f" At the end {words.gbp(-float(gap[-1]))} is still missing." if gap[-1] < 0 else ""
    return (
        f"Grants arrive after the spending: by the end of {year_to_financial_year(int(years[at]))} the council has "
        f"paid {words.gbp(-float(gap[at]))} more than it has received.{ending}"
    )


def sentences(view: View) -> tuple[str, ...]:
    """Return what follows from the projects built; nothing when none is."""
    if not _built(view):
        return ()
    gross, net = view.at("programme_places"), view.at("programme_places_net")
    short = view.at("capital_shortfall_gbp")
    printed, computed = view.at("programme_saving_gbp"), float("nan")
    if view.has("saving_gbp", component="programme"):
        computed = view.at("saving_gbp", view.last, component="programme")
    return implications(
        f"{words.count(gross - net)} of the {words.count(gross)} places replace places that close, so "
        f"{words.count(net)} are net-new." if gross != net else "",
        f"{words.gbp(short)} of the capital has no funding." if short > 0 else "Funding covers the priced capital.",
        _cash_gap(view),
        f"The proposals print a saving of {words.gbp(printed)} a year; the average unit costs give "
        f"{words.gbp(computed)} in {view.last}. They are reckoned in different ways." if computed == computed else "",
    )  # fmt: skip
