"""The facts of table `about`: their names, and what each may be."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import pandas as pd

from forecasting.errors import Fault
from forecasting.periods import financial_year_to_year

FARTHEST = 30  # years that a forecast may reach beyond its base year
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
FACTS = (
    "authority_code", "authority_name", "title", "source", "base_year", "forecast_to", "price_base", "synthetic",
    "region", "ons_code",
)  # fmt: skip
_NEAR = 0.8  # how alike a name must be to count as a slip of the pen


def is_year(text: str) -> bool:
    """Return whether a text is a year that the data may be of."""
    return text.isascii() and text.isdigit() and 1990 <= int(text[:9]) <= 2100


def _is_financial_year(text: str) -> bool:
    try:
        financial_year_to_year(text)
    except ValueError:
        return False
    return True


_YEAR = ("a year from 1990 to 2100", "write the January census year, such as 2016")
_RULES: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "base_year": (is_year, *_YEAR),
    "forecast_to": (is_year, *_YEAR),
    "price_base": (_is_financial_year, "a financial year such as 2016-17", "write both years, or leave it blank"),
    "synthetic": (lambda text: text.lower() in YES + NO, "yes or no", "write yes where the data are made up"),
}


def facts_faults(about: pd.DataFrame, file: str) -> list[Fault]:
    """Return the faults of table `about`: facts that are not what they may be, and names that look misspelt."""
    faults = []
    for row, key, value in zip(about.index, about["key"], about["value"], strict=True):
        line = int(str(row))
        rule = _RULES.get(str(key))
        if rule and (value or key == "base_year") and not rule[0](str(value).strip()):
            faults.append(Fault(file, "about", line, "value", f'{key} is "{value}"', rule[1], rule[2]))
        near = difflib.get_close_matches(str(key).lower().replace(" ", "_"), FACTS, n=1, cutoff=_NEAR)
        if near and key not in FACTS:
            faults.append(Fault(file, "about", line, "key", f'the fact "{key}" is not used', ", ".join(FACTS),
                                f'is "{near[0]}" meant? Then write it so', "warning"))  # fmt: skip
    return faults
