"""SEND under a method of EHC plans: plans with their range, by need and age, joiners and leavers, drivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from forecasting import axes
from forecasting.analysis.drivers_plans import Driver, drivers, whole_change
from forecasting.model.run import untested
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Metric, Section, Table
from forecasting.outputs.subjects import send_support
from forecasting.outputs.subjects.common import (
    Parts,
    View,
    bar_figure,
    by_label,
    has_range,
    implications,
    line_figure,
    yearly,
)

MOST = 12  # rows of a chart of labels


def answer(view: View) -> str:
    """Return the answer in a sentence or two, with the range when there are draws."""
    first, start = known(view)
    end = view.at("ehc_plans", view.last)
    way = "more" if end >= start else "fewer"
    text = (
        f"{view.name} is forecast to maintain {words.count(end)} EHC plans in {view.last}, "
        f"{words.count(abs(end - start))} {way} than in {first} ({words.count(start)})."
    )
    low, high = (view.at("ehc_plans", view.last, statistic=name) for name in ("p10", "p90"))
    if view.forecast.draws:
        text += f" The 80% range is {words.count(low)} to {words.count(high)}."
    return text


def known(view: View) -> tuple[int, float]:
    """Return the January that the forecast of plans starts from, and the plans then."""
    first = max(view.first, int(view.forecast.margin("ehc_plans").labels[0][0]))
    return first, view.at("ehc_plans", first)


def metrics(view: View) -> tuple[Metric, ...]:
    """Return the headline figures."""
    wanted = (
        ("EHC plans maintained", "ehc_plans", "Plans maintained by the authority, wherever the child is placed."),
        ("New plans", "new_plans", "First plans of the calendar year before January."),
        ("Plans ceased", "ceased_plans", "Plans that ceased in the calendar year before January."),
        ("Requests for assessment", "requests", "Requests of the calendar year before January."),
        ("SEN support", "sen_support", "Pupils on SEN support in the area's schools, wherever they live."),
    )
    return tuple(view.metric(label, measure, text) for label, measure, text in wanted if view.has(measure))


def sections(view: View) -> tuple[Section, ...]:
    """Return the sections that the forecast has figures for."""
    found = [Section("Plans over time", (plans_figure(view),), range_words(view))]
    labels: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("need", "need", view.run.dataset.needs.label),
        ("age_band", "age", axes.AGE_BANDS.label),
        ("phase", "phase", axes.PHASES.label),
        ("setting", "setting", view.run.dataset.settings.label),
    )
    shown = [item for item in labels if view.has("ehc_plans", item[0])]
    if shown:
        heading = f"By {words.join([word for _, word, _ in shown])}"
        found.append(Section(heading, tuple(_by(view, *item) for item in shown)))
    if view.has("new_plans") and view.has("ceased_plans"):
        found.append(Section("Joiners and leavers", (_flows(view),)))
    if view.has("sen_support"):
        found.append(Section("SEN support beside plans", send_support.figures(view), send_support.words_of(view)))
    if drivers(view.run, False):
        told = _DRIVERS if _causes_ranged(view) or not view.forecast.draws else f"{_DRIVERS} {_LATER}"
        found.append(Section("Where growth comes from", _drivers(view), told))
    return tuple(found)


_DRIVERS = (
    "Each part is what one cause does alone while the others stay as they are today; the interaction is what they do "
    "together beyond that. The parts add up to the whole change, in the central run and in every draw; their ranges do "
    "not add up, because the causes do not all go one way at once."
)


_LATER = "The ranges of causes take draws of their own: they come with the full range."
_ENOUGH = 200  # draws from which causes have a range; fewer follow a slider, and two runs more would make it wait


def _causes_ranged(view: View) -> bool:
    return view.forecast.draws >= _ENOUGH


def range_words(view: View) -> str:
    """Return what the range means, or why there is none."""
    if not view.forecast.draws:
        return "Central run only; the range follows when draws are made."
    return (
        f"The band is the 80% range of {view.forecast.draws} draws: were the same forecast made for many authorities, "
        "about eight in ten would end inside it. It allows for rates that are not known exactly, for rates that go on "
        "changing, and for chance; it does not foresee a change of law."
        + "".join(f" {told}" for told in untested(view.forecast.method, view.first, view.last))
    )


def plans_figure(view: View) -> Figure:
    """Return plans over time: actual counts, then the central run with its 80 % range."""
    data = yearly(view, [("EHC plans maintained", "ehc_plans", {})])
    first, start = known(view)
    end = view.at("ehc_plans", view.last)
    alt = f"{words.count(start)} in {first}, {words.count(end)} in {view.last}."
    if has_range(data):
        low, high = data["low"].iloc[-1], data["high"].iloc[-1]
        alt += f" The 80% range in {view.last} is {words.count(low)} to {words.count(high)}."
    band = "; band: 80% range" if has_range(data) else ""
    return line_figure(
        view, "plans", f"Plans go from {words.count(start)} to {words.count(end)}",
        f"EHC plans (statements before 2014), {view.name}, January {data['year'].iloc[0]} to {view.last}; "
        f"forecast from {first + 1}{band}",
        alt, data, y="plans", unit="count",
        source=view.source("ehc_plans" if view.run.dataset.has("ehc_plans") else "plan_moves"),
    )  # fmt: skip


def _by(view: View, axis: str, word: str, label: Callable[[str], str]) -> Figure:
    margin = view.forecast.margin("ehc_plans", axis)
    first = int(margin.labels[margin.axes.index("year")][0])
    parts = [by_label(view, "ehc_plans", axis, year, label).assign(series=str(year)) for year in (first, view.last)]
    top = parts[1].sort_values("value", ascending=False).head(MOST)["name"]
    order = [name for name in parts[1]["name"] if name in set(top)] if axis in ("age_band", "phase") else list(top)
    shown = [part.set_index("name").reindex(order).reset_index() for part in parts]
    data = pd.concat(shown, ignore_index=True)
    gain = (parts[1]["value"] - parts[0]["value"]).set_axis(parts[1]["name"])
    most = str(gain.idxmax())
    told = words.change(float(gain[most]), "count", str(first))
    return bar_figure(
        view, f"plans_by_{axis}", f"{most} grows most: {told}",
        f"EHC plans by {word}, {view.name}, January {first} and {view.last}",
        f"{most} grows most: {told}.", data[["name", "series", "value"]],
        x="plans", unit="count", source="this forecast", label=word.capitalize(),
    )  # fmt: skip


def _flows(view: View) -> Figure:
    parts: Parts = [("New plans", "new_plans", {}), ("Plans ceased", "ceased_plans", {})]
    data = yearly(view, parts)
    new, ceased = view.at("new_plans", view.last), view.at("ceased_plans", view.last)
    title = "More children join than leave" if new > ceased else "As many children leave as join, or more"
    return line_figure(
        view, "joiners_and_leavers", title,
        f"Plans begun and ceased in the calendar year before each January, {view.name}"
        f"{'; band: 80% range' if has_range(data) else ''}",
        f"In the year to January {view.last}, {words.count(new)} plans begin and {words.count(ceased)} cease.", data,
        y="plans a year", unit="count", source="this forecast",
    )  # fmt: skip


def _drivers(view: View) -> tuple[Figure | Table, ...]:
    ranged = _causes_ranged(view)
    found, whole = drivers(view.run, ranged), whole_change(view.run, ranged)
    rows = (*found, whole)
    data = pd.DataFrame([(item.name, "plans", item.plans) for item in rows], columns=["name", "series", "value"])
    most = max(found, key=lambda item: abs(item.plans))
    figure = bar_figure(
        view, "drivers", f"{most.name} moves plans most",
        f"Change of EHC plans to January {view.last} by cause, {view.name}",
        f"{most.name}: {_signed(most.plans)}, in a whole change of {_signed(whole.plans)} plans.", data,
        x="plans", unit="count", source="runs of this forecast that differ in one thing", label="Cause",
    )  # fmt: skip
    return figure, _with_ranges(figure.table, rows)


def _with_ranges(table: Table, rows: Sequence[Driver]) -> Table:
    """Return the table of drivers with their 80 % ranges, where there are draws, and what each means."""
    frame = pd.DataFrame({"Cause": [item.name for item in rows], "Plans": [item.plans for item in rows]})
    if all(item.interval for item in rows):
        frame["80% range from"] = [item.interval.low if item.interval else None for item in rows]
        frame["to"] = [item.interval.high if item.interval else None for item in rows]
    formats = {**dict.fromkeys(frame.columns[1:], "count"), "What it means": "text"}
    frame["What it means"] = [item.help for item in rows]
    return replace(table, key="drivers_ranges", title="Each cause with its range", frame=frame, formats=formats)


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{words.count(abs(value))}"


def sentences(view: View) -> tuple[str, ...]:
    """Return what follows from the figures, and which table would say more."""
    found = drivers(view.run, False)
    most = max(found, key=lambda item: abs(item.plans)) if found else None
    tables = {
        "moves": "",
        "age_flow": "Add the table plan_moves to see needs and settings move.",
        "trend": "Add ages to ehc_plans, the table plan_flows and residents by age to see joiners and leavers.",
    }
    return implications(
        f"What moves plans most is {most.name[0].lower()}{most.name[1:]}: {_signed(most.plans)} by {view.last}."
        if most
        else "",
        tables.get(view.forecast.method, ""),
    )
