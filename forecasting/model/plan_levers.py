"""Levers of EHC plans as the arrays that each method takes; at neutral values every array is exactly 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model import age_flow_rates
from forecasting.model.age_flow_levers import AgeLevers
from forecasting.model.age_groups import place_of
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_rates import MoveRates
from forecasting.model.trend import TrendForecast
from forecasting.model.trend_panel import HALF
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import mainstream
from forecasting.values import Floats

AS_OBSERVED = "as_observed"
HALVING_YEARS = 3.0  # damped: England's yearly growth halves over these years
OWN_YEARS = 3  # own: the authority's mean yearly growth over these years goes on


def multiplier(assumptions: Assumptions, lever: str, years: Sequence[int], key: str = "") -> Floats:
    """Return 1 + the change of a lever in each year, axis (year); 1 where it is blank."""
    return 1.0 + np.nan_to_num(assumptions.path(lever, years, key))


def _by_age(assumptions: Assumptions, years: Sequence[int], nc_years: npt.NDArray[np.int64]) -> Floats:
    """New plans by age under the levers on ages, on the step from SEN support and on policy, axes (year, n)."""
    early = multiplier(assumptions, "early_years_identification", years)[:, None]
    step = multiplier(assumptions, "support_to_plan", years)[:, None]
    shock = multiplier(assumptions, "policy_shock", years)[:, None]
    by_phase = [multiplier(assumptions, "new_plan_rate_phase", years, phase) for phase in axes.PHASES.names]
    of_phase = np.stack(by_phase, axis=1)[:, place_of(nc_years, axes.PHASES)]
    return np.where(nc_years < 0, early, np.where(from_support(nc_years), step, 1.0)) * of_phase * shock


def from_support(nc_years: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return whether new plans of an NC year are taken to come from SEN support: ages 5 to 19, axis (n)."""
    first = {code.code: int(code["first_nc_year"]) for code in axes.AGE_BANDS.codes}
    return (nc_years >= first["5_10"]) & (nc_years < first["20_25"])


def _ceasing(assumptions: Assumptions, years: Sequence[int], nc_years: npt.NDArray[np.int64]) -> Floats:
    """Multiplier of the hazard of ceasing by age, axes (year, n)."""
    every = multiplier(assumptions, "cease_rate", years)[:, None]
    kept = 1.0 - np.nan_to_num(assumptions.path("post_16_retention", years))[:, None]
    return every * np.where(nc_years >= age_flow_rates.POST_16, kept, 1.0)


def for_age_flow(assumptions: Assumptions, years: Sequence[int], nc_years: npt.NDArray[np.int64]) -> AgeLevers:
    """Return the levers of the method `age_flow`.

    Args:
        assumptions: levers in force; start years and ramps are put into the arrays here.
        years: January census years forecast.
        nc_years: NC years, axis (n).
    """
    whole = multiplier(assumptions, "new_plan_rate", years)[:, None]
    return AgeLevers(
        requests=multiplier(assumptions, "requests", years),
        assessed=multiplier(assumptions, "assessment_rate", years),
        converted=multiplier(assumptions, "conversion_rate", years),
        arrivals=whole * _by_age(assumptions, years, nc_years),
        cease=_ceasing(assumptions, years, nc_years),
    )


def for_moves(assumptions: Assumptions, years: Sequence[int], rates: MoveRates, dataset: Dataset) -> Levers:
    """Return the levers of the method `moves`; mainstream is what the vocabulary of settings calls so.

    Args:
        assumptions: levers in force; start years and ramps are put into the arrays here.
        years: January census years forecast.
        rates: gives the axes NC year, need and setting.
        dataset: gives the groups of settings.
    """
    by_need = np.stack([multiplier(assumptions, "new_plan_rate", years, need) for need in rates.needs], axis=1)
    by_age = _by_age(assumptions, years, rates.nc_years)
    included = np.array([name in mainstream(dataset) for name in rates.settings])
    shift = multiplier(assumptions, "inclusion_shift", years)[:, None]
    away = multiplier(assumptions, "moves_from_mainstream", years)[:, None]
    return Levers(
        joiners=by_age[:, :, None] * by_need[:, None, :],
        leavers=_ceasing(assumptions, years, rates.nc_years)[:, :, None],
        movers=np.where(included, away, 1.0),
        destinations=np.where(included, shift, 1.0),
    )


def growth_chosen(assumptions: Assumptions) -> bool:
    """Return whether the lever national_trend is away from growth as observed."""
    return any(str(item.value) not in (AS_OBSERVED, "", "None") for item in assumptions.of("national_trend"))


def trend_change(
    assumptions: Assumptions, years: Sequence[int], found: TrendForecast, unit: int, history: pd.Series
) -> Floats:
    """Return what the lever national_trend adds to the log of the forecast, axis (horizon).

    A choice in force in a year replaces the growth of that year (over its ramp, a part of it); the years before keep
    theirs. See `_chosen` for what each choice means.

    Args:
        assumptions: levers in force.
        years: January census years forecast, axis (horizon).
        found: the forecast of one series.
        unit: the authority's place in it.
        history: counts by January up to the origin, at least 1 of them.
    """
    axis = np.asarray(years, dtype=np.int64)
    yearly = np.zeros(len(axis))
    for item in assumptions.of("national_trend"):
        yearly += (np.diff(_chosen(str(item.value), found, unit, history), prepend=0.0) - yearly) * item.weight(axis)
    return np.asarray(np.cumsum(yearly))


def _chosen(choice: str, found: TrendForecast, unit: int, history: pd.Series) -> Floats:
    """Return what one choice adds to the log of the forecast when it holds in every year, axis (horizon).

    With England's yearly growth g₁, g₂, … (logs): as_observed adds nothing; damped replaces gₖ by gₖ·2^(−k/3);
    none by 0; own replaces the whole path by k times the mean yearly log growth since the first known count of the
    last three years; with one count alone there is no growth of its own to go by, and own adds nothing.
    """
    national = found.national
    steps = np.arange(1.0, len(national) + 1)
    if choice == "none":
        return -national
    if choice == "damped":
        yearly = np.diff(national, prepend=0.0)
        return np.asarray(np.cumsum(yearly * 0.5 ** (steps / HALVING_YEARS)) - national)
    if choice == "own" and len(history) > 1:
        known = history.sort_index()
        last, now = int(known.index[-1]), max(float(known.iloc[-1]), HALF)
        recent = known[known.index >= last - OWN_YEARS]
        growth = np.log(now / max(float(recent.iloc[0]), HALF)) / max(last - int(recent.index[0]), 1)
        return np.asarray(growth * steps - np.log(np.maximum(found.mean[unit], HALF) / now))
    return np.zeros_like(national)


def with_shock(shock: Floats, new_per_plan: float, stock: Floats) -> Floats:
    """Return plans under a policy shock where only totals are known, axes (run, year), the actual start first.

    A shock of x(t) adds x(t)·ν·S(t−1) first plans to those of the year, ν = new plans per plan maintained a year
    earlier; the plans it added before last as long as others do: S(t)/S(t−1) − ν of them remain (0 to 1).

        E(t) = E(t−1)·(S(t)/S(t−1) − ν) + x(t)·ν·S(t−1),  plans = S + E, never below 0

    Args:
        shock: x by year after the start, axis (year − 1); 0 = none.
        new_per_plan: ν, new plans a year per plan maintained at its beginning.
        stock: S, plans without the shock, axes (run, year).
    """
    if not shock.any():
        return stock
    before = np.maximum(stock[:, :-1], HALF)
    kept = np.clip(stock[:, 1:] / before - new_per_plan, 0.0, 1.0)
    added, extra = shock * new_per_plan * before, np.zeros_like(stock)
    for t in range(len(shock)):
        extra[:, t + 1] = extra[:, t] * kept[:, t] + added[:, t]
    return np.maximum(stock + extra, 0.0)
