"""What each method would have said of an authority's EHC plans from each past January, against what came."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.analysis import scoring
from forecasting.analysis.backtest import backtest
from forecasting.axes import DATA
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import total
from forecasting.inputs.national import ENGLAND, plans_by_authority
from forecasting.model.plan_totals import FIRST_HISTORY
from forecasting.model.trend_inputs import panel, unit_of

SHORTEST = 5  # years of plans below which there is no record to speak of
HORIZONS = (1, 2, 3, 4, 5)
TOTAL = ("total",)
METHODS = ("auto", "own_growth_3y", "last_value", "published_rate")


@dataclass(frozen=True, eq=False)
class TrackRecord:
    """The record of one authority.

    Attributes:
        actual: columns year, value: plans each January.
        cases: one row per method, origin and horizon whose target is known: columns of `backtest` and actual.
        scores: columns of `scoring.score`, and mae: mean absolute error in plans.
        england: columns year, value where the comparators have England; else empty.
    """

    actual: pd.DataFrame
    cases: pd.DataFrame
    scores: pd.DataFrame
    england: pd.DataFrame


def years_known(dataset: Dataset) -> int:
    """Return for how many Januaries, up to the base year, the dataset has the plans of the whole authority."""
    counts = total(dataset, "ehc_plans", "plans").dropna()
    return int((counts.index <= dataset.base_year).sum())


@lru_cache(maxsize=16)
def track_record(dataset: Dataset) -> TrackRecord | None:
    """Return the record, each forecast made from nothing later than its origin; None with too few years.

    The published rate is 1 % a year, simple, as in the assessment of 2017. Auto is the method that a backtest of
    totals chooses, which is `trend`, with the pool that the forecast has (`trend_inputs.panel`).
    """
    if years_known(dataset) < SHORTEST:
        return None
    unit = unit_of(dataset)
    found = panel(dataset)
    known = found[found["series"].isin(TOTAL)]
    mine, england = (known[known["unit"] == code] for code in (unit, ENGLAND))
    own = mine[["year", "value"]].sort_values("year")
    years = [int(year) for year in own["year"]]
    told = backtest(found, METHODS, years[FIRST_HISTORY - 1 : -1], HORIZONS, series=TOTAL)
    cases = scoring.cases(told[told["unit"] == unit], mine)
    error = (cases["mean"] - cases["actual"]).abs()
    size = error.groupby([cases["method"], cases["horizon"]]).mean().rename("mae").reset_index()
    scores = scoring.score(cases).merge(size, on=["method", "horizon"])
    return TrackRecord(own, cases, scores, england[["year", "value"]])


@lru_cache(maxsize=1)
def _afterwards() -> pd.DataFrame:
    return pd.read_csv(DATA / "national" / "rotherham_afterwards.csv", dtype={"authority_code": str})


def afterwards(dataset: Dataset) -> pd.DataFrame:
    """Return what happened after a published plan and what was said then: series, year, plans, source; may be empty."""
    rows = _afterwards()
    return rows[rows["authority_code"] == dataset.about("authority_code")].reset_index(drop=True)


@lru_cache(maxsize=16)
def told_then(dataset: Dataset) -> pd.DataFrame:
    """Return what auto would have said at each January from which a published figure was said, and until its year.

    Columns series, origin, year, value, low, high (80 % range); the count at the origin comes first. Made from the
    Department's counts of authorities and of England up to that January and nothing later. May be empty.
    """
    rows = afterwards(dataset)
    said = rows[rows["series"] != rows["series"].iloc[0]] if len(rows) else rows
    counts, unit = plans_by_authority(), dataset.about("authority_code")
    own = counts[(counts["unit"] == unit) & counts["series"].isin(TOTAL)]
    found = [pd.DataFrame(columns=["series", "origin", "year", "value", "low", "high"])]
    for origin, until in said.groupby("series")["year"].agg(["min", "max"]).drop_duplicates().to_numpy().tolist():
        told = backtest(counts, "auto", [origin], range(1, until - origin + 1), series=TOTAL)
        told = told[told["unit"] == unit].rename(columns={"mean": "value", "p10": "low", "p90": "high"})
        start = own[own["year"] == origin].assign(origin=origin, low=own["value"], high=own["value"])
        both = pd.concat([start, told], ignore_index=True).assign(series=f"this method, from January {origin}")
        found.append(both[list(found[0].columns)])
    return pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)


def growth(series: pd.DataFrame) -> float:
    """Return the mean yearly growth of a series (columns year, value) over its span, a fraction; NaN when unknown."""
    known = series.dropna().sort_values("year")
    if len(known) < 2:
        return float("nan")
    span = float(known["year"].iloc[-1] - known["year"].iloc[0])
    return float((known["value"].iloc[-1] / known["value"].iloc[0]) ** (1 / np.maximum(span, 1.0)) - 1)
