"""Tables about all children: births, population, pupils, housing and pupil yields."""

from __future__ import annotations

import numpy as np
import pandas as pd
from plans import SOURCE, phase

AREAS = {"North": 0.31, "Central": 0.42, "South": 0.27}
BASE, LAST = 2025, 2035
FIRST = 2019
_ON_ROLL = {-2: 0.18, -1: 0.62, 12: 0.46, 13: 0.41, 14: 0.05}
_SHIFT = {"North": 0.004, "Central": 0.0, "South": -0.002}


def births_of(rng: np.random.Generator) -> dict[int, int]:
    """Return births by academic year: a rise to 2012, a fall after it, flat from 2026 (a projection)."""
    years = range(1994, LAST + 1)
    made = {}
    for year in years:
        trend = 3350 + 60 * (year - 2003) if year <= 2012 else 3890 - 62 * (min(year, 2026) - 2012)
        made[year] = round(max(trend, 3000) * (0.99 + 0.02 * rng.random()))
    return made


def births(by_year: dict[int, int]) -> pd.DataFrame:
    """Return births by area, up to the last year known."""
    rows = [(year, area, round(count * share)) for year, count in by_year.items() if 2004 <= year <= BASE - 1
            for area, share in AREAS.items()]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", "area", "births"]).assign(source=SOURCE)


def people(by_year: dict[int, int], year: int, nc_year: int) -> int:
    """Return residents of a year group: births, and a few more families moving in than out each year."""
    return round(by_year[year - 5 - nc_year] * (1 + 0.004 * (nc_year + 4)))


def population(by_year: dict[int, int]) -> pd.DataFrame:
    """Return residents by National Curriculum year, actual and projected."""
    rows = [
        (year, nc, people(by_year, year, nc), "actual" if year <= BASE else "projection")
        for year in range(FIRST, LAST + 1) for nc in range(-4, 22) if year - 5 - nc in by_year
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", "nc_year", "people", "status"]).assign(source=SOURCE)


def pupils(by_year: dict[int, int]) -> pd.DataFrame:
    """Return pupils on roll by area and National Curriculum year."""
    rows = []
    for year in range(FIRST, BASE + 1):
        for nc in range(-2, 15):
            here = people(by_year, year, nc) * _ON_ROLL.get(nc, 0.95)
            for area, share in AREAS.items():
                rows.append((year, area, phase(nc), nc, round(here * (share + _SHIFT[area] * (year - FIRST) / 6))))
    return pd.DataFrame(rows, columns=["year", "area", "phase", "nc_year", "pupils"]).assign(source=SOURCE)


def housing(rng: np.random.Generator) -> pd.DataFrame:
    """Return dwellings by area and kind, completed and expected."""
    sizes = {"house": 260, "flat": 110}
    rows = [
        (year, area, kind, round(size * share * (0.7 + 0.6 * rng.random())))
        for year in range(2022, LAST + 1) for area, share in AREAS.items() for kind, size in sizes.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", "area", "dwelling_type", "dwellings"]).assign(source=SOURCE)


def pupil_yields() -> pd.DataFrame:
    """Return children per new dwelling."""
    rates = {"house": (0.05, 0.28, 0.17, 0.03), "flat": (0.02, 0.07, 0.03, 0.005)}
    rows = [
        (kind, name, value, round(value * 0.06, 4))
        for kind, values in rates.items()
        for name, value in zip(("early_years", "primary", "secondary", "post_16"), values, strict=True)
    ]
    columns = ["dwelling_type", "phase", "pupils_per_dwelling", "ehc_plans_per_dwelling"]
    return pd.DataFrame(rows, columns=columns).assign(source=SOURCE)
