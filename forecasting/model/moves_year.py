"""One year of a block of draws: children leave, move, change need and join, by chance."""

from __future__ import annotations

import numpy as np

from forecasting.model.chance import Counts, binomial, poisson
from forecasting.model.moves import reaching
from forecasting.model.moves_block import Block, Plan, joining, levered, year_hazards
from forecasting.values import Flags, Floats, Singles, Whole

LEAST_RECORDING = 0.02  # disagreement between returns below this is left out


def one_year(
    plan: Plan, block: Block, stock: Counts, t: int, rng: np.random.Generator, shift: Singles, wanted: Floats | None
) -> tuple[Counts, Counts, Counts]:
    """Run one year: stock (draw, p, d) at the next January, joiners (draw, p, d), leavers (draw, n).

    Joiners are moved by e^shift, axis (draw); where a total is wanted, that shift is worked out here.
    """
    leave, move = year_hazards(plan, block, t, rng)
    struck, cells, certain = _struck(plan, stock, leave, move, block.need_rate, rng)
    leaves, changes_setting, changes_need = _outcomes(plan, block, cells, certain, leave, move, rng)
    stayed = np.zeros_like(stock)
    np.subtract(stock[:, :-1], struck[:, :-1], out=stayed[:, 1:])
    stayed[:, plan.first_of_setting] = 0
    keep = ~leaves
    landed = _landed(plan, block, cells[keep], changes_setting[keep], changes_need[keep], stock.shape, t, rng)
    np.add.at(stayed.reshape(-1), landed, np.int32(1))  # of the same kind as the counts: much the quicker way
    left = _left(plan, stock, cells[leaves])
    mean = joining(plan, block, stock.shape, t, rng)
    if wanted is not None:
        shift[:] = np.log(
            reaching(wanted - stayed.sum(axis=(1, 2), dtype=np.int32), mean.sum(axis=(1, 2), dtype=np.float64))
        )
    if shift.any():
        mean *= np.exp(shift)[:, None, None]
    joined = poisson(levered(plan, mean, t), rng)
    return stayed + joined, joined, left


def _struck(
    plan: Plan, stock: Counts, leave: Singles, move: Singles, need_rate: Singles, rng: np.random.Generator
) -> tuple[Counts, Whole, Flags]:
    """Children to whom something happens: by cell, one by one (cells, flat), and whether they had to move."""
    hazard = leave + move - np.log1p(-need_rate)[:, None, :]
    hazard[:, plan.last_of_setting] = 0.0
    cells, times = binomial(stock, hazard, rng)
    struck = np.zeros_like(stock)
    struck.reshape(-1)[cells] = times
    struck[:, plan.last_of_setting] = stock[:, plan.last_of_setting]
    must = _forced_children(plan, stock)
    certain = np.zeros(int(times.sum()) + len(must), dtype=bool)
    certain[len(certain) - len(must) :] = True
    return struck, np.concatenate([np.repeat(cells, times), must]), certain


def _left(plan: Plan, stock: Counts, leavers: Whole) -> Counts:
    """Leavers by NC year at origin, those at the last NC year included, axes (draw, n)."""
    axes, (draws, pairs, needs) = plan.rates.axes, stock.shape
    draw, pair, _ = _place(leavers, pairs, needs)
    at = draw * axes.n_nc + axes.pair_nc[pair]
    left = np.bincount(at, minlength=draws * axes.n_nc).reshape(draws, axes.n_nc).astype(np.int32)
    left[:, -1] = stock[:, plan.top_pairs].sum(axis=(1, 2))
    return left


def _place(cells: Whole, pairs: int, needs: int) -> tuple[Whole, Whole, Whole]:
    """Draw, pair and need of flat cells (one division by each size: remainders are dear)."""
    row = cells // needs
    draw = row // pairs
    return draw, row - draw * pairs, cells - row * needs


def relabelled(plan: Plan, stock: Counts, rng: np.random.Generator) -> Counts:
    """The stock as a return would record it: some children under other labels, the total of each draw kept.

    Each label's count is multiplied by e^g, g normal with the sd of `Recording`, and rescaled to the total.
    Children in cells that shrink are struck and join cells that grow, in proportion to the growth.
    """
    recording, axes = plan.rates.recording, plan.rates.axes
    if not plan.chance or max(recording.nc, recording.need, recording.setting) < LEAST_RECORDING:
        return stock
    draws = len(stock)
    by_nc = rng.standard_normal((draws, axes.n_nc), dtype=np.float32) * np.float32(recording.nc)
    by_need = rng.standard_normal((draws, axes.n_needs), dtype=np.float32) * np.float32(recording.need)
    by_setting = rng.standard_normal((draws, axes.n_settings), dtype=np.float32)
    by_setting *= np.float32(recording.setting)
    ratio = np.exp(by_nc[:, axes.pair_nc] + by_setting[:, axes.pair_setting])[:, :, None]
    ratio = ratio * np.exp(by_need)[:, None, :]
    scale = stock.sum(axis=(1, 2)) / np.maximum((stock * ratio).sum(axis=(1, 2)), 1e-9)
    ratio = ratio * scale[:, None, None].astype(np.float32)
    hazard = -np.log(np.minimum(ratio, 1.0))
    lost = np.repeat(*binomial(stock, hazard, rng))
    growth = (stock * np.maximum(ratio - 1.0, 0.0)).reshape(draws, -1)
    upto = np.cumsum(growth, axis=1, dtype=np.float64) / np.maximum(growth.sum(axis=1, keepdims=True), 1e-9)
    draw = lost // growth.shape[1]
    keep = upto[draw, -1] > 0
    lost, draw = lost[keep], draw[keep]
    rows = (upto + np.arange(draws)[:, None]).reshape(-1)
    found = np.searchsorted(rows, draw + rng.random(len(draw)) * upto[draw, -1] * (1 - 1e-12), side="right")
    found = np.minimum(found, (draw + 1) * growth.shape[1] - 1)
    change = np.bincount(found, minlength=stock.size) - np.bincount(lost, minlength=stock.size)
    return stock + change.reshape(stock.shape).astype(np.int32)


def _forced_children(plan: Plan, stock: Counts) -> Whole:
    """Cells (flat), one entry a child, of children whose setting does not serve them next year."""
    forced = np.setdiff1d(plan.last_of_setting, plan.top_pairs)
    people = stock[:, forced].reshape(-1)
    n_needs = stock.shape[2]
    draw, pair, need = np.indices((len(stock), len(forced), n_needs))
    flat = (draw.ravel() * stock.shape[1] + forced[pair.ravel()]) * n_needs + need.ravel()
    return np.repeat(flat, people)


def _outcomes(
    plan: Plan,
    block: Block,
    cells: Whole,
    certain: Flags,
    leave: Singles,
    move: Singles,
    rng: np.random.Generator,
) -> tuple[Flags, Flags, Flags]:
    """What happens to each child struck: leaves; changes setting; changes need (at least one of them)."""
    shape = leave.shape
    draw, pair, need = _place(cells, shape[1], shape[2])
    quits = 1.0 - np.exp(-np.take(leave, cells))
    moves = 1.0 - np.exp(-np.take(move, cells))
    changes = np.take(block.need_rate, draw * shape[2] + need)
    moves[certain] = 1.0
    if certain.any():
        central = plan.rates.central.leave[plan.rates.axes.pair_nc, :, plan.rates.axes.pair_setting]
        stuck = central.reshape(-1)[pair * shape[2] + need] >= 1.0
        quits[certain & stuck] = 1.0
    stays = 1.0 - quits
    something = 1.0 - stays * (1.0 - moves) * (1.0 - changes)
    u = rng.random((2, len(cells)), dtype=np.float32)
    u[0] *= something  # of what can happen, leaving comes first, then a new setting, then a new need alone
    leaves, setting = u[0] < quits, u[0] < quits + stays * moves
    return leaves, setting, ~setting | (u[1] < changes)


def _landed(
    plan: Plan,
    block: Block,
    cells: Whole,
    changes_setting: Flags,
    changes_need: Flags,
    shape: tuple[int, ...],
    t: int,
    rng: np.random.Generator,
) -> Whole:
    """Where children who keep the plan and change something are a year later: cells (flat), one entry a child."""
    axes = plan.rates.axes
    draw, pair, need = _place(cells, shape[1], shape[2])
    setting, nc = axes.pair_setting[pair].copy(), axes.pair_nc[pair]
    at = np.flatnonzero(changes_setting)
    setting[at] = _new_setting(plan, block, cells[at], t, rng)
    at = np.flatnonzero(changes_need)
    rows = plan.change_to[need[at]]
    need[at] = np.minimum((rng.random(len(at))[:, None] > rows).sum(axis=1), shape[2] - 1)
    return np.asarray((draw * shape[1] + plan.grid[nc + 1, setting]) * shape[2] + need)


def _new_setting(plan: Plan, block: Block, cells: Whole, t: int, rng: np.random.Generator) -> Whole:
    """Setting moved to: central chances times the tilt of the draw and the lever; a binary search in each row."""
    upto, wide = block.ways.of_year(plan, block.tilt, t), plan.rates.axes.n_settings
    first = cells * wide
    u = rng.random(len(cells), dtype=np.float32) * np.take(upto, first + wide - 1)
    at, left = first, wide
    while left > 1:
        step = left // 2
        at = at + step * (np.take(upto, at + step - 1) <= u)
        left -= step
    pick = at - first
    before = np.where(pick > 0, np.take(upto, np.maximum(first + pick - 1, 0)), 0.0)
    closed = np.flatnonzero(np.take(upto, first + pick) <= before)  # rounding only
    if len(closed):
        rows = upto.reshape(-1, wide)[cells[closed]]
        pick[closed] = np.argmax(np.diff(rows, axis=1, prepend=0.0), axis=1)
    return np.asarray(pick)
