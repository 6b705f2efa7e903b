"""What is paid for one child or one place a year, from the table of unit costs and the national amounts of a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.axes import INMSS_PARTS
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.national import place_funding
from forecasting.values import Floats

BESPOKE = "bespoke"
DEPARTMENT = "department"


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates at the prices of the table, NaN where the tables say nothing.

    Attributes:
        occupied: setting × year; £ for a commissioned place that is filled, where the authority pays it.
        vacant: setting × year; £ for a commissioned place that stands empty, where the authority pays it.
        department: setting × year; £ of each place that the Department pays instead of the authority.
        top_up: pre-16, post-16 × setting; £ a child and year.
        top_up_at: pre-16, post-16 × provider; £ a child and year, its setting's where it has none of its own.
        fee_day: need × setting; whole fee of a day placement, £ a child and year.
        fee_residential: need × setting; whole fee of a residential placement, £ a child and year.
    """

    occupied: Floats
    vacant: Floats
    department: Floats
    top_up: Floats
    top_up_at: Floats
    fee_day: Floats
    fee_residential: Floats


@lru_cache(maxsize=64)
def rates(
    dataset: Dataset, years: tuple[int, ...], needs: tuple[str, ...], settings: tuple[str, ...],
    providers: tuple[str, ...], homes: tuple[str, ...],
) -> Rates:  # fmt: skip
    """Return the rates along the axes of an allocation; `homes` is the setting of each provider."""
    table = dataset.table("unit_costs")
    occupied, vacant, department = _places(settings, years)
    extra = _beyond_national(table, settings, occupied[:, 0])
    top_up = _top_up(table, settings) + extra
    top_up = np.where(np.isnan(_top_up(table, settings)) & (extra > 0), extra, top_up)
    return Rates(
        occupied, vacant, department, top_up, _at_providers(table, providers, homes, settings, top_up),
        _fees(table, "fee_day", needs, settings), _fees(table, "fee_residential", needs, settings),
    )  # fmt: skip


def _places(settings: Sequence[str], years: Sequence[int]) -> tuple[Floats, Floats, Floats]:
    """Return setting × year: national amounts of filled and vacant places, and those that the Department pays."""
    table = place_funding().sort_values("from_year")
    found = np.zeros((3, len(settings), len(years)))
    for at, setting in enumerate(settings):
        rows = table[table["setting"] == setting]
        if rows.empty:
            continue
        row = np.clip(np.searchsorted(rows["from_year"].to_numpy(), np.asarray(years), side="right") - 1, 0, None)
        amounts = rows[["occupied_gbp", "vacant_gbp"]].to_numpy(np.float64)[row]
        central = rows["paid_by"].to_numpy()[row] == DEPARTMENT
        found[0, at], found[1, at] = np.where(central, 0.0, amounts[:, 0]), np.where(central, 0.0, amounts[:, 1])
        found[2, at] = np.where(central, amounts[:, 0], 0.0)
    return found[0], found[1], found[2]


def _beyond_national(table: pd.DataFrame, settings: Sequence[str], national: Floats) -> Floats:
    """Return along settings what the table pays for a place beyond the national amount (see `Rates.top_up`)."""
    rows = table[(table["kind"] == "place") & (table["provider"] == "")]
    stated = rows.groupby("setting")["gbp_per_place_year"].mean().reindex(list(settings)).to_numpy(np.float64)
    return np.asarray(np.nan_to_num(np.maximum(stated - national, 0.0)))


def _bands(table: pd.DataFrame) -> pd.DataFrame:
    """Return the standard bands of top-up; a bespoke rate is agreed child by child and stands outside them."""
    return table[(table["kind"] == "top_up") & (table["band"] != BESPOKE)]


def _pre_and_post(rows: pd.DataFrame, by: str, labels: Sequence[str]) -> Floats:
    """Return pre-16, post-16 × label: the mean of the bands; where one is not stated, the other stands for it."""
    late = rows["post16"] == "yes"
    means = [part.groupby(by)["gbp_per_place_year"].mean().reindex(list(labels)).to_numpy(np.float64)
             for part in (rows[~late], rows.loc[late])]  # fmt: skip
    pre, post = means
    return np.array([np.where(np.isnan(pre), post, pre), np.where(np.isnan(post), pre, post)])


def _top_up(table: pd.DataFrame, settings: Sequence[str]) -> Floats:
    return _pre_and_post(_bands(table), "setting", settings)


def _at_providers(
    table: pd.DataFrame, providers: Sequence[str], homes: Sequence[str], settings: Sequence[str], of_setting: Floats
) -> Floats:
    bands = _bands(table)
    own = _pre_and_post(bands[bands["provider"] != ""], "provider", providers)
    known = {setting: at for at, setting in enumerate(settings)}
    shared = np.full((2, len(providers)), np.nan)
    inside = [at for at, home in enumerate(homes) if home in known]
    shared[:, inside] = of_setting[:, [known[homes[at]] for at in inside]]
    return np.where(np.isnan(own), shared, own)


def _fees(table: pd.DataFrame, kind: str, needs: Sequence[str], settings: Sequence[str]) -> Floats:
    """Return need × setting: the mean fee of the need, else of all needs; `inmss` stands for its parts."""
    rows = table[table["kind"] == kind]
    means = rows[rows["need"] == ""].groupby("setting")["gbp_per_place_year"].mean()
    whole = means.reindex(list(settings)).to_numpy(np.float64)
    if "inmss" in set(rows["setting"]):
        group = rows.loc[rows["setting"] == "inmss", "gbp_per_place_year"].mean()
        whole = np.where(np.isnan(whole) & np.isin(settings, INMSS_PARTS), group, whole)
    by_need = rows.groupby(["need", "setting"])["gbp_per_place_year"].mean()
    grid = pd.MultiIndex.from_product([list(needs), list(settings)])
    own = by_need.reindex(grid).to_numpy(np.float64).reshape(len(needs), len(settings))
    return np.where(np.isnan(own), whole[None, :], own)
