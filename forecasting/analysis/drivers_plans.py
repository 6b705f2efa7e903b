"""Where the growth of EHC plans comes from: an exact account, in the central run and in every draw.

Each driver is what one cause does alone, the others held as they are today; what they do together beyond that is the
interaction, so that the parts of every run add up to its change without a remainder:

    S  plans at the last count, S = Σₙ Sₙ over NC years n;  E  the run itself in its last year T
    A  Σₙ Pₙ(T)·Sₙ / Pₙ(0): today's plans per resident of each age, on the residents P of the last year T
    C  the method run on today's residents, with new-plan rates held and no lever
    B  C with ceasing that knows ages alone, not needs and settings
    I  C with the trend of new plans and the levers on them
    L  C with the levers on ceasing and on destinations

    population = A − S; need mix = C − B; staying on = (B − S) + (L − C); identification = I − C;
    interaction = (E − S) − all of these.

In draws of the method moves C, I and L are the children expected at the rates of the draw, which are those of the run,
under the same shocks, and need mix is that of the central run; the chance of single children is in E alone and so ends
up in the interaction. In age_flow they are drawn with the seed of the run. In the method trend: growth shared with
England, the authority's own difference from it, a policy shock, and the interaction.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.model import (
    age_flow,
    age_flow_draws,
    age_flow_tables,
    moves,
    moves_table,
    plan_inputs,
    plan_levers,
    plans,
    trend_inputs,
)
from forecasting.model.age_flow_levers import AgeLevers
from forecasting.model.age_flow_rates import AgeRates
from forecasting.model.job import Job
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_mean import Case, last_totals
from forecasting.model.moves_rates import MoveRates
from forecasting.model.remembered import Memory
from forecasting.model.run import Run
from forecasting.scenario.assumptions import Assumption
from forecasting.values import Floats, Interval

POPULATION = "Population"
IDENTIFICATION = "Identification"
STAYING = "Staying on"
NEED_MIX = "Need mix"
ENGLAND = "Growth shared with England"
OWN = "Difference from England"
POLICY = "Change of law or policy"
INTERACTION = "Interaction"
_HELP = {
    POPULATION: "More or fewer residents of each age, at today's plans per resident.",
    STAYING: "At today's rates more children join than leave: they stay as they grow older.",
    NEED_MIX: "Children shift towards needs and settings in which plans last longer, or less long.",
    IDENTIFICATION: "The rate of new plans goes on changing, or is changed by a lever.",
    ENGLAND: "What past growth in England implies.",
    OWN: "What the authority's own past implies beyond England.",
    POLICY: "What the lever for a change of law or policy adds.",
    INTERACTION: "What the causes do together beyond each alone; in the ranges also chance.",
}
_COVERAGE = 0.8


@dataclass(frozen=True)
class Driver:
    """One part of the change.

    Attributes:
        name: what it is, in words.
        plans: its part of the change in the central run, plans; negative = fewer.
        help: what it means.
        interval: its 80 % range over the draws; None without draws.
    """

    name: str
    plans: float
    help: str
    interval: Interval | None = None


@lru_cache(maxsize=16)
def drivers(done: Run, ranges: bool = True) -> tuple[Driver, ...]:
    """Return the drivers of the change of EHC plans in a run; their sum is the change. Empty for other methods.

    Args:
        done: a run of the method moves, age_flow or trend.
        ranges: whether to give ranges where the run has draws; each takes draws of its own.
    """
    found = driver_runs(done, ranges)
    return tuple(Driver(name, float(runs[0]), _HELP[name], _interval(runs[1:])) for name, runs in found.items())


def whole_change(done: Run, ranges: bool = True) -> Driver:
    """Return the whole change that the drivers of a run add up to."""
    runs = np.sum(list(driver_runs(done, ranges).values()), axis=0)
    return Driver("Whole change", float(runs[0]), "All causes together.", _interval(runs[1:]))


def _interval(draws: Floats) -> Interval | None:
    if not len(draws):
        return None
    low, high = np.quantile(draws, [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    return Interval(float(low), float(high), _COVERAGE)


@lru_cache(maxsize=16)
def driver_runs(done: Run, ranges: bool = True) -> dict[str, Floats]:
    """Return each driver in every run, axis (run), the central run first: in each run they add up to its change.

    Args:
        done: as for `drivers`; empty for other methods.
        ranges: False for the central run alone.
    """
    method = done.forecast.method
    if done.plans is None or method not in plans.METHODS:
        return {}
    years, runs = done.plans.years, done.plans.runs[: None if ranges else 1]
    seed = int(dict(done.forecast.stamp)["seed"])
    job = Job(done.dataset, done.assumptions, done.forecast.years, len(runs) - 1, seed)
    start = years.index(max(years[0], done.forecast.base_year))
    parts = {"moves": _of_moves, "age_flow": _of_age_flow, "trend": _of_trend}[method](job, runs[:, -1])
    change = runs[:, -1] - runs[:, start]
    shared = {name: np.broadcast_to(part, change.shape) for name, part in parts.items()}
    return {**shared, INTERACTION: change - np.sum(list(shared.values()), axis=0)}


def _at_todays_rates(stock: Floats, now: Floats, then: Floats) -> float:
    """Return Σ P(T)·S/P(0) − Σ S; an age without residents now keeps its plans."""
    grown = np.divide(then, now, out=np.ones_like(then), where=now > 0)
    return float(stock @ grown - stock.sum())


def _held(people: pd.DataFrame, known: int, years: Sequence[int]) -> pd.DataFrame:
    """Return residents of every year as they were in the last year known."""
    now = people[people["year"] == known]
    return pd.concat([now.assign(year=year) for year in sorted({known, *years})], ignore_index=True)


def _causes(start: float, base: Floats, identified: Floats, levered: Floats | None = None) -> dict[str, Floats]:
    """Return staying on and identification from the runs B, I and L (None = no lever on ceasing), axis (run)."""
    levers = 0.0 if levered is None else levered - base
    return {STAYING: base - start + levers, IDENTIFICATION: identified - base}


def _moved(*levers: Floats | None) -> bool:
    return any(lever is not None and bool((np.asarray(lever) != 1.0).any()) for lever in levers)


_ENDS: Memory[Floats] = Memory(16)  # the last year of runs that differ in one thing; most stay while one lever moves


def _key(held: MoveRates, cases: Sequence[Case]) -> tuple[Hashable, ...]:
    """Return by what runs of the same data and years differ: which rates are held, and every lever."""
    return tuple((rates is held, *_content(levers or Levers())) for rates, levers in cases)


def _content(levers: Levers) -> tuple[bytes, ...]:
    parts = (levers.joiners, levers.leavers, levers.movers, levers.destinations)
    return tuple(b"" if part is None else np.asarray(part, dtype=np.float64).tobytes() for part in parts)


def _of_moves(job: Job, _: Floats) -> dict[str, Floats]:
    world = plan_inputs.moves_world(job)
    rates, stock = world.rates, world.start.sum(axis=(1, 2))
    known = int(world.people.loc[world.people["year"] <= rates.last_year, "year"].max())
    people = _held(world.people, known, world.years)
    now = moves_table.residents_by_year(world.people, rates.nc_years, [known])[0]
    then = moves_table.residents_by_year(world.people, rates.nc_years, [world.years[-1]])[0]
    still = replace(rates.variation, joiners=replace(rates.variation.joiners, drift_sd=0.0), mix_drift_sd=0.0)
    held = replace(rates, trending=False, variation=still)

    same = job.dataset, world.years

    def ended(with_rates: MoveRates, levers: Levers | None) -> float:
        return float(moves.expected(world.start, with_rates, people, world.years, levers).stock[-1].sum())

    def central(case: Case) -> Floats:
        return _ENDS.get((*same, _key(held, [case])), job.assumptions, lambda _: np.array([ended(*case)]))

    def drawn(_: object) -> Floats:
        return np.stack(last_totals(world.start, cases, people, world.years, job.draws, job.seed))

    mix = ended(held, None) - ended(_pooled(held, world.start), None)
    others = replace(world.levers, joiners=None)
    cases: list[Case] = [(held, None), (rates, Levers(joiners=world.levers.joiners))]
    if _moved(others.leavers, others.movers, others.destinations):
        cases.append((held, others))
    ends = [central(case) for case in cases]
    if job.draws:
        runs = _ENDS.get((*same, job.draws, job.seed, _key(held, cases)), job.assumptions, drawn)
        ends = [np.concatenate(pair) for pair in zip(ends, runs, strict=True)]
    base, identified, *levered = ends
    causes = _causes(float(stock.sum()) + mix, base, identified, *levered)
    return {POPULATION: np.array(_at_todays_rates(stock, now, then)), NEED_MIX: np.array(mix), **causes}


def _pooled(rates: MoveRates, start: Floats) -> MoveRates:
    """Return rates of which ceasing knows ages alone: its mean over the plans of each age today."""
    weight = start + 1e-9 * rates.is_open[:, None, :]
    mean = (rates.central.leave * weight).sum(axis=(1, 2)) / np.maximum(weight.sum(axis=(1, 2)), 1e-12)
    leave = np.where(rates.central.leave >= 1.0, 1.0, mean[:, None, None])
    return replace(rates, central=replace(rates.central, leave=leave))


def _of_age_flow(job: Job, _: Floats) -> dict[str, Floats]:
    world = plan_inputs.age_world(job)
    rates, start = world.rates, float(world.rates.stock.sum())
    known = int(world.people.loc[world.people["year"] <= rates.last_year, "year"].max())
    people = _held(world.people, known, world.years)
    exposed = age_flow_tables.exposure(world.people, rates.nc_years, [known, world.years[-1]])
    still = replace(rates.variation, new_plans=replace(rates.variation.new_plans, drift_sd=0.0))
    held = replace(rates, trending=False, variation=still)

    def last(with_rates: AgeRates, levers: AgeLevers) -> Floats:
        central = age_flow.expected_by_age(with_rates, people, world.years, levers).stock[-1].sum()
        if not job.draws:
            return np.array([central])
        drawn = age_flow_draws.simulate_by_age(with_rates, people, world.years, job.draws, job.seed, levers)
        return np.concatenate([[central], drawn.stock[:, -1].sum(axis=1)])

    ceasing = AgeLevers(cease=world.levers.cease)
    levered = last(held, ceasing) if _moved(ceasing.cease) else None
    identified = last(rates, replace(world.levers, cease=None))
    causes = _causes(start, last(held, AgeLevers()), identified, levered)
    return {POPULATION: np.array(_at_todays_rates(rates.stock, exposed[0], exposed[1])), **causes}


def _of_trend(job: Job, last: Floats) -> dict[str, Floats]:
    """England alone S·(eⁿ − 1), own alone S·(eᵒ − 1): n and o are the logs of the two parts of the growth of a run."""
    world = trend_inputs.trend_world(job)
    found, start, plain = world.found, world.runs[0, 0], world.runs[:, -1]
    error = found.national_errors(job.draws, trend_inputs.trend_stream(job.seed))[:, -1]

    def lever(*more: Assumption) -> float:
        told = job.assumptions.with_items(more)
        return float(plan_levers.trend_change(told, job.ahead, found, world.unit, world.history)[-1])

    england = np.concatenate([[0.0], error]) + lever() - lever(Assumption("national_trend", "none", "", "judgement"))
    parts = {ENGLAND: start * np.expm1(england), OWN: plain * np.exp(-england) - start}
    return parts if (plain == last).all() else {**parts, POLICY: last - plain}
