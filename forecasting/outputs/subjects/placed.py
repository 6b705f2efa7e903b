"""Placements where children are placed one by one: where they are, what is full when, who has no suitable place."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.axes import STATISTICS
from forecasting.model.capacity import homes
from forecasting.model.emit_placements import UNMITIGATED
from forecasting.model.overflow import DESTINATIONS, SUITABLE
from forecasting.model.run import PUBLISHED
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Metric, Section, Table
from forecasting.outputs.subjects.common import View, bar_figure, by_label, line_figure, path_of, wide, yearly

OUT = "out_of_borough"
ROOM, FULL, OVER, SHUT = "has room", "full", "more children than places", "no places"
FEW, SOME, MOST = "under a tenth of the need", "a tenth to a half", "half or more"
UNSEEN = "withheld or not known"
GROUPS = (
    ("Mainstream", ("mainstream", "early_years")), ("Base", ("base",)), ("Special", ("special",)),
    ("Independent", ("inmss",)), ("Other", ("alternative", "post_16", "other", "unknown", "group")),
)  # fmt: skip
_HALF = 0.5  # a place counts as free from half a child on


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
    flow = Section("From need to setting", (_flow(view),))
    if not limits_known(view):
        return outside, flow
    return (
        outside,
        Section("Without a suitable local place", (_without(view), _beside(view)), _RULES),
        flow,
        Section("What is full when", (_fill(view), _provider_table(view)), _FILL),
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
    way = "rise" if end > start + _HALF else "do not rise"
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
        return _cell(central)
    return f"{words.count(central)} ({words.count(low)} to {words.count(high)})"


def _of_need(view: View) -> pd.Series:
    """Return all placements of the last year by need; NaN where they are withheld."""
    rows = view.forecast.series("placements", "need")
    return rows[rows["year"] == view.last].set_index("need")["central"]


def _part(share: float) -> str:
    """Return how much of a need a kind of setting takes, of all its placements; some of them may be withheld."""
    if share != share:
        return UNSEEN
    return MOST if share >= 0.5 else SOME if share >= 0.1 else FEW


def _flow(view: View) -> Figure:
    frame = view.forecast.series("placements", "need", "setting")
    frame = frame[frame["year"] == view.last]
    kinds = {code.code: code["group"] for code in axes.SETTINGS.codes}
    named = {group: name for name, members in GROUPS for group in members}
    column = [named.get("inmss" if s in axes.INMSS_PARTS else kinds.get(s, "other"), "Other") for s in frame["setting"]]
    sums = frame.assign(column=column).pivot_table(
        index="need", columns="column", values="central", aggfunc="sum", fill_value=0.0
    )
    sums = sums.loc[sums.sum(axis=1).sort_values(ascending=False).index]
    sums = sums[[name for name, _ in GROUPS if name in sums]]
    sums = sums[sums.sum(axis=1) > _HALF]
    sums = sums.mask(_partly(frame.assign(column=column)).loc[sums.index, sums.columns])
    share = sums.div(_of_need(view).reindex(sums.index), axis=0)
    label = view.run.dataset.needs.label
    rows = [
        (label(str(need)), kind, _cell(sums.loc[need, kind]),
         _part(share.loc[need, kind]))
        for need in sums.index for kind in sums.columns
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["name", "column", "label", "series"])
    levels = [FEW, SOME, MOST, *([UNSEEN] if UNSEEN in set(data["series"]) else [])]
    read = sums.rename(index=lambda need: label(str(need))).rename_axis("Need").reset_index()
    note = view.note("this forecast")
    table = Table("flow", f"From need to setting, {view.last}", read, dict.fromkeys(read.columns[1:], "count"), note)
    top, whole = label(str(sums.index[0])), float(sums.iloc[0].sum(skipna=False))
    told = f"{top} has {words.count(whole)} children" if whole == whole else f"{top} has the most children"
    return Figure(
        "flow", f"{top} takes most specialist places", 
        f"Children in specialist places by need and kind of setting, {view.name}, January {view.last}",
        f"{told} in specialist places in {view.last}.",
        partial(charts.heat, tuple(dict.fromkeys(data["name"])), tuple(sums.columns), tuple(levels)), data, table,
        note,
    )  # fmt: skip


def _partly(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by need and kind of setting whether some of its figures are withheld: then the sum is not known."""
    return frame.assign(gone=frame["central"].isna()).pivot_table(
        index="need", columns="column", values="gone", aggfunc="max", fill_value=0
    ).astype(bool)  # fmt: skip


def _cell(value: float) -> str:
    return words.NOT_KNOWN if value != value else words.count(value)


def _levels(view: View) -> tuple[tuple[str, ...], tuple[int, ...], np.ndarray, np.ndarray]:
    """Return providers, years, and year × provider children and places, central run."""
    roll, places = (view.forecast.margin(m, "provider") for m in ("placements", "places_available"))
    names = tuple(str(name) for name in roll.labels[1])
    return names, tuple(int(year) for year in roll.labels[0]), roll.stats[0], places.stats[0]


def _fill(view: View) -> Figure:
    names, years, roll, places = _levels(view)
    kept = [k for k in range(len(names)) if places[:, k].max() > 0 or roll[:, k].max() > _HALF]
    rows = [
        (names[k], str(year), words.percent(roll[at, k] / places[at, k], 0).rstrip("%") if places[at, k] > 0 else "–",
         _level(roll[at, k], places[at, k]))
        for k in kept for at, year in enumerate(years)
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["name", "column", "label", "series"])
    over = data[data["series"] == OVER].groupby("column")["name"].count()
    first, last = (int(over.get(str(year), 0)) for year in (years[0], years[-1]))
    read = data.pivot_table(index="name", columns="column", values="label", aggfunc="first", sort=False)
    note = view.note(f"this forecast; {view.source('providers')}")
    read = read.rename_axis(None, axis=1).rename_axis("Provider").reset_index()
    table = Table("full_when", "Children as a percentage of places, January", read, {}, note)
    return Figure(
        "full_when", f"{last} of {len(kept)} providers above their places in {years[-1]}",
        f"Children on roll per 100 places, {view.name}, January {years[0]} to {years[-1]}, central run",
        f"{first} providers have more children than places in {years[0]}, {last} in {years[-1]}.",
        partial(charts.heat, tuple(dict.fromkeys(data["name"])), tuple(str(y) for y in years),
                (ROOM, FULL, OVER, SHUT)), data, table, note,
    )  # fmt: skip


def _level(roll: float, places: float) -> str:
    if places <= 0:
        return SHUT
    return OVER if roll > places + _HALF else FULL if roll > places - 1 + 1e-9 else ROOM


def _provider_table(view: View) -> Table:
    names, years, roll, places = _levels(view)
    kinds = homes(view.run.dataset, names)
    over = roll > places + _HALF
    when = [str(years[int(over[:, k].argmax())]) if over[:, k].any() else "never" for k in range(len(names))]
    frame = pd.DataFrame({
        "Provider": names, "Setting": [view.run.dataset.settings.label(kind) for kind in kinds],
        f"Places {years[-1]}": places[-1], f"Children {years[-1]}": roll[-1], "Above its places from": when,
    })  # fmt: skip
    formats = {f"Places {years[-1]}": "count", f"Children {years[-1]}": "count"}
    if view.has("probability_over_capacity", "provider"):
        for year in dict.fromkeys((years[min(1, len(years) - 1)], years[len(years) // 2], years[-1])):
            chance = by_label(view, "probability_over_capacity", "provider", year, str)["value"]
            frame[f"Chance above, {year}"] = chance.to_numpy()
            formats[f"Chance above, {year}"] = "fraction"
    title = "Every provider: places, children and the chance of more children than places"
    return Table("provider_chance", title, frame, formats, view.note(f"this forecast; {view.source('providers')}"))


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
    _, _, roll, places = _levels(view)
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
