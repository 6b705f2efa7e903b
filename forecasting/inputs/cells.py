"""One text cell to one value, by the kind of its column; a text that does not fit says what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forecasting import axes
from forecasting.inputs.schema import Column
from forecasting.periods import Month, financial_year_to_year

Value = str | float | int | None
_THOUSANDS = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?%?$")  # 44,627 but not the 0,5 of other countries
MISSING = frozenset({"z", "x", "c", ":", "..", "low", "n/a", "na", "-"})
_MONTHS = {m: i for i, m in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The vocabularies in force for a dataset: its own where it declares them, ours otherwise.

    Attributes:
        own: column kind ("need", "setting") → the codes that the dataset declares, empty when it declares none.
        mapped: (table, column) → local words that table `mappings` explains.
    """

    own: Mapping[str, tuple[str, ...]]
    mapped: Mapping[tuple[str, str], frozenset[str]]

    def read(self, table: str, column: str, kind: str, text: str) -> str:
        """Return the code meant by a word; a mapped local word stays as it is.

        Raises:
            BadCell: the word is in no vocabulary in force.
        """
        if text in self.mapped.get((table, column), frozenset()):
            return text
        if self.own.get(kind):
            if text in self.own[kind]:
                return text
            raise BadCell(", ".join(self.own[kind]), f'add a row to "{kind}s" or to "mappings"')
        vocabulary = axes.VOCABULARIES[f"{kind}s"]
        found = vocabulary.find(text)
        if found is None:
            raise BadCell(", ".join(vocabulary.names), 'fix the spelling or add a row to "mappings"')
        return found.code


class BadCell(Exception):
    """A cell does not hold what its column allows."""

    def __init__(self, allowed: str, todo: str) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.todo = todo


def parse(table: str, column: Column, text: str, words: Words) -> Value:
    """Return the value of a cell: None for blank or suppressed, else text or number by the column's kind.

    Raises:
        BadCell: the text does not fit the column.
    """
    text = text.strip()
    if not text:
        return None
    if column.kind in _NUMBERS:
        return None if text.lower() in MISSING else _NUMBERS[column.kind](text)
    if column.kind in ("need", "setting", "phase", "place", "age_band"):
        return words.read(table, column.name, column.kind, text)
    if column.kind == "needs":
        return "|".join(words.read(table, column.name, "need", part.strip()) for part in text.split("|"))
    if column.kind == "choice" and text.lower() not in column.choices:
        raise BadCell(", ".join(column.choices), "use one of these words")
    return _TEXTS[column.kind](text) if column.kind in _TEXTS else text


def number(text: str) -> float:
    """Return a number written plainly, with thousands separators, a pound sign or a per-cent sign.

    Raises:
        BadCell: the text is not a finite number.
    """
    plain = re.sub(r"[£\s]", "", text)
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    percent = plain.endswith("%")
    try:
        value = float(plain.rstrip("%"))
    except ValueError as error:
        raise BadCell("a number", "remove words and notes from the cell, or leave it blank") from error
    if not math.isfinite(value):
        raise BadCell("a finite number", "correct the cell or leave it blank")
    return value / 100 if percent else value


def _count(text: str) -> float:
    value = number(text)
    if value < 0:
        raise BadCell("0 or more", "a count cannot be negative: correct the sign")
    return value


def _fraction(text: str) -> float:
    value = number(text)
    if not 0 <= value <= 1:
        hint = f"; {value:g} per cent is written {value / 100:g}" if 1 < value <= 100 else ""
        raise BadCell("0 to 1", f"write shares as fractions{hint}")
    return value


def _whole(text: str) -> int:
    value = number(text)
    if value != int(value):
        raise BadCell("a whole number", "correct the cell")
    return int(value)


def _year(text: str) -> int:
    value = _whole(text)
    if not 1990 <= value <= 2100:
        raise BadCell("a year from 1990 to 2100", "write the year of the January census, such as 2016")
    return value


def _month(text: str) -> str:
    named = re.match(r"^([A-Za-z]{3})[a-z]*\.?[\s-]+(\d{4})$", text)
    if named and named[1].lower() in _MONTHS:
        return str(Month.of(int(named[2]), _MONTHS[named[1].lower()]))
    match = re.match(r"^(\d{4})-(\d{2})(-\d{2}.*)?$", text)
    if not match or not 1 <= int(match[2]) <= 12:
        raise BadCell("a month such as 2017-09", "write the year, a hyphen and the month")
    return f"{match[1]}-{match[2]}"


def _financial_year(text: str) -> str:
    try:
        financial_year_to_year(text)
    except ValueError as error:
        raise BadCell("a financial year such as 2016-17", "write both years") from error
    return text


def _choice(text: str) -> str:
    return text.lower()


_NUMBERS: dict[str, Callable[[str], Value]] = {
    "number": number, "gbp": number, "count": _count, "fraction": _fraction, "whole": _whole, "year": _year,
}  # fmt: skip
_TEXTS: dict[str, Callable[[str], str]] = {
    "month": _month, "financial_year": _financial_year, "choice": _choice,
}  # fmt: skip
