"""The yellow cells of the sheet of assumptions as formulas: the value of a lever, and its path over the years."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from forecasting.analysis.assumptions_log import Line
from forecasting.outputs.workbook.assumptions import Layout
from forecasting.outputs.workbook.board import Board
from forecasting.outputs.workbook.terms import Path, Term, call, choose, figures, term, word_is
from forecasting.scenario.controls import in_words

_ROW_STYLE = {
    "percent": "rate",
    "gbp": "gbp",
    "count": "long_count",
    "years": "factor",
    "year": "whole",
    "word": "factor",
}


@dataclass
class Inputs:
    """Hands out formulas for levers, writes their paths where one is asked for, and notes which lines are in use.

    Attributes:
        layout: where each line of the sheet of assumptions stands.
        board: the sheet of paths by year.
        used: numbers of the lines that a formula reads.
    """

    layout: Layout
    board: Board
    used: set[int] = field(default_factory=set)
    _paths: dict[tuple[str, str, tuple[int, ...]], Path] = field(default_factory=dict)

    def open(self, years: Sequence[int], title: str, heads: Sequence[str] = ()) -> None:
        """Start a table of paths for some years; paths asked for until it is closed stand in it."""
        self.board.open(title, years, heads)

    def value(self, lever: str, key: str = "") -> Term:
        """Return the cell of the value in force in the end, NaN where it holds no number; a switch gives 1 or 0."""
        at, line = self._lines(lever, key)[-1]
        self.used.add(at)
        return self._cell(at, line)

    def keys(self, lever: str) -> tuple[str, ...]:
        """Return the keys that the sheet of assumptions lists for a lever."""
        return tuple(dict.fromkeys(line.key for line in self.layout.lines if line.lever.name == lever))

    def start(self, lever: str, key: str = "") -> Term:
        """Return the value at the baseline as a cell that is no input; NaN when it is blank."""
        at, line = self._lines(lever, key)[0]
        value = line.baseline_value
        number = float(value) if isinstance(value, (int, float)) else math.nan
        return Term(self.layout.cell("Baseline value", at), number)

    def word(self, lever: str, choice: str) -> Term:
        """Return whether a choice stands at a word."""
        at, line = self._lines(lever, "")[-1]
        self.used.add(at)
        now = str(line.item.value) if line.item else ""
        return word_is(Term(self.layout.cell("Value", at), math.nan), choice, now)

    def path(self, lever: str, years: Sequence[int], key: str = "") -> Path:
        """Return references to the row that holds a lever's value in each year, written where it is asked for first."""
        asked = (lever, key, tuple(years))
        if asked not in self._paths:
            self._paths[asked] = self._write(*asked)
        return self._paths[asked]

    def _write(self, lever: str, key: str, years: tuple[int, ...]) -> Path:
        lines = self._lines(lever, key)
        record = lines[0][1].lever
        found = figures(years, [math.nan] * len(years))
        for at, line in lines:
            self.used.add(at)
            found = self._step(found, at, line, first=at == lines[0][0])
        name = f"{record.label}{f', {key}' if key else ''}"
        how = f"Assumptions, row {', '.join(str(self.layout.row(at) + 1) for at, _ in lines)}: {record.unit}"
        return self.board.row(name, found, _ROW_STYLE[record.display], how)

    def _step(self, before: Path, at: int, line: Line, *, first: bool) -> Path:
        value = self._cell(at, line)
        item = line.item
        if first or item is None or (item.from_year is None and item.to_year is None and not item.ramp_years):
            return Path(before.years, tuple(_blank_or(value) for _ in before.years))
        limits = tuple(
            self._limit(name, at, stated)
            for name, stated in (
                ("From year", item.from_year),
                ("To year", item.to_year),
                ("Comes in over (years)", item.ramp_years),
            )
        )
        made = [_blended(old, value, year, limits) for old, year in zip(before.terms, before.years, strict=True)]
        return Path(before.years, tuple(made))

    def _limit(self, column: str, at: int, stated: float | None) -> Term | None:
        known = self.layout.has(column) and stated
        return Term(self.layout.cell(column, at), float(stated or 0)) if known else None

    def _cell(self, at: int, line: Line) -> Term:
        value = line.value
        cell = Term(self.layout.cell("Value", at), math.nan)
        if line.lever.kind == "switch":
            return choose(word_is(cell, "on", in_words(line.lever, value)), 1.0, 0.0)
        return Term(cell.text, float(value)) if isinstance(value, (int, float)) else cell

    def _lines(self, lever: str, key: str) -> list[tuple[int, Line]]:
        found = [
            (at, line)
            for at, line in enumerate(self.layout.lines)
            if line.lever.name == lever and line.key in ("", key)
        ]
        own = [(at, line) for at, line in found if line.key == key]
        return own or found


def _blank_or(value: Term) -> Term:
    """Return a figure, or an empty text where its cell holds none."""
    return Term(f'IF(ISNUMBER({value.text}),{value.text},"")', value.value) if "IF(" not in value.text else value


def _blended(old: Term, value: Term, year: int, limits: Sequence[Term | None]) -> Term:
    """Return old + (value − old) × how far the value is in force; `Assumption.weight` says the same."""
    start, end, ramp = limits
    weight: Term = term(1.0)
    if ramp is not None and start is not None:
        weight = call("MAX", max, 0.0, call("MIN", min, 1.0, (term(year) - start) / ramp))
    if math.isnan(old.value) or math.isnan(value.value):
        mixed = value
    else:
        mixed = old + (value - old) * weight
    for sign, limit in ((">=", start), ("<=", end)):
        if limit is not None:
            mixed = choose(term(year).compare(sign, limit), mixed, old)
    return mixed
