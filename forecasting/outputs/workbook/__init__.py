"""The Excel workbook of a scenario: cover, assumptions, one sheet a subject, contradictions, forecast table."""

from __future__ import annotations

from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path

from forecasting.model.run import Run, baseline_of
from forecasting.outputs.figure import Subject
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.outputs.workbook import assumptions, cover, long, printed, subject
from forecasting.outputs.workbook.book import Book

__all__ = ["to_bytes", "write"]


def to_bytes(view: View, made: date | None = None) -> bytes:
    """Return the workbook of a run beside its baseline; the same inputs and date give the same bytes.

    Args:
        view: the run and the baseline it is compared with.
        made: date of making, written on the cover; today when not given.
    """
    stream = BytesIO()
    book = Book(stream, made or date.today())
    _describe(book, view)
    front = cover.start(book, view)
    cover.fill(front, view, _sheets(book, view))
    book.file.close()
    return stream.getvalue()


def write(run: Run, path: Path, made: date | None = None) -> None:
    """Write the workbook of a run to a file; the baseline beside it is computed here.

    Args:
        run: the run to show.
        path: the file, overwritten when it exists.
        made: date of making; today when not given.
    """
    path.write_bytes(to_bytes(View(run, baseline_of(run)), made))


def _describe(book: Book, view: View) -> None:
    stamp = "; ".join(f"{name} {text}" for name, text in view.forecast.stamp)
    book.file.set_properties({
        "title": f"{view.name}: {view.run.scenario.name}", "subject": "Places for children with SEND",
        "author": view.run.scenario.author, "comments": stamp, "created": datetime.combine(book.made, time()),
    })  # fmt: skip


def _sheets(book: Book, view: View) -> list[tuple[str, str]]:
    """Write every sheet after the cover; return their names and what they hold."""
    found = [(assumptions.write(book, view).name, "Every assumption in force, with its source and what was changed.")]
    made = _subjects(view)
    for item in made:
        found.append((subject.write(book, view, item).name, item.answer))
    papers = [item for item in made if item.key == "published"]
    if papers:
        sheet = printed.contradictions(book, view, papers[0])
        found.append((sheet.name, "Where the papers disagree with themselves: printed, recomputed, explained."))
    rows = len(view.forecast.table)
    found.append((long.write(book, view).name, f"Every figure of the forecast, {rows:,} rows, unrounded."))
    return found


def _subjects(view: View) -> list[Subject]:
    named = [name for name in SUBJECTS if name != "published" or view.run.dataset.has("published")]
    return [SUBJECTS[name](view) for name in named]
