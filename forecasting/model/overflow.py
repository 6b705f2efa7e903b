"""Where children go who need a local place and find none: the rules, as weights and an order.

The words are the vocabulary `overflow`; the shares are levers. A destination with a share of 0 is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import setting_groups
from forecasting.values import Floats

DESTINATIONS = axes.OVERFLOW.names
NAMED, OTHER_BASE, ALTERNATIVE, OTHER_AUTHORITY, INDEPENDENT, WAITING = DESTINATIONS
SUITABLE = (NAMED, OTHER_BASE)
SHARES, NEAREST, CHEAPEST = "shares", "nearest", "cheapest"
_FREE = (NAMED, WAITING)


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of one year.

    Attributes:
        weights: destination → group; share of the children without a local place, before scaling to 1.
        order: destinations that are tried one after the other, the first until it is full; empty = by shares.
    """

    weights: dict[str, Floats]
    order: tuple[str, ...]


def allowed(dataset: Dataset, settings: list[str]) -> dict[str, Floats]:
    """Return destination → group: 1 where children who need this kind of setting may go there.

    Args:
        dataset: gives the group of each kind of setting.
        settings: kind of setting that each group of children needs.
    """
    groups = setting_groups(dataset)
    kinds = np.array([groups.get(setting, "other") for setting in settings], dtype=object)
    return {
        code.code: np.where(np.isin(kinds, code["groups"].split("|")) | (code.code == WAITING), 1.0, 0.0)
        for code in axes.OVERFLOW.codes
    }


def rules(
    assumptions: Assumptions, years: tuple[int, ...], at: int, open_to: dict[str, Floats], prices: dict[str, float]
) -> Rules:
    """Return the rules of year `at`.

    Args:
        assumptions: levers of overflow and the objective.
        years: January census years.
        at: index of the year.
        open_to: destination → group; 1 where the group may go there.
        prices: destination → £ a year; for the order of the objective "cheapest".
    """
    weights = {
        code.code: float(np.nan_to_num(assumptions.path(code["lever"], years)[at])) * open_to[code.code]
        for code in axes.OVERFLOW.codes
    }
    weights[WAITING] = np.where(sum(weights.values()) > 0, weights[WAITING], 1.0)
    objective = assumptions.word("placement_objective")
    if objective == SHARES:
        return Rules(weights, ())
    order = tuple(code for code in DESTINATIONS if code not in _FREE)
    if objective == CHEAPEST:
        order = tuple(sorted(order, key=lambda code: prices.get(code, np.inf)))
    return Rules(weights, order)


@lru_cache(maxsize=64)
def prices(dataset: Dataset) -> dict[str, float]:
    """Return destination → mean £ a year of a place and top-up, or of a fee, of the kinds of setting it stands for."""
    table = dataset.table("unit_costs")
    groups = setting_groups(dataset)
    kinds = {OTHER_BASE: ("base",), ALTERNATIVE: ("alternative",), OTHER_AUTHORITY: ("special", "base"),
             INDEPENDENT: ("inmss",)}  # fmt: skip
    found: dict[str, float] = {}
    for code, wanted in kinds.items():
        rows = table.loc[[groups.get(setting, "") in wanted for setting in table["setting"]]]
        cost = rows.groupby("kind")["gbp_per_place_year"].mean()
        paid = float(cost.get("place", 0.0) + cost.get("top_up", 0.0)) or float(cost.get("fee_day", np.nan))
        found |= {code: paid} if np.isfinite(paid) else {}
    return found
