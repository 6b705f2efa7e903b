"""Which authority's rows to take from a file that holds several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.sheets import Sheet

_FEW = 5


@dataclass(frozen=True)
class Who:
    """The authority asked for: every code and name by which files may know it, in any case; empty = not said."""

    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *words: str | None) -> Who:
        """Return the authority known by these codes and names; blank ones are passed over."""
        return cls(frozenset(_plain(word) for word in words if word and word.strip()))

    def knows(self, texts: pd.Series) -> pd.Series:
        """Return which texts (codes or names, a column) mean this authority."""
        return texts.map(_plain).isin(self.words)


def areas(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """Return the areas of a file: code → name (the name twice where it has no code), by their columns."""
    if not columns:
        return {}
    pairs = frame[list(columns)].drop_duplicates()
    pairs = pairs[pairs.iloc[:, 0].str.strip().ne("")]
    return {str(row[0]).strip(): str(row[-1]).strip() for row in pairs.itertuples(index=False)}


def rows_of(sheet: Sheet, frame: pd.DataFrame, columns: Sequence[str], who: Who) -> pd.DataFrame:
    """Return the rows of one authority: the one asked for, or the only one there is.

    Args:
        sheet: where the rows come from, for the fault.
        frame: the rows, as text.
        columns: the columns that hold codes or names of areas; none = the file is of one authority.
        who: the authority asked for.

    Raises:
        DatasetError: the file holds several authorities, or others, and the one asked for is not among them.
    """
    if not columns:
        return frame
    mine = pd.concat([who.knows(frame[column]) for column in columns], axis=1).any(axis=1)
    if mine.any():
        return frame.loc[mine]
    held = areas(frame, columns)
    if len(held) == 1 and (not who.words or _nameless(held, who)):
        return frame
    raise DatasetError((_which(sheet, held, who),))


def _nameless(held: Mapping[str, str], who: Who) -> bool:
    """Return whether the one area has a code only, of a kind that the words asked for do not have."""
    code, name = next(iter(held.items()))
    return code == name and code[:1].isalpha() and code[1:].isdigit() and not any(w[1:].isdigit() and w[:1].isalpha()
                                                                                  for w in who.words)  # fmt: skip


def _which(sheet: Sheet, held: Mapping[str, str], who: Who) -> Fault:
    names = [code if code == name else f"{code} {name}" for code, name in held.items()]
    allowed = ", ".join(names[:_FEW]) + (f" … ({len(names)} areas)" if len(names) > _FEW else "")
    if who.words:
        found = f"the authority ({', '.join(sorted(who.words))}) is not in this file"
        todo = "give its file, or its name as it is written here: --authority NAME, or authority_name in table about"
    else:
        found, todo = "this file holds several authorities", "choose one: --authority CODE"
    return Fault(sheet.file, sheet.name, found=found, allowed=allowed, todo=todo)


def _plain(word: str) -> str:
    return " ".join(word.lower().replace(",", " ").split())
