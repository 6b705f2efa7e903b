"""Draws of plans by NC year × need × setting: uncertain rates once per run, chance on top.

A block of draws is one array of children by draw, open (setting, NC year) pair and need. Each year:
everyone ages; leaving and moving strike children with hazards that were drawn once for the run; joiners arrive
by Poisson chance. Work grows with the number of events and of open cells, never with a loop
over children, cells or draws.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.model.chance import Counts, binomial, poisson
from forecasting.model.moves import reaching
from forecasting.model.moves_block import Block, Plan, blocks_of, draw_rates, joining, levered, plan_of, year_hazards
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_rates import MoveRates
from forecasting.values import Flags, Floats, Singles, Whole

THREADS = 2  # blocks run side by side; the result does not depend on it
LEAST_RECORDING = 0.02  # disagreement between returns below this is left out
MARGINS = ("total", "nc_year", "need", "setting", "need_setting", "setting_nc_year")


@dataclass(frozen=True)
class Draws:
    """Draws of plans and flows. People, whole numbers.

    Attributes:
        years: forecast Januaries, axis (year).
        margins: by name of margin, axes (draw, year, …): "total" (), "nc_year" (n), "need" (d),
            "setting" (s), "need_setting" (d, s), "setting_nc_year" (s, n); when asked for, "cells" (n, d, s) and
            "need_group_setting" (d, group of NC years, s).
        joined: joiners of the year before by NC year on arrival, axes (draw, year, n).
        left: leavers of the year before by NC year at origin, axes (draw, year, n).
        start: plans at the January before the first year, people.
        shift: what was added to the log joiner level, axes (draw, year).
    """

    years: tuple[int, ...]
    margins: dict[str, NDArray[np.int32]]
    joined: Counts
    left: Counts
    start: int
    shift: Singles


def simulate(
    stock: Floats,
    rates: MoveRates,
    residents: pd.DataFrame,
    years: Sequence[int],
    n_draws: int,
    seed: int,
    levers: Levers | None = None,
    margins: Sequence[str] = MARGINS,
    uncertain: bool = True,
    chance: bool = True,
    *,
    shift: Singles | None = None,
    totals: Floats | None = None,
    group: Whole | None = None,
) -> Draws:
    """Draw plans and flows.

    Every uncertain rate is drawn once per draw and kept through the years; yearly shocks and the chance of
    each child come on top. The same seed gives the same rates under every scenario.

    Args:
        stock: plans at the January before the first year, axes (n, d, s), whole people.
        rates: from `estimate`.
        residents: columns year, nc_year, people, for every forecast year.
        years: consecutive Januaries to forecast.
        n_draws: number of draws.
        seed: seed of all random values.
        levers: policy levers, axis 0 in step with `years`.
        margins: margins to keep (see `Draws`); "cells" keeps everything and is meant for small jobs.
        uncertain: draw the rates; when False they stay at central values, without drift.
        chance: yearly shocks to joiners and leavers beyond Poisson and binomial chance.
        shift: added to the log joiner level, axes (draw, year).
        totals: all plans to be reached by joiners, axes (draw, year), people, but for the chance of joining; levers
            come on top.
        group: group of each NC year, ascending from 0, axis (n); for the margin "need_group_setting".

    Returns:
        The draws.

    Raises:
        DatasetError: residents are missing for a year.
    """
    groups = np.zeros(len(rates.nc_years), dtype=np.int64) if group is None else group
    plan = replace(plan_of(stock, rates, residents, years, levers, uncertain, chance), totals=totals, group=groups)
    kept = _empty(rates, n_draws, len(years), (*margins, "total"), int(groups.max()) + 1)
    added = np.zeros((n_draws, len(years)), dtype=np.float32) if shift is None else shift.astype(np.float32)
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(_run_block, plan, *each, kept, added) for each in blocks_of(plan, n_draws, seed)]
    for job in jobs:
        job.result()
    flows = kept.pop("joined"), kept.pop("left")
    return Draws(tuple(years), kept, flows[0], flows[1], int(plan.start.sum()), added)


def quantiles(draws: NDArray[np.int32], levels: Sequence[float]) -> Floats:
    """Quantiles over draws, year by year to spare memory.

    Args:
        draws: axes (draw, year, …).
        levels: fractions between 0 and 1.

    Returns:
        Quantiles, axes (level, year, …), people.
    """
    return np.stack([np.quantile(draws[:, t], levels, axis=0) for t in range(draws.shape[1])], axis=1)


# ------------------------------------------------------------------------------------------------- set-up


def _empty(rates: MoveRates, n_draws: int, n_years: int, margins: Sequence[str], groups: int) -> dict[str, Counts]:
    """Arrays for the margins kept."""
    n, d, s = rates.axes.n_nc, rates.axes.n_needs, rates.axes.n_settings
    shapes: dict[str, tuple[int, ...]] = {
        "total": (),
        "nc_year": (n,),
        "need": (d,),
        "setting": (s,),
        "need_setting": (d, s),
        "setting_nc_year": (s, n),
        "cells": (n, d, s),
        "need_group_setting": (d, groups, s),
        "joined": (n,),
        "left": (n,),
    }
    names = dict.fromkeys((*margins, "joined", "left"))
    return {name: np.zeros((n_draws, n_years, *shapes[name]), dtype=np.int32) for name in names}


# ------------------------------------------------------------------------------------------------ one block


def _run_block(
    plan: Plan, rows: slice, seeds: Sequence[np.random.SeedSequence], kept: dict[str, Counts], shift: Singles
) -> None:
    """Draw the rates of a block, then run it through the years; with totals wanted, `shift` (draw, year) is filled."""
    n_draws = rows.stop - rows.start
    streams = [np.random.default_rng(child) for child in seeds]
    block = draw_rates(plan, streams[0], n_draws)
    stock = np.broadcast_to(plan.start, (n_draws, *plan.start.shape)).copy()
    stock = _relabelled(plan, stock, streams[0])
    for t, rng in enumerate(streams[1:]):
        wanted = None if plan.totals is None else plan.totals[rows, t]
        stock, joined, left = _one_year(plan, block, stock, t, rng, shift[rows, t], wanted)
        _keep(plan, kept, rows, t, _relabelled(plan, stock, rng), joined, left)


# ------------------------------------------------------------------------------------------------- one year


def _one_year(
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


def _relabelled(plan: Plan, stock: Counts, rng: np.random.Generator) -> Counts:
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


def _group_starts(plan: Plan) -> Whole:
    """Positions at which another setting or group of NC years begins along the open pairs."""
    axes = plan.rates.axes
    key = axes.pair_setting * (int(plan.group.max()) + 1) + plan.group[axes.pair_nc]
    return np.append(0, np.flatnonzero(np.diff(key)) + 1)


def _keep(
    plan: Plan, kept: dict[str, Counts], rows: slice, t: int, stock: Counts, joined: Counts, left: Counts
) -> None:
    """Add one year of a block to the margins kept."""
    axes = plan.rates.axes
    by_pair = np.einsum("ipd->ip", stock)
    by_setting = np.add.reduceat(stock, plan.first_of_setting, axis=1, dtype=np.int32)
    grid = np.zeros((len(stock), axes.n_settings, axes.n_nc), dtype=np.int32)
    grid[:, axes.pair_setting, axes.pair_nc] = by_pair
    values = {
        "total": by_pair.sum(axis=1),
        "setting_nc_year": grid,
        "nc_year": grid.sum(axis=1),
        "setting": np.einsum("isd->is", by_setting),
        "need": by_setting.sum(axis=1),
        "need_setting": by_setting.transpose(0, 2, 1),
    }
    for name, value in values.items():
        if name in kept:
            kept[name][rows, t] = value
    if "need_group_setting" in kept:
        starts = _group_starts(plan)
        parts = np.add.reduceat(stock, starts, axis=1, dtype=np.int32)
        pair = axes.pair_setting[starts], plan.group[axes.pair_nc[starts]]
        kept["need_group_setting"][rows, t][:, :, pair[1], pair[0]] = parts.transpose(0, 2, 1)
    if "cells" in kept:
        kept["cells"][rows, t][:, axes.pair_nc, :, axes.pair_setting] = stock.transpose(1, 0, 2)
    grid[:] = 0
    grid[:, axes.pair_setting, axes.pair_nc] = np.einsum("ipd->ip", joined)
    kept["joined"][rows, t] = grid.sum(axis=1)
    kept["left"][rows, t] = left
