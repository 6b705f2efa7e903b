"""A lever's values by year, as a small table to fill in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecasting.scenario.controls import Control, to_screen
from forecasting.scenario.moves import by_year

YEAR = "Year"


def years(of_forecast: Sequence[int]) -> tuple[int, ...]:
    """Return the years in which a change may come in: those after the base year."""
    return tuple(of_forecast[1:])


def since(year: int | str) -> str:
    """Return a start in words."""
    return f"from January {year}" if isinstance(year, int) else year


def frame(control: Control, axis: Sequence[int]) -> pd.DataFrame:
    """Return the values that are set, by year, on screen's scale; blank where none begins."""
    found = by_year(control.changes)
    shown = [to_screen(control.lever, found.get(year)) for year in axis]
    suffix = f", {control.suffix}" if control.suffix else ""
    values = pd.Series(shown, dtype="Float64").astype(float)
    return pd.DataFrame({YEAR: [str(year) for year in axis], f"Value{suffix}": values})


def values(filled: pd.DataFrame) -> dict[int, float]:
    """Return the values filled in, by year."""
    found = zip(filled[YEAR], filled.iloc[:, 1], strict=True)
    return {int(year): float(value) for year, value in found if pd.notna(value)}
