"""Births and residents under the levers, and the two weighed against each other for Reception."""

from __future__ import annotations

import numpy as np

from forecasting.errors import MethodUnavailable, ScenarioError
from forecasting.model.population_draws import Noise
from forecasting.model.population_inputs import PupilInputs, Residents
from forecasting.model.population_levers import NO_CHANGE, PupilLevers, Variant, by_year
from forecasting.model.population_observed import births_behind
from forecasting.model.population_ratios import Ratios
from forecasting.values import Floats, Whole


def entry_births(inputs: PupilInputs, ratios: Ratios, years: Whole, levers: PupilLevers, noise: Noise) -> Floats:
    """Return (run, year, nc_year) births behind the entry groups, Reception's weighed with residents aged 4.

    Raises:
        MethodUnavailable: births, and residents aged 4 in their place, do not reach far enough.
        ScenarioError: a lever is outside what it allows.
    """
    births = _with_residents(inputs, ratios, _births_paths(inputs, years, levers, noise), years, levers)
    _require_births(births, years, inputs.nc_years)
    return births


def _births_paths(inputs: PupilInputs, years: Whole, levers: PupilLevers, noise: Noise) -> Floats:
    """(run, year, nc_year) births behind the entry groups, drawn where they are projected."""
    base, horizon = int(inputs.years[-1]), len(years)
    last = min(int(inputs.birth_years[-1]), base + horizon)
    kept = inputs.birth_years <= last
    ahead = np.maximum(inputs.birth_years[kept] - inputs.births_actual_to, 0)
    change = by_year(levers, "births", horizon)[np.clip(inputs.birth_years[kept] - base - 1, 0, horizon - 1)]
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


def _variant(inputs: PupilInputs, variant: Variant) -> Floats:
    given = {"principal": inputs.births, "high": inputs.births_high, "low": inputs.births_low}
    if variant not in given:
        raise ScenarioError(f'births variant "{variant}" is not known; allowed: {", ".join(given)}.')
    births = given[variant]
    if births is None:
        raise MethodUnavailable(f'births variant "{variant}" needs a projection of births with that variant.')
    return births


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


def _with_residents(inputs: PupilInputs, ratios: Ratios, births: Floats, years: Whole, levers: PupilLevers) -> Floats:
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


def _residents_aged(residents: Residents, years: Whole, age: int, projected: bool) -> Floats:
    """(year,) residents of one age, NaN where not known; years of a projection only if asked for."""
    column, wanted = age - residents.ages[0], years - residents.years[0]
    known = (wanted >= 0) & (wanted < len(residents.years)) & (0 <= column < len(residents.ages))
    rows = np.clip(wanted, 0, len(residents.years) - 1)
    known = known & (~residents.projected[rows] | projected)
    return np.where(known, residents.people[rows, min(max(column, 0), len(residents.ages) - 1)], np.nan)


def _recent(ratio: Floats) -> tuple[float, float]:
    """Return the mean of a ratio weighted to recent years (0.7 a year), and the variance of its changes."""
    seen = ratio[~np.isnan(ratio)]
    weight = 0.7 ** np.arange(len(seen))[::-1]
    change = np.diff(seen)
    return float(weight @ seen / weight.sum()), float(change @ change / max(len(change), 1)) / float(np.mean(seen)) ** 2


def _require_births(births: Floats, years: Whole, nc_years: Whole) -> None:
    gaps = np.argwhere(np.isnan(births[0]))
    if len(gaps):
        born = sorted({int(years[row] - 5 - nc_years[column]) for row, column in gaps})
        raise MethodUnavailable(
            f"no births for the academic years {born}; add projected births (or residents"
            f" aged 4) for them, or forecast fewer years than to {years[-1]}."
        )


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
    grown = np.concatenate([[1.0], np.cumprod(1 + by_year(levers, "migration", horizon))])
    step = np.clip(years - base, 0, horizon)[:, None]
    since = np.clip(born - base, 0, step)
    factor = np.where(residents.projected[chosen][:, None], births * grown[step] / grown[since], 1.0)
    return Residents(years, residents.ages, residents.people[chosen] * factor, residents.projected[chosen])


def _births_factor(inputs: PupilInputs, born: Whole, levers: PupilLevers, horizon: int) -> Floats:
    change = by_year(levers, "births", horizon)[np.clip(born - inputs.years[-1] - 1, 0, horizon - 1)]
    position = np.clip(born - inputs.birth_years[0], 0, len(inputs.births) - 1)
    variant = (_variant(inputs, levers.births_variant) / inputs.births)[position]
    return np.where(born > inputs.births_actual_to, (1 + change) * variant, 1.0)
