"""What a block of draws of the method moves starts from: its rates, drawn once, and what each year makes of them.

Two ways to run a block forward read it: `moves_draws` child by child, `moves_mean` in expected children.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.model.chance import Counts
from forecasting.model.moves import damped
from forecasting.model.moves_axes import pair_grid
from forecasting.model.moves_levers import Levers, lever_arrays, with_weights
from forecasting.model.moves_rates import MoveRates
from forecasting.model.moves_table import residents_by_year
from forecasting.values import Floats, Singles, Whole

THREADS = 2  # blocks run side by side
BLOCK_CELLS = 200_000  # draws in a block × cells: keeps a block in the processor's cache and memory small


@dataclass(frozen=True)
class Plan:
    """What all blocks share: sizes, index maps, residents, levers."""

    rates: MoveRates
    people: Floats
    levers: tuple[Floats, Floats, Floats, Floats]
    start: Counts
    last_of_setting: Whole
    first_of_setting: Whole
    top_pairs: Whole
    grid: Whole
    base: Singles
    change_to: Floats
    uncertain: bool
    chance: bool
    totals: Floats | None
    group: Whole


class Ways:
    """Where a mover of each cell may go: running sums of weights by setting moved to, made anew when a lever moves."""

    def __init__(self) -> None:
        """Start without sums."""
        self._lever: bytes = b""
        self._upto: Singles = np.zeros(0, dtype=np.float32)

    def of_year(self, plan: Plan, tilt: Singles, t: int) -> Singles:
        """Return running sums, (draw, p, d, setting) flattened."""
        lever = plan.levers[3][t].astype(np.float32)
        if lever.tobytes() != self._lever:
            axes = plan.rates.axes
            add = np.triu(np.ones((axes.n_settings, axes.n_settings), dtype=np.float32)) * lever[:, None]
            weight = plan.base.reshape(axes.n_pairs, axes.n_needs, -1) * tilt[:, axes.pair_setting][:, :, None, :]
            self._upto = (weight.reshape(-1, axes.n_settings) @ add).reshape(-1)
            self._lever = lever.tobytes()
        return self._upto


@dataclass(frozen=True)
class Block:
    """The uncertain values of one block, drawn once and kept for all years.

    They do not depend on how rates vary in future, so that one block serves all runs whose rates differ in that alone.

    Attributes:
        ways: where movers go.
        join: joiner rates per resident, axes (draw, p, d).
        leave: yearly hazards of leaving, same axes.
        move: yearly hazards of moving, same axes.
        level: log joiner level, axis (draw).
        change: its yearly change, axis (draw).
        drift: standard normal: of joiners, of leavers, of each need, of each setting; axes (draw, 2 + d + s).
        tilt: multiplier of the chance of each move between settings, axes (draw, s, s').
        need_rate: yearly chance of a change of need, axes (draw, d).
    """

    ways: Ways
    join: Singles
    leave: Singles
    move: Singles
    level: Singles
    change: Singles
    drift: Singles
    tilt: Singles
    need_rate: Singles


def plan_of(
    stock: Floats,
    rates: MoveRates,
    residents: pd.DataFrame,
    years: Sequence[int],
    levers: Levers | None,
    uncertain: bool,
    chance: bool,
) -> Plan:
    """Work out once what every block needs."""
    axes = rates.axes
    start = np.rint(stock[axes.pair_nc, :, axes.pair_setting]).astype(np.int32)
    if not np.allclose(start.sum(), stock.sum()):
        raise ValueError("the stock has part children, or children at NC years their setting does not serve")
    edges = np.flatnonzero(np.diff(axes.pair_setting)) if axes.n_pairs else np.zeros(0, dtype=np.int64)
    last = np.append(edges, axes.n_pairs - 1)
    to = rates.central.to[axes.pair_nc, :, axes.pair_setting, :]
    base = to.reshape(-1, axes.n_settings).astype(np.float32)
    off = rates.central.need_change * (1.0 - np.eye(axes.n_needs))
    change_to = np.cumsum(off / np.maximum(off.sum(axis=1, keepdims=True), 1e-300), axis=1)
    return Plan(
        rates,
        residents_by_year(residents, rates.nc_years, years),
        lever_arrays(levers, rates, len(years)),
        start,
        last,
        np.append(0, edges + 1),
        np.flatnonzero(axes.pair_nc == axes.n_nc - 1),
        pair_grid(axes),
        base,
        change_to,
        uncertain,
        chance,
        None,
        np.zeros(0, dtype=np.int64),
    )


def in_blocks(
    plan: Plan, n_draws: int, seed: int, work: Callable[[slice, Sequence[np.random.SeedSequence]], None]
) -> None:
    """Work through draws block by block, some side by side.

    Args:
        plan: what all blocks share.
        n_draws: number of draws.
        seed: seed of all random values.
        work: takes the draws of a block and its seeds, one for its rates, then one for each year.
    """
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(work, *block) for block in _blocks(plan, n_draws, seed)]
    for job in jobs:
        job.result()


def _blocks(plan: Plan, n_draws: int, seed: int) -> Iterator[tuple[slice, list[np.random.SeedSequence]]]:
    """Yield the draws of each block and its seeds, see `in_blocks`."""
    cells = plan.rates.axes.n_pairs * plan.rates.axes.n_needs
    shared = -(-n_draws // THREADS)  # few draws are parted evenly
    size = int(np.clip(BLOCK_CELLS // max(cells, int(plan.start.sum()), 1), 1, shared))
    starts = range(0, n_draws, size)
    for child, low in zip(np.random.SeedSequence(seed).spawn(len(starts)), starts, strict=True):
        yield slice(low, min(low + size, n_draws)), child.spawn(1 + len(plan.people))


def draw_rates(plan: Plan, rng: np.random.Generator, n_draws: int) -> Block:
    """Draw every uncertain value of a block once."""
    rates, axes = plan.rates, plan.rates.axes
    trend = rng.multivariate_normal(rates.trend.mean, rates.trend.covariance, n_draws, method="eigh")
    trend = trend if plan.uncertain else np.broadcast_to(rates.trend.mean, trend.shape)
    drift = rng.standard_normal((n_draws, 2 + axes.n_needs + axes.n_settings), dtype=np.float32)
    return Block(
        ways=Ways(),
        join=np.exp(_log_rates(plan, "joining", rng, n_draws)),
        leave=_hazard(plan, "leaving", rng, n_draws),
        move=_hazard(plan, "moving", rng, n_draws) * _can_move(plan),
        level=trend[:, 0].astype(np.float32),
        change=trend[:, 1].astype(np.float32),
        drift=drift * np.float32(plan.uncertain),
        tilt=_tilt(plan, rng, n_draws),
        need_rate=_need_rate(plan, rng, n_draws),
    )


def _log_rates(plan: Plan, kind: str, rng: np.random.Generator, n_draws: int) -> Singles:
    """Log or logit rates, axes (draw, p, d)."""
    table = getattr(plan.rates, kind)
    drawn: Singles = table.draw(rng, n_draws)
    if not plan.uncertain:
        drawn[:] = table.centre
    return drawn


def _hazard(plan: Plan, kind: str, rng: np.random.Generator, n_draws: int) -> Singles:
    """Yearly hazard −log(1 − q) = log(1 + e^logit), axes (draw, p, d)."""
    eta = _log_rates(plan, kind, rng, n_draws)
    return np.asarray(np.log1p(np.exp(np.minimum(eta, 15.0))), dtype=np.float32)


def _can_move(plan: Plan) -> Singles:
    """1 where there is a setting to move to, 0 where there is none, axes (p, d)."""
    axes = plan.rates.axes
    return np.asarray(plan.rates.central.move[axes.pair_nc, :, axes.pair_setting] > 0, dtype=np.float32)


def _tilt(plan: Plan, rng: np.random.Generator, n_draws: int) -> Singles:
    """Multiplier of the chance of each move between settings, axes (draw, s, s'): Gamma, mean 1."""
    counts = plan.rates.move_counts + 1.0
    drawn = rng.standard_gamma(counts.astype(np.float32), (n_draws, *counts.shape), dtype=np.float32)
    return (drawn / counts).astype(np.float32) if plan.uncertain else np.ones_like(drawn)


def _need_rate(plan: Plan, rng: np.random.Generator, n_draws: int) -> Singles:
    """Yearly chance of a change of need, axes (draw, d): Gamma around the central chance."""
    counts = plan.rates.need_counts
    off = counts.sum(axis=1) - np.diag(counts) + 0.5
    central = 1.0 - np.diag(plan.rates.central.need_change)
    drawn = rng.standard_gamma(off, (n_draws, len(off))) / off
    drawn = drawn if plan.uncertain else np.ones_like(drawn)
    return np.asarray(np.minimum(drawn * central, 0.95), dtype=np.float32)


def leaver_factor(plan: Plan, block: Block, t: int, rng: np.random.Generator) -> Singles:
    """Return what drift and this year's shock make of the hazard of leaving, axis (draw)."""
    variation = plan.rates.variation
    shock = rng.standard_normal(len(block.leave), dtype=np.float32) * np.float32(variation.leaver_year_sd * plan.chance)
    drift = block.drift[:, 1] * variation.leaver_drift_sd
    return np.asarray(np.exp(drift * np.sqrt(t + 1.0) + shock), dtype=np.float32)


def year_hazards(plan: Plan, block: Block, t: int, rng: np.random.Generator) -> tuple[Singles, Singles]:
    """Hazards of leaving and of moving in a year, after drift, this year's shock and levers."""
    axes = plan.rates.axes
    leave = block.leave * leaver_factor(plan, block, t, rng)[:, None, None]
    by_pair = plan.levers[1][t][axes.pair_nc].astype(np.float32)
    if np.any(by_pair != 1.0):
        leave *= by_pair
    movers = plan.levers[2][t][axes.pair_setting].astype(np.float32)
    move = block.move * movers[:, None] if np.any(movers != 1.0) else block.move
    return leave, move


def joining(plan: Plan, block: Block, shape: tuple[int, ...], t: int, rng: np.random.Generator) -> Singles:
    """Mean joiners on arrival before levers, axes (draw, p, d)."""
    axes, variation = plan.rates.axes, plan.rates.variation
    on = np.float32(plan.chance)
    steps = np.sqrt(t + 1.0)
    year = rng.standard_normal(shape[0], dtype=np.float32) * np.float32(variation.joiners.year_sd) * on
    by_nc = rng.standard_normal((shape[0], axes.n_nc), dtype=np.float32)
    by_nc *= np.float32(variation.nc_year_sd) * on
    drift = block.drift[:, 0] * variation.joiners.drift_sd
    mix = block.drift[:, 2:] * variation.mix_drift_sd
    path = block.level + block.change * damped(plan.rates, t + 1)[-1] + drift * steps + year
    people = np.exp(path[:, None] + by_nc) * plan.people[t]
    by_pair = people[:, axes.pair_nc] * np.exp(mix[:, axes.n_needs :] * steps)[:, axes.pair_setting]
    mean = block.join * by_pair[:, :, None].astype(np.float32)
    mean *= np.exp(mix[:, : axes.n_needs] * steps).astype(np.float32)[:, None, :]
    return np.asarray(mean)


def levered(plan: Plan, mean: Singles, t: int) -> Singles:
    """Joiner means after the levers on joiners and on destinations."""
    axes = plan.rates.axes
    joiners, weights = plan.levers[0][t], plan.levers[3][t]
    if np.any(joiners != 1.0):
        mean = mean * joiners[axes.pair_nc].astype(np.float32)
    if np.any(weights != 1.0):
        box = np.zeros((len(mean), axes.n_nc, mean.shape[2], axes.n_settings))
        box[:, axes.pair_nc, :, axes.pair_setting] = mean.transpose(1, 0, 2)
        spread = with_weights(box, weights)[:, axes.pair_nc, :, axes.pair_setting].transpose(1, 0, 2)
        return np.ascontiguousarray(spread, dtype=np.float32)
    return np.ascontiguousarray(mean, dtype=np.float32)
