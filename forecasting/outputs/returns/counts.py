"""Counts of one January in every breakdown known: actual ones from the dataset, later ones from the forecast.

What the forecast does not give is made from the last January's shares and the last calendar years' rates; breakdowns
made so carry a note of what was assumed, and a table uses them only where its layout accepts that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.model.forecast import Forecast
from forecasting.model.run import Run
from forecasting.outputs import words
from forecasting.outputs.protect import Protected
from forecasting.outputs.returns.flows import flow
from forecasting.outputs.returns.held import held
from forecasting.outputs.returns.layout import Selection

BREAKDOWNS = (("need", "setting"), ("setting", "nc_year"), ("nc_year",), ("age_band",), ("need",), ("setting",), ())
_ACTUAL = (("need", "setting"), ("nc_year", "setting"), ("age", "setting"), ("age_band", "setting"), ("nc_year",),
           ("age",), ("age_band",), ("need",), ("setting",), ())  # fmt: skip
_TABLES = {
    "ehc_plans": ("ehc_plans", "plans", "year", 0), "requests": ("plan_flows", "requests", "calendar_year", 1),
    "assessments": ("plan_flows", "assessments", "calendar_year", 1),
    "new_plans": ("plan_flows", "new_plans", "calendar_year", 1),
}  # fmt: skip
_SHARES = {"need": "need", "setting": "setting", "nc_year": "age", "age_band": "age"}  # axis → its name for a reader
_FIRST_POST_16 = 12  # Year 12
_Made = tuple[pd.DataFrame, tuple[str, ...]]
OPEN = "printed"  # column: whether another export of the same scenario prints the cell


@dataclass(frozen=True, eq=False)
class Counts:
    """One measure in one January.

    Attributes:
        year: January census year.
        actual: whether these are actual counts.
        frames: breakdowns known, richest first; columns are those of a selection, `value`, and `OPEN`.
        notes: along breakdowns; what was assumed in making one, nothing where it is counted or forecast.
        recorded: settings that the data or the forecast name; others are not known, rather than empty.
    """

    year: int
    actual: bool
    frames: tuple[pd.DataFrame, ...]
    notes: tuple[tuple[str, ...], ...]
    recorded: frozenset[str]

    def frame_for(self, selections: tuple[Selection, ...], assume: bool = True) -> int | None:
        """Return the number of the first breakdown that can answer every selection; None when none can.

        Args:
            selections: what is asked for.
            assume: whether a breakdown that rests on an assumption will do.
        """
        wanted = {name for selection in selections for name in selection.wanted}
        able = (at for at, frame in enumerate(self.frames)
                if wanted <= set(frame.columns) and (assume or not self.notes[at]))  # fmt: skip
        return next(able, None)


def counts(run: Run, measure: str, year: int, shared: Protected | None = None, rates: int = 0) -> Counts:
    """Return the counts of a measure in a January: actual until the last known one, then the central forecast.

    Args:
        run: the forecast.
        measure: name of the measure.
        year: January census year.
        shared: the forecast as it is shared outside, for a return that is shared outside too; None for internal work.
        rates: calendar years whose rates stand in for a flow that is not forecast; 0 = none.
    """
    recorded = settings_recorded(run)
    actual = _actual(run.dataset, measure, year, shared)
    if actual:
        return Counts(year, True, actual, ((),) * len(actual), recorded)
    given = _forecast(run.forecast, measure, year, shared)
    made = [*_held(run, measure, given, shared), *(_flow(run, measure, year, shared, rates) if not given else [])]
    frames, notes = (*given, *(frame for frame, _ in made)), (*((),) * len(given), *(note for _, note in made))
    return Counts(year, False, frames, notes, recorded)


def settings_recorded(run: Run) -> frozenset[str]:
    """Return the settings that the data name in any year, or the forecast in some number."""
    found = set(run.dataset.table("ehc_plans")["setting"]) if run.dataset.has("ehc_plans") else set()
    if run.forecast.has("ehc_plans", "setting"):
        rows = run.forecast.series("ehc_plans", "setting")
        found |= set(rows.loc[rows["central"] > 0, "setting"])
    return frozenset(found & set(axes.SETTINGS.names))


def _held(run: Run, measure: str, given: list[pd.DataFrame], shared: Protected | None) -> list[_Made]:
    """Return breakdowns made from the shares of the last January, each with what it assumes."""
    last = run.dataset.base_year
    found = []
    for made in held(lambda: _actual(run.dataset, measure, last, shared), given):
        there = any(name in frame.columns for name in made.by for frame in given)
        what = words.join([*dict.fromkeys(_SHARES[name] for name in made.by)])
        note = f"plans by {what}{' together' if there else ''} are not forecast; the shares of January {last} are held"
        names = words.join([axes.SETTINGS.label(label) for label in made.borrowed])
        more = (
            [f"those of all children stand in for {names}, where there was nobody in January {last}"] if names else []
        )
        found.append((_described(made.rows.assign(**{OPEN: False})), (note, *more)))
    return found


def _flow(run: Run, measure: str, year: int, shared: Protected | None, rates: int) -> list[_Made]:
    found = flow(run.dataset, shared.whole if shared else run.forecast, measure, year, rates) if rates else None
    if found is None:
        return []
    # Who reads the ratio to new plans, which is listed as assumed, knows the total: no band may be told by the others.
    whole = pd.DataFrame({"value": [found.rows["value"].sum()], OPEN: [True]})
    return [(_described(found.rows.assign(**{OPEN: False})), found.notes), (whole, found.notes)]


@lru_cache(maxsize=16)  # datasets are frozen; the last January is asked for again with each later one
def _actual(dataset: Dataset, measure: str, year: int, shared: Protected | None) -> tuple[pd.DataFrame, ...]:
    if measure not in _TABLES or year > dataset.base_year:
        return ()
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
    return tuple(found)


def _forecast(forecast: Forecast, measure: str, year: int, shared: Protected | None) -> list[pd.DataFrame]:
    whole = shared.whole if shared else forecast
    found = []
    for by in BREAKDOWNS:
        rows = _january(whole, measure, by, year)
        if len(rows):
            found.append(_described(_printed(rows, shared, measure, year)))
    fixed = [] if any({*frame.columns} >= {"setting"} for frame in found) else _by_fixed_setting(whole, measure, year)
    return [*fixed, *found]


def _printed(rows: pd.DataFrame, shared: Protected | None, measure: str, year: int) -> pd.DataFrame:
    """Return rows with whether the shared forecast prints them."""
    by = tuple(name for name in rows.columns if name != "value")
    if shared is None or not shared.forecast.has(measure, *by):
        return rows.assign(**{OPEN: False})
    known = _january(shared.forecast, measure, by, year).dropna()
    if not by:
        return rows.assign(**{OPEN: len(known) > 0})
    printed = pd.MultiIndex.from_frame(known[[*by]].astype(str))
    return rows.assign(**{OPEN: pd.MultiIndex.from_frame(rows[[*by]].astype(str)).isin(printed)})


def _january(forecast: Forecast, measure: str, by: tuple[str, ...], year: int) -> pd.DataFrame:
    """Return the central counts of one January by some axes, with `value`; no rows where there are none."""
    margin = forecast.margin(measure, *by) if forecast.has(measure, *by) else None
    if margin is None or year not in margin.labels[0]:
        return pd.DataFrame(columns=[*by, "value"])
    values = margin.stats[0][margin.labels[0].index(year)]
    grid = np.indices(values.shape).reshape(values.ndim, values.size)
    names = {name: np.asarray(labels, dtype=object)[at]
             for name, labels, at in zip(margin.axes[1:], margin.labels[1:], grid, strict=True)}  # fmt: skip
    return pd.DataFrame({**names, "value": values.ravel()})[[*by, "value"]]


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
    """Return rows with what follows from their columns: age bands from year group, side of post-16 from age band."""
    rows = rows.reset_index(drop=True)
    bands = axes.AGE_BANDS.codes
    first = np.array([int(band["first_nc_year"]) for band in bands])
    if "nc_year" in rows:
        years = rows["nc_year"].astype("int64")
        band, turned = (np.clip(np.searchsorted(first, years + older, side="right") - 1, 0, None) for older in (0, 1))
        names = np.array([each.code for each in bands], dtype=object)
        rows = rows.assign(nc_year=years, age_band=names[band], age_turned=names[turned])
    if "age_band" in rows:
        old = {band.code for band in bands if int(band["first_nc_year"]) >= _FIRST_POST_16}
        rows = rows.assign(post_16=rows["age_band"].isin(old))
    return rows
