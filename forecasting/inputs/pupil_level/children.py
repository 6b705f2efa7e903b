"""What rows about children have in common: which January, who is the same child, how old, which setting."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.errors import Fault
from forecasting.inputs.official.schools import setting_of
from forecasting.inputs.pupil_level.extracts import Extract, dates, texts
from forecasting.values import Whole

UNKNOWN = "unknown"
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # of the check: I, O and S are left out
_WEIGHTS = np.arange(2, 14)
_WORTHS = np.zeros(128, dtype=np.int64)  # of each sign, by its number: a digit itself, a letter its place above
_WORTHS[[ord(letter) for letter in _LETTERS]] = range(len(_LETTERS))
_WORTHS[[ord(digit) for digit in "0123456789"]] = range(10)
_YES = frozenset({"1", "true", "yes", "y"})


def census_day(year: int) -> date:
    """Return the day of the January census: the third Thursday."""
    first = date(year, 1, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 14)


def years(extract: Extract) -> tuple[pd.Series, list[Fault]]:
    """Return the January census year of each row: of a column, else of the name of the sheet or file."""
    rows = extract.rows
    if "census_date" in rows:
        found = dates(rows["census_date"]).dt.year
    elif "year" in rows:
        found = pd.to_numeric(texts(rows["year"]).str.extract(r"(20\d{2})", expand=False), errors="coerce")
    else:
        found = pd.Series(extract.year or np.nan, index=rows.index, dtype="float64")
    if found.notna().all():
        return found.astype("int64"), []
    missing = [int(row) for row in rows.index[found.isna()]]
    told = extract.fault(
        f"{extract.kinds[0]}: the January that it belongs to is not known",
        rows=missing if len(missing) < len(rows) else [],
        allowed="a column Year, CollectionYear or CensusDate, or the year in the name of the file or sheet",
        todo='put the year into the name, such as "SEN2 2025.csv"',
    )  # fmt: skip
    return found.fillna(0).astype("int64"), [told]


def nc_years(born: pd.Series, years: pd.Series | int) -> pd.Series:
    """Return the NC year of each child: age on 31 August before the January, less 4."""
    after_august = (born.dt.month >= 9).astype("int64")
    found: pd.Series = years - 1 - born.dt.year - after_august - 4
    return found


def key_of(rows: pd.DataFrame) -> pd.Series:
    """Return what tells a child in every year: UPN, else ULN, else name and date of birth; "" when none is known."""
    found = pd.Series("", index=rows.index, dtype=object)
    for name in ("upn", "uln"):
        if name in rows:
            given = texts(rows[name]).str.upper()
            found = found.where(found.ne(""), (name + ":" + given).where(given.ne(""), ""))
    if {"surname", "forename", "dob"} <= set(rows.columns):
        parts = [texts(rows[name]).str.lower() for name in ("surname", "forename")]
        whole = parts[0] + "|" + parts[1] + "|" + dates(rows["dob"]).astype(str)
        known = parts[0].ne("") & parts[1].ne("")
        found = found.where(found.ne(""), ("name:" + whole).where(known, ""))
    return found


def wrong_upns(column: pd.Series) -> list[int]:
    """Return the rows whose UPN does not have its 13 signs or whose check letter is wrong.

    Check letter: the sum of the other signs times 2 to 13, modulo 23, in the alphabet without I, O and S; a letter at
    the end (a temporary UPN) counts by its place in that alphabet. Source: Department for Education, UPN guide.
    """
    told = texts(column).str.upper()
    filled = told[told.ne("")]
    shaped = filled.str.fullmatch(rf"[{_LETTERS}]\d{{11}}[\d{_LETTERS}]")
    good = filled.loc[shaped.astype(bool)]
    if len(good):
        signs = good.to_numpy(dtype="U13").view(np.uint32).reshape(len(good), 13)  # of each UPN its 13 signs
        worths = _WORTHS[signs]
        good = good[worths[:, 0] == (worths[:, 1:] * _WEIGHTS).sum(axis=1) % len(_LETTERS)]
    return [int(row) for row in filled.index.difference(good.index)]


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    with (axes.DATA / "vocabularies" / "sen2_settings.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row["setting"] for row in csv.DictReader(handle)}


def settings_of(rows: pd.DataFrame, register: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return setting and place of each row.

    In this order: the indicators of a SEN unit or resourced provision; the code or word of the setting; the register of
    schools by URN. Place comes from the register. What is not known is "unknown", its place blank.

    Args:
        rows: fields setting, school, sen_unit, resourced, as far as they are given.
        register: URN → setting and place.
    """

    def given(name: str) -> pd.Series:
        return texts(rows[name]) if name in rows else pd.Series("", index=rows.index, dtype=object)

    urn = given("school")
    known = urn.map(register)
    found = known.map(lambda pair: pair[0] if isinstance(pair, tuple) else "")
    place = known.map(lambda pair: pair[1] if isinstance(pair, tuple) else "")
    word = given("setting")
    said = word.map({one: _setting(one) for one in word.unique()})
    setting = said.where(said.ne(""), found)
    for name, code in (("resourced", "resourced_provision"), ("sen_unit", "sen_unit")):
        setting = setting.where(~given(name).str.lower().isin(_YES), code)
    return pd.DataFrame({"setting": setting.where(setting.ne(""), UNKNOWN), "place": place.astype("str")})


def _setting(word: str) -> str:
    """Return the code of a word for a setting; a word that is not known as it is, so that it can be mapped."""
    if not word:
        return ""
    found = axes.SETTINGS.find(word)
    return _codes().get(word.upper()) or (found.code if found else "") or setting_of(word) or word


def needs_of(column: pd.Series) -> pd.Series:
    """Return codes of needs; blank is "unknown", a word that is not known stays as it is."""
    words = texts(column)
    known = {word: axes.NEEDS.find(word) for word in words.unique() if word}
    return words.map({**{word: code.code if code else word for word, code in known.items()}, "": UNKNOWN})


def counted(frame: pd.DataFrame, by: list[str], name: str) -> pd.DataFrame:
    """Return the number of rows for each combination that occurs."""
    return frame.groupby(by, dropna=False, sort=True).size().rename(name).reset_index()


def rows_at(frame: pd.DataFrame, wrong: pd.Series) -> list[int]:
    """Return the rows of the file where something is so."""
    found: Whole = frame.index.to_numpy(dtype=np.int64)[wrong.to_numpy(dtype=bool)]
    return [int(row) for row in found]
