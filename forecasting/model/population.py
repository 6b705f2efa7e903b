"""Residents by age and pupils on roll by NC year: methods, levers, draws, drivers.

Everything is an array with named axes. `year` is a January census year, `birth_year` an academic year of
birth named by the year it ends, `nc_year` the age on 31 August less 4 (Reception is 0), `run` a draw (run 0
is the central run). See `docs/method_population.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

import numpy as np
import pandas as pd

from forecasting.errors import MethodUnavailable, ScenarioError
from forecasting.model.population_inputs import (
    PHASE_NC_YEARS,
    POST_16,
    PRIMARY,
    SECONDARY,
    FloatArray,
    Housing,
    IntArray,
    PupilInputs,
    Residents,
    pupil_inputs,
    refusal,
)
from forecasting.model.population_ratios import (
    Ratios,
    RatioSettings,
    Spread,
    arrivals_per_type,
    births_behind,
    estimate_ratios,
    housing_profile,
    in_phase,
    observed_ratios,
    own_variances,
    plain_ratios,
)
from forecasting.periods import year_to_academic_year

__all__ = [
    "BACKTEST_ORIGINS",
    "ConstantGrowth",
    "DEFAULT_METHOD",
    "DRIVERS",
    "FloatArray",
    "Housing",
    "IntArray",
    "METHODS",
    "NO_CHANGE",
    "PHASE_NC_YEARS",
    "POST_16",
    "PRIMARY",
    "PupilAccount",
    "PupilDrivers",
    "PupilFit",
    "PupilForecast",
    "PupilInputs",
    "PupilLevers",
    "RatioSettings",
    "Ratios",
    "Residents",
    "SCAP_YEARS",
    "SECONDARY",
    "Spread",
    "account",
    "arrivals_per_type",
    "births_behind",
    "estimate_ratios",
    "fit_pupils",
    "housing_profile",
    "in_phase",
    "inputs_to",
    "observed_ratios",
    "own_variances",
    "plain_fit",
    "plain_ratios",
    "project_pupils",
    "project_residents",
    "pupil_drivers",
    "pupil_inputs",
    "reception_weight",
    "scap_table",
]

# ---------------------------------------------------------------------------------------------------------
# Levers and draws
# ---------------------------------------------------------------------------------------------------------

Change = float | FloatArray
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

    births: Change = 0.0
    births_variant: Variant = "principal"
    migration: Change = 0.0
    migration_children: Change = 0.0
    take_up: Change = 0.0
    survival: Change = 0.0
    dwellings: Change = 0.0
    yields: Change = 0.0
    cross_border: Change = 0.0
    births_weight: float | None = None


NO_CHANGE = PupilLevers()


def _changes_anything(levers: PupilLevers) -> bool:
    values = {each.name: getattr(levers, each.name) for each in fields(levers)}
    named = values.pop("births_variant") != "principal" or values.pop("births_weight") is not None
    return named or any(np.any(np.asarray(value) != 0) for value in values.values())


def _by_year(levers: PupilLevers, name: str, horizon: int) -> FloatArray:
    """(year,) the lever of that name for each forecast year, checked."""
    value = np.asarray(getattr(levers, name), dtype=float)
    if value.ndim > 1 or (value.ndim == 1 and len(value) != horizon):
        raise ScenarioError(f'lever "{name}" has shape {value.shape}; give one number or {horizon}, one a year.')
    least = {"cross_border": -1.0, "migration_children": -np.inf}.get(name, -1.0)
    if not np.all(np.isfinite(value)) or np.any(value < least):
        raise ScenarioError(f'lever "{name}" is {value.tolist()}; allowed: finite and at least {least}.')
    return np.broadcast_to(value, (horizon,)).astype(float)


@dataclass(frozen=True)
class _Noise:
    """Standard normal draws; run 0 is all zero. The same seed gives the same draws in every scenario."""

    unknown: FloatArray  # (run, unknown) once per run
    births: FloatArray  # (run, year) steps of the births path
    cross: FloatArray  # (run, year)
    shared: FloatArray  # (run, year)
    drift: FloatArray  # (run, year, nc_year)
    trend: FloatArray  # (run, year, nc_year)
    chance: FloatArray  # (run, year, nc_year)
    pair: FloatArray  # (run, 2) spread and fade of the shared movement, once per run


def _draw(runs: int, horizon: int, ratios: Ratios, seed: int) -> _Noise:
    rng = np.random.default_rng(seed)
    groups = len(ratios.nc_years)

    def normal(*shape: int) -> FloatArray:
        values = np.zeros((runs + 1, *shape))
        rng.standard_normal(out=values[1:])
        return values

    chosen = np.searchsorted(np.cumsum(ratios.kept_weight)[:-1], rng.random(runs))
    pair = np.vstack([[ratios.spread.shared, ratios.spread.fade], ratios.kept[chosen]])
    small = normal(len(ratios.mean)), normal(horizon + 8), normal(horizon), normal(horizon)
    return _Noise(
        *small,
        normal(horizon, groups),
        normal(horizon, groups if ratios.spread.trend else 0),
        normal(horizon, groups),
        pair,
    )


def _unknowns(ratios: Ratios, noise: _Noise) -> FloatArray:
    """(run, unknown) θ of each run: drawn once, kept through all years."""
    values, vectors = np.linalg.eigh(ratios.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(ratios.mean + noise.unknown @ root.T)


# ---------------------------------------------------------------------------------------------------------
# What drives the roll, and the roll
# ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Paths:
    """Everything that moves the roll, by run (or 1 where all runs share it), year and year group."""

    births: FloatArray  # (run, year, nc_year) births behind the entry groups, 0 above
    ratio: FloatArray  # (run, year, nc_year) take-up and progression
    movement: FloatArray  # (run, year, nc_year) factor of migration
    children: FloatArray  # (year,) further children arriving
    arrivals: FloatArray  # (run, year, nc_year) pupils from new dwellings
    cross: FloatArray  # (run, year) share of Year 7 who live elsewhere
    chance: FloatArray | None  # (run, year, nc_year) standard normal


def _births_paths(inputs: PupilInputs, years: IntArray, levers: PupilLevers, noise: _Noise) -> FloatArray:
    """(run, year, nc_year) births behind the entry groups, drawn where they are projected."""
    base, horizon = int(inputs.years[-1]), len(years)
    last = min(int(inputs.birth_years[-1]), base + horizon)
    kept = inputs.birth_years <= last
    ahead = np.maximum(inputs.birth_years[kept] - inputs.births_actual_to, 0)
    change = _by_year(levers, "births", horizon)[np.clip(inputs.birth_years[kept] - base - 1, 0, horizon - 1)]
    central = _variant(inputs, levers.births_variant)[kept] * np.where(ahead > 0, 1 + change, 1.0)
    walk = np.cumsum(noise.births, axis=1)[:, np.clip(ahead - 1, 0, noise.births.shape[1] - 1)] * (ahead > 0)
    paths = central * np.exp(_births_step(inputs) * walk)
    entry = inputs.nc_years <= 0
    wanted = years[:, None] - 5 - inputs.nc_years[entry] - inputs.birth_years[0]
    known = (wanted >= 0) & (wanted < paths.shape[1])
    behind = np.zeros((len(paths), horizon, len(inputs.nc_years)))
    behind[:, :, entry] = np.where(known, paths[:, np.clip(wanted, 0, paths.shape[1] - 1)], np.nan)
    return behind


def _births_step(inputs: PupilInputs) -> float:
    """Return the standard deviation of a year's change of births, fraction, from the actual births."""
    actual = inputs.births[(inputs.birth_years <= inputs.births_actual_to) & (inputs.births > 0)]
    return float(np.std(np.diff(np.log(actual)))) if len(actual) > 3 else 0.03


def _variant(inputs: PupilInputs, variant: Variant) -> FloatArray:
    given = {"principal": inputs.births, "high": inputs.births_high, "low": inputs.births_low}
    if variant not in given:
        raise ScenarioError(f'births variant "{variant}" is not known; allowed: {", ".join(given)}.')
    births = given[variant]
    if births is None:
        raise MethodUnavailable(f'births variant "{variant}" needs a projection of births with that variant.')
    return births


def _residents_aged(residents: Residents, years: IntArray, age: int, projected: bool) -> FloatArray:
    """(year,) residents of one age, NaN where not known; years of a projection only if asked for."""
    column, wanted = age - residents.ages[0], years - residents.years[0]
    known = (wanted >= 0) & (wanted < len(residents.years)) & (0 <= column < len(residents.ages))
    rows = np.clip(wanted, 0, len(residents.years) - 1)
    known = known & (~residents.projected[rows] | projected)
    return np.where(known, residents.people[rows, min(max(column, 0), len(residents.ages) - 1)], np.nan)


def _recent(ratio: FloatArray) -> tuple[float, float]:
    """Return the mean of a ratio weighted to recent years (0.7 a year), and the variance of its changes."""
    seen = ratio[~np.isnan(ratio)]
    weight = 0.7 ** np.arange(len(seen))[::-1]
    change = np.diff(seen)
    return float(weight @ seen / weight.sum()), float(change @ change / max(len(change), 1)) / float(np.mean(seen)) ** 2


def reception_weight(inputs: PupilInputs) -> float:
    """Return the weight of births against residents aged 4 in Reception: the inverse of their variances.

    w = v_residents / (v_births + v_residents), v the mean squared yearly change of each take-up ratio,
    relative to the ratio (inverse-variance weighting, Bates and Granger 1969).

    Args:
        inputs: the tables of one authority.

    Returns:
        Weight of births, 1 where fewer than three years of residents aged 4 are actual.
    """
    if inputs.residents is None:
        return 1.0
    aged_4 = _residents_aged(inputs.residents, inputs.years, 4, projected=False)
    roll = inputs.pupils[:, inputs.nc_years == 0][:, 0]
    if np.sum(~np.isnan(aged_4 * roll)) < 3:
        return 1.0
    behind = births_behind(inputs.nc_years, inputs.years, inputs.birth_years, inputs.births)
    births = _recent(roll / behind[:, inputs.nc_years == 0][:, 0])[1]
    residents = _recent(roll / aged_4)[1]
    return residents / (births + residents) if births + residents > 0 else 0.5


def _with_residents(
    inputs: PupilInputs, ratios: Ratios, births: FloatArray, years: IntArray, levers: PupilLevers
) -> FloatArray:
    """(run, year, nc_year) births, Reception's weighted with residents aged 4 put as births."""
    weight = reception_weight(inputs) if levers.births_weight is None else levers.births_weight
    if not 0 <= weight <= 1:
        raise ScenarioError(f'lever "births_weight" is {weight}; allowed: 0 (residents) to 1 (births).')
    if inputs.residents is None:
        return births
    column = int(np.flatnonzero(inputs.nc_years == 0)[0])
    aged_4 = _residents_aged(inputs.residents, years, 4, projected=True)
    past = inputs.pupils[:, column] / _residents_aged(inputs.residents, inputs.years, 4, projected=False)
    if np.isnan(aged_4).all() or np.isnan(past).all():
        return births
    as_births = aged_4 * _recent(past)[0] / ratios.level[column]
    plain = births_behind(inputs.nc_years, years, inputs.birth_years, inputs.births)[:, column]
    scaled = as_births * np.where(np.isnan(plain), 1.0, births[:, :, column] / plain)
    mixed = weight * births[:, :, column] + (1 - weight) * scaled
    mixed = np.where(np.isnan(scaled), births[:, :, column], mixed)
    births = births.copy()
    births[:, :, column] = np.where(np.isnan(births[:, :, column]), scaled, mixed)
    return births


def _require_births(births: FloatArray, years: IntArray, nc_years: IntArray) -> None:
    gaps = np.argwhere(np.isnan(births[0]))
    if len(gaps):
        born = sorted({int(years[row] - 5 - nc_years[column]) for row, column in gaps})
        raise MethodUnavailable(
            f"no births for the academic years {born}; add projected births (or residents"
            f" aged 4) for them, or forecast fewer years than to {years[-1]}."
        )


def _ratio_paths(ratios: Ratios, theta: FloatArray, noise: _Noise, levers: PupilLevers, horizon: int) -> FloatArray:
    """(run, year, nc_year) take-up and progression: the level drawn once, its drift, its damped trend."""
    groups, spread = len(ratios.nc_years), ratios.spread
    _, drift, slope = own_variances(ratios.nc_years, spread)
    steps = noise.drift * np.sqrt(drift)
    if spread.trend:
        steps += _trend_paths(theta[:, groups : 2 * groups], noise.trend, np.sqrt(slope), ratios.settings.trend_damping)
    np.cumsum(steps, axis=1, out=steps)
    steps += (1 + theta[:, :groups])[:, None, :]
    take_up, survival = (1 + _by_year(levers, name, horizon)[:, None] for name in ("take_up", "survival"))
    steps *= ratios.reference * np.where(ratios.nc_years <= 0, take_up, survival)
    return np.maximum(steps, 0.0, out=steps)


def _trend_paths(start: FloatArray, shocks: FloatArray, sd: FloatArray, damping: float) -> FloatArray:
    paths = np.empty_like(shocks)
    for step in range(shocks.shape[1]):
        start = damping * start + np.sqrt(1 - damping**2) * sd * shocks[:, step]
        paths[:, step] = start
    return paths


def _movement_paths(ratios: Ratios, theta: FloatArray, noise: _Noise, levers: PupilLevers, horizon: int) -> FloatArray:
    """(run, year, nc_year) factor of migration: last year's fades, new movement comes, the lever is added."""
    shared = np.empty((len(theta), horizon))
    now = theta[:, 2 * len(ratios.nc_years)]
    for step in range(horizon):
        now = noise.pair[:, 1] * now + noise.pair[:, 0] * noise.shared[:, step]
        shared[:, step] = now
    moved = shared[:, :, None] * ratios.mobility
    moved += 1 + _by_year(levers, "migration", horizon)[:, None]
    return np.maximum(moved, 0.0, out=moved)


def _housing_paths(
    inputs: PupilInputs, ratios: Ratios, theta: FloatArray, years: IntArray, levers: PupilLevers
) -> tuple[FloatArray, FloatArray]:
    """(run, year, nc_year) pupils and (run, year) EHC plans from new dwellings."""
    if inputs.housing is None:
        return np.zeros((1, len(years), len(inputs.nc_years))), np.zeros((1, len(years)))
    housing = _levered_housing(inputs.housing, int(inputs.years[-1]), years, levers)
    profile = housing_profile(ratios.settings.housing_decay, ratios.settings.housing_years)
    factor = np.maximum(1 + theta[:, 2 * len(ratios.nc_years) + 1 :], 0.0)
    change = 1 + _by_year(levers, "yields", len(years))
    stated = arrivals_per_type(housing, years, profile) * change[:, None, None]
    per_plan = replace(housing, pupils_per_dwelling=housing.ehc_plans_per_dwelling[:, None])
    plans = arrivals_per_type(per_plan, years, profile)[:, :, 0] * change[:, None]
    return np.tensordot(factor, stated, axes=(1, 1)), factor @ plans.T


def _levered_housing(housing: Housing, base: int, years: IntArray, levers: PupilLevers) -> Housing:
    change = 1 + _by_year(levers, "dwellings", len(years))
    later = housing.years > base
    factor = np.where(later, change[np.clip(housing.years - base - 1, 0, len(years) - 1)], 1.0)
    return replace(housing, dwellings=housing.dwellings * factor[:, None])


def _cross_paths(inputs: PupilInputs, noise: _Noise, levers: PupilLevers, horizon: int) -> FloatArray:
    """(run, year) share of Year 7 who live elsewhere: the last share, its yearly steps, the lever."""
    share = np.zeros(1) if inputs.cross_border_share is None else inputs.cross_border_share
    step = float(np.std(np.diff(share))) if len(share) > 3 else 0.0
    change = _by_year(levers, "cross_border", horizon)
    return np.asarray(np.clip(share[-1] + change + step * np.cumsum(noise.cross, axis=1), 0.0, 0.95))


def _roll_forward(base: FloatArray, nc_years: IntArray, paths: _Paths, spread: Spread, runs: int) -> FloatArray:
    """(run, year, nc_year) pupils: feed × ratio × movement + dwellings + children, Year 7 over (1 − share).

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


def _chance_factor(expected: FloatArray, normal: FloatArray, spread: Spread) -> FloatArray:
    variance = spread.chance / np.maximum(expected, 0.5) + spread.group**2
    return np.asarray(np.exp(np.sqrt(variance) * normal - 0.5 * variance))


# ---------------------------------------------------------------------------------------------------------
# Methods, the choice among them, the forecast
# ---------------------------------------------------------------------------------------------------------

METHODS = ("cohort_survival", "cohort_survival_damped", "ets", "constant_growth")


@dataclass(frozen=True)
class ConstantGrowth:
    """The published method's growth: a yearly rate, simple or compound.

    Attributes:
        rate: fraction a year.
        kind: simple (base × (1 + rate × years)) or compound (base × (1 + rate)^years).
    """

    rate: float
    kind: Literal["simple", "compound"] = "simple"


@dataclass(frozen=True)
class PupilFit:
    """A method fitted to one authority; fit once, then project under any levers.

    Attributes:
        inputs: the tables it was fitted to.
        method: the method in use, never `auto`.
        ratios: the ratios, None for `ets` and `constant_growth`.
        growth: the growth, for `constant_growth` only.
        scores: mean absolute error of phase totals in the rolling backtest of `auto`, by method; else empty.
        notes: what the reader should know: choices made, ratios set aside.
    """

    inputs: PupilInputs
    method: str
    ratios: Ratios | None
    growth: ConstantGrowth | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


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
    years: IntArray
    nc_years: IntArray
    base: FloatArray
    pupils: FloatArray
    housing_pupils: FloatArray
    housing_ehc_plans: FloatArray
    ratios: FloatArray
    has_draws: bool
    notes: tuple[str, ...]

    def total(self, first: int, last: int) -> FloatArray:
        """Return (run, year) pupils of the NC years from `first` to `last`: summed in each run."""
        chosen = (self.nc_years >= first) & (self.nc_years <= last)
        return np.asarray(self.pupils[:, :, chosen].sum(axis=2))

    def interval(self, values: FloatArray, coverage: float) -> tuple[FloatArray, FloatArray]:
        """Return the low and high ends that hold `coverage` of the draws of (run, …) values."""
        drawn = values[1:] if self.has_draws and len(values) > 1 else values
        low, high = np.quantile(drawn, [0.5 - coverage / 2, 0.5 + coverage / 2], axis=0)
        return low, high


def fit_pupils(
    inputs: PupilInputs,
    method: str = "auto",
    settings: RatioSettings | None = None,
    growth: ConstantGrowth | None = None,
    candidates: tuple[str, ...] | None = None,
) -> PupilFit:
    """Fit a method, or let the authority's own history choose one.

    Args:
        inputs: the tables of one authority.
        method: one of `METHODS`, or `auto`.
        settings: what the ratios take as given; `damped` is set by the method.
        growth: the rate of `constant_growth`, needed by it alone.
        candidates: what `auto` chooses from; by default both cohort methods, and constant growth where a
            rate is given. `ets` is slow and is tried only if named.

    Returns:
        The fit.

    Raises:
        MethodUnavailable: the method is not known, or its tables or rate are missing.
    """
    if method == "auto":
        return _fit_best(inputs, settings, growth, candidates)
    if method not in METHODS:
        raise MethodUnavailable(f'method "{method}" is not one of auto, {", ".join(METHODS)}.')
    if method == "constant_growth":
        if growth is None:
            raise MethodUnavailable("constant_growth needs a yearly rate; give one.")
        return PupilFit(inputs, method, None, growth, notes=("constant_growth has no range: draws repeat it",))
    _require_last_roll(inputs)
    if method == "ets":
        if len(inputs.years) < 6 or np.isnan(inputs.pupils).any():
            raise MethodUnavailable("ets needs at least six census years without gaps; use cohort_survival.")
        return PupilFit(inputs, method, None)
    ratios = estimate_ratios(inputs, replace(settings or RatioSettings(), damped=method != "cohort_survival"))
    return PupilFit(inputs, method, ratios, notes=_notes(ratios))


def _require_last_roll(inputs: PupilInputs) -> None:
    gaps = inputs.nc_years[np.isnan(inputs.pupils[-1])].tolist()
    if gaps:
        raise refusal(
            "pupils",
            column="pupils",
            found=f"no pupils of NC years {gaps} in {inputs.years[-1]}",
            allowed="a count for every NC year in the last census year",
            todo="add them, or leave out that census year",
        )


def _notes(ratios: Ratios) -> tuple[str, ...]:
    return tuple(
        f"the ratio into NC year {ratios.nc_years[group]} in January {ratios.years[year]} is unlike the rest"
        " and was set aside: look for a miscoded year group or a school that opened or closed"
        for year, group in np.argwhere(ratios.set_aside)
    )


def plain_fit(inputs: PupilInputs, window: int = 3, settings: RatioSettings | None = None) -> PupilFit:
    """Return cohort survival by the plain mean of the last ratios, the usual hand method, without a range.

    Args:
        inputs: the tables of one authority.
        window: years in the mean.
        settings: how dwellings fill; the rest is not used.

    Returns:
        The fit; see `plain_ratios`.
    """
    return PupilFit(inputs, f"mean_of_{window}_years", plain_ratios(inputs, window, settings))


BACKTEST_ORIGINS, BACKTEST_LEAST_YEARS, BACKTEST_HORIZONS = 4, 6, (1, 3)
DEFAULT_METHOD, CLEARLY_BETTER = "cohort_survival_damped", 0.9


def _fit_best(
    inputs: PupilInputs,
    settings: RatioSettings | None,
    growth: ConstantGrowth | None,
    candidates: tuple[str, ...] | None,
) -> PupilFit:
    names = candidates or (
        "cohort_survival",
        "cohort_survival_damped",
        *(("constant_growth",) if growth else ()),
    )
    scores = {name: _own_error(inputs, name, settings, growth) for name in names}
    tested = {name: score for name, score in scores.items() if not np.isnan(score)}
    best = min(tested, key=lambda name: tested[name]) if tested else "cohort_survival"
    default = tested.get(DEFAULT_METHOD, np.inf)
    if np.isfinite(default) and tested[best] > CLEARLY_BETTER * default:
        best = DEFAULT_METHOD
    why = "lowest error in its own past" if tested else "too few years to test methods on"
    fit = fit_pupils(inputs, best, settings, growth)
    return replace(fit, scores=scores, notes=(f"auto chose {best}: {why}", *fit.notes))


def inputs_to(inputs: PupilInputs, origin: int) -> PupilInputs:
    """Return the inputs as they stood after the January census of `origin`: nothing later is left in.

    Births after the academic year that ended before the census, dwellings and residents after it become
    what could be said then: the mean of the last three births, the mean of the last five years' dwellings,
    no residents.

    Args:
        inputs: the tables of one authority.
        origin: January census year within the history.

    Returns:
        The inputs cut at the origin.
    """
    rows = inputs.years <= origin
    actual = inputs.births[inputs.birth_years <= origin - 1]
    flat = np.full(max(len(inputs.births) - len(actual), 0), actual[-3:].mean())
    residents = inputs.residents
    if residents is not None:
        seen = (residents.years <= origin) & ~residents.projected
        residents = (
            None
            if not seen.any()
            else Residents(residents.years[seen], residents.ages, residents.people[seen], residents.projected[seen])
        )
    cross = None if inputs.cross_border_share is None else inputs.cross_border_share[rows]
    return PupilInputs(
        inputs.years[rows],
        inputs.nc_years,
        inputs.pupils[rows],
        inputs.birth_years,
        np.concatenate([actual, flat]),
        origin - 1,
        None,
        None,
        residents,
        _housing_to(inputs.housing, origin),
        cross,
    )


def _housing_to(housing: Housing | None, origin: int) -> Housing | None:
    seen = np.zeros(0, dtype=bool) if housing is None else housing.years <= origin
    if housing is None or not seen.any():
        return None
    usual = housing.dwellings[seen][-5:].mean(axis=0)
    return replace(housing, dwellings=np.where(seen[:, None], housing.dwellings, usual))


def _own_error(
    inputs: PupilInputs, method: str, settings: RatioSettings | None, growth: ConstantGrowth | None
) -> float:
    """Mean absolute error of the phase totals over the last origins, 1 and 3 years ahead; NaN if none."""
    last = int(inputs.years[-1])
    first = max(last - BACKTEST_ORIGINS, int(inputs.years[0]) + BACKTEST_LEAST_YEARS - 1)
    errors: list[float] = []
    complete = np.asarray(~np.isnan(inputs.pupils).any(axis=1))
    for origin in [year for year in range(first, last) if complete[year - inputs.years[0]]]:
        fit = fit_pupils(inputs_to(inputs, origin), method, settings, growth)
        ahead = [step for step in BACKTEST_HORIZONS if origin + step <= last]
        forecast = project_pupils(fit, max(ahead), draws=0)
        for step in ahead:
            truth = inputs.pupils[origin + step - inputs.years[0]]
            for phase in (PRIMARY, SECONDARY):
                chosen = (inputs.nc_years >= phase[0]) & (inputs.nc_years <= phase[1])
                if chosen.any():
                    errors.append(abs(float(forecast.total(*phase)[0, step - 1] / truth[chosen].sum() - 1)))
    return float(np.nanmean(errors)) if errors else float("nan")


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
        if _changes_anything(levers):
            raise MethodUnavailable(f"levers act on cohort survival; {fit.method} has none.")
        return _project_totals(fit, horizon, draws, seed)
    years, base = _years_ahead(fit, horizon), fit.inputs.pupils[-1]
    noise = _draw(draws, horizon, fit.ratios, seed)
    paths, plans = _paths(fit.inputs, fit.ratios, years, levers, noise)
    pupils = _roll_forward(base, fit.inputs.nc_years, paths, fit.ratios.spread, draws + 1)
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


def _years_ahead(fit: PupilFit, horizon: int) -> IntArray:
    return np.asarray(fit.inputs.years[-1] + 1 + np.arange(horizon))


def _paths(
    inputs: PupilInputs, ratios: Ratios, years: IntArray, levers: PupilLevers, noise: _Noise
) -> tuple[_Paths, FloatArray]:
    horizon = len(years)
    theta = _unknowns(ratios, noise)
    births = _with_residents(inputs, ratios, _births_paths(inputs, years, levers, noise), years, levers)
    _require_births(births, years, inputs.nc_years)
    arrivals, plans = _housing_paths(inputs, ratios, theta, years, levers)
    return _Paths(
        births,
        _ratio_paths(ratios, theta, noise, levers, horizon),
        _movement_paths(ratios, theta, noise, levers, horizon),
        _by_year(levers, "migration_children", horizon),
        arrivals,
        _cross_paths(inputs, noise, levers, horizon),
        noise.chance,
    ), plans


def _project_totals(fit: PupilFit, horizon: int, draws: int, seed: int) -> PupilForecast:
    """Constant growth and exponential smoothing: each year group by itself."""
    years, base = _years_ahead(fit, horizon), fit.inputs.pupils[-1]
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


def _grown(base: FloatArray, horizon: int, growth: ConstantGrowth) -> FloatArray:
    steps = np.arange(1, horizon + 1)
    factor = 1 + growth.rate * steps if growth.kind == "simple" else (1 + growth.rate) ** steps
    return np.asarray(base * factor[:, None])


def _smoothed(inputs: PupilInputs, horizon: int, draws: int, seed: int) -> FloatArray:
    """(run, year, nc_year) exponential smoothing with damped trend (Hyndman and others 2008, AAdN)."""
    pupils = np.zeros((draws + 1, horizon, len(inputs.nc_years)))
    for column in range(len(inputs.nc_years)):
        pupils[:, :, column] = _smooth_one(inputs.pupils[:, column], horizon, draws, seed + column)
    return np.maximum(pupils, 0.0)


def _smooth_one(series: FloatArray, horizon: int, draws: int, seed: int) -> FloatArray:
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


# ---------------------------------------------------------------------------------------------------------
# What drives the change, and the account of children
# ---------------------------------------------------------------------------------------------------------

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
    years: IntArray
    effect: FloatArray
    change: FloatArray


def _still_paths(inputs: PupilInputs, ratios: Ratios, paths: _Paths) -> _Paths:
    """Nothing changes: births of the base year, everyone in a phase moves up, no movement, no dwellings."""
    nc_years, horizon = inputs.nc_years, paths.ratio.shape[1]
    behind = births_behind(nc_years, inputs.years[-1:], inputs.birth_years, inputs.births)[0]
    steady = np.where(nc_years <= 0, np.where(np.isnan(behind), paths.births[0, 0], behind), 0.0)
    ratio = np.where(in_phase(nc_years), 1.0, ratios.level)
    share = 0.0 if inputs.cross_border_share is None else float(inputs.cross_border_share[-1])
    shape = (1, horizon, len(nc_years))
    return _Paths(
        np.broadcast_to(steady, shape),
        np.broadcast_to(ratio, shape),
        np.ones(shape),
        np.zeros(horizon),
        np.zeros(shape),
        np.full((1, horizon), share),
        None,
    )


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
    years, inputs = _years_ahead(fit, horizon), fit.inputs
    full, _ = _paths(inputs, fit.ratios, years, levers, _draw(draws, horizon, fit.ratios, seed))
    still = _still_paths(inputs, fit.ratios, full)
    chosen = (inputs.nc_years >= phase[0]) & (inputs.nc_years <= phase[1])

    def total(paths: _Paths) -> FloatArray:
        rolled = _roll_forward(inputs.pupils[-1], inputs.nc_years, paths, fit_spread, draws + 1)
        return np.asarray(rolled[:, :, chosen].sum(axis=2))

    fit_spread, base = fit.ratios.spread, float(inputs.pupils[-1, chosen].sum())
    unchanged, change = total(still), total(full) - base
    alone = [total(paths) - unchanged for paths in _one_at_a_time(inputs.nc_years, still, full)]
    effect = np.stack([unchanged - base, *alone])
    together = change - effect.sum(axis=0)
    return PupilDrivers(DRIVERS, years, np.concatenate([effect, together[None]]), change)


def _one_at_a_time(nc_years: IntArray, still: _Paths, full: _Paths) -> tuple[_Paths, ...]:
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

    entered: FloatArray
    moved_up: FloatArray
    arrived: FloatArray
    left: FloatArray
    finished: FloatArray


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


# ---------------------------------------------------------------------------------------------------------
# Residents and the SCAP-style table
# ---------------------------------------------------------------------------------------------------------


def project_residents(inputs: PupilInputs, horizon: int, levers: PupilLevers = NO_CHANGE) -> Residents:
    """Return residents by single year of age: the given actual years, then the projection under the levers.

    people[y, a] = projection[y, a] × (1 + births change of its cohort, if its births are projected)
    × Π (1 + migration) over the forecast years it has lived here.

    Args:
        inputs: the tables of one authority.
        horizon: years ahead.
        levers: births and migration act; the rest do not.

    Returns:
        Residents; `projected` keeps the two kinds of years apart.

    Raises:
        MethodUnavailable: there are no residents, or the projection stops short.
    """
    residents, base = inputs.residents, int(inputs.years[-1])
    if residents is None or residents.years[-1] < base + horizon:
        raise MethodUnavailable(f"residents by age to {base + horizon} need a projection to that year.")
    chosen = residents.years <= base + horizon
    years = residents.years[chosen]
    born = years[:, None] - 1 - residents.ages
    births = _births_factor(inputs, born, levers, horizon)
    grown = np.concatenate([[1.0], np.cumprod(1 + _by_year(levers, "migration", horizon))])
    step = np.clip(years - base, 0, horizon)[:, None]
    since = np.clip(born - base, 0, step)
    factor = np.where(residents.projected[chosen][:, None], births * grown[step] / grown[since], 1.0)
    return Residents(years, residents.ages, residents.people[chosen] * factor, residents.projected[chosen])


def _births_factor(inputs: PupilInputs, born: IntArray, levers: PupilLevers, horizon: int) -> FloatArray:
    change = _by_year(levers, "births", horizon)[np.clip(born - inputs.years[-1] - 1, 0, horizon - 1)]
    position = np.clip(born - inputs.birth_years[0], 0, len(inputs.births) - 1)
    variant = (_variant(inputs, levers.births_variant) / inputs.births)[position]
    return np.where(born > inputs.births_actual_to, (1 + change) * variant, 1.0)


SCAP_YEARS = {"primary": 5, "secondary": 7}


def scap_table(forecast: PupilForecast, phase: Literal["primary", "secondary"]) -> pd.DataFrame:
    """Return mainstream forecasts as in the School Capacity survey: academic years by year group.

    Whole pupils; each row is rounded by largest remainders, so that it sums to its total.

    Args:
        forecast: a forecast at least as long as the survey asks: 5 years for primary, 7 for secondary.
        phase: primary (Reception to Year 6) or secondary (Year 7 to 11).

    Returns:
        One row per academic year: academic_year, one column per year group, total.

    Raises:
        MethodUnavailable: the forecast is too short, or lacks a year group.
    """
    first, last = PRIMARY if phase == "primary" else SECONDARY
    wanted, needed = np.arange(first, last + 1), SCAP_YEARS[phase]
    if len(forecast.years) < needed or not np.isin(wanted, forecast.nc_years).all():
        raise MethodUnavailable(f"the {phase} table needs {needed} years and NC years {first} to {last}.")
    central = forecast.pupils[0, :needed][:, np.isin(forecast.nc_years, wanted)]
    whole = _round_rows(central)
    table = pd.DataFrame(whole, columns=["Reception" if g == 0 else str(g) for g in wanted])
    table.insert(0, "academic_year", [year_to_academic_year(int(year)) for year in forecast.years[:needed]])
    table["total"] = whole.sum(axis=1)
    return table


def _round_rows(values: FloatArray) -> IntArray:
    """Round each row to whole numbers whose sum is the rounded sum, largest remainders first."""
    floor = np.floor(values)
    short = np.rint(values.sum(axis=1)) - floor.sum(axis=1)
    rank = np.argsort(np.argsort(-(values - floor), axis=1, kind="stable"), axis=1)
    return np.asarray((floor + (rank < short[:, None])).astype(np.int64))
