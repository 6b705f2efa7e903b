"""Residents by age and pupils on roll by NC year, from the tables of one authority.

Everything is an array with named axes. `year` is a January census year, `birth_year` an academic year of
birth named by the year it ends, `nc_year` the age on 31 August less 4 (Reception is 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.errors import DatasetError, Fault, MethodUnavailable, ScenarioError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Residents:
    """Residents by single year of age, actual and projected years kept apart.

    Attributes:
        years: (year,) January census years.
        ages: (age,) age on the 31 August before; age 4 is the Reception year.
        people: (year, age) children, NaN where not known.
        projected: (year,) True for years of a projection, False for actual estimates.
    """

    years: IntArray
    ages: IntArray
    people: FloatArray
    projected: NDArray[np.bool_]


@dataclass(frozen=True)
class Housing:
    """Dwellings completed and planned, and what each brings.

    Attributes:
        years: (year,) January census years; a dwelling counts at the first January after completion.
        dwelling_types: (dwelling_type,) names.
        dwellings: (year, dwelling_type) dwellings completed or planned in the year to January.
        pupils_per_dwelling: (dwelling_type, nc_year) pupils per dwelling once the estate has filled.
        ehc_plans_per_dwelling: (dwelling_type,) EHC plans per dwelling once the estate has filled.
        yield_cv: how well the yields are known: standard deviation as a fraction of the yield.
    """

    years: IntArray
    dwelling_types: tuple[str, ...]
    dwellings: FloatArray
    pupils_per_dwelling: FloatArray
    ehc_plans_per_dwelling: FloatArray
    yield_cv: float = 0.2


@dataclass(frozen=True)
class PupilInputs:
    """What a forecast of pupils starts from; nothing in it is later than the last census year but plans.

    Attributes:
        years: (year,) consecutive January census years.
        nc_years: (nc_year,) consecutive NC years, the first at most 0.
        pupils: (year, nc_year) pupils on roll, NaN where not known.
        birth_years: (birth_year,) consecutive academic years of birth.
        births: (birth_year,) births, actual up to `births_actual_to`, projected after it.
        births_actual_to: last academic year of birth that is an actual count.
        births_high: (birth_year,) the high variant of the projection, or None.
        births_low: (birth_year,) the low variant of the projection, or None.
        residents: residents by age, or None.
        housing: dwellings and yields, or None.
        cross_border_share: (year,) share of the Year 7 on roll who live elsewhere, or None.
    """

    years: IntArray
    nc_years: IntArray
    pupils: FloatArray
    birth_years: IntArray
    births: FloatArray
    births_actual_to: int
    births_high: FloatArray | None = None
    births_low: FloatArray | None = None
    residents: Residents | None = None
    housing: Housing | None = None
    cross_border_share: FloatArray | None = None

    def __post_init__(self) -> None:
        """Check that every axis is consecutive and every array has the shape of its axes."""
        faults = [*_axis_faults(self), *_shape_faults(self)]
        if faults:
            raise DatasetError(tuple(faults))


def _axis_faults(inputs: PupilInputs) -> list[Fault]:
    axes = {"pupils.year": inputs.years, "pupils.nc_year": inputs.nc_years, "births.year": inputs.birth_years}
    if inputs.residents is not None:
        axes["population.year"] = inputs.residents.years
        axes["population.age"] = inputs.residents.ages
    if inputs.housing is not None:
        axes["housing.year"] = inputs.housing.years
    faults = [
        Fault(
            name.split(".")[0],
            column=name.split(".")[1],
            found=f"values {axis.tolist()} are not consecutive",
            allowed="every value from the first to the last",
            todo="add the missing rows",
        )
        for name, axis in axes.items()
        if len(axis) == 0 or not np.array_equal(axis, np.arange(axis[0], axis[0] + len(axis)))
    ]
    if len(inputs.nc_years) and inputs.nc_years[0] > 0:
        faults.append(
            Fault(
                "pupils",
                column="nc_year",
                found=f"the first NC year is {inputs.nc_years[0]}",
                allowed="0 (Reception) or less",
                todo="add the pupils of Reception",
            )
        )
    return faults


def _shape_faults(inputs: PupilInputs) -> list[Fault]:
    year, group, birth = len(inputs.years), len(inputs.nc_years), len(inputs.birth_years)
    wanted: list[tuple[str, FloatArray | None, tuple[int, ...]]] = [
        ("pupils", inputs.pupils, (year, group)),
        ("births", inputs.births, (birth,)),
        ("births_high", inputs.births_high, (birth,)),
        ("births_low", inputs.births_low, (birth,)),
        ("cross_border_share", inputs.cross_border_share, (year,)),
    ]
    if inputs.residents is not None:
        ages = (len(inputs.residents.years), len(inputs.residents.ages))
        wanted.append(("population", inputs.residents.people, ages))
    if inputs.housing is not None:
        types = len(inputs.housing.dwelling_types)
        wanted.append(("housing", inputs.housing.dwellings, (len(inputs.housing.years), types)))
        wanted.append(("pupil_yields", inputs.housing.pupils_per_dwelling, (types, group)))
    return [
        Fault(
            name,
            found=f"an array of shape {array.shape}",
            allowed=f"shape {shape}",
            todo="give one value per label of each axis",
        )
        for name, array, shape in wanted
        if array is not None and array.shape != shape
    ]


# ---------------------------------------------------------------------------------------------------------
# Ratios: what is observed
# ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RatioSettings:
    """What the estimate of the ratios takes as given; every number has its reason in the method document.

    Attributes:
        damped: let ratios have a damped trend and migration fade, instead of holding both still.
        mobility: (nc_year,) how strongly the shared movement acts on each year group, or None for 1 in
            primary and a value found from the data in secondary.
        housing_decay: arrivals in each year after completion as a fraction of those of the year before.
        housing_years: years from completion until an estate has filled.
        trend_damping: fraction of a trend left after a year.
        outlier: ratios further than this many standard deviations from the rest are set aside and reported.
    """

    damped: bool = True
    mobility: tuple[float, ...] | None = None
    housing_decay: float = 0.5
    housing_years: int = 5
    trend_damping: float = 0.85
    outlier: float = 3.5


def housing_profile(decay: float, years: int) -> FloatArray:
    """Return the share of a dwelling's pupils who arrive in each year after completion.

    Args:
        decay: arrivals of a year as a fraction of those of the year before.
        years: years until the estate has filled.

    Returns:
        (years_since_completion,) fractions that sum to 1: p_s = decay^s / Σ decay^s.
    """
    profile: FloatArray = decay ** np.arange(years, dtype=float)
    return np.asarray(profile / profile.sum())


def arrivals_per_type(housing: Housing, years: IntArray, profile: FloatArray) -> FloatArray:
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
        raise DatasetError(
            (
                Fault(
                    "housing",
                    column="year",
                    found=f"the last year is {housing.years[-1]}",
                    allowed=f"years to {years[-1]}",
                    todo="add the dwellings planned, 0 where there are none",
                ),
            )
        )
    lagged = years[:, None] - np.arange(len(profile)) - housing.years[0]
    built = np.where((lagged >= 0)[..., None], housing.dwellings[np.maximum(lagged, 0)], 0.0)
    filled = np.einsum("s,ysk->yk", profile, built)
    return np.asarray(filled[:, :, None] * housing.pupils_per_dwelling)


def births_behind(
    nc_years: IntArray, years: IntArray, birth_years: IntArray, births: FloatArray
) -> FloatArray:
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


def _feed(inputs: PupilInputs) -> FloatArray:
    """(year, nc_year) the children each count is a ratio of: births of entry groups, else the group below."""
    feed = births_behind(inputs.nc_years, inputs.years, inputs.birth_years, inputs.births)
    above = inputs.nc_years >= 1
    feed[1:, above] = inputs.pupils[:-1, np.roll(above, -1) & (inputs.nc_years < inputs.nc_years[-1])]
    feed[feed <= 0] = np.nan
    return feed


def _living_here(inputs: PupilInputs) -> FloatArray:
    """(year, nc_year) share of each year group counted as living here; under 1 only in Year 7."""
    share = np.ones(inputs.pupils.shape)
    if inputs.cross_border_share is not None:
        share[:, inputs.nc_years == 7] = 1 - inputs.cross_border_share[:, None]
    return share


def observed_ratios(inputs: PupilInputs) -> FloatArray:
    """Return take-up and progression ratios as counted, pupils from new dwellings still in them.

    R[y, g] = pupils[y, g] · (1 − cross-border share in Year 7) / feed[y, g], where the feed is births for
    Reception and nursery, pupils[y − 1, g − 1] for the rest (Office for National Statistics and Department
    for Education, cohort survival).

    Args:
        inputs: the tables.

    Returns:
        (year, nc_year) ratios; NaN where the feed is not known.
    """
    return np.asarray(inputs.pupils * _living_here(inputs) / _feed(inputs))


# ---------------------------------------------------------------------------------------------------------
# Ratios: what is estimated
# ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """How the ratios vary, as fractions of a ratio; the values tried are in `SPREADS_TRIED`.

    Attributes:
        chance: variance of a count as a multiple of the count (1 were every pupil an independent arrival).
        group: standard deviation of one year group in one year, beyond chance.
        shared: standard deviation of a year's new shared movement (migration).
        fade: share of the shared movement left a year later.
        drift: yearly drift of progression within a phase; take-up and transfers `drift_entry`.
        drift_entry: yearly drift of take-up of Reception and of Year 6 to 7; other entries 2.5 times that.
        trend: standard deviation of the trend of take-up and transfers.
        mobility_secondary: shared movement in secondary and above as a fraction of that in primary.
    """

    chance: float = 0.2
    group: float = 0.005
    shared: float = 0.006
    fade: float = 0.0
    drift: float = 0.0007
    drift_entry: float = 0.006
    trend: float = 0.0
    mobility_secondary: float = 0.75


SPREADS_TRIED: Mapping[str, tuple[float, ...]] = {
    "chance": (0.05, 0.1, 0.2, 0.4, 0.8),
    "shared": (0.001, 0.003, 0.006, 0.01, 0.02),
    "group": (0.001, 0.003, 0.005, 0.01, 0.02),
    "drift_entry": (0.001, 0.003, 0.006, 0.012, 0.025),
    "drift": (0.0, 0.0007, 0.0015, 0.003),
    "mobility_secondary": (0.5, 0.75, 1.0),
    "fade": (0.0, 0.3, 0.5, 0.7),
    "trend": (0.0, 0.002, 0.005),
}
OWN_DEVIATION = 0.01  # of a year group's progression from that of its phase, before any data
PHASE_DEVIATION = 0.05  # of a phase's progression from 1, before any data
ENTRY_DEVIATION = 0.5  # of take-up and transfers from their pooled mean, before any data
OTHER_ENTRY_DRIFT = 2.5
# Spread and fading of the shared movement are told poorly by one authority's history: all of these are kept,
# each with the weight that the history gives it, and each run draws one pair of them.
SHARED_KEPT: tuple[float, ...] = (0.002, 0.004, 0.006, 0.009, 0.013, 0.02)
FADE_KEPT: tuple[float, ...] = (0.0, 0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Ratios:
    """Take-up, progression, shared movement and housing yields, with what is not known about them.

    The unknowns are one vector θ: the level of each ratio, its trend, the shared movement of the last year,
    the yield factor of each dwelling type. `mean` and `covariance` are those of θ given the history.

    Attributes:
        years: (year,) census years of the history.
        nc_years: (nc_year,) NC years.
        reference: (nc_year,) ratio that levels are relative to (1 within a phase).
        mean: (unknown,) expected levels − 1, trends, shared movement, yield factors − 1.
        covariance: (unknown, unknown) covariance of θ.
        mobility: (nc_year,) strength of the shared movement.
        spread: how the ratios vary from year to year.
        shared: (year,) shared movement of each year of the history, fraction of a year group.
        shared_sd: (year,) its standard error.
        set_aside: (year, nc_year) ratios set aside as unlike the rest.
        settings: what the estimate took as given.
        kept: (pair, 2) spread and fade of the shared movement that the history leaves possible.
        kept_weight: (pair,) weight of each; sums to 1.
    """

    years: IntArray
    nc_years: IntArray
    reference: FloatArray
    mean: FloatArray
    covariance: FloatArray
    mobility: FloatArray
    spread: Spread
    shared: FloatArray
    shared_sd: FloatArray
    set_aside: NDArray[np.bool_]
    settings: RatioSettings
    kept: FloatArray
    kept_weight: FloatArray

    @property
    def level(self) -> FloatArray:
        """(nc_year,) take-up and progression ratios at the end of the history, without shared movement."""
        return np.asarray(self.reference * (1 + self.mean[: len(self.nc_years)]))

    @property
    def level_sd(self) -> FloatArray:
        """(nc_year,) standard error of `level`."""
        return np.asarray(self.reference * np.sqrt(np.diag(self.covariance)[: len(self.nc_years)]))

    @property
    def yield_factor(self) -> FloatArray:
        """(dwelling_type,) pupils per dwelling as a multiple of those stated."""
        return np.asarray(1 + self.mean[2 * len(self.nc_years) + 1 :])

    @property
    def yield_factor_sd(self) -> FloatArray:
        """(dwelling_type,) standard error of `yield_factor`."""
        return np.asarray(np.sqrt(np.diag(self.covariance)[2 * len(self.nc_years) + 1 :]))


def _in_phase(nc_years: IntArray) -> NDArray[np.bool_]:
    return np.asarray((nc_years >= 1) & (nc_years <= 11) & (nc_years != 7))


@dataclass(frozen=True)
class _Observed:
    """Ratios as deviations from their reference, and the shared terms that act on them."""

    deviation: FloatArray  # (nc_year, year), 0 where not known
    known: NDArray[np.bool_]  # (nc_year, year)
    count: FloatArray  # (nc_year, year) expected pupils
    fixed: FloatArray  # (nc_year, year, factor): two phase means, then one yield factor per dwelling type
    fixed_variance: FloatArray  # (factor,)
    reference: FloatArray  # (nc_year,)


def _observe(inputs: PupilInputs, settings: RatioSettings) -> _Observed:
    feed, here = _feed(inputs), _living_here(inputs)
    stated = _stated_arrivals(inputs, settings)
    counted = np.where(np.isnan(feed), np.nan, inputs.pupils * here - stated.sum(axis=1))
    reference = _reference(inputs.nc_years, counted, feed)
    deviation = (counted / feed / reference - 1).T
    known = ~np.isnan(deviation)
    slope = np.nan_to_num((stated / (feed * reference)[:, None, :]).transpose(2, 0, 1))
    phase = np.stack(
        [
            _in_phase(inputs.nc_years) & (inputs.nc_years < 7),
            _in_phase(inputs.nc_years) & (inputs.nc_years > 7),
        ],
        axis=1,
    ).astype(float)
    fixed = np.concatenate([np.broadcast_to(phase[:, None, :], (*known.shape, 2)), slope], axis=2)
    cv = inputs.housing.yield_cv if inputs.housing is not None else 0.0
    variance = np.array([PHASE_DEVIATION**2] * 2 + [cv**2] * slope.shape[2])
    count = np.maximum(np.nan_to_num((feed * reference).T, nan=1.0), 1.0)
    return _Observed(np.nan_to_num(deviation), known, count, fixed, variance, reference)


def _stated_arrivals(inputs: PupilInputs, settings: RatioSettings) -> FloatArray:
    if inputs.housing is None:
        return np.zeros((len(inputs.years), 0, len(inputs.nc_years)))
    profile = housing_profile(settings.housing_decay, settings.housing_years)
    return arrivals_per_type(inputs.housing, inputs.years, profile)


def _reference(nc_years: IntArray, counted: FloatArray, feed: FloatArray) -> FloatArray:
    both = ~np.isnan(counted) & ~np.isnan(feed)
    if not both.any(axis=0).all():
        missing = nc_years[~both.any(axis=0)].tolist()
        raise DatasetError(
            (
                Fault(
                    "pupils",
                    column="nc_year",
                    found=f"no ratio can be formed for {missing}",
                    allowed="two census years running, and births for Reception and below",
                    todo="add the missing years, or leave these year groups out",
                ),
            )
        )
    pooled = np.where(both, counted, 0).sum(axis=0) / np.where(both, feed, 0).sum(axis=0)
    return np.where(_in_phase(nc_years), 1.0, np.maximum(pooled, 1e-9))


def _ar1(count: int, fade: float) -> FloatArray:
    """(year, year) correlation of a first-order autoregression."""
    steps = np.arange(count)
    return np.asarray(fade ** np.abs(steps[:, None] - steps[None, :]) if fade else np.eye(count))


@dataclass(frozen=True)
class _Kernel:
    """Covariance of each group's own level over the years, and with its last level and trend."""

    own: FloatArray  # (nc_year, year, year)
    last: FloatArray  # (nc_year, 2, year)
    prior: FloatArray  # (nc_year, 2, 2)


def _kernel(nc_years: IntArray, count: int, spread: Spread, damping: float) -> _Kernel:
    steps = np.arange(1.0, count + 1)
    walk = np.minimum(steps[:, None], steps[None, :])
    summed = np.tril(np.ones((count, count)))
    trend = summed @ _ar1(count, damping) @ summed.T
    cross = (summed @ _ar1(count, damping))[:, -1]
    start, drift, slope = _own_variances(nc_years, spread)
    own = start[:, None, None] + drift[:, None, None] * walk + slope[:, None, None] * trend
    last = np.stack([own[:, -1, :], slope[:, None] * cross], axis=1)
    prior = np.zeros((len(nc_years), 2, 2))
    prior[:, 0, 0], prior[:, 1, 1] = own[:, -1, -1], slope
    prior[:, 0, 1] = prior[:, 1, 0] = last[:, 1, -1]
    return _Kernel(own, last, prior)


def _own_variances(nc_years: IntArray, spread: Spread) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(nc_year,) variances: of the level before any data, of its yearly drift, of its trend."""
    steady = _in_phase(nc_years)
    main = np.isin(nc_years, (0, 7))
    start = np.where(steady, OWN_DEVIATION, ENTRY_DEVIATION) ** 2
    entry = np.where(main, spread.drift_entry, OTHER_ENTRY_DRIFT * spread.drift_entry)
    return start, np.where(steady, spread.drift, entry) ** 2, np.where(steady, 0.0, spread.trend) ** 2


@dataclass(frozen=True)
class _Solved:
    """The Gaussian solution for one spread: likelihood, shared terms, and what is needed for the rest."""

    log_likelihood: float
    inverse: FloatArray  # (nc_year, year, year)
    factor: FloatArray  # (factor,) shared movement of each year, then the fixed factors
    factor_covariance: FloatArray
    loading: FloatArray  # (nc_year, year, factor)
    weighted: FloatArray  # (nc_year, year) inverse times what the shared terms leave


def _mobility(nc_years: IntArray, spread: Spread, settings: RatioSettings) -> FloatArray:
    if settings.mobility is not None:
        return np.asarray(settings.mobility, dtype=float)
    return np.where(nc_years >= 7, spread.mobility_secondary, 1.0)


def _solve(
    seen: _Observed, nc_years: IntArray, kernel: _Kernel, spread: Spread, settings: RatioSettings
) -> _Solved:
    """Gaussian regression with shared factors, by the matrix inversion and determinant lemmas."""
    groups, count = seen.deviation.shape
    noise = np.where(seen.known, spread.chance / seen.count + spread.group**2, 1e6)
    covariance = kernel.own + noise[:, :, None] * np.eye(count)
    inverse: FloatArray = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    mobility = _mobility(nc_years, spread, settings)
    loading = np.concatenate(
        [np.broadcast_to(mobility[:, None, None] * np.eye(count), (groups, count, count)), seen.fixed], axis=2
    )
    prior = np.zeros((loading.shape[2],) * 2)
    prior[:count, :count] = spread.shared**2 / (1 - spread.fade**2) * _ar1(count, spread.fade)
    prior[range(count, len(prior)), range(count, len(prior))] = np.maximum(seen.fixed_variance, 1e-12)
    lifted = inverse @ loading
    information = np.linalg.inv(prior) + np.einsum("gtf,gth->fh", loading, lifted)
    factor_covariance = np.linalg.inv(information)
    factor = factor_covariance @ np.einsum("gtf,gt->f", lifted, seen.deviation)
    weighted = (inverse @ (seen.deviation - loading @ factor)[:, :, None])[:, :, 0]
    fit = float(np.sum(seen.deviation * weighted))
    logdet = (
        np.linalg.slogdet(covariance)[1].sum()
        + np.linalg.slogdet(prior)[1]
        + np.linalg.slogdet(information)[1]
    )
    return _Solved(-0.5 * (fit + float(logdet)), inverse, factor, factor_covariance, loading, weighted)


def _search(
    seen: _Observed, nc_years: IntArray, spread: Spread, settings: RatioSettings, names: tuple[str, ...]
) -> tuple[Spread, _Solved]:
    """Find the most likely spread, one quantity at a time over the values tried."""

    def solved(candidate: Spread) -> tuple[Spread, _Solved]:
        kernel = _kernel(nc_years, seen.deviation.shape[1], candidate, settings.trend_damping)
        return candidate, _solve(seen, nc_years, kernel, candidate, settings)

    best = solved(spread)
    for name in names:
        others = [value for value in SPREADS_TRIED[name] if value != getattr(best[0], name)]
        tried = [best, *(solved(replace(best[0], **{name: value})) for value in others)]
        best = max(tried, key=lambda each: each[1].log_likelihood)
    return best


def estimate_ratios(inputs: PupilInputs, settings: RatioSettings | None = None) -> Ratios:
    """Estimate take-up, progression, shared movement and yields together, with their covariance.

    z[g, t] = level[g, t] + mobility[g] · shared[t] + Σ_k (factor[k] − 1) · H[k, g, t] / feed + noise, a
    Gaussian model whose levels drift; levels within a phase share a mean, which is what shrinks small
    cohorts (Rasmussen and Williams 2006, chapter 2; Harvey 1989, chapters 2 and 4).

    Args:
        inputs: the tables of one authority.
        settings: what is taken as given.

    Returns:
        The ratios at the last census year, their covariance and the shared movement of each year.

    Raises:
        DatasetError: no ratio can be formed for a year group.
    """
    settings = settings or RatioSettings()
    seen = _observe(inputs, settings)
    names = [name for name in SPREADS_TRIED if settings.damped or name != "trend"]
    if settings.mobility is not None:
        names.remove("mobility_secondary")
    spread, solved = _search(seen, inputs.nc_years, Spread(), settings, tuple(names))
    aside = _unlike_the_rest(seen, solved, settings.outlier)
    if aside.any():
        seen = replace(seen, known=seen.known & ~aside, deviation=np.where(aside, 0.0, seen.deviation))
        spread, _ = _search(seen, inputs.nc_years, spread, settings, tuple(names))
    return _averaged(inputs, settings, seen, spread, aside.T)


def _unlike_the_rest(seen: _Observed, solved: _Solved, limit: float) -> NDArray[np.bool_]:
    """(nc_year, year) ratios further than `limit` standard deviations from what the others say."""
    own = np.diagonal(solved.inverse, axis1=1, axis2=2)
    return np.asarray((np.abs(solved.weighted) / np.sqrt(own) > limit) & seen.known)


def _averaged(
    inputs: PupilInputs, settings: RatioSettings, seen: _Observed, spread: Spread, aside: NDArray[np.bool_]
) -> Ratios:
    """Average the unknowns over the spreads and fades kept (Hoeting and others 1999), moments matched."""
    kept = np.array([(shared, fade) for shared in SHARED_KEPT for fade in FADE_KEPT])
    likelihood, solutions = np.empty(len(kept)), []
    for i, (shared, fade) in enumerate(kept):
        candidate = replace(spread, shared=float(shared), fade=float(fade))
        kernel = _kernel(inputs.nc_years, seen.deviation.shape[1], candidate, settings.trend_damping)
        solved = _solve(seen, inputs.nc_years, kernel, candidate, settings)
        likelihood[i] = solved.log_likelihood
        solutions.append((*_unknowns_given(seen, solved, kernel), *_shared_given(seen, solved)))
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    mean, covariance = _mixed(
        weight, np.stack([s[0] for s in solutions]), np.stack([s[1] for s in solutions])
    )
    shared, between = _mixed(weight, np.stack([s[2] for s in solutions]), np.stack([s[3] for s in solutions]))
    typical = replace(
        spread, shared=float(np.sqrt(weight @ kept[:, 0] ** 2)), fade=float(weight @ kept[:, 1])
    )
    return Ratios(
        inputs.years,
        inputs.nc_years,
        seen.reference,
        mean,
        covariance,
        _mobility(inputs.nc_years, spread, settings),
        typical,
        shared,
        np.sqrt(np.diag(between)),
        aside,
        settings,
        kept,
        weight,
    )


def _mixed(weight: FloatArray, means: FloatArray, covariances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and covariance of a mixture."""
    mean = weight @ means
    apart = means - mean
    return mean, np.tensordot(weight, covariances, axes=1) + (weight[:, None] * apart).T @ apart


def _shared_given(seen: _Observed, solved: _Solved) -> tuple[FloatArray, FloatArray]:
    count = seen.deviation.shape[1]
    return solved.factor[:count], solved.factor_covariance[:count, :count]


def _unknowns_given(seen: _Observed, solved: _Solved, kernel: _Kernel) -> tuple[FloatArray, FloatArray]:
    """(unknown,) mean and (unknown, unknown) covariance of θ for one spread."""
    groups, count = seen.deviation.shape
    gain = kernel.last @ solved.inverse
    own_mean = (gain @ (seen.deviation - solved.loading @ solved.factor)[:, :, None])[:, :, 0]
    own_covariance = kernel.prior - gain @ kernel.last.transpose(0, 2, 1)
    factors = len(solved.factor)
    phase = np.zeros((groups, 2, factors))
    phase[:, 0, count : count + 2] = seen.fixed[:, -1, :2]
    own = (phase - gain @ solved.loading).transpose(1, 0, 2).reshape(2 * groups, factors)
    rest = np.eye(factors)[[count - 1, *range(count + 2, factors)]]
    sensitivity = np.concatenate([own, rest])
    covariance = sensitivity @ solved.factor_covariance @ sensitivity.T
    blocks = covariance[: 2 * groups, : 2 * groups].reshape(2, groups, 2, groups)
    index = np.arange(groups)
    blocks[:, index, :, index] += own_covariance
    covariance[: 2 * groups, : 2 * groups] = blocks.reshape(2 * groups, 2 * groups)
    return np.concatenate([(own_mean + phase @ solved.factor).T.ravel(), rest @ solved.factor]), covariance


def plain_ratios(inputs: PupilInputs, window: int = 3) -> Ratios:
    """Return the plain mean of the last ratios, nothing shrunk, nothing uncertain: the usual hand method.

    level[g] = Σ counted / Σ feed over the last `window` years, new dwellings taken out at the stated yields.

    Args:
        inputs: the tables of one authority.
        window: years in the mean.

    Returns:
        Ratios without trend, shared movement or spread.
    """
    settings = RatioSettings(damped=False)
    feed = _feed(inputs)
    counted = inputs.pupils * _living_here(inputs) - _stated_arrivals(inputs, settings).sum(axis=1)
    level = _reference(
        np.where(_in_phase(inputs.nc_years), -1, inputs.nc_years), counted[-window:], feed[-window:]
    )
    groups = len(inputs.nc_years)
    types = 0 if inputs.housing is None else len(inputs.housing.dwelling_types)
    unknowns = 2 * groups + 1 + types
    still = Spread(*[0.0] * 8)
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


def _by_year(levers: PupilLevers, name: str, horizon: int) -> FloatArray:
    """(year,) the lever of that name for each forecast year, checked."""
    value = np.asarray(getattr(levers, name), dtype=float)
    if value.ndim > 1 or (value.ndim == 1 and len(value) != horizon):
        raise ScenarioError(
            f'lever "{name}" has shape {value.shape}; give one number or {horizon}, one a year.'
        )
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
    wanted = years[:, None] - 5 - inputs.nc_years - inputs.birth_years[0]
    entry = inputs.nc_years <= 0
    known = (wanted >= 0) & (wanted < paths.shape[1])
    behind = np.where(known, paths[:, np.clip(wanted, 0, paths.shape[1] - 1)], np.nan)
    return np.where(entry, behind, 0.0)


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
    return float(weight @ seen / weight.sum()), float(change @ change / max(len(change), 1)) / float(
        np.mean(seen)
    ) ** 2


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


def _ratio_paths(
    ratios: Ratios, theta: FloatArray, noise: _Noise, levers: PupilLevers, horizon: int
) -> FloatArray:
    """(run, year, nc_year) take-up and progression: the level drawn once, its drift, its damped trend."""
    groups, spread = len(ratios.nc_years), ratios.spread
    _, drift, slope = _own_variances(ratios.nc_years, spread)
    steps = noise.drift * np.sqrt(drift)
    if spread.trend:
        steps += _trend_paths(
            theta[:, groups : 2 * groups], noise.trend, np.sqrt(slope), ratios.settings.trend_damping
        )
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


def _movement_paths(
    ratios: Ratios, theta: FloatArray, noise: _Noise, levers: PupilLevers, horizon: int
) -> FloatArray:
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


def _roll_forward(
    base: FloatArray, nc_years: IntArray, paths: _Paths, spread: Spread, runs: int
) -> FloatArray:
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
PRIMARY, SECONDARY, POST_16 = (0, 6), (7, 11), (12, 14)


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
        return PupilFit(
            inputs, method, None, growth, notes=("constant_growth has no range: draws repeat it",)
        )
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
        raise DatasetError(
            (
                Fault(
                    "pupils",
                    column="pupils",
                    found=f"no pupils of NC years {gaps} in {inputs.years[-1]}",
                    allowed="a count for every NC year in the last census year",
                    todo="add them, or leave out that census year",
                ),
            )
        )


def _notes(ratios: Ratios) -> tuple[str, ...]:
    return tuple(
        f"the ratio into NC year {ratios.nc_years[group]} in January {ratios.years[year]} is unlike the rest"
        " and was set aside: look for a miscoded year group or a school that opened or closed"
        for year, group in np.argwhere(ratios.set_aside)
    )


def plain_fit(inputs: PupilInputs, window: int = 3) -> PupilFit:
    """Return cohort survival by the plain mean of the last ratios, the usual hand method, without a range.

    Args:
        inputs: the tables of one authority.
        window: years in the mean.

    Returns:
        The fit; see `plain_ratios`.
    """
    return PupilFit(inputs, f"mean_of_{window}_years", plain_ratios(inputs, window))


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
            else Residents(
                residents.years[seen], residents.ages, residents.people[seen], residents.projected[seen]
            )
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
    if housing is None:
        return None
    seen = housing.years <= origin
    usual = housing.dwellings[seen][-5:].mean(axis=0)
    return replace(housing, dwellings=np.where(seen[:, None], housing.dwellings, usual))


def _own_error(
    inputs: PupilInputs, method: str, settings: RatioSettings | None, growth: ConstantGrowth | None
) -> float:
    """Mean absolute error of the phase totals over the last origins, 1 and 3 years ahead; NaN if none."""
    last = int(inputs.years[-1])
    first = max(last - BACKTEST_ORIGINS, int(inputs.years[0]) + BACKTEST_LEAST_YEARS - 1)
    errors: list[float] = []
    for origin in range(first, last):
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
        if levers != NO_CHANGE:
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
        runs[1:] = (
            fitted.simulate(horizon, anchor="end", repetitions=draws, rng=rng).reshape(horizon, draws).T
        )
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
    ratio = np.where(_in_phase(nc_years), 1.0, ratios.level)
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
# Residents, the SCAP-style table, and reading the tables of a dataset
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


def academic_year(january: int) -> str:
    """Return the academic year of a January census: 2027 is in "2026/27"."""
    return f"{january - 1}/{january % 100:02d}"


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
    table.insert(0, "academic_year", [academic_year(int(year)) for year in forecast.years[:needed]])
    table["total"] = whole.sum(axis=1)
    return table


def _round_rows(values: FloatArray) -> IntArray:
    """Round each row to whole numbers whose sum is the rounded sum, largest remainders first."""
    floor = np.floor(values)
    short = np.rint(values.sum(axis=1)) - floor.sum(axis=1)
    rank = np.argsort(np.argsort(-(values - floor), axis=1, kind="stable"), axis=1)
    return np.asarray((floor + (rank < short[:, None])).astype(np.int64))


PHASE_NC_YEARS: Mapping[str, tuple[int, int]] = {
    "early_years": (-4, -1),
    "primary": PRIMARY,
    "secondary": SECONDARY,
    "post_16": (12, 21),
}


def pupil_inputs(
    pupils: pd.DataFrame,
    births: pd.DataFrame,
    births_actual_to: int | None = None,
    *,
    births_high: pd.DataFrame | None = None,
    births_low: pd.DataFrame | None = None,
    population: pd.DataFrame | None = None,
    housing: pd.DataFrame | None = None,
    pupil_yields: pd.DataFrame | None = None,
    yield_cv: float = 0.2,
    cross_border: pd.DataFrame | None = None,
) -> PupilInputs:
    """Build the inputs from the tables of a dataset, joined by name; the order of rows does not matter.

    Args:
        pupils: year, nc_year, pupils; areas are summed; rows without nc_year (totals) are left out.
        births: year (academic year of birth), births; areas are summed.
        births_actual_to: last academic year of actual births; by default the one before the last census.
        births_high: as `births`, the high variant.
        births_low: as `births`, the low variant.
        population: year, age or nc_year, people, status (actual, projection).
        housing: year, dwelling_type, dwellings, completed and planned.
        pupil_yields: dwelling_type, nc_year or phase, pupils_per_dwelling, ehc_plans_per_dwelling (of
            the phase or year group of the row: they are summed).
        yield_cv: how well the yields are known, fraction.
        cross_border: year, share of the Year 7 on roll who live elsewhere.

    Returns:
        The inputs.

    Raises:
        DatasetError: a key appears twice, an axis has a gap, a dwelling type has no yield.
    """
    roll = _grid(pupils[pupils["nc_year"].notna()], "pupils", ("year", "nc_year"), "pupils")
    born = _grid(births, "births", ("year",), "births")
    last = int(roll.index[-1])
    birth_years = born.index.to_numpy(dtype=np.int64)
    nc_years = roll.columns.to_numpy(dtype=np.int64)
    return PupilInputs(
        roll.index.to_numpy(dtype=np.int64),
        nc_years,
        roll.to_numpy(dtype=float),
        birth_years,
        born.to_numpy(dtype=float)[:, 0],
        last - 1 if births_actual_to is None else births_actual_to,
        _like(births_high, born, "births_high"),
        _like(births_low, born, "births_low"),
        None if population is None else _residents(population),
        None if housing is None else _housing(housing, pupil_yields, nc_years, yield_cv),
        None if cross_border is None else _shares(cross_border, roll.index),
    )


def _grid(table: pd.DataFrame, name: str, keys: tuple[str, ...], value: str) -> pd.DataFrame:
    """Year by label, areas summed; a key given twice raises, and so does a mix of all areas and parts."""
    within = [*keys, *(["area"] if "area" in table else [])]
    twice = table.duplicated(within)
    if twice.any():
        row = int(np.flatnonzero(twice.to_numpy())[0])
        raise DatasetError(
            (
                Fault(
                    name,
                    row=row + 2,
                    column=", ".join(within),
                    found="a row given twice",
                    allowed="one row per key",
                    todo="remove one",
                ),
            )
        )
    if "area" in table and table["area"].isna().any() and table["area"].notna().any():
        raise DatasetError(
            (
                Fault(
                    name,
                    column="area",
                    found="rows for all areas beside rows for single areas",
                    allowed="one kind of rows",
                    todo="remove one kind",
                ),
            )
        )
    summed = table.groupby(list(keys), sort=True)[value].sum(min_count=1)
    grid = summed.reset_index().pivot_table(value, "year", keys[1]) if len(keys) > 1 else summed.to_frame()
    grid.index, grid.columns = grid.index.astype(int), grid.columns.astype(int if len(keys) > 1 else str)
    return grid.sort_index().sort_index(axis=1)


def _like(table: pd.DataFrame | None, wanted: pd.DataFrame, name: str) -> FloatArray | None:
    """(birth_year,) a variant of births on the years of the principal ones, which it must all have."""
    if table is None:
        return None
    grid = _grid(table, name, ("year",), "births")
    _require_labels(grid.index, wanted.index, name, "year")
    return grid.loc[wanted.index].to_numpy(dtype=float)[:, 0]


def _require_labels(found: pd.Index, wanted: pd.Index, name: str, column: str) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise DatasetError(
            (
                Fault(
                    name,
                    column=column,
                    found=f"no row for {missing}",
                    allowed=f"a row for each {column} in use",
                    todo="add the rows",
                ),
            )
        )


def _residents(population: pd.DataFrame) -> Residents:
    aged = population.assign(
        age=population["age"] if "age" in population else population["nc_year"] + 4,
        projected=population["status"].eq("projection"),
    )
    kinds = aged.groupby("year")["projected"].nunique()
    unknown = sorted(set(population["status"]) - {"actual", "projection"})
    if (kinds > 1).any() or unknown:
        found = (
            f"status {unknown}"
            if unknown
            else f"actual and projected rows in {kinds[kinds > 1].index.tolist()}"
        )
        raise DatasetError(
            (
                Fault(
                    "population",
                    column="status",
                    found=found,
                    allowed="actual or projection, one kind a year",
                    todo="keep one kind of each year",
                ),
            )
        )
    grid = _grid(aged, "population", ("year", "age"), "people")
    projected = aged.groupby("year")["projected"].first().sort_index().to_numpy(dtype=bool)
    return Residents(
        grid.index.to_numpy(dtype=np.int64),
        grid.columns.to_numpy(dtype=np.int64),
        grid.to_numpy(dtype=float),
        projected,
    )


def _housing(housing: pd.DataFrame, yields: pd.DataFrame | None, nc_years: IntArray, cv: float) -> Housing:
    if yields is None:
        raise DatasetError(
            (
                Fault(
                    "pupil_yields",
                    found="no table",
                    allowed="a yield for each dwelling type",
                    todo="add it, or leave out housing",
                ),
            )
        )
    types = tuple(sorted(housing["dwelling_type"].unique()))
    _require_labels(pd.Index(yields["dwelling_type"]), pd.Index(types), "pupil_yields", "dwelling_type")
    keys = ["year", "dwelling_type", *(["area"] if "area" in housing else [])]
    if housing.duplicated(keys).any():
        raise DatasetError(
            (
                Fault(
                    "housing",
                    column=", ".join(keys),
                    found="a row given twice",
                    allowed="one row per key",
                    todo="remove one",
                ),
            )
        )
    built = housing.pivot_table("dwellings", "year", "dwelling_type", aggfunc="sum")
    if built.isna().any(axis=None):
        raise DatasetError(
            (
                Fault(
                    "housing",
                    column="dwellings",
                    found="a year without one of the dwelling types",
                    allowed="every type in every year",
                    todo="add the row, 0 if none is built",
                ),
            )
        )
    per_type = [_yield_of(yields[yields["dwelling_type"] == name], nc_years) for name in types]
    plans = yields.groupby("dwelling_type")["ehc_plans_per_dwelling"].sum(min_count=1).loc[list(types)]
    return Housing(
        built.index.to_numpy(dtype=np.int64),
        types,
        built[list(types)].to_numpy(dtype=float),
        np.stack(per_type),
        plans.to_numpy(dtype=float),
        cv,
    )


def _yield_of(rows: pd.DataFrame, nc_years: IntArray) -> FloatArray:
    """(nc_year,) pupils per dwelling of one type; a yield by phase is spread evenly over its year groups."""
    given = rows.dropna(subset=["pupils_per_dwelling"])
    if "nc_year" in given and given["nc_year"].notna().all():
        by_group = given.set_index(given["nc_year"].astype(int))["pupils_per_dwelling"]
        _require_labels(by_group.index, pd.Index(nc_years), "pupil_yields", "nc_year")
        return by_group.loc[nc_years.tolist()].to_numpy(dtype=float)
    _require_labels(pd.Index(list(PHASE_NC_YEARS)), pd.Index(given["phase"]), "pupil_yields", "phase")
    found = np.full(len(nc_years), np.nan)
    for phase, value in zip(given["phase"], given["pupils_per_dwelling"], strict=True):
        first, last = PHASE_NC_YEARS[phase]
        chosen = (nc_years >= first) & (nc_years <= last)
        found[chosen] = value / max(int(chosen.sum()), 1)
    _require_labels(pd.Index(nc_years[~np.isnan(found)]), pd.Index(nc_years), "pupil_yields", "nc_year")
    return found


def _shares(table: pd.DataFrame, years: pd.Index) -> FloatArray:
    _require_labels(pd.Index(table["year"]), years, "cross_border", "year")
    return table.set_index("year")["share"].loc[years].to_numpy(dtype=float)
