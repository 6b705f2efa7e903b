"""National tables that come with the product: counts of England, what a place is funded with, lines of returns."""

from __future__ import annotations

from functools import cache

import pandas as pd

from forecasting.axes import DATA
from forecasting.inputs.schema import BY_NAME
from forecasting.periods import financial_year_to_year

ENGLAND = "ENG"
_NUMBERS = ("low", "high", "coverage", "from_year", "to_year")


@cache
def place_funding() -> pd.DataFrame:
    """Return the funding of a place by kind of setting and the financial year from which it holds.

    Returns:
        from_year (the year in which the financial year ends), setting, occupied_gbp and vacant_gbp (£ per place and
        year), paid_by (authority: from its high needs block; department: paid centrally), source.
    """
    table = pd.read_csv(DATA / "national" / "place_funding.csv")
    return table.assign(from_year=[financial_year_to_year(text) for text in table["from_financial_year"]])


@cache
def stated_assumptions() -> pd.DataFrame:
    """Return values of levers that hold where a dataset states none: columns of the dataset table `assumptions`."""
    table = pd.read_csv(DATA / "national" / "assumptions.csv", dtype=str, keep_default_na=False)
    table = table.reindex(columns=list(BY_NAME["assumptions"].names), fill_value="")
    return table.assign(**{name: pd.to_numeric(table[name]) for name in _NUMBERS})


@cache
def section_251_lines() -> pd.DataFrame:
    """Return the line of the section 251 return for each cost: component, setting ("" = any other), line, title."""
    table: pd.DataFrame = pd.read_csv(DATA / "national" / "section_251_lines.csv", dtype=str, keep_default_na=False)
    return table


@cache
def _totals() -> pd.DataFrame:
    return pd.read_csv(DATA / "national" / "totals_by_year.csv").set_index("year").sort_index()


def england_until(january: int) -> pd.DataFrame:
    """Return England's plans and flows that were over by a January, by year; Department for Education.

    Columns ehc_plans (January of the year) and new_plans, ceased, requests, assessments, in_progress (of the calendar
    year, blank from the year of that January on). Counts.
    """
    found = _totals().loc[lambda table: table.index <= january].copy()
    flows = [column for column in found.columns if column not in ("ehc_plans", "source")]
    found.loc[found.index >= january, flows] = float("nan")
    return found


@cache
def plans_by_authority() -> pd.DataFrame:
    """Return yearly counts of England and of authorities; Department for Education, made by data/national/build.py.

    Columns unit (code of three digits; ENG), name, year (January census), series (total, state_special, inmss;
    new_plans and requests of the calendar year before), value. Implausible published figures are left out.
    """
    folder, keys = DATA / "national", ["unit", "name", "year"]
    example = pd.read_csv(folder / "plans_panel.csv", dtype={"unit": str}).assign(name="")
    wide = pd.read_csv(folder / "plans_elsewhere.csv", dtype={"unit": str}).drop(columns="source")
    others = wide.melt(id_vars=keys, var_name="series").dropna(subset=["value"])
    return pd.concat([example[[*keys, "series", "value"]], others], ignore_index=True).astype({"value": "float64"})
