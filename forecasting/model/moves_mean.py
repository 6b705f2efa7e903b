"""Draws of all plans in expected children: the uncertain rates and shocks of each draw, without the chance of a child.

Worked out backwards, for each draw: what is a plan of each cell worth, in plans of the last January?

    worth(T) = 1;  worth(t)[n, d, s] = stay·Σ_d' change[d, d']·((1 − m)·worth(t+1)[n+1, d', s] + m·Σ_s' to[d, s, s']·
    worth(t+1)[n+1, d', s']);  plans(T) = Σ start·worth(0) + Σₜ joined(t)·worth(t)

Runs that differ only in who joins share the worth, so that the second costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.model.moves_block import (
    Block,
    Plan,
    draw_rates,
    in_blocks,
    joining,
    leaver_factor,
    levered,
    plan_of,
)
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_rates import MoveRates
from forecasting.values import Floats, Singles

Case = tuple[MoveRates, Levers | None]
_SOME = np.float32(1e-30)


def last_totals(
    stock: Floats, cases: Sequence[Case], residents: pd.DataFrame, years: Sequence[int], n_draws: int, seed: int
) -> list[Floats]:
    """Return for each case all plans expected in the last year at the rates and shocks of each draw, axis (draw).

    The rates are those that `moves_draws.simulate` draws with the same seed; shocks are the same in every case.

    Args:
        stock: plans at the January before the first year, axes (n, d, s), whole people.
        cases: rates, which may differ from each other in `variation` and `trending` alone, and levers.
        residents: columns year, nc_year, people, for every forecast year.
        years: consecutive Januaries to forecast.
        n_draws: number of draws.
        seed: seed of all random values.

    Raises:
        DatasetError: residents are missing for a year.
    """
    plans = [plan_of(stock, rates, residents, years, levers, True, True) for rates, levers in cases]
    groups: dict[bytes, list[int]] = {}
    for at, plan in enumerate(plans):
        groups.setdefault(b"".join(lever.tobytes() for lever in plan.levers[1:]), []).append(at)
    found = np.zeros((len(plans), n_draws))

    def work(rows: slice, seeds: Sequence[np.random.SeedSequence]) -> None:
        block = draw_rates(plans[0], np.random.default_rng(seeds[0]), rows.stop - rows.start)
        cells = _Cells(plans[0], block)
        for members in groups.values():
            found[members, rows] = _totals([plans[at] for at in members], block, cells, seeds[1:])

    in_blocks(plans[0], n_draws, seed, work)
    return list(found)


def _totals(
    plans: Sequence[Plan], block: Block, cells: _Cells, seeds: Sequence[np.random.SeedSequence]
) -> Floats:  # fmt: skip
    """All plans in the last year, axes (case, draw), of cases whose levers differ in joiners alone."""
    axes, draws = plans[0].rates.axes, len(block.level)
    worth = np.ones((draws, axes.n_nc, axes.n_needs, axes.n_settings), dtype=np.float32)
    totals = np.zeros((len(plans), draws))
    for t in range(len(seeds) - 1, -1, -1):
        rng = np.random.default_rng(seeds[t])
        factor = leaver_factor(plans[0], block, t, rng)
        state, here = rng.bit_generator.state, worth[:, axes.pair_nc, :, axes.pair_setting]
        for case, plan in enumerate(plans):
            rng.bit_generator.state = state  # the same shocks in every case
            joined = levered(plan, joining(plan, block, block.join.shape, t, rng), t)
            totals[case] += np.einsum("ipd,pid->i", joined, here)
        worth = cells.before(plans[0], worth, factor, t)
    here = worth[:, axes.pair_nc, :, axes.pair_setting]
    return np.asarray(totals + np.einsum("pd,pid->i", plans[0].start.astype(np.float32), here))


class _Cells:
    """The rates of a block by NC year, need and setting, and what they make of the worth of a plan."""

    def __init__(self, plan: Plan, block: Block) -> None:
        """Spread the rates over all cells, closed ones at zero."""
        axes, central = plan.rates.axes, plan.rates.central
        self._leave, self._move = np.zeros((2, len(block.level), *central.leave.shape), dtype=np.float32)
        self._leave[:, axes.pair_nc, :, axes.pair_setting] = block.leave.transpose(1, 0, 2)
        self._move[:, axes.pair_nc, :, axes.pair_setting] = block.move.transpose(1, 0, 2)
        self._stay, self._must = (central.leave < 1.0).astype(np.float32), central.move >= 1.0
        self._ways = central.to.astype(np.float32) * block.tilt[:, None, None]
        self._changes = block.need_rate.astype(np.float32)[:, None, :, None]
        self._need = np.diff(plan.change_to, axis=1, prepend=0.0).astype(np.float32)
        self._lever: bytes | None = None

    def before(self, plan: Plan, worth: Singles, factor: Singles, t: int) -> Singles:
        """Return what a plan of each cell is worth a year earlier, axes (draw, n, d, s)."""
        self._set(*(lever[t].astype(np.float32) for lever in plan.levers[2:]))
        kept = np.zeros_like(worth)
        kept[:, :-1] = worth[:, 1:]
        kept += self._changes * (self._need @ kept - kept)
        there = (self._ways @ (kept * self._weight)[..., None])[..., 0]
        kept += self._moves * (there / self._upto - kept)
        leave = plan.levers[1][t].astype(np.float32)[:, :, None] * factor[:, None, None, None]
        kept *= np.exp(-self._leave * leave) * self._stay
        return kept

    def _set(self, movers: Singles, weight: Singles) -> None:
        """Take up the levers of a year; most years they are those of the year before."""
        lever = movers.tobytes() + weight.tobytes()
        if lever != self._lever:
            self._moves = -np.expm1(-self._move * movers)
            self._moves[:, self._must] = 1.0
            self._upto = np.maximum(self._ways @ weight, _SOME)
            self._weight, self._lever = weight, lever
