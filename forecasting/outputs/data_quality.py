"""The data-quality report: files, what was recognised, every fault, decisions, comparison and hash, as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO

from forecasting.inputs.review import Review
from forecasting.outputs.disclosure import INTERNAL
from forecasting.outputs.figure import Table
from forecasting.outputs.stamp import SYNTHETIC
from forecasting.outputs.subjects import data_review
from forecasting.outputs.workbook.book import Book, widths
from forecasting.outputs.workbook.grid import of_table


def to_bytes(review: Review) -> bytes:
    """Return the report of a review as an .xlsx; the same review gives the same bytes."""
    stream = BytesIO()
    made = datetime.fromisoformat(review.when).date()
    book = Book(stream, made)
    title = f"{review.name or 'Files not usable yet'}: data quality"
    book.file.set_properties({"title": title, "subject": "Data-quality report", "author": review.who,
                              "comments": review.content_hash, "created": datetime.combine(made, time())})  # fmt: skip
    for name, tables in sheets(review):
        _write(book, review, name, tables)
    book.file.close()
    return stream.getvalue()


def sheets(review: Review) -> tuple[tuple[str, tuple[Table, ...]], ...]:
    """Return the sheets of the report: name → tables."""
    compared = (data_review.changed(review),) if review.changes else ()
    by_year = (data_review.totals(review),) if review.totals else ()
    return (
        ("Data quality", (data_review.identity(review), data_review.counts(review))),
        ("Recognised", (data_review.recognised(review.found, None),)),
        ("Noticed", (data_review.every_fault(review.faults),)),
        ("Decisions", (data_review.decisions(review.decisions),)),
        ("Comparison", (*compared, *by_year)),
    )


def _write(book: Book, review: Review, name: str, tables: Sequence[Table]) -> None:
    sheet = book.sheet(name, review.name or "Files not usable yet")
    filled = [table for table in tables if len(table.frame)]
    grids = [of_table(table) for table in filled]
    sheet.set_widths(widths(grids, first=30, other=60) or [60.0])
    sheet.line(name, "title")
    if review.synthetic:
        sheet.line(SYNTHETIC, "warn")
    sheet.line(INTERNAL.sentence, "warn")  # messages quote cells of the files
    if not grids:
        sheet.line("Nothing to show.")
    for table, grid in zip(filled, grids, strict=True):
        sheet.line(table.title, "heading")
        sheet.table(grid, name)
        if table.note:
            sheet.line(table.note, "note")
        sheet.row += 1
