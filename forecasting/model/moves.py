"""Plans by NC year × need × setting, run forward: the exact recursion of expected values.

Rates are estimated in `moves_rates`; draws are in `moves_draws`. Every equation is in `docs/method_moves.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.model.local_level import damped_steps
from forecasting.model.moves_central import CentralRates
from forecasting.model.moves_levers import Levers, lever_arrays, scaled_chance, with_weights
from forecasting.model.moves_rates import MoveRates
from forecasting.model.moves_table import coded_moves, count_people, residents_by_year
from forecasting.values import Floats


@dataclass(frozen=True)
class Flows:
    """Expected plans and flows by year. People (not rounded).

    Attributes:
        stock: plans each January, axes (year, n, d, s).
        joined: joiners of the year before, on arrival, axes (year, n, d, s).
        left: leavers of the year before, at origin, axes (year, n, d, s).
        moved: those who kept the plan and changed setting, at origin, axes (year, n, d, s).
        shift: what was added to the log joiner level, axis (year).
    """

    stock: Floats
    joined: Floats
    left: Floats
    moved: Floats
    shift: Floats


MOST_FACTOR = 10.0  # by which joiners may be raised or lowered to bring all plans to a given total


def stock_at(moves: pd.DataFrame, rates: MoveRates, year: int | None = None) -> Floats:
    """Plans at a January: the destinations of the moves into it.

    Args:
        moves: table `plan_moves`.
        rates: gives the axes.
        year: the January; the last known one when None.

    Returns:
        Plans, axes (n, d, s), people.

    Raises:
        DatasetError: no moves lead into that January.
    """
    year = rates.last_year if year is None else year
    coded = coded_moves(moves, rates.nc_years, rates.needs, rates.settings)
    rows = ~coded.ceases & (coded.year == year - 1)
    if not rows.any():
        found = f"no moves into January {year}"
        raise DatasetError((Fault("plan_moves", found=found, todo="give the moves of the year before"),))
    shape = (len(rates.nc_years), len(rates.needs), len(rates.settings))
    return count_people((coded.nc + 1, coded.next_need, coded.next_setting), coded.people, rows, shape)


def expected(
    stock: Floats,
    rates: MoveRates,
    residents: pd.DataFrame,
    years: Sequence[int],
    levers: Levers | None = None,
    *,
    shift: Floats | None = None,
    totals: Floats | None = None,
) -> Flows:
    """Exact expected plans, joiners and leavers at central rates.

    stock(t+1)[n+1] = (stock(t)[n] − left)·stayed or moved + joined, and all in the last NC year leave.
    With totals, the joiner level of each year is what brings all plans there (see `reaching`).

    Args:
        stock: plans at the January before the first year, axes (n, d, s), people.
        rates: from `estimate`.
        residents: columns year, nc_year, people, for every forecast year.
        years: consecutive Januaries to forecast.
        levers: policy levers, axis 0 in step with `years`.
        shift: added to the log joiner level, axis (year).
        totals: all plans wanted each January, axis (year), people; levers come on top.

    Returns:
        Plans and flows, axes (year, n, d, s), people.

    Raises:
        DatasetError: residents are missing for a year.
    """
    people = residents_by_year(residents, rates.nc_years, years)
    added = np.zeros(len(years)) if shift is None else np.array(shift, dtype=np.float64)
    path = _level_path(rates, len(years))
    multipliers = lever_arrays(levers, rates, len(years))
    stocks, joined, left, moved = np.zeros((4, len(years), *stock.shape))
    for t in range(len(years)):
        left[t], kept = _leave(stock, rates.central, multipliers[1][t])
        stayed, moved[t] = _moved(kept, rates.central, multipliers[2][t], multipliers[3][t])
        exposed = people[t] * np.exp(path[t])
        if totals is not None:
            usual = np.einsum("n,nds->", exposed, rates.central.join)
            added[t] = np.log(reaching(np.array(totals[t] - stayed.sum()), np.array(usual)))
        join = with_weights(rates.central.join, multipliers[3][t]) * np.exp(added[t])
        joined[t] = join * (multipliers[0][t] * exposed[:, None])[:, :, None]
        stock = stayed + joined[t]
        stocks[t] = stock
    return Flows(stocks, joined, left, moved, added)


def reaching(wanted: Floats, usual: Floats) -> Floats:
    """Return the factor on joiners that brings all plans to a given total: wanted ÷ usual, within a factor of 10.

    Args:
        wanted: joiners wanted: the total less those who keep their plan; people, any axes.
        usual: joiners at the level of the rates, same axes.
    """
    ratio = np.divide(wanted, usual, out=np.ones_like(usual), where=usual > 0)
    return np.asarray(np.clip(ratio, 1.0 / MOST_FACTOR, MOST_FACTOR))


def damped(rates: MoveRates, n_years: int) -> Floats:
    """Return the damped steps of the trend of joiners up to each forecast year, axis (year); 0 where it is held."""
    return damped_steps(rates.variation.joiners.damping, n_years, rates.trending)


def _level_path(rates: MoveRates, n_years: int) -> Floats:
    """Log joiner level in each forecast year, axis (year)."""
    return np.asarray(rates.trend.mean[0] + rates.trend.mean[1] * damped(rates, n_years))


def _leave(stock: Floats, central: CentralRates, multiplier: Floats) -> tuple[Floats, Floats]:
    """Leavers and those who keep the plan, axes (n, d, s)."""
    chance = scaled_chance(central.leave, multiplier[:, :, None])
    left = stock * chance
    return left, stock - left


def _moved(kept: Floats, central: CentralRates, movers: Floats, destinations: Floats) -> tuple[Floats, Floats]:
    """Children who keep the plan, one NC year on, and those of them who changed setting (at origin), axes (n, d, s)."""
    move = scaled_chance(central.move, movers[None, None, :])
    to = with_weights(central.to, destinations)
    changing = kept * move
    placed = kept - changing + np.einsum("nds,ndst->ndt", changing, to, optimize=True)
    placed = np.einsum("nds,de->nes", placed, central.need_change, optimize=True)
    aged = np.zeros_like(placed)
    aged[1:] = placed[:-1]
    return aged, changing


def transitions(rates: MoveRates) -> pd.DataFrame:
    """List every transition with a chance above nil, one a row.

    Args:
        rates: from `estimate`.

    Returns:
        Columns nc_year, need, setting, next_nc_year, next_need, next_setting (blank = ceased), chance (a
        fraction of the children in the origin cell; the chances of an origin cell sum to 1).
    """
    central = rates.central
    stay = (1.0 - central.leave) * (1.0 - central.move)
    setting = ((1.0 - central.leave) * central.move)[..., None] * central.to
    at = np.arange(rates.axes.n_settings)
    setting[:, :, at, at] += stay
    chance = setting[:, :, :, None, :] * central.need_change[None, :, None, :, None]
    kept = np.argwhere(chance > 0)
    ceased = np.argwhere((central.leave > 0) & rates.is_open[:, None, :])
    kept = kept[rates.is_open[kept[:, 0], kept[:, 2]]]
    need, labels = np.array([*rates.needs, ""], dtype=object), np.array([*rates.settings, ""], dtype=object)
    blank = np.full((len(ceased), 2), -1)
    rows = np.concatenate([kept, np.concatenate([ceased, blank], axis=1)])
    values = np.concatenate([chance[tuple(kept.T)], central.leave[tuple(ceased.T)]])
    return pd.DataFrame(
        {
            "nc_year": rates.nc_years[rows[:, 0]],
            "need": need[rows[:, 1]],
            "setting": labels[rows[:, 2]],
            "next_nc_year": rates.nc_years[rows[:, 0]] + 1,
            "next_need": need[rows[:, 3]],
            "next_setting": labels[rows[:, 4]],
            "chance": values,
        }
    )
