"""What can be seen of a synthetic authority at a census, and the forecast of one who knows its truth."""

from __future__ import annotations

import numpy as np

from forecasting.analysis.synthetic_pupils import (
    DWELLING_TYPES,
    MOBILITY,
    NC_YEARS,
    SLOPE_DAMPING,
    STATED_PLANS_PER_DWELLING,
    STATED_YIELDS,
    births_behind,
    expected_roll,
    housing_arrivals,
)
from forecasting.analysis.synthetic_world import SyntheticAuthority
from forecasting.model.population_inputs import Housing, PupilInputs, Residents
from forecasting.values import Floats


def inputs_at(authority: SyntheticAuthority, origin: int, ahead: int = 20) -> PupilInputs:
    """Return what the authority's officers could see just after the January census of `origin`.

    Args:
        authority: the authority.
        origin: January census year; nothing later is used except dwellings planned.
        ahead: years for which dwellings and births are projected.

    Returns:
        The inputs: births are actual to the academic year that ended before the census, then flat.
    """
    seen = authority.years <= origin
    known = authority.birth_years <= origin - 1
    past = authority.births[known]
    flat = np.full(ahead, past[-3:].mean())
    spread = 0.01 * np.arange(1, ahead + 1)
    variants = [np.concatenate([past, flat * (1 + sign * spread)]) for sign in (0, 1, -1)]
    birth_years = np.arange(authority.birth_years[0], origin + ahead)
    return PupilInputs(
        authority.years[seen],
        NC_YEARS,
        authority.observed[seen],
        birth_years,
        variants[0],
        origin - 1,
        variants[1],
        variants[2],
        _residents_at(authority, origin),
        _housing_at(authority, origin, ahead),
        authority.truth.cross_border[seen],
    )


def _residents_at(authority: SyntheticAuthority, origin: int) -> Residents:
    seen = authority.years <= origin
    return Residents(authority.years[seen], np.arange(5), authority.residents[seen], np.zeros(seen.sum(), dtype=bool))


def _housing_at(authority: SyntheticAuthority, origin: int, ahead: int) -> Housing:
    dwellings = planned_dwellings(authority, origin, ahead)
    years = np.arange(authority.years[0], origin + ahead + 1)
    return Housing(
        years,
        DWELLING_TYPES,
        dwellings,
        STATED_YIELDS,
        STATED_PLANS_PER_DWELLING,
        max(authority.world.yield_cv, 1e-6),
    )


def planned_dwellings(authority: SyntheticAuthority, origin: int, ahead: int) -> Floats:
    """Return dwellings completed up to the origin and planned after it.

    Args:
        authority: the authority.
        origin: January census year.
        ahead: years of plans; after the last plan, the mean of the past.

    Returns:
        (year, dwelling_type) dwellings, from the first year of the authority to origin + ahead.
    """
    seen = authority.years <= origin
    plans = authority.planned[~seen][:ahead]
    rest = np.tile(authority.completed[seen].mean(axis=0), (ahead - len(plans), 1))
    return np.vstack([authority.completed[seen], plans, rest])


def oracle_forecast(authority: SyntheticAuthority, origin: int, ahead: int) -> Floats:
    """Return the forecast of one who knows every true parameter and the true past, not future shocks.

    The ratios go on from their true level at the origin along their true slope; migration fades at its true
    rate; the true yields meet the dwellings planned; births are those of `inputs_at`.

    Args:
        authority: the authority.
        origin: January census year of the last roll known.
        ahead: years to forecast.

    Returns:
        (year, nc_year) expected pupils for origin + 1 … origin + ahead.
    """
    truth, seen = authority.truth, inputs_at(authority, origin, max(ahead, 20))
    now = origin - int(authority.years[0])
    lasting = np.where(np.isin(NC_YEARS, (0, 7)), 1 - truth.closing[: now + 1].sum(axis=0), 1.0)
    dwellings = planned_dwellings(authority, origin, ahead)
    arrivals = housing_arrivals(dwellings, STATED_YIELDS * truth.yield_factor[:, None])[now + 1 :]
    level, before, rolls = np.log(truth.ratios[now]), truth.pupils[now], np.zeros((ahead, len(NC_YEARS)))
    for step in range(ahead):
        level = level + truth.slope[now] * SLOPE_DAMPING ** (step + 1)
        drift = truth.migration[now] * authority.world.migration_ar ** (step + 1)
        ratio = np.exp(level) * (1 + MOBILITY * drift) * lasting
        born = births_behind(origin + step + 1, seen.births, seen.birth_years)
        before = expected_roll(before, born, ratio, truth.cross_border[now], arrivals[step])
        rolls[step] = before
    return rolls
