"""All EHC plans of an authority: which of two methods was nearer on its own past, and where that method leads.

The method `moves` knows who has a plan, `trend` and `age_flow` how many there will be: its totals are brought to theirs
by the level of joiners, so that children still add up in every draw and year (docs/method_moves.md, section 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import total
from forecasting.model import age_flow
from forecasting.model.job import Job
from forecasting.model.plan_inputs import (
    TREND_YEARS,
    age_flow_lacks,
    age_rates,
    age_world,
    panel,
    people_until,
    residents,
    trend_lacks,
    trend_world,
    unit_of,
)
from forecasting.model.trend import HALF, panel_from_long, trend
from forecasting.values import Floats

TREND, AGE_FLOW = "trend", "age_flow"
ORIGINS = 5  # past Januaries to forecast from
AHEAD = 3  # years ahead that are compared
LEAST_CASES = 6  # comparisons below which an authority's own past decides nothing


@dataclass(frozen=True)
class Nearer:
    """The method of totals that was nearer.

    Attributes:
        name: trend or age_flow; "" when neither can be used.
        why: in words.
    """

    name: str
    why: str


@lru_cache(maxsize=64)
def past_errors(dataset: Dataset) -> pd.DataFrame:
    """Return what both methods would have said of all plans from each of the last few Januaries, against what came.

    Columns origin, year and, by method, the log of forecast ÷ actual; only years that both methods reach. Each forecast
    uses nothing later than its origin. Residents of later years repeat those of the origin.
    """
    actual = total(dataset, "ehc_plans", "plans").dropna()
    found = []
    for origin in range(dataset.base_year - ORIGINS, dataset.base_year):
        years = [year for year in range(origin + 1, origin + AHEAD + 1) if year in actual.index]
        if origin not in actual.index or not years or int((actual.index <= origin).sum()) < TREND_YEARS:
            continue
        try:
            told = {TREND: _trend_from(dataset, origin), AGE_FLOW: _age_flow_from(dataset, origin)}
        except DatasetError:
            continue
        rows = pd.DataFrame({"origin": origin, "year": years})
        came = np.maximum(actual.loc[years].to_numpy(np.float64), HALF)
        at = [year - origin - 1 for year in years]
        found.append(rows.assign(**{name: np.log(np.maximum(path[at], HALF) / came) for name, path in told.items()}))
    columns = ["origin", "year", TREND, AGE_FLOW]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns, dtype=np.float64)


def _trend_from(dataset: Dataset, origin: int) -> Floats:
    frame = panel(dataset)
    known = panel_from_long(frame.loc[frame["year"] <= origin])
    return np.asarray(trend(known, "total", AHEAD).mean[known.units.index(unit_of(dataset))])


def _age_flow_from(dataset: Dataset, origin: int) -> Floats:
    people = residents(dataset)
    rates = age_rates(dataset, origin)
    years = range(rates.last_year + 1, rates.last_year + AHEAD + 1)
    known = people_until(people.loc[people["year"] <= origin], years, [])
    return np.asarray(age_flow.expected_by_age(rates, known, years).stock.sum(axis=1))


@lru_cache(maxsize=64)
def nearer(dataset: Dataset) -> Nearer:
    """Return the method of totals with the smaller mean error on the authority's own past.

    With too few comparisons `trend` is taken, which was nearer on the panel of published counts (docs/method_trend.md).
    """
    possible = [name for name, gap in ((TREND, trend_lacks(dataset)), (AGE_FLOW, age_flow_lacks(dataset))) if not gap]
    if len(possible) < 2:
        return Nearer(possible[0], "the only one that the tables allow") if possible else Nearer("", "")
    errors = past_errors(dataset)
    if len(errors) < LEAST_CASES:
        return Nearer(
            TREND, "nearer on the published counts of other authorities; this one has too short a past to tell"
        )
    mean = {name: float(errors[name].abs().mean()) for name in possible}
    best = min(possible, key=lambda name: mean[name])
    other = next(name for name in possible if name != best)
    told = f"mean error {mean[best]:.1%} against {mean[other]:.1%} for {other}"
    return Nearer(
        best, f"nearer on this authority's own past: {told}, {len(errors)} forecasts up to {AHEAD} years ahead"
    )


def growth(job: Job, name: str) -> Floats:
    """Return all plans relative to the base year without levers on new plans or ceasing, axes (run, year ahead).

    Args:
        job: gives the dataset, years, draws, seed and the lever on growth in England (which `trend` knows).
        name: trend or age_flow.
    """
    if name == TREND:
        runs = trend_world(job).runs
        return np.asarray(runs[:, 1:] / np.maximum(runs[:, :1], HALF))
    world = age_world(job)
    start = max(float(world.rates.stock.sum()), HALF)
    runs = age_flow.expected_by_age(world.rates, world.people, world.years).stock.sum(axis=1)[None]
    if job.draws:
        drawn = age_flow.simulate_by_age(world.rates, world.people, world.years, job.draws, job.seed)
        runs = np.concatenate([runs, drawn.stock.sum(axis=2)])
    return np.asarray(runs / start)
