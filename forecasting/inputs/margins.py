"""Totals and margins of a dataset table in which a blank breakdown cell means "all".

A table may hold the total, the split by need and the split by setting side by side; adding all rows would count
children several times. So rows are grouped by which breakdowns they fill in, and one group is used.
"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.schema import BY_NAME

_NOT_BREAKDOWNS = frozenset({"source", "status"})


@lru_cache(maxsize=512)
def margin(dataset: Dataset, table: str, value: str, *axes: str, time: str = "year") -> pd.Series:
    """Return a table's values by time and axes, from the rows that answer the question most directly.

    Args:
        dataset: the dataset.
        table: table name.
        value: column to add up.
        axes: breakdowns wanted, for example "need".
        time: the column of time.

    Returns:
        Sums indexed by time and axes; for each time the rows used fill in all axes and as few other breakdowns as
        possible (unknown values, NaN, make the sum of their cell unknown). Empty when no rows fill in the axes.
    """
    frame = dataset.table(table)
    if frame.empty:
        return pd.Series(dtype="float64")
    others = [c for c in BY_NAME[table].key if c != time and c not in _NOT_BREAKDOWNS]
    filled = pd.DataFrame({c: ~(frame[c].isna() | frame[c].astype(str).eq("")) for c in others}, index=frame.index)
    wanted = filled[list(axes)].all(axis=1) if axes else pd.Series(data=True, index=frame.index)
    rows = frame.loc[wanted]
    if rows.empty:
        return pd.Series(dtype="float64")
    pattern = filled.loc[wanted].astype(int).astype(str).agg("".join, axis=1) if others else "0"
    rows = rows.assign(_extra=filled.loc[wanted].sum(axis=1) if others else 0, _pattern=pattern)
    best = rows.sort_values(["_extra", "_pattern"]).groupby(time)["_pattern"].first()
    rows = rows[rows["_pattern"].eq(rows[time].map(best))]
    return rows.groupby([time, *axes])[value].agg(lambda cells: cells.sum(skipna=False))


def total(dataset: Dataset, table: str, value: str, *, time: str = "year") -> pd.Series:
    """Return a table's totals by time; see `margin`."""
    return margin(dataset, table, value, time=time)
