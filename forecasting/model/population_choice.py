"""Which method for pupils: the one asked for, or the one that did best in the authority's own past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecasting.model.population import project_pupils
from forecasting.model.population_fit import ConstantGrowth, PupilFit, fit_method
from forecasting.model.population_inputs import PRIMARY, SECONDARY, Housing, PupilInputs, Residents
from forecasting.model.population_ratios import RatioSettings
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.levers_pupils import CHOOSER

BACKTEST_ORIGINS, BACKTEST_LEAST_YEARS, BACKTEST_HORIZONS = 4, 6, (1, 3)
DEFAULT_METHOD, CLEARLY_BETTER = "cohort_survival_damped", 0.9


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
    return fit_method(inputs, method, settings, growth)


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
    fit = fit_method(inputs, best, settings, growth)
    return replace(fit, scores=scores, notes=(_chosen(best, tested), *fit.notes))


def _chosen(best: str, tested: dict[str, float]) -> str:
    """Return the method chosen and why, in the words of its lever."""
    why = "too few years to test methods on"
    if tested:
        lowest = tested[best] <= min(tested.values())
        why = (
            "the lowest error in the authority's own past" if lowest else "no other was clearly better in its own past"
        )
    words = dict(BY_NAME[CHOOSER].choices)[best].split(":")[0]
    return f"forecast by {words}, chosen automatically ({why})"


def _own_error(
    inputs: PupilInputs, method: str, settings: RatioSettings | None, growth: ConstantGrowth | None
) -> float:
    """Mean absolute error of the phase totals over the last origins, 1 and 3 years ahead; NaN if none."""
    last = int(inputs.years[-1])
    first = max(last - BACKTEST_ORIGINS, int(inputs.years[0]) + BACKTEST_LEAST_YEARS - 1)
    errors: list[float] = []
    complete = np.asarray(~np.isnan(inputs.pupils).any(axis=1))
    for origin in [year for year in range(first, last) if complete[year - inputs.years[0]]]:
        fit = fit_method(inputs_to(inputs, origin), method, settings, growth)
        ahead = [step for step in BACKTEST_HORIZONS if origin + step <= last]
        forecast = project_pupils(fit, max(ahead), draws=0)
        for step in ahead:
            truth = inputs.pupils[origin + step - inputs.years[0]]
            for phase in (PRIMARY, SECONDARY):
                chosen = (inputs.nc_years >= phase[0]) & (inputs.nc_years <= phase[1])
                if chosen.any():
                    errors.append(abs(float(forecast.total(*phase)[0, step - 1] / truth[chosen].sum() - 1)))
    return float(np.nanmean(errors)) if errors else float("nan")


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
