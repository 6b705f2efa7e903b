"""Ratios as counted: the children behind each count, pupils from new dwellings, the usual hand method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecasting.model.population_inputs import Housing, PupilInputs, refusal
from forecasting.model.population_ratios import Ratios, RatioSettings, Spread, in_phase
from forecasting.values import Floats, Whole


def housing_profile(decay: float, years: int) -> Floats:
    """Return the share of a dwelling's pupils who arrive in each year after completion.

    Args:
        decay: arrivals of a year as a fraction of those of the year before.
        years: years until the estate has filled.

    Returns:
        (years_since_completion,) fractions that sum to 1: p_s = decay^s / Σ decay^s.
    """
    profile: Floats = decay ** np.arange(years, dtype=float)
    return np.asarray(profile / profile.sum())


def arrivals_per_type(housing: Housing, years: Whole, profile: Floats) -> Floats:
    """Return the pupils who arrive from the dwellings of each type at the stated yields.

    H[y, k, g] = yield[k, g] · Σ_s profile[s] · dwellings[y − s, k]. Dwellings before the first year given
    have brought their pupils already and count as none.

    Args:
        housing: dwellings and yields.
        years: (year,) January census years wanted.
        profile: (years_since_completion,) share arriving in each year.

    Returns:
        (year, dwelling_type, nc_year) pupils.

    Raises:
        DatasetError: a year wanted is after the last year of the table.
    """
    if years[-1] > housing.years[-1]:
        raise refusal(
            "housing",
            column="year",
            found=f"the last year is {housing.years[-1]}",
            allowed=f"years to {years[-1]}",
            todo="add the dwellings planned, 0 where there are none",
        )
    lagged = years[:, None] - np.arange(len(profile)) - housing.years[0]
    built = np.where((lagged >= 0)[..., None], housing.dwellings[np.maximum(lagged, 0)], 0.0)
    filled = np.einsum("s,ysk->yk", profile, built)
    return np.asarray(filled[:, :, None] * housing.pupils_per_dwelling)


def stated_arrivals(inputs: PupilInputs, settings: RatioSettings) -> Floats:
    """Return (year, dwelling_type, nc_year) pupils from new dwellings at the stated yields; no type without housing."""
    if inputs.housing is None:
        return np.zeros((len(inputs.years), 0, len(inputs.nc_years)))
    profile = housing_profile(settings.housing_decay, settings.housing_years)
    return arrivals_per_type(inputs.housing, inputs.years, profile)


def births_behind(nc_years: Whole, years: Whole, birth_years: Whole, births: Floats) -> Floats:
    """Return the births behind the entry groups: NC year g at January y was born in academic year y − 5 − g.

    Args:
        nc_years: (nc_year,) NC years.
        years: (year,) January census years.
        birth_years: (birth_year,) academic years of birth.
        births: (birth_year,) births.

    Returns:
        (year, nc_year) births; NaN for year groups above Reception and where births are not known.
    """
    wanted = years[:, None] - 5 - nc_years - birth_years[0]
    known = (wanted >= 0) & (wanted < len(births)) & (nc_years <= 0)
    return np.where(known, births[np.clip(wanted, 0, len(births) - 1)], np.nan)


def children_behind(inputs: PupilInputs) -> Floats:
    """Return (year, nc_year) the children each count is a ratio of: births of entry groups, else the group below."""
    feed = births_behind(inputs.nc_years, inputs.years, inputs.birth_years, inputs.births)
    above = inputs.nc_years >= 1
    feed[1:, above] = inputs.pupils[:-1, np.roll(above, -1) & (inputs.nc_years < inputs.nc_years[-1])]
    feed[feed <= 0] = np.nan
    return feed


def living_here(inputs: PupilInputs) -> Floats:
    """Return (year, nc_year) share of each year group counted as living here; under 1 only in Year 7."""
    share = np.ones(inputs.pupils.shape)
    if inputs.cross_border_share is not None:
        share[:, inputs.nc_years == 7] = 1 - inputs.cross_border_share[:, None]
    return share


def reference_ratios(nc_years: Whole, counted: Floats, feed: Floats) -> Floats:
    """Return (nc_year,) the ratio that levels are relative to: 1 within a phase, else Σ counted / Σ feed.

    Args:
        nc_years: (nc_year,) NC years.
        counted: (year, nc_year) pupils living here, without those from new dwellings; NaN where not known.
        feed: (year, nc_year) the children behind them.

    Raises:
        DatasetError: no ratio can be formed for a year group.
    """
    both = ~np.isnan(counted) & ~np.isnan(feed)
    if not both.any(axis=0).all():
        missing = nc_years[~both.any(axis=0)].tolist()
        raise refusal(
            "pupils",
            column="nc_year",
            found=f"no ratio can be formed for {missing}",
            allowed="two census years running, and births for Reception and below",
            todo="add the missing years, or leave these year groups out",
        )
    pooled = np.where(both, counted, 0).sum(axis=0) / np.where(both, feed, 0).sum(axis=0)
    return np.where(in_phase(nc_years), 1.0, np.maximum(pooled, 1e-9))


def plain_ratios(inputs: PupilInputs, window: int = 3, settings: RatioSettings | None = None) -> Ratios:
    """Return the plain mean of the last ratios, nothing shrunk, nothing uncertain: the usual hand method.

    level[g] = Σ counted / Σ feed over the last `window` years, new dwellings taken out at the stated yields.

    Args:
        inputs: the tables of one authority.
        window: years in the mean.
        settings: how dwellings fill; the rest is not used.

    Returns:
        Ratios without trend, shared movement or spread.
    """
    settings = replace(settings or RatioSettings(), damped=False)
    feed = children_behind(inputs)
    counted = inputs.pupils * living_here(inputs) - stated_arrivals(inputs, settings).sum(axis=1)
    pooled = np.where(in_phase(inputs.nc_years), -1, inputs.nc_years)  # no year group is held at 1
    level = reference_ratios(pooled, counted[-window:], feed[-window:])
    groups = len(inputs.nc_years)
    types = 0 if inputs.housing is None else len(inputs.housing.dwelling_types)
    unknowns = 2 * groups + 1 + types
    still = Spread(*[0.0] * 9)
    return Ratios(
        inputs.years,
        inputs.nc_years,
        level,
        np.zeros(unknowns),
        np.zeros((unknowns, unknowns)),
        np.ones(groups),
        still,
        np.zeros(len(inputs.years)),
        np.zeros(len(inputs.years)),
        np.zeros(inputs.pupils.shape, dtype=bool),
        settings,
        np.zeros((1, 2)),
        np.ones(1),
    )
