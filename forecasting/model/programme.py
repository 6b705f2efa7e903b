"""The programme of projects by month: places open (gross and net-new) and places filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.periods import Month
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats, Whole


@dataclass(frozen=True, eq=False)
class Programme:
    """Projects over months.

    Attributes:
        projects: project names, in the order of the table.
        on: project axis; 1 built, 0 not (a share in between is a chance).
        gross: project axis; places created.
        net: project axis; places created less places that close in exchange.
        opens: project axis; month index of opening, NaN where no date is known.
        ramp_months: project axis; months until full.
        months: month indices of the timeline (see `periods.Month`).
        open_share: project × month; 1 from the month of opening on, times `on`.
        filled_share: project × month; share of the places taken, rising evenly over the ramp, times `on`.
    """

    projects: tuple[str, ...]
    on: Floats
    gross: Floats
    net: Floats
    opens: Floats
    ramp_months: Floats
    months: Whole
    open_share: Floats
    filled_share: Floats

    @property
    def content(self) -> tuple[bytes, ...]:
        """Return everything that places follow from, to tell whether two programmes open the same."""
        return tuple(part.tobytes() for part in (self.months, self.on, self.net, self.open_share, self.filled_share))

    def january(self, shares: Floats, years: Sequence[int]) -> Floats:
        """Return year × project: the share in January of each census year."""
        at = np.array([Month.of(year, 1).index for year in years]) - self.months[0]
        return np.asarray(shares[:, at].T)

    def financial_year(self, shares: Floats, years: Sequence[int]) -> Floats:
        """Return year × project: the mean share over April to March of the financial year ending in `year`."""
        first = np.array([Month.of(year - 1, 4).index for year in years]) - self.months[0]
        return np.asarray(shares[:, first[:, None] + np.arange(12)].mean(axis=2).T)


def programme(dataset: Dataset, assumptions: Assumptions, first: int, last: int) -> Programme:
    """Return the programme from January `first`−1 to December `last`, as the assumptions have it.

    A project without a date, in the table or as an assumption, opens in no month: unknown is not zero, so the
    caller reports it (`undated`).
    """
    table = dataset.table("projects")
    names = tuple(table["project"])
    gross = table["places"].to_numpy(dtype=np.float64, na_value=0.0)
    net = gross - table["replaces_places"].to_numpy(dtype=np.float64, na_value=0.0)
    on = np.array([assumptions.number("project_on", name) or 0.0 for name in names])
    opens = _opening(table, assumptions) + 12 * (assumptions.number("project_delay") or 0.0)
    ramp = _ramp(table, assumptions)
    months = np.arange(Month.of(first - 1, 1).index, Month.of(last, 12).index + 1)
    since = months[None, :] - np.round(opens)[:, None]
    is_open = np.where(since >= 0, 1.0, 0.0)
    filled = np.where(ramp[:, None] > 0, np.clip(since / np.maximum(ramp, 1e-9)[:, None], 0.0, 1.0), is_open)
    filled = np.where(since >= 0, filled, 0.0)
    share = on[:, None]
    return Programme(names, on, gross, net, opens, ramp, months, is_open * share, filled * share)


def _opening(table: pd.DataFrame, assumptions: Assumptions) -> Floats:
    stated = [assumptions.number("project_opens", name) for name in table["project"]]
    return np.array([
        Month.of(int(year), 9).index if year is not None else month
        for year, month in zip(stated, printed_opening(table), strict=True)
    ], dtype=np.float64)  # fmt: skip


def printed_opening(table: pd.DataFrame) -> Floats:
    """Return along projects the month index of opening as the table has it, NaN where it has none."""
    return np.array([_month_index(text) for text in table["opens"]], dtype=np.float64)


def _month_index(text: object) -> float:
    if not isinstance(text, str) or not text:
        return float("nan")
    year, month = text.split("-")[:2]
    return float(Month.of(int(year), int(month)).index)


def _ramp(table: pd.DataFrame, assumptions: Assumptions) -> Floats:
    years = assumptions.number("project_ramp")
    return printed_ramp_months(table) if years is None else np.full(len(table), 12.0 * years)


def printed_ramp_months(table: pd.DataFrame) -> Floats:
    """Return along projects the months until full as the table has them, 0 where it has none."""
    return 12.0 * table["ramp_years"].to_numpy(dtype=np.float64, na_value=0.0)


def undated(plan: Programme) -> tuple[str, ...]:
    """Return the built projects that have places but no opening date."""
    lost = np.isnan(plan.opens) & (plan.on > 0) & (plan.gross > 0)
    return tuple(name for name, miss in zip(plan.projects, lost, strict=True) if miss)
