"""What a forecast of pupils starts from: residents, housing, rolls and births as arrays, checked.

Everything is an array with named axes. `year` is a January census year, `birth_year` an academic year of
birth named by the year it ends, `nc_year` the age on 31 August less 4 (Reception is 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.errors import DatasetError, Fault
from forecasting.values import Flags, Floats, Whole

PRIMARY, SECONDARY, POST_16 = (0, 6), (7, 11), (12, 14)

PHASE_NC_YEARS: Mapping[str, tuple[int, int]] = {
    "early_years": (-4, -1),
    "primary": PRIMARY,
    "secondary": SECONDARY,
    "post_16": (12, 21),
}


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
    projected: Flags


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
