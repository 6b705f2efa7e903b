"""Returns: a national return as it would be handed in, with what is missing, assumed and to be explained."""

from __future__ import annotations

import pandas as pd

from forecasting.outputs import words
from forecasting.outputs.figure import Section, Subject, Table
from forecasting.outputs.returns.checks import checks
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.outputs.returns.sheet import grid, reading

_STEPS = (
    "Each mitigation alone against the baseline, then what they do together beyond that; the rows add up. Fewer plans "
    "are not in themselves an improvement: a plan is a legal entitlement."
)


def returns(filled: Filled, variant: int) -> Subject:
    """Return one variant of a filled return as a subject.

    Args:
        filled: the return.
        variant: number of the variant shown.
    """
    tables = tuple(_table(filled, table, variant) for table in filled.tables)
    steps = tuple(_table(filled, table, 0) for table in filled.effects)
    sections = [
        *_list(
            "What is missing",
            "Rows that stay blank; blank means not known, never zero.",
            ("Blank rows", "Where, when, why, and what would fill them"),
            filled.missing,
        ),
        *_list(
            "What was assumed",
            "Each of these stands behind figures below.",
            ("Assumptions", "What is taken to be so"),
            filled.assumed,
        ),
        *_list(
            "To explain before handing it in",
            "Asked as the Department would ask.",
            ("Questions", "What would be asked"),
            checks(filled),
        ),
        Section(
            f"Tables: {filled.layout.variants[variant]}", tables, " ".join((reading(filled), *filled.layout.notes))
        ),
        *([Section("What each mitigation does", steps, _STEPS)] if steps else []),
    ]
    return Subject("returns", "Returns", _answer(filled), (), tuple(sections), ())


def _answer(filled: Filled) -> str:
    if filled.nothing:
        return f"{filled.nothing[:1].upper()}{filled.nothing[1:]}."
    cells, blank = (sum(numbers) for numbers in zip(*(table.cells for table in filled.tables), strict=True))
    return (
        f"{filled.layout.title} for {filled.authority}: {words.count(cells - blank)} of {words.count(cells)} figures "
        f"filled, whole numbers that add up; last actual count January {filled.last_actual}."
    )


def _list(heading: str, text: str, names: tuple[str, str], sentences: tuple[str, ...]) -> list[Section]:
    """Return sentences as a section of one table, with its title and the head of its column; nothing where none."""
    title, column = names
    frame = pd.DataFrame({column: list(sentences)})
    key = words.file_name("", heading, "")[:-1]
    return [Section(heading, (Table(key, title, frame),), text)] if sentences else []


def _table(filled: Filled, table: FilledTable, variant: int) -> Table:
    columns = grid(table, variant, filled.policy.symbol)
    frame = pd.DataFrame({name: column.cells for name, column in zip(columns.headers, columns.columns, strict=True)})
    figures = list(frame.columns[1:])
    plain = [name for name in figures if not frame[name].map(lambda cell: isinstance(cell, str)).any()]
    frame[plain] = frame[plain].astype("float64")
    title = f"{table.table.id}  {table.table.title}"
    return Table(f"return-{table.table.id}", title, frame, dict.fromkeys(figures, table.table.unit),
                 f"Source: this forecast. {filled.policy.sentence}")  # fmt: skip
