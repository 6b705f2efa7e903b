"""Ratios as estimated: take-up, progression, shared movement and housing yields together, with what is not known.

A Gaussian model in closed form; `docs/method_population.md`, section 3, gives every equation and its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecasting.model.population_inputs import PupilInputs
from forecasting.model.population_observed import children_behind, living_here, reference_ratios, stated_arrivals
from forecasting.model.population_ratios import Ratios, RatioSettings, Spread, in_phase, own_variances
from forecasting.values import Flags, Floats, Whole

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

PHASE_DEVIATION = 0.01  # of a phase's progression from 1, before any data: few authorities gain or lose 2 %

# Spread and fading of the shared movement are told poorly by one authority's history: all of these are kept,
# each with the weight that the history gives it, and each run draws one pair of them.
SHARED_KEPT: tuple[float, ...] = (0.002, 0.004, 0.006, 0.009, 0.013, 0.02)

FADE_KEPT: tuple[float, ...] = (0.0, 0.3, 0.5, 0.7)

SHARED_ONLY = ("shared", "fade", "mobility_secondary")


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


@dataclass(frozen=True)
class _Observed:
    """Ratios as deviations from their reference, and the shared terms that act on them."""

    deviation: Floats  # (nc_year, year), 0 where not known
    known: Flags  # (nc_year, year)
    count: Floats  # (nc_year, year) expected pupils
    fixed: Floats  # (nc_year, year, factor): two phase means, then one yield factor per dwelling type
    fixed_variance: Floats  # (factor,)
    reference: Floats  # (nc_year,)


def _observe(inputs: PupilInputs, settings: RatioSettings) -> _Observed:
    feed, here = children_behind(inputs), living_here(inputs)
    stated = stated_arrivals(inputs, settings)
    counted = np.where(np.isnan(feed), np.nan, inputs.pupils * here - stated.sum(axis=1))
    reference = reference_ratios(inputs.nc_years, counted, feed)
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


def _ar1(count: int, fade: float) -> Floats:
    """(year, year) correlation of a first-order autoregression."""
    steps = np.arange(count)
    return np.asarray(fade ** np.abs(steps[:, None] - steps[None, :]) if fade else np.eye(count))


@dataclass(frozen=True)
class _Kernel:
    """Covariance of each group's own level over the years, and with its last level and trend."""

    own: Floats  # (nc_year, year, year)
    last: Floats  # (nc_year, 2, year)
    prior: Floats  # (nc_year, 2, 2)


def _kernel(nc_years: Whole, count: int, spread: Spread, damping: float) -> _Kernel:
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


@dataclass(frozen=True)
class _Own:
    """The part of the model that no year group shares; the same for every spread of the shared movement."""

    kernel: _Kernel
    inverse: Floats  # (nc_year, year, year)
    log_determinant: float


def _own_part(seen: _Observed, nc_years: Whole, spread: Spread, settings: RatioSettings) -> _Own:
    count = seen.deviation.shape[1]
    kernel = _kernel(nc_years, count, spread, settings.trend_damping)
    noise = np.where(seen.known, spread.chance / seen.count + spread.group**2, 1e6)
    covariance = kernel.own + noise[:, :, None] * np.eye(count)
    inverse: Floats = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    return _Own(kernel, inverse, float(np.linalg.slogdet(covariance)[1].sum()))


def _mobility(nc_years: Whole, spread: Spread, settings: RatioSettings) -> Floats:
    if settings.mobility is not None:
        return np.asarray(settings.mobility, dtype=float)
    return np.where(nc_years >= 7, spread.mobility_secondary, 1.0)


def _factors(seen: _Observed, nc_years: Whole, spread: Spread, settings: RatioSettings) -> tuple[Floats, Floats]:
    """(nc_year, year, factor) loadings and (factor, factor) prior covariance of what year groups share."""
    groups, count = seen.deviation.shape
    mobility = _mobility(nc_years, spread, settings)
    by_year = np.broadcast_to(mobility[:, None, None] * np.eye(count), (groups, count, count))
    loading = np.concatenate([by_year, seen.fixed], axis=2)
    prior = np.zeros((loading.shape[2],) * 2)
    prior[:count, :count] = spread.shared**2 / (1 - spread.fade**2) * _ar1(count, spread.fade)
    prior[range(count, len(prior)), range(count, len(prior))] = np.maximum(seen.fixed_variance, 1e-12)
    return loading, prior


@dataclass(frozen=True)
class _Solved:
    """The Gaussian solution for one spread: likelihood, shared terms, and what is needed for the rest."""

    log_likelihood: float
    inverse: Floats  # (nc_year, year, year)
    factor: Floats  # (factor,) shared movement of each year, then the fixed factors
    factor_covariance: Floats
    loading: Floats  # (nc_year, year, factor)
    weighted: Floats  # (nc_year, year) inverse times what the shared terms leave


def _solve(seen: _Observed, nc_years: Whole, own: _Own, spread: Spread, settings: RatioSettings) -> _Solved:
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
    seen: _Observed, nc_years: Whole, spread: Spread, settings: RatioSettings, names: tuple[str, ...]
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


def _unlike_the_rest(seen: _Observed, solved: _Solved, limit: float) -> Flags:
    """(nc_year, year) ratios further than `limit` standard deviations from what the others say."""
    own = np.diagonal(solved.inverse, axis1=1, axis2=2)
    return np.asarray((np.abs(solved.weighted) / np.sqrt(own) > limit) & seen.known)


def _averaged(inputs: PupilInputs, settings: RatioSettings, seen: _Observed, spread: Spread, aside: Flags) -> Ratios:
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


def _mixed(weight: Floats, means: Floats, covariances: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance of a mixture."""
    mean = weight @ means
    apart = means - mean
    return mean, np.tensordot(weight, covariances, axes=1) + (weight[:, None] * apart).T @ apart


def _shared_given(seen: _Observed, solved: _Solved) -> tuple[Floats, Floats]:
    count = seen.deviation.shape[1]
    return solved.factor[:count], solved.factor_covariance[:count, :count]


def _unknowns_given(seen: _Observed, solved: _Solved, kernel: _Kernel) -> tuple[Floats, Floats]:
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
