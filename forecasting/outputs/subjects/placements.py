"""Placements: in the borough against out of the authority, by need and phase; every provider's places."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from forecasting import axes
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects import placed
from forecasting.outputs.subjects.common import (
    Parts,
    View,
    bar_figure,
    by_label,
    implications,
    line_figure,
    yearly,
)

IN, OUT = "in_borough", "out_of_borough"


def placements_head(view: View) -> Subject:
    """Return the answer and the headline figures of the subject "Placements"."""
    if placed.by_child(view):
        return Subject("placements", "Placements", placed.answer(view), placed.metrics(view), (), ())
    metrics = _metrics(view) if view.has("places_needed", "need", component="growth") else ()
    return Subject("placements", "Placements", _answer(view), metrics, (), ())


def placements(view: View) -> Subject:
    """Return the subject "Placements" of a run: children placed one by one where the method can, else pro rata."""
    head = placements_head(view)
    if placed.by_child(view):
        return replace(head, sections=placed.sections(view), implications=placed.implications(view))
    if not view.has("places_needed", "need", component="growth"):
        return head
    sections = []
    if view.has("placements", "place"):
        sections.append(Section("In the borough against out of the authority", (_in_and_out(view), *_by_need(view))))
    sections.append(Section("Places needed", (_needed_by_need(view), _phases(view))))
    if view.has("spare_places", "provider"):
        sections.append(Section("Every provider", (_providers(view), _provider_table(view))))
    sections += placed.followed(view)
    return replace(head, sections=tuple(sections), implications=_implications(view))


def _share_out(view: View, year: int) -> float:
    whole = view.at("placements", year)
    return _at_place(view, OUT, year) / whole if whole else 0.0


def _at_place(view: View, place: str, year: int) -> float:
    margin = view.forecast.margin("placements", "place")
    if place not in margin.labels[margin.axes.index("place")]:
        return 0.0
    return view.at("placements", year, place=place)


def _start(view: View) -> int:
    return int(view.forecast.margin("placements").labels[0][0])


def _answer(view: View) -> str:
    if not view.has("placements", "place"):
        return f"The dataset has no placements of {view.name}: add the tables placements or providers."
    share = f"{words.percent(_share_out(view, view.last), 0)} of all in specialist places"
    if not view.run.dataset.has("providers"):
        share = "those in local places are not known (add the table providers)"
    return (
        f"{words.count(_at_place(view, OUT, view.last))} children are placed out of the authority in {view.last}, "
        f"{share}; "
        f"there were {words.count(_at_place(view, OUT, _start(view)))} in {_start(view)}."
    )


def _metrics(view: View) -> tuple[Metric, ...]:
    metrics = [
        view.metric("Places needed", "places_needed", "Under-provision and growth together."),
        view.metric("Places short", "places_short", "Places needed less net-new places of the projects built."),
    ]
    if view.has("placements", "place"):
        metrics.append(view.metric("In specialist places", "placements", "Children in specialist places anywhere."))
    if view.has("spare_places"):
        metrics.append(view.metric("Spare local places", "spare_places", "Places open less children placed locally."))
    return tuple(metrics)


def _in_and_out(view: View) -> Figure:
    parts: Parts = [
        ("In the borough", "placements", {"place": IN}),
        ("Out of the authority", "placements", {"place": OUT}),
    ]
    labels = view.forecast.margin("placements", "place").labels[1]
    data = yearly(view, [part for part in parts if part[2]["place"] in labels])
    rising = _at_place(view, OUT, view.last) > _at_place(view, OUT, _start(view)) + 0.5
    return line_figure(
        view, "in_and_out", f"Out-of-authority placements {'rise' if rising else 'do not rise'}",
        f"Children in specialist places, {view.name}, January {_start(view)} to {view.last}", _answer(view), data,
        y="children", unit="count", source=f"{view.source('placements')}; rolls: {view.source('providers')}",
    )  # fmt: skip


def _by_need(view: View) -> tuple[Figure, ...]:
    if not view.has("placements", "need", "setting"):
        return ()
    frame = view.forecast.series("placements", "need", "setting")
    frame = frame[frame["year"] == view.last]
    out = frame["setting"].isin(axes.INMSS_PARTS)
    parts = frame.assign(series=out.map({True: "INMSS", False: "in state-funded places"}))
    sums = parts.groupby(["need", "series"], sort=False)["central"].sum().reset_index()
    order = frame.groupby("need")["central"].sum().sort_values(ascending=False).index
    sums = sums.set_index("need").loc[[need for need in order]].reset_index()
    data = pd.DataFrame({
        "name": [view.run.dataset.needs.label(need) for need in sums["need"]], "series": sums["series"],
        "value": sums["central"],
    })  # fmt: skip
    top = data["name"].iloc[0]
    return (bar_figure(
        view, "placements_by_need", f"{top} is the largest need", 
        f"Children in specialist places by need, {view.name}, January {view.last}; needs of local rolls are derived",
        f"{top} has the most children in specialist places in {view.last}.", data,
        x="children", unit="count", source=f"{view.source('placements')}; {view.source('providers')}", label="Need",
    ),)  # fmt: skip


def _needed_by_need(view: View) -> Figure:
    needs = view.run.dataset.needs.label
    parts: list[pd.DataFrame] = []
    for component, series in (("under_provision", "under-provision"), ("growth", "growth")):
        found = by_label(view, "places_needed", "need", view.last, needs, component=component)
        parts.append(found.assign(series=series))
    data = pd.concat(parts, ignore_index=True)
    order = data.groupby("name")["value"].sum().sort_values(ascending=False).index
    data = data.set_index("name").loc[list(order)].reset_index()
    data = data[data.groupby("name")["value"].transform("sum") > 0.005]
    under = words.count(view.at("places_needed", view.last, component="under_provision"))
    growth = words.count(view.at("places_needed", view.last, component="growth"))
    return bar_figure(
        view, "needed_by_need", f"{words.count(view.at('places_needed', view.last))} places needed by {view.last}",
        f"Additional places by need, {view.name}, January {view.last}; under-provision split like the placements",
        f"Under-provision {under}, growth {growth}.", data[["name", "series", "value"]],
        x="places", unit="count", source="assumptions: share to bring back, growth base, need shares", label="Need",
    )  # fmt: skip


def _phases(view: View) -> Table:
    frames = {}
    for measure, label in (("placements", "Children placed"), ("places_needed", "Places needed"),
                           ("places_short", "Places short")):  # fmt: skip
        if view.has(measure, "phase"):
            found = by_label(view, measure, "phase", view.last, axes.PHASES.label)
            frames[label] = found.set_index("name")["value"]
    table = pd.DataFrame(frames).fillna(0.0).rename_axis("Phase").reset_index()
    table["Phase"] = table["Phase"].replace({"unknown": "Phase not recorded"})
    return Table(
        "phases", f"By phase, {view.last}", table, dict.fromkeys(frames, "count"),
        view.note("derived: places needed are split by phase like the placements whose phase is known"),
    )  # fmt: skip


def _provider_frame(view: View, year: int) -> pd.DataFrame:
    places = by_label(view, "places_available", "provider", year, str).set_index("name")["value"]
    roll = by_label(view, "placements", "provider", year, str).set_index("name")["value"]
    return pd.DataFrame({"places": places, "value": roll}).dropna().reset_index(names="name")


def _providers(view: View) -> Figure:
    start = _start(view)
    data = _provider_frame(view, start)
    data["series"] = ["more children than places" if v > p else "within its places"
                      for v, p in zip(data["value"], data["places"], strict=True)]  # fmt: skip
    over = int((data["value"] > data["places"]).sum())
    read = data.assign(spare=data["places"] - data["value"])[["name", "places", "value", "spare"]]
    read.columns = pd.Index(["Provider", "Places", "On roll", "Spare places"])
    note = view.note(view.source("providers"))
    title = f"{over} of {len(data)} providers hold more than their places" if over else "No provider is over its places"
    table = Table("providers", f"Capacity, roll and spare places, January {start}", read,
                  dict.fromkeys(read.columns[1:], "count"), note)  # fmt: skip
    return Figure(
        "providers", title, f"Children on roll and places, {view.name}, January {start}",
        f"{over} of {len(data)} providers have more children on roll than places.",
        partial(charts.capacity, tuple(data["name"])), data, table, note,
    )  # fmt: skip


def _provider_table(view: View) -> Table:
    providers = view.run.dataset.table("providers").set_index("provider")
    later = _provider_frame(view, view.last).set_index("name")
    frame = pd.DataFrame({
        "Provider": later.index,
        "Setting": [view.run.dataset.settings.label(providers.loc[name, "setting"]) for name in later.index],
        "Commissioned": [providers.loc[name, "commissioned"] for name in later.index],
        f"Places {view.last}": later["places"].to_numpy(),
        f"Children {view.last}": later["value"].to_numpy(),
        f"Spare {view.last}": (later["places"] - later["value"]).to_numpy(),
    })  # fmt: skip
    formats = {name: "count" for name in frame.columns[2:]}
    return Table(
        "providers_later", f"Every provider in {view.last}, were rolls to grow in proportion", frame, formats,
        view.note(f"{view.source('providers')}; rolls follow the growth in demand for specialist places"),
    )  # fmt: skip


def _implications(view: View) -> tuple[str, ...]:
    short = view.at("places_short", view.last)
    sentences = [f"In {view.last} the borough is {words.short_or_spare(short)}."]
    if view.has("spare_places", "provider"):
        data = _provider_frame(view, _start(view))
        spare = (data["places"] - data["value"]).clip(lower=0).sum()
        over = (data["value"] - data["places"]).clip(lower=0).sum()
        sentences.append(
            f"In {_start(view)}, {words.count(spare)} places stood empty at some providers while others had "
            f"{words.count(over)} more children than places: empty places are not always where, or for whom, they "
            "are needed."
        )
    if view.has("placements", "place") and view.run.dataset.has("providers"):
        sentences.append(
            f"{words.percent(_share_out(view, view.last), 0)} of specialist placements are out of the authority in "
            f"{view.last}, against {words.percent(_share_out(view, _start(view)), 0)} in {_start(view)}."
        )
    return implications(*sentences)
