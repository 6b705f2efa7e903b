"""Which settings serve which NC years: the open pairs that rates are fitted over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.model.moves_table import Coded, count_people
from forecasting.values import Flags, Floats, Whole


@dataclass(frozen=True)
class Axes:
    """Sizes of the axes and the open (setting, NC year) pairs.

    Attributes:
        n_nc: number of NC years.
        n_needs: number of needs.
        n_settings: number of settings.
        pair_setting: setting of each open pair, axis (p), ordered by setting and then NC year.
        pair_nc: position of its NC year, axis (p).
    """

    n_nc: int
    n_needs: int
    n_settings: int
    pair_setting: Whole
    pair_nc: Whole

    @property
    def n_pairs(self) -> int:
        """Number of open (setting, NC year) pairs."""
        return len(self.pair_setting)


def open_pairs(coded: Coded, nc_years: Whole, settings: Sequence[str], valid: pd.DataFrame | None) -> Flags:
    """Return whether a setting serves an NC year, axes (n, s): an unbroken range for each setting.

    Args:
        coded: the moves.
        nc_years: NC years, axis (n).
        settings: setting labels, axis (s).
        valid: ages served by declaration, added to those seen; without it, those seen and one more on each side.

    Raises:
        DatasetError: `valid` lacks a setting.
    """
    shape = (len(nc_years), len(settings))
    seen = count_people((coded.nc, coded.setting), coded.people, ~coded.joins, shape)
    seen += count_people((coded.nc + 1, coded.next_setting), coded.people, ~coded.ceases, shape)
    is_open = np.zeros(shape, dtype=bool)
    spread = 0 if valid is not None else 1
    any_seen = np.flatnonzero(seen.sum(axis=1))
    for s in range(len(settings)):
        at = np.flatnonzero(seen[:, s])
        low, high = max(at[0] - spread, any_seen[0]), min(at[-1] + spread, any_seen[-1])
        is_open[min(low, at[0]) : max(high, at[-1]) + 1, s] = True
    if valid is not None:
        is_open |= _valid_pairs(valid, nc_years, settings)
    gaps = np.maximum.accumulate(is_open, axis=0) & np.maximum.accumulate(is_open[::-1], axis=0)[::-1]
    return np.asarray(gaps)


def _valid_pairs(valid: pd.DataFrame, nc_years: Whole, settings: Sequence[str]) -> Flags:
    """Ages that each setting serves by declaration, axes (n, s)."""
    table = valid.set_index(valid["setting"].astype(str))
    missing = [name for name in settings if name not in table.index]
    if missing:
        found = f"no row for setting {', '.join(missing)}"
        raise DatasetError((Fault("valid_settings", found=found, todo="add a row for each setting"),))
    low = table.loc[list(settings), "min_nc_year"].to_numpy(float)
    high = table.loc[list(settings), "max_nc_year"].to_numpy(float)
    return np.asarray((nc_years[:, None] >= low) & (nc_years[:, None] <= high))


def axes_of(is_open: Flags, n_needs: int) -> Axes:
    """Return the open pairs ordered by setting, then NC year."""
    setting, nc = np.nonzero(is_open.T)
    return Axes(is_open.shape[0], n_needs, is_open.shape[1], setting.astype(np.int64), nc.astype(np.int64))


def pair_grid(axes: Axes) -> Whole:
    """Return the position of each open pair, axes (n, s); −1 where closed."""
    grid = np.full((axes.n_nc, axes.n_settings), -1, dtype=np.int64)
    grid[axes.pair_nc, axes.pair_setting] = np.arange(axes.n_pairs)
    return grid


def to_box(table: Floats, axes: Axes) -> Floats:
    """Spread a table over open pairs into a box: (p, d) to (n, d, s), zero where closed."""
    box = np.zeros((axes.n_nc, axes.n_needs, axes.n_settings))
    box[axes.pair_nc, :, axes.pair_setting] = table
    return box
