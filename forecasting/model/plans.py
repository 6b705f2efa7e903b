"""EHC plans maintained by the authority: which method, and its figures as margins of the forecast.

Each method gives a central run and, when asked, draws; the base year and earlier are actual counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.model import age_flow, age_flow_draws, plan_levers, share_trend
from forecasting.model.age_flow import AgeFlows
from forecasting.model.age_groups import gathered
from forecasting.model.forecast import Label
from forecasting.model.job import Job
from forecasting.model.moves_led import led
from forecasting.model.plan_inputs import age_flow_lacks, age_world, moves_lack, moves_world
from forecasting.model.plan_stock import Growth, growth, of_moves
from forecasting.model.plan_totals import TREND
from forecasting.model.remembered import remembered
from forecasting.model.stock import Stock
from forecasting.model.trend_inputs import new_per_plan, trend_lacks, trend_world
from forecasting.model.trend_panel import HALF
from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class Emitted:
    """What a method tells the stages after it.

    Attributes:
        plans: plans along the years of the forecast, central run.
        stock: plans in the detail of places; None where the method has no such detail.
        growth: how plans grow, in every run.
    """

    plans: Floats
    stock: Stock | None = None
    growth: Growth | None = None


@dataclass(frozen=True)
class Method:
    """A way to forecast EHC plans.

    Attributes:
        name: its name on the command line.
        what: what it does, in a few words.
        lacking: what a dataset lacks for it; "" when it can be used.
        emit: adds its margins to the forecast and returns what the stages after it need.
    """

    name: str
    what: str
    lacking: Callable[[Dataset], str]
    emit: Callable[[Job], Emitted]


# ---------------------------------------------------------------------------------------------- moves


@remembered(2)
def _emit_moves(job: Job) -> Emitted:
    world = moves_world(job)
    rates, start, years = world.rates, world.start, world.years
    found = led(job, world)
    flows, draws = found.flows, found.draws
    if found.leader.name:
        job.out.warnings.append(f"EHC plans in total follow the method {found.leader.name}: {found.leader.why}.")
    if found.leader.name != TREND and plan_levers.growth_chosen(job.assumptions):
        job.out.warnings.append("Growth in England changes nothing here: EHC plans in total do not follow trend.")
    nc_years = tuple(int(n) for n in rates.nc_years)
    labels: dict[str, Sequence[Label]] = {"nc_year": nc_years, "need": rates.needs, "setting": rates.settings}
    central = np.concatenate([start[None], flows.stock])
    sums: dict[tuple[str, ...], Floats] = {
        (): central.sum(axis=(1, 2, 3)), ("nc_year",): central.sum(axis=(2, 3)), ("need",): central.sum(axis=(1, 3)),
        ("setting",): central.sum(axis=(1, 2)), ("need", "setting"): central.sum(axis=1),
        ("setting", "nc_year"): central.sum(axis=2).transpose(0, 2, 1),
    }  # fmt: skip
    kept = (rates.last_year, *years)
    for by, values in sums.items():
        name = "_".join(by) or "total"
        runs = _with_start(values, None if draws is None else draws.margins[name])
        job.out.add("ehc_plans", kept, runs, "count", by=tuple((axis, labels[axis]) for axis in by))
        if by == ("nc_year",):
            _emit_bands(job, kept, runs, nc_years)
    joined, left = (None, None) if draws is None else (draws.joined, draws.left)
    _emit_flow(job, "new_plans", years, nc_years, _runs(flows.joined.sum(axis=(2, 3)), joined))
    _emit_flow(job, "ceased_plans", years, nc_years, _runs(flows.left.sum(axis=(2, 3)), left))
    stock = of_moves(rates, start, flows, draws)
    told = growth(kept, stock.plans.sum(axis=(2, 3, 4)), "setting", stock.settings, stock.plans.sum(axis=(2, 3)))
    return Emitted(_along(job, kept, sums[()]), stock, told)


def _runs(central: Floats, draws: npt.NDArray[Any] | None) -> Floats:
    """Return run × year…: the central run, then the draws where there are some."""
    return central[None] if draws is None else np.concatenate([central[None], draws.astype(np.float64)])


def _emit_flow(job: Job, measure: str, years: Sequence[int], nc_years: Sequence[int], runs: Floats) -> None:
    """Add new or ceased plans, run × year × NC year, in total and by NC year."""
    job.out.add(measure, years, runs.sum(axis=2), "count")
    job.out.add(measure, years, runs, "count", by=(("nc_year", tuple(nc_years)),))


def _with_start(central: Floats, draws: npt.NDArray[Any] | None) -> Floats:
    """Return run × year…: the central run, then the draws where there are some, each after the actual start."""
    if draws is None:
        return central[None]
    return _runs(central, np.concatenate([np.repeat(central[:1][None], len(draws), axis=0), draws], axis=1))


def _emit_bands(job: Job, years: Sequence[int], runs: Floats, nc_years: Sequence[int]) -> None:
    bands = gathered(nc_years, axes.AGE_BANDS)
    job.out.add("ehc_plans", years, runs @ bands, "count", by=(("age_band", axes.AGE_BANDS.names),))


def _along(job: Job, years: Sequence[int], values: Floats) -> Floats:
    """Return values at the job's years; years before the first known one take its value."""
    return np.asarray(np.interp(job.years, years, values))


# ------------------------------------------------------------------------------------------- age and flow


@remembered(2)
def _emit_age_flow(job: Job) -> Emitted:
    world = age_world(job)
    rates, people, years, levers = world.rates, world.people, world.years, world.levers
    central = age_flow.expected_by_age(rates, people, years, levers)
    drawn = age_flow_draws.simulate_by_age(rates, people, years, job.draws, job.seed, levers) if job.draws else None
    labels = tuple(int(n) for n in rates.nc_years)
    kept = (rates.last_year, *years)
    stock = np.concatenate([rates.stock[None], central.stock])
    runs = _with_start(stock, None if drawn is None else drawn.stock)
    history = total(job.dataset, "ehc_plans", "plans")
    _emit_with_history(job, history, kept, runs.sum(axis=2))
    job.out.add("ehc_plans", kept, runs, "count", by=(("nc_year", labels),))
    _emit_bands(job, kept, runs, labels)
    new, ceased = (None, None) if drawn is None else (drawn.new, drawn.ceased)
    _emit_flow(job, "new_plans", years, labels, _runs(central.new, new))
    _emit_flow(job, "ceased_plans", years, labels, _runs(central.ceased, ceased))
    _emit_requests(job, years, central, drawn)
    by_phase = runs @ gathered(labels, axes.PHASES)
    told = growth(kept, runs.sum(axis=2), "phase", axes.PHASES.names, by_phase)
    return Emitted(_along(job, kept, stock.sum(axis=1)), growth=told)


def _emit_requests(job: Job, years: Sequence[int], central: AgeFlows, drawn: AgeFlows | None) -> None:
    runs = _runs(central.requests, None if drawn is None else drawn.requests)
    if not np.isnan(runs).any():
        job.out.add("requests", years, runs, "count")


def _emit_with_history(job: Job, history: pd.Series, years: Sequence[int], runs: Floats) -> None:
    past = history[history.index < years[0]].dropna()
    before = np.broadcast_to(past.to_numpy(np.float64), (len(runs), len(past)))
    job.out.add("ehc_plans", [*(int(y) for y in past.index), *years], np.concatenate([before, runs], axis=1), "count")


# ------------------------------------------------------------------------------------------------- trend


@remembered(2)
def _emit_trend(job: Job) -> Emitted:
    world = trend_world(job)
    shock = plan_levers.multiplier(job.assumptions, "policy_shock", job.ahead) - 1.0
    whole = plan_levers.with_shock(shock, new_per_plan(job.dataset), world.runs)
    _emit_with_history(job, world.history, job.years, whole)
    labels, parts = _emit_settings(job, world.history, whole)
    return Emitted(np.asarray(whole[0]), growth=growth(job.years, whole, "setting", labels, parts))


def _emit_settings(job: Job, history: pd.Series, whole: Floats) -> tuple[tuple[str, ...], Floats]:
    """Add plans by setting: the share of each goes on as it has moved, and together they keep their share of all.

    Returns the settings and their plans, run × year × setting; none where they are not known.
    """
    found = margin(job.dataset, "ehc_plans", "plans", "setting")
    if found.empty or job.years[0] not in found.index.get_level_values(0):
        return (), np.zeros((*whole.shape, 0))
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
    labels, parts = tuple(known.columns), within(whole, parts)
    job.out.add("ehc_plans", job.years, parts, "count", by=(("setting", labels),))
    return labels, parts


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
        Method("moves", "joiners, leavers and moves by NC year, need and setting", moves_lack, _emit_moves),
        Method("age_flow", "an ageing stock with new and ceased plans", age_flow_lacks, _emit_age_flow),
        Method("trend", "yearly totals with national context", trend_lacks, _emit_trend),
    )
}
