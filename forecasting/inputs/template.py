"""A dataset folder as one workbook: what a planner fills in and sends back, sheet for table.

Every cell reads back as the very text of the CSV: a number is stored as a number only where that loses nothing.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from forecasting.errors import UsageError
from forecasting.inputs.blank import NOTES, blank
from forecasting.inputs.load import sources
from forecasting.inputs.schema import BY_NAME, NUMERIC, Column
from forecasting.inputs.sheets import Sheet, read_sheets, text_of
from forecasting.written import destination, save

__all__ = ["NOTES", "blank", "write_dataset_workbook"]

_WIDEST = 60
_NARROWEST = 8
_CREATED = datetime(2000, 1, 1)  # a fixed date, so that the same tables give the same bytes


def write_dataset_workbook(folder: Path, path: Path) -> tuple[str, ...]:
    """Write the tables of a dataset folder as one workbook, a sheet a table, and a sheet of notes.

    Returns:
        The names of the tables written, in the order of the schema.

    Raises:
        DatasetError: the folder is not there or has no CSV files.
        UsageError: it holds no dataset table; the workbook cannot be written there, or does not end in .xlsx.
    """
    destination(path, ".xlsx")
    found = {sheet.name: sheet for source in sources([folder]) for sheet in read_sheets(source)}
    sheets = [found[name] for name in BY_NAME if name in found and found[name].header]
    if not sheets:
        raise UsageError(f"{folder} holds no dataset table; allowed: {', '.join(BY_NAME)}")
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"strings_to_urls": False, "strings_to_formulas": False})
    book.set_properties({"title": folder.name, "created": _CREATED})
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for sheet in (*sheets, _notes(sheets)):
        _write_sheet(book.add_worksheet(sheet.name), sheet, bold)
    book.close()
    save(path, stream.getvalue())
    return tuple(sheet.name for sheet in sheets)


def _write_sheet(target: Worksheet, sheet: Sheet, bold: Format) -> None:
    rows = [cells for _, cells in sheet.rows]
    target.freeze_panes(1, 0)
    target.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    for at, name in enumerate(sheet.header):
        texts = [cells[at] for cells in rows]
        width = max(_NARROWEST, len(name) + 2, *(len(text) + 1 for text in texts)) if texts else len(name) + 2
        target.set_column(at, at, min(width, _WIDEST))
        target.write_string(0, at, name, bold)
        column = _column(sheet.name, name)
        for number, text in enumerate(texts, start=1):
            _write_cell(target, number, at, text, column)
    if rows and sheet.header:
        target.autofilter(0, 0, len(rows), len(sheet.header) - 1)


def _column(table: str, name: str) -> Column | None:
    known = BY_NAME.get(table)
    return next((c for c in known.columns if c.name == known.alias(name)), None) if known else None


def _write_cell(target: Worksheet, row: int, at: int, text: str, column: Column | None) -> None:
    if not text:
        return
    if column is not None and column.kind in NUMERIC and _is_exact(text):
        target.write_number(row, at, float(text))
    else:
        target.write_string(row, at, text)


def _is_exact(text: str) -> bool:
    try:
        return text_of(float(text)) == text
    except ValueError:
        return False


def _notes(sheets: list[Sheet]) -> Sheet:
    rows = []
    for sheet in sheets:
        table = BY_NAME[sheet.name]
        rows.append((table.name, "", table.help, ""))
        rows += [(table.name, column.name, column.help, _allowed(column)) for column in table.columns]
    numbered = tuple(enumerate(rows, start=2))
    return Sheet(NOTES, NOTES, ("table", "column", "meaning", "allowed"), numbered)


def _allowed(column: Column) -> str:
    words = ", ".join(column.choices) if column.choices else column.kind.replace("_", " ")
    return f"{words}; must be filled in" if column.required else words
