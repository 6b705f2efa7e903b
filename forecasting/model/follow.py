"""Children followed where only today's placements are known: a stock of plans made from cells and their growth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
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


def new_each_year(phases: Sequence[str]) -> Floats:
    """Return phase: share of its children who are new to it in a year, 1 ÷ the year groups that it has.

    A phase that is not known has as many year groups as primary and secondary have on average.
    """
    spans = {code.code: int(code["last_nc_year"]) - int(code["first_nc_year"]) + 1 for code in axes.PHASES.codes}
    usual = (spans["primary"] + spans["secondary"]) / 2
    return np.array([1.0 / spans.get(phase, usual) for phase in phases])
