"""Yearly counts of many authorities as arrays: the panel, logarithms, gaps, England's growth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.values import Floats

COVARIATES = ("new_plans", "requests", "pupils")

HALF = 0.5  # added to each count before the logarithm, so that 0 is allowed (Anscombe 1948)


@dataclass(frozen=True)
class TrendPanel:
    """Yearly counts of authorities up to and including the origin, and nothing later.

    counts: series -> array (unit, year), children, NaN = not known. context: series -> (year,), England.
    regions: the region name of each unit, "" = not known. region_context: region -> series -> (year,).
    years are consecutive January census years; the last one is the origin.
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    counts: Mapping[str, Floats]
    context: Mapping[str, Floats]
    regions: tuple[str, ...]
    region_context: Mapping[str, Mapping[str, Floats]]

    @property
    def origin(self) -> int:
        """The last January census year in the panel."""
        return self.years[-1]

    def upto(self, year: int) -> TrendPanel:
        """Return the panel as it stood at January `year`: later columns are not in the result at all."""
        n = sum(y <= year for y in self.years)
        return TrendPanel(
            self.units,
            self.years[:n],
            {s: v[:, :n] for s, v in self.counts.items()},
            {s: v[:n] for s, v in self.context.items()},
            self.regions,
            {r: {s: v[:n] for s, v in c.items()} for r, c in self.region_context.items()},
        )


def is_context(unit: str) -> bool:
    """Tell whether `unit` is England (ENG, E92…) or a region (E12…): context, never a row of the output."""
    return unit == "ENG" or unit.startswith(("E12", "E92"))


def panel_from_long(frame: pd.DataFrame) -> TrendPanel:
    """Turn a long table into arrays, independent of the order of its rows.

    Args:
        frame: columns unit, year, series, value (counts; NaN = not known) and optionally region.

    Returns:
        The panel with units sorted by code and years without gaps; ENG and E12… as context.

    Raises:
        ValueError: two values for one unit, year and series, or a negative value.
    """
    known = frame.dropna(subset=["value"])
    if known.duplicated(["unit", "year", "series"]).any():
        raise ValueError("panel: two values for one unit, year and series")
    if (known["value"] < 0).any():
        raise ValueError("panel: a count is negative")
    years = tuple(range(int(known["year"].min()), int(known["year"].max()) + 1)) if len(known) else ()
    codes = known["unit"].astype(str)
    units = tuple(sorted({u for u in codes if not is_context(u)}))
    wide = {str(series): _wide(part, years) for series, part in known.assign(unit=codes).groupby("series")}
    values = {s: w.reindex(list(units)).to_numpy(float) for s, w in wide.items()}
    england = {s: w.loc["ENG"].to_numpy(float) for s, w in wide.items() if "ENG" in w.index}
    regional = {
        r: {s: w.loc[r].to_numpy(float) for s, w in wide.items() if r in w.index}
        for r in sorted(set(codes))
        if r.startswith("E12")
    }
    return TrendPanel(units, years, values, england, _regions(known, units), regional)


def _wide(part: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """One series as a table of units by consecutive years; a pivot, since two values never meet."""
    wide = part.set_index(["unit", "year"])["value"].unstack("year")  # noqa: PD010
    return wide.reindex(columns=list(years))


def _regions(known: pd.DataFrame, units: tuple[str, ...]) -> tuple[str, ...]:
    """Give the region of each unit, the one named latest; "" where the panel has none."""
    if "region" not in known.columns:
        return ("",) * len(units)
    named = known.dropna(subset=["region"]).sort_values(["year", "series"])
    region = dict(zip(named["unit"].astype(str), named["region"].astype(str), strict=True))
    return tuple(region.get(u, "") for u in units)


def targets(panel: TrendPanel) -> list[str]:
    """Return the series that are forecast: all but the covariates, in order of name."""
    return sorted(s for s in panel.counts if s not in COVARIATES)


def filled_logs(counts: Floats) -> Floats:
    """Return the log of counts (unit, year) with gaps between two known years bridged in a straight line."""
    logs = np.log(counts + HALF)
    known = np.isfinite(logs)
    place = np.broadcast_to(np.arange(logs.shape[1]), logs.shape)
    before = np.maximum.accumulate(np.where(known, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, place, logs.shape[1])[:, ::-1], axis=1)[:, ::-1]
    inside = (before >= 0) & (after < logs.shape[1]) & ~known
    row = np.arange(logs.shape[0])[:, None]
    lo, hi = np.where(inside, before, 0), np.where(inside, after, 0)
    share = (place - lo) / np.maximum(hi - lo, 1)
    bridged = logs[row, lo] * (1 - share) + logs[row, hi] * share
    return np.where(inside, bridged, logs)


def chained_growth(logs: Floats) -> Floats:
    """Return the log growth (year − 1,) of the sum over the units known in both years; 0 where none is."""
    level = np.exp(logs)
    both = np.isfinite(level[:, 1:]) & np.isfinite(level[:, :-1])
    new = np.where(both, level[:, 1:], 0.0).sum(axis=0)
    old = np.where(both, level[:, :-1], 0.0).sum(axis=0)
    return np.log(np.where(new > 0, new, 1.0) / np.where(old > 0, old, 1.0))


def national_growth(panel: TrendPanel, series: str) -> Floats:
    """Return the log growth (year − 1,) of England; of the pool of units where England is not known."""
    pool = chained_growth(filled_logs(panel.counts[series]))
    if series not in panel.context:
        return pool
    growth = np.diff(filled_logs(panel.context[series][None, :])[0])
    return np.where(np.isfinite(growth), growth, pool)
