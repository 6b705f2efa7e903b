"""Population estimates and projections (Office for National Statistics layouts) to table `population`.

Three layouts: a column a year (AREA_CODE, AREA_NAME, SEX, AGE_GROUP, 2022, 2023 …), a column an age (Code, Name,
All ages, 0, 1 …), and long (area, age, year, value). Mid-year figures become January census years in `periods`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.axes import AGE_BANDS
from forecasting.errors import DatasetError, Fault
from forecasting.inputs.official.layout import Laid, laid, numbers, written
from forecasting.inputs.official.who import Who, rows_of
from forecasting.inputs.sheets import Sheet
from forecasting.periods import mid_year_to_january

AGES = frozenset({"age", "age group", "single year of age", "age in years", "age last birthday", "c age name"})
SEXES = frozenset({"sex", "gender", "sex name", "c sex name"})
YEARS = frozenset({"year", "mid year", "date", "date name", "time", "calendar years"})
VALUES = frozenset({"value", "obs value", "population", "persons", "people", "estimate", "population estimate", "v4 0"})
COLUMNS = ("year", "age", "people", "status", "source")
_YEAR_COLUMN = re.compile(r"^(?:(?:population|pop|mid|mid year|persons|people) )?((?:19|20|21)\d\d)$")
_AGE_COLUMN = re.compile(r"^(?:age |aged )?(\d{1,3})$")
_MID_YEAR = re.compile(r"mid[- ]?(?:year)?[- ]?((?:19|20)\d\d)")
_PROJECTED = ("projection", "projected", "snpp", "principal")
_OLDEST = 25
_PLACES = frozenset(
    {"area code", "area name", "area", "code", "name", "geography", "geography code", "local authority"}
)
_PLACE_CODE = re.compile(r"^(lad|la|ltla|utla)")
_BOTH = frozenset({"", "p", "t", "persons", "person", "all", "total", "all persons", "people", "both", "both sexes"})
_MALE = frozenset({"m", "1", "male", "males", "men", "boys"})
_FEMALE = frozenset({"f", "2", "female", "females", "women", "girls"})


def fits(names: Sequence[str], above: str) -> bool:
    """Return whether columns are those of population by single year of age; `above` is not looked at."""
    given = set(names)
    area = bool(_PLACES & given) or any(_PLACE_CODE.match(name) for name in given)
    if "component" in given or {"births", "live births"} & given:
        return False
    years = sum(bool(_YEAR_COLUMN.match(name)) for name in given)
    ages = sum(bool(_AGE_COLUMN.match(name)) for name in given)
    wide = bool(AGES & given) and years >= 1 and (area or bool(SEXES & given))
    broad = ages >= 10 and area
    long = bool(AGES & given) and bool(YEARS & given) and bool(VALUES & given) and (area or bool(SEXES & given))
    return wide or broad or long


def read(sheet: Sheet, who: Who) -> Sheet | None:
    """Return table `population` of one authority, or None when the sheet is no such file.

    Raises:
        DatasetError: the authority is not there, or there are no single years of age.
    """
    found = laid(sheet, fits)
    if found is None or not len(found.frame):
        return None
    rows = rows_of(sheet, found.frame, found.areas, who)
    long = _long(Laid(rows, found.above))
    people, alone = _persons(long)
    if people.empty:
        raise DatasetError((_no_ages(sheet),))
    grid = people.pivot_table("value", "year", "age", aggfunc="first", dropna=False).sort_index()
    grid = grid.reindex(columns=range(int(grid.columns.min()), int(grid.columns.max()) + 1))
    return _table(sheet, grid, found, alone)


def _no_ages(sheet: Sheet) -> Fault:
    return Fault(sheet.file, sheet.name, found="no figures by single year of age were found, or their year is not said",
                 allowed=f"ages such as 4, 5, 6 (0 to {_OLDEST}); bands such as {AGE_BANDS.label('5_10')} do not do",
                 todo="download the file by single year of age")  # fmt: skip


def _long(found: Laid) -> pd.DataFrame:
    """Return rows sex, age, year, value; ages and years that are no numbers (all ages, 90 and over) are left out."""
    frame = found.frame
    sex = frame[found.first(SEXES)].str.lower() if found.first(SEXES) else pd.Series("", index=frame.index)
    years = {c: int(m[1]) for c in map(str, frame.columns) if (m := _YEAR_COLUMN.match(c))}
    ages = {c: int(m[1]) for c in map(str, frame.columns) if (m := _AGE_COLUMN.match(c))}
    age = found.first(AGES)
    if age and years:
        made = [pd.DataFrame({"sex": sex, "age": frame[age].map(age_of), "year": year, "value": numbers(frame[column])})
                for column, year in years.items()]  # fmt: skip
    elif age:
        year = frame[found.first(YEARS)].str.extract(r"(\d{4})")[0].astype("float64")
        values = numbers(frame[found.first(VALUES)])
        made = [pd.DataFrame({"sex": sex, "age": frame[age].map(age_of), "year": year, "value": values})]
    else:
        year = _year_of(found)
        made = [pd.DataFrame({"sex": sex, "age": float(number), "year": year, "value": numbers(frame[column])})
                for column, number in ages.items()]  # fmt: skip
    rows = pd.concat(made, ignore_index=True)
    return rows[rows["age"].notna() & rows["year"].notna() & rows["age"].le(_OLDEST)]


def _year_of(found: Laid) -> pd.Series:
    """Return the year of each row: its own column, else the mid-year that the title, the sheet or the file names."""
    column = found.first(YEARS)
    if column:
        return found.frame[column].str.extract(r"(\d{4})")[0].astype("float64")
    named = _MID_YEAR.search(found.above)
    return pd.Series(float(named[1]) if named else np.nan, index=found.frame.index)


def age_of(word: str) -> float:
    """Return the single year of age that a word means ("4", "Aged 4", "4 years", "under 1"); NaN for any other."""
    plain = word.lower().strip()
    if plain in ("under 1", "less than 1 year", "<1"):
        return 0.0
    match = re.fullmatch(r"(?:aged?\s*)?(\d{1,3})(?:\s*(?:years?|yrs?)(?: old)?)?", plain)
    return float(match[1]) if match else float("nan")


def _persons(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return people of both sexes by year and age, and how many cells lack one sex (they are left out).

    The row of all persons is used where there is one; else male and female are added, never all three.
    """
    keys = ["year", "age"]
    whole = rows[rows["sex"].isin(_BOTH)].drop_duplicates(keys).set_index(keys)["value"]
    halves = [rows[rows["sex"].isin(words)].drop_duplicates(keys).set_index(keys)["value"]
              for words in (_MALE, _FEMALE)]  # fmt: skip
    added = halves[0] + halves[1]  # NaN where one of the two is missing
    people = whole.combine_first(added)
    alone = int(people.isna().sum())
    return people.dropna().rename("value").reset_index().astype({"year": int, "age": int}), alone


def _table(sheet: Sheet, grid: pd.DataFrame, found: Laid, alone: int) -> Sheet:
    """Return table `population` from people at mid-year (index year, columns age)."""
    values = grid.to_numpy(np.float64)
    made = mid_year_to_january(values)
    lowest = int(grid.columns[0])
    made[:, 0] = values[:, 0] if lowest == 0 else np.nan  # the births of July and August replace the first birthdays
    at, age = np.nonzero(~np.isnan(made))
    status = "projection" if _projected(found, len(grid)) else "actual"
    source = f"{sheet.file}, {sheet.name}; mid-year figures moved to 31 August"
    years, ages, values = grid.index[at] + 1, grid.columns[age], made[at, age].tolist()
    cells = [(str(y), str(a), written(v), status, source) for y, a, v in zip(years, ages, values, strict=True)]
    return Sheet(sheet.file, "population", COLUMNS, tuple(enumerate(cells, start=2)), tuple(_notes(sheet, grid, status,
                 lowest, alone)))  # fmt: skip


def _projected(found: Laid, years: int) -> bool:
    """Return whether the figures are a projection: the file says so, or it has the columns of one."""
    bare = sum(str(column).isdigit() and len(str(column)) == 4 for column in found.frame.columns)
    return any(word in found.above for word in _PROJECTED) or ("age group" in found.frame and bare == years > 1)


def _notes(sheet: Sheet, grid: pd.DataFrame, status: str, lowest: int, alone: int) -> list[Fault]:
    first, last = int(grid.index[0]), int(grid.index[-1])
    said = [
        f"population by single year of age, mid-{first} to mid-{last}, read as {status}: January {first + 1} to "
        f"{last + 1}, age on 31 August (10/12 of an age and 2/12 of the age below); ages {lowest or 0} to "
        f"{int(grid.columns[-1])} are used"
    ]
    said += [f"age {lowest} is left out: it needs the age below"] if lowest else []
    notes = [Fault(sheet.file, sheet.name, found=text, grade="note") for text in said]
    if alone:
        notes.append(Fault(sheet.file, sheet.name, found=f"{alone} cell(s) hold one sex only, or no figure; left out",
                           todo="give both sexes, or all persons", grade="warning"))  # fmt: skip
    return notes
