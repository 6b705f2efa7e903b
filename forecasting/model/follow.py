"""Children followed where only today's placements are known: a stock of plans made from cells and their growth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.model.age_groups import gathered
from forecasting.model.cells import in_order
from forecasting.model.places import Placed
from forecasting.model.stock import Stock
from forecasting.scenario.from_dataset import MAINSTREAM, setting_groups
from forecasting.values import Floats


def follow(dataset: Dataset, found: Placed) -> Stock:
    """Return the children in specialist places as a stock that can be placed: one run, by today's kinds of setting.

    The published method gives how many children need specialist places in each year; the stock says so by need,
    phase and the setting that they have today, so that `placements.place` can follow each to where places are.

    Args:
        dataset: gives the order of needs and settings.
        found: children placed, were nothing built (`Placed.unmitigated`, year × cell).
    """
    labels = found.cells.labels.iloc[: found.unmitigated.shape[1]]
    needs = in_order(dataset.needs, set(labels["need"]))
    phases = in_order(axes.PHASES, set(labels["phase"]))
    usual = [code for code, group in setting_groups(dataset).items() if group == MAINSTREAM][:1]
    settings = in_order(dataset.settings, {*labels["setting"], *usual})
    at = [
        [order.index(word) for word in labels[column]]
        for column, order in (("need", needs), ("phase", phases), ("setting", settings))
    ]
    plans = np.zeros((1, len(found.years), len(needs), len(phases), len(settings)))
    for year, children in enumerate(found.unmitigated):
        np.add.at(plans[0, year], tuple(at), children)
    return Stock(found.years, needs, phases, settings, plans, np.tile(new_each_year(phases), (len(found.years), 1)))


def with_others(dataset: Dataset, stock: Stock) -> Stock:
    """Return a stock with the children whose kind of setting the placements leave out: mainstream, home, and so on.

    Their number by setting is that of `ehc_plans` in the first year; their needs are those of all plans, their phases
    what the plans by age leave over (where ages are not known, the phases of the stock).

    Args:
        dataset: table ehc_plans.
        stock: children in specialist places; the first year counts.
    """
    year = stock.years[0]
    known = _at(dataset, "setting", year)
    held = dict(zip(stock.settings, stock.plans[0, 0].sum(axis=(0, 1)), strict=True))
    extra = {code: plans for code, plans in known.items() if plans > 0 and not held.get(code)}
    by_need, by_phase = _at(dataset, "need", year), _phases(dataset, year)
    needs = in_order(dataset.needs, {*stock.needs, *(by_need if extra else ())})
    phases = in_order(axes.PHASES, {*stock.phases, *(by_phase if extra else ())})
    settings = in_order(dataset.settings, {*stock.settings, *extra})
    plans = np.zeros((*stock.plans.shape[:2], len(needs), len(phases), len(settings)))
    at = [[order.index(word) for word in words]
          for order, words in ((needs, stock.needs), (phases, stock.phases), (settings, stock.settings))]  # fmt: skip
    need, phase, setting = np.ix_(*at)
    plans[:, :, need, phase, setting] = stock.plans
    here = plans[0, 0]
    of_need = _shares(np.array([by_need.get(need, 0.0) for need in needs]), here.sum(axis=(1, 2)))
    left = np.array([by_phase.get(phase, 0.0) for phase in phases]) - here.sum(axis=(0, 2))
    of_phase = _shares(np.maximum(left, 0.0) * bool(by_phase), here.sum(axis=(0, 2)))
    of_setting = np.array([extra.get(setting, 0.0) for setting in settings])
    plans += np.einsum("n,p,s->nps", of_need, of_phase, of_setting)
    new = np.tile(new_each_year(phases), (len(stock.years), 1))
    return Stock(stock.years, needs, phases, settings, plans, new)


def _at(dataset: Dataset, axis: str, year: int) -> dict[str, float]:
    """Return plans of a January by the codes of one axis; empty when they are not known."""
    found = margin(dataset, "ehc_plans", "plans", axis)
    if found.empty or year not in found.index.get_level_values(0):
        return {}
    rows = found.xs(year, level=0).dropna()
    return {str(code): float(plans) for code, plans in rows.items()}


def _phases(dataset: Dataset, year: int) -> dict[str, float]:
    """Return plans of a January by phase, from NC years, ages or age bands; empty when none is known."""
    first = {code.code: int(code["first_nc_year"]) for code in axes.AGE_BANDS.codes}
    for axis in ("nc_year", "age", "age_band"):
        rows = _at(dataset, axis, year)
        if rows:
            years = [first[code] if axis == "age_band" else float(code) - 4 * (axis == "age") for code in rows]
            found = np.array(list(rows.values())) @ gathered([int(nc) for nc in years], axes.PHASES)
            return dict(zip(axes.PHASES.names, found.tolist(), strict=True))
    return {}


def _shares(values: Floats, otherwise: Floats) -> Floats:
    """Return values scaled to add up to 1; where all are 0, the others so scaled."""
    used = values if values.sum() > 0 else otherwise
    return np.asarray(used / used.sum()) if used.sum() > 0 else np.full(len(used), 1.0 / max(len(used), 1))


def new_each_year(phases: Sequence[str]) -> Floats:
    """Return phase: share of its children who are new to it in a year, 1 ÷ the year groups that it has.

    A phase that is not known has as many year groups as primary and secondary have on average.
    """
    spans = {code.code: int(code["last_nc_year"]) - int(code["first_nc_year"]) + 1 for code in axes.PHASES.codes}
    usual = (spans["primary"] + spans["secondary"]) / 2
    return np.array([1.0 / spans.get(phase, usual) for phase in phases])
