"""What moves the roll, run by run, and the roll itself: each January's pupils from those of the January before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecasting.model.population_births import entry_births
from forecasting.model.population_draws import Noise, drawn_unknowns
from forecasting.model.population_inputs import Housing, PupilInputs
from forecasting.model.population_levers import PupilLevers, by_year
from forecasting.model.population_observed import arrivals_per_type, housing_profile
from forecasting.model.population_ratios import Ratios, Spread, own_variances
from forecasting.values import Floats, Whole


@dataclass(frozen=True)
class Paths:
    """Everything that moves the roll, by run (or 1 where all runs share it), year and year group."""

    births: Floats  # (run, year, nc_year) births behind the entry groups, 0 above
    ratio: Floats  # (run, year, nc_year) take-up and progression
    movement: Floats  # (run, year, nc_year) factor of migration
    children: Floats  # (year,) further children arriving
    arrivals: Floats  # (run, year, nc_year) pupils from new dwellings
    cross: Floats  # (run, year) share of Year 7 who live elsewhere
    chance: Floats | None  # (run, year, nc_year) standard normal


def paths_of(
    inputs: PupilInputs, ratios: Ratios, years: Whole, levers: PupilLevers, noise: Noise
) -> tuple[Paths, Floats]:
    """Return everything that moves the roll, and (run, year) EHC plans from new dwellings.

    Args:
        inputs: the tables of one authority.
        ratios: its ratios.
        years: (year,) Januaries ahead.
        levers: what the planner changes.
        noise: the random numbers of each run.

    Raises:
        MethodUnavailable: births do not reach far enough.
        ScenarioError: a lever is outside what it allows.
    """
    horizon = len(years)
    theta = drawn_unknowns(ratios, noise)
    births = entry_births(inputs, ratios, years, levers, noise)
    arrivals, plans = _housing_paths(inputs, ratios, theta, years, levers)
    return Paths(
        births,
        _ratio_paths(ratios, theta, noise, levers, horizon),
        _movement_paths(ratios, theta, noise, levers, horizon),
        by_year(levers, "migration_children", horizon),
        arrivals,
        _cross_paths(inputs, noise, levers, horizon),
        noise.chance,
    ), plans


def _ratio_paths(ratios: Ratios, theta: Floats, noise: Noise, levers: PupilLevers, horizon: int) -> Floats:
    """(run, year, nc_year) take-up and progression: the level drawn once, its drift, its damped trend."""
    groups, spread = len(ratios.nc_years), ratios.spread
    _, drift, slope = own_variances(ratios.nc_years, spread)
    steps = noise.drift * np.sqrt(drift)
    if spread.trend:
        steps += _trend_paths(theta[:, groups : 2 * groups], noise.trend, np.sqrt(slope), ratios.settings.trend_damping)
    np.cumsum(steps, axis=1, out=steps)
    steps += (1 + theta[:, :groups])[:, None, :]
    take_up, survival = (1 + by_year(levers, name, horizon)[:, None] for name in ("take_up", "survival"))
    steps *= ratios.reference * np.where(ratios.nc_years <= 0, take_up, survival)
    return np.maximum(steps, 0.0, out=steps)


def _trend_paths(start: Floats, shocks: Floats, sd: Floats, damping: float) -> Floats:
    paths = np.empty_like(shocks)
    for step in range(shocks.shape[1]):
        start = damping * start + np.sqrt(1 - damping**2) * sd * shocks[:, step]
        paths[:, step] = start
    return paths


def _movement_paths(ratios: Ratios, theta: Floats, noise: Noise, levers: PupilLevers, horizon: int) -> Floats:
    """(run, year, nc_year) factor of migration: last year's fades, new movement comes, the lever is added."""
    shared = np.empty((len(theta), horizon))
    now = theta[:, 2 * len(ratios.nc_years)]
    for step in range(horizon):
        now = noise.pair[:, 1] * now + noise.pair[:, 0] * noise.shared[:, step]
        shared[:, step] = now
    moved = shared[:, :, None] * ratios.mobility
    moved += 1 + by_year(levers, "migration", horizon)[:, None]
    return np.maximum(moved, 0.0, out=moved)


def _housing_paths(
    inputs: PupilInputs, ratios: Ratios, theta: Floats, years: Whole, levers: PupilLevers
) -> tuple[Floats, Floats]:
    """(run, year, nc_year) pupils and (run, year) EHC plans from new dwellings."""
    if inputs.housing is None:
        return np.zeros((1, len(years), len(inputs.nc_years))), np.zeros((1, len(years)))
    housing = _levered_housing(inputs.housing, int(inputs.years[-1]), years, levers)
    profile = housing_profile(ratios.settings.housing_decay, ratios.settings.housing_years)
    factor = np.maximum(1 + theta[:, 2 * len(ratios.nc_years) + 1 :], 0.0)
    change = 1 + by_year(levers, "yields", len(years))
    stated = arrivals_per_type(housing, years, profile) * change[:, None, None]
    per_plan = replace(housing, pupils_per_dwelling=housing.ehc_plans_per_dwelling[:, None])
    plans = arrivals_per_type(per_plan, years, profile)[:, :, 0] * change[:, None]
    return np.tensordot(factor, stated, axes=(1, 1)), factor @ plans.T


def _levered_housing(housing: Housing, base: int, years: Whole, levers: PupilLevers) -> Housing:
    change = 1 + by_year(levers, "dwellings", len(years))
    later = housing.years > base
    factor = np.where(later, change[np.clip(housing.years - base - 1, 0, len(years) - 1)], 1.0)
    return replace(housing, dwellings=housing.dwellings * factor[:, None])


def _cross_paths(inputs: PupilInputs, noise: Noise, levers: PupilLevers, horizon: int) -> Floats:
    """(run, year) share of Year 7 who live elsewhere: the last share, its yearly steps, the lever."""
    share = np.zeros(1) if inputs.cross_border_share is None else inputs.cross_border_share
    step = float(np.std(np.diff(share))) if len(share) > 3 else 0.0
    change = by_year(levers, "cross_border", horizon)
    return np.asarray(np.clip(share[-1] + change + step * np.cumsum(noise.cross, axis=1), 0.0, 0.95))


def roll_forward(base: Floats, nc_years: Whole, paths: Paths, spread: Spread, runs: int) -> Floats:
    """Return (run, year, nc_year) pupils: feed × ratio × movement + dwellings + children, Year 7 over (1 − share).

    Chance multiplies by exp(s·z − s²/2), s² = chance / expected + group², so that no count is negative and
    the mean is kept; run 0 has none.
    """
    horizon = paths.ratio.shape[1]
    pupils = np.empty((runs, horizon, len(nc_years)))
    before = np.broadcast_to(base, (runs, len(nc_years)))
    rate = paths.ratio * paths.movement
    year_7 = nc_years == 7
    for step in range(horizon):
        feed = np.where(nc_years <= 0, paths.births[:, step], np.roll(before, 1, axis=-1))
        now = feed * rate[:, step] + paths.arrivals[:, step]
        if paths.children[step]:
            now = np.maximum(now + paths.children[step] * now / now.sum(axis=1, keepdims=True), 0.0)
        now[:, year_7] /= (1 - paths.cross[:, step])[:, None]
        if paths.chance is not None:
            now[1:] *= _chance_factor(now[1:], paths.chance[1:, step], spread)
        pupils[:, step] = before = now
    return pupils


def _chance_factor(expected: Floats, normal: Floats, spread: Spread) -> Floats:
    variance = spread.chance / np.maximum(expected, 0.5) + spread.group**2
    return np.asarray(np.exp(np.sqrt(variance) * normal - 0.5 * variance))
