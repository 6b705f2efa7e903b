"""What a planner may change about pupils on roll, and its value in each forecast year."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from forecasting.errors import ScenarioError
from forecasting.values import Floats

Amount = float | Floats  # one number, or one per forecast year

Variant = Literal["principal", "high", "low"]


@dataclass(frozen=True)
class PupilLevers:
    """What a planner may change; the default changes nothing. Each is one number or one per forecast year.

    Attributes:
        births: change of projected births, fraction; the element of January y acts on births of the academic
            year that ends in y (and the first element on projected births before that).
        births_variant: which projection of births to use.
        migration: further net arrivals each year, fraction of each year group.
        migration_children: further net arrivals each year, children, spread over the year groups by size.
        take_up: change of the take-up of Reception and nursery places, fraction.
        survival: change of every progression ratio above Reception, fraction a year.
        dwellings: change of dwellings completed after the base year, fraction.
        yields: change of pupils and EHC plans per dwelling, fraction.
        cross_border: added to the share of Year 7 who live elsewhere, fraction of Year 7.
        births_weight: weight of births against residents aged 4 in Reception, or None for the weight that
            the history of both supports.
    """

    births: Amount = 0.0
    births_variant: Variant = "principal"
    migration: Amount = 0.0
    migration_children: Amount = 0.0
    take_up: Amount = 0.0
    survival: Amount = 0.0
    dwellings: Amount = 0.0
    yields: Amount = 0.0
    cross_border: Amount = 0.0
    births_weight: float | None = None


NO_CHANGE = PupilLevers()


def changes_anything(levers: PupilLevers) -> bool:
    """Return whether any lever is away from `NO_CHANGE`."""
    values = {each.name: getattr(levers, each.name) for each in fields(levers)}
    named = values.pop("births_variant") != "principal" or values.pop("births_weight") is not None
    return named or any(np.any(np.asarray(value) != 0) for value in values.values())


def by_year(levers: PupilLevers, name: str, horizon: int) -> Floats:
    """Return (year,) the lever of that name for each forecast year.

    Raises:
        ScenarioError: it has neither one number nor one a year, or is below what is allowed.
    """
    value = np.asarray(getattr(levers, name), dtype=float)
    if value.ndim > 1 or (value.ndim == 1 and len(value) != horizon):
        raise ScenarioError(f'lever "{name}" has shape {value.shape}; give one number or {horizon}, one a year.')
    least = {"cross_border": -1.0, "migration_children": -np.inf}.get(name, -1.0)
    if not np.all(np.isfinite(value)) or np.any(value < least):
        raise ScenarioError(f'lever "{name}" is {value.tolist()}; allowed: finite and at least {least}.')
    return np.broadcast_to(value, (horizon,)).astype(float)
