"""EHC plans maintained by the authority: which method, and its figures as margins of the forecast.

Each method gives a central run and, when asked, draws; the base year and earlier are actual counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.axes import DATA
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.inputs.national import england_until
from forecasting.model import age_flow, moves, plan_levers, share_trend
from forecasting.model.age_groups import gathered
from forecasting.model.forecast import Label
from forecasting.model.job import Job
from forecasting.model.moves_draws import simulate
from forecasting.model.trend import HALF, TrendForecast, TrendPanel, panel_from_long, trend
from forecasting.values import Floats

TREND_YEARS = 3


@dataclass(frozen=True)
class Method:
    """A way to forecast EHC plans.

    Attributes:
        name: its name on the command line.
        what: what it does, in a few words.
        lacking: what a dataset lacks for it; "" when it can be used.
        emit: adds its margins to the forecast and returns plans along the years (central run).
    """

    name: str
    what: str
    lacking: Callable[[Dataset], str]
    emit: Callable[[Job], Floats]


# ---------------------------------------------------------------------------------------------- moves


def _moves_lack(dataset: Dataset) -> str:
    if not dataset.has("plan_moves"):
        return "moves of children with a plan (table plan_moves)"
    return _people_lack(dataset)


def _people_lack(dataset: Dataset) -> str:
    people = _people(dataset)
    return "" if "nc_year" in people else "residents by NC year or age (table population)"


@lru_cache(maxsize=64)
def _people(dataset: Dataset) -> pd.DataFrame:
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
def _move_rates(dataset: Dataset) -> moves.MoveRates:
    valid = dataset.table("settings")
    known = valid if len(valid) and valid["min_nc_year"].notna().all() else None
    return moves.estimate(_moves_table(dataset), _people(dataset), valid=known)


def _moves_table(dataset: Dataset) -> pd.DataFrame:
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
    rates = _move_rates(job.dataset)
    years = tuple(range(rates.last_year + 1, job.years[-1] + 1))
    people = people_until(_people(job.dataset), years, job.out.warnings)
    levers = plan_levers.for_moves(job.assumptions, years, rates, job.dataset)
    return MovesWorld(rates, moves.stock_at(_moves_table(job.dataset), rates), people, years, levers)


def _emit_moves(job: Job) -> Floats:
    world = moves_world(job)
    rates, start, people, years, levers = world.rates, world.start, world.people, world.years, world.levers
    flows = moves.expected(start, rates, people, years, levers)
    nc_years = tuple(int(n) for n in rates.nc_years)
    labels: dict[str, Sequence[Label]] = {"nc_year": nc_years, "need": rates.needs, "setting": rates.settings}
    central = np.concatenate([start[None], flows.stock])
    sums: dict[tuple[str, ...], Floats] = {
        (): central.sum(axis=(1, 2, 3)), ("nc_year",): central.sum(axis=(2, 3)), ("need",): central.sum(axis=(1, 3)),
        ("setting",): central.sum(axis=(1, 2)), ("need", "setting"): central.sum(axis=1),
        ("setting", "nc_year"): central.sum(axis=2).transpose(0, 2, 1),
    }  # fmt: skip
    draws = simulate(start, rates, people, years, job.draws, job.seed, levers) if job.draws else None
    kept = (rates.last_year, *years)
    for by, values in sums.items():
        name = "_".join(by) or "total"
        runs = values[None] if draws is None else _with_start(values, draws.margins[name].astype(np.float64))
        job.out.add("ehc_plans", kept, runs, "count", by=tuple((axis, labels[axis]) for axis in by))
        if by == ("nc_year",):
            _emit_bands(job, kept, runs, nc_years)
    for measure, expected, drawn in (
        ("new_plans", flows.joined.sum(axis=(2, 3)), None if draws is None else draws.joined),
        ("ceased_plans", flows.left.sum(axis=(2, 3)), None if draws is None else draws.left),
    ):
        runs = expected[None] if drawn is None else np.concatenate([expected[None], drawn.astype(np.float64)])
        job.out.add(measure, years, runs.sum(axis=2), "count")
        job.out.add(measure, years, runs, "count", by=(("nc_year", labels["nc_year"]),))
    return _along(job, kept, sums[()])


def _with_start(central: Floats, draws: Floats) -> Floats:
    """Return run × year…: the central run, then the draws, each beginning with the actual start."""
    start = np.repeat(central[:1][None], len(draws), axis=0)
    return np.concatenate([central[None], np.concatenate([start, draws], axis=1)])


def _emit_bands(job: Job, years: Sequence[int], runs: Floats, nc_years: Sequence[int]) -> None:
    bands = gathered(nc_years, axes.AGE_BANDS)
    job.out.add("ehc_plans", years, runs @ bands, "count", by=(("age_band", axes.AGE_BANDS.names),))


def _along(job: Job, years: Sequence[int], values: Floats) -> Floats:
    """Return values at the job's years; years before the first known one take its value."""
    return np.asarray(np.interp(job.years, years, values))


# ------------------------------------------------------------------------------------------- age and flow


FLOWS = ("requests", "assessments", "new_plans", "ceased", "in_progress")


@lru_cache(maxsize=64)
def flow_totals(dataset: Dataset) -> pd.DataFrame:
    """Return the flows of all ages by calendar year (index), one column each; NaN where not known."""
    found = {name: total(dataset, "plan_flows", name, time="calendar_year") for name in FLOWS}
    return pd.DataFrame(found).rename_axis("calendar_year").sort_index()


def _age_flow_lacks(dataset: Dataset) -> str:
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


@lru_cache(maxsize=16)
def _age_rates(dataset: Dataset) -> age_flow.AgeRates:
    axis = next(a for a in ("nc_year", "age", "age_band") if len(margin(dataset, "ehc_plans", "plans", a)))
    aged = margin(dataset, "ehc_plans", "plans", axis).rename("plans").reset_index()
    return age_flow.estimate_by_age(aged, flow_totals(dataset).reset_index(), _people(dataset), _bands(), _age_shapes())


@dataclass(frozen=True, eq=False)
class AgeWorld:
    """What a run of the method age_flow starts from; as `MovesWorld`, by NC year alone."""

    rates: age_flow.AgeRates
    people: pd.DataFrame
    years: tuple[int, ...]
    levers: age_flow.AgeLevers


def age_world(job: Job) -> AgeWorld:
    """Return what the method age_flow starts from; warnings go to the job."""
    rates = _age_rates(job.dataset)
    years = tuple(range(rates.last_year + 1, job.years[-1] + 1))
    people = people_until(_people(job.dataset), years, job.out.warnings)
    return AgeWorld(rates, people, years, plan_levers.for_age_flow(job.assumptions, years, rates.nc_years))


def _emit_age_flow(job: Job) -> Floats:
    world = age_world(job)
    rates, people, years, levers = world.rates, world.people, world.years, world.levers
    central = age_flow.expected_by_age(rates, people, years, levers)
    drawn = age_flow.simulate_by_age(rates, people, years, job.draws, job.seed, levers) if job.draws else None
    labels = tuple(int(n) for n in rates.nc_years)
    kept = (rates.last_year, *years)
    stock = np.concatenate([rates.stock[None], central.stock])
    runs = stock[None] if drawn is None else _with_start(stock, drawn.stock.astype(np.float64))
    history = total(job.dataset, "ehc_plans", "plans")
    _emit_with_history(job, history, kept, runs.sum(axis=2))
    job.out.add("ehc_plans", kept, runs, "count", by=(("nc_year", labels),))
    _emit_bands(job, kept, runs, labels)
    for measure, name in (("new_plans", "new"), ("ceased_plans", "ceased")):
        parts = [getattr(central, name)[None]] + ([] if drawn is None else [getattr(drawn, name)])
        flows = np.concatenate(parts).astype(np.float64)
        job.out.add(measure, years, flows.sum(axis=2), "count")
        job.out.add(measure, years, flows, "count", by=(("nc_year", labels),))
    _emit_requests(job, years, central, drawn)
    return _along(job, kept, stock.sum(axis=1))


def _emit_requests(job: Job, years: Sequence[int], central: age_flow.AgeFlows, drawn: age_flow.AgeFlows | None) -> None:
    runs = np.concatenate([central.requests[None]] + ([] if drawn is None else [drawn.requests]))
    if not np.isnan(runs).any():
        job.out.add("requests", years, runs.astype(np.float64), "count")


def _emit_with_history(job: Job, history: pd.Series, years: Sequence[int], runs: Floats) -> None:
    past = history.loc[history.index < years[0]].dropna()
    before = np.broadcast_to(past.to_numpy(np.float64), (len(runs), len(past)))
    job.out.add("ehc_plans", [*(int(y) for y in past.index), *years], np.concatenate([before, runs], axis=1), "count")


# ------------------------------------------------------------------------------------------------- trend


def _trend_lacks(dataset: Dataset) -> str:
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


@lru_cache(maxsize=16)
def panel(dataset: Dataset) -> pd.DataFrame:
    """Return the authority's yearly counts beside its comparators', as the panel of the method `trend`.

    England comes from the comparators, else from the bundled national counts; nothing is later than the base year.
    """
    unit = dataset.about("authority_code") or dataset.name
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
    unit = table.units.index(job.dataset.about("authority_code") or job.dataset.name)
    found = trend_of(job.dataset, len(job.ahead))
    runs = found.mean[unit][None]
    if job.draws:
        runs = np.concatenate([runs, found.draws(job.draws, trend_stream(job.seed))[:, unit]])
    mine = frame.loc[(frame["unit"] == table.units[unit]) & (frame["series"] == "total")]
    history = mine.set_index("year")["value"].sort_index()
    runs = runs * np.exp(plan_levers.trend_change(job.assumptions, job.ahead, found, unit, history))
    start = np.full((len(runs), 1), history.loc[job.years[0]])
    return TrendWorld(found, unit, history, np.concatenate([start, runs], axis=1))


def _emit_trend(job: Job) -> Floats:
    world = trend_world(job)
    shock = plan_levers.multiplier(job.assumptions, "policy_shock", job.ahead) - 1.0
    whole = plan_levers.with_shock(shock, new_per_plan(job.dataset), world.runs)
    _emit_with_history(job, world.history, job.years, whole)
    _emit_settings(job, world.history, whole)
    return np.asarray(whole[0])


def _emit_settings(job: Job, history: pd.Series, whole: Floats) -> None:
    """Add plans by setting: the share of each goes on as it has moved, and together they keep their share of all."""
    found = margin(job.dataset, "ehc_plans", "plans", "setting")
    if found.empty or job.years[0] not in found.index.get_level_values(0):
        return
    grid = found.rename("plans").reset_index().pivot_table("plans", "year", "setting")
    first = max(int(grid.index.min()), int(history.index.min()))
    known = grid.reindex(range(first, job.years[0] + 1)).dropna(axis=1, subset=[job.years[0]])
    counts = known.to_numpy(np.float64)
    parts = whole[:, :, None] * (counts[-1] / whole[0, 0])
    if len(counts) >= share_trend.LEAST_YEARS:
        every = history.reindex(known.index).to_numpy(np.float64)[:, None]
        trend = share_trend.fit(counts, np.broadcast_to(every, counts.shape))
        ahead = share_trend.shares(trend, len(job.ahead), job.draws, [job.seed, *b"setting"])
        parts = np.concatenate([parts[:, :1], share_trend.counts(ahead, whole[:, 1:, None])], axis=1)
    job.out.add("ehc_plans", job.years, within(whole, parts), "count", by=(("setting", tuple(known.columns)),))


def within(whole: Floats, parts: Floats) -> Floats:
    """Scale parts so that in every run and year they are the share of the whole that they are in the first year.

    Forecast proportions from the top down (Athanasopoulos, Ahmed and Hyndman 2009): the whole keeps its forecast, the
    parts their proportions to one another; what they do not cover in the first year keeps its share.

    Args:
        whole: axes (run, year), people.
        parts: axes (run, year, part), people.
    """
    together = parts.sum(axis=2)
    covered = together[:, :1] / np.maximum(whole[:, :1], HALF)
    return np.asarray(parts * (covered * whole / np.maximum(together, HALF))[:, :, None])


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("moves", "joiners, leavers and moves by NC year, need and setting", _moves_lack, _emit_moves),
        Method("age_flow", "an ageing stock with new and ceased plans", _age_flow_lacks, _emit_age_flow),
        Method("trend", "yearly totals with national context", _trend_lacks, _emit_trend),
    )
}
