"""Draws of plans by single age: uncertain rates once per run, yearly shocks and chance on top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.model.age_flow import AgeFlows, aged, central_paths, plans_made
from forecasting.model.age_flow_levers import AgeLevers, age_lever_arrays
from forecasting.model.age_flow_rates import AgeRates, cease_chance
from forecasting.model.age_flow_tables import exposure
from forecasting.model.local_level import damped_steps
from forecasting.values import Floats
from forecasting.whole_numbers import whole_numbers

BLOCK_DRAWS = 2_000


def simulate_by_age(
    rates: AgeRates,
    people: pd.DataFrame,
    years: Sequence[int],
    n_draws: int,
    seed: int,
    levers: AgeLevers | None = None,
    uncertain: bool = True,
    chance: bool = True,
) -> AgeFlows:
    """Draw plans and flows: uncertain rates once per draw, yearly shocks and the chance of each child on top.

    Args:
        rates: from `estimate_by_age`.
        people: residents or pupils for every forecast year.
        years: consecutive Januaries after `rates.last_year`.
        n_draws: number of draws.
        seed: seed of all random values; the same seed gives the same rates under every scenario.
        levers: policy levers, axis 0 in step with `years`.
        uncertain: draw the rates; when False they stay at central values.
        chance: yearly shocks beyond Poisson and binomial chance.

    Returns:
        Draws with a first axis (draw): whole people; stock(t+1)[n+1] = stock(t)[n] − ceased[n] + new[n+1].

    Raises:
        DatasetError: people are missing for a year.
    """
    exposed = exposure(people, rates.nc_years, years)
    multipliers = age_lever_arrays(levers, len(years), len(rates.nc_years))
    starts = range(0, n_draws, BLOCK_DRAWS)
    seeds = np.random.SeedSequence(seed).spawn(len(starts))
    blocks = [
        _block(rates, exposed, multipliers, min(BLOCK_DRAWS, n_draws - low), child, uncertain, chance)
        for child, low in zip(seeds, starts, strict=True)
    ]
    return AgeFlows(
        *(
            np.concatenate([getattr(block, name) for block in blocks])
            for name in ("stock", "new", "ceased", "requests", "in_progress")
        )
    )


def _drawn_paths(
    rates: AgeRates, n_years: int, n_draws: int, rng: np.random.Generator, chance: bool
) -> tuple[Floats, Floats]:
    """Log levels of demand and of requests, axes (draw, year): level, change and drift drawn once per run."""
    variation = rates.variation.new_plans
    steps, roots = damped_steps(variation.damping, n_years, rates.trending), np.sqrt(np.arange(1, n_years + 1))
    drawn = rng.multivariate_normal(rates.trend.mean, rates.trend.covariance, n_draws, method="eigh")
    drift = rng.standard_normal((n_draws, 1)) * variation.drift_sd
    shocks = rng.standard_normal((n_draws, n_years)) * variation.year_sd * float(chance)
    level = drawn[:, :1] + drawn[:, 1:] * steps + drift * roots + shocks
    asked = level
    if rates.pipeline.requests is not None:
        asked = level - rates.trend.mean[0] - rates.trend.mean[1] * steps + central_paths(rates, n_years)[1]
    return level, asked


def _block(
    rates: AgeRates,
    exposed: Floats,
    levers: dict[str, Floats],
    n_draws: int,
    seeds: np.random.SeedSequence,
    uncertain: bool,
    chance: bool,
) -> AgeFlows:
    """One block of draws through the years."""
    n_years, n = exposed.shape
    streams = [np.random.default_rng(child) for child in seeds.spawn(1 + n_years)]
    level, asked = _drawn_paths(rates, n_years, n_draws, streams[0], chance)
    weight = rates.arrivals_known / 4.0 + 10.0
    tilt = streams[0].standard_gamma(weight, (n_draws, n)) / weight
    tilt *= np.exp(streams[0].standard_normal((n_draws, 1)) * rates.variation.coverage_sd)
    shift = rates.cease_multiplier + streams[0].standard_normal((n_draws, 2)) * rates.cease_sd
    drift = streams[0].standard_normal((n_draws, 1)) * rates.variation.cease_drift_sd
    if not uncertain:
        central = central_paths(rates, n_years)
        level, asked = (np.repeat(path[None], n_draws, axis=0) for path in central)
        tilt, shift = np.ones_like(tilt), np.repeat(rates.cease_multiplier[None], n_draws, axis=0)
        drift = np.zeros_like(drift)
    made, requests, waiting = plans_made(rates, level, asked, exposed, levers)
    stock = np.repeat(whole_numbers(rates.stock)[None], n_draws, axis=0)
    out = [np.zeros((n_draws, n_years, n)) for _ in range(3)]
    for t, rng in enumerate(streams[1:]):
        now = shift + drift * np.sqrt(t + 1.0)
        quit_chance = cease_chance(rates.nc_years, rates.cease, now, levers["cease"][t])
        shock = rng.standard_normal((n_draws, 1)) * rates.variation.arrival_year_sd * float(chance)
        left, made_now = rng.binomial(stock, quit_chance), rng.poisson(made[:, t] * tilt * np.exp(shock))
        stock = aged(stock - left) + made_now
        out[0][:, t], out[1][:, t], out[2][:, t] = stock, made_now, left
    return AgeFlows(out[0], out[1], out[2], requests, waiting)
