"""Live births by area and calendar year to table `births`, by academic year of birth."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.official.layout import Laid, laid, numbers, written
from forecasting.inputs.official.people import AGES, SEXES, YEARS
from forecasting.inputs.official.who import Who, rows_of
from forecasting.inputs.sheets import Sheet
from forecasting.periods import calendar_to_academic_births

COLUMNS = ("year", "births", "source")
_BIRTHS = frozenset({"births", "live births", "number of births", "number of live births", "total births",
                     "all live births"})  # fmt: skip
_VALUES = frozenset({"value", "obs value", "count", "number", "total", "v4 0"})
_YEARS = frozenset({*YEARS, "calendar year", "year of birth", "registration year"})
_YEAR_COLUMN = re.compile(r"^(?:births |live births |year )?((?:19|20)\d\d)$")
_ALL = frozenset({"", "all", "total", "persons", "both", "both sexes", "people"})


def fits(names: Sequence[str], above: str) -> bool:
    """Return whether columns (with the title, sheet and file name) are those of births by area and calendar year."""
    given = set(names)
    if AGES & given or "academic year" in given or "component" in given or "variant" in given:
        return False
    area = any(re.match(r"^(area|code|name|geography|la|lad|ltla|utla|local authority)\b", name) for name in given)
    years = sum(bool(_YEAR_COLUMN.match(name)) for name in given)
    said = bool(_BIRTHS & given)
    long = bool(_YEARS & given) and (said or ("birth" in above and bool(_VALUES & given)))
    return area and (long or (years >= 2 and "birth" in above))


def read(sheet: Sheet, who: Who) -> Sheet | None:
    """Return table `births` of one authority, or None when the sheet is no such file.

    Raises:
        DatasetError: the authority is not there, or fewer than two calendar years in a row are.
    """
    found = laid(sheet, fits)
    if found is None or not len(found.frame):
        return None
    rows = rows_of(sheet, found.frame, found.areas, who)
    calendar = _by_year(Laid(rows, found.above))
    pairs = calendar[calendar.index.isin(calendar.index - 1) | calendar.index.isin(calendar.index + 1)]
    if pairs.empty:
        fault = Fault(sheet.file, sheet.name, found="births of one calendar year only, or of none",
                      allowed="two calendar years in a row or more: an academic year lies in two",
                      todo="add the year before")  # fmt: skip
        raise DatasetError((fault,))
    every = calendar.reindex(range(int(calendar.index.min()), int(calendar.index.max()) + 1))
    made = pd.Series(calendar_to_academic_births(every.to_numpy(np.float64)), index=every.index[1:]).dropna()
    source = f"{sheet.file}, {sheet.name}; calendar years moved to academic years of birth"
    cells = tuple(enumerate(((str(y), written(v), source) for y, v in made.items()), start=2))
    said = (f"live births of calendar years {every.index[0]} to {every.index[-1]} read as births of academic years "
            f"{made.index[0]} to {made.index[-1]}, each 122/365 of the year before and 243/365 of its own")  # fmt: skip
    return Sheet(sheet.file, "births", COLUMNS, cells, (Fault(sheet.file, sheet.name, found=said, grade="note"),))


def _by_year(found: Laid) -> pd.Series:
    """Return births of both sexes by calendar year; a year whose figure is missing is left out."""
    frame = found.frame
    sex = frame[found.first(SEXES)].str.lower() if found.first(SEXES) else pd.Series("", index=frame.index)
    years = {str(c): int(m[1]) for c in frame.columns if (m := _YEAR_COLUMN.match(str(c)))}
    if found.first(_YEARS):
        value = found.first(_BIRTHS) or found.first(_VALUES)
        year = frame[found.first(_YEARS)].str.extract(r"(\d{4})")[0].astype("float64")
        rows = pd.DataFrame({"sex": sex, "year": year, "value": numbers(frame[value])})
    else:
        rows = pd.concat([pd.DataFrame({"sex": sex, "year": year, "value": numbers(frame[column])})
                          for column, year in years.items()])  # fmt: skip
    rows = rows[rows["year"].notna()]
    if rows.empty:
        return pd.Series(dtype="float64")
    whole = rows[rows["sex"].isin(_ALL)]
    used = whole if len(whole) else rows
    sums = used.groupby(["year", "sex"])["value"].first().groupby("year").agg(lambda cells: cells.sum(skipna=False))
    sums.index = sums.index.astype(int)
    return sums.dropna().sort_index()
