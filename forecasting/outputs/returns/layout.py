"""The layout of a national return: tables, labels and mapping, read from data/returns so that it can be corrected."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecasting import axes
from forecasting.axes import DATA
from forecasting.errors import DatasetError, Fault
from forecasting.periods import year_to_academic_year

FOLDER = DATA / "returns"
_LEFT_OUT_NEEDS = ("unknown",)
_ROWS = ("", "age_band", "need", "nc_year")
_YEARS = ("census", "end_of_calendar_year", "academic")


@dataclass(frozen=True)
class Selection:
    """Which children a figure counts; an empty part means all.

    Attributes:
        settings: codes of settings.
        needs: codes of needs.
        age_bands: codes of age bands.
        nc_years: NC years.
        post_16: only post-16 (True), only before (False), or both (None).
    """

    settings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    age_bands: tuple[str, ...] = ()
    nc_years: tuple[int, ...] = ()
    post_16: bool | None = None

    @property
    def wanted(self) -> dict[str, tuple[Any, ...]]:
        """Return the columns that the selection looks at, with what it allows."""
        parts: dict[str, tuple[Any, ...]] = {
            "setting": self.settings, "need": self.needs, "age_band": self.age_bands, "nc_year": self.nc_years,
            "post_16": () if self.post_16 is None else (self.post_16,),
        }  # fmt: skip
        return {name: allowed for name, allowed in parts.items() if allowed}


@dataclass(frozen=True)
class Line:
    """One row of a table: its label and what it counts (the selections added up; none = we cannot know it)."""

    label: str
    selections: tuple[Selection, ...]


@dataclass(frozen=True)
class ReturnTable:
    """One table of a return.

    Attributes:
        id: number of the table.
        title: its title.
        measure: the measure that it counts.
        lines: its rows in order.
        total: label of the row of totals; "" = none.
        count: number of years; 0 = that of the return.
        across: whether years run down and the lines across.
    """

    id: str
    title: str
    measure: str
    lines: tuple[Line, ...]
    total: str = ""
    count: int = 0
    across: bool = False


@dataclass(frozen=True)
class Layout:
    """A whole return.

    Attributes:
        code: lsrp, scap or dsg.
        title: its title.
        source: where labels and order come from.
        notes: what a reader must know.
        year: how columns are named: census, end_of_calendar_year or academic.
        start: first column, in years from the last actual January.
        count: number of years.
        variants: names of the two sides (baseline, mitigated), or of the only one.
        tables: tables in order.
    """

    code: str
    title: str
    source: str
    notes: tuple[str, ...]
    year: str
    start: int
    count: int
    variants: tuple[str, ...]
    tables: tuple[ReturnTable, ...]

    def column(self, january: int) -> str:
        """Return the name of the column of a January census year."""
        if self.year == "academic":
            return year_to_academic_year(january)
        return str(january - 1 if self.year == "end_of_calendar_year" else january)


def codes() -> tuple[str, ...]:
    """Return the codes of the returns that there are, in the order that their files state."""
    orders = {path.stem: _read(path).get("order", 99) for path in FOLDER.glob("*.toml")}
    return tuple(sorted(orders, key=lambda code: (orders[code], code)))


def layout(code: str, folder: Path = FOLDER) -> Layout:
    """Return the layout of a return.

    Raises:
        DatasetError: the file is missing or cannot be used; with every fault.
    """
    path = folder / f"{code}.toml"
    if not path.exists():
        raise DatasetError((Fault(path.name, found="there is no such return", allowed=", ".join(codes()),
                                  todo="use one of these names"),))  # fmt: skip
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(
            (Fault(path.name, found=f"not readable as TOML: {error}", todo="mend that line"),)
        ) from error
    faults = _faults(path.name, data)
    if faults:
        raise DatasetError(tuple(faults))
    columns = data["columns"]
    return Layout(
        code, data["title"], data["source"], tuple(data.get("notes", ())), columns["year"], columns["from"],
        columns["count"], tuple(columns["variants"]), tuple(_table(item) for item in data["table"]),
    )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(
            (Fault(path.name, found=f"not readable as TOML: {error}", todo="mend that line"),)
        ) from error


def _table(item: Mapping[str, Any]) -> ReturnTable:
    return ReturnTable(str(item["id"]), item["title"], item.get("measure", "ehc_plans"), _lines(item),
                       item.get("total", ""), item.get("count", 0), item.get("across", False))  # fmt: skip


def _lines(item: Mapping[str, Any]) -> tuple[Line, ...]:
    settings, only = tuple(item.get("settings", ())), item.get("only")
    rows = item.get("rows", "")
    if rows == "age_band":
        bands = [code for code in axes.AGE_BANDS.codes if only is None or code.code in only]
        return tuple(Line(band.name, (Selection(settings, age_bands=(band.code,)),)) for band in bands)
    if rows == "need":
        needs = [code for code in axes.NEEDS.codes if code.code not in _LEFT_OUT_NEEDS]
        return tuple(Line(need["return_name"], (Selection(settings, needs=(need.code,)),)) for need in needs)
    if rows == "nc_year":
        return tuple(Line("Reception" if int(year) == 0 else str(year), (Selection(settings, nc_years=(int(year),)),))
                     for year in only or ())  # fmt: skip
    return tuple(Line(line["label"], _selections(line)) for line in item["line"])


def _selections(line: Mapping[str, Any]) -> tuple[Selection, ...]:
    parts = [line, *([line["also"]] if "also" in line else [])]
    return tuple(Selection(tuple(part["settings"]), post_16=part.get("post_16")) for part in parts if part["settings"])


def _faults(file: str, data: Mapping[str, Any]) -> list[Fault]:
    missing = [name for name in ("title", "source", "columns", "table") if name not in data]
    if missing:
        return [Fault(file, found=f"missing: {', '.join(missing)}", todo="add them, as in the other returns")]
    faults = []
    if data["columns"].get("year") not in _YEARS:
        faults.append(
            Fault(file, "columns", found=f'year = "{data["columns"].get("year")}"', allowed=", ".join(_YEARS))
        )
    for item in data["table"]:
        faults += _table_faults(file, item)
    return faults


def _table_faults(file: str, item: Mapping[str, Any]) -> list[Fault]:
    where = f"table {item.get('id', '?')}"
    parts = [item, *item.get("line", ()), *(line["also"] for line in item.get("line", ()) if "also" in line)]
    used = [setting for part in parts for setting in part.get("settings", ())]
    faults = [
        Fault(file, where, found=f'setting "{name}"', allowed=", ".join(axes.SETTINGS.names), todo="use a code")
        for name in used if name not in axes.SETTINGS.names
    ]  # fmt: skip
    if item.get("rows", "") not in _ROWS:
        faults.append(Fault(file, where, found=f'rows = "{item["rows"]}"', allowed=", ".join(filter(None, _ROWS))))
    if item.get("measure", "ehc_plans") not in axes.MEASURES.names:
        faults.append(Fault(file, where, found=f'measure "{item["measure"]}"', allowed=", ".join(axes.MEASURES.names)))
    return faults
