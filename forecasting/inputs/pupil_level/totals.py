"""The one step that takes pupil-level extracts out of the files given and puts their totals in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import archive
from forecasting.inputs.column_mapping import as_source
from forecasting.inputs.headers import table_name
from forecasting.inputs.official.schools import setting_of
from forecasting.inputs.pupil_level import fields
from forecasting.inputs.pupil_level.census import of_census
from forecasting.inputs.pupil_level.extracts import Extract, Progress, extracts, is_extract
from forecasting.inputs.pupil_level.sen2 import of_sen2
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Sheet, read_sheets
from forecasting.inputs.source import Source

_ABOUT_CHILDREN = ("this sheet is about single children (UPNs, names or dates of birth) but is no extract that is "
                   "known; it was left out and nothing of it is kept")  # fmt: skip
_KNOWN = ("a School Census extract with UPN, SENprovision and NCyearActual or DOB, or modules of the SEN2 return with "
          "their DfE field names")  # fmt: skip
_TYPES = ("typeofestablishment name", "typeofestablishment", "type of establishment", "establishment type")
_AUTHORITY = ("la code", "la (code)", "la name", "la (name)")


@dataclass(frozen=True)
class Totals:
    """What came of the files.

    Attributes:
        files: the files without pupil-level ones, and the tables of their totals.
        faults: faults of the pupil-level files.
        found: file, sheet, what it is and number of rows, for each extract read.
    """

    files: tuple[Source, ...]
    faults: tuple[Fault, ...]
    found: tuple[tuple[str, str, str, int], ...]


def totals(files: Iterable[Source], progress: Progress = lambda share, words: None) -> Totals:
    """Return the files with the totals of pupil-level extracts in the place of these.

    Args:
        files: files given; a zip that holds extracts is opened.
        progress: told the share done (0 to 1) and what is being done.
    """
    kept: list[Source] = []
    held: list[Extract] = []
    given = [member for source in files for member in _opened(source)]
    for order, source in enumerate(given):
        found, others = extracts(source, _part(progress, order, len(given)))
        held += found
        kept += _tables_in(source, others) if found else [source]
    if not held:
        return Totals(tuple(given), (), ())
    progress(0.8, "Adding up")
    tables, faults = _tables(held, kept)
    seen = tuple((e.file, e.sheet, " and ".join(e.kinds), len(e.rows)) for e in held)
    names = ", ".join(dict.fromkeys(e.file for e in held))
    del held
    made = [_source(names, name, table) for name, table in tables.items()]
    progress(1.0, "Added up")
    return Totals((*made, *kept), tuple(faults), seen)


def _opened(source: Source) -> list[Source]:
    """Return the files of a zip that holds pupil-level extracts; any other file as it is."""
    if not archive.is_zip(source.content) or archive.is_workbook(source.content):
        return [source]
    try:
        inside = archive.members(source)
    except DatasetError:
        return [source]  # who reads it next says why
    return inside if any(is_extract(member) for member in inside) else [source]


def _part(progress: Progress, at: int, of: int) -> Progress:
    """Return a progress of one file among several; reading is four fifths of the work."""
    return lambda share, words: progress((at + share) / of * 0.8, words)


def _tables(held: list[Extract], kept: list[Source]) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    faults = [e.fault(_ABOUT_CHILDREN, grade="warning", allowed=_KNOWN,
                      todo="add the columns that are missing, or count the children and give the counts by year")
              for e in held if fields.UNKNOWN in e.kinds]  # fmt: skip
    census = [e for e in held if fields.CENSUS in e.kinds]
    sen2 = [e for e in held if not {fields.CENSUS, fields.UNKNOWN} & set(e.kinds)]
    tables, more = of_census(census)
    faults += more
    if sen2:
        register = _register(kept)
        plans, more = of_sen2(sen2, register)
        tables |= plans
        faults += more
        faults += _unplaced(sen2, register)
    if tables and not any(_has_about(source) for source in kept):
        tables["about"] = _about(tables)
    return tables, faults


def _tables_in(source: Source, names: Sequence[str]) -> list[Source]:
    """Return the dataset tables that a workbook holds beside pupil-level sheets."""
    if not any(table_name(name) in BY_NAME for name in names):
        return []
    return [as_source(sheet) for sheet in read_sheets(source, only=names) if sheet.name in BY_NAME]


def _register(files: Sequence[Source]) -> dict[str, tuple[str, str]]:
    """Return URN → setting and place, of the register of schools among the files; empty without one."""
    found: dict[str, tuple[str, str]] = {}
    for source in files:
        try:
            sheets: tuple[Sheet, ...] = read_sheets(source)
        except DatasetError:
            continue
        for sheet in sheets:
            found |= _of_register(sheet)
    return found


def _of_register(sheet: Sheet) -> dict[str, tuple[str, str]]:
    header = [name.strip().lower().replace("(", "").replace(")", "").replace("  ", " ") for name in sheet.header]
    kinds = [header.index(name) for name in _TYPES if name in header]
    if "urn" not in header or not kinds:
        return {}
    urn, kind = header.index("urn"), kinds[0]
    where = [header.index(name) for name in _AUTHORITY if name in header]
    of = [row[where[0]].strip() for _, row in sheet.rows] if where else []
    own = max(dict.fromkeys(of), key=of.count) if of else ""
    return {
        row[urn].strip(): (setting_of(row[kind]) or "other", _place(row[where[0]].strip() if where else "", own))
        for _, row in sheet.rows if row[urn].strip()
    }  # fmt: skip


def _place(authority: str, own: str) -> str:
    if not authority or not own:
        return ""
    return "in_borough" if authority == own else "out_of_borough"


def _unplaced(sen2: Sequence[Extract], register: dict[str, tuple[str, str]]) -> list[Fault]:
    by_urn = [e for e in sen2 if "school" in e.rows and fields.PLACEMENTS in e.kinds]
    if register or not by_urn:
        return []
    return [by_urn[0].fault(
        "placements state the URN of a school; without the register of schools its kind is not known",
        'add the register (Get information about schools, "all establishment data") to the files', grade="warning",
        column="URN")]  # fmt: skip


def _has_about(source: Source) -> bool:
    """Return whether a file says what the dataset is: a table `about`, or a release (a zip)."""
    if source.suffix == ".zip":
        return True
    if source.suffix in (".csv", ".txt"):
        return source.stem == "about"
    try:
        return any(sheet.name == "about" for sheet in read_sheets(source))
    except DatasetError:
        return False


def _about(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    last = max(int(table["year"].max()) for table in tables.values() if "year" in table)
    facts = {"authority_name": "Your authority", "title": "Pupil-level extracts, added up", "base_year": str(last)}
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})


def _source(names: str, table: str, frame: pd.DataFrame) -> Source:
    """Return a table as a CSV file in memory."""
    text = io.StringIO()
    frame.assign(source=f"added up from {names}").to_csv(text, index=False, quoting=csv.QUOTE_MINIMAL)
    return Source(f"totals of {names}: {table}.csv", text.getvalue().encode())
