"""What moved the number of pupils, driver by driver, and where every child came from and went."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecasting.errors import MethodUnavailable
from forecasting.model.population import PupilForecast, years_ahead
from forecasting.model.population_draws import draw_noise
from forecasting.model.population_fit import PupilFit
from forecasting.model.population_inputs import PupilInputs
from forecasting.model.population_levers import NO_CHANGE, PupilLevers
from forecasting.model.population_observed import births_behind
from forecasting.model.population_ratios import Ratios, in_phase
from forecasting.model.population_roll import Paths, paths_of, roll_forward
from forecasting.values import Floats, Whole

DRIVERS = (
    "cohorts",
    "births",
    "take_up",
    "survival",
    "migration",
    "housing",
    "cross_border",
    "chance",
    "interaction",
)


@dataclass(frozen=True)
class PupilDrivers:
    """What moved the total of a phase from the base year; the effects close to the change in every run.

    Attributes:
        names: (driver,) `DRIVERS`.
        years: (year,) January census years.
        effect: (driver, run, year) pupils; summed over drivers they are `change`.
        change: (run, year) pupils of the forecast less pupils of the base year.
    """

    names: tuple[str, ...]
    years: Whole
    effect: Floats
    change: Floats


def pupil_drivers(
    fit: PupilFit,
    horizon: int,
    phase: tuple[int, int],
    levers: PupilLevers = NO_CHANGE,
    draws: int = 1000,
    seed: int = 2026,
) -> PupilDrivers:
    """Split the change of a phase's total since the base year into its drivers, in every run.

    `cohorts` is what happens when nothing changes: the children already on roll move up, as many are born.
    Each other driver is put in alone; what they do only together is `interaction` = change − Σ effects.

    Args:
        fit: a fitted cohort method.
        horizon: years ahead.
        phase: first and last NC year of the total.
        levers: what the planner changes.
        draws: runs besides the central one.
        seed: seed of the draws; the same as in `project_pupils` gives the drivers of those runs.

    Returns:
        The drivers.

    Raises:
        MethodUnavailable: the method has no drivers.
    """
    if fit.ratios is None:
        raise MethodUnavailable(f"{fit.method} has no drivers; use a cohort method.")
    years, inputs = years_ahead(fit, horizon), fit.inputs
    full, _ = paths_of(inputs, fit.ratios, years, levers, draw_noise(draws, horizon, fit.ratios, seed))
    still = _still_paths(inputs, fit.ratios, full)
    chosen = (inputs.nc_years >= phase[0]) & (inputs.nc_years <= phase[1])

    def total(paths: Paths) -> Floats:
        rolled = roll_forward(inputs.pupils[-1], inputs.nc_years, paths, fit_spread, draws + 1)
        return np.asarray(rolled[:, :, chosen].sum(axis=2))

    fit_spread, base = fit.ratios.spread, float(inputs.pupils[-1, chosen].sum())
    unchanged, change = total(still), total(full) - base
    alone = [total(paths) - unchanged for paths in _one_at_a_time(inputs.nc_years, still, full)]
    effect = np.stack([unchanged - base, *alone])
    together = change - effect.sum(axis=0)
    return PupilDrivers(DRIVERS, years, np.concatenate([effect, together[None]]), change)


def _still_paths(inputs: PupilInputs, ratios: Ratios, paths: Paths) -> Paths:
    """Nothing changes: births of the base year, everyone in a phase moves up, no movement, no dwellings."""
    nc_years, horizon = inputs.nc_years, paths.ratio.shape[1]
    behind = births_behind(nc_years, inputs.years[-1:], inputs.birth_years, inputs.births)[0]
    steady = np.where(nc_years <= 0, np.where(np.isnan(behind), paths.births[0, 0], behind), 0.0)
    ratio = np.where(in_phase(nc_years), 1.0, ratios.level)
    share = 0.0 if inputs.cross_border_share is None else float(inputs.cross_border_share[-1])
    shape = (1, horizon, len(nc_years))
    return Paths(
        np.broadcast_to(steady, shape),
        np.broadcast_to(ratio, shape),
        np.ones(shape),
        np.zeros(horizon),
        np.zeros(shape),
        np.full((1, horizon), share),
        None,
    )


def _one_at_a_time(nc_years: Whole, still: Paths, full: Paths) -> tuple[Paths, ...]:
    """The paths with one driver as forecast and the rest still, in the order of `DRIVERS`."""
    entry = nc_years <= 0
    return (
        replace(still, births=full.births),
        replace(still, ratio=np.where(entry, full.ratio, still.ratio)),
        replace(still, ratio=np.where(entry, still.ratio, full.ratio)),
        replace(still, movement=full.movement, children=full.children),
        replace(still, arrivals=full.arrivals),
        replace(still, cross=full.cross),
        replace(still, chance=full.chance),
    )


@dataclass(frozen=True)
class PupilAccount:
    """Every child of a forecast: who entered, moved up, arrived or left since the January before.

    pupils = entered + moved_up + arrived − left, in every run, year and year group; and every pupil of a
    January either moves up the next or is counted in `finished`.

    Attributes:
        entered: (run, year, nc_year) children entering Reception or nursery from births.
        moved_up: (run, year, nc_year) pupils of the year group below, the January before.
        arrived: (run, year, nc_year) arrivals, new dwellings among them.
        left: (run, year, nc_year) leavers.
        finished: (run, year, nc_year) pupils of the January before in a year group that nobody moves up
            from: the last, and nursery (Reception is entered from births).
    """

    entered: Floats
    moved_up: Floats
    arrived: Floats
    left: Floats
    finished: Floats


def account(forecast: PupilForecast) -> PupilAccount:
    """Account for every child of a forecast.

    Args:
        forecast: a forecast.

    Returns:
        The account.
    """
    pupils, entry = forecast.pupils, forecast.nc_years <= 0
    first = np.broadcast_to(forecast.base, (pupils.shape[0], 1, pupils.shape[2]))
    before = np.concatenate([first, pupils[:, :-1]], axis=1)
    moved = np.where(entry, 0.0, np.roll(before, 1, axis=2))
    housed = np.minimum(forecast.housing_pupils, pupils)
    entered = np.where(entry, pupils - housed, 0.0)
    net = pupils - entered - moved - housed
    ends = (forecast.nc_years < 0) | (forecast.nc_years == forecast.nc_years[-1])
    return PupilAccount(
        entered, moved, housed + np.maximum(net, 0.0), np.maximum(-net, 0.0), np.where(ends, before, 0.0)
    )
