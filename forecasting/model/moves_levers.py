"""Policy levers on joiners, leavers and movers, and what they do to a rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.model.moves_central import shares
from forecasting.model.moves_rates import MoveRates
from forecasting.values import Floats


@dataclass(frozen=True)
class Levers:
    """Policy levers as arrays by forecast year; a missing lever changes nothing.

    Start and ramp are put into the arrays by the caller.

    Attributes:
        joiners: multiplies joiner rates, axes (year, n, d): new-plan rates by need and phase, early-years
            identification (the n below 0), a policy shock.
        leavers: multiplies the hazard of ceasing, axes (year, n, d): cease rates, post-16 retention (below 1
            at n of 12 and more). A hazard of h means a yearly probability of 1 − e^(−h).
        movers: multiplies the hazard of moving out of a setting, axes (year, s).
        destinations: weight on each setting as a destination of movers and joiners, axes (year, s): with
            `movers`, the shift to or from mainstream. The number of movers and of joiners is kept.
    """

    joiners: Floats | None = None
    leavers: Floats | None = None
    movers: Floats | None = None
    destinations: Floats | None = None


def lever_arrays(levers: Levers | None, rates: MoveRates, n_years: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Levers at full size: joiners and leavers (year, n, d), movers and destinations (year, s)."""
    levers = levers or Levers()
    n, d, s = rates.axes.n_nc, rates.axes.n_needs, rates.axes.n_settings

    def full(lever: Floats | None, shape: tuple[int, ...]) -> Floats:
        return np.ones(shape) if lever is None else np.broadcast_to(np.asarray(lever, float), shape)

    return (
        full(levers.joiners, (n_years, n, d)),
        full(levers.leavers, (n_years, n, d)),
        full(levers.movers, (n_years, s)),
        full(levers.destinations, (n_years, s)),
    )


def with_weights(table: Floats, weight: Floats) -> Floats:
    """Reweight the last axis (settings) and keep its sum; unchanged when all weights are equal to 1."""
    if np.all(weight == 1.0):
        return table
    return np.asarray(shares(table * weight) * table.sum(axis=-1, keepdims=True))


def scaled_chance(chance: Floats, multiplier: Floats) -> Floats:
    """Multiply a hazard: 1 − (1 − q)^multiplier. A certain event stays certain."""
    if np.all(multiplier == 1.0):
        return chance
    return np.where(chance >= 1.0, 1.0, 1.0 - (1.0 - chance) ** multiplier)
