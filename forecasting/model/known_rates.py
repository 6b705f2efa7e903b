"""Rates without gaps: what stands where the tables say nothing, and for whom nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.calibration import budget_lines
from forecasting.model.unit_rates import Rates, rates
from forecasting.model.volumes import FEW, Volumes, one_hot
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats


def known_rates(
    dataset: Dataset, assumptions: Assumptions, allocation: Allocation, homes: tuple[str, ...], many: Volumes
) -> tuple[Rates, tuple[str, ...]]:
    """Return rates without gaps, and a sentence on the settings with children that no rate and no budget prices.

    Independent and non-maintained settings without a listed fee take the average cost out of the authority. Another
    setting with a budget line and no rate takes £1 a child, which the calibration turns into the budget per child.
    """
    rate = rates(dataset, allocation.years, allocation.needs, allocation.settings, allocation.providers, homes)
    settings = np.array(allocation.settings)
    by_fee = ~np.isnan(rate.fee_day).all(axis=0) | ~np.isnan(rate.fee_residential).all(axis=0)
    by_fee |= np.isin(settings, axes.INMSS_PARTS)
    average = assumptions.first("out_of_borough_unit_cost") or 0.0
    day = np.where(np.isnan(rate.fee_day), np.where(by_fee, average, 0.0), rate.fee_day)
    away = np.where(np.isnan(rate.fee_residential), day, rate.fee_residential)
    lines = budget_lines(dataset, allocation.years[0], allocation.settings)
    in_budget = np.isin(settings, [code for group in lines.groups for code in group])
    blank = np.isnan(rate.top_up).any(axis=0)
    filler = np.where(in_budget & ~by_fee, 1.0, 0.0)
    top_up = np.where(by_fee, 0.0, np.where(np.isnan(rate.top_up), filler, rate.top_up))
    at = np.where(np.isnan(rate.top_up_at), top_up @ one_hot(homes, allocation.settings).T, rate.top_up_at)
    present = (many.pre + many.post)[0].max(axis=0)
    lost = blank & ~by_fee & ~in_budget & (present > FEW)
    placed = rate.occupied[:, 0] > 0
    notes = tuple(
        _unpaid([dataset.settings.label(str(code)) for code in settings[found]], present[found], extent)
        for found, extent in ((lost & ~placed, "nothing"), (lost & placed, "nothing beyond the place")) if found.any()
    )  # fmt: skip
    return replace(rate, top_up=top_up, top_up_at=at, fee_day=np.where(by_fee, day, 0.0),
                   fee_residential=np.where(by_fee, away, 0.0)), notes  # fmt: skip


def _unpaid(labels: Sequence[str], children: Floats, extent: str) -> str:
    """Return one sentence on every setting whose children no rate and no budget prices."""
    told = ", ".join(f"{label} ({count:,.0f})" for label, count in zip(labels, children, strict=True))
    return f"No rate is known for children in {told}, so they cost {extent}: add rows to unit_costs, or a budget line."


def unrated(dataset: Dataset, allocation: Allocation, homes: tuple[str, ...]) -> frozenset[str]:
    """Return the settings for which no top-up, no fee and no place is known."""
    rate = rates(dataset, allocation.years, allocation.needs, allocation.settings, allocation.providers, homes)
    fees = np.isnan(rate.fee_day).all(axis=0) & np.isnan(rate.fee_residential).all(axis=0)
    blank = np.isnan(rate.top_up).all(axis=0) & fees & (rate.occupied[:, 0] <= 0)
    return frozenset(code for code, none in zip(allocation.settings, blank, strict=True) if none)
