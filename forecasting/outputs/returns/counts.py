"""Counts of one January in every breakdown known: actual ones from the dataset, later ones from the forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.model.forecast import Forecast
from forecasting.model.run import Run
from forecasting.outputs.protect import Protected
from forecasting.outputs.returns.layout import Selection

BREAKDOWNS = (("need", "setting"), ("setting", "nc_year"), ("nc_year",), ("age_band",), ("need",), ("setting",), ())
_ACTUAL = (("need", "setting"), ("nc_year", "setting"), ("age", "setting"), ("age_band", "setting"), ("nc_year",),
           ("age",), ("age_band",), ("need",), ("setting",), ())  # fmt: skip
_TABLES = {
    "ehc_plans": ("ehc_plans", "plans", "year", 0), "requests": ("plan_flows", "requests", "calendar_year", 1),
    "assessments": ("plan_flows", "assessments", "calendar_year", 1),
    "new_plans": ("plan_flows", "new_plans", "calendar_year", 1),
}  # fmt: skip
_FIRST_POST_16 = 12  # Year 12
OPEN = "printed"  # column: whether another export of the same scenario prints the cell


@dataclass(frozen=True, eq=False)
class Counts:
    """One measure in one January.

    Attributes:
        year: January census year.
        actual: whether these are actual counts.
        frames: breakdowns known, richest first; columns are those of a selection, `value`, and `OPEN`.
    """

    year: int
    actual: bool
    frames: tuple[pd.DataFrame, ...]

    def frame_for(self, selections: tuple[Selection, ...]) -> int | None:
        """Return the number of the first breakdown that can answer every selection; None when none can."""
        wanted = {name for selection in selections for name in selection.wanted}
        able = (at for at, frame in enumerate(self.frames) if wanted <= set(frame.columns))
        return next(able, None)


def counts(run: Run, measure: str, year: int, shared: Protected | None = None) -> Counts:
    """Return the counts of a measure in a January: actual until the last known one, then the central forecast.

    Args:
        run: the forecast.
        measure: name of the measure.
        year: January census year.
        shared: the forecast as it is shared outside, for a return that is shared outside too; None for internal work.
    """
    frames = _actual(run.dataset, measure, year, shared)
    if frames:
        return Counts(year, True, tuple(frames))
    return Counts(year, False, tuple(_forecast(run.forecast, measure, year, shared)))


def _actual(dataset: Dataset, measure: str, year: int, shared: Protected | None) -> list[pd.DataFrame]:
    if measure not in _TABLES or year > dataset.base_year:
        return []
    table, value, time, later = _TABLES[measure]
    known = {column for column in dataset.table(table).columns}
    found = []
    for by in _ACTUAL:
        series = margin(dataset, table, value, *by, time=time) if set(by) <= known else pd.Series(dtype="float64")
        if series.empty or year - later not in series.index.get_level_values(0):
            continue
        rows = series.xs(year - later, level=0) if by else pd.Series([series.loc[year - later]])
        frame = rows.rename("value").reset_index() if by else pd.DataFrame({"value": rows})
        if "age" in frame:
            frame = frame.assign(nc_year=frame["age"].astype("int64") - 4).drop(columns="age")
        found.append(_described(_printed(frame, shared, measure, year)))
    return found


def _forecast(forecast: Forecast, measure: str, year: int, shared: Protected | None) -> list[pd.DataFrame]:
    whole = shared.whole if shared else forecast
    found = []
    for by in BREAKDOWNS:
        if whole.has(measure, *by):
            rows = whole.series(measure, *by)
            rows = rows.loc[rows["year"] == year].rename(columns={"central": "value"})
            if len(rows):
                found.append(_described(_printed(rows[[*by, "value"]], shared, measure, year)))
    fixed = [] if any({*frame.columns} >= {"setting"} for frame in found) else _by_fixed_setting(whole, measure, year)
    return [*fixed, *found]


def _printed(rows: pd.DataFrame, shared: Protected | None, measure: str, year: int) -> pd.DataFrame:
    """Return rows with whether the shared forecast prints them."""
    by = [name for name in rows.columns if name != "value"]
    if shared is None or not shared.forecast.has(measure, *by):
        return rows.assign(**{OPEN: False})
    known = shared.forecast.series(measure, *by)
    known = known.loc[(known["year"] == year) & known["central"].notna()]
    if not by:
        return rows.assign(**{OPEN: len(known) > 0})
    printed = pd.MultiIndex.from_frame(known[by].astype(str))
    return rows.assign(**{OPEN: pd.MultiIndex.from_frame(rows[by].astype(str)).isin(printed)})


def _by_fixed_setting(forecast: Forecast, measure: str, year: int) -> list[pd.DataFrame]:
    """Return counts by setting from margins held at one setting each, as the method `trend` gives them."""
    found = {
        dict(m.fixed)["setting"]: float(m.stats[0][m.labels[0].index(year)])
        for m in forecast.margins
        if m.measure == measure and not m.component and m.axes == ("year",) and year in m.labels[0]
        and dict(m.fixed).get("setting") in axes.SETTINGS.names and dict(m.fixed)["setting"] != "inmss"
    }  # fmt: skip
    return [pd.DataFrame({"setting": list(found), "value": list(found.values()), OPEN: False})] if found else []


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with what follows from their columns: age band from year group, side of post-16 from age band."""
    rows = rows.reset_index(drop=True)
    bands = axes.AGE_BANDS.codes
    first = np.array([int(band["first_nc_year"]) for band in bands])
    if "nc_year" in rows:
        years = rows["nc_year"].astype("int64")
        at = np.clip(np.searchsorted(first, years, side="right") - 1, 0, None)
        rows = rows.assign(nc_year=years, age_band=[bands[i].code for i in at])
    if "age_band" in rows:
        old = {band.code for band in bands if int(band["first_nc_year"]) >= _FIRST_POST_16}
        rows = rows.assign(post_16=rows["age_band"].isin(old))
    return rows
