"""Places needed, placements and capacity of the published method, put into the forecast with their margins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.cells import (
    Shares,
    in_order,
    mapped_needs,
    spread,
)
from forecasting.model.emit import Emitter
from forecasting.model.places import Needed, Placed, capacity, open_places, project_settings
from forecasting.model.programme import Programme
from forecasting.values import Floats


def emit_needed(dataset: Dataset, need: Needed, plan: Programme, out: Emitter, *, short: bool = True) -> None:
    """Add places needed to the forecast, in total, by need and by phase; and with `short` the places short of them."""
    years = need.years
    opened = open_places(plan, years)
    parts = {"under_provision": (need.under_provision, need.under_by_need),
             "growth": (need.growth, need.growth_by_need)}  # fmt: skip
    whole = need.under_provision + need.growth
    out.add("places_needed", years, whole, "count")
    projects = [mapped_needs(dataset, "projects", "need", word) for word in dataset.table("projects")["need"]]
    labels = _labels(dataset.needs, [need.under_by_need, need.growth_by_need, *projects])
    by_need = np.zeros((len(years), len(labels)))
    for component, (values, shares) in parts.items():
        split = values[:, None] * spread([shares], labels)
        out.add("places_needed", years, values, "count", component=component)
        out.add("places_needed", years, split, "count", component=component, by=(("need", labels),))
        by_need += split
    out.add("places_needed", years, by_need, "count", by=(("need", labels),))
    if short:
        out.add("places_short", years, whole - opened.sum(axis=1), "count")
        out.add("places_short", years, by_need - opened @ spread(projects, labels), "count", by=(("need", labels),))
    _emit_by_phase(dataset, need, opened, whole, out, short)


def _emit_by_phase(dataset: Dataset, need: Needed, opened: Floats, whole: Floats, out: Emitter, short: bool) -> None:
    phases = [{phase: 1.0} if phase else need.by_phase for phase in dataset.table("projects")["phase"]]
    labels = _labels(axes.PHASES, [need.by_phase, *phases])
    split = whole[:, None] * spread([need.by_phase], labels)
    out.add("places_needed", need.years, split, "count", by=(("phase", labels),))
    if short:
        left = split - opened @ spread(phases, labels)
        out.add("places_short", need.years, left, "count", by=(("phase", labels),))


def _labels(vocabulary: axes.Vocabulary, shares: Sequence[Shares]) -> tuple[str, ...]:
    return in_order(vocabulary, {label for share in shares for label in share})


def emit_placed(found: Placed, out: Emitter) -> None:
    """Add placements and places required to the forecast, with every margin of the contract that is known.

    Places required are demand, were nothing built: what the programme moves does not change what is required.
    """
    cells, children, demand = found.cells, found.children, found.unmitigated
    if not len(children[0]):
        return  # nobody's place is known, which is not the same as nobody being placed
    out.add("placements", found.years, children.sum(axis=1), "count")
    out.add("places_required", found.years, demand.sum(axis=1), "count")
    for by in (("need",), ("phase",), ("setting",), ("place",), ("setting", "place"), ("need", "setting"),
               ("need", "phase")):  # fmt: skip
        labels, values = cells.add_up(children, *by)
        out.add("placements", found.years, values, "count", by=labels)
        if by in (("need",), ("phase",), ("setting",)):
            out.add("places_required", found.years, cells.add_up(demand, *by)[1], "count", by=labels)
    parts = cells.where("setting", *axes.INMSS_PARTS)
    if parts.any() and not cells.where("setting", "inmss").any():
        out.add("placements", found.years, children @ parts, "count", setting="inmss")


def emit_capacity(dataset: Dataset, found: Placed, plan: Programme, out: Emitter) -> None:
    """Add places available and spare places: in total, by setting and by provider."""
    providers, places = capacity(dataset, found.years)
    opened = open_places(plan, found.years)
    if providers.empty and not opened.any():
        return
    homes = list(providers["setting"])
    labels = in_order(dataset.settings, {*homes, *project_settings(dataset)})
    available = places @ spread([{home: 1.0} for home in homes], labels)
    available += opened @ spread([{setting: 1.0} for setting in project_settings(dataset)], labels)
    here = found.cells.where("place", "in_borough") * found.children
    (names,), by_setting = found.cells.add_up(here, "setting")
    taken = by_setting @ spread([{name: 1.0} for name in names[1]], labels)
    for measure, values in (("places_available", available), ("spare_places", available - taken)):
        out.add(measure, found.years, values.sum(axis=1), "count")
        out.add(measure, found.years, values, "count", by=(("setting", labels),))
    _emit_providers(found, providers, places, out)


def _emit_providers(found: Placed, providers: pd.DataFrame, places: Floats, out: Emitter) -> None:
    if providers.empty:
        return
    names = list(providers["provider"])
    whole = found.unmitigated.sum(axis=1)
    roll = providers["on_roll"].to_numpy(np.float64) * (whole / whole[0] if whole[0] else whole + 1)[:, None]
    known = ~np.isnan(roll).any(axis=0)
    kept = (("provider", [name for name, there in zip(names, known, strict=True) if there]),)
    out.add("places_available", found.years, places, "count", by=(("provider", names),))
    out.add("placements", found.years, roll[:, known], "count", by=kept)
    out.add("spare_places", found.years, (places - roll)[:, known], "count", by=kept)
