"""National counts that come with the product: what stands in where an authority's own are not known."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from forecasting.axes import DATA


@lru_cache(maxsize=1)
def _totals() -> pd.DataFrame:
    return pd.read_csv(DATA / "national" / "totals_by_year.csv").set_index("year").sort_index()


def england_until(january: int) -> pd.DataFrame:
    """Return England's plans and flows that were over by a January, by year; Department for Education.

    Columns ehc_plans (January of the year) and new_plans, ceased, requests, assessments, in_progress (of the calendar
    year, blank from the year of that January on). Counts.
    """
    found = _totals().loc[lambda table: table.index <= january].copy()
    flows = [column for column in found.columns if column not in ("ehc_plans", "source")]
    found.loc[found.index >= january, flows] = float("nan")
    return found
