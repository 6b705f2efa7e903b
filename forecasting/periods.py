"""Years: January census year, academic year and financial year, converted here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasting.values import Floats

JULY_AND_AUGUST = 2 / 12  # of a year: from mid-year (30 June) to the day that ages are counted on (31 August)
SEPTEMBER_TO_DECEMBER = 122 / 365  # of a calendar year's births: they open the next academic year of birth
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


def snapshot_year(as_at: date) -> int:
    """Return the January census year of a snapshot: September to December belong to the next January."""
    return as_at.year + (1 if as_at.month >= 9 else 0)


def financial_year_of_period(text: str) -> str:
    """Return the financial year of a release's period: "202425" and "2024" (the year it starts in) are "2024-25".

    Raises:
        ValueError: the text is neither.
    """
    plain = text.strip()
    if not re.fullmatch(r"\d{4}(\d{2})?", plain):
        return year_to_financial_year(financial_year_to_year(plain))
    return year_to_financial_year(int(plain[:4]) + 1)


def mid_year_to_january(people: Floats) -> Floats:
    """Return people by age on 31 August from people by age on the 30 June before.

    Two months later one in six has had a birthday: people(a) = 10/12 × mid-year(a) + 2/12 × mid-year(a − 1). The
    January census is of the year after the mid-year. Birthdays are taken as even over the year.

    Args:
        people: (year, age) people at 30 June, ages consecutive; NaN where not known.

    Returns:
        (year, age) of the same ages on 31 August; the lowest age is not known (NaN) unless the caller knows that the
        age below it is alike.
    """
    younger = np.roll(people, 1, axis=1)
    younger[:, 0] = np.nan
    return (1 - JULY_AND_AUGUST) * people + JULY_AND_AUGUST * younger


def calendar_to_academic_births(births: Floats) -> Floats:
    """Return births by academic year of birth (1 September to 31 August) from births by calendar year.

    births(y) = 122/365 × calendar(y − 1) + 243/365 × calendar(y): births are taken as even over the days of a year.

    Args:
        births: (year,) births of consecutive calendar years.

    Returns:
        (year − 1,) births of the academic years that end in the second and later calendar years.
    """
    return SEPTEMBER_TO_DECEMBER * births[:-1] + (1 - SEPTEMBER_TO_DECEMBER) * births[1:]


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
