"""Years: January census year, academic year and financial year, converted here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasting.values import Floats

_FINANCIAL = re.compile(r"^(\d{4})[-/–](\d{2}|\d{4})$")


def financial_year_to_year(text: str) -> int:
    """Return the `year` of the forecast table for a financial year: "2016-17" is 2017.

    Raises:
        ValueError: the text is not two following years such as "2016-17".
    """
    match = _FINANCIAL.match(text.strip())
    if not match:
        raise ValueError(f'"{text}" is not a financial year such as 2016-17')
    first = int(match[1])
    last = int(match[2]) if len(match[2]) == 4 else first // 100 * 100 + int(match[2])
    last += 100 if last < first else 0
    if last != first + 1:
        raise ValueError(f'"{text}" is not a financial year such as 2016-17')
    return last


def year_to_financial_year(year: int) -> str:
    """Return the financial year that ends in March of `year`: 2017 is "2016-17"."""
    return f"{year - 1}-{year % 100:02d}"


def year_to_academic_year(year: int) -> str:
    """Return the academic year that holds the January census of `year`: 2027 is "2026/27"."""
    return f"{year - 1}/{year % 100:02d}"


MONTHS_BEFORE_SEPTEMBER = 5  # April to August, the last months of the academic year before


def to_financial_years(values: Floats, axis: int) -> Floats:
    """Return the mean over each financial year of figures of following academic years.

    The financial year that ends in March of y has 5 months (April to August) of the academic year before and 7 months
    (September to March) of the academic year of January y, so what opens in September counts for 7/12 of its first
    financial year. The first year has none before it and takes its own.

    Args:
        values: any axes; along `axis` the academic years, by their January.
        axis: the axis of years.

    Returns:
        The same axes; along `axis` the financial years, by the year in which they end.
    """
    now = np.moveaxis(values, axis, 0)
    before = np.concatenate([now[:1], now[:-1]])
    mixed = (MONTHS_BEFORE_SEPTEMBER * before + (12 - MONTHS_BEFORE_SEPTEMBER) * now) / 12
    return np.asarray(np.moveaxis(mixed, 0, axis))


def snapshot_year(as_at: date) -> int:
    """Return the January census year of a snapshot: September to December belong to the next January."""
    return as_at.year + (1 if as_at.month >= 9 else 0)


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, counted from January of year 0 so that months can be compared and shifted."""

    index: int

    @classmethod
    def of(cls, year: int, month: int) -> Month:
        """Return the month of a year; `month` is 1 to 12."""
        return cls(year * 12 + month - 1)

    @property
    def year(self) -> int:
        """Return the calendar year."""
        return self.index // 12

    @property
    def month(self) -> int:
        """Return the month, 1 to 12."""
        return self.index % 12 + 1

    def __str__(self) -> str:
        """Return the month as "2017-09"."""
        return f"{self.year}-{self.month:02d}"
