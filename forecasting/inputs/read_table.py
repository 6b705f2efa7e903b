"""One sheet to one checked table: header, cells, rows that are alike; every fault of it is found."""

from __future__ import annotations

import math

import pandas as pd
from pandas.api.extensions import ExtensionArray

from forecasting.errors import Fault
from forecasting.inputs.cells import BadCell, Value, Words, is_missing, parse
from forecasting.inputs.schema import BY_NAME, NUMERIC, Column, Table
from forecasting.inputs.sheets import Sheet

_FIGURES = NUMERIC - {"whole", "year"}


def read_table(sheet: Sheet, words: Words) -> tuple[pd.DataFrame, list[Fault]]:
    """Return one checked table and every fault of its cells; the frame's index is the row in the file."""
    table = BY_NAME[sheet.name]
    header = tuple(table.alias(name) for name in sheet.header)
    faults = _header_faults(sheet, table, header)
    if any(fault.grade == "error" for fault in faults):
        return _without_rows(table), faults
    numbers = [number for number, _ in sheet.rows]
    columns: dict[str, list[Value]] = {}
    for column in table.columns:
        if column.name in header:
            at = header.index(column.name)
            columns[column.name] = [_cell(sheet, table, column, n, row[at], words, faults) for n, row in sheet.rows]
        else:
            columns[column.name] = [column.absent or None] * len(sheet.rows)
    frame = pd.DataFrame(
        {c.name: _typed(c, columns[c.name]) for c in table.columns}, index=pd.Index(numbers, name="row")
    )
    frame, merged = _merged(sheet, table, header, frame, words)
    unread = {fault.row for fault in faults if fault.grade == "error"}  # rows alike only because a cell is not read
    doubles = _duplicates(sheet, table, frame[~frame.index.isin(unread)])
    faults += _withheld(sheet, table, header) + merged + doubles
    return frame, faults


def _merged(
    sheet: Sheet, table: Table, header: tuple[str, ...], frame: pd.DataFrame, words: Words
) -> tuple[pd.DataFrame, list[Fault]]:
    """Add up rows that are alike because local words were mapped to one code; other doubles stay, and are faults."""
    closed = [c.name for c in table.columns if (table.name, c.name) in words.mapped and c.name in header]
    counts = [c.name for c in table.columns if c.kind == "count"]
    if not closed or len(counts) == 0 or frame.empty:
        return frame, []
    told = {name: [row[header.index(name)].strip() for _, row in sheet.rows] for name in closed}
    local = pd.DataFrame(
        {n: [(table.name, n, w) in words.standard for w in told[n]] for n in closed}, index=frame.index
    )
    keys = list(table.key)
    groups = frame.groupby(keys, dropna=False, sort=False).ngroup()
    mapped = local.any(axis=1).groupby(groups).transform("any") & frame.duplicated(keys, keep=False)
    words_in = pd.Series(["|".join(w) for w in zip(*told.values(), strict=True)], index=frame.index)
    mapped &= ~pd.DataFrame({"group": groups, "words": words_in}).duplicated(
        keep=False
    )  # the same words twice: a fault
    if not mapped.any():
        return frame, []
    sums = frame[mapped].groupby(groups[mapped])[counts].agg(_sum_if_known)
    kept = frame[~mapped | ~groups.where(mapped, -1 - groups).duplicated()].copy()
    at = mapped.loc[kept.index]
    kept.loc[at, counts] = sums.loc[groups.loc[kept.index][at]].to_numpy()
    found = f"{int(mapped.sum())} rows whose local words mean the same code were added up to {int(at.sum())}"
    return kept, [Fault(sheet.file, sheet.name, found=found, grade="note")]


def _sum_if_known(cells: pd.Series) -> float:
    """Return the sum; not known when one of the parts is not."""
    return float(cells.sum(skipna=False))


def _without_rows(table: Table) -> pd.DataFrame:
    """Return the table without rows, when its header is wrong: its cells would only repeat that fault."""
    return pd.DataFrame({column.name: _typed(column, []) for column in table.columns})


def _withheld(sheet: Sheet, table: Table, header: tuple[str, ...]) -> list[Fault]:
    """Return one note per column whose cells stand for figures withheld or not known ("c", "<5")."""
    notes = []
    for column in table.columns:
        if column.kind not in NUMERIC or column.name not in header:
            continue
        at = header.index(column.name)
        marks = [(number, row[at].strip()) for number, row in sheet.rows if is_missing(row[at])]
        if marks:
            words = ", ".join(f'"{word}"' for word in dict.fromkeys(mark for _, mark in marks))
            notes.append(Fault(sheet.file, sheet.name, marks[0][0], column.name, grade="note",
                               found=f"{len(marks)} cell(s) {words} are read as missing, not as zero"))  # fmt: skip
    return notes


def _header_faults(sheet: Sheet, table: Table, header: tuple[str, ...]) -> list[Fault]:
    faults = [
        Fault(sheet.file, sheet.name, 1, column.name, "the column is missing", ", ".join(table.names),
              "add the column, or correct its name")
        for column in table.columns if column.required and column.name not in header and not column.absent
    ]  # fmt: skip
    faults += [
        Fault(sheet.file, sheet.name, 1, name, "the column is not known and was left out", ", ".join(table.names),
              grade="note")
        for name in header if name and name not in table.names and name not in ("source", "note")
    ]  # fmt: skip
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    return faults + [
        Fault(sheet.file, sheet.name, 1, name, "the column is there twice", todo="delete or rename one")
        for name in doubled
    ]


def _cell(sheet: Sheet, table: Table, column: Column, row: int, text: str, words: Words, faults: list[Fault]) -> Value:
    def fault(found: str, allowed: str, todo: str) -> None:
        faults.append(Fault(sheet.file, sheet.name, row, column.name, found, allowed, todo))

    try:
        value = parse(table.name, column, text, words)
    except BadCell as bad:
        fault(f'"{text.strip()}" is not allowed here', bad.allowed, bad.todo)
        return None
    if value is None and column.required and not (is_missing(text) and column.kind in _FIGURES):
        fault("the cell is blank" if not text.strip() else f'"{text.strip()}" means missing', column.help,
              "fill the cell or remove the row")  # fmt: skip
    return value


def _typed(column: Column, values: list[Value]) -> ExtensionArray:
    filled: ExtensionArray
    if column.kind in ("year", "whole") and all(value is not None for value in values):
        filled = pd.Series(values, dtype="int64").array
    elif column.kind in NUMERIC:
        filled = pd.Series(values, dtype="float64").array
    else:
        filled = pd.Series(["" if value is None else str(value) for value in values], dtype="str").array
    return filled


def _duplicates(sheet: Sheet, table: Table, frame: pd.DataFrame) -> list[Fault]:
    if not table.key or frame.empty:
        return []
    twice = frame.duplicated(list(table.key), keep="first")
    if not twice.any():
        return []
    rows = frame.loc[twice, list(table.key)]
    described = [", ".join(filter(None, map(_shown, cells))) for cells in rows.itertuples(index=False)]
    return [
        Fault(sheet.file, sheet.name, int(str(row)), ", ".join(table.key),
              f'a row for "{what or "all"}" is there already', todo="remove or merge one of the two rows")
        for row, what in zip(rows.index, described, strict=True)
    ]  # fmt: skip


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:g}"
    return str(cell)
