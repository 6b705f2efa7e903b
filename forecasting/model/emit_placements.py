"""The figures of placements as margins of the forecast: mitigated as such, unmitigated as a component beside it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from forecasting import axes
from forecasting.model.allocation import Allocation
from forecasting.model.capacity import homes
from forecasting.model.cells import in_order
from forecasting.model.job import Job
from forecasting.model.overflow import SUITABLE
from forecasting.model.placements import Placement
from forecasting.model.places import with_capacity
from forecasting.model.stock import Stock
from forecasting.scenario.from_dataset import MAINSTREAM, setting_groups
from forecasting.values import Floats

UNMITIGATED = "unmitigated"
OVER = 1e-6  # children by which a provider must be above its places to count as over capacity


def emit(job: Job, found: Placement, stock: Stock, settings: Iterable[str]) -> None:
    """Add placements, places and those without them to the forecast.

    Args:
        job: gives the dataset and takes the margins.
        found: placements.
        stock: plans by the setting that children need.
        settings: the kinds of setting whose places count as specialist.
    """
    usual = {code for code, group in setting_groups(job.dataset).items() if group in (MAINSTREAM, "early_years")}
    wanted = set(settings) - usual
    kept = [setting for setting in found.mitigated.settings if setting in wanted]
    _emit_placed(job, found.mitigated, kept)
    _emit_required(job, stock, [setting for setting in kept if setting in stock.settings])
    _emit_beside(job, found.unmitigated, kept)
    if len(with_capacity(job.dataset)):  # else places, and who lacks one, are not known, which is not none and nobody
        _emit_places(job, found.mitigated)
        _emit_without(job, found.mitigated)
        _emit_without_beside(job, found.unmitigated)


def short(allocation: Allocation) -> Floats:
    """Return run × year × need × phase: children without a suitable local place (another base counts as suitable)."""
    at = [k for k, code in enumerate(allocation.destinations) if code not in SUITABLE]
    return np.asarray(allocation.elsewhere[:, :, at].sum(axis=2))


def on_roll(allocation: Allocation) -> Floats:
    """Return run × year × provider: all children on the roll, guests and others included."""
    return np.asarray(allocation.at_provider + allocation.guests + allocation.others)


def _emit_placed(job: Job, allocation: Allocation, settings: list[str]) -> None:
    years, add = allocation.years, job.out.add
    at = [allocation.settings.index(setting) for setting in settings]
    kind = allocation.by_need[:, :, :, at]  # run, year, need, setting, place
    wanted = np.repeat(np.isin(np.arange(len(allocation.settings)), at), len(allocation.places)).astype(np.float64)
    labels = {"need": allocation.needs, "phase": allocation.phases, "setting": tuple(settings),
              "place": allocation.places}  # fmt: skip
    needs_phases = allocation.placed.reshape(*allocation.placed.shape[:4], -1) @ wanted
    setting_place = kind.sum(axis=2)
    margins: dict[tuple[str, ...], Floats] = {
        ("need", "phase"): needs_phases, ("need",): needs_phases.sum(axis=3), ("phase",): needs_phases.sum(axis=2),
        ("need", "setting"): kind.sum(axis=4), ("setting", "place"): setting_place,
        ("setting",): setting_place.sum(axis=3), ("place",): setting_place.sum(axis=2),
    }  # fmt: skip
    add("placements", years, setting_place.sum(axis=(2, 3)), "count")
    for by, values in margins.items():
        add("placements", years, values, "count", by=tuple((axis, labels[axis]) for axis in by))
    parts = [k for k, setting in enumerate(settings) if setting in axes.INMSS_PARTS]
    if parts and "inmss" not in settings:
        add("placements", years, setting_place[:, :, parts].sum(axis=(2, 3)), "count", setting="inmss")
    if allocation.providers:
        add("placements", years, on_roll(allocation), "count", by=(("provider", allocation.providers),))


def _emit_required(job: Job, stock: Stock, settings: list[str]) -> None:
    at = [stock.settings.index(setting) for setting in settings]
    add, years = job.out.add, stock.years
    by_need, by_phase = stock.plans.sum(axis=3)[..., at], stock.plans.sum(axis=2)[..., at]
    add("places_required", years, by_need.sum(axis=(2, 3)), "count")
    add("places_required", years, by_need.sum(axis=3), "count", by=(("need", stock.needs),))
    add("places_required", years, by_phase.sum(axis=3), "count", by=(("phase", stock.phases),))
    add("places_required", years, by_phase.sum(axis=2), "count", by=(("setting", tuple(settings)),))


def _emit_places(job: Job, allocation: Allocation) -> None:
    if not allocation.providers:
        return
    years, add = allocation.years, job.out.add
    roll, places = on_roll(allocation), allocation.open_places
    kinds = homes(job.dataset, allocation.providers)
    labels = in_order(job.dataset.settings, set(kinds))
    by_kind = np.eye(len(labels))[[labels.index(kind) for kind in kinds]]
    measures = (("places_available", places), ("spare_places", places - roll),
                ("children_over_capacity", np.maximum(roll - places, 0.0)))  # fmt: skip
    for measure, values in measures:
        add(measure, years, values.sum(axis=-1), "count")
        add(measure, years, values @ by_kind, "count", by=(("setting", labels),))
        add(measure, years, values, "count", by=(("provider", allocation.providers),))
    if len(roll) > 1:
        chance = (roll[1:] > places + OVER).mean(axis=0)
        add("probability_over_capacity", years, chance, "fraction", by=(("provider", allocation.providers),))


def _emit_without(job: Job, allocation: Allocation) -> None:
    years, add = allocation.years, job.out.add
    needs, phases = ("need", allocation.needs), ("phase", allocation.phases)
    for measure, values in (("places_short", short(allocation)), ("children_waiting", allocation.waiting)):
        add(measure, years, values.sum(axis=(2, 3)), "count")
        add(measure, years, values.sum(axis=3), "count", by=(needs,))
        add(measure, years, values.sum(axis=2), "count", by=(phases,))
        add(measure, years, values, "count", by=(needs, phases))
    for at, code in enumerate(allocation.destinations):
        if code not in SUITABLE:
            add("places_short", years, allocation.elsewhere[:, :, at].sum(axis=(2, 3)), "count", component=code)


def _emit_beside(job: Job, allocation: Allocation, settings: list[str]) -> None:
    """Add the unmitigated figures, as a component, beside the mitigated ones."""
    years, add = allocation.years, job.out.add
    at = [allocation.settings.index(setting) for setting in settings]
    by_place = allocation.by_phase.sum(axis=2)[:, :, at].sum(axis=2)
    add("placements", years, by_place.sum(axis=2), "count", component=UNMITIGATED)
    add("placements", years, by_place, "count", component=UNMITIGATED, by=(("place", allocation.places),))


def _emit_without_beside(job: Job, allocation: Allocation) -> None:
    years, add = allocation.years, job.out.add
    add("children_waiting", years, allocation.waiting.sum(axis=(2, 3)), "count", component=UNMITIGATED)
    add("places_short", years, short(allocation).sum(axis=(2, 3)), "count", component=UNMITIGATED)
    over = np.maximum(on_roll(allocation) - allocation.open_places, 0.0)
    add("children_over_capacity", years, over.sum(axis=2), "count", component=UNMITIGATED)
