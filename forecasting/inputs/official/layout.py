"""A sheet of text as a frame: its header found by what a reader needs, column names in one spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.inputs.cells import BadCell, is_missing, number
from forecasting.inputs.sheets import Sheet
from forecasting.values import Floats

_LOOK = 30
_CODES = re.compile(
    r"^(new|old|gss|ons|geog|geography|area|la|lad|ltla|utla|ctyua|authority|local authority)? ?(la|area|geography|"
    r"local authority|authority)? ?\d{0,4} ?(code|cd|gss code)\d{0,4}$"
)
_NAMES = re.compile(
    r"^(area|la|lad|laname|ltla|utla|ctyua|geography|local authority|authority|district|name)? ?(la|area)? ?\d{0,4} ?"
    r"(name|nm|area|authority|geography)\d{0,4}$|^(area|authority|local authority|geography|name|la|laname\d*)$"
)


@dataclass(frozen=True, eq=False)
class Laid:
    """A sheet with its header found.

    Attributes:
        frame: the rows as text; columns in one spelling (`spelt`); the index is the row in the file.
        above: the texts above the header, the name of the file and of the sheet, in lower case.
    """

    frame: pd.DataFrame
    above: str

    def first(self, names: Collection[str]) -> str:
        """Return the first column that is one of the names, "" when none is."""
        return next((str(column) for column in self.frame.columns if column in names), "")

    @property
    def areas(self) -> list[str]:
        """Return the columns that hold codes or names of areas, codes first."""
        columns = [str(column) for column in self.frame.columns]
        codes = [c for c in columns if _CODES.match(c) and "country" not in c and "region" not in c]
        return codes + [c for c in columns if c not in codes and _NAMES.match(c)]


def spelt(word: str) -> str:
    """Return a header in one spelling: lower case, words separated by one space: "EstablishmentName" stays one word."""
    return " ".join(re.sub(r"[_\-/()\xa0.:]+", " ", word.replace("\ufeff", "").lower()).split())


def laid(sheet: Sheet, fits: Callable[[Sequence[str], str], bool]) -> Laid | None:
    """Return the sheet below the first row whose names fit (`fits`: names, texts above → yes), or None."""
    first = min((row for row, _ in sheet.rows), default=2) - 1
    every = [(first, sheet.header), *sheet.rows]
    above = f"{sheet.file} {sheet.name}".lower()
    for at, (_, cells) in enumerate(every[:_LOOK]):
        names = [spelt(cell) for cell in cells]
        if fits(names, above):
            return Laid(_framed(names, every[at + 1 :]), above)
        above += " " + " ".join(cells).lower()
    return None


def _framed(names: Sequence[str], rows: Sequence[tuple[int, tuple[str, ...]]]) -> pd.DataFrame:
    wanted = [i for i, name in enumerate(names) if name and names.index(name) == i]
    width = len(names)
    cells = [row if len(row) >= width else (*row, *[""] * (width - len(row))) for _, row in rows]
    made = {names[i]: pd.Series([row[i].strip() for row in cells], dtype="str").array for i in wanted}
    return pd.DataFrame(made, index=pd.Index([number for number, _ in rows], name="row"))


def numbers(texts: pd.Series) -> Floats:
    """Return numbers of a column of text; blank, withheld and words are NaN, never zero."""
    plain = texts.astype("str").str.strip()
    known = {text: _number(text) for text in plain.unique()}
    return plain.map(known).to_numpy(np.float64)


def _number(text: str) -> float:
    if not text or is_missing(text):
        return float("nan")
    try:
        return number(text)
    except BadCell:
        return float("nan")


def strange(texts: pd.Series) -> list[str]:
    """Return texts that stand where a number should and are neither one nor a mark for a missing one."""
    plain = texts.astype("str").str.strip()
    return [text for text in plain.unique() if text and not is_missing(text) and np.isnan(_number(text))]


def written(value: float) -> str:
    """Return a number as a cell of text, exactly; "" when it is not known."""
    if np.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
