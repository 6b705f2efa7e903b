"""Pupils on roll by NC year, projected from a fitted method: a central run and draws.

Everything is an array with named axes. `year` is a January census year, `birth_year` an academic year of
birth named by the year it ends, `nc_year` the age on 31 August less 4 (Reception is 0), `run` a draw (run 0
is the central run). See `docs/method_population.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.errors import MethodUnavailable
from forecasting.model.population_draws import draw_noise
from forecasting.model.population_fit import ConstantGrowth, PupilFit
from forecasting.model.population_inputs import PupilInputs
from forecasting.model.population_levers import NO_CHANGE, PupilLevers, changes_anything
from forecasting.model.population_roll import paths_of, roll_forward
from forecasting.values import Floats, Whole


@dataclass(frozen=True)
class PupilForecast:
    """Pupils on roll by run, January and NC year.

    Attributes:
        method: the method in use.
        base_year: last January of the history.
        years: (year,) January census years forecast.
        nc_years: (nc_year,) NC years.
        base: (nc_year,) pupils on roll in the base year.
        pupils: (run, year, nc_year) pupils; run 0 is the central run, the draws follow.
        housing_pupils: (run, year, nc_year) pupils arriving from new dwellings in the year.
        housing_ehc_plans: (run, year) EHC plans arriving from new dwellings in the year.
        ratios: (nc_year,) central take-up and progression ratios at the base year, NaN without ratios.
        has_draws: False where the method gives no range.
        notes: what the reader should know.
    """

    method: str
    base_year: int
    years: Whole
    nc_years: Whole
    base: Floats
    pupils: Floats
    housing_pupils: Floats
    housing_ehc_plans: Floats
    ratios: Floats
    has_draws: bool
    notes: tuple[str, ...]

    def total(self, first: int, last: int) -> Floats:
        """Return (run, year) pupils of the NC years from `first` to `last`: summed in each run."""
        chosen = (self.nc_years >= first) & (self.nc_years <= last)
        return np.asarray(self.pupils[:, :, chosen].sum(axis=2))

    def interval(self, values: Floats, coverage: float) -> tuple[Floats, Floats]:
        """Return the low and high ends that hold `coverage` of the draws of (run, …) values."""
        drawn = values[1:] if self.has_draws and len(values) > 1 else values
        low, high = np.quantile(drawn, [0.5 - coverage / 2, 0.5 + coverage / 2], axis=0)
        return low, high


def project_pupils(
    fit: PupilFit, horizon: int, levers: PupilLevers = NO_CHANGE, draws: int = 1000, seed: int = 2026
) -> PupilForecast:
    """Project pupils on roll: a central run and `draws` more, the same draws under every set of levers.

    Args:
        fit: a fitted method.
        horizon: years ahead.
        levers: what the planner changes.
        draws: runs besides the central one.
        seed: seed of the draws.

    Returns:
        The forecast.

    Raises:
        MethodUnavailable: levers are given to a method that has none, or births do not reach far enough.
        ScenarioError: a lever is outside what it allows.
    """
    if fit.ratios is None:
        if changes_anything(levers):
            raise MethodUnavailable(f"levers act on cohort survival; {fit.method} has none.")
        return _project_totals(fit, horizon, draws, seed)
    years, base = years_ahead(fit, horizon), fit.inputs.pupils[-1]
    noise = draw_noise(draws, horizon, fit.ratios, seed)
    paths, plans = paths_of(fit.inputs, fit.ratios, years, levers, noise)
    pupils = roll_forward(base, fit.inputs.nc_years, paths, fit.ratios.spread, draws + 1)
    shape = pupils.shape
    return PupilForecast(
        fit.method,
        int(fit.inputs.years[-1]),
        years,
        fit.inputs.nc_years,
        base,
        pupils,
        np.broadcast_to(paths.arrivals, shape),
        np.broadcast_to(plans, shape[:2]),
        fit.ratios.level,
        draws > 0 and fit.ratios.spread.shared > 0,
        fit.notes,
    )


def years_ahead(fit: PupilFit, horizon: int) -> Whole:
    """Return (year,) the Januaries after the last of the history."""
    return np.asarray(fit.inputs.years[-1] + 1 + np.arange(horizon))


def _project_totals(fit: PupilFit, horizon: int, draws: int, seed: int) -> PupilForecast:
    """Constant growth and exponential smoothing: each year group by itself."""
    years, base = years_ahead(fit, horizon), fit.inputs.pupils[-1]
    if fit.growth is not None:
        pupils = np.broadcast_to(_grown(base, horizon, fit.growth), (draws + 1, horizon, len(base)))
    else:
        pupils = _smoothed(fit.inputs, horizon, draws, seed)
    nothing = np.zeros(pupils.shape)
    return PupilForecast(
        fit.method,
        int(fit.inputs.years[-1]),
        years,
        fit.inputs.nc_years,
        base,
        pupils,
        nothing,
        nothing[:, :, 0],
        np.full(len(base), np.nan),
        draws > 0 and fit.growth is None,
        fit.notes,
    )


def _grown(base: Floats, horizon: int, growth: ConstantGrowth) -> Floats:
    steps = np.arange(1, horizon + 1)
    factor = 1 + growth.rate * steps if growth.kind == "simple" else (1 + growth.rate) ** steps
    return np.asarray(base * factor[:, None])


def _smoothed(inputs: PupilInputs, horizon: int, draws: int, seed: int) -> Floats:
    """(run, year, nc_year) exponential smoothing with damped trend (Hyndman and others 2008, AAdN)."""
    pupils = np.zeros((draws + 1, horizon, len(inputs.nc_years)))
    for column in range(len(inputs.nc_years)):
        pupils[:, :, column] = _smooth_one(inputs.pupils[:, column], horizon, draws, seed + column)
    return np.maximum(pupils, 0.0)


def _smooth_one(series: Floats, horizon: int, draws: int, seed: int) -> Floats:
    import warnings

    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    if np.ptp(series) == 0:
        return np.broadcast_to(series[-1], (draws + 1, horizon)).copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: the values reached are used as they are
        fitted = ETSModel(series, error="add", trend="add", damped_trend=True).fit(disp=False, maxiter=200)
    runs = np.empty((draws + 1, horizon))
    runs[0] = fitted.forecast(horizon)
    if draws:
        rng = np.random.default_rng(seed)
        runs[1:] = fitted.simulate(horizon, anchor="end", repetitions=draws, rng=rng).reshape(horizon, draws).T
    return runs
