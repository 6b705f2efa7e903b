"""The sheet of the assumptions log: the standing of every assumption in force, in the shape of the Aqua Book."""

from __future__ import annotations

from dataclasses import replace

from forecasting.outputs.figure import Table
from forecasting.outputs.subjects.assumptions_log import SHAPE
from forecasting.outputs.words import NOT_KNOWN
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Grid, of_table

NAME = "Assumptions log"
ABOUT = "How far each assumption is to be trusted: range, quality, impact, uncertainty, who changed it, sign-off."
UNCHANGED, NO_RANGE = "not changed", "no range"
COLUMNS = (
    "No.", "Assumption", "For", "Value", "Baseline", "Range", "Status", "Quality", "Impact", "Uncertainty",
    "Who changed it", "Why", "Sign-off", "Source",
)  # fmt: skip


def grid(log: Table) -> Grid:
    """Return the log as a table without blank cells; assumptions that do nothing here are left out."""
    frame = log.frame.loc[log.frame["Used"].eq("yes"), list(COLUMNS)].reset_index(drop=True)
    for name in ("Who changed it", "Why"):
        frame[name] = frame[name].where(frame[name].ne(""), UNCHANGED)
    frame["Range"] = frame["Range"].where(frame["Range"].ne(NOT_KNOWN), NO_RANGE)
    frame["No."] = range(1, len(frame) + 1)
    return of_table(replace(log, frame=frame, formats={"No.": "whole"}))


def write(book: Book, log: Table, head: str, *, frozen: bool = False) -> Sheet:
    """Add the sheet of the log, as `subjects.assumptions_log.whole_log` gives it, its header frozen or not."""
    sheet, found = book.sheet(NAME, head), grid(log)
    sheet.set_widths(widths([found], first=5, other=26))
    sheet.line(NAME, "title")
    sheet.marks()
    sheet.line(f"This worksheet contains one table. {SHAPE}")
    sheet.page.set_paper(8)  # A3: the table is wide
    sheet.page.repeat_rows(sheet.row)
    if frozen:
        sheet.page.freeze_panes(sheet.row + 1, 2)
    sheet.table(found, "log")
    return sheet
