"""The random numbers of a forecast of pupils: drawn once per run, the same in every scenario."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.model.population_ratios import Ratios
from forecasting.values import Floats


@dataclass(frozen=True)
class Noise:
    """Standard normal draws; run 0 is all zero. The same seed gives the same draws in every scenario."""

    unknown: Floats  # (run, unknown) once per run
    births: Floats  # (run, year) steps of the births path
    cross: Floats  # (run, year)
    shared: Floats  # (run, year)
    drift: Floats  # (run, year, nc_year)
    trend: Floats  # (run, year, nc_year)
    chance: Floats  # (run, year, nc_year)
    pair: Floats  # (run, 2) spread and fade of the shared movement, once per run


def draw_noise(runs: int, horizon: int, ratios: Ratios, seed: int) -> Noise:
    """Return the random numbers of a central run and `runs` draws.

    Args:
        runs: draws besides the central run.
        horizon: years ahead.
        ratios: gives the sizes, and the spreads of the shared movement that runs draw from.
        seed: seed of the draws.
    """
    rng = np.random.default_rng(seed)
    groups = len(ratios.nc_years)

    def normal(*shape: int) -> Floats:
        values = np.zeros((runs + 1, *shape))
        rng.standard_normal(out=values[1:])
        return values

    chosen = np.searchsorted(np.cumsum(ratios.kept_weight)[:-1], rng.random(runs))
    pair = np.vstack([[ratios.spread.shared, ratios.spread.fade], ratios.kept[chosen]])
    small = normal(len(ratios.mean)), normal(horizon + 8), normal(horizon), normal(horizon)
    return Noise(
        *small,
        normal(horizon, groups),
        normal(horizon, groups if ratios.spread.trend else 0),
        normal(horizon, groups),
        pair,
    )


def drawn_unknowns(ratios: Ratios, noise: Noise) -> Floats:
    """Return (run, unknown) θ of each run: drawn once, kept through all years."""
    values, vectors = np.linalg.eigh(ratios.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(ratios.mean + noise.unknown @ root.T)
