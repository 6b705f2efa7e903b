"""The level of a yearly series and its yearly change at the last known year, with what is not known of them."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.values import Floats


@dataclass(frozen=True)
class Trend:
    """Level and yearly change of log joiner rates at the last known year, relative to the pooled rates.

    Attributes:
        mean: (level, change), axis (2,), natural logs.
        covariance: their posterior covariance, axes (2, 2).
    """

    mean: Floats
    covariance: Floats
