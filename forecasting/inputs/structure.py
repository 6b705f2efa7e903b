"""Checks of facts that the engine takes for granted: a base year that is a year, tables that have rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecasting.errors import Fault
from forecasting.inputs.schema import STARTING_TABLES
from forecasting.inputs.sheets import Sheet

_YEARS = ("base_year", "forecast_to")


def check_structure(tables: Mapping[str, pd.DataFrame], origin: Mapping[str, Sheet]) -> list[Fault]:
    """Return the faults of years in table `about`, and of starting tables without a row."""
    return [*_years(tables["about"], origin["about"].file), *_rows(tables, origin)]


def _years(about: pd.DataFrame, file: str) -> list[Fault]:
    rows = about[about["key"].isin(_YEARS)]
    return [
        Fault(file, "about", int(str(row)), "value", f'{key} is "{value}"', "a year from 1990 to 2100",
              "write the January census year, such as 2016")
        for row, key, value in zip(rows.index, rows["key"], rows["value"], strict=True)
        if (value or key == "base_year") and not _is_year(value)
    ]  # fmt: skip


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1990 <= int(text[:9]) <= 2100


def _rows(tables: Mapping[str, pd.DataFrame], origin: Mapping[str, Sheet]) -> list[Fault]:
    given = [name for name in STARTING_TABLES if name in tables]
    if not given or any(len(tables[name]) for name in given):
        return []
    return [
        Fault(origin[name].file, name, found="the table has a header but no rows", todo="fill it in, or leave it out")
        for name in given
    ]
