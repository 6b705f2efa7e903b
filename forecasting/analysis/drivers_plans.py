"""Where the growth of EHC plans comes from: an exact account of the change from the last count to the last year.

Each driver is the difference between two runs at central values that differ in one thing, taken in a fixed order,
so that the drivers add up to the whole change without a remainder:

    S  plans at the last count, S = Σₙ Sₙ over NC years n
    A  Σₙ Pₙ(T)·Sₙ / Pₙ(0): today's plans per resident of each age, on the residents P of the last year T
    B  the method run with new-plan rates, ceasing by age and levers held as today, needs and settings pooled
    C  the same with ceasing by need and setting
    D  C with the levers on ceasing and on destinations
    E  the run itself: with the trend of new plans and the levers on them

    population = A − S; staying on = (B − A) + (D − C); need mix = C − B; identification = E − D.

In the method trend: England = run − run without England's growth; own difference = the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from forecasting.model import age_flow, moves
from forecasting.model.job import Job
from forecasting.model.plans import AgeWorld, MovesWorld, age_world, moves_world
from forecasting.model.run import Run, run
from forecasting.scenario.scenario import Change
from forecasting.values import Floats


@dataclass(frozen=True)
class Driver:
    """One part of the change.

    Attributes:
        name: what it is, in words.
        plans: its part of the change, plans; negative = fewer.
        help: what it means.
    """

    name: str
    plans: float
    help: str


POPULATION = "Population"
IDENTIFICATION = "Identification"
STAYING = "Staying on"
NEED_MIX = "Need mix"
ENGLAND = "Growth shared with England"
OWN = "Difference from England"
_HELP = {
    POPULATION: "More or fewer residents of each age, at today's plans per resident.",
    STAYING: "At today's rates more children join than leave: they stay as they grow older.",
    NEED_MIX: "Children shift towards needs and settings in which plans last longer, or less long.",
    IDENTIFICATION: "The rate of new plans goes on changing, or is changed by a lever.",
    ENGLAND: "What past growth in England implies.",
    OWN: "What the authority's own past implies beyond England.",
}


@lru_cache(maxsize=16)
def drivers(done: Run) -> tuple[Driver, ...]:
    """Return the drivers of the change of EHC plans in a run; their sum is the change. Empty for other methods.

    Args:
        done: a run of the method moves, age_flow or trend (central values are used).
    """
    job = Job(done.dataset, done.assumptions, done.forecast.years)
    parts: dict[str, float] = {}
    if done.forecast.method == "moves":
        parts = _of_moves(moves_world(job))
    elif done.forecast.method == "age_flow":
        parts = _of_age_flow(age_world(job))
    elif done.forecast.method == "trend":
        parts = _of_trend(done)
    return tuple(Driver(name, value, _HELP[name]) for name, value in parts.items())


def _at_todays_rates(stock: Floats, now: Floats, then: Floats) -> float:
    """Return Σ P(T)·S/P(0); an age without residents now keeps its plans."""
    grown = np.divide(then, now, out=np.ones_like(then), where=now > 0)
    return float(stock @ grown)


def _of_moves(world: MovesWorld) -> dict[str, float]:
    rates, stock = world.rates, world.start.sum(axis=(1, 2))
    known = world.people.loc[world.people["year"] <= rates.last_year, "year"].max()
    now = moves.residents_by_year(world.people, rates.nc_years, [int(known)])[0]
    then = moves.residents_by_year(world.people, rates.nc_years, [world.years[-1]])[0]
    held = replace(rates, trend=replace(rates.trend, mean=np.array([rates.trend.mean[0], 0.0])))
    weight = world.start + 1e-9 * rates.is_open[:, None, :]
    mean = (rates.central.leave * weight).sum(axis=(1, 2)) / np.maximum(weight.sum(axis=(1, 2)), 1e-12)
    leave = np.where(rates.central.leave >= 1.0, 1.0, mean[:, None, None])
    pooled = replace(held, central=replace(held.central, leave=leave))

    def last(with_rates: moves.MoveRates, levers: moves.Levers | None) -> float:
        return float(moves.expected(world.start, with_rates, world.people, world.years, levers).stock[-1].sum())

    a, b, c = _at_todays_rates(stock, now, then), last(pooled, None), last(held, None)
    d, e = last(held, replace(world.levers, joiners=None)), last(rates, world.levers)
    return {POPULATION: a - stock.sum(), STAYING: b - a + d - c, NEED_MIX: c - b, IDENTIFICATION: e - d}


def _of_age_flow(world: AgeWorld) -> dict[str, float]:
    rates = world.rates
    known = world.people.loc[world.people["year"] <= rates.last_year, "year"].max()
    exposed = age_flow.exposure(world.people, rates.nc_years, [int(known), world.years[-1]])
    level = replace(rates.trend, mean=np.array([rates.trend.mean[0], 0.0]))
    held = replace(rates, trend=level)

    def last(with_rates: age_flow.AgeRates, levers: age_flow.AgeLevers) -> float:
        return float(age_flow.expected_by_age(with_rates, world.people, world.years, levers).stock[-1].sum())

    a = _at_todays_rates(rates.stock, exposed[0], exposed[1])
    d = last(held, age_flow.AgeLevers(cease=world.levers.cease))
    e = last(rates, world.levers)
    return {POPULATION: a - float(rates.stock.sum()), STAYING: d - a, IDENTIFICATION: e - d}


def _of_trend(done: Run) -> dict[str, float]:
    without = done.scenario.with_changes([Change("national_trend", "none")])
    told = run(done.dataset, without, to=done.forecast.years[-1], method="trend").forecast
    first, last = done.forecast.years[0], done.forecast.years[-1]
    alone, whole = told.value("ehc_plans", last), done.forecast.value("ehc_plans", last)
    return {ENGLAND: whole - alone, OWN: alone - done.forecast.value("ehc_plans", first)}
