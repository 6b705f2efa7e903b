"""The working workbook of a scenario: a model in Excel whose figures follow the yellow cells.

The other kinds stand beside it: `publication` (accessible, small numbers protected) and `comparison` (several
scenarios).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

from forecasting.model.run import Run, baseline_of
from forecasting.outputs.figure import Subject, Table
from forecasting.outputs.stamp import marks, now, stamp
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.outputs.subjects.assumptions_log import whole_log
from forecasting.outputs.workbook import assumptions, calculation, cover, log, long, printed, subject
from forecasting.outputs.workbook.book import Book, Sheet
from forecasting.outputs.workbook.links import Links

__all__ = ["Progress", "to_bytes", "write"]

Progress = Callable[[float, str], object]  # share done, 0 to 1, and what is being done


def _silent(share: float, doing: str) -> None:
    """Report to nobody."""


def to_bytes(
    view: View, made: datetime | None = None, progress: Progress = _silent, standing: Table | None = None
) -> bytes:
    """Return the working workbook of a run beside its baseline; the same inputs and time give the same bytes.

    Args:
        view: the run and the baseline it is compared with.
        made: time of making, written on the cover; now when not given.
        progress: told how far it is.
        standing: log of assumptions that knows who changed and signed what; without it nothing is signed off.
    """
    stream, moment = BytesIO(), made or now()
    book = Book(stream, moment, marks(view.run, view.policy))
    _describe(book, view, moment)
    front = cover.start(book, view)
    cover.fill(front, view, moment, _sheets(book, view, progress, standing or whole_log(view)))
    progress(0.9, "Saving")
    book.file.close()
    progress(1.0, "Done")
    return stream.getvalue()


def write(run: Run, path: Path, made: datetime | None = None) -> None:
    """Write the working workbook of a run to a file; the baseline beside it is computed here.

    Args:
        run: the run to show.
        path: the file, overwritten when it exists.
        made: time of making; now when not given.
    """
    path.write_bytes(to_bytes(View(run, baseline_of(run)), made))


def _describe(book: Book, view: View, made: datetime) -> None:
    book.file.set_properties({
        "title": f"{view.name}: {view.run.scenario.name}", "subject": "Places for children with SEND",
        "author": view.run.scenario.author, "created": made,
        "comments": "; ".join(f"{label} {text}" for label, text in stamp(view.run, made)),
    })  # fmt: skip


def _sheets(book: Book, view: View, progress: Progress, standing: Table) -> list[tuple[str, str]]:
    """Write every sheet after the cover; return their names and what they hold.

    Sheets stand in the order in which they are added, and subjects refer to the calculation after them: so all are
    added first and filled later.
    """
    layout = assumptions.start(book, view)
    made = _subjects(view, progress)
    head = f"{view.name}: {view.run.scenario.name}"
    log.write(book, standing, head, frozen=True)
    pages = [book.sheet(item.title, head) for item in made]
    papers = [item for item in made if item.key == "published"]
    disagree = [book.sheet("Contradictions", head) for _ in papers]
    progress(0.5, "Writing formulas")
    found = calculation.write(book, view, layout)
    assumptions.write(layout, found.used)
    progress(0.6, "Writing tables and charts")
    links = Links(view.run, found.live, view.run.scenario.hash != view.baseline.scenario.hash)
    for page, item in zip(pages, made, strict=True):
        subject.write(page, view, item, links)
    for page, item in zip(disagree, papers, strict=True):
        printed.contradictions(page, item)
    table = long.write(book, view)
    return _contents(view, layout.sheet, list(zip(pages, made, strict=True)), disagree, found, table)


def _contents(
    view: View, first: Sheet, subjects: list[tuple[Sheet, Subject]], disagree: list[Sheet],
    found: calculation.Calculation, table: Sheet,
) -> list[tuple[str, str]]:  # fmt: skip
    papers = "Where the papers disagree with themselves: printed, recomputed, explained."
    return [
        (first.name, "Every assumption in force, with its source and what was changed. Yellow cells are inputs."),
        (log.NAME, log.ABOUT),
        *((page.name, item.answer) for page, item in subjects),
        *((page.name, papers) for page in disagree), *found.sheets,
        (table.name, long.about(view)),
    ]  # fmt: skip


def _subjects(view: View, progress: Progress) -> list[Subject]:
    named = [name for name in SUBJECTS if name != "published" or view.run.dataset.has("published")]
    made = []
    for at, name in enumerate(named):
        progress(0.45 * at / len(named), f"Working out {name.replace('_', ' ')}")
        made.append(SUBJECTS[name](view))
    return made
