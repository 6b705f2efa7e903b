"""The method `moves` with its totals led by the nearer of `trend` and `age_flow`, its composition its own.

Without levers, joiners of each year and draw are those that bring all plans to the total wanted; with levers the same
joiner levels stay, and the levers change what comes of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model import moves, moves_draws, plan_totals
from forecasting.model.age_groups import place_of
from forecasting.model.job import Job
from forecasting.model.moves import Flows
from forecasting.model.moves_levers import Levers
from forecasting.model.plan_inputs import MovesWorld, moves_world
from forecasting.scenario.assumptions import Assumption
from forecasting.scenario.from_dataset import baseline
from forecasting.values import Floats, Singles

KEPT = (*moves_draws.MARGINS, "need_group_setting")  # groups of NC years are phases


@dataclass(frozen=True, eq=False)
class Led:
    """A run of the method moves.

    Attributes:
        flows: the central run.
        draws: the draws; None without them.
        leader: the method that its totals follow, and why; no name where they follow its own rates.
    """

    flows: Flows
    draws: moves_draws.Draws | None
    leader: plan_totals.Nearer


def led(job: Job, world: MovesWorld) -> Led:
    """Return a run of the method moves under the levers of a job."""
    base = _base(job.dataset, job.years, job.draws, job.seed, tuple(job.assumptions.of("national_trend")))
    if not moved(world.levers):
        return base
    flows = moves.expected(world.start, world.rates, world.people, world.years, world.levers, shift=base.flows.shift)
    if base.draws is None:
        return Led(flows, None, base.leader)
    return Led(flows, _simulate(job, world, world.levers, shift=base.draws.shift), base.leader)


def moved(levers: Levers) -> bool:
    """Return whether any lever is away from neutral."""
    given = (levers.joiners, levers.leavers, levers.movers, levers.destinations)
    return any(lever is not None and bool((np.asarray(lever) != 1.0).any()) for lever in given)


@lru_cache(maxsize=4)
def _base(dataset: Dataset, years: tuple[int, ...], draws: int, seed: int, national: tuple[Assumption, ...]) -> Led:
    """Return the run without levers but that on growth in England."""
    job = Job(dataset, baseline(dataset).with_items(national), years, draws, seed)
    world = moves_world(job)
    leader = plan_totals.nearer(dataset)
    if not leader.name or world.years != job.ahead:
        leader = plan_totals.Nearer("", "")
    totals = plan_totals.growth(job, leader.name) * world.start.sum() if leader.name else None
    central = None if totals is None else totals[0]
    flows = moves.expected(world.start, world.rates, world.people, world.years, None, totals=central)
    drawn = _simulate(job, world, None, totals=None if totals is None else totals[1:]) if draws else None
    return Led(flows, drawn, leader)


def _simulate(
    job: Job,
    world: MovesWorld,
    levers: Levers | None,
    shift: Singles | None = None,
    totals: Floats | None = None,
) -> moves_draws.Draws:
    return moves_draws.simulate(
        world.start, world.rates, world.people, world.years, job.draws, job.seed, levers, KEPT,
        shift=shift, totals=totals, group=place_of(world.rates.nc_years, axes.PHASES),
    )  # fmt: skip
