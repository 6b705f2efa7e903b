"""What the methods of EHC plans start from, read from a dataset: people, moves, flows, counts by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.axes import DATA
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.inputs.national import england_until
from forecasting.model import age_flow, moves, plan_levers
from forecasting.model.job import Job
from forecasting.model.trend import TrendForecast, TrendPanel, panel_from_long, trend
from forecasting.values import Floats

TREND_YEARS = 3

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
    actual = rows.loc[rows["status"] != "projection"]
    taken = set(actual["year"])
    rows = pd.concat([actual, rows.loc[(rows["status"] == "projection") & ~rows["year"].isin(taken)]])
    aged = rows.loc[rows["nc_year"].notna()].astype({"nc_year": "int64"})
    by = ["year", "nc_year"] if len(aged) else ["year"]
    return (aged if len(aged) else rows).groupby(by)["people"].sum().reset_index()


def people_until(people: pd.DataFrame, years: Sequence[int], out: list[str]) -> pd.DataFrame:
    """Return people for every year; years beyond the last known one repeat it, and a warning says so."""
    last = int(people["year"].max())
    missing = [year for year in years if year > last]
    if not missing:
        return people
    out.append(f"Residents are known until {last}; later years repeat them.")
    held = people.loc[people["year"] == last]
    return pd.concat([people, *[held.assign(year=year) for year in missing]], ignore_index=True)


@lru_cache(maxsize=16)
def move_rates(dataset: Dataset) -> moves.MoveRates:
    """Return the fitted rates of the method `moves`."""
    valid = dataset.table("settings")
    known = valid if len(valid) and valid["min_nc_year"].notna().all() else None
    return moves.estimate(moves_table(dataset), residents(dataset), valid=known)


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

    rates: moves.MoveRates
    start: Floats
    people: pd.DataFrame
    years: tuple[int, ...]
    levers: moves.Levers


def moves_world(job: Job) -> MovesWorld:
    """Return what the method moves starts from; warnings go to the job."""
    rates = move_rates(job.dataset)
    years = tuple(range(rates.last_year + 1, job.years[-1] + 1))
    people = people_until(residents(job.dataset), years, job.out.warnings)
    levers = plan_levers.for_moves(job.assumptions, years, rates, job.dataset)
    return MovesWorld(rates, moves.stock_at(moves_table(job.dataset), rates), people, years, levers)


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
def age_rates(dataset: Dataset, origin: int | None = None) -> age_flow.AgeRates:
    """Return the rates of the method `age_flow`, from what was known at an origin (the latest data when None).

    Raises:
        DatasetError: there are no plans by age or no new plans up to the origin.
    """
    last = dataset.base_year if origin is None else origin
    axis = next(a for a in ("nc_year", "age", "age_band") if len(margin(dataset, "ehc_plans", "plans", a)))
    aged = margin(dataset, "ehc_plans", "plans", axis).rename("plans").reset_index()
    flows, people = flow_totals(dataset).reset_index(), residents(dataset)
    if origin is not None:
        aged, flows = aged.loc[aged["year"] <= last], flows.loc[flows["calendar_year"] < last]
        people = people.loc[people["year"] <= last]
    return age_flow.estimate_by_age(aged, flows, people, _bands(), _age_shapes())


@dataclass(frozen=True, eq=False)
class AgeWorld:
    """What a run of the method age_flow starts from; as `MovesWorld`, by NC year alone."""

    rates: age_flow.AgeRates
    people: pd.DataFrame
    years: tuple[int, ...]
    levers: age_flow.AgeLevers


def age_world(job: Job) -> AgeWorld:
    """Return what the method age_flow starts from; warnings go to the job."""
    rates = age_rates(job.dataset)
    years = tuple(range(rates.last_year + 1, job.years[-1] + 1))
    people = people_until(residents(job.dataset), years, job.out.warnings)
    return AgeWorld(rates, people, years, plan_levers.for_age_flow(job.assumptions, years, rates.nc_years))


# ------------------------------------------------------------------------------------------------- trend


def trend_lacks(dataset: Dataset) -> str:
    """Return what a dataset lacks for the method `trend`; "" when nothing."""
    known = total(dataset, "ehc_plans", "plans").dropna()
    if len(known) < TREND_YEARS:
        return f"{TREND_YEARS} years of EHC plans (table ehc_plans)"
    return "" if dataset.base_year in known.index else f"EHC plans in {dataset.base_year} (table ehc_plans)"


@lru_cache(maxsize=1)
def _england() -> pd.DataFrame:
    """Return plans in England by January (unit, year, series, value); Department for Education."""
    table = pd.read_csv(DATA / "national" / "plans_panel.csv", dtype={"unit": str})
    rows: pd.DataFrame = table.loc[table["unit"] == "ENG", ["unit", "year", "series", "value"]]
    return rows


def unit_of(dataset: Dataset) -> str:
    """Return the authority's name in the panel: its code, else its name."""
    return dataset.about("authority_code") or dataset.name


@lru_cache(maxsize=16)
def panel(dataset: Dataset) -> pd.DataFrame:
    """Return the authority's yearly counts beside its comparators', as the panel of the method `trend`.

    England comes from the comparators, else from the bundled national counts; nothing is later than the base year.
    """
    unit = unit_of(dataset)
    own = [("total", total(dataset, "ehc_plans", "plans"))]
    by_setting = margin(dataset, "ehc_plans", "plans", "setting")
    codes: list[str] = [] if by_setting.empty else list(by_setting.index.get_level_values("setting").unique())
    own += [(f"setting:{code}", by_setting.xs(code, level="setting").dropna()) for code in codes]
    flows = flow_totals(dataset)[["new_plans", "requests"]].dropna(how="all")
    own += [(str(name), flows[name].dropna().rename(index=lambda year: int(year) + 1)) for name in flows]
    frames = [pd.DataFrame({"unit": unit, "year": s.index, "series": name, "value": s.to_numpy()}) for name, s in own]
    others = dataset.table("comparators")
    others = others.loc[(others["measure"] == "ehc_plans") & (others["authority"] != dataset.name)]
    names = others["authority"].replace({"England": "ENG"})
    frames.append(pd.DataFrame({"unit": names, "year": others["year"], "series": "total", "value": others["value"]}))
    if "ENG" not in set(names):
        frames.append(_england())
    found = pd.concat([frame for frame in frames if len(frame)], ignore_index=True).dropna(subset=["value"])
    found = found.astype({"year": "int64", "value": "float64"})
    known: pd.DataFrame = found.loc[found["year"] <= dataset.base_year]
    return known


@lru_cache(maxsize=16)
def _panel_arrays(dataset: Dataset) -> TrendPanel:
    return panel_from_long(panel(dataset))


@lru_cache(maxsize=128)
def trend_of(dataset: Dataset, horizon: int) -> TrendForecast:
    """Return the forecast of all plans; no lever changes it, so that every scenario shares it."""
    return trend(_panel_arrays(dataset), "total", horizon)


def trend_stream(seed: int) -> np.random.Generator:
    """Return the random values of all plans, which no other series shares."""
    return np.random.default_rng([seed, *b"total"])


@lru_cache(maxsize=16)
def new_per_plan(dataset: Dataset) -> float:
    """Return new plans of the latest calendar year known per plan maintained at its beginning; else England's."""
    england = england_until(dataset.base_year)
    own = total(dataset, "plan_flows", "new_plans", time="calendar_year"), total(dataset, "ehc_plans", "plans")
    for new, plans in (own, (england["new_plans"], england["ehc_plans"])):
        rate = (new / plans).dropna()
        rate = rate.loc[rate.index < dataset.base_year]
        if len(rate):
            return float(rate.iloc[-1])
    return 0.0


@dataclass(frozen=True, eq=False)
class TrendWorld:
    """All plans in a run of the method trend.

    Attributes:
        found: their forecast; no lever changes it.
        unit: the authority's place in it.
        history: counts by January up to the base year.
        runs: plans under the national trend chosen and without a policy shock, axes (run, year), the base year first.
    """

    found: TrendForecast
    unit: int
    history: pd.Series
    runs: Floats


def trend_world(job: Job) -> TrendWorld:
    """Return what a run of the method trend starts from."""
    frame, table = panel(job.dataset), _panel_arrays(job.dataset)
    unit = table.units.index(unit_of(job.dataset))
    found = trend_of(job.dataset, len(job.ahead))
    runs = found.mean[unit][None]
    if job.draws:
        runs = np.concatenate([runs, found.draws(job.draws, trend_stream(job.seed))[:, unit]])
    mine = frame.loc[(frame["unit"] == table.units[unit]) & (frame["series"] == "total")]
    history = mine.set_index("year")["value"].sort_index()
    runs = runs * np.exp(plan_levers.trend_change(job.assumptions, job.ahead, found, unit, history))
    start = np.full((len(runs), 1), history.loc[job.years[0]])
    return TrendWorld(found, unit, history, np.concatenate([start, runs], axis=1))
