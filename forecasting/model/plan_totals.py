"""All EHC plans of an authority: which of two methods was nearer on its own past, and where that method leads.

The method `moves` knows who has a plan, `trend` and `age_flow` how many there will be: its totals are brought to theirs
by the level of joiners, so that children still add up in every draw and year (docs/method_moves.md, section 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.axes import DATA
from forecasting.errors import DatasetError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import total
from forecasting.model import age_flow, age_flow_draws
from forecasting.model.job import Job
from forecasting.model.plan_inputs import age_flow_lacks, age_rates, age_world, people_until, residents
from forecasting.model.trend import trend
from forecasting.model.trend_inputs import panel, trend_lacks, trend_world, unit_of
from forecasting.model.trend_panel import HALF, panel_from_long
from forecasting.values import Floats

TREND, AGE_FLOW = "trend", "age_flow"
FIRST_HISTORY = 3  # years known at the first origin of a trial on the authority's own past
ORIGINS = 5  # past Januaries to forecast from
AHEAD = 3  # years ahead that are compared
PUBLISHED_WEIGHT = 6  # forecasts of its own that weigh as much as the errors measured on other authorities


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
        if origin not in actual.index or not years or int((actual.index <= origin).sum()) < FIRST_HISTORY:
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
    known = panel_from_long(frame[frame["year"] <= origin])
    return np.asarray(trend(known, "total", AHEAD).mean[known.units.index(unit_of(dataset))])


def _age_flow_from(dataset: Dataset, origin: int) -> Floats:
    people = residents(dataset)
    rates = age_rates(dataset, origin)
    years = range(rates.last_year + 1, rates.last_year + AHEAD + 1)
    known = people_until(people[people["year"] <= origin], years, [])
    return np.asarray(age_flow.expected_by_age(rates, known, years).stock.sum(axis=1))


@lru_cache(maxsize=1)
def measured_elsewhere() -> pd.Series:
    """Return the mean error of each method one to three years ahead on the published counts of other authorities."""
    table = pd.read_csv(DATA / "national" / "method_errors.csv")
    ahead = np.arange(1, AHEAD + 1)
    rows = {
        str(name): np.interp(ahead, part["years_ahead"], part["error"]).mean() for name, part in table.groupby("method")
    }
    return pd.Series(rows)


@lru_cache(maxsize=64)
def nearer(dataset: Dataset) -> Nearer:
    """Return the method of totals with the smaller mean error: on the authority's own past, shrunk to what is known.

    error = (Σ own errors + w · error elsewhere) ÷ (n + w), with n forecasts of its own and w = `PUBLISHED_WEIGHT`: a
    few forecasts that overlap say little by themselves.
    """
    possible = [name for name, gap in ((TREND, trend_lacks(dataset)), (AGE_FLOW, age_flow_lacks(dataset))) if not gap]
    if len(possible) < 2:
        return Nearer(possible[0], "the only one that the tables allow") if possible else Nearer("", "")
    errors, elsewhere = past_errors(dataset), measured_elsewhere()
    own, n = errors[possible].abs().sum(), len(errors)
    score = (own + PUBLISHED_WEIGHT * elsewhere[possible]) / (n + PUBLISHED_WEIGHT)
    best, other = score.sort_values(kind="stable").index
    here = f"on its own past {own[best] / n:.1%} against {own[other] / n:.1%}, {n} forecasts; " if n else ""
    return Nearer(str(best), f"smaller mean error up to {AHEAD} years ahead than {other} ({here}on other authorities "
                             f"{elsewhere[best]:.1%} against {elsewhere[other]:.1%})")  # fmt: skip


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
        drawn = age_flow_draws.simulate_by_age(world.rates, world.people, world.years, job.draws, job.seed)
        runs = np.concatenate([runs, drawn.stock.sum(axis=2)])
    return np.asarray(runs / start)
