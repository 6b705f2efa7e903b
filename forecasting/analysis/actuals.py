"""A stored forecast against what came: error and range by need and setting, and the lever that best explains a drift.

error = forecast (central) − actual; in % of the actual. Inside: p10 ≤ actual ≤ p90. A drift is flagged where the count
of all plans lies outside its range or, where the forecast was stored without ranges, more than 5 % from it.

The lever that best explains it: each lever of EHC plans is moved by its plausible range in the earlier forecast, which
gives the response r of every cell (all plans, each need, each setting). Moved by k times as much it explains
1 − Σ w (e − k r)² ÷ Σ w e², with e = actual − forecast, w = 1 ÷ forecast (the variance of a count is near its size) and
k = Σ w e r ÷ Σ w r², which explains most (weighted least squares, one lever at a time).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.analysis.kept_runs import kept, seed_of
from forecasting.analysis.sensitivity import active, shifted
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.model.forecast import NoSuchMargin
from forecasting.model.run import Run
from forecasting.scenario.lever import Lever
from forecasting.scenario.plausible import span_of

MEASURE = "ehc_plans"
AXES = ("need", "setting")
DRIFT = 0.05  # of the actual, where a forecast has no range
_KEYS = ("component", "area", "nc_year", "age_band", "phase", "place", "provider")
Cell = tuple[str, str]  # axis ("" = all plans) and code


@dataclass(frozen=True)
class Scored:
    """One cell of a stored forecast against the actual.

    Attributes:
        axis: need or setting; "" for all plans.
        code: code along it.
        year: January census year.
        forecast: the central figure that was stored.
        low: its 10th percentile; equal to `high` without ranges.
        high: its 90th percentile.
        actual: what came.
    """

    axis: str
    code: str
    year: int
    forecast: float
    low: float
    high: float
    actual: float

    @property
    def error(self) -> float:
        """Return forecast less actual, plans."""
        return self.forecast - self.actual

    @property
    def share(self) -> float:
        """Return the error as a fraction of the actual; NaN where nobody came."""
        return self.error / self.actual if self.actual else float("nan")

    @property
    def inside(self) -> bool | None:
        """Return whether the actual lies in the range; None where there is none."""
        return None if self.low == self.high else self.low <= self.actual <= self.high

    @property
    def drifted(self) -> bool:
        """Return whether it is outside its range, or far off without one."""
        return abs(self.share) > DRIFT if self.inside is None else not self.inside


@dataclass(frozen=True)
class Suspect:
    """A lever as an explanation of a drift: what it would have had to be, and how much of the error that explains."""

    lever: Lever
    value: float
    now: float
    explains: float


def score(stored: pd.DataFrame, dataset: Dataset, since: int) -> tuple[Scored, ...]:
    """Return every cell of a stored forecast table whose actual is known: all plans, then by need and by setting.

    Args:
        stored: a forecast table (columns of the contract).
        dataset: a newer dataset of the same authority.
        since: base year of the stored forecast; later Januaries are scored.
    """
    rows = stored[(stored["measure"] == MEASURE) & (stored["year"] > since)]
    rows = rows[(rows[[*_KEYS]].fillna("") == "").all(axis=1)].fillna({"need": "", "setting": ""})
    actual = _actual(dataset)
    found = []
    for row in rows.to_dict("records"):
        filled = [axis for axis in AXES if row[axis]]
        if len(filled) > 1:
            continue
        axis = filled[0] if filled else ""
        code, year = (str(row[axis]) if axis else ""), int(row["year"])
        if (axis, code, year) in actual:
            central, low, high = (float(row[name]) for name in ("central", "p10", "p90"))
            found.append(Scored(axis, code, year, central, low, high, actual[axis, code, year]))
    return tuple(sorted(found, key=lambda one: (one.year, ("", *AXES).index(one.axis), -one.actual)))


def base_year(stored: pd.DataFrame, earlier: Dataset | None) -> int:
    """Return the base year of a stored forecast: that of its data, else the last January without a range of its own."""
    if earlier is not None:
        return earlier.base_year
    whole = (stored[[*_KEYS, *AXES]].fillna("") == "").all(axis=1)
    rows = stored[(stored["measure"] == MEASURE) & whole & stored["year"].notna()]
    still = rows.loc[rows["p10"] == rows["p90"], "year"]
    ranged = rows.loc[rows["p10"] < rows["p90"], "year"]
    return int(still.max()) if len(still) and len(ranged) else int(rows["year"].min())


def _actual(dataset: Dataset) -> dict[tuple[str, str, int], float]:
    whole = total(dataset, MEASURE, "plans").dropna()
    found = {("", "", int(year)): float(plans) for year, plans in whole.items()}  # type: ignore[call-overload]
    for axis in AXES:
        cells = margin(dataset, MEASURE, "plans", axis).dropna()
        years, codes = (cells.index.get_level_values(level).tolist() for level in (0, 1)) if len(cells) else ([], [])
        for year, code, plans in zip(years, codes, cells.tolist(), strict=True):
            found[axis, str(code), int(year)] = float(plans)
    return found


def suspects(scored: tuple[Scored, ...], earlier: Run) -> tuple[Suspect, ...]:
    """Return the levers of EHC plans that could explain the errors of the last scored year, the best first.

    Args:
        scored: cells of the stored forecast.
        earlier: the stored forecast made again from its own data: central run, same scenario and method.
    """
    if not scored:
        return ()
    year = max(one.year for one in scored)
    cells = [one for one in scored if one.year == year]
    error = np.array([one.actual - one.forecast for one in cells])
    weight = 1.0 / np.maximum([one.forecast for one in cells], 1.0)
    whole = float((weight * error**2).sum())
    present = _figures(earlier, cells)
    found = []
    for lever, now, distance in _candidates(earlier):
        scenario = earlier.scenario.with_changes(shifted(earlier, lever, "", distance))
        told = earlier.forecast
        there = kept(earlier.dataset, scenario, told.years[-1], told.method, 0, seed_of(earlier))
        response = _figures(there, cells) - present
        size = float((weight * response**2).sum())
        if size > 1e-9 and whole > 0:
            times = float((weight * error * response).sum()) / size
            left = float((weight * (error - times * response) ** 2).sum())
            value = float(np.clip(now + times * distance, lever.low, lever.high))
            found.append(Suspect(lever, value, now, max(1.0 - left / whole, 0.0)))
    return tuple(sorted(found, key=lambda one: -one.explains))


def _candidates(earlier: Run) -> Iterator[tuple[Lever, float, float]]:
    """Yield the levers that move EHC plans, the value in force and the distance to the high end of their range."""
    for control in active(earlier):
        lever = control.lever
        span = span_of(lever, "", earlier.assumptions) if not control.key and MEASURE in lever.moves else None
        now = earlier.assumptions.number(lever.name) if span else None
        if span is not None and now is not None and span.high > now:
            yield lever, now, span.high - now


def _figures(of: Run, cells: list[Scored]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    def one(cell: Scored) -> float:
        try:
            return of.forecast.value(MEASURE, cell.year, **({cell.axis: cell.code} if cell.axis else {}))
        except NoSuchMargin:
            return float("nan")

    found = np.array([one(cell) for cell in cells])
    return np.where(np.isnan(found), 0.0, found)
