"""What is paid for: children and places of each financial year, from an allocation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.inputs.dataset import Dataset
from forecasting.model import capacity
from forecasting.model.allocation import Allocation
from forecasting.periods import to_financial_years
from forecasting.values import Floats

IN, OUT, POST_16 = "in_borough", "out_of_borough", "post_16"
FEW = 1e-9  # children below this are none


@dataclass(frozen=True, eq=False)
class Volumes:
    """Children and places, means of each financial year; every array begins with run × year.

    Attributes:
        pre: setting; children before 16, wherever placed.
        post: setting; young people after 16, wherever placed.
        by_need: need × setting; children.
        by_place: setting × in and out of the borough; children.
        at_provider: provider; resident children.
        filled: provider; commissioned places that are filled.
        vacant: provider; commissioned places that stand empty.
        over: provider; children above the commissioned number.
        unlisted: setting; children in the borough at providers that are not listed.
        guests: children of other authorities (no further axis).
    """

    pre: Floats
    post: Floats
    by_need: Floats
    by_place: Floats
    at_provider: Floats
    filled: Floats
    vacant: Floats
    over: Floats
    unlisted: Floats
    guests: Floats


def homes_of(dataset: Dataset, providers: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
    """Return the setting of each provider, and 1 for those in the borough; what is not listed elsewhere stands here."""
    table = dataset.table("providers")
    places = dict(zip(table["provider"], table["place"], strict=True))
    return capacity.homes(dataset, providers), np.array([float(places.get(name, IN) != OUT) for name in providers])


def one_hot(homes: tuple[str, ...], settings: tuple[str, ...]) -> Floats:
    """Return provider × setting; 1 where the kind of setting of the provider is that one."""
    return np.array([[float(home == setting) for setting in settings] for home in homes]).reshape(
        len(homes), len(settings)
    )


def volumes(allocation: Allocation, homes: tuple[str, ...], here: Floats) -> Volumes:
    """Return what is paid for, from an allocation; limits are applied in each academic year before the conversion."""
    late = np.array([float(phase == POST_16) for phase in allocation.phases])
    by_place = allocation.by_phase.sum(axis=2)
    by_phase = allocation.by_phase.sum(axis=4)
    everyone = allocation.at_provider + allocation.guests[None]
    if allocation.others.size:
        everyone = everyone + allocation.others[None]
    commissioned = np.where(np.isnan(allocation.commissioned)[None], everyone, allocation.commissioned[None])
    filled = np.minimum(everyone, commissioned)
    listed = (allocation.at_provider * here) @ one_hot(homes, allocation.settings)
    inside = by_place[..., allocation.places.index(IN)] if IN in allocation.places else np.zeros_like(listed)
    guests = np.broadcast_to(allocation.guests.sum(axis=1), by_place.shape[:2])
    parts = {
        "pre": np.einsum("ryps,p->rys", by_phase, 1.0 - late), "post": np.einsum("ryps,p->rys", by_phase, late),
        "by_need": allocation.by_need.sum(axis=4), "by_place": by_place, "at_provider": allocation.at_provider,
        "filled": filled * here, "vacant": (commissioned - filled) * here, "over": (everyone - filled) * here,
        "unlisted": np.maximum(inside - listed, 0.0), "guests": guests,
    }  # fmt: skip
    return Volumes(**{name: to_financial_years(values, axis=1) for name, values in parts.items()})
