"""A sheet of calculations: tables of one row a quantity and one column a year, every cell a formula or an input."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_col_to_name

from forecasting.outputs.workbook.book import Book, Sheet
from forecasting.outputs.workbook.terms import Path, Term, call, figures

LABEL, UNIT, HOW, FIRST = 0, 1, 2, 3  # columns of a table; years start at FIRST
INPUT = ":input"
UNITS = {"long_count": "number", "count": "number", "gbp": "£", "rate": "%", "factor": "factor", "whole": "year"}
_WIDTHS = (52.0, 10.0, 58.0)
_YEAR = 13.0
KINDS = ("input", "value", "formula")
SAID = {"input": "input", "value": "value from the forecast", "formula": "formula"}


@dataclass
class Board:
    """A sheet of calculations and the row written next.

    Attributes:
        sheet: the sheet.
        names: label of each row of the table being filled.
        top: row of the header of that table.
        title: its caption.
        heads: headers of its columns of figures.
    """

    sheet: Sheet
    title: str = ""
    top: int = 0
    heads: tuple[str, ...] = ()
    names: list[str] = field(default_factory=list)

    @property
    def book(self) -> Book:
        """Return the workbook."""
        return self.sheet.book

    def open(self, title: str, years: Sequence[int], heads: Sequence[str] = (), note: str = "") -> None:
        """Start a table: a caption, an optional note, then its header, which is written when it is closed."""
        self.sheet.line(title, "caption")
        if note:
            self.sheet.line(note, "note", room=190.0)
        self.title, self.names = title, []
        self.heads = tuple(heads) or tuple(str(year) for year in years)
        self.top, self.sheet.row = self.sheet.row, self.sheet.row + 1

    def row(self, label: str, path: Path, style: str, how: str, kind: str = "formula") -> Path:
        """Write a row and return references to its cells.

        Args:
            label: what it is; made different from the labels above it by the caller.
            path: the formulas, or plain figures.
            style: number format.
            how: how it is worked out, or where it comes from.
            kind: input (yellow, to be changed), value (computed by the software) or formula.
        """
        cells = self._cells(path.years)
        self._write(label, path, style, how, kind)
        return Path(path.years, tuple(Term(ref, item.value) for ref, item in zip(cells, path.terms, strict=True)))

    def chain(
        self, label: str, years: Sequence[int], build: Callable[[Sequence[Term]], Path], style: str, how: str
    ) -> Path:
        """Write a row in which each year follows from the one before; see `terms.running`."""
        cells = [Term(ref, math.nan) for ref in self._cells(years)]
        return self.row(label, build(cells), style, how)

    def values(self, label: str, years: Sequence[int], values: Sequence[float], style: str, how: str) -> Path:
        """Write a row of figures that the software computed, which nothing here recalculates."""
        return self.row(label, figures(years, values), style, how, "value")

    def cell(self, label: str, value: float, style: str, how: str) -> Term:
        """Write one yellow input in the first column of figures; return a fixed reference to it."""
        ref = f"'{self.sheet.name}'!${xl_col_to_name(FIRST)}${self.sheet.row + 1}"
        self._write(label, figures([0], [value]), style, how, "input")
        return Term(ref, float(value))

    def check(self, label: str, found: Term, said: float, style: str) -> None:
        """Write what a formula gives, what the software computed, and the difference of the two."""
        row = self.sheet.row
        first, second = (
            Term(f"{xl_col_to_name(FIRST + at)}{row + 1}", value) for at, value in enumerate((found.value, said))
        )
        self._write(
            label,
            Path((0, 1, 2), (found, Term(repr(float(said)), said), call("ROUND", round_to, first - second, 4.0))),
            style,
            "By formula less by the software",
            "formula",
        )
        self.sheet.put(row, FIRST + 1, said, style)

    def close(self) -> None:
        """Make an Excel table of the rows written since `open`; a table without rows leaves only its caption."""
        if self.names:
            heads = ("Line", "Unit", "How it is worked out, or where it comes from", *self.heads)
            self.sheet.cover(self.top, heads, f"calc_{self.title}", ("header", "header_inset", "header_inset"))
        else:
            self.sheet.row = self.top
            self.sheet.line("Nothing to work out with these tables.")
        self.sheet.row += 1

    def _cells(self, years: Sequence[int]) -> list[str]:
        row = self.sheet.row + 1
        return [f"'{self.sheet.name}'!{xl_col_to_name(FIRST + at)}{row}" for at in range(len(years))]

    def _write(self, label: str, path: Path, style: str, how: str, kind: str) -> None:
        row = self.sheet.row
        self.sheet.put(row, LABEL, label, "text")
        self.sheet.put(row, UNIT, UNITS.get(style, ""), "inset")
        self.sheet.put(row, HOW, f"{SAID[kind]}: {how}" if kind != "formula" else how, "inset")
        self.sheet.tall(row, [(label, _WIDTHS[LABEL]), (how + " " * 10, _WIDTHS[HOW])])
        for at, item in enumerate(path.terms):
            self._figure(row, FIRST + at, item, style + INPUT if kind == "input" else style, kind)
        self.names.append(label)
        self.sheet.row += 1

    def _figure(self, row: int, column: int, item: Term, style: str, kind: str) -> None:
        if kind == "formula":
            self.sheet.formula(row, column, item, style)
        else:
            self.sheet.put(row, column, None if math.isnan(item.value) else item.value, style)


def round_to(value: float, places: float) -> float:
    """Return a figure rounded to so many decimals, without a sign before nothing."""
    return round(value, int(places)) + 0.0


def board(sheet: Sheet, title: str, text: Sequence[str], years: int) -> Board:
    """Return a sheet of calculations with its heading written; `years` is the widest table's number of years."""
    sheet.set_widths([*_WIDTHS, *[_YEAR] * years])
    sheet.line(title, "title")
    sheet.marks()
    for sentence in text:
        sheet.line(sentence, room=170.0)
    sheet.link(sheet.row, 0, "Cover", "Back to the contents")
    sheet.row += 2
    sheet.page.freeze_panes(0, 1)
    sheet.page.repeat_rows(0)
    sheet.page.set_paper(8)  # A3: years stand beside each other
    return Board(sheet)
