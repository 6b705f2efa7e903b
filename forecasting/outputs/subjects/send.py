"""SEND: rates against statistical neighbours and England, and plans maintained over time."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from forecasting.model.run import PUBLISHED
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Section, Subject
from forecasting.outputs.subjects import send_plans
from forecasting.outputs.subjects.common import View, bar_figure, implications, line_figure, yearly

ENGLAND = "England"


def send_head(view: View) -> Subject:
    """Return the answer and the headline figures of the subject "SEND"."""
    if _of_plans(view):
        return Subject("send", "SEND", send_plans.answer(view), send_plans.metrics(view), (), ())
    wanted = (
        ("EHC plans maintained", "ehc_plans", "Plans maintained by the authority, wherever the child is placed."),
        ("Pupils with an EHC plan", "pupils_with_ehc_plan", "On roll in the area's schools, wherever they live."),
        ("SEN support", "sen_support", "Pupils on SEN support in the area's schools."),
        ("Share of pupils with a plan", "ehc_plan_prevalence", "Pupils with a plan ÷ pupils on roll."),
    )
    metrics = [view.metric(label, measure, text) for label, measure, text in wanted if view.has(measure)]
    return Subject("send", "SEND", _answer(view), tuple(metrics), (), ())


def send(view: View) -> Subject:
    """Return the subject "SEND" of a run."""
    if _of_plans(view):
        found = (*send_plans.sections(view), *_neighbours(view))
        sentences = implications(*send_plans.sentences(view), *_implications(view))
        return replace(send_head(view), sections=found, implications=sentences)
    plans = "ehc_plans" if view.has("ehc_plans") else "pupils_with_ehc_plan"
    sections = [Section("Plans over time", (_plans(view, plans),))] if view.has(plans) else []
    return replace(send_head(view), sections=(*sections, *_neighbours(view)), implications=_implications(view))


def _of_plans(view: View) -> bool:
    """Return whether plans are forecast, not only held at a share of pupils."""
    return view.forecast.method != PUBLISHED and view.has("ehc_plans")


def _neighbours(view: View) -> list[Section]:
    compared = [_compared(view, *item) for item in _RATES]
    figures = tuple(figure for figure in compared if figure is not None)
    return [Section("Against statistical neighbours and England", figures)] if figures else []


_RATES = (
    ("pupils_with_ehc_plan", "ehc_plan_prevalence", "EHC plan"),
    ("sen_support", "sen_support_prevalence", "SEN support"),
)


def _answer(view: View) -> str:
    if not view.has("ehc_plan_prevalence"):
        return f"The dataset has no pupils by SEN provision for {view.name}: add the table sen."
    return (
        f"{words.percent(view.at('ehc_plan_prevalence', view.last))} of pupils in {view.name}'s schools have an EHC "
        f"plan in {view.last} and {words.percent(view.at('sen_support_prevalence', view.last))} are on SEN support."
    )


def _plans(view: View, measure: str) -> Figure:
    data = yearly(view, [("EHC plans maintained" if measure == "ehc_plans" else "Pupils with a plan", measure, {})])
    first, last = data["value"].iloc[0], data["value"].iloc[-1]
    return line_figure(
        view, "plans", f"Plans go from {words.count(first)} to {words.count(last)}",
        f"EHC plans (statements before 2014), {view.name}, January {data['year'].iloc[0]} to {view.last}; "
        f"forecast from {view.first + 1}",
        f"{words.count(first)} in {data['year'].iloc[0]}, {words.count(last)} in {view.last}.", data,
        y="plans", unit="count", source=view.source("ehc_plans" if measure == "ehc_plans" else "sen"),
    )  # fmt: skip


def _rates(view: View, count: str) -> pd.DataFrame:
    rows = view.run.dataset.table("comparators")
    counted = rows[rows["measure"] == count].set_index(["authority", "year"])["value"]
    pupils = rows[rows["measure"] == "pupils"].set_index(["authority", "year"])["value"]
    rates = (counted / pupils).dropna()
    if rates.empty:
        return pd.DataFrame()
    year = rates.index.get_level_values("year").max()
    latest = rates.xs(year, level="year").rename("value").reset_index()
    return latest.assign(year=int(year))


def _compared(view: View, count: str, rate: str, label: str) -> Figure | None:
    rates = _rates(view, count)
    if rates.empty:
        return None
    year = int(rates["year"].iloc[0])
    others = rates[rates["authority"] != view.name]
    now = {f"{view.name} {view.last}": view.at(rate, view.last)} if view.has(rate) else {}
    own = pd.DataFrame({"authority": list(now), "value": list(now.values())})
    past = rates[rates["authority"] == view.name].assign(authority=f"{view.name} {year}")
    here_now = next(iter(now.values()), float(past["value"].sum()) if len(past) else float("nan"))
    drawn = pd.concat([frame for frame in (others, past, own) if len(frame)]).sort_values("value", ascending=False)
    here = drawn["authority"].str.startswith(view.name)
    series = pd.Series("statistical neighbour", index=drawn.index).mask(drawn["authority"] == ENGLAND, "England")
    data = pd.DataFrame({
        "name": drawn["authority"], "series": series.mask(here, view.name).to_numpy(), "value": drawn["value"] * 100,
    })  # fmt: skip
    figure = bar_figure(
        view, f"compared_{count}", f"{label}: {view.name} beside its neighbours",
        f"Share of pupils, per cent, by school attended, January {year}"
        f"{f'; {view.name} also in {view.last}' if now else ''}",
        f"{view.name} has {words.percent(here_now)} in {view.last if now else year}; "
        f"England had {words.percent(_england(rates))} in {year}.", data,
        x="per cent of pupils", unit="percent", source=view.source("comparators"), label="Authority", beside=False,
    )  # fmt: skip
    return figure


def _england(rates: pd.DataFrame) -> float:
    found = rates.loc[rates["authority"] == ENGLAND, "value"]
    return float(found.iloc[0]) if len(found) else float("nan")


def _implications(view: View) -> tuple[str, ...]:
    sentences = []
    for count, rate, label in _RATES:
        rates = _rates(view, count)
        if rates.empty or not view.has(rate):
            continue
        others = rates.loc[~rates["authority"].isin([view.name, ENGLAND]), "value"]
        below = int((others < view.at(rate, view.last)).sum())
        england = _england(rates)
        side = "above" if view.at(rate, view.last) > england else "below"
        sentences.append(
            f"{label}: {words.percent(view.at(rate, view.last))} of pupils in {view.last} is {side} England's "
            f"{words.percent(england)} and above {below} of {len(others)} statistical neighbours."
        )
    return implications(
        *sentences,
        "A plan is a legal entitlement: a lower rate is not by itself an improvement, nor a higher one a failing.",
    )
