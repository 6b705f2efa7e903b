"""The cover: what this workbook is, what it was made from, what differs from the baseline, and where things are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from forecasting.outputs.stamp import stamp
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook.book import Book, Sheet
from forecasting.outputs.workbook.grid import Cell, Column, Grid
from forecasting.periods import year_to_financial_year
from forecasting.scenario.controls import differences

LABEL, TEXT = 30.0, 110.0
Contents = Sequence[tuple[str, str]]


def start(book: Book, view: View) -> Sheet:
    """Add the cover as the first sheet; it is filled when the names of all sheets are known."""
    sheet = book.sheet("Cover", f"{view.name}: {view.run.scenario.name}")
    sheet.set_widths([LABEL, TEXT])
    return sheet


KIND = (
    "Working workbook: for planners and finance, with charts, frozen headers and formulas. Change a yellow cell "
    "(sheets Assumptions, Inputs and Calc programme) and totals, rates, costs and balances follow. What simulation "
    "worked out, ranges among it, is values. To publish, make the publication workbook, which is accessible and "
    "protects small numbers."
)


def fill(sheet: Sheet, view: View, made: datetime, contents: Contents) -> None:
    """Write the cover; contents: name of each sheet and what it holds."""
    sheet.marks()
    sheet.line(view.run.dataset.about("title") or f"Places for children with SEND: {view.name}", "title")
    sheet.line(KIND, room=TEXT + LABEL)
    sheet.row += 1
    for label, value in facts(view, made):
        fact(sheet, label, value)
    listed(sheet, "What differs from the baseline (baseline in brackets)", _differs(view))
    listed(sheet, "What to know before using the figures", view.forecast.warnings)
    contents_list(sheet, contents)
    _sources(sheet, view)


def facts(view: View, made: datetime) -> list[tuple[str, Cell]]:
    """Return label and value of every fact of the run."""
    scenario, forecast, about = view.run.scenario, view.run.forecast, view.run.dataset.about
    optional = [("Why this scenario", scenario.why), ("Author of the scenario", scenario.author),
                ("Scenario saved", scenario.when)]  # fmt: skip
    found: list[tuple[str, Cell]] = [
        ("Authority", view.name), ("Scenario", scenario.name),
        *((label, text) for label, text in optional if text),
        ("Base year", forecast.base_year), ("Last year of the forecast", forecast.years[-1]),
        ("Price base", view.price_base), ("Method", forecast.method.replace("_", " ")),
        ("Why this method", forecast.why_method),
        ("Years", f"Years are January census years; {view.last} stands for the financial year "
                  f"{year_to_financial_year(view.last)} where money is meant."),
        ("Source of the data", about("source") or "not stated"),
        ("Tables read", ", ".join(view.run.dataset.sources) or "not stated"),
        ("Small numbers", view.policy.sentence),
        ("Workbook made on", made.date()),
    ]  # fmt: skip
    return [*found, *((label, text) for label, text in stamp(view.run, made) if label not in ("Method", "Last year"))]


def fact(sheet: Sheet, label: str, value: Cell) -> None:
    """Write a label and what it stands for in the row in hand."""
    sheet.put(sheet.row, 0, label, "label")
    style = "day" if label == "Workbook made on" else "number" if isinstance(value, int) else "wrapped"
    sheet.put(sheet.row, 1, value, style)
    if isinstance(value, str):
        sheet.tall(sheet.row, [(value, TEXT)])
    sheet.row += 1


def _differs(view: View) -> tuple[str, ...]:
    found = differences(view.run.dataset, view.run.assumptions, view.baseline.assumptions)
    return found or ("Nothing: this is the baseline.",)


def listed(sheet: Sheet, heading: str, sentences: Sequence[str]) -> None:
    """Write numbered sentences under a heading."""
    sheet.row += 1
    sheet.line(heading, "heading")
    for number, sentence in enumerate(sentences, 1):
        fact(sheet, str(number), sentence)


def contents_list(sheet: Sheet, contents: Contents) -> None:
    """Write the names of sheets, each with a link and what it holds."""
    sheet.row += 1
    sheet.line("Contents", "heading")
    for name, text in contents:
        sheet.link(sheet.row, 0, name, name)
        sheet.put(sheet.row, 1, text, "wrapped")
        sheet.tall(sheet.row, [(text, TEXT)])
        sheet.row += 1


def _sources(sheet: Sheet, view: View) -> None:
    dataset = view.run.dataset
    named = [name for name in dataset.tables if dataset.has(name) and "source" in dataset.table(name)]
    if not named:
        return
    sheet.row += 1
    sheet.line("Sources of the tables", "heading")
    texts: list[Cell] = [_texts(view, name) for name in named]
    sheet.table(Grid("sources", (Column("Table", [*named]), Column("Source", texts))), "cover")


def _texts(view: View, table: str) -> str:
    found = dict.fromkeys(str(text) for text in view.run.dataset.table(table)["source"] if text)
    first = list(found)[:3]
    rest = len(found) - len(first)
    return "; ".join(first) + (f"; and {rest} more, row by row in the dataset" if rest else "") or "not stated"
