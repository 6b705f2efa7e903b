"""Unmitigated and mitigated: their figures along years, and the rows of both under each other."""

from __future__ import annotations

import pandas as pd

from forecasting.axes import STATISTICS
from forecasting.model.run import Run
from forecasting.values import Floats

CASES = ("Unmitigated", "Mitigated")
SOURCE = "docs/method_costs.md"


def path(run: Run, measure: str, statistic: str = "central", **at: str) -> tuple[tuple[int, ...], Floats]:
    """Return the years and the figures of a measure along them, of one statistic."""
    found = run.forecast.margin(measure, **at)
    years = tuple(int(year) for year in found.labels[0])
    return years, found.stats[STATISTICS.index(statistic)]


def side_by_side(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of the same years as one, both cases of a year under each other."""
    found = pd.concat([frame.assign(order=range(len(frame))) for frame in frames], ignore_index=True)
    return found.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
