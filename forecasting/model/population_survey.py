"""Forecasts of pupils laid out as the School Capacity survey (SCAP) asks for them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from forecasting.errors import MethodUnavailable
from forecasting.model.population import PupilForecast
from forecasting.model.population_inputs import PRIMARY, SECONDARY
from forecasting.periods import year_to_academic_year
from forecasting.whole_numbers import whole_numbers

SCAP_YEARS = {"primary": 5, "secondary": 7}


def scap_table(forecast: PupilForecast, phase: Literal["primary", "secondary"]) -> pd.DataFrame:
    """Return mainstream forecasts as in the School Capacity survey: academic years by year group.

    Whole pupils; each row is rounded by largest remainders, so that it sums to its total.

    Args:
        forecast: a forecast at least as long as the survey asks: 5 years for primary, 7 for secondary.
        phase: primary (Reception to Year 6) or secondary (Year 7 to 11).

    Returns:
        One row per academic year: academic_year, one column per year group, total.

    Raises:
        MethodUnavailable: the forecast is too short, or lacks a year group.
    """
    first, last = PRIMARY if phase == "primary" else SECONDARY
    wanted, needed = np.arange(first, last + 1), SCAP_YEARS[phase]
    if len(forecast.years) < needed or not np.isin(wanted, forecast.nc_years).all():
        raise MethodUnavailable(f"the {phase} table needs {needed} years and NC years {first} to {last}.")
    central = forecast.pupils[0, :needed][:, np.isin(forecast.nc_years, wanted)]
    whole = whole_numbers(central)
    table = pd.DataFrame(whole, columns=["Reception" if g == 0 else str(g) for g in wanted])
    table.insert(0, "academic_year", [year_to_academic_year(int(year)) for year in forecast.years[:needed]])
    table["total"] = whole.sum(axis=1)
    return table
