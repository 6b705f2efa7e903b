"""Statistics that trends have in common: weights of past years, robust spread, variance by size, quantiles.

The constants of `trend` are judgements made before any score was seen; each is weak and the data overrule it
(docs/method_trend.md).
"""

from __future__ import annotations

import numpy as np

from forecasting.values import Floats

RECENCY_HALF_LIFE = 4.0  # years after which a past year counts half

CLIP = 3.0  # robust standard deviations at which a covariate or growth is cut

PRIOR_ROWS = 40.0  # authority errors that the prior sd and the prior shape are worth


def recency(n: int) -> Floats:
    """Return weights (n,) that halve every RECENCY_HALF_LIFE years back from the newest, which has 1."""
    return np.asarray(0.5 ** (np.arange(n)[::-1] / RECENCY_HALF_LIFE))


def robust_sd(values: Floats) -> float:
    """Return the robust standard deviation about 0 (median of absolute values × 1.4826) of the known values."""
    known = values[np.isfinite(values)]
    return float(np.median(np.abs(known)) * 1.4826) if known.size else 0.0


def variance_by_size(error: Floats, size: Floats, weight: Floats, prior: float) -> tuple[float, float]:
    """Return the variance of one large unit v and its rise κ, of Var(error) = v (1 + κ / size).

    Weighted least squares of squared errors, cut at CLIP robust sds, on 1 / size; PRIOR_ROWS errors of
    variance `prior` + 1 / size (chance of a Poisson count) keep a small pool finite.

    Args:
        error: errors on the log scale, any axes; NaN = not known.
        size: counts then, same axes.
        weight: of each error, same axes.
        prior: variance of a large unit before any error is seen.
    """
    ok = np.isfinite(error) & np.isfinite(size)
    n = np.concatenate([size[ok], [2000.0, 50.0]])
    expected = prior + 1 / n
    scaled = np.concatenate([np.square(error[ok]), expected[-2:]]) / expected
    w = np.concatenate([weight[ok], np.full(2, PRIOR_ROWS / 2)])
    typical = float(np.median(scaled)) / 0.455  # the median of a squared standard normal is 0.455
    y = np.minimum(scaled, CLIP**2 * max(typical, 0.1)) * expected
    x = np.stack([np.ones_like(n), 1 / n], axis=1)
    w = w / expected**2
    v, slope = np.linalg.solve(x.T @ (x * w[:, None]), x.T @ (w * y))
    v, slope = max(float(v), 0.01 * prior), max(float(slope), 0.05)
    return v, slope / v


def weighted_quantiles(value: Floats, mass: Floats, levels: Floats) -> Floats:
    """Return quantiles (level,) of values that carry unequal mass, linear between the middles of their masses.

    Args:
        value: values, axis (row).
        mass: mass of each, axis (row).
        levels: fractions of the whole mass, axis (level).
    """
    order = np.argsort(value, kind="stable")
    middle = np.cumsum(mass[order]) - mass[order] / 2
    return np.asarray(np.interp(levels * mass.sum(), middle, value[order]))
