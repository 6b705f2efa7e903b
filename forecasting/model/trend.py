"""The `trend` method: yearly counts of many authorities forecast together, with England as context.

Read `trend_panel`, `trend_national`, `trend_relative`, `trend_past` and then this module: expected path, ranges and
draws. `docs/method_trend.md` gives every equation in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.model.trend_national import TESTED
from forecasting.model.trend_panel import COVARIATES, HALF, TrendPanel, targets
from forecasting.model.trend_past import (
    KNOTS,
    MASS,
    correlation,
    drift_likeness,
    error_shape,
    expected_path,
    horizon_likeness,
    national_spread,
    past_errors,
    standard_errors,
    unit_variance,
)
from forecasting.model.trend_statistics import weighted_quantiles
from forecasting.values import Floats

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
LEVEL_NAMES = ("p2_5", "p10", "p50", "p90", "p97_5")


@dataclass(frozen=True)
class TrendForecast:
    """Forecast of one series for all units from one origin.

    mean: expected count (unit, horizon). quantiles: counts (unit, horizon, level) at LEVELS. A unit not known
    at the origin has NaN throughout. The other fields are what the draws are made of, all on the log scale:
    centre and own_sd (unit, horizon), national_sd (horizon,), shape (knot,), likeness and drift
    (horizon, horizon). national (horizon,): England's expected cumulative log growth, part of the mean.
    """

    units: tuple[str, ...]
    series: str
    origin: int
    mean: Floats
    quantiles: Floats
    centre: Floats
    own_sd: Floats
    national_sd: Floats
    shape: Floats
    likeness: Floats
    drift: Floats
    national: Floats

    def draws(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw `n` joint futures (draw, unit, horizon), counts.

        England's error is drawn once per draw and shared by all units; each unit's own error is drawn once
        and carried over the horizons (Gaussian copula, Sklar 1959, with the shape of past errors).
        """
        horizon = self.national_sd.size
        nation = self.national_errors(n, rng)[:, None]
        own = rng.standard_normal((n, len(self.units), horizon)) @ np.linalg.cholesky(self.likeness).T
        error = self.own_sd * np.interp(own, KNOTS, self.shape) + nation
        return _counts(self.centre + error)

    def national_errors(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw errors of England's path (draw, horizon), log scale: the first thing that `draws` takes from `rng`."""
        drawn = rng.standard_normal((n, self.national_sd.size)) @ np.linalg.cholesky(correlation(self.drift)).T
        return np.asarray(self.national_sd * drawn)


def _counts(logs: Floats) -> Floats:
    """Back from the log scale: never below 0."""
    return np.asarray(np.maximum(np.exp(logs) - HALF, 0.0))


def _joint_quantiles(own_sd: Floats, national_sd: Floats, shape: Floats) -> Floats:
    """Quantiles (unit, horizon, level) of own error + England's error on the log scale.

    The sum of the two is tabulated for eleven shares of England in the variance and read off in between.
    """
    total = np.sqrt(own_sd**2 + national_sd**2)
    shares = np.linspace(0, 1, 11)
    mass = np.outer(MASS, MASS).ravel()
    table = np.empty((shares.size, len(LEVELS)))
    for i, share in enumerate(shares):
        value = (np.sqrt(1 - share) * shape[:, None] + np.sqrt(share) * KNOTS).ravel()
        table[i] = weighted_quantiles(value, mass, np.array(LEVELS))
    at = (national_sd / total) ** 2
    return np.stack([np.interp(at, shares, column) for column in table.T], axis=-1) * total[:, :, None]


def trend(panel: TrendPanel, series: str, horizon: int) -> TrendForecast:
    """Forecast `series` for every unit, 1…horizon years after the panel's last January.

    Args:
        panel: counts up to and including the origin (and nothing later); see `panel_from_long`.
        series: a target series of the panel (not a covariate).
        horizon: years ahead, at least 1.

    Returns:
        Means, quantiles and everything needed for joint draws; counts of children.

    Raises:
        ValueError: the series is not in the panel, is a covariate, or horizon is below 1.

    Equations and sources: docs/method_trend.md, in the order of this module.
    """
    if series not in panel.counts or series in COVARIATES:
        raise ValueError(f'series "{series}" cannot be forecast; allowed: {", ".join(targets(panel))}')
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}; allowed: 1 or more")
    reach = max(horizon, TESTED)
    path = expected_path(panel, series, reach)
    past = past_errors(panel, series, reach)
    v, kappa = unit_variance(past)
    z = standard_errors(past, v, kappa)
    shape = error_shape(z[:, :, :TESTED], past.weight)
    unseen = (1 - path.known)[:, None] * past.signal
    own_sd = np.sqrt(v * (1 + kappa / np.exp(path.logs)[:, None]) + unseen)
    national_sd = national_spread(past)
    expected = path.logs[:, None] + path.national + path.relative
    own_lift = np.log(np.exp(own_sd[:, :, None] * shape) @ MASS)
    centre = expected - own_lift - national_sd**2 / 2  # so that the mean of the draws is the expected count
    quantiles = _counts(centre[:, :, None] + _joint_quantiles(own_sd, national_sd, shape))
    asked = slice(horizon)
    return TrendForecast(
        panel.units,
        series,
        panel.origin,
        _mean_count(expected, quantiles)[:, asked],
        quantiles[:, asked],
        centre[:, asked],
        own_sd[:, asked],
        national_sd[asked],
        shape,
        horizon_likeness(z, past.weight)[asked, asked],
        drift_likeness(horizon),
        path.national[asked],
    )


def _mean_count(expected: Floats, quantiles: Floats) -> Floats:
    """Mean count (unit, horizon): e^expected − HALF, or for the smallest counts what the cut at 0 leaves."""
    plain = np.exp(expected) - HALF
    return np.asarray(np.where(plain < 1, np.maximum(plain, quantiles.mean(axis=2)), plain))
