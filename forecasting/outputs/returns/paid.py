"""What lines of money come to: figures of the account along years, parted by age where a line asks for it.

The account has costs by kind of setting, not by age. Where a line wants a part by age, the cost of a setting is parted
as the plans there are in the same January; this is listed as assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.model.forecast import Forecast
from forecasting.outputs.returns.amount import EACH, Money
from forecasting.outputs.returns.layout import Line
from forecasting.values import Floats

PARTED = (
    "the money of a kind of setting is parted by age as the EHC plans there are: the same cost for each child of it"
)


@dataclass(frozen=True, eq=False)
class Paid:
    """What a line comes to.

    Attributes:
        gbp: along years; NaN where it is not known.
        children: along years; the fewest children that a parting by age would tell of, infinite where none is made.
    """

    gbp: Floats
    children: Floats


def paid(forecast: Forecast, line: Line, years: Sequence[int], plans: Forecast | None = None) -> Paid:
    """Return what a line comes to; not known where a part that it needs is not, or where none of its parts is.

    Args:
        forecast: the forecast that has the costs.
        line: the line.
        years: in which the financial years end.
        plans: the forecast whose plans part the costs by age; the same one when not given.
    """
    plans = plans or forecast
    gbp, known = np.zeros(len(years)), np.zeros(len(years), dtype=bool)
    inside, outside = np.zeros(len(years)), np.zeros(len(years))
    for part in line.money:
        values = _gbp(forecast, plans, part, years)
        there = ~np.isnan(values)
        if part.needed:
            gbp = gbp + part.sign * values
        else:
            gbp = gbp + part.sign * np.nan_to_num(values)
        known |= there
        mine, others = _children(plans, part, years)
        inside, outside = inside + np.where(there, mine, 0.0), outside + np.where(there, others, 0.0)
    parted = any(part.nc_years for part in line.money)
    fewest = np.minimum(np.where(inside > 0, inside, np.inf), np.where(outside > 0, outside, np.inf))
    return Paid(np.where(known, gbp, np.nan), fewest if parted else np.full(len(years), np.inf))


def _gbp(forecast: Forecast, plans: Forecast, part: Money, years: Sequence[int]) -> Floats:
    """Return a figure along years; NaN where it is not known.

    A setting whose costs are nothing in every year has no price in the data: its cost is not known.
    """
    axes = ("setting",) if part.setting else ()
    unknown = np.full(len(years), np.nan)
    if not forecast.has(part.measure, *axes, component=part.component):
        return unknown
    margin = forecast.margin(part.measure, *axes, component=part.component)
    if not part.setting:
        return _along(margin.labels[0], margin.stats[0], years)
    names = margin.labels[1] if part.setting == EACH else [name for name in margin.labels[1] if name == part.setting]
    found = [(str(name), margin.stats[0][:, margin.labels[1].index(name)]) for name in names]
    priced = [(name, values) for name, values in found if np.any(values != 0.0)]  # NaN where it is withheld
    if not priced:
        return unknown
    return np.asarray(sum(_along(margin.labels[0], values, years) * _share(plans, part, name, years)
                          for name, values in priced))  # fmt: skip


def _along(known: Sequence[object], values: Floats, years: Sequence[int]) -> Floats:
    by_year = dict(zip(known, values.tolist(), strict=True))
    return np.array([by_year.get(year, np.nan) for year in years])


def _share(forecast: Forecast, part: Money, setting: str, years: Sequence[int]) -> Floats:
    """Return along years the share of the children of a setting who are of the year groups asked for.

    Where the forecast of plans has nobody in the setting, the share of all children stands in.
    """
    if part.nc_years is None:
        return np.ones(len(years))
    mine, others = _plans(forecast, part.nc_years, setting, years)
    all_mine, all_others = _plans(forecast, part.nc_years, EACH, years)
    empty = mine + others <= 0
    inside, whole = np.where(empty, all_mine, mine), np.where(empty, all_mine + all_others, mine + others)
    return np.asarray(np.divide(inside, whole, out=np.full(len(years), np.nan), where=whole > 0))


def _children(forecast: Forecast, part: Money, years: Sequence[int]) -> tuple[Floats, Floats]:
    if part.nc_years is None:
        return np.zeros(len(years)), np.zeros(len(years))
    mine, others = _plans(forecast, part.nc_years, part.setting, years)
    return np.nan_to_num(mine), np.nan_to_num(others)


def _plans(forecast: Forecast, span: tuple[int, int], setting: str, years: Sequence[int]) -> tuple[Floats, Floats]:
    """Return along years the plans of a setting (or of all) within a span of NC years, and those outside it."""
    if not forecast.has("ehc_plans", "setting", "nc_year"):
        return np.full(len(years), np.nan), np.full(len(years), np.nan)
    margin = forecast.margin("ehc_plans", "setting", "nc_year")
    order = [margin.axes.index(name) for name in ("year", "setting", "nc_year")]
    plans = margin.stats[0].transpose(order)
    labels = [margin.labels[at] for at in order]
    rows = [at for at, name in enumerate(labels[1]) if setting in (EACH, name)]
    mine = np.array([span[0] <= int(year) <= span[1] for year in labels[2]])
    chosen = plans[:, rows].sum(axis=1)
    return _along(labels[0], chosen[:, mine].sum(axis=1), years), _along(labels[0], chosen[:, ~mine].sum(axis=1), years)
