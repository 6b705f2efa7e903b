"""Draws of plans by NC year × need × setting: uncertain rates once per run, chance on top.

A block of draws is one array of children by draw, open (setting, NC year) pair and need. Each year:
everyone ages; leaving and moving strike children with hazards that were drawn once for the run; joiners arrive
by Poisson chance. Work grows with the number of events and of open cells, never with a loop
over children, cells or draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.model.chance import Counts
from forecasting.model.moves_block import Plan, draw_rates, in_blocks, plan_of
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_rates import MoveRates
from forecasting.model.moves_year import one_year, relabelled
from forecasting.values import Floats, Singles, Whole

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
    in_blocks(plan, n_draws, seed, partial(_run_block, plan, kept, added))
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


def _run_block(
    plan: Plan, kept: dict[str, Counts], shift: Singles, rows: slice, seeds: Sequence[np.random.SeedSequence]
) -> None:
    """Draw the rates of a block, then run it through the years; with totals wanted, `shift` (draw, year) is filled."""
    n_draws = rows.stop - rows.start
    streams = [np.random.default_rng(child) for child in seeds]
    block = draw_rates(plan, streams[0], n_draws)
    stock = np.broadcast_to(plan.start, (n_draws, *plan.start.shape)).copy()
    stock = relabelled(plan, stock, streams[0])
    for t, rng in enumerate(streams[1:]):
        wanted = None if plan.totals is None else plan.totals[rows, t]
        stock, joined, left = one_year(plan, block, stock, t, rng, shift[rows, t], wanted)
        _keep(plan, kept, rows, t, relabelled(plan, stock, rng), joined, left)


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
