"""The empty workbook that a council fills in: contents, a sheet a table, drop-downs, notes on each column, examples.

The sheets contents, examples, lists and notes are left aside by the reader, so an example is never taken for data.
"""

from __future__ import annotations

import io
from datetime import datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from forecasting import axes
from forecasting.inputs.facts import FACTS
from forecasting.inputs.schema import ASIDE, STARTING_TABLES, TABLES, Column, Table
from forecasting.inputs.sheets import read_sheets
from forecasting.inputs.source import Source

CONTENTS, EXAMPLES, LISTS, NOTES = ASIDE
LAST_ROW = 2000
_PRINTED = frozenset({"published", "contradictions"})  # results of a printed paper: nobody starts from these
OFFERED: tuple[Table, ...] = tuple(table for table in TABLES if table.name not in _PRINTED)
_FACTS = FACTS[: FACTS.index("price_base") + 1]  # the others are for data that are made up or published
_CREATED = datetime(2000, 1, 1)  # a fixed date, so that the same schema gives the same bytes
_EXAMPLE_ROWS = 2
_WIDTHS = {"source": 40, "help": 60}
_KINDS = {
    "text": "text", "year": "a year, such as 2025", "whole": "a whole number", "number": "a number",
    "count": "a number, 0 or more; blank when not known, never 0 for that", "fraction": "a share, 0.12 or 12%",
    "gbp": "pounds, without thousands shortened", "month": "a month, such as 2025-09",
    "financial_year": "a financial year, such as 2025-26", "needs": 'needs from sheet "lists", separated by "|"',
}  # fmt: skip
_HOW = (
    "Fill in the sheets that you have figures for, and leave the others empty: only about, and one of "
    f"{', '.join(STARTING_TABLES)}, are needed.",
    "Row 1 of each sheet is yellow and holds the column names: write below it. Bold names must be filled in.",
    "Point at a column name to read what it holds. Drop-down lists show the words known; other words may be typed and "
    "are asked about when the workbook is read.",
    'A blank cell in a breakdown (need, setting, phase, age and so on) means "all". A blank number means not known.',
    f'Made-up examples stand on sheet "{EXAMPLES}". That sheet is never read; delete it when you like.',
    "Enter counts only. Never enter names, dates of birth or UPNs.",
)


def blank() -> bytes:
    """Return an empty dataset workbook to fill in, ending .xlsx.

    Returns:
        The bytes of a workbook: contents, one sheet for each table that a council may fill in, examples (synthetic),
        lists of the known words, and notes on every column.
    """
    handle = io.BytesIO()
    book = xlsxwriter.Workbook(handle, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    book.set_properties({"title": "Dataset to fill in", "created": _CREATED})
    looks = _formats(book)
    _contents(book.add_worksheet(CONTENTS), looks)
    sheets = {table.name: book.add_worksheet(table.name) for table in OFFERED}
    places = _lists(book.add_worksheet(LISTS), looks)
    for table in OFFERED:
        _table(sheets[table.name], table, looks, places)
    _examples(book.add_worksheet(EXAMPLES), looks)
    _notes(book.add_worksheet(NOTES), looks)
    for sheet in book.worksheets():
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    book.close()
    return handle.getvalue()


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    line = {"border": 1, "border_color": "#7F7F7F", "valign": "top", "text_wrap": True}
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "head": book.add_format({**line, "bold": True, "bg_color": "#E7E6E6"}),
        "needed": book.add_format({**line, "bold": True, "bg_color": "#FFD966"}),
        "optional": book.add_format({**line, "bg_color": "#FFF2CC"}),
        "link": book.add_format({"font_color": "#0B5394", "underline": 1, "valign": "top"}),
        "text": book.add_format({"num_format": "@"}),
        "example": book.add_format({"italic": True, "font_color": "#595959"}),
    }


def _contents(sheet: Worksheet, looks: dict[str, Format]) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    sheet.set_column(2, 2, 16)
    sheet.write_string(0, 0, "Dataset to fill in", looks["title"])
    for row, text in enumerate(_HOW, start=1):
        sheet.write_string(row, 0, str(row), looks["wrap"])
        sheet.write_string(row, 1, text, looks["wrap"])
        sheet.set_row(row, 46 if len(text) > 100 else 18)
    top = len(_HOW) + 2
    for at, name in enumerate(("Sheet", "What it holds", "Needed")):
        sheet.write_string(top, at, name, looks["head"])
    for row, table in enumerate(OFFERED, start=top + 1):
        needed = "yes" if table.name == "about" else "one of these" if table.name in STARTING_TABLES else ""
        sheet.write_url(row, 0, f"internal:'{table.name}'!A1", looks["link"], table.name)
        sheet.write_string(row, 1, table.help, looks["wrap"])
        sheet.write_string(row, 2, needed)


def _table(sheet: Worksheet, table: Table, looks: dict[str, Format], places: dict[str, str]) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 30)
    sheet.set_tab_color("#FFD966" if table.name in ("about", *STARTING_TABLES) else "#FFF2CC")
    for at, column in enumerate(table.columns):
        width = _WIDTHS.get(column.name, max(14, len(column.name) + 3))
        sheet.set_column(at, at, width, looks["text"] if column.kind in ("text", "month", "financial_year") else None)
        sheet.write_string(0, at, column.name, looks["needed" if _is_needed(column) else "optional"])
        sheet.write_comment(0, at, _comment(column), {"x_scale": 2, "y_scale": 1.2, "author": ""})
        _drop_down(sheet, at, column, places)
    if table.name == "about":
        for row, fact in enumerate(_FACTS, start=1):
            sheet.write_string(row, 0, fact)


def _is_needed(column: Column) -> bool:
    return column.required and not column.absent


def _comment(column: Column) -> str:
    end = "Must be filled in." if _is_needed(column) else "May be left blank."
    start = f"{column.help[:1].upper()}{column.help[1:]}"
    return f"{start}.\nHolds: {_holds(column)}.\n{end}"


def _holds(column: Column) -> str:
    if column.choices:
        return f"one of {', '.join(column.choices)}"
    return _KINDS.get(column.kind, f'a word from sheet "{LISTS}", column {column.kind}')


def _drop_down(sheet: Worksheet, at: int, column: Column, places: dict[str, str]) -> None:
    """Offer the known words; another word may be typed, for the reader asks about it."""
    if column.choices:
        source: list[str] | str = list(column.choices)
    elif column.kind in places:
        source = places[column.kind]
    else:
        return
    sheet.data_validation(1, at, LAST_ROW, at, {
        "validate": "list", "source": source, "error_type": "information", "ignore_blank": True,
        "error_title": "A word that is not in the list",
        "error_message": "It can stay. When the workbook is read you will be asked what it means.",
    })  # fmt: skip


def _lists(sheet: Worksheet, looks: dict[str, Format]) -> dict[str, str]:
    """Write every closed vocabulary as two columns, code and name; return where the codes stand, by kind of column."""
    places = {}
    for at, (title, vocabulary) in enumerate(axes.VOCABULARIES.items()):
        kind, left = title.removesuffix("s"), 3 * at
        sheet.set_column(left, left, 24)
        sheet.set_column(left + 1, left + 1, 40)
        sheet.write_string(0, left, kind, looks["head"])
        sheet.write_string(0, left + 1, f"{kind.replace('_', ' ')}: name", looks["head"])
        for row, code in enumerate(vocabulary.codes, start=1):
            sheet.write_string(row, left, code.code)
            sheet.write_string(row, left + 1, code.name)
        letter = xlsxwriter.utility.xl_col_to_name(left)
        places[kind] = f"={LISTS}!${letter}$2:${letter}${len(vocabulary.codes) + 1}"
    return places


def _examples(sheet: Worksheet, looks: dict[str, Format]) -> None:
    sheet.write_string(0, 0, "Examples: synthetic figures. This sheet is never read.", looks["title"])
    sheet.set_column(0, 20, 18)
    row = 2
    for table in OFFERED:
        path = axes.DATA / "demonstration" / f"{table.name}.csv"
        if not path.is_file():
            continue
        (example,) = read_sheets(Source.of(path))
        sheet.write_string(row, 0, f"Sheet {table.name}", looks["head"])
        for at, name in enumerate(example.header):
            sheet.write_string(row + 1, at, name, looks["optional"])
        for down, (_, cells) in enumerate(example.rows[:_EXAMPLE_ROWS], start=row + 2):
            for at, text in enumerate(cells):
                sheet.write_string(down, at, text, looks["example"])
        row += _EXAMPLE_ROWS + 3
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _notes(sheet: Worksheet, looks: dict[str, Format]) -> None:
    for at, (name, width) in enumerate((("sheet", 18), ("column", 26), ("meaning", 60), ("holds", 60), ("needed", 10))):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, name, looks["head"])
    sheet.freeze_panes(1, 0)
    lines = [(table.name, column) for table in OFFERED for column in table.columns]
    for row, (name, column) in enumerate(lines, start=1):
        cells = (name, column.name, column.help, _holds(column), "yes" if _is_needed(column) else "")
        for at, text in enumerate(cells):
            sheet.write_string(row, at, text, looks["wrap"])
