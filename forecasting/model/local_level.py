"""The level of a yearly series and its yearly change at the last known year, with what is not known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.values import Floats


@dataclass(frozen=True)
class LevelVariation:
    """How a log level varies from year to year.

    Attributes:
        year_sd: sd of the level for one year only.
        drift_sd: sd of what the level gains for good in a year, beside the change.
        trend_mean: prior mean of the yearly change.
        trend_sd: its prior sd between authorities.
        damping: share of the change that remains each further year.
    """

    year_sd: float
    drift_sd: float
    trend_mean: float
    trend_sd: float
    damping: float


@dataclass(frozen=True)
class Trend:
    """Level and yearly change of a log series at its last year.

    Attributes:
        mean: (level, change), axis (2,), natural logs.
        covariance: their posterior covariance, axes (2, 2).
    """

    mean: Floats
    covariance: Floats


def local_level(seen: Floats, noise: Floats, years: Sequence[int], start: float, variation: LevelVariation) -> Trend:
    """Estimate level and yearly change of a log series: a local level whose yearly change has a normal prior.

    The Kalman filter of Harvey (1989), "Forecasting, structural time series models and the Kalman filter", chapter 3.

    Args:
        seen: the series, such as the log of a count over what constant rates would give, axis (year).
        noise: variance of each value around the level, axis (year).
        years: the years, ascending; gaps widen the level.
        start: prior mean of the level, with variance 1.
        variation: its drift, and the prior of the yearly change.

    Returns:
        The level and the change with their covariance.
    """
    mean = np.array([start, variation.trend_mean])
    covariance = np.diag([1.0, variation.trend_sd**2])
    step = np.array([[1.0, 1.0], [0.0, 1.0]])
    previous = years[0]
    for year, value, variance in zip(years, seen, noise, strict=True):
        for _ in range(previous, year):
            mean, covariance = step @ mean, step @ covariance @ step.T
            covariance[0, 0] += variation.drift_sd**2
        previous = year
        gain = covariance[:, 0] / (covariance[0, 0] + variance)
        mean = mean + gain * (value - mean[0])
        covariance = covariance - np.outer(gain, covariance[0])
    return Trend(mean, (covariance + covariance.T) / 2)


def damped_steps(damping: float, n_years: int, trending: bool = True) -> Floats:
    """Return the sum of damped steps of a trend up to each year ahead: 1, 1 + φ, 1 + φ + φ², …; axis (year).

    Args:
        damping: φ, the share of the change that remains each further year.
        n_years: years ahead.
        trending: False holds the level: all steps are 0.
    """
    return np.asarray(np.cumsum(damping ** np.arange(n_years)) * trending)
