"""SEN support beside plans: pupils on SEN support with their range, by phase, and the step to a plan."""

from __future__ import annotations

from forecasting import axes
from forecasting.outputs import words
from forecasting.outputs.figure import Figure
from forecasting.outputs.subjects.common import Parts, View, has_range, line_figure, yearly


def figures(view: View) -> tuple[Figure, ...]:
    """Return the figures of SEN support that the forecast has, the total first."""
    found = [_support(view)]
    if view.has("sen_support", "phase"):
        found.append(_phases(view))
    if view.has("support_to_plan_rate"):
        found.append(_step(view))
    return tuple(found)


def words_of(view: View) -> str:
    """Return how SEN support is forecast here, and what the step to a plan means."""
    margin = view.forecast.margin("sen_support")
    trending = int(margin.labels[0][0]) < view.first
    text = (
        "The share of pupils on SEN support goes on as it has moved in the years known, less and less each year. "
        if trending
        else "The share of pupils on SEN support of the base year is held: three years of the table sen would give a "
        "trend and a range. "
    )
    if view.has("support_to_plan_rate"):
        text += (
            "The step to a plan is derived: new plans at 5 to 19 over pupils on SEN support the January before. "
            "Published counts do not follow children, so some of these plans came without SEN support first."
        )
    else:
        text += "The step from SEN support to a plan is not shown: it needs new plans by age (table plan_flows)."
    return text


def _support(view: View) -> Figure:
    data = yearly(view, [("Pupils on SEN support", "sen_support", {})])
    start, end = view.at("sen_support", view.first), view.at("sen_support", view.last)
    alt = f"{words.count(start)} in {view.first}, {words.count(end)} in {view.last}."
    if has_range(data):
        alt += f" The 80% range in {view.last} is {words.count(data['low'].iloc[-1])} to "
        alt += f"{words.count(data['high'].iloc[-1])}."
    return line_figure(
        view, "sen_support", f"SEN support goes from {words.count(start)} to {words.count(end)}",
        f"Pupils on SEN support in the area's schools, January {data['year'].iloc[0]} to {view.last}; forecast from "
        f"{view.first + 1}{'; band: 80% range' if has_range(data) else ''}",
        alt, data, y="pupils", unit="count", source=view.source("sen"),
    )  # fmt: skip


def _phases(view: View) -> Figure:
    names = [str(name) for name in view.forecast.margin("sen_support", "phase").labels[1]]
    parts: Parts = [(axes.PHASES.label(name), "sen_support", {"phase": name}) for name in names]
    data = yearly(view, parts)
    gain = {label: view.at("sen_support", view.last, **at) - view.at("sen_support", view.first, **at)
            for label, _, at in parts}  # fmt: skip
    most = max(gain, key=lambda label: abs(gain[label]))
    told = words.change(gain[most], "count", str(view.first))
    return line_figure(
        view, "sen_support_by_phase", f"{most} changes most: {told}",
        f"Pupils on SEN support by phase of their school, January {data['year'].iloc[0]} to {view.last}",
        f"{most} changes most: {told}.", data, y="pupils", unit="count", source=view.source("sen"),
    )  # fmt: skip


def _step(view: View) -> Figure:
    data = yearly(view, [("From SEN support to a plan", "support_to_plan_rate", {})], 100.0)
    first, last = data.iloc[0], data.iloc[-1]
    flows = "plan_flows" if view.run.dataset.has("plan_flows") else "plan_moves"
    told = f"{words.percent(first['value'] / 100)} in the year to January {int(first['year'])}, "
    told += f"{words.percent(last['value'] / 100)} in the year to {int(last['year'])}"
    return line_figure(
        view, "support_to_plan", "Children on SEN support who move to a plan each year",
        f"New plans at 5 to 19 per 100 pupils on SEN support the January before, {view.name}; derived"
        f"{'; band: 80% range' if has_range(data) else ''}",
        f"{told}.", data, y="per cent a year", unit="percent",
        source=f"{view.source('sen')}; {view.source(flows)}",
    )  # fmt: skip
