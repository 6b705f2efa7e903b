"""What of a return stays blank, why, and what data would fill it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting import axes
from forecasting.model.run import Run
from forecasting.outputs import words
from forecasting.outputs.returns.counts import settings_recorded
from forecasting.outputs.returns.figures import recorded
from forecasting.outputs.returns.filled import FilledTable
from forecasting.outputs.returns.layout import Line, Selection

_COLUMNS = {"need": "need", "setting": "setting", "nc_year": "age", "age_band": "age", "post_16": "age",
            "age_turned": "single year of age or NC year"}  # fmt: skip
_ACCOUNTS = "nothing in the data or the forecast stands for it; take it from your own accounts"
_RECORDS = "no data set holds it; take it from your own records"
_BUDGET = "the data have no budget; a table budget of the high needs block would fill it"
_BEFORE = "the account of the forecast begins later; take it from your own accounts"
_PRICE = "the data put no price on it; a unit cost or a budget line of its own would fill it"
_NO_STEP = "the forecast has no total of it for these years"


@dataclass(frozen=True)
class _Gap:
    """Blank cells with one cause: the table, the row (None = every row), the columns ("" = every one), the cause."""

    table: FilledTable
    row: int | None
    when: str
    why: str


def missing(tables: Sequence[FilledTable], run: Run) -> list[str]:
    """Return a sentence for every cause of blank cells: where they are, when, why, and what would fill them.

    Args:
        tables: the filled tables.
        run: the first run that they were filled from.
    """
    known = settings_recorded(run)
    gaps = [gap for filled in tables for gap in _gaps(filled, run, known)]
    causes = list(dict.fromkeys((gap.when, gap.why) for gap in gaps))
    return [_sentence([gap for gap in gaps if (gap.when, gap.why) == cause]) for cause in causes]


def _gaps(filled: FilledTable, run: Run, known: frozenset[str]) -> list[_Gap]:
    """Return the gaps of one table, as one where every row has the same."""
    blank = np.asarray(filled.unknown.any(axis=0))
    rows = list(range(len(filled.table.lines))) or list(range(len(filled.labels)))
    found = [gap for row in rows for gap in _of_row(filled, row, blank[row], run, known)]
    same = {(gap.when, gap.why) for gap in found}
    if len(same) > 1 or len(found) < len(rows):
        return found
    return [_Gap(filled, None, gap.when, gap.why) for gap in found[:1]]


def _of_row(
    filled: FilledTable, row: int, blank: np.ndarray[tuple[int], np.dtype[np.bool_]], run: Run, known: frozenset[str]
) -> list[_Gap]:
    """Return the gaps of a row: one for the years counted, one for those to come, one where both have one cause."""
    if not blank.any():
        return []
    line = filled.table.lines[row] if filled.table.lines else None
    whys = [_why(filled, line, int(year), run, known) for year in filled.years]
    found = []
    for why in dict.fromkeys(why for why, gone in zip(whys, blank, strict=True) if gone):
        mine = [gone and other == why for gone, other in zip(blank, whys, strict=True)]
        names = [name for name, gone in zip(filled.columns, mine, strict=True) if gone]
        found.append(_Gap(filled, row, "" if all(mine) else words.join(names), why))
    return found


def _why(filled: FilledTable, line: Line | None, year: int, run: Run, known: frozenset[str]) -> str:
    if line is None:
        return _NO_STEP
    if filled.table.unit == "gbp":
        return _no_money(line, year, run)
    if not line.selections:
        return _RECORDS
    asked = recorded(line.selections, known)
    if not asked and known:
        names = dict.fromkeys(name for part in line.selections for name in part.settings)
        said = words.join([axes.SETTINGS.label(name) for name in names], "or")
        return f"the data name no plans in {said}; where there are none, a row of ehc_plans with 0 plans says so"
    last = run.dataset.base_year
    return _no_breakdown(filled.table.measure, asked or line.selections, year <= last, last)


def _no_money(line: Line, year: int, run: Run) -> str:
    if not (line.money or line.adds):
        return _ACCOUNTS
    if not run.dataset.has("budget"):
        return _BUDGET
    spent = run.forecast.margin("high_needs_spend_gbp").labels[0] if run.forecast.has("high_needs_spend_gbp") else ()
    return _PRICE if year in spent else _BEFORE


def _no_breakdown(measure: str, asked: Sequence[Selection], counted: bool, last: int) -> str:
    columns = list(dict.fromkeys(_COLUMNS[name] for part in asked for name in part.wanted))
    what = words.join(columns)
    if measure != "ehc_plans":
        label = axes.MEASURES.label(measure).lower()
        return (f"the forecast gives no {label} by {what}; rows of plan_flows with {label} and new plans by age band "
                "for the last calendar years would fill it")  # fmt: skip
    if counted:
        return f"the data have no plans by {what} for that January; rows of ehc_plans with {what} would fill it"
    return (f"the forecast gives no plans by {what}, and the data none whose shares could be held; rows of ehc_plans "
            f"with {what} for January {last} would fill it")  # fmt: skip


def _sentence(gaps: Sequence[_Gap]) -> str:
    whole = [gap.table.table for gap in gaps if gap.row is None]
    parts = [f"Table {table.id}, {table.title}" for table in whole[:1] if len(whole) == 1]
    parts += [f"Tables {words.join([table.id for table in whole])}"] if len(whole) > 1 else []
    rows: dict[str, list[_Gap]] = {}
    for gap in gaps:
        if gap.row is not None:
            rows.setdefault(gap.table.table.id, []).append(gap)
    parts += [f"Table {number}, {_lines(mine)}" for number, mine in rows.items()]
    when = f", not known for {gaps[0].when}" if gaps[0].when else ""
    return f"{'. '.join(parts)}{when}: {gaps[0].why}."


def _lines(gaps: Sequence[_Gap]) -> str:
    """Return the lines of a table that have a gap; where most have it, those that do not."""
    labels = gaps[0].table.labels
    named: list[str] = []
    others: list[str] = []
    rows = {gap.row for gap in gaps}
    for row, label in enumerate(labels):
        (named if row in rows else others).append(label)
    return f"every line but {'; '.join(others)}" if len(others) < len(named) / 2 else "; ".join(named)
