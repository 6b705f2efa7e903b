"""Placements where children are placed one by one: where they are, what is full when, who has no suitable place."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.axes import STATISTICS
from forecasting.model.emit_placements import UNMITIGATED
from forecasting.model.overflow import DESTINATIONS, SUITABLE
from forecasting.model.run import PUBLISHED
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Metric, Section, Table
from forecasting.outputs.subjects.common import View, bar_figure, by_label, line_figure, path_of, wide, yearly
from forecasting.outputs.subjects.placed_flow import flow
from forecasting.outputs.subjects.placed_full import HALF, fill, levels, provider_table

OUT = "out_of_borough"


def by_child(view: View) -> bool:
    """Return whether the run places children one by one."""
    return view.forecast.method != PUBLISHED and view.has("placements")


def answer(view: View) -> str:
    """Return the answer: who has no suitable local place at the end, with the range, and how many are placed out."""
    began, out = (words.count(view.at("placements", year, place=OUT)) for year in (_first(view), view.last))
    outside = f"{out} children are placed out of the borough, against {began} in {_first(view)}."
    if not limits_known(view):
        return f"{UNKNOWN} In {view.last}, {outside}"
    short = words.count(view.at("places_short", view.last))
    text = f"In {view.last}, {short} children with a plan have no suitable local place"
    if ranged := view.interval("places_short", view.last):
        text += f" ({ranged})"
    return f"{text}; {outside}"


UNKNOWN = "Who lacks a suitable local place is not known: add the table providers, with capacities."


def limits_known(view: View) -> bool:
    """Return whether the places of any provider are known; else the forecast does not say who lacks one."""
    return view.has("places_short")


def _first(view: View) -> int:
    return int(view.forecast.margin("placements").labels[0][0])


def metrics(view: View) -> tuple[Metric, ...]:
    """Return the headline figures."""
    told = [view.metric("Out of the borough", "placements", "Children placed out of the borough.", place=OUT)]
    if limits_known(view):
        told = [
            view.metric("Places short", "places_short", "Children without a suitable local place."),
            view.metric("Waiting", "children_waiting", "Of these, children who stay in their present setting."),
            *told,
        ]
        told.append(
            view.metric(
                "Spare places",
                "spare_places",
                "Places open less children on roll, all providers; below zero: more children than places.",
            )
        )
        told.append(view.metric("Above capacity", "children_over_capacity", "Children above the places of a provider."))
    return tuple(told)


def sections(view: View) -> tuple[Section, ...]:
    """Return the sections of the page."""
    outside = Section("Out of the borough", (_outside(view),), _BOTH)
    by_need = Section("From need to setting", (flow(view),))
    if not limits_known(view):
        return outside, by_need
    return (
        outside,
        Section("Without a suitable local place", (_without(view), _beside(view)), _RULES),
        by_need,
        Section("What is full when", (fill(view), provider_table(view)), _FILL),
        Section("By need and phase", (_by_need(view), _by_phase(view))),
    )


_BOTH = (
    "With the projects that are switched on (mitigated), and with nothing built (unmitigated). Without projects both "
    "are the same."
)
_RULES = (
    "Where children go without a suitable local place follows the shares in the sidebar. They are judgements: no "
    "national figure exists. Replace them with your own."
)
_FILL = (
    "A provider takes children up to its places and its tolerance, or keeps those already there. A full provider "
    "names nobody until a child leaves."
)


def _outside(view: View) -> Figure:
    parts = [("With the projects", "placements", {"place": OUT})]
    if not view.run.programme.on.any():
        parts = [("Out of the borough", "placements", {"place": OUT})]
    else:
        parts.append(("Nothing built", "placements", {"place": OUT, "component": UNMITIGATED}))
    data = yearly(view, parts)
    start, end = view.at("placements", _first(view), place=OUT), view.at("placements", view.last, place=OUT)
    way = "rise" if end > start + HALF else "do not rise"
    return line_figure(
        view, "outside", f"Placements elsewhere {way}: {words.count(start)} to {words.count(end)}",
        f"Children in specialist places out of the borough, {view.name}, January {_first(view)} to {view.last}"
        f"{'; band: 80% range' if view.forecast.draws else ''}",
        f"{words.count(start)} in {_first(view)}, {words.count(end)} in {view.last}.", data, y="children", unit="count",
        source=f"this forecast; today: {view.source('placements')}",
    )  # fmt: skip


def _without(view: View) -> Figure:
    codes = [code for code in DESTINATIONS if code not in SUITABLE]
    data = yearly(view, [(axes.OVERFLOW.label(code), "places_short", {"component": code}) for code in codes])
    series = tuple(dict.fromkeys(data["series"]))
    short = view.at("places_short", view.last)
    read = wide(data)
    note = view.note("this forecast; where children go: assumptions (judgement)")
    table = Table("without", "Children without a suitable local place, by where they are", read,
                  dict.fromkeys(read.columns[1:], "count"), note)  # fmt: skip
    return Figure(
        "without", f"{words.count(short)} without a suitable place in {view.last}",
        f"Children who need a local place and have none, by where they are, {view.name}, January to {view.last}",
        f"{words.count(short)} children in {view.last}.",
        partial(charts.columns, series, "children", charts.COUNT, stacked=True), data, table, note,
    )  # fmt: skip


def _beside(view: View) -> Table:
    """Return unmitigated beside mitigated, each with its 80 % range, by year."""
    columns: dict[str, object] = {}
    for words_of, measure, at in (
        ("Without a place", "places_short", {}), ("Waiting", "children_waiting", {}),
        ("Out of the borough", "placements", {"place": OUT}),
    ):  # fmt: skip
        for case, component in (("unmitigated", UNMITIGATED), ("mitigated", "")):
            years, values = path_of(view, measure, component=component, **at)
            columns.setdefault("Year", list(years))
            columns[f"{words_of}, {case}"] = [_ranged(view, values[:, k]) for k in range(values.shape[1])]
    frame = pd.DataFrame(columns)
    return Table("beside", "Unmitigated and mitigated side by side", frame, {}, view.note("this forecast"))


def _ranged(view: View, values: np.ndarray) -> str:
    central, low, high = (float(values[STATISTICS.index(name)]) for name in ("central", "p10", "p90"))
    if central != central or not view.forecast.draws or high - low < 1e-9:
        return words.cell(central)
    return f"{words.count(central)} ({words.count(low)} to {words.count(high)})"


def _by_need(view: View) -> Figure:
    label = view.run.dataset.needs.label
    parts = [
        by_label(view, measure, "need", view.last, label).assign(series=name)
        for name, measure in (
            ("without a suitable local place", "places_short"),
            ("of these waiting", "children_waiting"),
        )
    ]
    data = pd.concat(parts, ignore_index=True)
    order = parts[0].sort_values("value", ascending=False)
    kept = list(order.loc[order["value"] > 0.05, "name"])[:12]
    data = data[data["name"].isin(kept)].set_index("name").loc[kept].reset_index() if kept else data
    top = kept[0] if kept else "No need"
    return bar_figure(
        view, "without_by_need", f"{top} lacks most places" if kept else "No need lacks places",
        f"Children by need, {view.name}, January {view.last}",
        f"{top} has the most children without a suitable local place in {view.last}.",
        data[["name", "series", "value"]], x="children", unit="count", source="this forecast", label="Need",
    )  # fmt: skip


def _by_phase(view: View) -> Table:
    frames = {}
    for measure, label in (
        ("placements", "In specialist places"), ("places_required", "Need a specialist place"),
        ("places_short", "Without a suitable local place"), ("children_waiting", "Waiting"),
    ):  # fmt: skip
        frames[label] = by_label(view, measure, "phase", view.last, axes.PHASES.label).set_index("name")["value"]
    table = pd.DataFrame(frames).fillna(0.0).rename_axis("Phase").reset_index()
    table["Phase"] = table["Phase"].replace({"unknown": "Phase not recorded"})
    return Table("phases", f"By phase, {view.last}", table, dict.fromkeys(frames, "count"), view.note("this forecast"))


def followed(view: View) -> tuple[Section, ...]:
    """Return, for a method that spreads children pro rata, what following each child to a place gives beside it."""
    found = view.run.placement
    if found is None or not view.has("placements", "place"):
        return ()
    at = axes.PLACES.names.index(OUT)
    years, printed = path_of(view, "placements", place=OUT)
    known = dict(zip(years, printed[STATISTICS.index("central")], strict=True))
    columns = {"Year": list(found.mitigated.years), "Out of the borough, this method":
               [float(known.get(year, np.nan)) for year in found.mitigated.years]}  # fmt: skip
    for case, allocation in (("nothing built", found.unmitigated), ("projects as assumed", found.mitigated)):
        columns[f"Followed: {case}"] = allocation.placed[0, ..., at].sum(axis=(1, 2, 3)).tolist()
        columns[f"Waiting: {case}"] = allocation.waiting[0].sum(axis=(1, 2)).tolist()
    frame = pd.DataFrame(columns)
    table = Table("followed", "Children followed to where places are", frame, dict.fromkeys(frame.columns[1:], "count"),
                  view.note("this forecast; rules and shares: docs/method_placements.md"))  # fmt: skip
    return (Section("Were each child followed", (table,), _FOLLOWED),)


_FOLLOWED = (
    "This method spreads children over places in today's proportions. Here each child meets the places that suit need "
    "and age; who finds none goes elsewhere, by shares that are judgements. Children come back mostly when they change "
    "phase, so new places take years to bring them back."
)


def implications(view: View) -> tuple[str, ...]:
    """Return what follows from the figures."""
    if not limits_known(view):
        return ()
    short = view.at("places_short", view.last)
    told = [f"In {view.last}, {words.count(short)} children have no suitable local place."]
    _, _, roll, places = levels(view)
    empty = float(np.maximum(places[-1] - roll[-1], 0.0).sum())
    if empty > 1 and short > 1:
        told.append(
            f"Meanwhile {words.count(empty)} places stand empty: they do not suit the need or the age, or are "
            "not where children are placed afresh."
        )
    if view.run.programme.on.any():
        less = view.at("places_short", view.last, component=UNMITIGATED) - short
        told.append(f"The projects that are built give {words.count(less)} more children a suitable local place.")
    elif view.at("spare_places", view.last) < short:
        told.append("No project is switched on: choose projects on the page Programme to see what they change.")
    return tuple(told)
