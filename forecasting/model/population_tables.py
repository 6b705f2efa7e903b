"""The tables of an authority put into the arrays of `population_inputs`: joined by name, nothing filled in.

What a dataset lacks is put in its place by `pupil_tables`, which says so.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.model.population_inputs import PHASE_NC_YEARS, Housing, PupilInputs, Residents, refusal
from forecasting.values import Floats, Whole


def pupil_inputs(
    pupils: pd.DataFrame,
    births: pd.DataFrame,
    births_actual_to: int | None = None,
    *,
    births_high: pd.DataFrame | None = None,
    births_low: pd.DataFrame | None = None,
    population: pd.DataFrame | None = None,
    housing: pd.DataFrame | None = None,
    pupil_yields: pd.DataFrame | None = None,
    yield_cv: float = 0.2,
    cross_border: pd.DataFrame | None = None,
) -> PupilInputs:
    """Build the inputs from the tables of a dataset, joined by name; the order of rows does not matter.

    Args:
        pupils: year, nc_year, pupils; areas are summed; rows without nc_year (totals) are left out.
        births: year (academic year of birth), births; areas are summed.
        births_actual_to: last academic year of actual births; by default the one before the last census.
        births_high: as `births`, the high variant.
        births_low: as `births`, the low variant.
        population: year, age or nc_year, people, status (actual, projection).
        housing: year, dwelling_type, dwellings, completed and planned.
        pupil_yields: dwelling_type, nc_year or phase, pupils_per_dwelling, ehc_plans_per_dwelling (of
            the phase or year group of the row: they are summed).
        yield_cv: how well the yields are known, fraction.
        cross_border: year, share of the Year 7 on roll who live elsewhere.

    Returns:
        The inputs.

    Raises:
        DatasetError: a key appears twice, an axis has a gap, a dwelling type has no yield.
    """
    roll = _grid(pupils[pupils["nc_year"].notna()], "pupils", ("year", "nc_year"), "pupils")
    born = _grid(births, "births", ("year",), "births")
    last = int(roll.index[-1])
    birth_years = born.index.to_numpy(dtype=np.int64)
    nc_years = roll.columns.to_numpy(dtype=np.int64)
    return PupilInputs(
        roll.index.to_numpy(dtype=np.int64),
        nc_years,
        roll.to_numpy(dtype=float),
        birth_years,
        born.to_numpy(dtype=float)[:, 0],
        last - 1 if births_actual_to is None else births_actual_to,
        _like(births_high, born, "births_high"),
        _like(births_low, born, "births_low"),
        None if population is None else _residents(population),
        None if housing is None else _housing(housing, pupil_yields, nc_years, yield_cv),
        None if cross_border is None else _shares(cross_border, roll.index),
    )


def _grid(table: pd.DataFrame, name: str, keys: tuple[str, ...], value: str) -> pd.DataFrame:
    """Year by label, areas summed; a key given twice raises, and so does a mix of all areas and parts."""
    within = [*keys, *(["area"] if "area" in table else [])]
    twice = table.duplicated(within)
    if twice.any():
        row = int(np.flatnonzero(twice.to_numpy())[0])
        raise refusal(
            name,
            row=row + 2,
            column=", ".join(within),
            found="a row given twice",
            allowed="one row per key",
            todo="remove one",
        )
    if "area" in table and table["area"].isna().any() and table["area"].notna().any():
        raise refusal(
            name,
            column="area",
            found="rows for all areas beside rows for single areas",
            allowed="one kind of rows",
            todo="remove one kind",
        )
    summed = table.groupby(list(keys), sort=True)[value].sum(min_count=1)
    grid = summed.reset_index().pivot_table(value, "year", keys[1]) if len(keys) > 1 else summed.to_frame()
    grid.index, grid.columns = grid.index.astype(int), grid.columns.astype(int if len(keys) > 1 else str)
    return grid.sort_index().sort_index(axis=1)


def _like(table: pd.DataFrame | None, wanted: pd.DataFrame, name: str) -> Floats | None:
    """(birth_year,) a variant of births on the years of the principal ones, which it must all have."""
    if table is None:
        return None
    grid = _grid(table, name, ("year",), "births")
    _require_labels(grid.index, wanted.index, name, "year")
    return grid.loc[wanted.index].to_numpy(dtype=float)[:, 0]


def _require_labels(found: pd.Index, wanted: pd.Index, name: str, column: str) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise refusal(
            name,
            column=column,
            found=f"no row for {missing}",
            allowed=f"a row for each {column} in use",
            todo="add the rows",
        )


def _residents(population: pd.DataFrame) -> Residents:
    aged = population.assign(
        age=population["age"] if "age" in population else population["nc_year"] + 4,
        projected=population["status"].eq("projection"),
    )
    kinds = aged.groupby("year")["projected"].nunique()
    unknown = sorted(set(population["status"]) - {"actual", "projection"})
    if (kinds > 1).any() or unknown:
        found = f"status {unknown}" if unknown else f"actual and projected rows in {kinds[kinds > 1].index.tolist()}"
        raise refusal(
            "population",
            column="status",
            found=found,
            allowed="actual or projection, one kind a year",
            todo="keep one kind of each year",
        )
    grid = _grid(aged, "population", ("year", "age"), "people")
    projected = aged.groupby("year")["projected"].first().sort_index().to_numpy(dtype=bool)
    return Residents(
        grid.index.to_numpy(dtype=np.int64),
        grid.columns.to_numpy(dtype=np.int64),
        grid.to_numpy(dtype=float),
        projected,
    )


def _housing(housing: pd.DataFrame, yields: pd.DataFrame | None, nc_years: Whole, cv: float) -> Housing:
    if yields is None:
        raise refusal(
            "pupil_yields",
            found="no table",
            allowed="a yield for each dwelling type",
            todo="add it, or leave out housing",
        )
    types = tuple(sorted(housing["dwelling_type"].unique()))
    _require_labels(pd.Index(yields["dwelling_type"]), pd.Index(types), "pupil_yields", "dwelling_type")
    built = _built(housing)
    per_type = [_yield_of(yields[yields["dwelling_type"] == name], nc_years) for name in types]
    plans = yields.groupby("dwelling_type")["ehc_plans_per_dwelling"].sum(min_count=1).loc[list(types)]
    return Housing(
        built.index.to_numpy(dtype=np.int64),
        types,
        built[list(types)].to_numpy(dtype=float),
        np.stack(per_type),
        plans.to_numpy(dtype=float),
        cv,
    )


def _built(housing: pd.DataFrame) -> pd.DataFrame:
    """Year × dwelling type, dwellings of all areas; a key given twice raises, and so does a type without a figure."""
    keys = ["year", "dwelling_type", *(["area"] if "area" in housing else [])]
    if housing.duplicated(keys).any():
        raise refusal(
            "housing",
            column=", ".join(keys),
            found="a row given twice",
            allowed="one row per key",
            todo="remove one",
        )
    built = housing.pivot_table("dwellings", "year", "dwelling_type", aggfunc="sum")
    if built.isna().any(axis=None):
        raise refusal(
            "housing",
            column="dwellings",
            found="a year without one of the dwelling types",
            allowed="every type in every year",
            todo="add the row, 0 if none is built",
        )
    return built


def _yield_of(rows: pd.DataFrame, nc_years: Whole) -> Floats:
    """(nc_year,) pupils per dwelling of one type; a yield by phase is spread evenly over its year groups."""
    given = rows.dropna(subset=["pupils_per_dwelling"])
    if "nc_year" in given and given["nc_year"].notna().all():
        by_group = given.set_index(given["nc_year"].astype(int))["pupils_per_dwelling"]
        _require_labels(by_group.index, pd.Index(nc_years), "pupil_yields", "nc_year")
        each: Floats = by_group.loc[nc_years.tolist()].to_numpy(dtype=np.float64)
        return each
    _require_labels(pd.Index(list(PHASE_NC_YEARS)), pd.Index(given["phase"]), "pupil_yields", "phase")
    found = np.full(len(nc_years), np.nan)
    for phase, value in zip(given["phase"], given["pupils_per_dwelling"], strict=True):
        first, last = PHASE_NC_YEARS[phase]
        chosen = (nc_years >= first) & (nc_years <= last)
        found[chosen] = value / max(int(chosen.sum()), 1)
    _require_labels(pd.Index(nc_years[~np.isnan(found)]), pd.Index(nc_years), "pupil_yields", "nc_year")
    return found


def _shares(table: pd.DataFrame, years: pd.Index) -> Floats:
    _require_labels(pd.Index(table["year"]), years, "cross_border", "year")
    share: Floats = table.set_index("year")["share"].loc[years].to_numpy(dtype=np.float64)
    return share
