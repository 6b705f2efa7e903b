"""What the methods moves and age_flow start from, read from a dataset: people, moves, flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from forecasting import axes
from forecasting.axes import DATA
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.model import age_flow_rates, moves, moves_rates, plan_levers
from forecasting.model.age_flow_levers import AgeLevers
from forecasting.model.age_flow_rates import AgeRates
from forecasting.model.job import Job
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_rates import MoveRates
from forecasting.values import Floats

# ---------------------------------------------------------------------------------------------- moves


def moves_lack(dataset: Dataset) -> str:
    """Return what a dataset lacks for the method `moves`; "" when nothing."""
    if not dataset.has("plan_moves"):
        return "moves of children with a plan (table plan_moves)"
    return _people_lack(dataset)


def _people_lack(dataset: Dataset) -> str:
    people = residents(dataset)
    return "" if "nc_year" in people else "residents by NC year or age (table population)"


@lru_cache(maxsize=64)
def residents(dataset: Dataset) -> pd.DataFrame:
    """Return residents by year and NC year (year, nc_year, people); totals where ages are not known."""
    table = dataset.table("population")
    years = table["nc_year"].where(table["nc_year"].notna(), table["age"] - 4) if len(table) else table["nc_year"]
    rows = table.assign(nc_year=pd.to_numeric(years))
    actual = rows[rows["status"] != "projection"]
    taken = set(actual["year"])
    rows = pd.concat([actual, rows[(rows["status"] == "projection") & ~rows["year"].isin(taken)]])
    aged = rows[rows["nc_year"].notna()].astype({"nc_year": "int64"})
    by = ["year", "nc_year"] if len(aged) else ["year"]
    return (aged if len(aged) else rows).groupby(by)["people"].sum().reset_index()


def people_until(people: pd.DataFrame, years: Sequence[int], out: list[str]) -> pd.DataFrame:
    """Return people for every year; years beyond the last known one repeat it, and a warning says so."""
    last = int(people["year"].max())
    missing = [year for year in years if year > last]
    if not missing:
        return people
    out.append(f"Residents are known until {last}; later years repeat them.")
    held = people[people["year"] == last]
    return pd.concat([people, *[held.assign(year=year) for year in missing]], ignore_index=True)


@lru_cache(maxsize=16)
def move_rates(dataset: Dataset) -> MoveRates:
    """Return the fitted rates of the method `moves`."""
    valid = dataset.table("settings")
    known = valid if len(valid) and valid["min_nc_year"].notna().all() else None
    return moves_rates.estimate(moves_table(dataset), residents(dataset), valid=known)


def moves_table(dataset: Dataset) -> pd.DataFrame:
    """Return moves without where the provider stands."""
    columns = ["census_year", "nc_year", "need", "setting", "next_nc_year", "next_need", "next_setting", "people"]
    table = dataset.table("plan_moves")[columns]
    return table.groupby(columns[:-1], dropna=False)["people"].sum().reset_index()


@dataclass(frozen=True, eq=False)
class MovesWorld:
    """What a run of the method moves starts from.

    Attributes:
        rates: fitted rates.
        start: plans at `rates.last_year`, axes (n, d, s).
        people: residents by year and NC year, for every year forecast.
        years: January census years forecast.
        levers: policy levers, axis 0 in step with `years`.
    """

    rates: MoveRates
    start: Floats
    people: pd.DataFrame
    years: tuple[int, ...]
    levers: Levers


def moves_world(job: Job) -> MovesWorld:
    """Return what the method moves starts from; warnings go to the job."""
    rates = move_rates(job.dataset)
    years = tuple(range(rates.last_year + 1, job.years[-1] + 1))
    people = people_until(residents(job.dataset), years, job.out.warnings)
    levers = plan_levers.for_moves(job.assumptions, years, rates, job.dataset)
    return MovesWorld(rates, _start(job.dataset), people, years, levers)


@lru_cache(maxsize=16)
def _start(dataset: Dataset) -> Floats:
    return moves.stock_at(moves_table(dataset), move_rates(dataset))


# ------------------------------------------------------------------------------------------- age and flow


FLOWS = ("requests", "assessments", "new_plans", "ceased", "in_progress")


@lru_cache(maxsize=64)
def flow_totals(dataset: Dataset) -> pd.DataFrame:
    """Return the flows of all ages by calendar year (index), one column each; NaN where not known."""
    found = {name: total(dataset, "plan_flows", name, time="calendar_year") for name in FLOWS}
    return pd.DataFrame(found).rename_axis("calendar_year").sort_index()


def age_flow_lacks(dataset: Dataset) -> str:
    """Return what a dataset lacks for the method `age_flow`; "" when nothing."""
    if flow_totals(dataset)["new_plans"].notna().sum() < 2:
        return "two years of new plans (table plan_flows)"
    if not any(len(margin(dataset, "ehc_plans", "plans", axis)) for axis in ("nc_year", "age", "age_band")):
        return "plans by age or age band (table ehc_plans)"
    return _people_lack(dataset)


@lru_cache(maxsize=1)
def _age_shapes() -> pd.DataFrame:
    return pd.read_csv(DATA / "national" / "plan_age_shapes.csv")


@lru_cache(maxsize=1)
def _bands() -> pd.DataFrame:
    rows = [(c.code, int(c["first_nc_year"]), int(c["last_nc_year"])) for c in axes.AGE_BANDS.codes]
    return pd.DataFrame(rows, columns=["code", "first_nc_year", "last_nc_year"])


@lru_cache(maxsize=64)
def age_rates(dataset: Dataset, origin: int | None = None) -> AgeRates:
    """Return the rates of the method `age_flow`, from what was known at an origin (the latest data when None).

    Raises:
        DatasetError: there are no plans by age or no new plans up to the origin.
    """
    last = dataset.base_year if origin is None else origin
    axis = next(a for a in ("nc_year", "age", "age_band") if len(margin(dataset, "ehc_plans", "plans", a)))
    aged = margin(dataset, "ehc_plans", "plans", axis).rename("plans").reset_index()
    flows, people = flow_totals(dataset).reset_index(), residents(dataset)
    if origin is not None:
        aged, flows = aged[aged["year"] <= last], flows[flows["calendar_year"] < last]
        people = people[people["year"] <= last]
    return age_flow_rates.estimate_by_age(aged, flows, people, _bands(), _age_shapes())


@dataclass(frozen=True, eq=False)
class AgeWorld:
    """What a run of the method age_flow starts from; as `MovesWorld`, by NC year alone."""

    rates: AgeRates
    people: pd.DataFrame
    years: tuple[int, ...]
    levers: AgeLevers


def age_world(job: Job) -> AgeWorld:
    """Return what the method age_flow starts from; warnings go to the job."""
    rates = age_rates(job.dataset)
    years = tuple(range(rates.last_year + 1, job.years[-1] + 1))
    people = people_until(residents(job.dataset), years, job.out.warnings)
    return AgeWorld(rates, people, years, plan_levers.for_age_flow(job.assumptions, years, rates.nc_years))
