"""Checks of facts that the engine takes for granted: a base year that is a year, tables with rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecasting.errors import Fault
from forecasting.inputs.facts import facts_faults
from forecasting.inputs.schema import BY_NAME, STARTING_TABLES
from forecasting.inputs.sheets import Sheet

_PEOPLE = (*STARTING_TABLES, "population", "births")


def check_structure(tables: Mapping[str, pd.DataFrame], origin: Mapping[str, Sheet]) -> list[Fault]:
    """Return the faults of the facts in table `about`, of starting tables without a row, and of nothing but zeros."""
    return [*facts_faults(tables["about"], origin["about"].file), *_rows(tables, origin), *_zeros(tables, origin)]


def _zeros(tables: Mapping[str, pd.DataFrame], origin: Mapping[str, Sheet]) -> list[Fault]:
    """An authority without a child is none: a table of nothing but zeros was filled down, or never filled in."""
    faults = []
    for name in (name for name in _PEOPLE if name in tables):
        count = next(column.name for column in BY_NAME[name].columns if column.kind == "count" and column.required)
        known = tables[name][count].dropna()
        if len(known) and not known.any():
            faults.append(Fault(origin[name].file, name, 0, count, f"every figure is 0 ({len(known):,} rows)",
                                "figures above 0", "fill them in, or leave the table out"))  # fmt: skip
    return faults


def _rows(tables: Mapping[str, pd.DataFrame], origin: Mapping[str, Sheet]) -> list[Fault]:
    given = [name for name in STARTING_TABLES if name in tables]
    if not given or any(len(tables[name]) for name in given):
        return []
    return [
        Fault(origin[name].file, name, found="the table has a header but no rows", todo="fill it in, or leave it out")
        for name in given
    ]
