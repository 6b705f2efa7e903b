"""What the same method got wrong at every earlier January, and the ranges that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

from forecasting.model.trend_national import PRIOR_NATIONAL_SD, national_path
from forecasting.model.trend_panel import TrendPanel, filled_logs, national_growth
from forecasting.model.trend_relative import CARRY, PRIOR_UNIT_SD, features_of, relative_growth, relative_path
from forecasting.model.trend_statistics import CLIP, PRIOR_ROWS, RECENCY_HALF_LIFE, variance_by_size, weighted_quantiles
from forecasting.values import ByContent, Floats

PRIOR_YEARS = 4.0  # national errors that the prior sd is worth

PRIOR_SHAPE_DF = 5.0  # Student t that past errors are mixed with

FIRST_HISTORY = 3  # years of data before the first pseudo-origin

KNOTS = np.linspace(-4.0, 4.0, 161)  # standard normal values at which the shape of the errors is kept
MASS = np.exp(-(KNOTS**2) / 2) / np.exp(-(KNOTS**2) / 2).sum()


@dataclass(frozen=True)
class ExpectedPath:
    """One origin: logs (unit,), national and relative growth (log, cumulative), share of features known."""

    logs: Floats
    national: Floats
    relative: Floats
    known: Floats


def expected_path(panel: TrendPanel, series: str, horizon: int) -> ExpectedPath:
    """Return the forecast from the panel's last January, by the equations above and nothing else."""
    rel = relative_growth(panel, series)
    national = national_growth(panel, series)
    if national.size == 0:
        empty = np.zeros((len(panel.units), horizon))
        return ExpectedPath(rel.logs[:, -1], np.zeros(horizon), empty, np.zeros(len(panel.units)))
    x, known = features_of(panel, series, rel)
    relative = relative_path(x, rel, national, horizon, CARRY)
    return ExpectedPath(rel.logs[:, -1], national_path(panel, series, horizon), relative, known)


class _Known(ByContent):
    """What an expected path is worked out from, known by its content: forecasts from later Januaries share the past."""

    def __init__(self, panel: TrendPanel, series: str, horizon: int) -> None:
        """Take the content of everything that the path depends on."""
        self.panel, self.series, self.horizon = panel, series, horizon
        tables = {"counts": panel.counts, "context": panel.context, **panel.region_context}
        held = [part for name, table in tables.items() for of, values in table.items() for part in ((name, of), values)]
        super().__init__((series, horizon, panel.units, panel.years, panel.regions), *held)


@lru_cache(maxsize=64)  # a panel is some hundred kilobytes
def _path(known: _Known) -> ExpectedPath:
    return expected_path(known.panel, known.series, known.horizon)


@dataclass(frozen=True)
class PastErrors:
    """Out-of-sample record inside the panel; NaN = not known.

    unit: log error of each unit's growth against England (pseudo-origin, unit, horizon). size: counts then
    (pseudo-origin, unit). national: log error of England's path (pseudo-origin, horizon). signal: mean square
    of the relative forecasts (horizon,). weight: recency (pseudo-origin,).
    """

    unit: Floats
    size: Floats
    national: Floats
    signal: Floats
    weight: Floats


def past_errors(panel: TrendPanel, series: str, horizon: int) -> PastErrors:
    """Run the same method at every earlier January of the panel and keep what it forecast and what came."""
    logs = filled_logs(panel.counts[series])
    index = np.concatenate([np.zeros(1), np.cumsum(national_growth(panel, series))])
    last = len(panel.years) - 1
    starts: npt.NDArray[np.int64] = np.arange(min(FIRST_HISTORY - 1, last), last)
    unit = np.full((starts.size, len(panel.units), horizon), np.nan)
    nation = np.full((starts.size, horizon), np.nan)
    signal = np.zeros((starts.size, horizon))
    for i, start in enumerate(starts):
        path = _path(_Known(panel.upto(panel.years[start]), series, horizon))
        n = min(horizon, last - start)
        ahead = slice(start + 1, start + 1 + n)
        grown = index[ahead] - index[start]
        unit[i, :, :n] = logs[:, ahead] - path.logs[:, None] - grown - path.relative[:, :n]
        nation[i, :n] = grown - path.national[:n]
        signal[i] = np.mean(path.relative**2, axis=0)
    mean_signal = signal.mean(axis=0) if starts.size else np.zeros(horizon)
    weight = np.asarray(0.5 ** ((last - starts) / RECENCY_HALF_LIFE))
    return PastErrors(unit, np.exp(logs[:, starts]).T, nation, mean_signal, weight)


def national_spread(past: PastErrors) -> Floats:
    """Return the standard deviation (horizon,) of England's log path: one yearly drift sd × the years.

    A wrong yearly growth that lasts: between chance alone (√h) and growth that wanders (√Σ i²), which the
    past is too short to tell apart.

    The drift sd is the weighted median size of the errors one year ahead ÷ 0.6745 (Hampel 1974), with
    PRIOR_YEARS errors laid out as a normal of the prior sd. The median because a reform, such as that of
    2014, is an odd year and not the rule: the ranges are for stable policy.
    """
    error, w = np.abs(past.national[:, 0]), past.weight
    error, w = error[np.isfinite(error)], w[np.isfinite(error)]
    grid = (np.arange(20) + 0.5) / 20
    prior = PRIOR_NATIONAL_SD * special.ndtri(0.5 + grid / 2)
    value = np.concatenate([error, prior])
    mass = np.concatenate([w, np.full(grid.size, PRIOR_YEARS / grid.size)])
    sd = float(weighted_quantiles(value, mass, np.array([0.5]))[0]) / 0.6745
    return sd * np.arange(1.0, past.national.shape[1] + 1)


def unit_variance(past: PastErrors) -> tuple[Floats, Floats]:
    """Return the variance v (horizon,) of a large unit's error against England and κ (horizon,) in v (1 + κ / n).

    Each horizon is estimated from its own past errors and leans on the horizon before, grown as h^1.5
    (between a random walk of levels, h, and a lasting error of growth, h²); it never falls with the horizon.
    """
    horizon = past.unit.shape[2]
    v, rise = np.empty(horizon), np.empty(horizon)
    size, prior = past.size, PRIOR_UNIT_SD**2
    weight = np.broadcast_to(past.weight[:, None], size.shape)
    for h in range(horizon):
        if h:
            prior = v[h - 1] * ((h + 1) / h) ** 1.5
        found, steep = variance_by_size(past.unit[:, :, h], size, weight, prior)
        v[h], rise[h] = max(found, v[h - 1] if h else 0.0), found * steep
        rise[h] = max(rise[h], rise[h - 1] if h else 0.0)
    return v, rise / v


def standard_errors(past: PastErrors, v: Floats, kappa: Floats) -> Floats:
    """Return past errors of units (pseudo-origin, unit, horizon) in their own standard deviations."""
    return past.unit / np.sqrt(v * (1 + kappa / past.size[:, :, None]))


def error_shape(z: Floats, weight: Floats) -> Floats:
    """Return quantiles at KNOTS (knot,) of the size of past standardised errors and a Student t: the conformal part.

    Symmetric on the log scale. Weighted empirical quantiles (Vovk, Gammerman and Shafer 2005; weights as
    Barber et al. 2023), with PRIOR_ROWS errors laid out as a Student t so that tails exist where there is
    little history.
    """
    known = np.isfinite(z)
    w = np.broadcast_to(weight[:, None, None], z.shape)[known]
    grid = (np.arange(200) + 0.5) / 200
    t = special.stdtrit(PRIOR_SHAPE_DF, grid) / np.sqrt(PRIOR_SHAPE_DF / (PRIOR_SHAPE_DF - 2))
    value = np.concatenate([z[known], -z[known], t])
    mass = np.concatenate([w / 2, w / 2, np.full(200, PRIOR_ROWS / 200)])
    return np.maximum.accumulate(weighted_quantiles(value, mass, special.ndtr(KNOTS)))


def horizon_likeness(z: Floats, weight: Floats) -> Floats:
    """Return the correlation (horizon, horizon) of one unit's errors over horizons, leaning on a random walk."""
    h = np.arange(1.0, z.shape[2] + 1)
    walk = np.sqrt(np.minimum.outer(h, h) / np.maximum.outer(h, h))
    zero = np.clip(np.where(np.isfinite(z), z, 0.0), -CLIP, CLIP)
    known = np.isfinite(z).astype(float)
    w = weight[:, None, None]
    cross = np.einsum("iuh,iuk->hk", zero * w, zero)
    left = np.einsum("iuh,iuk->hk", zero**2 * w, known)
    found = cross / np.sqrt(np.maximum(left * left.T, 1e-12))
    n = np.einsum("iuh,iuk->hk", known * w, known)
    mixed = (n * found + PRIOR_ROWS * walk) / (n + PRIOR_ROWS)
    return correlation(mixed)


def correlation(matrix: Floats) -> Floats:
    """Return the nearest usable correlation matrix: negative eigenvalues raised to a little above 0, diagonal 1."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    positive = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(positive))
    return np.asarray(positive / np.outer(scale, scale))


def drift_likeness(horizon: int) -> Floats:
    """Return the correlation (horizon, horizon) of England's errors: sums of one random walk of growth."""
    h = np.arange(1, horizon + 1)
    weights = np.maximum(h[:, None] - h[None, :] + 1, 0).astype(float)  # of shock j in the path to h
    cov = weights @ weights.T
    sd = np.sqrt(np.diag(cov))
    return np.asarray(cov / np.outer(sd, sd))
