"""The panel of a backtest: yearly counts of several authorities in one long CSV file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecasting.errors import DatasetError, Fault, UsageError
from forecasting.inputs.cells import BadCell, number
from forecasting.inputs.grouping import summed_up
from forecasting.inputs.sheets import Sheet, Source, read_sheets

REQUIRED = ("unit", "year", "series", "value")
OPTIONAL = ("region",)
YEARS = range(1990, 2101)


def read_panel(path: Path) -> pd.DataFrame:
    """Read a panel and check every row of it.

    Args:
        path: CSV file with the columns unit, year, series, value and optionally region; others are ignored.
            Blank value = not known. Units are text, so that codes keep their zeros.

    Returns:
        Columns unit, year, series, value (NaN = not known) and region where the file has it.

    Raises:
        UsageError: the file is not a CSV.
        DatasetError: with every fault of the file.
    """
    if path.suffix.lower() != ".csv":
        raise UsageError(f"{path}: a panel is a CSV file with the columns {', '.join(REQUIRED)}")
    sheet = read_sheets(Source(path.name, path.read_bytes()))[0]
    missing = [name for name in REQUIRED if name not in sheet.header]
    if missing:
        found = f"no column {', '.join(missing)}"
        raise DatasetError((Fault(sheet.file, found=found, todo="add the columns unit, year, series and value"),))
    faults: list[Fault] = []
    rows = [_row(sheet, line, cells, faults) for line, cells in sheet.rows]
    faults += _repeated(sheet, rows)
    if faults:
        raise DatasetError(tuple(summed_up(faults)))
    return pd.DataFrame(rows)


def _row(sheet: Sheet, line: int, cells: tuple[str, ...], faults: list[Fault]) -> dict[str, str | int | float]:
    told = dict(zip(sheet.header, cells, strict=False))
    row: dict[str, str | int | float] = {name: told.get(name, "") for name in (*REQUIRED, *OPTIONAL) if name in told}
    for name in ("unit", "series"):
        if not row[name]:
            faults.append(Fault(sheet.file, row=line, column=name, found="it is blank", todo="fill the cell"))
    year = _number(sheet, line, "year", told["year"], faults)
    row["year"] = int(year)
    if year and year not in YEARS:
        faults.append(Fault(sheet.file, row=line, column="year", found=told["year"], allowed="a January census year"))
    value = _number(sheet, line, "value", told["value"], faults) if told["value"] else float("nan")
    if value < 0:
        faults.append(Fault(sheet.file, row=line, column="value", found=told["value"], allowed="0 or more"))
    row["value"] = value
    return row


def _number(sheet: Sheet, line: int, column: str, text: str, faults: list[Fault]) -> float:
    try:
        return number(text)
    except BadCell as error:
        found = f'"{text}" is not allowed'
        faults.append(Fault(sheet.file, "", line, column, found, error.allowed, error.todo))
        return 0.0


def _repeated(sheet: Sheet, rows: list[dict[str, str | int | float]]) -> list[Fault]:
    seen: dict[tuple[object, ...], int] = {}
    faults = []
    for (line, _), row in zip(sheet.rows, rows, strict=True):
        key = (row["unit"], row["year"], row["series"])
        if key in seen:
            found = f"{row['unit']}, {row['year']}, {row['series']} is given in row {seen[key]} too"
            faults.append(Fault(sheet.file, row=line, found=found, todo="keep one of the rows"))
        seen.setdefault(key, line)
    return faults
