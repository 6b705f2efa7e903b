"""What a forecast of pupils starts from: the types, and reading them from the tables of a dataset.

Everything is an array with named axes. `year` is a January census year, `birth_year` an academic year of
birth named by the year it ends, `nc_year` the age on 31 August less 4 (Reception is 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.errors import DatasetError, Fault
from forecasting.values import Floats, Whole

PRIMARY, SECONDARY, POST_16 = (0, 6), (7, 11), (12, 14)


def refusal(
    table: str,
    *,
    found: str,
    column: str = "",
    allowed: str = "",
    todo: str = "correct the table",
    row: int = 0,
) -> DatasetError:
    """Return the error of one fault in a table: where, what was found, what is allowed, what to do."""
    return DatasetError((Fault(table, "", row, column, found, allowed, todo),))


@dataclass(frozen=True)
class Residents:
    """Residents by single year of age, actual and projected years kept apart.

    Attributes:
        years: (year,) January census years.
        ages: (age,) age on the 31 August before; age 4 is the Reception year.
        people: (year, age) children, NaN where not known.
        projected: (year,) True for years of a projection, False for actual estimates.
    """

    years: Whole
    ages: Whole
    people: Floats
    projected: NDArray[np.bool_]


@dataclass(frozen=True)
class Housing:
    """Dwellings completed and planned, and what each brings.

    Attributes:
        years: (year,) January census years; a dwelling counts at the first January after completion.
        dwelling_types: (dwelling_type,) names.
        dwellings: (year, dwelling_type) dwellings completed or planned in the year to January.
        pupils_per_dwelling: (dwelling_type, nc_year) pupils per dwelling once the estate has filled.
        ehc_plans_per_dwelling: (dwelling_type,) EHC plans per dwelling once the estate has filled.
        yield_cv: how well the yields are known: standard deviation as a fraction of the yield.
    """

    years: Whole
    dwelling_types: tuple[str, ...]
    dwellings: Floats
    pupils_per_dwelling: Floats
    ehc_plans_per_dwelling: Floats
    yield_cv: float = 0.2


@dataclass(frozen=True)
class PupilInputs:
    """What a forecast of pupils starts from; nothing in it is later than the last census year but plans.

    Attributes:
        years: (year,) consecutive January census years.
        nc_years: (nc_year,) consecutive NC years, the first at most 0.
        pupils: (year, nc_year) pupils on roll, NaN where not known.
        birth_years: (birth_year,) consecutive academic years of birth.
        births: (birth_year,) births, actual up to `births_actual_to`, projected after it.
        births_actual_to: last academic year of birth that is an actual count.
        births_high: (birth_year,) the high variant of the projection, or None.
        births_low: (birth_year,) the low variant of the projection, or None.
        residents: residents by age, or None.
        housing: dwellings and yields, or None.
        cross_border_share: (year,) share of the Year 7 on roll who live elsewhere, or None.
    """

    years: Whole
    nc_years: Whole
    pupils: Floats
    birth_years: Whole
    births: Floats
    births_actual_to: int
    births_high: Floats | None = None
    births_low: Floats | None = None
    residents: Residents | None = None
    housing: Housing | None = None
    cross_border_share: Floats | None = None

    def __post_init__(self) -> None:
        """Check that every axis is consecutive and every array has the shape of its axes."""
        faults = [*_axis_faults(self), *_shape_faults(self)]
        if faults:
            raise DatasetError(tuple(faults))


def _axis_faults(inputs: PupilInputs) -> list[Fault]:
    axes = {"pupils.year": inputs.years, "pupils.nc_year": inputs.nc_years, "births.year": inputs.birth_years}
    if inputs.residents is not None:
        axes["population.year"] = inputs.residents.years
        axes["population.age"] = inputs.residents.ages
    if inputs.housing is not None:
        axes["housing.year"] = inputs.housing.years
    faults = [
        Fault(
            name.split(".")[0],
            column=name.split(".")[1],
            found=f"values {axis.tolist()} are not consecutive",
            allowed="every value from the first to the last",
            todo="add the missing rows",
        )
        for name, axis in axes.items()
        if len(axis) == 0 or not np.array_equal(axis, np.arange(axis[0], axis[0] + len(axis)))
    ]
    if len(inputs.nc_years) and inputs.nc_years[0] > 0:
        faults.append(
            Fault(
                "pupils",
                column="nc_year",
                found=f"the first NC year is {inputs.nc_years[0]}",
                allowed="0 (Reception) or less",
                todo="add the pupils of Reception",
            )
        )
    return faults


def _shape_faults(inputs: PupilInputs) -> list[Fault]:
    year, group, birth = len(inputs.years), len(inputs.nc_years), len(inputs.birth_years)
    wanted: list[tuple[str, Floats | None, tuple[int, ...]]] = [
        ("pupils", inputs.pupils, (year, group)),
        ("births", inputs.births, (birth,)),
        ("births_high", inputs.births_high, (birth,)),
        ("births_low", inputs.births_low, (birth,)),
        ("cross_border_share", inputs.cross_border_share, (year,)),
    ]
    if inputs.residents is not None:
        ages = (len(inputs.residents.years), len(inputs.residents.ages))
        wanted.append(("population", inputs.residents.people, ages))
    if inputs.housing is not None:
        types = len(inputs.housing.dwelling_types)
        wanted.append(("housing", inputs.housing.dwellings, (len(inputs.housing.years), types)))
        wanted.append(("pupil_yields", inputs.housing.pupils_per_dwelling, (types, group)))
    return [
        Fault(
            name,
            found=f"an array of shape {array.shape}",
            allowed=f"shape {shape}",
            todo="give one value per label of each axis",
        )
        for name, array, shape in wanted
        if array is not None and array.shape != shape
    ]


PHASE_NC_YEARS: Mapping[str, tuple[int, int]] = {
    "early_years": (-4, -1),
    "primary": PRIMARY,
    "secondary": SECONDARY,
    "post_16": (12, 21),
}


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
