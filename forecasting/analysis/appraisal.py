"""The money of a programme over time: present value, payback, capital and funding by financial year."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.axes import DATA
from forecasting.inputs.dataset import Dataset
from forecasting.periods import financial_year_to_year
from forecasting.values import Floats

_FEW = 1e-6


@lru_cache(maxsize=1)
def discount_rate() -> float:
    """Return the social time preference rate (HM Treasury, The Green Book, annex 6); a fraction per year."""
    with (DATA / "national" / "green_book.csv").open(encoding="utf-8", newline="") as handle:
        return next(float(row["value"]) for row in csv.DictReader(handle) if row["name"] == "discount_rate")


def factors(years: int, rate: float) -> Floats:
    """Return the present value of £1 in each year, the first being worth £1: (1 + r)^−t."""
    return np.asarray((1.0 + rate) ** -np.arange(years, dtype=np.float64))


def payback(capital: Floats, saved: Floats) -> float:
    """Return years from the start of the year of the first outlay until savings added up reach capital added up.

    Savings come evenly within a year.

    Args:
        capital: £ by year.
        saved: £ by year.
    """
    if not capital.any():
        return 0.0
    gap = np.cumsum(saved) - np.cumsum(capital)
    first = int(np.flatnonzero(capital)[0])
    paid = [at for at in range(first, len(gap)) if (gap[at:] >= 0).all()]
    if not paid:
        return float("nan")
    at = paid[0]
    before = gap[at - 1] if at > first else -capital[: at + 1].sum()
    return float(at - first + (-before / max(gap[at] - before, _FEW) if before < 0 else 0.0))


def net_present_value(capital: Floats, saved: Floats) -> float:
    """Return £: savings less capital, each discounted to the first year.

    Args:
        capital: £ by year.
        saved: £ by year.
    """
    return float((saved - capital) @ factors(len(capital), discount_rate()))


def outlay(dataset: Dataset, names: Sequence[str], years: Sequence[int]) -> Floats:
    """Return project × financial year: £ of capital; what was spent before the first year counts in it.

    A project without a row in the table project_capital has no outlay: see `unpriced`.
    """
    table = dataset.table("project_capital")
    table = table[table["project"].isin(list(names))]
    spent = np.zeros((len(names), len(years)))
    np.add.at(spent, ([list(names).index(name) for name in table["project"]], _within(table, years)),
              table["gbp"].to_numpy(np.float64))  # fmt: skip
    return spent


def later(spent: Floats, years: int) -> Floats:
    """Return project × financial year: outlay moved some years later; the last year takes what comes after it."""
    if not years:
        return spent
    moved = np.pad(spent, ((0, 0), (years, 0)))
    kept = moved[:, : spent.shape[1]].copy()
    kept[:, -1] += moved[:, spent.shape[1] :].sum(axis=1)
    return kept


def unpriced(dataset: Dataset) -> frozenset[str]:
    """Return the projects whose capital is not known."""
    priced = dataset.table("project_capital")
    return frozenset(dataset.table("projects")["project"]) - frozenset(priced.loc[priced["gbp"].notna(), "project"])


def funding(dataset: Dataset, years: Sequence[int]) -> Floats:
    """Return financial year: £ of funding that arrives; what came before the first year counts in it."""
    table = dataset.table("capital_funding")
    given = np.zeros(len(years))
    np.add.at(given, _within(table, years), table["gbp"].to_numpy(np.float64))
    return given


def _within(table: pd.DataFrame, years: Sequence[int]) -> list[int]:
    """Return the index of the year of each row, years outside taking the nearest."""
    found = [financial_year_to_year(str(text)) - years[0] for text in table["financial_year"]]
    return [min(max(at, 0), len(years) - 1) for at in found]
