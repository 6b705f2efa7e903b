"""Recognise a release of *Education, health and care plans* by what its files hold, not by their names.

Two layouts are known: that of 2022 (files by age band and by establishment type, columns such as `Total_all`) and
that of 2025 (one file per subject, with `breakdown_topic` and `breakdown`).
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import archive
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
        others += [] if inside else rest
        faults += bad
    found, rest, bad = _releases("", loose)
    ordered = sorted([*releases, *found], key=lambda release: (release.last_period, release.layout))
    return ordered, [*others, *rest], [*faults, *bad]


def _releases(name: str, sources: Iterable[Source]) -> tuple[list[Release], list[Source], list[Fault]]:
    parts: dict[str, dict[str, pd.DataFrame]] = {}
    files: dict[str, str] = {}
    others: list[Source] = []
    faults: list[Fault] = []
    for source in sources:
        kind = kind_of(_header(source))
        if not kind:
            others.append(source)
            continue
        try:
            parts.setdefault(LAYOUT[kind], {})[kind] = _frame(source)
            files[kind] = source.name
        except DatasetError as error:
            faults += error.faults
    made = [
        Release(name or ", ".join(files[kind] for kind in frames), layout, frames, {k: files[k] for k in frames})
        for layout, frames in parts.items()
    ]
    return made, others, faults


def _header(source: Source) -> list[str]:
    if not source.name.lower().endswith((".csv", ".txt")):
        return []
    first = decode(Source(source.name, source.content[:20_000])).lstrip("\ufeff").splitlines()
    try:
        return next(csv.reader(first[:1]), [])
    except csv.Error:
        return []


def _frame(source: Source) -> pd.DataFrame:
    """Read a file as text only: "z", "x" and leading zeros stay as they are."""
    try:
        text = decode(source).lstrip("\ufeff")
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        fault = Fault(source.name, found="the rows of this file do not all fit its header",
                      todo="download the release again; do not open and save it in between")  # fmt: skip
        raise DatasetError((fault,)) from error
    frame.columns = frame.columns.str.strip().str.lower()
    if frame.empty:
        raise DatasetError((Fault(source.name, found="the file has a header but no rows", todo="download it again"),))
    return _located(frame.fillna(""))


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
    return located.loc[level.ne("") & unit.ne("")]
