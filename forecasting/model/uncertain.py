"""Levers with a stated range, drawn once per run and kept through all years."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from scipy.special import ndtri

from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.catalogue import BY_NAME
from forecasting.values import Floats


def standard_normals(name: str, runs: int, seed: int) -> Floats:
    """Return one standard normal a run for a named quantity; run 0, the central run, has 0.

    The same name and seed give the same values in every scenario, so that a difference is the policy, not noise.
    """
    found = np.random.default_rng([seed, crc32(name.encode())]).standard_normal(runs)
    found[0] = 0.0
    return np.asarray(found)


def drawn(assumptions: Assumptions, lever: str, years: Sequence[int], runs: int, seed: int) -> Floats:
    """Return the value of a lever by run and year; run 0 takes the value itself.

    value(r, y) = value(y) + z(r) × (high − low) ÷ (2 × q), with z standard normal, drawn once per run, and q the
    normal quantile that holds the stated coverage: a range of 80% is ±1.28 standard deviations. A draw beyond what the
    lever allows is taken at the bound.

    Args:
        assumptions: levers in force; the range is the last one stated for the lever.
        lever: name of the lever.
        years: years wanted.
        runs: number of runs, the central one included.
        seed: seed of every random value.

    Returns:
        run × year; a lever without a range has the same value in every run. Unit: the lever's.
    """
    path = assumptions.path(lever, years)
    stated = [item.interval for item in assumptions.of_any_key(lever) if item.interval]
    if not stated or runs == 1:
        return np.broadcast_to(path, (runs, len(years)))
    interval = stated[-1]
    deviation = (interval.high - interval.low) / (2.0 * float(ndtri(0.5 + interval.coverage / 2.0)))
    values = path + standard_normals(lever, runs, seed)[:, None] * deviation
    values[1:] = np.clip(values[1:], BY_NAME[lever].low, BY_NAME[lever].high)
    return np.asarray(values)


def price_index(assumptions: Assumptions, lever: str, years: Sequence[int], runs: int, seed: int) -> Floats:
    """Return the price relative to the first year, Π (1 + yearly change); run × year."""
    change = drawn(assumptions, lever, years, runs, seed)
    return np.cumprod(np.concatenate([np.ones((runs, 1)), 1.0 + change[:, 1:]], axis=1), axis=1)
