"""From the tables of a dataset to what a forecast of pupils by NC year starts from, with notes on what was assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import total
from forecasting.inputs.year_groups import RECEPTION, year_groups
from forecasting.model.population_inputs import PHASE_NC_YEARS, Housing, PupilInputs, Residents, refusal
from forecasting.model.population_tables import pupil_inputs
from forecasting.values import Floats, Whole

AHEAD = 31
LAST_BIRTHS = 3
ALWAYS = 0
Note = tuple[int, str]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class PupilTables:
    """Inputs read from a dataset.

    Attributes:
        inputs: the inputs; births and dwellings reach `AHEAD` years beyond the last January.
        births: whether births are those of the dataset, not put in their place.
        notes: what was assumed or left out, one sentence each, with the first January that it bears on.
    """

    inputs: PupilInputs
    births: bool
    notes: tuple[Note, ...]

    def notes_to(self, year: int) -> list[str]:
        """Return what bears on a forecast to a January."""
        return [text for since, text in self.notes if since <= year]


@lru_cache(maxsize=32)
def pupil_tables(dataset: Dataset) -> PupilTables:
    """Return the inputs of a dataset that has pupils by NC year (see `year_groups_lacking`).

    Optional tables that cannot be used are left out, and a note says why.
    """
    notes: list[Note] = []
    roll = year_groups(dataset)
    births = _births(dataset, roll, notes)
    inputs = _bare(roll, births["principal"], _actual_to(dataset, int(roll.index[-1])))
    variants = {name: births[name].to_numpy(np.float64) for name in ("high", "low") if name in births}
    inputs = replace(inputs, births_high=variants.get("high"), births_low=variants.get("low"))
    inputs = replace(inputs, residents=_usable("population", lambda: _residents(dataset, inputs), notes))
    inputs = replace(inputs, housing=_usable("housing", lambda: _housing(dataset, inputs, notes), notes))
    return PupilTables(
        replace(inputs, cross_border_share=_shares(dataset, inputs.years, notes)), dataset.has("births"), tuple(notes)
    )


def _usable(table: str, read: Callable[[], T], notes: list[Note]) -> T | None:
    """Return what a table gives, or None with a note when it cannot be used."""
    try:
        return read()
    except DatasetError as error:
        notes.append((ALWAYS, f"Table {table} was not used for pupils: {error.faults[0]}"))
        return None


def _bare(roll: pd.DataFrame, births: pd.Series, actual_to: int) -> PupilInputs:
    """Return the inputs of rolls and births alone; cells that are not known stay so."""
    wide = roll.fillna(0.0).rename_axis(index="year", columns="nc_year").reset_index()
    long = wide.melt("year", var_name="nc_year", value_name="pupils")
    born = births.rename_axis("year").rename("births").reset_index()
    filled = pupil_inputs(long, born, actual_to)
    return replace(filled, pupils=roll.to_numpy(np.float64))


# --------------------------------------------------------------------------------------------------- births


def _by_year(rows: pd.DataFrame, value: str) -> pd.Series:
    """Return a value by year: rows for all areas where there are any, else the areas summed."""
    whole = rows[rows["area"].eq("")].groupby("year")[value].sum()
    parts = rows[~rows["year"].isin(whole.index)].groupby("year")[value].sum()
    found: pd.Series = pd.concat([whole, parts]).sort_index()
    return found


def _births(dataset: Dataset, roll: pd.DataFrame, notes: list[Note]) -> pd.DataFrame:
    """Return births by academic year of birth: principal, and high and low where given, to the farthest year."""
    last = int(roll.index[-1])
    if not dataset.has("births"):
        notes.append((ALWAYS, "There are no births (table births): the Reception of coming years is that of the last "
                      f"{LAST_BIRTHS} years, or follows residents aged 4 where they are projected."))  # fmt: skip
        reception = roll[RECEPTION].interpolate(limit_area="inside").dropna()
        return pd.DataFrame({"principal": _held(reception.rename(index=lambda year: year - 5), last)})
    rows = dataset.table("births")
    found = {str(name): _by_year(part, "births") for name, part in rows.groupby("variant")}
    principal = found.pop("principal")
    to = int(principal.index[-1])
    since = max(to, last - 1) + 6 + int(roll.columns[0])
    notes.append((since, f"Births are known or projected to {to}; later years repeat the mean of the last "
                  f"{LAST_BIRTHS}."))  # fmt: skip
    return pd.DataFrame({"principal": _held(principal, last), **{
        name: _held(part.combine_first(principal[principal.index <= part.index[-1]]), last)
        for name, part in found.items()
    }})  # fmt: skip


def _held(births: pd.Series, last: int) -> pd.Series:
    """Return births for every year to the farthest; gaps inside are bridged, years after the last repeat the mean."""
    every = births.reindex(pd.RangeIndex(int(births.index[0]), last + AHEAD + 1)).interpolate(limit_area="inside")
    return every.fillna(float(births.iloc[-LAST_BIRTHS:].mean()))


def _actual_to(dataset: Dataset, last: int) -> int:
    """Return the last academic year of birth with an actual count: the one before the last January, if given."""
    if not dataset.has("births"):
        return last - 5
    return min(last - 1, int(dataset.table("births")["year"].max()))


# ----------------------------------------------------------------------------- residents, housing, border


@lru_cache(maxsize=32)
def people_by_age(dataset: Dataset) -> pd.DataFrame:
    """Return residents by single year of age: year, age, people, projected; an actual year is never projected too."""
    rows = dataset.table("population")
    age = pd.to_numeric(rows["age"]).fillna(pd.to_numeric(rows["nc_year"]) + 4)
    rows = rows.assign(age=age, projected=rows["status"].eq("projection")).dropna(subset=["age"])
    if rows.empty:
        return pd.DataFrame(columns=["year", "age", "people", "projected"])
    taken = rows.loc[~rows["projected"], "year"]
    rows = rows[~rows["projected"] | ~rows["year"].isin(taken)].astype({"age": "int64", "year": "int64"})
    return rows.groupby(["year", "age", "projected"])["people"].sum().reset_index()


def _residents(dataset: Dataset, inputs: PupilInputs) -> Residents | None:
    people = people_by_age(dataset)
    if people.empty:
        return None
    grid = people.pivot_table("people", "year", "age")
    kind = people.groupby("year")["projected"].first().to_numpy(dtype=bool)
    known = grid.to_numpy(np.float64)
    found = Residents(grid.index.to_numpy(np.int64), grid.columns.to_numpy(np.int64), known, kind)
    replace(inputs, residents=found)  # raises where a year or an age is missing
    return found


def _housing(dataset: Dataset, inputs: PupilInputs, notes: list[Note]) -> Housing | None:
    rows, yields = dataset.table("housing"), dataset.table("pupil_yields")
    if rows.empty:
        return None
    if yields.empty:
        raise refusal("pupil_yields", found="no table", allowed="a yield for each dwelling type", todo="add it")
    built = rows.pivot_table("dwellings", "year", "dwelling_type", aggfunc="sum", fill_value=0.0)
    last, to = int(inputs.years[-1]), int(built.index[-1])
    notes.append((to + 1, f"New dwellings are known or planned to {to}; none is counted after that."))
    built = built.reindex(pd.RangeIndex(int(built.index[0]), last + AHEAD + 1), fill_value=0.0)
    types = tuple(str(name) for name in built.columns)
    per_group = [_yield(yields[yields["dwelling_type"] == name], name, inputs.nc_years, notes) for name in types]
    plans = yields.groupby("dwelling_type")["ehc_plans_per_dwelling"].sum().reindex(list(types)).fillna(0.0)
    return Housing(
        built.index.to_numpy(np.int64), types, built.to_numpy(np.float64), np.stack(per_group),
        plans.to_numpy(np.float64),
    )  # fmt: skip


def _yield(rows: pd.DataFrame, name: str, nc_years: Whole, notes: list[Note]) -> Floats:
    """(nc_year,) pupils per dwelling of a type: by NC year where given, else the phase's, spread evenly."""
    given = rows.dropna(subset=["pupils_per_dwelling"])
    if given.empty:
        raise refusal("pupil_yields", column="dwelling_type", found=f'no yield for "{name}"',
                      allowed="a yield for each dwelling type of table housing", todo="add the rows")  # fmt: skip
    found = np.full(len(nc_years), np.nan)
    for phase, group, value in zip(given["phase"], given["nc_year"], given["pupils_per_dwelling"], strict=True):
        first, last = (group, group) if pd.notna(group) else PHASE_NC_YEARS.get(phase, (-99, 99))
        chosen = (nc_years >= first) & (nc_years <= last)
        found[chosen] = value / max(int(chosen.sum()), 1)
    if np.isnan(found).any():
        missing = ", ".join(str(group) for group in nc_years[np.isnan(found)])
        text = f"Table pupil_yields says nothing of NC years {missing} for {name or 'dwellings'}: none arrive."
        notes.append((ALWAYS, text))
    return np.asarray(np.nan_to_num(found))


def _shares(dataset: Dataset, years: Whole, notes: list[Note]) -> Floats | None:
    rows = dataset.table("cross_border").dropna(subset=["share"]).sort_values("year")
    if rows.empty:
        return None
    known = rows["year"].to_numpy(np.float64)
    if not np.isin(years, known).all():
        text = "The share of Year 7 who live elsewhere is not known for every January: gaps are bridged evenly."
        notes.append((ALWAYS, text))
    return np.asarray(np.interp(years, known, rows["share"].to_numpy(np.float64)))


def totals(dataset: Dataset) -> pd.Series:
    """Return pupils on roll by January to the base year, where known: the year groups' sum, else the printed total."""
    printed = total(dataset, "pupils", "pupils").dropna()
    grid = year_groups(dataset)
    summed = pd.Series(dtype="float64") if grid.empty else grid.sum(axis=1, skipna=False).dropna()
    found = pd.concat([printed[~printed.index.isin(summed.index)], summed]).sort_index()
    known: pd.Series = found[found.index <= dataset.base_year]
    return known
