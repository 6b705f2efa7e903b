"""Files to sheets of text: every cell is read as text first, so that nothing is lost on the way.

Readers that guess types drop leading zeros, error cells and suppression marks without a word; ours do not guess.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from forecasting.errors import DatasetError, Fault


@dataclass(frozen=True)
class Sheet:
    """One sheet of text cells.

    Attributes:
        file: name of the file as the user knows it.
        name: name of the sheet (for a CSV the file's stem).
        header: the column names, stripped.
        rows: the cells below the header, each row with its number in the file (the header is 1).
    """

    file: str
    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Source:
    """A file given by the user: its name and its bytes."""

    name: str
    content: bytes

    @classmethod
    def of(cls, path: Path) -> Source:
        """Read a file into memory."""
        return cls(path.name, path.read_bytes())


def read_sheets(source: Source) -> tuple[Sheet, ...]:
    """Return the sheets of a CSV file or workbook.

    Raises:
        DatasetError: the file is empty, protected by a password, or not a CSV file or workbook.
    """
    if not source.content.strip():
        raise DatasetError((Fault(source.name, found="the file is empty", todo="save it again and retry"),))
    suffix = Path(source.name).suffix.lower()
    if suffix in (".csv", ".txt", ".tsv"):
        return (_csv_sheet(source),)
    if suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"):
        return _workbook_sheets(source)
    raise DatasetError(
        (Fault(source.name, found=f'files ending "{suffix}" are not read', allowed=".csv, .xlsx, .ods, .xls"),)
    )


def decode(source: Source) -> str:
    """Return the text of a file: UTF-8, UTF-16 or the Western encoding of Windows, found from its bytes."""
    if source.content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return source.content.decode("utf-16")
    try:
        return source.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return source.content.decode("cp1252", errors="replace")


def _csv_sheet(source: Source) -> Sheet:
    text = decode(source)
    if "\x00" in text:
        raise DatasetError((Fault(source.name, found="the file is not text", todo="save it as CSV (UTF-8) and retry"),))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    cells = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    return _sheet(source.name, Path(source.name).stem, cells)


def _workbook_sheets(source: Source) -> tuple[Sheet, ...]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(source.content))
        return tuple(_sheet(source.name, name, _cells(book, name)) for name in book.sheet_names)
    except PasswordError as error:
        fault = Fault(source.name, found="the workbook is protected by a password", todo="save it without one")
        raise DatasetError((fault,)) from error
    except (CalamineError, OSError, ValueError) as error:
        fault = Fault(source.name, found="the file is not a workbook that can be opened",
                      todo="open it in Excel or LibreOffice and save it as .xlsx")  # fmt: skip
        raise DatasetError((fault,)) from error


def _cells(book: CalamineWorkbook, name: str) -> list[list[str]]:
    sheet = book.get_sheet_by_name(name)
    return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def _text(cell: object) -> str:
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
    filled = [(number, row) for number, row in enumerate(cells, start=1) if any(c.strip() for c in row)]
    if not filled:
        return Sheet(file, name, (), ())
    header = tuple(cell.strip() for cell in filled[0][1])
    width = len(header)
    rows = tuple((number, tuple((*row, *[""] * width))[:width]) for number, row in filled[1:])
    return Sheet(file, name, header, rows)
