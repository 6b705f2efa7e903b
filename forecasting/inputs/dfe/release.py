"""Recognise a release of *Education, health and care plans* by what its files hold, not by their names.

Two layouts are known: that of 2022 (files by age band and by establishment type, columns such as `Total_all`) and
that of 2025 (one file per subject, with `breakdown_topic` and `breakdown`).
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import archive
from forecasting.inputs.filetypes import without_documents
from forecasting.inputs.sheets import Sheet, read_sheets
from forecasting.inputs.source import Source, decode

_COMMON = {"time_period", "geographic_level"}
_OLD = {
    "age_caseload": {"characteristic_age", "total_all"},
    "estab_caseload": {"establishment_type", "total_all"},
    "age_new_plans": {"characteristic_age", "total_new_all"},
    "estab_new_plans": {"establishment_type", "total_new_all"},
    "mi": {"inreqehc"},
}
_NEW = {
    "caseload": {"breakdown_topic", "breakdown", "ehcplans"},
    "newplans": {"breakdown_topic", "breakdown", "new_ehc_plans"},
    "ceased": {"breakdown_topic", "breakdown", "total_ceased"},
    "requests": {"breakdown_topic", "breakdown", "requests_received_in_year"},
    "assessments": {"breakdown_topic", "breakdown", "assess_in_year", "assess_issued", "assess_not_issued"},
    "needs": {"breakdown_topic", "breakdown", "ehc_plans", "number_asd"},
}
KINDS = {**_OLD, **_NEW}
LAYOUT = {**dict.fromkeys(_OLD, "2022"), **dict.fromkeys(_NEW, "2025")}
TITLE = "Education, health and care plans"
_SHARED = frozenset({"breakdown_topic", "breakdown", "characteristic_age", "establishment_type"})
_EVERYWHERE = _COMMON | _SHARED | {"time_identifier", "country_code", "country_name", "region_code", "region_name",
                                   "new_la_code", "old_la_code", "la_name"}  # fmt: skip
_UNUSED = "files in the shape of a release"
_LEVELS = {"national": "country", "regional": "region", "local authority": "authority"}


@dataclass(frozen=True, eq=False)
class Release:
    """The files of one release, every cell as text.

    Attributes:
        name: the file (zip) or files it was given as.
        layout: "2022" or "2025".
        parts: kind of file → its rows; columns in lower case.
        files: kind of file → its name.
    """

    name: str
    layout: str
    parts: Mapping[str, pd.DataFrame]
    files: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def last_period(self) -> str:
        """Return the last period that any file of it holds, to tell which release is the later one."""
        return max(str(frame["time_period"].str[:4].max()) for frame in self.parts.values())

    @cached_property
    def places(self) -> pd.DataFrame:
        """Return one row per authority, region and country: unit, level, name, region, region_name, ons_code."""
        columns = ["unit", "level", "name", "region", "region_name", "ons_code"]
        frames = [frame[["time_period", *columns]] for frame in self.parts.values()]
        everyone = pd.concat(frames).sort_values("time_period").drop_duplicates("unit", keep="last")
        return everyone[columns].sort_values("unit", ignore_index=True)


def kind_of(header: Iterable[str]) -> str:
    """Return which file of a release has these columns; "" when none has."""
    names = {name.strip().lower() for name in header}
    if not _COMMON <= names:
        return ""
    return next((kind for kind, needed in KINDS.items() if needed <= names), "")


def split(sources: Iterable[Source]) -> tuple[list[Release], list[Source], list[Fault]]:
    """Return the releases among the sources (the earliest first), the sources that are none, and faults.

    A zip is opened; CSV files given one by one make one release per layout.
    """
    releases: list[Release] = []
    others: list[Source] = []
    faults: list[Fault] = []
    loose: list[Source] = []
    for source in sources:
        if not archive.is_zip(source.content) or archive.is_workbook(source.content):
            loose.append(source)
            continue
        try:
            inside, rest, bad = _releases(source.name, archive.members(source))
        except DatasetError as error:
            faults += error.faults
            continue
        releases += inside
        if not inside:
            rest, left_out = without_documents(rest)
            others += rest
            faults += left_out
        faults += bad
    found, rest, bad = _releases("", loose)
    ordered = sorted([*releases, *found], key=lambda release: (release.last_period, release.layout))
    faults = [*faults, *bad]
    if not ordered:  # with nothing else to go by, a file that is not used is what stands in the way
        faults = [replace(fault, grade="error") if fault.kind == _UNUSED else fault for fault in faults]
    return ordered, [*others, *rest], faults


def _releases(name: str, sources: Iterable[Source]) -> tuple[list[Release], list[Source], list[Fault]]:
    parts: dict[str, dict[str, pd.DataFrame]] = {}
    files: dict[str, str] = {}
    others: list[Source] = []
    faults: list[Fault] = []
    for source in sources:
        tables = _tables(source)
        for table in tables:
            kind = kind_of(table.header)
            if not kind:
                faults.append(_not_used(table))
                continue
            try:
                parts.setdefault(LAYOUT[kind], {})[kind] = _checked(table)
                files[kind] = table.file
            except DatasetError as error:
                faults += error.faults
        others += [] if tables else [source]
    made = [
        Release(name or ", ".join(files[kind] for kind in frames), layout, frames, {k: files[k] for k in frames})
        for layout, frames in parts.items()
        if frames
    ]
    return made, others, faults


@dataclass(frozen=True, eq=False)
class _Table:
    """One table that has the columns of a release: its file, its header, and what reads its rows as text."""

    file: str
    header: tuple[str, ...]
    rows: Callable[[], pd.DataFrame]


def _tables(source: Source) -> list[_Table]:
    """Return the tables of a release in a file: a CSV file however it is separated, or a workbook saved from one."""
    if not source.name.lower().endswith((".csv", ".txt")):
        return _of_workbook(source) if archive.is_workbook(source.content) else []
    first = next(iter(decode(Source(source.name, source.content[:20_000])).lstrip("\ufeff").splitlines()), "")
    sign = max(",;\t|", key=first.count)
    try:
        header = next(csv.reader([first], delimiter=sign), [])
    except csv.Error:
        return []
    return [_Table(source.name, tuple(header), partial(_frame, source, sign))] if _is_like(header) else []


def _of_workbook(source: Source) -> list[_Table]:
    try:
        sheets = read_sheets(source)
    except DatasetError:
        return []  # who reads it next says why
    return [_Table(source.name, sheet.header, partial(_of_sheet, sheet))
            for sheet in sheets if _is_like(sheet.header)]  # fmt: skip


def _of_sheet(sheet: Sheet) -> pd.DataFrame:
    return pd.DataFrame([cells for _, cells in sheet.rows], columns=pd.Index(sheet.header), dtype="str")


def _is_like(header: Iterable[str]) -> bool:
    """Return whether a table has the columns that files of releases share, whatever it counts."""
    names = {name.strip().lower() for name in header}
    return bool(kind_of(names)) or (names >= _COMMON and bool(names & _SHARED))


def _not_used(table: _Table) -> Fault:
    """Return the note about a file of a release that counts something else, or whose columns were renamed."""
    signs = dict.fromkeys(" with ".join(sorted(needed - _SHARED)) for needed in KINDS.values())
    own = [name for name in table.header if name.strip().lower() not in _EVERYWHERE][:3]
    found = f"it has the shape of {TITLE} but none of the columns read here; its own are {', '.join(own)} …"
    todo = "if one of these was renamed, give it its own name again; else there is nothing to do"
    return Fault(table.file, found=found, allowed=" or ".join(signs), todo=todo, grade="note", kind=_UNUSED)


def _frame(source: Source, sign: str) -> pd.DataFrame:
    """Read a file as text only: "z", "x" and leading zeros stay as they are."""
    try:
        text = decode(source).lstrip("\ufeff")
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(io.StringIO(text), sep=sign, dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        fault = Fault(source.name, found="the rows of this file do not all fit its header",
                      todo="download the release again; do not open and save it in between")  # fmt: skip
        raise DatasetError((fault,)) from error
    last = text.rstrip("\r\n").rsplit("\n", 1)[-1]
    if last.count(sign) < frame.shape[1] - 1:
        found = "the last row has fewer cells than the header: the file was cut short"
        fault = Fault(source.name, row=len(frame) + 1, found=found, todo="download it again, whole")
        raise DatasetError((fault,))
    return frame.fillna("")


def _checked(table: _Table) -> pd.DataFrame:
    frame = table.rows()
    frame.columns = frame.columns.str.strip().str.lower()
    if frame.empty:
        raise DatasetError((Fault(table.file, found="the file has a header but no rows", todo="download it again"),))
    return _located(frame)


def _located(frame: pd.DataFrame) -> pd.DataFrame:
    """Add unit, level, name and region: the code of three digits, "E12…" for a region, "ENG" for England."""
    blank = pd.Series("", index=frame.index)
    level = frame["geographic_level"].str.strip().str.lower().map(_LEVELS).fillna("")
    region = frame.get("region_code", blank)
    code = frame.get("old_la_code", frame.get("la_code", blank)).str.strip()
    code = code.where(~code.str.fullmatch(r"\d{1,2}"), code.str.zfill(3))
    unit = code.where(level.eq("authority"), region.where(level.eq("region"), "ENG"))
    region_name = frame.get("region_name", blank).str.strip()
    name = frame.get("la_name", blank).str.strip().where(
        level.eq("authority"), region_name.where(level.eq("region"), "England"))  # fmt: skip
    located = frame.assign(
        unit=unit, level=level, name=name, region=region, region_name=region_name,
        ons_code=frame.get("new_la_code", blank).str.strip())  # fmt: skip
    return located[level.ne("") & unit.ne("")]
