"""What the Department would ask about a filled return: totals, continuity with the last actual, signs, gaps, jumps."""

from __future__ import annotations

import numpy as np

from forecasting.outputs import words
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.values import Floats

_JUMP_SHARE = 0.30  # change from one year to the next that is asked about, where it is also large in itself
_JUMP = {"count": 20.0, "gbp": 1_000_000.0}  # children; pounds


def checks(filled: Filled) -> tuple[str, ...]:
    """Return a sentence for everything to be explained or mended before the return is handed in; empty = nothing."""
    found = [text for table in filled.tables for text in _table(filled, table)]
    return (*_gaps(filled), *found, *_agreement(filled))


def _gaps(filled: Filled) -> list[str]:
    """Return how many figures are blank, which the Department would ask for."""
    lost = [(table.table.id, table.cells[1]) for table in filled.tables if table.cells[1]]
    if not lost:
        return []
    told = words.join([f"{number} ({count:,.0f})" for number, count in lost])
    return [f"Blank cells by table: {told}. Fill them from your own records, or say why they cannot be filled."]


def _table(filled: Filled, table: FilledTable) -> list[str]:
    found = []
    where = f"Table {table.table.id}, {table.table.title}"
    for variant, values in zip(filled.layout.variants, table.values, strict=True):
        if table.table.unit == "count" and (values < 0).any():
            found.append((variant, "a figure is below zero."))
        if table.table.total and not _adds_up(values):
            found.append((variant, "the rows do not add up to the total."))
        found += [(variant, text) for text in _jumps(filled, table, values)]
    return [f"{where} ({words.join([name for name, other in found if other == text])}): {text}"
            for text in dict.fromkeys(text for _, text in found)]  # fmt: skip


def _adds_up(values: Floats) -> bool:
    gap = values[:-1].sum(axis=0) - values[-1]
    return bool(np.all(np.isnan(gap) | (gap == 0)))


def _jumps(filled: Filled, table: FilledTable, values: Floats) -> list[str]:
    """Return the implausible changes from year to year, told apart by whether the last actual is involved."""
    lines = table.table.lines
    plain = np.array([not (line.adds or line.after) for line in lines] + [True] * (len(values) - len(lines)))
    before, change = values[:, :-1], np.diff(values, axis=1)
    odd = (np.abs(change) > _JUMP[table.table.unit]) & (np.abs(change) > _JUMP_SHARE * np.maximum(np.abs(before), 1.0))
    found = []
    for row, column in np.argwhere(odd & plain[:, None]):
        joint = filled.years[column] == filled.last_actual
        start, end = (_figure(values[row, at], table.table.unit) for at in (column, column + 1))
        found.append(
            f"{table.labels[row]} goes from {start} in {table.columns[column]} to {end} in {table.columns[column + 1]}"
            f"{', from the last actual to the first forecast: explain the break' if joint else ': explain it'}."
        )
    return found


def _figure(value: float, unit: str) -> str:
    return f"{'−' if value < 0 else ''}{'£' if unit == 'gbp' else ''}{abs(value):,.0f}"


def _agreement(filled: Filled) -> list[str]:
    """Return where tables that count the same children differ in total."""
    whole = [table for table in filled.tables if _counts_all(table)]
    found = []
    for table in whole[1:]:
        gap = np.abs(np.nan_to_num(_sum(table) - _sum(whole[0])))
        for variant, row in zip(filled.layout.variants, gap, strict=True):
            if row.any():
                found.append(
                    f"Tables {whole[0].table.id} and {table.table.id} ({variant}) differ by up to {row.max():,.0f} "
                    "children a year; children whose need or age is not recorded stand in one of them only."
                )
    return found


def _sum(table: FilledTable) -> Floats:
    """Return variant × year; the sum of the rows, those left out that no data can ever fill."""
    rows = table.values[:, : len(table.table.lines)]
    never = np.array([not line.selections for line in table.table.lines])
    return np.asarray(rows[:, ~never].sum(axis=1))


def _counts_all(table: FilledTable) -> bool:
    if table.table.measure != "ehc_plans" or table.table.unit != "count" or table.table.across:
        return False
    parts = [part for line in table.table.lines for part in line.selections]
    by_setting = all(part.settings and not part.needs and not part.age_bands and not part.ages_turned for part in parts)
    return by_setting or not any(part.settings for part in parts)
