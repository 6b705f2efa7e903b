"""A dataset's own past forecasts of pupils against what came, beside other authorities' published errors."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from forecasting.analysis.pupil_backtest import Placement, backtest_authority, place_among_authorities
from forecasting.axes import DATA
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.year_groups import year_groups, year_groups_lacking
from forecasting.model.pupil_tables import pupil_tables

QUICK = ("auto", "cohort_survival", "cohort_survival_damped", "mean_of_3_years", "constant_growth_own",
         "constant_growth_1pct")  # fmt: skip
LEAST_BEHIND = 4
ORIGINS = 6
HORIZONS = (1, 3)
DRAWS = 200


@lru_cache(maxsize=64)
def history_lacking(dataset: Dataset) -> str:
    """Return what a dataset lacks for trying methods on its own past; "" when nothing."""
    gap = year_groups_lacking(dataset)
    if gap:
        return gap
    if not dataset.has("births"):
        return "births (table births)"
    if not _origins(dataset):
        known = len(year_groups(dataset).dropna())
        return f"pupils by NC year for {LEAST_BEHIND + 1} Januaries in a row; {known} are complete"
    return ""


def _origins(dataset: Dataset) -> list[int]:
    """Return the Januaries to forecast from: the last few with four years behind them, complete, and one year after."""
    grid = year_groups(dataset)
    first, last = int(grid.index[0]), int(grid.index[-1])
    complete = {int(year) for year in grid.dropna().index}
    found = [y for y in range(first + LEAST_BEHIND - 1, last) if y in complete and y + 1 in complete]
    return found[-ORIGINS:]


@lru_cache(maxsize=16)
def past_forecasts(dataset: Dataset) -> pd.DataFrame:
    """Return the rows of `backtest_authority` for the quick methods, from each of the last few Januaries."""
    inputs = pupil_tables(dataset).inputs
    unit = dataset.about("authority_code") or dataset.name
    return backtest_authority(inputs, unit, QUICK, _origins(dataset), HORIZONS, DRAWS)


@lru_cache(maxsize=1)
def scorecards() -> pd.DataFrame:
    """Return the Department's scorecards: errors of authorities' own forecasts."""
    return pd.read_csv(DATA / "national" / "school_places_scorecards.csv")


def beside_authorities(errors: pd.DataFrame) -> tuple[Placement, ...]:
    """Return where a mean absolute error stands among authorities, for each phase and horizon of a summary.

    Args:
        errors: rows of `accuracy` of one method.
    """
    phases: tuple[Literal["primary", "secondary"], ...] = ("primary", "secondary")
    horizons: tuple[Literal[1, 3], ...] = (1, 3)
    held = errors.set_index(["phase", "horizon"])["mean_absolute_error"]
    found = ((phase, step, float(held.get((phase, step), np.nan))) for phase in phases for step in horizons)
    return tuple(place_among_authorities(scorecards(), error, phase, step)
                 for phase, step, error in found if not np.isnan(error))  # fmt: skip
