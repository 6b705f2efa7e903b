"""The table of moves, checked and put as positions on the axes; residents on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.values import Flags, Floats, Whole

FIRST_NC_YEAR, LAST_NC_YEAR = -4, 21

COLUMNS = (
    "census_year",
    "nc_year",
    "need",
    "setting",
    "next_nc_year",
    "next_need",
    "next_setting",
    "people",
)


def check_moves(moves: pd.DataFrame) -> None:
    """Check a `plan_moves` table.

    Args:
        moves: columns census_year, nc_year, need, setting, next_nc_year, next_need, next_setting, people.

    Raises:
        DatasetError: a column is missing, a cell is half blank, a row starts and ends blank, a child does not
            age by one NC year, or a count is negative or missing. Every fault is listed.
    """
    missing = [column for column in COLUMNS if column not in moves.columns]
    if missing:
        found = f"no column {', '.join(missing)}"
        raise DatasetError((Fault("plan_moves", found=found, todo="add the missing columns"),))
    blank = {name: is_blank(moves[name]) for name in ("need", "setting", "next_need", "next_setting")}
    people = pd.to_numeric(moves["people"], errors="coerce").to_numpy(float)
    aged = moves["next_nc_year"].to_numpy(float) == moves["nc_year"].to_numpy(float) + 1
    wrong = {
        "need and setting must be given together": blank["need"] != blank["setting"],
        "next_need and next_setting must be given together": blank["next_need"] != blank["next_setting"],
        "no plan before and none after": blank["need"] & blank["next_need"],
        "next_nc_year must be nc_year + 1": ~aged & ~blank["next_need"],
        "people must be a number, 0 or more": ~(people >= 0),
    }
    faults = tuple(
        Fault("plan_moves", row=int(row) + 2, found=text, todo="correct the row")
        for text, rows in wrong.items()
        for row in np.flatnonzero(rows)
    )
    if faults:
        raise DatasetError(faults)


def is_blank(column: pd.Series) -> Flags:
    """Return whether each cell is missing or spaces, axis (row)."""
    return (column.isna() | (column.astype(str).str.strip() == "")).to_numpy(bool)


@dataclass(frozen=True)
class Coded:
    """The table of moves as positions on the axes, one of each a row; −1 for blank.

    Attributes:
        year: January of origin.
        nc: NC year at origin.
        need: need at origin; blank = no plan yet.
        setting: setting at origin.
        next_need: need a year later; blank = ceased.
        next_setting: setting a year later.
        people: children.
        joins: rows of children without a plan before.
        ceases: rows of children without a plan after.
        stays: rows of children with a plan before and after.
    """

    year: Whole
    nc: Whole
    need: Whole
    setting: Whole
    next_need: Whole
    next_setting: Whole
    people: Floats
    joins: Flags = field(init=False)
    ceases: Flags = field(init=False)
    stays: Flags = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "joins", self.need < 0)
        object.__setattr__(self, "ceases", self.next_need < 0)
        object.__setattr__(self, "stays", (self.need >= 0) & (self.next_need >= 0))


def coded_moves(moves: pd.DataFrame, nc_years: Whole, needs: Sequence[str], settings: Sequence[str]) -> Coded:
    """Return a checked table of moves as positions on the axes given."""
    people = moves["people"].to_numpy(float)
    return Coded(
        moves["census_year"].to_numpy(np.int64),
        moves["nc_year"].to_numpy(np.int64) - nc_years[0],
        _positions(moves["need"], needs),
        _positions(moves["setting"], settings),
        _positions(moves["next_need"], needs),
        _positions(moves["next_setting"], settings),
        people,
    )


def _positions(column: pd.Series, labels: Sequence[str]) -> Whole:
    """Position of each label; −1 for blank."""
    cleaned = column.astype(object).where(~is_blank(column), None)
    cleaned = cleaned.map(lambda text: None if text is None or text != text else str(text).strip())
    return np.asarray(pd.Index(list(labels)).get_indexer(pd.Index(cleaned)), dtype=np.int64)


def labels_of(first: pd.Series, second: pd.Series) -> tuple[str, ...]:
    """Return the labels of two columns, without blanks, in order."""
    both = pd.concat([first, second])
    return tuple(sorted(both[~is_blank(both)].astype(str).str.strip().unique()))


def nc_years_of(moves: pd.DataFrame, limits: tuple[int, int]) -> Whole:
    """Return NC years from the limits, widened to those of the children with a plan."""
    before = moves.loc[~is_blank(moves["need"]), "nc_year"].to_numpy(np.int64)
    after = moves.loc[~is_blank(moves["next_need"]), "next_nc_year"].to_numpy(np.int64)
    seen = np.concatenate([before, after])
    first = min(limits[0], int(seen.min()), int(moves["nc_year"].min()))
    return np.arange(first, max(limits[1], int(seen.max())) + 1)


def count_people(index: tuple[Whole, ...], people: Floats, rows: Flags, shape: tuple[int, ...]) -> Floats:
    """Sum people over cells.

    Args:
        index: position of each row on each axis.
        people: children of each row, axis (row).
        rows: rows that count, axis (row).
        shape: length of each axis.

    Returns:
        People, axes as in `shape`.
    """
    flat = np.ravel_multi_index(tuple(part[rows] for part in index), shape)
    counts = np.bincount(flat, weights=people[rows], minlength=int(np.prod(shape)))
    return np.asarray(counts.reshape(shape), dtype=np.float64)


def residents_by_year(residents: pd.DataFrame, nc_years: Whole, years: Sequence[int]) -> Floats:
    """Residents as an array, joined by name.

    Args:
        residents: columns year, nc_year, people (other columns are ignored).
        nc_years: NC years wanted, axis (n).
        years: Januaries wanted.

    Returns:
        People, axes (year, n). An NC year that the table has in no year counts as 0 residents.

    Raises:
        DatasetError: a wanted year is missing, an NC year is missing in some year only, or a key is repeated.
    """
    row = pd.Index(list(years)).get_indexer(pd.Index(residents["year"]))
    column = pd.Index(nc_years).get_indexer(pd.Index(residents["nc_year"]))
    wanted = (row >= 0) & (column >= 0)
    times = count_people((row, column), np.ones(len(row)), wanted, (len(years), len(nc_years)))
    if (times > 1).any():
        fault = Fault("population", found="a year and NC year is given twice", todo="keep one row for each")
        raise DatasetError((fault,))
    people = np.full(times.shape, np.nan)
    people[row[wanted], column[wanted]] = residents["people"].to_numpy(np.float64)[wanted]
    somewhere = ~np.isnan(people).all(axis=0)
    missing = ~somewhere.any() | np.isnan(people[:, somewhere]).any(axis=1)
    if missing.any():
        holes = ", ".join(str(year) for year, hole in zip(years, missing, strict=True) if hole)
        found = f"residents are missing for January {holes}"
        raise DatasetError((Fault("population", found=found, todo="add the years, or forecast fewer"),))
    return np.where(somewhere, people, 0.0)
