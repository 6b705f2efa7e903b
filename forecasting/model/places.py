"""Places under the published method: who is placed where, how many places are needed, how many are open.

Demand for specialist places is what is placed now plus the growth places; growth falls on every kind of setting in
proportion to today's mix (the assessment's "current ratio … projected into the future"). Net-new places of the
programme take children back from out-of-authority placements and house growth, in proportion to the two needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.model.cells import (
    COLUMNS,
    UNKNOWN,
    Cells,
    Shares,
    cells_at_snapshot,
    in_order,
    proportions,
    spread,
)
from forecasting.model.plan_stock import Growth
from forecasting.model.programme import Programme
from forecasting.model.stock import Stock
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats

_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Demand:
    """What drives the growth in demand for specialist places; every array is along `years`, base year first.

    Attributes:
        years: January census years.
        pupils: pupils on roll; None when they are not known.
        plan_rate: share of pupils with an EHC plan; NaN when not known.
        plans: EHC plans maintained, where a method of their own forecasts them; else None.
        stock: the same plans in the detail that placements need; None where the method has no such detail.
        growth: how plans grow in every run; None where no method of their own forecasts them.
    """

    years: tuple[int, ...]
    pupils: Floats | None
    plan_rate: Floats
    plans: Floats | None = None
    stock: Stock | None = None
    growth: Growth | None = None


@dataclass(frozen=True, eq=False)
class Needed:
    """Additional local places over those open in the base year.

    Attributes:
        years: January census years, base year first.
        under_provision: along years; out-of-authority placements that should be local.
        growth: along years; growth in demand for specialist places since the base year.
        growth_note: how the growth was worked out, in words.
        under_by_need: share of under-provision by need.
        growth_by_need: share of growth by need.
        by_phase: share of both by phase (derived from the placements whose phase is known).
    """

    years: tuple[int, ...]
    under_provision: Floats
    growth: Floats
    growth_note: str
    under_by_need: Shares
    growth_by_need: Shares
    by_phase: Shares


@dataclass(frozen=True, eq=False)
class Placed:
    """Children placed, by cell.

    Attributes:
        years: January census years from the snapshot on.
        cells: the cells: those of the snapshot, then those that new places open.
        unmitigated: year × cell; children, were nothing built.
        moved: year × cell; change by the programme (sums to zero every year).
        serving: along projects; 1 where the project can bring children back (see `serves`).
    """

    years: tuple[int, ...]
    cells: Cells
    unmitigated: Floats
    moved: Floats
    serving: Floats

    @property
    def children(self) -> Floats:
        """Return year × cell; children placed with the programme as assumed."""
        return np.asarray(self.unmitigated + self.moved)


def need_shares(dataset: Dataset, assumptions: Assumptions) -> Shares:
    """Return the share of growth places by need, scaled to add up to 1; empty when none is known."""
    keys = {item.key for item in assumptions.of_any_key("need_share") if item.key}
    order = in_order(dataset.needs, keys)
    return proportions({need: assumptions.number("need_share", need) or 0.0 for need in order})


def base_cells(dataset: Dataset, assumptions: Assumptions) -> tuple[Cells, Floats]:
    """Return the cells and the children in each at the snapshot, out-of-authority ones scaled to the baseline."""
    cells, children = cells_at_snapshot(dataset, tuple(need_shares(dataset, assumptions).items()))
    start = assumptions.number("out_of_borough_baseline")
    out = cells.where("place", "out_of_borough")
    known = float(out @ children)
    if start is None or known <= 0 or start == known:
        return cells, children
    return cells, children * (1.0 + out * (start / known - 1.0))


def needed(dataset: Dataset, assumptions: Assumptions, demand: Demand, cells: Cells, children: Floats) -> Needed:
    """Return places needed: under-provision in full from the base year, growth as pupils (or plans) grow."""
    out = cells.where("place", "out_of_borough") * children
    under = assumptions.path("under_provision_places", demand.years)
    computed = assumptions.path("bring_back_share", demand.years) * out.sum()
    growth, note = _growth_places(dataset, assumptions, demand, float(children.sum()))
    known = children * (1.0 - cells.where("phase", UNKNOWN))
    return Needed(
        demand.years, np.where(np.isnan(under), computed, under), growth, note,
        cells.shares(out, "need"),
        need_shares(dataset, assumptions) or cells.shares(children, "need"),
        cells.shares(known if known.any() else children, "phase"),
    )  # fmt: skip


def _growth_places(dataset: Dataset, assumptions: Assumptions, demand: Demand, placed_now: float) -> tuple[Floats, str]:
    since = demand.years[0]
    item = assumptions.last("growth_places")
    if item is not None and item.value is not None:
        by = item.from_year or int(dataset.about("forecast_to") or demand.years[-1])
        return _accrue(float(item.value), demand, by), f"{item.value:g} places by {by}: {item.source}"
    if demand.plans is not None:
        note = f"{placed_now:,.0f} children in specialist places × growth of EHC plans since {since}"
        return np.asarray(placed_now * (demand.plans / demand.plans[0] - 1.0)), note
    if demand.pupils is None:
        return np.zeros(len(demand.years)), "none: neither pupils nor plans are known"
    extra = demand.pupils - demand.pupils[0]
    if assumptions.word("growth_base") == "commissioned_share":
        commissioned = float(dataset.table("providers")["commissioned"].sum())
        note = f"{commissioned:,.0f} commissioned places × growth of pupils since {since}"
        return np.asarray(commissioned * extra / demand.pupils[0]), note
    return np.asarray(extra * np.nan_to_num(demand.plan_rate)), f"growth of pupils since {since} × EHC-plan rate"


def _accrue(places: float, demand: Demand, by: int) -> Floats:
    driver = demand.plans if demand.plans is not None else demand.pupils
    since = np.array(demand.years, dtype=np.float64) - demand.years[0]
    extra = since if driver is None else driver - driver[0]
    if by in demand.years and extra[demand.years.index(by)] != 0:
        return np.asarray(places * extra / extra[demand.years.index(by)])
    return places * since / max(by - demand.years[0], 1)


def placed(
    dataset: Dataset, cells: Cells, children: Floats, need: Needed, plan: Programme, years: Sequence[int]
) -> Placed:
    """Return children placed in each year from the snapshot on, with and without the programme."""
    at = [need.years.index(year) for year in years]
    growth = need.growth[at] - need.growth[at[0]]
    factor = 1.0 + growth / children.sum() if children.sum() > 0 else np.ones(len(at))
    unmitigated = factor[:, None] * children
    outside = cells.where("place", "out_of_borough") * unmitigated
    filled = plan.january(plan.filled_share, years) * plan.net * serves(dataset, cells)
    back = np.minimum(brought_back(filled.sum(axis=1), need, years), outside.sum(axis=1))
    leaving = _row_shares(outside) * back[:, None]
    both, kinds = _arrival_cells(dataset, cells)
    settings = project_settings(dataset)
    share = _row_shares(np.maximum(filled @ spread([{s: 1.0} for s in settings], _unique(settings)), 0.0))
    arriving = ((leaving @ kinds)[:, :, None] * share[:, None, :]).reshape(len(at), -1)
    return Placed(
        tuple(years),
        both,
        np.hstack([unmitigated, 0 * arriving]),
        np.hstack([-leaving, arriving]),
        serves(dataset, cells),
    )


@lru_cache(maxsize=64)
def serves(dataset: Dataset, cells: Cells) -> Floats:
    """Return 1 for the projects whose phase has children placed out of the authority, else 0; along projects.

    Places for two-year-olds or for young adults cannot bring back children of school age. A project without a phase,
    or placements without one, may serve any.
    """
    out = set(cells.labels.loc[cells.labels["place"] == "out_of_borough", "phase"])
    phases = dataset.table("projects")["phase"]
    return np.array([1.0 if not phase or phase in out or UNKNOWN in out else 0.0 for phase in phases])


def brought_back(filled: Floats, need: Needed, years: Sequence[int]) -> Floats:
    """Return children brought back: the filled net-new places, shared between bringing back and growth as needed.

    Args:
        filled: along years; net-new places filled.
        need: places needed.
        years: the years of `filled`.

    Returns:
        Along years: U × min(1, F ÷ (U + G)), with under-provision U, growth places G and filled places F; never
        below zero.
    """
    at = [need.years.index(year) for year in years]
    under, growth = need.under_provision[at], np.maximum(need.growth[at], 0.0)
    share = np.divide(filled, under + growth, out=np.zeros_like(filled), where=(under + growth) > _NOTHING)
    return np.asarray(under * np.clip(share, 0.0, 1.0))


def _row_shares(values: Floats) -> Floats:
    sums = values.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(values, sums, out=np.zeros_like(values), where=sums > 0))


def project_settings(dataset: Dataset) -> tuple[str, ...]:
    """Return the kind of setting of each project."""
    return tuple(setting or UNKNOWN for setting in dataset.table("projects")["setting"])


def _unique(labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels))


@lru_cache(maxsize=64)
def _arrival_cells(dataset: Dataset, cells: Cells) -> tuple[Cells, Floats]:
    """Return all cells with those that new places open, and the cell × (need, phase) matrix."""
    settings = _unique(project_settings(dataset))
    kinds = cells.labels[["need", "phase"]].drop_duplicates(ignore_index=True)
    keys = pd.MultiIndex.from_frame(cells.labels[["need", "phase"]])
    matrix = np.eye(len(kinds))[pd.MultiIndex.from_frame(kinds).get_indexer(keys)]
    new = kinds.loc[kinds.index.repeat(len(settings))].reset_index(drop=True)
    new["setting"] = list(settings) * len(kinds)
    new["place"] = "in_borough"
    labels = pd.concat([cells.labels, new[list(COLUMNS)]], ignore_index=True)
    return replace(cells, labels=labels), matrix


def open_places(plan: Programme, years: Sequence[int]) -> Floats:
    """Return year × project: net-new places open in January."""
    return plan.january(plan.open_share, years) * plan.net


@lru_cache(maxsize=64)
def capacity(dataset: Dataset, years: tuple[int, ...]) -> tuple[pd.DataFrame, Floats]:
    """Return the providers with known capacity, and their places open each January (year × provider)."""
    providers = with_capacity(dataset)
    return providers, open_in_january(providers, years) * providers["capacity"].to_numpy(np.float64)


def with_capacity(dataset: Dataset) -> pd.DataFrame:
    """Return the rows of providers whose capacity is known."""
    providers = dataset.table("providers")
    return providers[providers["capacity"].notna()]


def open_in_january(providers: pd.DataFrame, years: tuple[int, ...]) -> Floats:
    """Return year × provider: 1 where a provider is open in January, else 0."""
    since = providers["opens"].replace("", "0000-00").to_numpy(dtype=object)
    until = providers["closes"].replace("", "9999-99").to_numpy(dtype=object)
    januaries = np.array([f"{year}-01" for year in years], dtype=object)[:, None]
    return np.asarray((since[None, :] <= januaries) & (januaries < until[None, :]), dtype=np.float64)
