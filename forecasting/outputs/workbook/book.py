"""The workbook being written: styles, sheets, tables, text; everything that goes into a cell passes through here."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

from forecasting.outputs.theme import PALETTES
from forecasting.outputs.workbook.grid import Cell, Column, Formula, Grid
from forecasting.outputs.workbook.terms import Term

NUMBERS = {
    "count": "#,##0", "gbp": "£#,##0;-£#,##0", "million": "#,##0.00", "percent": '#,##0.0"%"', "fraction": "0.0%",
    "decimal": "#,##0.0", "whole": "0", "general": "General", "rate": "0.0##%", "month": "mmm yyyy",
    "factor": "0.0000",
    "gbp_m": '£#,##0.00" million";-£#,##0.00" million"', "long_count": "#,##0.0",
}  # fmt: skip
INK, DEEP, PALE = PALETTES["light"].text, PALETTES["light"].categories[0], PALETTES["light"].grid
_HEADER = {"bold": True, "font_color": "#FFFFFF", "bg_color": DEEP, "text_wrap": True, "valign": "vcenter"}
_TEXT: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "font_color": DEEP},
    "answer": {"font_size": 12, "bold": True},
    "heading": {"bold": True, "font_size": 14, "font_color": DEEP},
    "caption": {"bold": True, "font_size": 12},
    "body": {},
    "plain": {"valign": "top"},
    "number": {"num_format": "0", "align": "left", "valign": "top"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "day": {"num_format": "d mmmm yyyy", "align": "left"},
    "label": {"bold": True, "valign": "top"},
    "note": {"italic": True, "font_size": 9, "font_color": "#505A5F"},
    "warn": {"bold": True, "font_color": "#0B0C0C", "bg_color": "#FFDD00"},
    "link": {"underline": 1, "valign": "top", "font_color": "#1D70B8"},
    "header": _HEADER,
    "header_inset": {**_HEADER, "indent": 1, "align": "left"},
    "header_number": {**_HEADER, "align": "right"},
    "caption_number": {"bold": True, "font_size": 12, "align": "right"},
    "caption_aside": {"bold": True, "font_size": 12, "indent": 1, "align": "left"},
    "aside": {"indent": 1, "align": "left", "valign": "top"},
    "inset": {"indent": 1, "align": "left", "text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": PALE},
}
_INPUT = {"bg_color": "#FFF2B3", "border": 1, "border_color": "#505A5F"}
_LEFT = ("whole", "month")
_UNWRAPPED = ("plain", "aside")
WIDEST = 60
_ROW_PIXELS, _LINE_POINTS = 20, 15
_CELL_LIMIT = 32_767


class Book:
    """A workbook under construction: hands out styles and sheets and keeps names unique."""

    def __init__(self, stream: Any, made: date, marks: Sequence[str] = ()) -> None:
        """Open a workbook that is written to a stream; text never becomes a formula or a link.

        Args:
            stream: where it goes.
            made: date of making.
            marks: sentences that every sheet bears, on screen and in print: synthetic data, small numbers shown.
        """
        as_typed = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.file = xlsxwriter.Workbook(stream, {"in_memory": True, **as_typed})
        self.made = made
        self.marks = tuple(marks)
        self._styles: dict[str, Any] = {}
        self._tables: set[str] = set()
        self._sheets: set[str] = set()

    def style(self, name: str) -> Any:
        """Return a cell format by name; made once, because Excel has a limit on their number."""
        if name not in self._styles:
            self._styles[name] = self.file.add_format(_properties(name))
        return self._styles[name]

    def table_name(self, wanted: str) -> str:
        """Return a table name that Excel allows and that no other table has."""
        stem = "t_" + re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_").lower()[:200]
        name, number = stem, 2
        while name in self._tables:
            name, number = f"{stem}_{number}", number + 1
        self._tables.add(name)
        return name

    def sheet_name(self, wanted: str) -> str:
        """Return a sheet name of at most 31 characters that Excel allows and no other sheet has."""
        stem = re.sub(r"[\[\]:*?/\\']", " ", wanted).strip()[:28] or "Sheet"
        name, number = stem, 2
        while name.lower() in self._sheets:
            name, number = f"{stem} {number}", number + 1
        self._sheets.add(name.lower())
        return name

    def sheet(self, title: str, scenario: str) -> Sheet:
        """Add a sheet set up for printing: landscape, one page wide, scenario above and page number below."""
        page = self.file.add_worksheet(self.sheet_name(title))
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)  # one page wide, as many as it takes down
        page.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        page.hide_gridlines(2)
        page.set_header(f"&L{_printed(title)}&R{_printed(scenario)}")
        marks = f"&C&8{_printed(' '.join(self.marks))}" if self.marks else ""
        page.set_footer(f"&L{self.made.day} {self.made:%B %Y}{marks}&RPage &P of &N")
        return Sheet(self, page)


def _properties(name: str) -> dict[str, Any]:
    if name.endswith(":input"):
        return {**_properties(name.removesuffix(":input")), **_INPUT}
    if name.endswith(":right"):
        return {**_properties(name.removesuffix(":right")), "align": "right"}
    if name in _TEXT:
        return _TEXT[name]
    line = {"bottom": 1, "bottom_color": PALE, "valign": "top"}
    if name in NUMBERS:
        return {**line, "num_format": NUMBERS[name], **({"align": "left"} if name in _LEFT else {})}
    return {**line, "text_wrap": True}


def _printed(text: str) -> str:
    return text.replace("&", "&&")[:150]


class Sheet:
    """One sheet and the row that is written next."""

    def __init__(self, book: Book, page: Any) -> None:
        """Start at the first row."""
        self.book = book
        self.page = page
        self.row = 0
        self.widths: list[float] = []
        self._pixels: dict[int, int] = {}

    @property
    def name(self) -> str:
        """Return the name on the tab."""
        return str(self.page.get_name())

    def marks(self) -> None:
        """Write the sentences that every sheet bears."""
        for sentence in self.book.marks:
            self.line(sentence, "warn")

    def set_widths(self, widths: Sequence[float]) -> None:
        """Set the widths of the first columns, in characters."""
        self.widths = list(widths)
        for at, width in enumerate(widths):
            self.page.set_column(at, at, width)

    def put(self, row: int, col: int, value: Cell, style: str) -> None:
        """Write one cell: text as text whatever it starts with, an unknown figure as an empty cell."""
        form = self.book.style(style)
        if isinstance(value, Formula):
            self.formula(row, col, Term(value.text, float(value)), style)
        elif value is None:
            self.page.write_blank(row, col, None, form)
        elif isinstance(value, str):  # what stands in for a figure is aligned as one
            form = self.book.style(f"{style}:right") if style in NUMBERS and style not in _LEFT else form
            self.page.write_string(row, col, value[:_CELL_LIMIT], form)
        elif isinstance(value, date):
            self.page.write_datetime(row, col, value, form)
        else:
            self.page.write_number(row, col, value, form)

    def formula(self, row: int, col: int, item: Term, style: str) -> None:
        """Write a formula with what it gives now; references to this sheet leave out its name."""
        text = item.text.replace(f"'{self.name}'!", "")
        value = "" if math.isnan(item.value) else item.value
        self.page.write_formula(row, col, f"={text}", self.book.style(style), value)

    def cover(self, head: int, headers: Sequence[str], name: str, styles: Sequence[str]) -> None:
        """Make an Excel table of rows already written, from its header row down to the row before the one in hand."""
        self.page.add_table(head, 0, self.row - 1, len(headers) - 1, {
            "name": self.book.table_name(name), "style": "Table Style Light 1", "autofilter": False,
            "banded_rows": False,
            "columns": [{"header": text, "header_format": self.book.style(dict(enumerate(styles)).get(
                at, "header_number"))} for at, text in enumerate(headers)],
        })  # fmt: skip

    def line(self, text: str, style: str = "body", *, room: float = 0.0) -> None:
        """Write text in the first column, on further rows where it is longer than the room in characters."""
        for part in _broken(text, room):
            self.put(self.row, 0, part, style)
            for at in range(1, len(self.widths) if style == "warn" else 1):
                self.put(self.row, at, None, style)
            if style in ("title", "heading", "caption", "answer"):
                self._height(self.row, {"title": 26.0, "heading": 22.0}.get(style, 18.0))
            self.row += 1

    def link(self, row: int, col: int, sheet: str, text: str) -> None:
        """Write a link to the top of another sheet."""
        self.page.write_url(row, col, f"internal:'{sheet}'!A1", self.book.style("link"), string=text)

    def tall(self, row: int, texts: Sequence[tuple[str, float]]) -> None:
        """Make a row high enough for wrapped texts, each with the width of its column in characters."""
        lines = max((_lines(text, width) for text, width in texts), default=1)
        if lines > 1:
            self._height(row, min(lines * _LINE_POINTS + 1.0, 405.0))

    def _height(self, row: int, points: float) -> None:
        self.page.set_row(row, points)
        self._pixels[row] = round(points * 4 / 3)

    def pixels(self, first: int, end: int) -> int:
        """Return the height of the rows from the first to the one before the end."""
        return sum(self._pixels.get(row, _ROW_PIXELS) for row in range(first, end))

    def rows_for(self, first: int, pixels: int) -> int:
        """Return the row below something that starts at a row and is so many pixels high."""
        row = first
        while pixels > 0:
            pixels -= self._pixels.get(row, _ROW_PIXELS)
            row += 1
        return row

    def table(self, grid: Grid, subject: str, *, filters: bool = False) -> tuple[int, int]:
        """Write a grid as an Excel table at the row in hand; return its first and last row of figures."""
        head = self.row
        headers = grid.headers
        last = head + grid.rows
        self.page.add_table(head, 0, last, len(headers) - 1, {
            "name": self.book.table_name(f"{subject}_{grid.name}"), "style": "Table Style Light 1",
            "autofilter": filters, "banded_rows": False,
            "columns": [{"header": text, "header_format": self.book.style(_header_style(column))}
                        for text, column in zip(headers, grid.columns, strict=True)],
        })  # fmt: skip
        self.tall(head, [(text, self._width(at) * (0.75 if filters else 0.88)) for at, text in enumerate(headers)])
        for at, column in enumerate(grid.columns):
            for down, (value, style) in enumerate(zip(column.cells, column.styles, strict=True)):
                if value is not None or style != "plain":
                    self.put(head + 1 + down, at, value, style)
        wrapped = [at for at, column in enumerate(grid.columns) if column.style not in _UNWRAPPED and any(
            isinstance(value, str) for value in column.cells)]  # fmt: skip
        for down in range(grid.rows if wrapped else 0):
            self.tall(head + 1 + down, self._texts(grid, down, wrapped))
        self.row = last + 1
        return head + 1, last

    def _width(self, at: int) -> float:
        return self.widths[at] if at < len(self.widths) else 8.43

    def _texts(self, grid: Grid, row: int, wrapped: Sequence[int]) -> list[tuple[str, float]]:
        found = [(at, grid.columns[at].cells[row]) for at in wrapped]
        return [(value, self._width(at)) for at, value in found if isinstance(value, str)]


def _header_style(column: Column) -> str:
    """Return the style of a header: to the right above figures, to the left above words, years and months."""
    style = column.style if isinstance(column.style, str) else (*column.style, "text")[0]
    if style in NUMBERS and style not in _LEFT:
        return "header_number"
    return "header_inset" if style == "inset" else "header"


def _broken(text: str, room: float) -> list[str]:
    """Return a text in pieces that fit a width, broken between words."""
    pieces, held = [], ""
    for word in text.split():
        if held and room and len(held) + 1 + len(word) > room:
            pieces.append(held)
            held = word
        else:
            held = f"{held} {word}" if held else word
    return [*pieces, held]


def _lines(text: str, width: float) -> int:
    return sum(len(_broken(part, max(width * 1.1, 4.0))) for part in text.split("\n"))


def widths(grids: Sequence[Grid], *, first: float = WIDEST, other: float = WIDEST) -> list[float]:
    """Return column widths that fit several grids that stand below each other.

    Args:
        grids: the tables of one sheet.
        first: widest the first column may get, in characters; longer text wraps.
        other: widest any other column may get.
    """
    found: list[float] = []
    for grid in grids:
        for at, (header, column) in enumerate(zip(grid.headers, grid.columns, strict=True)):
            fit = min(max(_header_width(header), *_cell_widths(column), 8.0), other if at else first)
            if at < len(found):
                found[at] = max(found[at], fit)
            else:
                found.append(fit)
    return found


def _header_width(header: str) -> float:
    longest = max((len(word) for word in header.split()), default=1)
    return max(longest + 3.0, math.ceil(len(header) / 2) + 2.0)


def _cell_widths(column: Column) -> list[float]:
    return [_cell_width(value, style) for value, style in set(zip(column.cells, column.styles, strict=True))] or [0.0]


def _cell_width(value: Cell, style: str) -> float:
    if isinstance(value, str):
        return len(value) + 2.0
    if value is None or isinstance(value, date):
        return 10.0
    extra = {"gbp": 4, "gbp_m": 13, "million": 5, "fraction": 4, "percent": 4, "long_count": 4}.get(style, 3)
    return len(f"{abs(value):,.0f}") + extra + 0.0
