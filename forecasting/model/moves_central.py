"""Rates of joining, leaving and moving at central values, and where those who move go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from forecasting.model.moves_axes import Axes, to_box
from forecasting.model.moves_glm import PooledRates
from forecasting.model.moves_table import Coded, count_people
from forecasting.values import Flags, Floats


@dataclass(frozen=True)
class CentralRates:
    """Rates at central values. Axes: n NC year, d need, s setting at origin (joiners: on arrival).

    Attributes:
        join: joiners per resident of that NC year on arrival, axes (n, d, s).
        leave: probability that the plan ceases before the next January, axes (n, d, s).
        move: probability that a child who keeps the plan changes setting, axes (n, d, s).
        to: setting moved to, axes (n, d, s, s'); rows sum to 1 or 0.
        need_change: need a year later of a child who keeps the plan, axes (d, d'); rows sum to 1.
    """

    join: Floats
    leave: Floats
    move: Floats
    to: Floats
    need_change: Floats


def central_rates(
    coded: Coded,
    axes: Axes,
    is_open: Flags,
    joining: PooledRates,
    leaving: PooledRates,
    moving: PooledRates,
    move_counts: Floats,
    need_counts: Floats,
) -> CentralRates:
    """Return rates at central values, with the limits put in: who must move, who must leave.

    Args:
        coded: the moves.
        axes: the open pairs.
        is_open: whether a setting serves an NC year, axes (n, s).
        joining: fitted joiner rates.
        leaving: fitted leaver rates.
        moving: fitted move rates.
        move_counts: observed moves between settings, axes (s, s'), people.
        need_counts: observed changes of need, axes (d, d'), people.
    """
    join, leave = to_box(joining.central(), axes), to_box(leaving.central(), axes)
    move = to_box(moving.central(), axes)
    next_open = np.vstack([is_open[1:], np.zeros((1, is_open.shape[1]), dtype=bool)])
    move = np.where((is_open & ~next_open)[:, None, :], 1.0, move)
    to = _destinations(coded, axes, next_open, join, move_counts)
    nowhere = to.sum(axis=3) <= 0
    stuck = (move >= 1.0) & nowhere
    move = np.where(nowhere & ~stuck, 0.0, move)
    leave = np.where(stuck, 1.0, leave)
    leave[-1] = 1.0
    return CentralRates(join, leave, move, to, _need_change(need_counts))


def _destinations(coded: Coded, axes: Axes, next_open: Flags, join: Floats, move_counts: Floats) -> Floats:
    """Setting moved to, axes (n, d, s, s'), pooled down a chain of ever finer counts.

    p₀(s'|d,n) joiner mix at that age; p₁(s'|s) = (C[s,s'] + κp₀)/(C[s] + κ); p₂ adds the need, p₃ the NC year
    and its two neighbours (weight ½). Each κ is the most likely one for the finer counts.
    """
    n, d, s = axes.n_nc, axes.n_needs, axes.n_settings
    moved = coded.stays & (coded.setting != coded.next_setting)
    index = (coded.nc, coded.need, coded.setting, coded.next_setting)
    counts = count_people(index, coded.people, moved, (n, d, s, s))
    arrive = np.vstack([join[1:].sum(axis=1), np.zeros((1, s))]) + 1e-12
    start = np.broadcast_to((arrive * next_open)[:, None, None, :], (n, d, s, s)).copy()
    start = shares(start * (1.0 - np.eye(s)))
    overall = shares(start.mean(axis=(0, 1)))
    pairs, by_need = move_counts * (1.0 - np.eye(s)), counts.sum(axis=0)
    between = _shrunk(pairs, overall, _strength(pairs, overall))
    needs = _shrunk(by_need, between[None], _strength(by_need, np.broadcast_to(between, by_need.shape)))
    near = counts.copy()
    near[1:] += 0.5 * counts[:-1]
    near[:-1] += 0.5 * counts[1:]
    wide = np.broadcast_to(needs, counts.shape)
    chain = _shrunk(near, wide, _strength(counts, wide)) * next_open[:, None, None, :]
    empty = chain.sum(axis=3, keepdims=True) <= 1e-9
    return shares(np.where(empty, start, chain))


def shares(table: Floats) -> Floats:
    """Divide by the sum of the last axis; rows of zeros stay zero."""
    total = table.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(table, total, out=np.zeros_like(table), where=total > 0))


def _shrunk(counts: Floats, prior: Floats, strength: float) -> Floats:
    """Posterior mean of Dirichlet(strength × prior) shares after counts."""
    return np.asarray((counts + strength * prior) / (counts.sum(axis=-1, keepdims=True) + strength))


def _strength(counts: Floats, prior: Floats) -> float:
    """Strength of a Dirichlet prior: the most likely of a grid from 1 to 1,000 (Dirichlet-multinomial)."""
    seen = counts.sum(axis=-1) > 0
    k, p = counts[seen], np.maximum(prior[seen], 1e-9)
    grid = np.geomspace(1.0, 1000.0, 13)
    total = k.sum(axis=-1)
    fits = [
        float((gammaln(a) - gammaln(a + total)).sum() + (gammaln(k + a * p) - gammaln(a * p))[k > 0].sum())
        for a in grid
    ]
    return float(grid[int(np.argmax(fits))])


def _need_change(counts: Floats) -> Floats:
    """Need a year later, axes (d, d'): observed changes only, rates shrunk to the overall rate."""
    kept = counts.sum(axis=1)
    off = counts * (1.0 - np.eye(len(counts)))
    overall = off.sum() / max(counts.sum(), 1.0)
    inflow = shares(off.sum(axis=0)[None, :] * (1.0 - np.eye(len(counts))))
    rate = (off.sum(axis=1) + 50.0 * overall) / (kept + 50.0)
    change = rate[:, None] * shares(off + inflow)
    change[np.arange(len(counts)), np.arange(len(counts))] = 1.0 - change.sum(axis=1)
    return np.asarray(change)
