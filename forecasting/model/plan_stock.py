"""Forecast plans in the detail that places and costs need: from the method `moves`, or from today's mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting import axes
from forecasting.model.age_groups import gathered
from forecasting.model.moves import Flows
from forecasting.model.moves_draws import Draws
from forecasting.model.moves_rates import MoveRates
from forecasting.model.stock import Stock
from forecasting.values import Floats


def of_moves(rates: MoveRates, start: Floats, flows: Flows, draws: Draws | None) -> Stock:
    """Return the plans of the method moves by need, phase and setting.

    Args:
        rates: gives the axes.
        start: plans before the first year, axes (n, d, s).
        flows: the central run.
        draws: the draws with the margin "need_group_setting", phases as groups; None without them.
    """
    nc_years = [int(n) for n in rates.nc_years]
    phase = gathered(nc_years, axes.PHASES)
    central = np.einsum("ynds,np->ydps", np.concatenate([start[None], flows.stock]), phase)
    runs = central[None]
    if draws is not None:
        drawn = draws.margins["need_group_setting"]
        first = np.broadcast_to(central[:1], (len(drawn), 1, *central.shape[1:]))
        ahead = np.zeros((*drawn.shape[:3], len(axes.PHASES.names), drawn.shape[4]))
        ahead[:, :, :, : drawn.shape[3]] = drawn
        runs = np.concatenate([runs, np.concatenate([first, ahead], axis=1)])
    years = (rates.last_year, *range(rates.last_year + 1, rates.last_year + 1 + len(flows.stock)))
    return Stock(years, rates.needs, tuple(axes.PHASES.names), rates.settings, runs, _arriving(nc_years, flows, phase))


def _arriving(nc_years: Sequence[int], flows: Flows, phase: Floats) -> Floats:
    """Return year × phase: share of the children who are in its first NC year, have joined or have changed setting.

    Nobody is placed in the first year, which repeats the second.
    """
    first = np.array([int(code["first_nc_year"]) for code in axes.PHASES.codes])
    opening = np.isin(np.array(nc_years), first)[:, None] * phase
    moved = np.zeros_like(flows.moved)
    moved[:, 1:] = flows.moved[:, :-1]
    stock, new = (part.sum(axis=(2, 3)) for part in (flows.stock, flows.joined + moved))
    fresh = stock @ opening + np.minimum(new, stock) @ (phase - opening)
    whole = stock @ phase
    share = np.divide(fresh, whole, out=np.ones_like(whole), where=whole > 0)
    return np.concatenate([share[:1], share])


@dataclass(frozen=True, eq=False)
class Growth:
    """Plans relative to the first year, for methods that know all plans and those of each phase or setting.

    Attributes:
        years: January census years.
        whole: run × year; all plans.
        axis: "phase" or "setting"; "" when only all plans are known.
        labels: codes along the axis.
        ratio: run × year × label.
    """

    years: tuple[int, ...]
    whole: Floats
    axis: str
    labels: tuple[str, ...]
    ratio: Floats


def growth(years: Sequence[int], whole: Floats, axis: str, labels: Sequence[str], counts: Floats) -> Growth:
    """Return the growth of counts since their first year; a label without plans then grows as all do.

    Args:
        years: January census years.
        whole: run × year; all plans.
        axis: "phase" or "setting".
        labels: codes along the axis.
        counts: run × year × label; plans.
    """
    every = whole / np.maximum(whole[:1, :1], 1.0)
    start = counts[:1, :1]
    ratio = np.divide(counts, start, out=np.repeat(every[:, :, None], len(labels), axis=2), where=start > 0)
    return Growth(tuple(years), every, axis, tuple(labels), ratio)


def grown(stock: Stock, found: Growth) -> Stock:
    """Return a stock whose first year grows in every run, along phases or settings where those are forecast.

    Children keep the rest of the mix of the first year.
    """
    at = [found.years.index(year) for year in stock.years]
    names = {"phase": stock.phases, "setting": stock.settings}.get(found.axis, ("",))
    path = [found.ratio[:, :, found.labels.index(name)] if name in found.labels else found.whole for name in names]
    runs = np.stack(path, axis=2)[:, at]
    factor = runs / np.maximum(runs[:1, :1], 1e-12)
    spread = factor[:, :, None, :, None] if found.axis == "phase" else factor[:, :, None, None, :]
    return replace(stock, plans=stock.plans[:1, :1] * spread)
