"""Files to sheets of text: every cell is read as text first, so that nothing is lost on the way.

Readers that guess types drop leading zeros, error cells and suppression marks without a word; ours do not guess.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.error_cells import error_cells
from forecasting.inputs.filetypes import file_type
from forecasting.inputs.headers import ALL_COLUMNS, arrange, plain
from forecasting.inputs.source import Source, decode

__all__ = ["Sheet", "Source", "decode", "read_sheets"]


@dataclass(frozen=True)
class Sheet:
    """One sheet of text cells.

    Attributes:
        file: name of the file as the user knows it.
        name: name of the sheet (for a CSV the file's stem).
        header: the column names, stripped.
        rows: the cells below the header, each row with its number in the file (the header is 1).
        faults: what was left out on the way: titles, notes, totals.
    """

    file: str
    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    faults: tuple[Fault, ...] = ()


def read_sheets(source: Source, only: Collection[str] | None = None) -> tuple[Sheet, ...]:
    """Return the sheets of a CSV file or workbook; what it is, its bytes say, not its name.

    Args:
        source: the file.
        only: names of the sheets of a workbook to read, as they stand in it; None = all.

    Raises:
        DatasetError: the file is empty, protected by a password, or not a CSV file or workbook.
    """
    return (_csv_sheet(source),) if file_type(source) == "text" else _workbook_sheets(source, only)


def _csv_sheet(source: Source) -> Sheet:
    text = decode(source).replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise DatasetError((Fault(source.name, found="the file is not text", todo="save it as CSV (UTF-8) and retry"),))
    try:
        cells = list(csv.reader(io.StringIO(text), delimiter=delimiter(text)))
    except csv.Error as error:
        fault = Fault(source.name, found="the rows of this file cannot be told apart",
                      allowed="a CSV file: one row a line, cells separated by commas",
                      todo="open it in a spreadsheet and save it as CSV (UTF-8)")  # fmt: skip
        raise DatasetError((fault,)) from error
    return _sheet(source.name, source.stem, cells)


def delimiter(text: str) -> str:
    """Return what separates the cells: the sign that makes the most column names, else the most frequent one."""
    lines = [line for line in text[:100_000].split("\n")[:60] if line.strip()]

    def names(sign: str) -> int:
        return max((sum(plain(c.strip('"')) in ALL_COLUMNS for c in line.split(sign)) for line in lines), default=0)

    first = lines[0] if lines else ""
    return max(",;\t|", key=lambda sign: (names(sign), first.count(sign)))


def _workbook_sheets(source: Source, only: Collection[str] | None) -> tuple[Sheet, ...]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(source.content))
        failing = error_cells(source.content)
        return tuple(
            _book_sheet(source.name, book, item, failing.get(item.name, {}))
            for item in book.sheets_metadata
            if item.typ == SheetTypeEnum.WorkSheet and (only is None or item.name in only)
        )  # fmt: skip
    except PasswordError as error:
        fault = Fault(source.name, found="the workbook is protected by a password", todo="save it without one")
        raise DatasetError((fault,)) from error
    except (CalamineError, OSError, ValueError) as error:
        fault = Fault(source.name, found="the file is not a workbook that can be opened",
                      todo="open it in Excel or LibreOffice and save it as .xlsx")  # fmt: skip
        raise DatasetError((fault,)) from error


def _book_sheet(
    file: str, book: CalamineWorkbook, item: SheetMetadata, failing: Mapping[tuple[int, int], str]
) -> Sheet:
    cells = _cells(book, item.name)
    for (row, column), text in failing.items():
        if row < len(cells) and column < len(cells[row]):
            cells[row][column] = text
    sheet = _sheet(file, item.name, cells)
    if item.visible == SheetVisibleEnum.Visible:
        return sheet
    hidden = Fault(file, item.name, found="the sheet is hidden; it is read like any other", grade="note")
    return replace(sheet, faults=(*sheet.faults, hidden))


def _cells(book: CalamineWorkbook, name: str) -> list[list[str]]:
    sheet = book.get_sheet_by_name(name)
    return [[text_of(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def text_of(cell: object) -> str:
    """Return the text of a workbook cell, as a CSV would hold it: 2016.0 is "2016", a date is 2016-11-08."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    return "" if cell is None else str(cell)


def _sheet(file: str, name: str, cells: list[list[str]]) -> Sheet:
    filled = [(number, tuple(row)) for number, row in enumerate(cells, start=1) if "".join(row).strip()]
    found = arrange(file, name, filled)
    return Sheet(file, found.name, found.header, found.rows, found.faults)
