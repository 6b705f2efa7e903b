"""Lists of schools with their capacity to table `providers`: the register (GIAS), school capacity lists.

The table holds specialist provision, so mainstream schools are left out, but not their resourced provision and SEN
units: each of these is a provider of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.errors import Fault
from forecasting.inputs.official.layout import laid, numbers, written
from forecasting.inputs.official.who import Who, rows_of
from forecasting.inputs.sheets import Sheet

COLUMNS = ("provider", "setting", "place", "needs", "min_age", "max_age", "capacity", "on_roll", "opens", "closes",
           "as_at", "source")  # fmt: skip
_NAME = frozenset({"establishmentname", "establishment name", "school name", "schoolname", "provider name"})
_URN = frozenset({"urn", "school urn", "laestab", "school laestab"})
_TYPE = frozenset({"typeofestablishment name", "typeofestablishment", "type of establishment", "establishment type",
                   "school type", "type of school", "estab type"})  # fmt: skip
_GROUP = frozenset(
    {"establishmenttypegroup name", "establishmenttypegroup", "establishment type group", "school phase"}
)
_CAPACITY = frozenset({"schoolcapacity", "school capacity", "school places", "capacity", "number of places"})
_ROLL = frozenset({"numberofpupils", "number of pupils", "pupils on roll", "number on roll", "school number on roll"})
_LOW = frozenset({"statutorylowage", "statutory low age", "lowest age"})
_HIGH = frozenset({"statutoryhighage", "statutory high age", "highest age"})
_STATUS = frozenset({"establishmentstatus name", "establishmentstatus", "establishment status", "status"})
_OPENED, _CLOSED = frozenset({"opendate", "open date"}), frozenset({"closedate", "close date"})
_AS_AT = frozenset({"censusdate", "census date"})
_HELD = {"resourced_provision": ("resourced provision", "resourcedprovision"), "sen_unit": ("SEN unit", "senunit")}
_LA = ("la code", "la name", "new la code", "old la code", "local authority", "gsslacode name", "la")


def fits(names: Sequence[str], above: str) -> bool:
    """Return whether columns are those of a list of schools with a capacity or a roll."""
    given = set(names)
    sized = (_CAPACITY | _ROLL | {"resourcedprovisioncapacity", "senunitcapacity"}) & given
    return bool(_NAME & given and _URN & given and sized)


def read(sheet: Sheet, who: Who) -> Sheet | None:
    """Return table `providers` of one authority, or None when the sheet is no list of schools.

    Raises:
        DatasetError: the authority is not there.
    """
    found = laid(sheet, fits)
    if found is None or not len(found.frame):
        return None
    columns = [c for c in _LA if c in found.frame.columns]
    rows = rows_of(sheet, found.frame, columns, who)
    status = rows[found.first(_STATUS)].str.lower() if found.first(_STATUS) else pd.Series("open", index=rows.index)
    is_open = status.str.startswith(("open", "proposed to open")) | status.eq("")
    rows, closed = rows[is_open], int((~is_open).sum())
    if rows.empty:
        said = Fault(sheet.file, sheet.name, found=f"a list of schools: all {closed} are closed", grade="warning")
        return Sheet(sheet.file, "providers", COLUMNS, (), (said,))
    schools = _schools(rows, {key: found.first(words) for key, words in _WANTED.items()})
    setting = schools["setting"]
    special = setting.map(_is_specialist).astype(bool)
    made = pd.concat([schools[special], *_held(rows, schools)]).sort_index(kind="stable")
    made["provider"] = _unlike(made)
    faults = _notes(sheet, schools, special, closed, len(made))
    made["source"] = f"{sheet.file}, {sheet.name}"
    cells = [tuple(row) for row in made[list(COLUMNS)].itertuples(index=False)]
    return Sheet(sheet.file, "providers", COLUMNS, tuple(zip(map(int, made.index), cells, strict=True)), tuple(faults))


_WANTED = {"name": _NAME, "urn": _URN, "type": _TYPE, "group": _GROUP, "capacity": _CAPACITY, "on_roll": _ROLL,
           "low": _LOW, "high": _HIGH, "status": _STATUS, "opened": _OPENED, "closed": _CLOSED,
           "as_at": _AS_AT}  # fmt: skip


def _schools(rows: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    def text(key: str) -> pd.Series:
        return rows[names[key]] if names[key] else pd.Series("", index=rows.index)

    kinds = text("type").map(setting_of)
    status = text("status").str.lower()
    return pd.DataFrame({
        "provider": text("name"), "urn": text("urn"), "type": text("type"),
        "setting": kinds.where(kinds.ne(""), text("group").map(setting_of)), "place": "in_borough",
        "needs": _needs(rows), "min_age": _whole(text("low")), "max_age": _whole(text("high")),
        "capacity": _whole(text("capacity"), zero=False), "on_roll": _whole(text("on_roll")),
        "opens": _month(text("opened")).where(status.str.startswith("proposed"), ""),
        "closes": _month(text("closed")), "as_at": text("as_at"),
    })  # fmt: skip


@lru_cache(maxsize=1)
def _types() -> dict[str, str]:
    with (axes.DATA / "vocabularies" / "establishment_types.csv").open(encoding="utf-8", newline="") as handle:
        return {row["file_value"].lower(): row["setting"] for row in csv.DictReader(handle)}


def setting_of(word: str) -> str:
    """Return our setting for a type of establishment of the register; "" when it is not known."""
    return _types().get(word.strip().lower(), "")


def _is_specialist(setting: str) -> bool:
    found = axes.SETTINGS.find(setting) if setting else None
    return found is not None and found["specialist"] == "1"


def _whole(texts: pd.Series, *, zero: bool = True) -> pd.Series:
    """Return numbers as text; a capacity of 0 in the register means "not known"."""
    values = pd.Series(numbers(texts), index=texts.index)
    return values.where(values.gt(0) | zero).map(written)


def _month(texts: pd.Series) -> pd.Series:
    """Return "2024-09" from "01-09-2024", "01/09/2024" or "2024-09-01"; "" from anything else."""
    day_first = texts.str.extract(r"^\d{1,2}[-/](\d{1,2})[-/](\d{4})")
    year_first = texts.str.extract(r"^(\d{4})-(\d{2})")
    made = day_first[1] + "-" + day_first[0].str.zfill(2)
    return made.fillna(year_first[0] + "-" + year_first[1]).fillna("")


def _needs(rows: pd.DataFrame) -> pd.Series:
    """Return the needs of columns SEN1 to SEN13 ("ASD - Autistic Spectrum Disorder") as codes separated by "|"."""
    made = pd.Series("", index=rows.index)
    columns = [c for c in map(str, rows.columns) if c.startswith("sen") and c.split()[0][3:].isdigit()]
    for column in sorted(columns, key=lambda name: int(name.split()[0][3:])):
        codes = rows[column].map({word: _need(word) for word in rows[column].unique()})
        again = [code in held.split("|") for code, held in zip(codes, made, strict=True)]
        codes = codes.where(~np.array(again, dtype=bool), "")
        made = made + codes.where(made.eq("") | codes.eq(""), "|" + codes)
    return made


def _need(word: str) -> str:
    code, _, name = word.partition(" - ")
    found = axes.NEEDS.find(code.strip()) or axes.NEEDS.find(name.strip())
    return found.code if found else ""


def _held(rows: pd.DataFrame, schools: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the resourced provision and the SEN units of schools as providers of their own."""
    made = []
    for setting, (words, start) in _HELD.items():
        columns = [f"{start}capacity", f"{start}onroll"]
        if columns[0] not in rows.columns:
            continue
        capacity, roll = (_whole(rows[c]) if c in rows.columns else pd.Series("", index=rows.index) for c in columns)
        there = capacity.ne("") & capacity.ne("0") | (roll.ne("") & roll.ne("0"))
        named = schools["provider"] + f" ({words})"
        own = schools.assign(
            provider=named, setting=setting, capacity=capacity.where(capacity.ne("0"), ""), on_roll=roll
        )
        made.append(own[there])
    return made


def _unlike(made: pd.DataFrame) -> pd.Series:
    """Return names of providers, each once: a name that stands twice takes its URN."""
    twice = made["provider"].duplicated(keep=False) & made["urn"].ne("")
    return made["provider"].where(~twice, made["provider"] + " (URN " + made["urn"] + ")")


def _notes(sheet: Sheet, schools: pd.DataFrame, special: pd.Series, closed: int, count: int) -> list[Fault]:
    left = schools[~special & schools["setting"].ne("")]
    unknown = schools.loc[schools["setting"].eq("") & schools["type"].ne(""), "type"].value_counts()
    said = f"a list of schools: {count} specialist providers are used; {len(left)} schools of other kinds are left out"
    said += " except for their resourced provision and SEN units" + (f"; {closed} closed ones too" if closed else "")
    faults = [Fault(sheet.file, sheet.name, found=said, grade="note")]
    if count > int(special.sum()):
        text = "the roll of a school includes the children of its resourced provision or SEN unit"
        faults.append(Fault(sheet.file, sheet.name, column="on_roll", found=text, grade="note"))
    return faults + [
        Fault(sheet.file, sheet.name, column="type", found=f'"{word}" ({number} schools) is no known type; left out',
              allowed="the words of data/vocabularies/establishment_types.csv", kind="type of establishment not known",
              todo="add a row there, or give these schools in table providers", grade="warning")
        for word, number in unknown.items()
    ]  # fmt: skip
