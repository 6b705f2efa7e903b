"""Printed and recomputed results as numbers, and the contradictions of the papers, for the workbook."""

from __future__ import annotations

from forecasting.outputs.figure import Subject, Table
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects.published import recomputed
from forecasting.outputs.workbook.book import Sheet, widths
from forecasting.outputs.workbook.grid import Column, Grid, of_table, plain

_STYLES = {"pct": "percent", "gbp": "gbp", "gbp_m": "gbp_m", "count": "count"}
_UNITS = {"pct": "%", "gbp": "£", "gbp_m": "£ million", "count": "number"}


def with_numbers(view: View, table: Table) -> Grid:
    """Return the table of printed results with figures where the page shows words.

    Each row has its own unit, so each has its own number format; the recomputed figure is unrounded.
    """
    results = recomputed(view.run.dataset, view.run.forecast)
    styles = [_STYLES.get(str(unit), "general") for unit in results["unit"]]
    numbers = {
        "Printed": Column("Printed", [plain(v) for v in results["value"]], styles),
        "Recomputed": Column("Recomputed, unrounded", [plain(v) for v in results["exact"]], styles),
        "Difference": Column(
            "Difference, as printed", [plain(v) for v in results["recomputed"] - results["value"]], styles
        ),
    }
    columns = [numbers.get(column.header, column) for column in of_table(table).columns]
    unit = Column("Unit", [_UNITS.get(str(unit), str(unit)) for unit in results["unit"]], "inset")
    return Grid(table.key, (*columns[:2], unit, *columns[2:]))


def contradictions(sheet: Sheet, subject: Subject) -> None:
    """Write the sheet of contradictions: what is printed, what recomputing gives, and why they differ."""
    tables = [table for table in subject.tables if table.key == "contradictions"]
    grids = [of_table(table) for table in tables]
    sheet.set_widths(widths(grids, first=14, other=48) or [60.0])
    sheet.line("Contradictions: where the papers disagree with themselves", "title")
    sheet.marks()
    sheet.link(sheet.row, 0, "Cover", "Back to the contents")
    sheet.row += 1
    if not grids or not grids[0].rows:
        sheet.line("Nothing to show: the dataset lists no contradictions.")
        return
    sheet.line(tables[0].note, "note")
    sheet.page.repeat_rows(sheet.row)
    sheet.page.freeze_panes(sheet.row + 1, 1)
    sheet.table(grids[0], "all", filters=True)
