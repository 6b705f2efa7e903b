"""One text cell to one value, by the kind of its column; a text that does not fit says what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from forecasting import axes
from forecasting.inputs.schema import Column
from forecasting.periods import Month, financial_year_to_year

Value = str | float | int | None
MISSING = frozenset(
    {
        "z",
        "x",
        "c",
        ":",
        "..",
        "low",
        "n/a",
        "na",
        "-",
        "*",
        "**",
        "~",
        "[c]",
        "[x]",
        "[z]",
        "[low]",
        "[u]",
        "[w]",
        "[n/a]",
        "suppressed",
    }
)  # in brackets: the shorthand of government statistics
_FEW = re.compile(r"^([<≤]\s*=?\s*\d+|\d+\s+or\s+(fewer|less))$", re.IGNORECASE)
_ERRORS = frozenset(
    {"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!"}
)
_PLAIN = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d{1,3})?$")
_YEAR_GROUP = re.compile(r"^y(?:ea)?r?\.?\s*(\d{1,2}|r)$", re.IGNORECASE)
_BELOW_YEAR_1 = {"r": "0", "reception": "0", "n2": "-1", "n1": "-2", "e2": "-1", "e1": "-2"}
_LARGEST = 1e12  # beyond every count of children and every budget in pounds: a slip, or two cells run together
_DAY_ZERO = date(1899, 12, 30)
_MONTHS = {m: i for i, m in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The vocabularies in force for a dataset: its own where it declares them, ours otherwise.

    Attributes:
        own: column kind ("need", "setting") → the codes that the dataset declares, empty when it declares none.
        mapped: (table, column) → local words that table `mappings` explains.
        standard: (table, column, local word) → the one code that the word stands for in full; words that are shared
            out over several codes are not here.
    """

    own: Mapping[str, tuple[str, ...]]
    mapped: Mapping[tuple[str, str], frozenset[str]]
    standard: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def read(self, table: str, column: str, kind: str, text: str) -> str:
        """Return the code meant by a word; a local word that is shared out over several codes stays as it is.

        Raises:
            BadCell: the word is in no vocabulary in force.
        """
        if text in self.mapped.get((table, column), frozenset()):
            return self.standard.get((table, column, text), text)
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
    if text.upper() in _ERRORS:
        raise BadCell("a value", "the formula in this cell fails: mend it, or type the value")
    if column.kind in _NUMBERS:
        text = as_nc_year(text) if column.name in ("nc_year", "next_nc_year") else text
        return None if is_missing(text) else _NUMBERS[column.kind](text)
    if column.kind in ("need", "setting", "phase", "place", "age_band"):
        return words.read(table, column.name, column.kind, text)
    if column.kind == "needs":
        return _needs(table, column, text, words)
    if column.kind == "choice" and text.lower() not in column.choices:
        raise BadCell(", ".join(column.choices), "use one of these words")
    return _TEXTS[column.kind](text) if column.kind in _TEXTS else text


def _needs(table: str, column: Column, text: str, words: Words) -> str:
    try:
        return "|".join(words.read(table, column.name, "need", part.strip()) for part in text.split("|"))
    except BadCell as bad:
        several = "|" not in text and bool(re.search("[,;/]", text))
        raise BadCell(bad.allowed, f'write "|" between needs, or {bad.todo}' if several else bad.todo) from bad


def is_missing(text: str) -> bool:
    """Return whether a text stands for a figure that is withheld or not known, such as "c" or "<5"."""
    return text.strip().lower() in MISSING or bool(_FEW.match(text.strip()))


def as_nc_year(text: str) -> str:
    """Return the number of a year group written in words ("Reception", "N2", "Year 7"), as text; else the text."""
    found = _YEAR_GROUP.match(text)
    return _BELOW_YEAR_1.get(text.lower(), text) if found is None else _BELOW_YEAR_1.get(found[1].lower(), found[1])


def number(text: str) -> float:
    """Return a number written plainly, with thousands separators, a pound sign or a per-cent sign.

    Raises:
        BadCell: the text is not a finite number.
    """
    plain = re.sub(r"[£\s]", "", text).replace("\u2212", "-")  # the minus sign of typesetters
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    if re.match(r"^[+-]?(0|\d+),\d*$", plain) and not re.match(r"^[+-]?[1-9]\d{0,2},\d{3}$", plain):
        raise BadCell("a number with a decimal point", "write 0.5, not 0,5")
    if not _PLAIN.match(plain) or not any(letter.isdigit() for letter in plain):
        raise BadCell("a number", "remove words and notes from the cell, or leave it blank")
    value = float(plain.replace(",", ""))
    if not math.isfinite(value):
        raise BadCell("a finite number", "correct the cell or leave it blank")
    return value / 100 if percent else value


def _amount(text: str) -> float:
    if "%" in text:
        raise BadCell("a number, not a share", "write the number itself, without a per-cent sign")
    value = number(text)
    if abs(value) >= _LARGEST:
        raise BadCell(f"a number below {_LARGEST:,.0f}", "correct the cell; two figures may have run together")
    return value


def _count(text: str) -> float:
    value = _amount(text)
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
    value = _amount(text)
    if value != int(value) or abs(value) > 1e9:
        raise BadCell("a whole number", "correct the cell")
    return int(value)


def _year(text: str) -> int:
    wrong = BadCell("a year from 1990 to 2100", "write the year of the January census, such as 2016")
    try:
        value = _whole(text)
    except BadCell as error:
        raise wrong from error
    if not 1990 <= value <= 2100:
        raise wrong
    return value


def _month(text: str) -> str:
    named = re.match(r"^([A-Za-z]{3})[a-z]*\.?[\s-]+(\d{4})$", text)
    if named and named[1].lower() in _MONTHS:
        return str(Month.of(int(named[2]), _MONTHS[named[1].lower()]))
    if re.match(r"^\d{5}$", text) and 29_000 <= int(text) <= 73_400:
        return (_DAY_ZERO + timedelta(days=int(text))).strftime("%Y-%m")
    text = re.sub(r"^\d{1,2}/(\d{1,2})/(\d{4})$", lambda m: f"{m[2]}-{int(m[1]):02d}", text)
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
    "number": number, "gbp": _amount, "count": _count, "fraction": _fraction, "whole": _whole, "year": _year,
}  # fmt: skip
_TEXTS: dict[str, Callable[[str], str]] = {
    "month": _month, "financial_year": _financial_year, "choice": _choice,
}  # fmt: skip
