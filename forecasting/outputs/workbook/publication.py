"""The publication workbook: accessible spreadsheets, one table a sheet, small numbers protected.

Follows the Analysis Function's checklist for accessible spreadsheets: titles in the first cell, one marked-up table a
sheet, no merged cells, frozen panes, pictures, hidden or empty rows, notes on a sheet of their own, symbols explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import numpy as np

from forecasting.axes import STATISTICS
from forecasting.model.forecast import Forecast, Margin
from forecasting.model.run import Run, baseline_of
from forecasting.outputs.beside import other
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.figure import Table
from forecasting.outputs.protect import Protected, protect
from forecasting.outputs.stamp import marks, now, stamp
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects.assumptions_log import whole_log
from forecasting.outputs.workbook import log
from forecasting.outputs.workbook.book import Book, Sheet, widths
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.periods import year_to_financial_year

UNKNOWN = "[x]"
_RANGE = ("p10", "p90")
_WIDE = 100.0
AXES = {"need": "Need", "setting": "Kind of setting", "place": "Place", "age_band": "Age", "phase": "Phase"}


@dataclass(frozen=True)
class Wanted:
    """One table of the publication.

    Attributes:
        title: what it shows.
        measures: header → measure; several stand beside each other, by year.
        axis: the breakdown of a single measure, "" = totals by year.
        notes: numbers of the notes that bear on it.
    """

    title: str
    measures: dict[str, str]
    axis: str = ""
    notes: tuple[int, ...] = (1,)


TABLES = (
    Wanted("EHC plans maintained, by January", {"EHC plans": "ehc_plans"}, notes=(1, 2)),
    Wanted("EHC plans maintained, by primary need", {"EHC plans": "ehc_plans"}, "need"),
    Wanted("EHC plans maintained, by kind of setting", {"EHC plans": "ehc_plans"}, "setting"),
    Wanted("EHC plans maintained, by age", {"EHC plans": "ehc_plans"}, "age_band"),
    Wanted("Plans that begin and cease, by January", {"New plans": "new_plans", "Plans ceased": "ceased_plans"},
           notes=(1, 2, 3)),
    Wanted("Pupils on roll, by January", {"Pupils": "pupils", "With SEN": "pupils_with_sen",
                                          "On SEN support": "sen_support", "With an EHC plan": "pupils_with_ehc_plan"}),
    Wanted("Children in each kind of setting", {"Children": "placements"}, "setting"),
    Wanted("Children in the borough and out of it", {"Children": "placements"}, "place"),
    Wanted("Specialist places, by January", {"Required": "places_required", "Open": "places_available",
                                             "Needed": "places_needed", "Short": "places_short"}, notes=(1, 2, 4)),
    Wanted("Places needed, by need", {"Places needed": "places_needed"}, "need", (1, 4)),
    Wanted("High needs account, by financial year, £", {
        "Income": "income_gbp", "Spending": "high_needs_spend_gbp", "In-year balance": "in_year_balance_gbp",
        "Closing balance": "cumulative_balance_gbp"}, notes=(2, 5)),
)  # fmt: skip


def to_bytes(run: Run, policy: Policy | None = None, made: datetime | None = None, baseline: Run | None = None,
             progress: Callable[[float, str], object] = lambda share, doing: None,
             standing: Table | None = None) -> bytes:  # fmt: skip
    """Return the publication workbook of a run; the same inputs and time give the same bytes.

    Args:
        run: the run to publish.
        policy: what is done to small numbers; the default policy when not given.
        made: time of making; now when not given.
        baseline: the baseline of the same data, which a reader may have too; none for the baseline itself.
        progress: told how far it is.
        standing: log of assumptions that knows who changed and signed what; without it nothing is signed off.

    Raises:
        NotProtected: a small figure cannot be protected.
        RoundingFailed: no whole numbers that add up were found.
    """
    chosen, moment, stream = policy or Policy(), made or now(), BytesIO()
    progress(0.1, "Protecting small numbers")
    safe = protect(run.forecast, chosen, beside=() if baseline is None else other(run, baseline))
    progress(0.7, "Writing tables")
    book = Book(stream, moment, marks(run, chosen))
    title = f"{run.dataset.name}: places for children with SEND"
    book.file.set_properties({"title": title, "author": run.scenario.author, "created": moment, "comments": "; ".join(
        f"{label} {text}" for label, text in stamp(run, moment))})  # fmt: skip
    shown = [item for item in TABLES if _there(safe.forecast, item)]
    _cover(book, run, chosen, moment, title)
    contents = _sheet(book, "Contents", title)
    _notes(book, run, safe, title)
    names = [_table(book, run, safe, item, number, title) for number, item in enumerate(shown, 1)]
    log.write(book, standing or whole_log(View(run, baseline or baseline_of(run))), title)
    _contents(contents, [*zip(names, [item.title for item in shown], strict=True), (log.NAME, log.ABOUT)])
    book.file.close()
    progress(1.0, "Done")
    return stream.getvalue()


def _there(forecast: Forecast, item: Wanted) -> bool:
    return any(forecast.has(measure, *([item.axis] if item.axis else [])) for measure in item.measures.values())


def _sheet(book: Book, name: str, title: str) -> Sheet:
    return book.sheet(name, title)


def _cover(book: Book, run: Run, policy: Policy, made: datetime, title: str) -> None:
    sheet = _sheet(book, "Cover", title)
    sheet.set_widths([_WIDE])
    sheet.line(title, "title")
    about = run.dataset.about
    texts = [
        *marks(run, policy),
        "Publication workbook: accessible tables to share. Figures are values; the working workbook has the formulas.",
        f"Scenario: {run.scenario.name}. {run.scenario.why}".strip(),
        f"Forecast from {run.forecast.base_year} to {run.forecast.years[-1]}, method "
        f"{run.forecast.method.replace('_', ' ')}.",
        f"Source: {about('source') or 'tables of the dataset'}.",
        *(f"{label}: {text}" for label, text in stamp(run, made)),
    ]
    for text in texts:
        sheet.put(sheet.row, 0, text, "wrapped")
        sheet.tall(sheet.row, [(text, _WIDE)])
        sheet.row += 1


def _contents(sheet: Sheet, tables: Sequence[tuple[str, str]]) -> None:
    sheet.line("Contents", "title")
    sheet.line("This worksheet contains one table: the worksheets of this workbook, with links.")
    rows = [("Cover", "What this workbook is and what it was made from"), ("Notes", "Notes and symbols"), *tables]
    top = sheet.row + 1
    grid = Grid("contents", (Column("Worksheet", [name for name, _ in rows]), Column("What it holds", [
        text for _, text in rows])))  # fmt: skip
    sheet.set_widths(widths([grid], first=30))
    sheet.table(grid, "publication")
    for at, (name, _) in enumerate(rows):
        sheet.link(top + at, 0, name, name)


def _notes(book: Book, run: Run, safe: Protected, title: str) -> None:
    sheet = _sheet(book, "Notes", title)
    sheet.line("Notes and symbols", "title")
    sheet.line("This worksheet contains one table: the notes that tables refer to, and the symbols used.")
    draws = run.forecast.draws
    ranges = (f"Ranges are the 10th and 90th percentile of {draws:,} runs: four in five lie between them." if draws
              else "No draws were made, so there is no range.")  # fmt: skip
    texts = [
        ("note 1", "Years are January census years. Counts of children are whole numbers that add up."),
        ("note 2", ranges),
        ("note 3", "In the calendar year before the January shown."),
        ("note 4", "Places needed are additional local places over those open in the base year."),
        ("note 5", "Below zero: overspent. Transport is paid from the general fund and stands outside the account."),
        (safe.policy.symbol, f"{safe.policy.sentence} {safe.small:,} figures are withheld for being small, "
                             f"{safe.others:,} to protect them."),
        (UNKNOWN, "Not available."),
    ]  # fmt: skip
    grid = Grid("notes", (Column("Note or symbol", [name for name, _ in texts]),
                          Column("Meaning", [text for _, text in texts])))  # fmt: skip
    sheet.set_widths(widths([grid], first=16, other=_WIDE))
    sheet.table(grid, "publication")


def _table(book: Book, run: Run, safe: Protected, item: Wanted, number: int, title: str) -> str:
    """Write one table on a sheet of its own; return the name of the sheet."""
    sheet = _sheet(book, f"Table {number}", title)
    build = _by_label if item.axis else _by_year
    grid = build(run, safe, item)
    sheet.set_widths(widths([grid], first=46, other=18))
    refs = " ".join(f"[note {at}]" for at in item.notes)
    sheet.line(f"Table {number}: {item.title} {refs}", "title")
    symbols = f" Symbols, such as {safe.policy.symbol}, are explained there." if safe.policy.form == "withhold" else ""
    sheet.line(f"This worksheet contains one table. Notes are on the worksheet Notes.{symbols}")
    sheet.line(" ".join([run.dataset.name + ",", f"scenario {run.scenario.name}.", *marks(run, safe.policy)]))
    sheet.table(grid, f"publication_{number}")
    return sheet.name


def _by_year(run: Run, safe: Protected, item: Wanted) -> Grid:
    """Return totals by year, each with its range where there are draws."""
    there = {label: measure for label, measure in item.measures.items() if safe.forecast.has(measure)}
    margins = {label: safe.forecast.margin(measure) for label, measure in there.items()}
    years = sorted({int(year) for margin in margins.values() for year in margin.labels[0]})
    money = any(margin.unit == "gbp" for margin in margins.values())
    heads: list[Cell] = [year_to_financial_year(year) if money else str(year) for year in years]
    columns = [Column("Financial year" if money else "January", heads)]
    for label, margin in margins.items():
        columns.append(Column(label, _along(safe, margin, years, "central"), _style(margin)))
        if run.forecast.draws:
            columns += [Column(f"{label}, {_words(name)}", _along(safe, margin, years, name), _style(margin))
                        for name in _RANGE]  # fmt: skip
    return Grid("table", tuple(columns))


def _words(name: str) -> str:
    return f"{name.removeprefix('p')}th percentile"


def _style(margin: Margin) -> str:
    return "gbp" if margin.unit == "gbp" else "count"


def _along(safe: Protected, margin: Margin, years: Sequence[int], name: str) -> list[Cell]:
    held = [int(year) for year in margin.labels[0]]
    hidden = _mask(safe, margin)
    values = margin.stats[STATISTICS.index(name)]
    return [_cell(values[held.index(year)], bool(hidden[held.index(year)]), safe) if year in held else UNKNOWN
            for year in years]  # fmt: skip


def _mask(safe: Protected, margin: Margin) -> np.ndarray:
    at = next(at for at, found in enumerate(safe.forecast.margins) if found is margin)
    return np.asarray(safe.hidden[at])


def _cell(value: float, hidden: bool, safe: Protected) -> Cell:
    if hidden:
        return safe.policy.symbol
    return UNKNOWN if np.isnan(value) else round(float(value))


def _by_label(run: Run, safe: Protected, item: Wanted) -> Grid:
    """Return one measure by the labels of an axis, a column a year, with the total of each year."""
    measure = next(iter(item.measures.values()))
    margin = safe.forecast.margin(measure, item.axis)
    hidden, years = _mask(safe, margin), [int(year) for year in margin.labels[0]]
    known = {"need": run.dataset.needs.label, "setting": run.dataset.settings.label}.get(item.axis, _plain)
    rows: list[Cell] = [known(str(code)) for code in margin.labels[1]]
    total = safe.forecast.margin(measure) if safe.forecast.has(measure) else None
    columns = [Column(AXES[item.axis], [*rows, "All"] if total is not None else rows)]
    for at, year in enumerate(years):
        cells = [_cell(value, bool(off), safe) for value, off in zip(margin.stats[0, at], hidden[at], strict=True)]
        whole = _along(safe, total, [year], "central") if total is not None else []
        columns.append(Column(f"January {year}", [*cells, *whole], "count"))
    return Grid("table", tuple(columns))


def _plain(code: str) -> str:
    return code.replace("_", " to " if code[:1].isdigit() else " ").capitalize()
