"""A table on its way into a sheet: columns of values, each with the name of its number format."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pandas as pd

from forecasting.outputs.figure import Table
from forecasting.outputs.workbook.terms import Term

Cell = float | int | str | date | None

_UNITS = {"count": "number", "gbp": "£", "million": "£ million", "percent": "%", "fraction": "%",
          "mixed": "number or £"}  # fmt: skip
_SAID = {"count": ("number", "places", "pupils", "children"), "gbp": ("£",), "million": ("£ million",),
         "percent": ("%", "per cent"), "fraction": ("%",), "mixed": ("£",)}  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_WORDY = re.compile(rf"^({'|'.join(_MONTHS)}) (\d{{4}})$")
_TERSE = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_POUNDS_FROM = 100_000


class Formula(float):
    """A figure that is written as a formula: a number everywhere else."""

    text: str
    level: int

    @classmethod
    def of(cls, item: Term) -> Formula:
        """Return the value of a formula, which keeps its text."""
        made = cls(item.value)
        made.text, made.level = item.text, item.level
        return made


@dataclass(frozen=True, eq=False)
class Column:
    """One column: header with its unit, cells, and the style of all of them or of each."""

    header: str
    cells: list[Cell]
    style: str | list[str] = "text"

    @property
    def styles(self) -> list[str]:
        """Return the style of each cell."""
        return [self.style] * len(self.cells) if isinstance(self.style, str) else self.style


@dataclass(frozen=True, eq=False)
class Grid:
    """A table with a name; it has a header row and no totals row."""

    name: str
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """Return how many rows there are below the header."""
        return len(self.columns[0].cells) if self.columns else 0

    @property
    def headers(self) -> list[str]:
        """Return headers that differ from each other whatever their case, as Excel demands."""
        seen: dict[str, int] = {}
        found = []
        for column in self.columns:
            text = " ".join(column.header.split())[:240] or "Column"
            seen[text.lower()] = seen.get(text.lower(), 0) + 1
            found.append(text if seen[text.lower()] == 1 else f"{text} ({seen[text.lower()]})")
        return found


def of_table(table: Table) -> Grid:
    """Return a table of a subject as a grid: figures unrounded, units in the headers, months as dates."""
    frame = table.frame
    names = [str(name) for name in frame.columns]
    kinds = [table.formats.get(name, "text") for name in names]
    values = [[plain(value) for value in frame.iloc[:, at]] for at in range(len(names))]
    mixed = _mixed([column for column, kind in zip(values, kinds, strict=True) if kind == "mixed"])
    columns = [_column(n, k, v, mixed) for n, k, v in zip(names, kinds, values, strict=True)]
    return Grid(table.key, (*columns[:1], *map(_inset, columns[1:])))


def _inset(column: Column) -> Column:
    """Return a column of text moved in a little, so that it does not touch figures on its left."""
    style = column.style
    words = style == "text" or (not isinstance(style, str) and set(style) <= {"text"})
    return replace(column, style="inset") if words else column


def _column(name: str, kind: str, values: list[Cell], mixed: list[str]) -> Column:
    header = with_unit(name, kind)
    if kind == "mixed":
        return Column(header, values, mixed)
    if kind != "text":
        return Column(header, values, kind)
    dates = months(values)
    return Column(header, dates, "month") if dates else Column(header, values, [_style(value) for value in values])


def with_unit(name: str, kind: str) -> str:
    """Return a column header that says its unit, unless it does so already."""
    text = name[:1].upper() + name[1:]
    said = any(word in text.lower() for word in _SAID.get(kind, ()))
    return text if said or kind not in _UNITS else f"{text} ({_UNITS[kind]})"


def _style(value: Cell) -> str:
    if isinstance(value, int):
        return "whole"
    return "general" if isinstance(value, float) else "text"


def _mixed(columns: Sequence[list[Cell]]) -> list[str]:
    """Return the style of each row of a table that mixes counts and pounds: one style a row, not a cell."""
    rows = zip(*columns, strict=True)
    sizes = [max((abs(v) for v in row if isinstance(v, (int, float))), default=0.0) for row in rows]
    return ["gbp" if size >= _POUNDS_FROM else "count" for size in sizes]


def plain(value: object) -> Cell:
    """Return what a cell holds: a number, a date, text, or None where a figure is unknown."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, (datetime, date)):
        return None if pd.isna(value) else value
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "yes" if value else "no"
    number = float(str(value))
    if math.isinf(number):
        return None
    return int(number) if "int" in type(value).__name__ else number


def months(values: Sequence[Cell]) -> list[Cell]:
    """Return a column of months as dates, other words left as they are; empty when it holds no month."""
    found = [month(value) for value in values]
    dated = sum(isinstance(value, date) for value in found)
    return found if dated and dated * 2 >= len(found) else []


def month(value: Cell) -> Cell:
    """Return the first day of a month written as 2017-09 or September 2017; anything else unchanged."""
    text = value if isinstance(value, str) else ""
    terse, wordy = _TERSE.match(text), _WORDY.match(text)
    if terse:
        return date(int(terse[1]), int(terse[2]), 1)
    return date(int(wordy[2]), _MONTHS.index(wordy[1]) + 1, 1) if wordy else value
