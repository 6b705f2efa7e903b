"""The layout of a national return: tables, labels and mapping, read from data/returns so that it can be corrected."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecasting import axes
from forecasting.axes import DATA
from forecasting.errors import DatasetError, Fault, UsageError
from forecasting.outputs.returns.ages import AGES, ON_31_AUGUST, TURNED
from forecasting.outputs.returns.amount import Money, money, money_faults
from forecasting.periods import year_to_academic_year, year_to_financial_year

FOLDER = DATA / "returns"
_LEFT_OUT_NEEDS = ("unknown",)
_ROWS = ("", "age_band", "need", "nc_year")
_YEARS = ("census", "end_of_calendar_year", "academic", "financial")
_UNITS = ("count", "gbp")
_HEADINGS = (("age_band", "Age group"), ("age_turned", "Age group"), ("need", "Primary need"),
             ("nc_year", "Year group"), ("setting", "Provision"))  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """Which children a figure counts; an empty part means all.

    Attributes:
        settings: codes of settings.
        needs: codes of needs.
        age_bands: codes of age bands, by the age on 31 August before the school year.
        ages_turned: codes of age bands, by the age turned in the school year.
        nc_years: NC years.
        post_16: only post-16 (True), only before (False), or both (None).
    """

    settings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    age_bands: tuple[str, ...] = ()
    ages_turned: tuple[str, ...] = ()
    nc_years: tuple[int, ...] = ()
    post_16: bool | None = None

    @property
    def wanted(self) -> dict[str, tuple[Any, ...]]:
        """Return the columns that the selection looks at, with what it allows."""
        parts: dict[str, tuple[Any, ...]] = {
            "setting": self.settings, "need": self.needs, "age_band": self.age_bands,
            "age_turned": self.ages_turned, "nc_year": self.nc_years,
            "post_16": () if self.post_16 is None else (self.post_16,),
        }  # fmt: skip
        return {name: allowed for name, allowed in parts.items() if allowed}


@dataclass(frozen=True)
class Line:
    """One row of a table; with neither selections nor money it is one that no data can fill.

    Attributes:
        label: its label.
        selections: the children that it counts, added up.
        money: the figures of the account that it adds up.
        adds: labels of the lines of its table that it is the sum of; a "-" before a label takes it off.
        after: label of the line with which the year before ended and this line begins.
    """

    label: str
    selections: tuple[Selection, ...] = ()
    money: tuple[Money, ...] = ()
    adds: tuple[str, ...] = ()
    after: str = ""


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
        unit: count or gbp.
        year: how its columns are named; "" = as in the return.
        shares: whether the last January's shares stand in for a breakdown that is not forecast.
        rates: calendar years whose rates stand in for a flow that is not forecast; 0 = none.
    """

    id: str
    title: str
    measure: str
    lines: tuple[Line, ...]
    total: str = ""
    count: int = 0
    across: bool = False
    unit: str = "count"
    year: str = ""
    shares: bool = False
    rates: int = 0

    @property
    def heading(self) -> str:
        """Return what its rows are, for the head of their column."""
        if self.across:
            return "Academic year"
        if self.unit == "gbp":
            return "Line" if self.lines else "Step"
        axes_of_lines = {name for line in self.lines for part in line.selections for name in part.wanted}
        named = (word for axis, word in _HEADINGS if axis in axes_of_lines)
        return next(named, "Step")


@dataclass(frozen=True)
class Layout:
    """A whole return.

    Attributes:
        code: lsrp, scap or dsg.
        title: its title.
        source: where labels and order come from.
        notes: what a reader must know.
        year: how columns are named: census, end_of_calendar_year, academic or financial.
        start: first column, in years from the last actual January.
        count: number of years.
        variants: names of the two sides (baseline, mitigated), or of the only one.
        tables: tables in order.
        first: January census of the first column, where the return fixes it; 0 = by `start`.
        effects: tables of what each mitigation does; their lines are the mitigations of the scenario.
        sheet_each: whether every table has a sheet of its own.
        age: the age that its age bands go by, a key of `ages.AGES`.
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
    first: int = 0
    effects: tuple[ReturnTable, ...] = ()
    sheet_each: bool = False
    age: str = ON_31_AUGUST

    def years(self, last_actual: int) -> tuple[int, ...]:
        """Return the January census years of the columns; for money the years in which financial years end."""
        first = self.first or last_actual + self.start
        return tuple(range(first, first + self.count))

    def column(self, year: int, kind: str = "") -> str:
        """Return the name of the column of a year."""
        names: dict[str, Callable[[int], str]] = {
            "academic": year_to_academic_year, "financial": year_to_financial_year,
            "end_of_calendar_year": lambda january: str(january - 1),
        }  # fmt: skip
        return names.get(kind or self.year, str)(year)


def codes() -> tuple[str, ...]:
    """Return the codes of the returns that there are, in the order that their files state."""
    orders = {path.stem: _read(path).get("order", 99) for path in FOLDER.glob("*.toml")}
    return tuple(sorted(orders, key=lambda code: (orders[code], code)))


def layout(code: str, folder: Path = FOLDER, age: str = ON_31_AUGUST) -> Layout:
    """Return the layout of a return, with its age bands by one age or the other.

    Args:
        code: its code.
        folder: where the layouts are.
        age: the age that its age bands go by, a key of `ages.AGES`.

    Raises:
        UsageError: there is no such return, or no such age.
        DatasetError: its file cannot be used; with every fault.
    """
    if age not in AGES:
        raise UsageError(f'age "{age}" is not one of {", ".join(AGES)}')
    path = folder / f"{code}.toml"
    if not path.exists():
        raise UsageError(f'there is no return "{code}"; the returns are {", ".join(codes())}')
    data = _read(path)
    faults = _faults(path.name, data)
    if faults:
        raise DatasetError(tuple(faults))
    columns, assumed, ages = data["columns"], data.get("assumed", {}), data.get("ages", {})
    notes = (*([ages[age]] if age in ages else []), *data.get("notes", ()))
    return Layout(
        code, data["title"], data["source"], notes, columns["year"], columns.get("from", 0),
        columns["count"], tuple(columns["variants"]), tuple(_table(item, assumed, age) for item in data["table"]),
        columns.get("first", 0), tuple(_effect(item) for item in data.get("effect", ())),
        columns.get("sheets") == "table", age,
    )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(
            (Fault(path.name, found=f"not readable as TOML: {error}", todo="mend that line"),)
        ) from error


def _table(item: Mapping[str, Any], assumed: Mapping[str, Any], age: str) -> ReturnTable:
    return ReturnTable(str(item["id"]), item["title"], item.get("measure", "ehc_plans"), _lines(item, age),
                       item.get("total", ""), item.get("count", 0), item.get("across", False),
                       item.get("unit", "count"), item.get("year", ""), assumed.get("shares_of_last_january", False),
                       assumed.get("rates_of_calendar_years", 0))  # fmt: skip


def _effect(item: Mapping[str, Any]) -> ReturnTable:
    unit = dict(axes.MEASURES.find(item["measure"]).row)["unit"]  # type: ignore[union-attr]  # checked by _faults
    return ReturnTable(str(item["id"]), item["title"], item["measure"], (), unit=unit, year=item.get("year", ""))


def _lines(item: Mapping[str, Any], age: str) -> tuple[Line, ...]:
    only, rows = item.get("only"), item.get("rows", "")
    if rows == "age_band":
        bands = [code for code in axes.AGE_BANDS.codes if only is None or code.code in only]
        counted = item.get("measure", "ehc_plans") == "ehc_plans"  # the flows stand by the age that the data record
        by = "ages_turned" if counted and age == TURNED else "age_bands"
        return tuple(Line(band.name, _selections(item, **{by: (band.code,)})) for band in bands)
    if rows == "need":
        needs = [code for code in axes.NEEDS.codes if code.code not in _LEFT_OUT_NEEDS]
        return tuple(Line(need["return_name"], _selections(item, needs=(need.code,))) for need in needs)
    if rows == "nc_year":
        return tuple(Line("Reception" if int(year) == 0 else str(year), _selections(item, nc_years=(int(year),)))
                     for year in only or ())  # fmt: skip
    return tuple(
        Line(line["label"], _selections(line) if "settings" in line and line["settings"] else (),
             tuple(money(text) for text in line.get("figures", ())), tuple(line.get("adds", ())),
             line.get("after", ""))
        for line in item["line"]
    )  # fmt: skip


def _selections(item: Mapping[str, Any], **by: Any) -> tuple[Selection, ...]:
    """Return which children a line counts; `also` names further settings, with their own side of post-16."""
    parts = [item, *([item["also"]] if "also" in item else [])]
    return tuple(Selection(tuple(part.get("settings", ())), post_16=part.get("post_16"), **by) for part in parts)


def _faults(file: str, data: Mapping[str, Any]) -> list[Fault]:
    missing = [name for name in ("title", "source", "columns", "table") if name not in data]
    if missing:
        return [Fault(file, found=f"missing: {', '.join(missing)}", todo="add them, as in the other returns")]
    faults = []
    if data["columns"].get("year") not in _YEARS:
        faults.append(
            Fault(file, "columns", found=f'year = "{data["columns"].get("year")}"', allowed=", ".join(_YEARS))
        )
    for item in (*data["table"], *data.get("effect", ())):
        faults += _table_faults(file, item)
    return faults


def _table_faults(file: str, item: Mapping[str, Any]) -> list[Fault]:
    where = f"table {item.get('id', '?')}"
    lines = item.get("line", ())
    parts = [item, *lines, *(part["also"] for part in (item, *lines) if "also" in part)]
    used = [setting for part in parts for setting in part.get("settings", ())]
    faults = [
        Fault(file, where, found=f'setting "{name}"', allowed=", ".join(axes.SETTINGS.names), todo="use a code")
        for name in used if name not in axes.SETTINGS.names
    ]  # fmt: skip
    words = (("rows", "", tuple(filter(None, _ROWS))), ("year", "", _YEARS), ("unit", "count", _UNITS),
             ("measure", "ehc_plans", axes.MEASURES.names))  # fmt: skip
    faults += [
        Fault(file, where, found=f'{name} = "{item[name]}"', allowed=", ".join(allowed), todo="use one of these")
        for name, usual, allowed in words if item.get(name, usual) not in ("" if name != "measure" else usual, *allowed)
    ]  # fmt: skip
    return [*faults, *(fault for line in lines for fault in money_faults(file, where, lines, line))]
