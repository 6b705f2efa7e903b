"""Plans and residents by single age, from the tables of an authority and the national age shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.values import Floats, Whole


def split_bands(plans: Floats, first: Whole, last: Whole, nc_years: Whole, shape: Floats) -> Floats:
    """Split plans by age band into single NC years, smoothly.

    The log ratio of local to national plans of each band is interpolated linearly between the middles of
    the bands, applied to the national shape, and each band is then scaled to its own total. With a flat ratio
    this is the national shape; between two different neighbours the step is spread over the ages between.

    Args:
        plans: plans by band, axis (band), people.
        first: first NC year of each band, axis (band).
        last: last NC year of each band, axis (band).
        nc_years: NC years wanted, axis (n).
        shape: national plans by NC year (any scale), axis (n).

    Returns:
        Plans by NC year, axis (n), people; the bands add up exactly.

    Raises:
        ValueError: a band with plans has no national plans at its ages.
    """
    inside = (nc_years >= first[:, None]) & (nc_years <= last[:, None])
    national = inside @ shape
    if np.any((plans > 0) & (national <= 0)):
        raise ValueError("a band with plans has no ages in the national shape")
    ratio = np.log((plans + 0.5) / (national + 0.5))
    middle = (inside * shape) @ nc_years / np.maximum(national, 1e-12)
    order = np.argsort(middle)
    smooth = shape * np.exp(np.interp(nc_years, middle[order], ratio[order]))
    scale = np.divide(plans, inside @ smooth, out=np.zeros(len(plans)), where=plans > 0)
    return np.asarray(smooth * (inside.T @ scale))


def plans_by_age(plans: pd.DataFrame, bands: pd.DataFrame, shapes: pd.DataFrame, nc_years: Whole) -> dict[int, Floats]:
    """Plans by year and single NC year, from single ages or from bands.

    Args:
        plans: column year, plans, and one of nc_year, age (NC year + 4) or age_band. A blank band is a total:
            used only in a year without bands, with the age mix of the nearest year that has them.
        bands: columns code, first_nc_year, last_nc_year.
        shapes: national shapes, columns nc_year, plans_2025 (any scale).
        nc_years: NC years wanted, axis (n).

    Returns:
        By year, plans by NC year, axis (n), people.

    Raises:
        DatasetError: no age column, an unknown band, an age beyond the axis, or no year with ages at all.
    """
    column = next((name for name in ("nc_year", "age", "age_band") if name in plans.columns), None)
    if column is None:
        raise DatasetError((Fault("ehc_plans", found="no age, age_band or nc_year column", todo="add one"),))
    known = plans[plans["plans"].notna()]
    aged = known[known[column].notna() & (known[column].astype(str).str.strip() != "")]
    shape = shape_column(shapes, "plans_2025", nc_years)
    result: dict[int, Floats] = {}
    for year, rows in aged.groupby("year"):
        if column == "age_band":
            result[int(str(year))] = _from_bands(rows, bands, nc_years, shape)
        else:
            result[int(str(year))] = _from_ages(rows, column, nc_years)
    if not result:
        raise DatasetError((Fault("ehc_plans", found="no year with plans by age", todo="add age bands"),))
    totals = known[~known.index.isin(aged.index)].groupby("year")["plans"].sum()
    for name, total in totals.items():
        year_wanted = int(str(name))
        if year_wanted not in result:
            nearest = min(result, key=lambda seen: (abs(seen - year_wanted), seen))  # noqa: B023
            result[year_wanted] = result[nearest] * float(total) / result[nearest].sum()
    return dict(sorted(result.items()))


def _from_bands(rows: pd.DataFrame, bands: pd.DataFrame, nc_years: Whole, shape: Floats) -> Floats:
    table = bands.set_index("code")
    unknown = sorted(set(rows["age_band"].astype(str)) - set(table.index.astype(str)))
    if unknown:
        fault = Fault(
            "ehc_plans",
            column="age_band",
            found=f"unknown band {', '.join(unknown)}",
            allowed=", ".join(table.index.astype(str)),
            todo="correct it or map it",
        )
        raise DatasetError((fault,))
    counts = rows.groupby("age_band")["plans"].sum()
    table = table.loc[counts.index]
    first, last = table["first_nc_year"].to_numpy(np.int64), table["last_nc_year"].to_numpy(np.int64)
    return split_bands(counts.to_numpy(float), first, last, nc_years, shape)


def _from_ages(rows: pd.DataFrame, column: str, nc_years: Whole) -> Floats:
    shift = 4 if column == "age" else 0
    position = pd.to_numeric(rows[column]).to_numpy(np.int64) - shift - nc_years[0]
    if np.any((position < 0) | (position >= len(nc_years))):
        fault = Fault("ehc_plans", column=column, found="an age beyond the limits", todo="correct it")
        raise DatasetError((fault,))
    counts = np.bincount(position, weights=rows["plans"].to_numpy(float), minlength=len(nc_years))
    return np.asarray(counts, dtype=np.float64)


def shape_column(shapes: pd.DataFrame, column: str, nc_years: Whole) -> Floats:
    """Return a national column by NC year, axis (n).

    Raises:
        DatasetError: an NC year is missing.
    """
    found = shapes.set_index("nc_year")[column].reindex(nc_years.tolist())
    if found.isna().any():
        gap = Fault("plan_age_shapes", column=column, found="an NC year is missing", todo="add the row")
        raise DatasetError((gap,))
    return np.asarray(found, dtype=np.float64)


def exposure(people: pd.DataFrame, nc_years: Whole, years: Sequence[int]) -> Floats:
    """Residents (or pupils) by year and NC year.

    Args:
        people: columns year, people and, if known, nc_year (or age). Without ages, the total stands for every
            NC year. An NC year that the table never has (pupils stop at 14) stands at the mean of the others.
        nc_years: axis (n).
        years: Januaries wanted.

    Returns:
        People, axes (year, n).

    Raises:
        DatasetError: a wanted year is missing.
    """
    table = people.assign(nc_year=people["age"] - 4) if "age" in people.columns else people
    missing = [str(year) for year in years if year not in set(table["year"])]
    if missing:
        found = f"people are missing for January {', '.join(missing)}"
        raise DatasetError((Fault("population", found=found, todo="add the years, or forecast fewer"),))
    if "nc_year" not in table.columns:
        total = table.groupby("year")["people"].sum().reindex(list(years)).to_numpy(float)
        return np.repeat(total[:, None], len(nc_years), axis=1)
    wide = table.pivot_table(index="year", columns="nc_year", values="people", aggfunc="sum")
    wide = wide.reindex(index=list(years), columns=nc_years.tolist())
    mean = wide.mean(axis=1)
    never = [column for column in wide.columns if bool(wide[column].isna().all())]
    for column in never:
        wide[column] = mean
    if wide.isna().any().any():
        found = "an NC year is missing in some years only"
        raise DatasetError((Fault("population", found=found, todo="fill the table"),))
    return np.asarray(wide, dtype=np.float64)
