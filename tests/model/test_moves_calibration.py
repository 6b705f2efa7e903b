"""Forecast ranges and parameters of `moves` on 200 synthetic authorities that break its assumptions."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.analysis.synthetic_moves import CLEAN, synthetic_authority
from forecasting.model import moves, moves_rates
from forecasting.model import moves_draws as md

AUTHORITIES, DRAWS, HORIZONS = 200, 150, (1, 3, 5)


def randomised(draws, truth, rng):
    """Randomised probability integral transform: uniform if the draws are right, counts included."""
    below, equal = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    return (below + rng.random(np.shape(truth)) * (equal + 1)) / (len(draws) + 1)


@pytest.fixture(scope="module")
def transforms():
    """By horizon and kind of cell: transforms of cells with 5 or more expected, and of smaller ones."""
    kinds = [(kind, size) for kind in ("margins", "cells") for size in ("big", "small")]
    found = {(h, kind, size): [] for h in HORIZONS for kind, size in kinds}
    for number in range(AUTHORITIES):
        rng = np.random.default_rng(70_000 + number)
        world = synthetic_authority(rng, n_needs=2, n_settings=4, cohort=1000)
        rates = moves_rates.estimate(world.moves, world.residents)
        stock = moves.stock_at(world.moves, rates)
        margins = ("need", "setting", "nc_year", "cells")
        draws = md.simulate(stock, rates, world.residents, range(2016, 2021), DRAWS, number, margins=margins)
        for h in HORIZONS:
            future = world.future[h - 1]
            truth = {
                "need": future.sum(axis=(0, 2)),
                "setting": future.sum(axis=(0, 1)),
                "nc_year": future.sum(axis=(1, 2)),
                "cells": future,
            }
            for name, value in truth.items():
                seen = draws.margins[name][:, h - 1]
                mean, u = seen.mean(axis=0), randomised(seen, value, rng)
                kind = "cells" if name == "cells" else "margins"
                found[h, kind, "big"].append(u[mean >= 5].ravel())
                found[h, kind, "small"].append(u[(mean < 5) & (mean > 0.05)].ravel())
    return {key: np.concatenate(value) for key, value in found.items()}


@pytest.mark.parametrize("h", HORIZONS)
@pytest.mark.parametrize("kind", ["margins", "cells"])
def test_80_per_cent_ranges_hold(transforms, h, kind):
    u = transforms[h, kind, "big"]
    assert len(u) > 2000
    assert 0.76 <= np.mean((u > 0.1) & (u < 0.9)) <= 0.84


@pytest.mark.parametrize("h", HORIZONS)
def test_ranges_of_small_cells_hold(transforms, h):
    u = np.concatenate([transforms[h, kind, "small"] for kind in ("margins", "cells")])
    assert np.mean((u > 0.1) & (u < 0.9)) >= 0.76


def test_rates_lie_inside_their_intervals_at_the_stated_rate():
    """80 % intervals of joiner and leaver rates, constant true rates, cells with 2 or more events fitted."""
    held = {"joining": [], "leaving": []}
    for number in range(40):
        world = synthetic_authority(
            np.random.default_rng(90_000 + number), n_needs=2, n_settings=4, cohort=4000, troubles=CLEAN
        )
        rates = moves_rates.estimate(world.moves, world.residents)
        axes = rates.axes
        at = (axes.pair_nc, slice(None), axes.pair_setting)
        join, leave = world.rates.join[at], world.rates.leave[at]
        before_last = (axes.pair_nc < axes.n_nc - 1)[:, None]
        joined, left = 8000 * rates.joining.central(), 2 * world.stock[at] * rates.leaving.central()
        use = {"joining": (joined >= 2) & (join > 0), "leaving": (left >= 2) & before_last}
        odds = leave / np.maximum(1 - leave, 1e-12)
        truth = {"joining": np.log(np.maximum(join, 1e-12)), "leaving": np.log(odds)}
        for name, inside in held.items():
            table = getattr(rates, name)
            z = (truth[name] - table.centre) / np.sqrt(table.variance)
            inside.append(np.abs(z)[use[name]] < 1.2816)
    for inside in held.values():
        assert 0.74 <= np.mean(np.concatenate(inside)) <= 0.86
