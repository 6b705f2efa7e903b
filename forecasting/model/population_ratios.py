"""Take-up and progression ratios of pupils, shared movement and housing yields, with what is not known.

See `docs/method_population.md` for every equation and its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.model.population_inputs import FloatArray, Housing, IntArray, PupilInputs, refusal

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


def births_behind(nc_years: IntArray, years: IntArray, birth_years: IntArray, births: FloatArray) -> FloatArray:
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
        drift_entry: yearly drift of take-up of Reception; of nursery and after Year 11 it is 2.5 times that.
        trend: standard deviation of the trend of take-up and transfers.
        mobility_secondary: shared movement in secondary and above as a fraction of that in primary.
        drift_transfer: yearly drift of the transfer from Year 6 to 7.
    """

    chance: float = 0.2
    group: float = 0.005
    shared: float = 0.006
    fade: float = 0.0
    drift: float = 0.0007
    drift_entry: float = 0.006
    trend: float = 0.0
    mobility_secondary: float = 0.75
    drift_transfer: float = 0.006


SPREADS_TRIED: Mapping[str, tuple[float, ...]] = {
    "chance": (0.05, 0.1, 0.2, 0.4, 0.8),
    "shared": (0.001, 0.003, 0.006, 0.01, 0.02),
    "group": (0.001, 0.003, 0.005, 0.01, 0.02),
    "drift_entry": (0.001, 0.003, 0.006, 0.012, 0.025),
    "drift_transfer": (0.001, 0.003, 0.006, 0.012, 0.025),
    "drift": (0.0, 0.0007, 0.0015, 0.003),
    "mobility_secondary": (0.5, 0.75, 1.0),
    "fade": (0.0, 0.3, 0.5, 0.7),
    "trend": (0.0, 0.002, 0.005),
}
OWN_DEVIATION = 0.01  # of a year group's progression from that of its phase, before any data
PHASE_DEVIATION = 0.01  # of a phase's progression from 1, before any data: few authorities gain or lose 2 %
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


def in_phase(nc_years: IntArray) -> NDArray[np.bool_]:
    """Return (nc_year,) True for the year groups moved up into within a phase: 1 to 6 and 8 to 11."""
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
            in_phase(inputs.nc_years) & (inputs.nc_years < 7),
            in_phase(inputs.nc_years) & (inputs.nc_years > 7),
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
        raise refusal(
            "pupils",
            column="nc_year",
            found=f"no ratio can be formed for {missing}",
            allowed="two census years running, and births for Reception and below",
            todo="add the missing years, or leave these year groups out",
        )
    pooled = np.where(both, counted, 0).sum(axis=0) / np.where(both, feed, 0).sum(axis=0)
    return np.where(in_phase(nc_years), 1.0, np.maximum(pooled, 1e-9))


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
    start, drift, slope = own_variances(nc_years, spread)
    own = start[:, None, None] + drift[:, None, None] * walk + slope[:, None, None] * trend
    last = np.stack([own[:, -1, :], slope[:, None] * cross], axis=1)
    prior = np.zeros((len(nc_years), 2, 2))
    prior[:, 0, 0], prior[:, 1, 1] = own[:, -1, -1], slope
    prior[:, 0, 1] = prior[:, 1, 0] = last[:, 1, -1]
    return _Kernel(own, last, prior)


def own_variances(nc_years: IntArray, spread: Spread) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (nc_year,) variances: of the level before any data, of its yearly drift, of its trend."""
    steady = in_phase(nc_years)
    start = np.where(steady, OWN_DEVIATION, ENTRY_DEVIATION) ** 2
    entry = np.where(nc_years == 0, spread.drift_entry, OTHER_ENTRY_DRIFT * spread.drift_entry)
    entry = np.where(nc_years == 7, spread.drift_transfer, entry)
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


@dataclass(frozen=True)
class _Own:
    """The part of the model that no year group shares; the same for every spread of the shared movement."""

    kernel: _Kernel
    inverse: FloatArray  # (nc_year, year, year)
    log_determinant: float


SHARED_ONLY = ("shared", "fade", "mobility_secondary")


def _own_part(seen: _Observed, nc_years: IntArray, spread: Spread, settings: RatioSettings) -> _Own:
    count = seen.deviation.shape[1]
    kernel = _kernel(nc_years, count, spread, settings.trend_damping)
    noise = np.where(seen.known, spread.chance / seen.count + spread.group**2, 1e6)
    covariance = kernel.own + noise[:, :, None] * np.eye(count)
    inverse: FloatArray = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    return _Own(kernel, inverse, float(np.linalg.slogdet(covariance)[1].sum()))


def _factors(
    seen: _Observed, nc_years: IntArray, spread: Spread, settings: RatioSettings
) -> tuple[FloatArray, FloatArray]:
    """(nc_year, year, factor) loadings and (factor, factor) prior covariance of what year groups share."""
    groups, count = seen.deviation.shape
    mobility = _mobility(nc_years, spread, settings)
    by_year = np.broadcast_to(mobility[:, None, None] * np.eye(count), (groups, count, count))
    loading = np.concatenate([by_year, seen.fixed], axis=2)
    prior = np.zeros((loading.shape[2],) * 2)
    prior[:count, :count] = spread.shared**2 / (1 - spread.fade**2) * _ar1(count, spread.fade)
    prior[range(count, len(prior)), range(count, len(prior))] = np.maximum(seen.fixed_variance, 1e-12)
    return loading, prior


def _solve(seen: _Observed, nc_years: IntArray, own: _Own, spread: Spread, settings: RatioSettings) -> _Solved:
    """Gaussian regression with shared factors, by the matrix inversion and determinant lemmas."""
    groups, count = seen.deviation.shape
    inverse = own.inverse
    loading, prior = _factors(seen, nc_years, spread, settings)
    lifted = inverse @ loading
    flat = (groups * count, loading.shape[2])
    information = np.linalg.inv(prior) + loading.reshape(flat).T @ lifted.reshape(flat)
    factor_covariance = np.linalg.inv(information)
    factor = factor_covariance @ (lifted.reshape(flat).T @ seen.deviation.ravel())
    weighted = (inverse @ (seen.deviation - loading @ factor)[:, :, None])[:, :, 0]
    fit = float(np.sum(seen.deviation * weighted))
    logdet = own.log_determinant + float(np.linalg.slogdet(prior)[1] + np.linalg.slogdet(information)[1])
    return _Solved(-0.5 * (fit + logdet), inverse, factor, factor_covariance, loading, weighted)


def _search(
    seen: _Observed, nc_years: IntArray, spread: Spread, settings: RatioSettings, names: tuple[str, ...]
) -> tuple[Spread, _Solved]:
    """Find the most likely spread, one quantity at a time over the values tried."""
    own = _own_part(seen, nc_years, spread, settings)
    best = spread, _solve(seen, nc_years, own, spread, settings)
    for name in names:
        for value in SPREADS_TRIED[name]:
            candidate = replace(best[0], **{name: value})
            tried_own = own if name in SHARED_ONLY else _own_part(seen, nc_years, candidate, settings)
            tried = _solve(seen, nc_years, tried_own, candidate, settings)
            if tried.log_likelihood > best[1].log_likelihood:
                best, own = (candidate, tried), tried_own
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
    own = _own_part(seen, inputs.nc_years, spread, settings)
    for i, (shared, fade) in enumerate(kept):
        candidate = replace(spread, shared=float(shared), fade=float(fade))
        solved = _solve(seen, inputs.nc_years, own, candidate, settings)
        likelihood[i] = solved.log_likelihood
        solutions.append((*_unknowns_given(seen, solved, own.kernel), *_shared_given(seen, solved)))
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    mean, covariance = _mixed(weight, np.stack([s[0] for s in solutions]), np.stack([s[1] for s in solutions]))
    shared, between = _mixed(weight, np.stack([s[2] for s in solutions]), np.stack([s[3] for s in solutions]))
    typical = replace(spread, shared=float(np.sqrt(weight @ kept[:, 0] ** 2)), fade=float(weight @ kept[:, 1]))
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
    feed = _feed(inputs)
    counted = inputs.pupils * _living_here(inputs) - _stated_arrivals(inputs, settings).sum(axis=1)
    level = _reference(np.where(in_phase(inputs.nc_years), -1, inputs.nc_years), counted[-window:], feed[-window:])
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
