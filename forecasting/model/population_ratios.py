"""Take-up and progression ratios: the types, and how ratios vary before any data.

A ratio is pupils of a year group over the children behind it: births for the entry groups, the year group below for
the rest. See `docs/method_population.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.values import Flags, Floats, Whole


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


OWN_DEVIATION = 0.01  # of a year group's progression from that of its phase, before any data

ENTRY_DEVIATION = 0.5  # of take-up and transfers from their pooled mean, before any data

OTHER_ENTRY_DRIFT = 2.5


def in_phase(nc_years: Whole) -> Flags:
    """Return (nc_year,) True for the year groups moved up into within a phase: 1 to 6 and 8 to 11."""
    return np.asarray((nc_years >= 1) & (nc_years <= 11) & (nc_years != 7))


def own_variances(nc_years: Whole, spread: Spread) -> tuple[Floats, Floats, Floats]:
    """Return (nc_year,) variances: of the level before any data, of its yearly drift, of its trend."""
    steady = in_phase(nc_years)
    start = np.where(steady, OWN_DEVIATION, ENTRY_DEVIATION) ** 2
    entry = np.where(nc_years == 0, spread.drift_entry, OTHER_ENTRY_DRIFT * spread.drift_entry)
    entry = np.where(nc_years == 7, spread.drift_transfer, entry)
    return start, np.where(steady, spread.drift, entry) ** 2, np.where(steady, 0.0, spread.trend) ** 2


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

    years: Whole
    nc_years: Whole
    reference: Floats
    mean: Floats
    covariance: Floats
    mobility: Floats
    spread: Spread
    shared: Floats
    shared_sd: Floats
    set_aside: Flags
    settings: RatioSettings
    kept: Floats
    kept_weight: Floats

    @property
    def level(self) -> Floats:
        """(nc_year,) take-up and progression ratios at the end of the history, without shared movement."""
        return np.asarray(self.reference * (1 + self.mean[: len(self.nc_years)]))

    @property
    def yield_factor(self) -> Floats:
        """(dwelling_type,) pupils per dwelling as a multiple of those stated."""
        return np.asarray(1 + self.mean[2 * len(self.nc_years) + 1 :])
