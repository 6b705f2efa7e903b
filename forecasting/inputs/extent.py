"""How far the cells of a workbook reach, known before a reader sets memory aside for every one of them.

One stray cell in the last row and column of a sheet makes a grid of 17,000 million cells; a reader that fills such a
grid ends the whole program, not only the file.
"""

from __future__ import annotations

import io
import re
import zipfile

from lxml import etree

from forecasting.errors import Fault
from forecasting.inputs.columns import letters, number
from forecasting.inputs.error_cells import sheet_paths

MAX_CELLS = 8_000_000
_ROWS = re.compile(rb' r="(\d+)"')
_COLUMNS = re.compile(rb'r="([A-Z]{2,3})\d')  # the first 26 columns need no look
_ODS = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_BROKEN = (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, EOFError, RuntimeError,
           etree.XMLSyntaxError)  # fmt: skip


def extent_faults(name: str, content: bytes) -> list[Fault]:
    """Return an error for each sheet of a workbook (.xlsx, .xlsm, .ods) that reaches too far to be a table.

    A workbook that cannot be looked into gives none: who reads it says why.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            found = _of_ods(book) if "content.xml" in book.namelist() else _of_xlsx(book)
    except _BROKEN:
        return []
    return [_fault(name, sheet, *size) for sheet, size in found.items() if size[0] * size[1] > MAX_CELLS]


def _fault(name: str, sheet: str, rows: int, columns: int) -> Fault:
    found = f"the cells reach to row {rows:,} and column {letters(columns)}"
    todo = "press Ctrl+End to see the last cell, delete the rows and columns below and beside the table, and save"
    return Fault(name, sheet, rows, letters(columns), found, f"at most {MAX_CELLS:,} cells a sheet", todo)


def _of_xlsx(book: zipfile.ZipFile) -> dict[str, tuple[int, int]]:
    held = set(book.namelist())
    return {sheet: _reach(book.read(path)) for sheet, path in sheet_paths(book).items() if path in held}


def _reach(xml: bytes) -> tuple[int, int]:
    """Return the last row and the last column of a sheet; at least column Z, which is near enough."""
    rows = max((int(row) for row in _ROWS.findall(xml)), default=0)
    return rows, max((number(word.decode()) for word in set(_COLUMNS.findall(xml))), default=26)


def _of_ods(book: zipfile.ZipFile) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    with book.open("content.xml") as handle:
        for _, table in etree.iterparse(handle, tag=f"{_ODS}table"):
            found[table.get(f"{_ODS}name", "")] = _reach_of_ods(table)
            table.clear()
    return found


def _reach_of_ods(table: etree._Element) -> tuple[int, int]:
    """Return the last row and the last column that hold a value; runs of alike cells are written once, with a count."""
    row = last_row = last_column = 0
    for line in table.iter(f"{_ODS}table-row"):
        row += int(line.get(f"{_ODS}number-rows-repeated", "1"))
        column = 0
        for cell in line:
            column += int(cell.get(f"{_ODS}number-columns-repeated", "1"))
            if cell.get(f"{_OFFICE}value-type"):
                last_row, last_column = row, max(last_column, column)
    return last_row, last_column
