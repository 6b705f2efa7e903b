"""Pupils on roll by January and NC year, as far as a dataset has them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.values import Floats

RECEPTION = 0
LEAST_YEARS = 2


@lru_cache(maxsize=64)
def year_groups(dataset: Dataset) -> pd.DataFrame:
    """Return pupils by January (rows, consecutive, to the base year) and NC year (columns); NaN where not known.

    Planning areas are summed. Year groups that the last January no longer has, below the lowest or above the highest
    that it has, are left out. Empty without pupils by NC year.
    """
    found = margin(dataset, "pupils", "pupils", "nc_year")
    if found.empty:
        return pd.DataFrame()
    grid = found.rename("pupils").reset_index().pivot_table("pupils", "year", "nc_year")  # one cell each: unknown stays
    grid = grid[grid.index <= dataset.base_year].dropna(how="all").sort_index(axis=1)
    if grid.empty:
        return pd.DataFrame()
    grid.index, grid.columns = grid.index.astype("int64"), grid.columns.astype("int64")
    known = grid.columns[grid.iloc[-1].notna()]
    grid = grid.loc[:, (grid.columns >= known.min()) & (grid.columns <= known.max())]
    return grid.reindex(index=_every(grid.index), columns=_every(grid.columns))


def _every(labels: pd.Index) -> pd.RangeIndex:
    return pd.RangeIndex(int(labels.min()), int(labels.max()) + 1)


@lru_cache(maxsize=64)
def year_groups_lacking(dataset: Dataset) -> str:
    """Return what a dataset lacks for following year groups from January to January; "" when nothing."""
    grid = year_groups(dataset)
    if grid.empty:
        return "pupils by NC year (table pupils)"
    last = int(grid.index[-1])
    if grid.notna().any(axis=1).sum() < LEAST_YEARS:
        return f"pupils by NC year for {LEAST_YEARS} years; only {last} is known"
    gaps = [int(group) for group in grid.columns[grid.iloc[-1].isna()]]
    if gaps or RECEPTION not in grid:
        return f"pupils of NC year {', '.join(str(group) for group in gaps or [RECEPTION])} in {last}"
    pairs, first = grid.to_numpy(np.float64), int(grid.columns[0])
    above = range(RECEPTION - first + 1, grid.shape[1])
    unknown = [first + at for at in above if not _followed(pairs, at)]
    return f"two Januaries in a row of NC years {unknown[0] - 1} and {unknown[0]}" if unknown else ""


def _followed(pupils: Floats, at: int) -> bool:
    """Return whether some January has the year group and the one before has the group below, not empty."""
    return bool((~np.isnan(pupils[1:, at]) & (pupils[:-1, at - 1] > 0)).any())
