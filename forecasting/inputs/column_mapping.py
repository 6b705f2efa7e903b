"""A council's own table to a dataset table: guess which column is which, let the user correct it, remember it.

Only headers are ever remembered, never a cell. Everything but `remember` and `recall` is a pure function.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forecasting import written
from forecasting.errors import DatasetError, Fault
from forecasting.home import home
from forecasting.inputs.cells import BadCell, Words, parse
from forecasting.inputs.header_words import WORDS, word_of
from forecasting.inputs.headers import Row, plain
from forecasting.inputs.schema import BY_NAME, Column, Table
from forecasting.inputs.sheets import Sheet
from forecasting.inputs.source import Source

_LOOK = 40
_SAMPLE = 60
_SURE = 0.5
_LIKE = 0.75
_NO_WORDS = Words({}, {})
_PLAIN_TEXT = frozenset({"text"})


@dataclass(frozen=True)
class Choice:
    """One column of the dataset table and the header that stands for it.

    Attributes:
        column: the column of the dataset table.
        header: the user's header; "" when none stands for it.
        confidence: 0 (no header) to 1 (the very name, or chosen by the user).
        why: the reason in a few words, for the screen.
    """

    column: str
    header: str
    confidence: float
    why: str


@dataclass(frozen=True)
class Guess:
    """Which header of a sheet stands for which column of a dataset table.

    Attributes:
        table: the dataset table.
        header_row: the row of the file that holds the headers.
        headers: every header of that row, blanks left out.
        choices: one for each column of the table, in the order of the schema.
    """

    table: str
    header_row: int
    headers: tuple[str, ...]
    choices: tuple[Choice, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Return column → header, of the columns that have one."""
        return {choice.column: choice.header for choice in self.choices if choice.header}

    @property
    def lacking(self) -> tuple[str, ...]:
        """Return the required columns that no header stands for."""
        needed = {c.name for c in BY_NAME[self.table].columns if c.required and not c.absent}
        return tuple(name for name in BY_NAME[self.table].names if name in needed and name not in self.columns)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the headers that stand for no column."""
        return tuple(header for header in self.headers if header not in self.columns.values())

    @property
    def confidence(self) -> float:
        """Return how sure the guess is, 0 to 1: the mean over required columns and the columns that have a header."""
        required = {c.name for c in BY_NAME[self.table].columns if c.required and not c.absent}
        told = [choice.confidence for choice in self.choices if choice.header or choice.column in required]
        return sum(told) / len(told) if told else 0.0


def guess(sheet: Sheet, table: str) -> Guess:
    """Return which headers of a sheet seem to stand for the columns of a dataset table.

    Each header goes to one column at most, the surest pair first: the very name, another word for it, a word spelt
    almost like it; cells that the column does not allow count against a pair.
    """
    at, headers, rows = _headed(sheet)
    known = BY_NAME[table]
    pairs = [(_judged(known, column, header, _cells(rows, i)), column.name, header)
             for column in known.columns for i, header in enumerate(headers) if header]  # fmt: skip
    taken: dict[str, Choice] = {}
    used: set[str] = set()
    for (confidence, why), column, header in sorted(pairs, key=lambda pair: -pair[0][0]):
        if confidence >= _SURE and column not in taken and header not in used:
            taken[column] = Choice(column, header, round(confidence, 2), why)
            used.add(header)
    choices = tuple(taken.get(name, Choice(name, "", 0.0, "no header fits")) for name in known.names)
    return Guess(table, at, tuple(header for header in headers if header), choices)


def likely_tables(sheet: Sheet) -> tuple[Guess, ...]:
    """Return a guess for each dataset table whose required columns all find a header, the surest first."""
    found = [guess(sheet, name) for name in BY_NAME if name not in ("about", "published", "contradictions")]
    full = [item for item in found if not item.lacking and len(item.columns) > 1]
    return tuple(sorted(full, key=lambda item: -item.confidence * len(item.columns) / (1 + len(item.left_out))))


def corrected(found: Guess, changes: Mapping[str, str]) -> Guess:
    """Return the guess with the user's choices: column → header, "" for none; a header serves one column only.

    Raises:
        DatasetError: a column or header that is not there.
    """
    wrong = [c for c in changes if c not in BY_NAME[found.table].names]
    wrong += [h for h in changes.values() if h and h not in found.headers]
    if wrong:
        allowed = ", ".join((*BY_NAME[found.table].names, *found.headers))
        raise DatasetError(tuple(Fault(found.table, found=f'"{word}" is not there', allowed=allowed) for word in wrong))
    given = set(changes.values()) - {""}
    made = []
    for choice in found.choices:
        if choice.column in changes:
            header = changes[choice.column]
            made.append(Choice(choice.column, header, 1.0 if header else 0.0, "chosen" if header else "left out"))
        elif choice.header in given:
            made.append(Choice(choice.column, "", 0.0, "its header was chosen for another column"))
        else:
            made.append(choice)
    return replace(found, choices=tuple(made))


def apply(sheet: Sheet, found: Guess) -> Sheet:
    """Return the sheet as the dataset table: our column names, the rows and row numbers of the file unchanged.

    Raises:
        DatasetError: a required column has no header, or no column has one, or the headers of the sheet are others.
    """
    if found.lacking:
        faults = (Fault(sheet.file, sheet.name, found.header_row, name, "no header stands for this column",
                        todo="choose the header that holds it") for name in found.lacking)  # fmt: skip
        raise DatasetError(tuple(faults))
    if not found.columns:
        raise DatasetError((Fault(sheet.file, sheet.name, found.header_row, found="no header stands for any column",
                                  todo="choose the headers, or leave the sheet out"),))  # fmt: skip
    at, headers, rows = _headed(sheet, found.header_row)
    missing = [header for header in found.columns.values() if header not in headers]
    if missing:
        raise DatasetError(tuple(Fault(sheet.file, sheet.name, at, header, "the header is not there",
                                       ", ".join(filter(None, headers))) for header in missing))  # fmt: skip
    places = [headers.index(header) for header in found.columns.values()]
    body = tuple((number, tuple(cells[i] if i < len(cells) else "" for i in places)) for number, cells in rows)
    pairs = ", ".join(f'"{header}" as {column}' for column, header in found.columns.items())
    note = Fault(sheet.file, sheet.name, at, found=f'read as table "{found.table}": {pairs}', grade="note")
    return Sheet(sheet.file, found.table, tuple(found.columns), body, (note,))


def as_source(sheet: Sheet) -> Source:
    """Return a sheet as a CSV file to load with the others: named for its table, its rows where they were.

    Blank lines stand in for rows left out above, so that a fault still names the row of the user's own file.
    """
    first = min((number for number, _ in sheet.rows), default=2)
    lines = {max(first - 1, 1): sheet.header, **dict(sheet.rows)}
    text = "".join(_line(lines.get(number, ())) for number in range(1, max(lines) + 1))
    return Source(f"{sheet.file}: {sheet.name}.csv", text.encode("utf-8"))


def _line(cells: Sequence[str]) -> str:
    return ",".join('"' + " ".join(cell.splitlines()).replace('"', '""') + '"' for cell in cells) + "\n"


def header_hash(headers: Sequence[str]) -> str:
    """Return the name under which a set of headers is remembered: order, case and spacing do not matter."""
    words = sorted(plain(header) for header in headers if header.strip())
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def remember(found: Guess, folder: Path | None = None) -> Path:
    """Write the headers of a mapping (never a cell) for next year, and return the file."""
    place = folder if folder is not None else home() / "mappings"
    lines = [f"table = {_quoted(found.table)}", "[columns]"]
    lines += [f"{column} = {_quoted(header)}" for column, header in found.columns.items()]
    path = place / f"{header_hash(found.headers)}.toml"
    written.keep(path, "\n".join(lines) + "\n")
    return path


def recall(sheet: Sheet, folder: Path | None = None) -> Guess | None:
    """Return the mapping remembered for a sheet with these headers, or None; a damaged file is no mapping."""
    place = folder if folder is not None else home() / "mappings"
    at, headers, _ = _headed(sheet)
    named = tuple(header for header in headers if header)
    path = place / f"{header_hash(named)}.toml"
    if not path.is_file():
        return None
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    table, columns = str(told.get("table", "")), told.get("columns", {})
    if table not in BY_NAME or not isinstance(columns, dict):
        return None
    by_plain = {plain(header): header for header in named}
    same = {name: by_plain.get(plain(str(header)), "") for name, header in columns.items()}
    choices = tuple(
        Choice(name, same.get(name, ""), 1.0 if same.get(name) else 0.0, "as last time" if same.get(name) else "")
        for name in BY_NAME[table].names
    )
    return Guess(table, at, named, choices)


def _quoted(text: str) -> str:
    plain_text = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + plain_text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _headed(sheet: Sheet, row: int = 0) -> tuple[int, tuple[str, ...], tuple[Row, ...]]:
    """Return the header's row number, the headers, and the rows below: the given row, else the likeliest one."""
    first = min((number for number, _ in sheet.rows), default=2) - 1
    every: list[Row] = [(max(first, 1), sheet.header), *sheet.rows]
    numbers = [number for number, _ in every]
    at = numbers.index(row) if row in numbers else _likeliest([cells for _, cells in every[:_LOOK]])
    return numbers[at], tuple(" ".join(cell.split()) for cell in every[at][1]), tuple(every[at + 1 :])


def _likeliest(rows: Sequence[Sequence[str]]) -> int:
    """Return which row looks most like headers: many different words, few numbers, known words first."""
    scores = [_header_score(cells) for cells in rows]
    return scores.index(max(scores)) if scores else 0


def _header_score(cells: Sequence[str]) -> float:
    filled = [cell.strip() for cell in cells if cell.strip()]
    words = [cell for cell in filled if not re.fullmatch(r"[£(-]?[\d,.\s]+%?\)?", cell)]
    known = sum(word_of(word) in WORDS for word in words)
    return 3.0 * known + len(set(words)) - 0.5 * (len(filled) - len(set(words)))


def _cells(rows: Sequence[Row], at: int) -> list[str]:
    found = (cells[at].strip() for _, cells in rows[: 3 * _SAMPLE] if at < len(cells) and cells[at].strip())
    return [cell for cell, _ in zip(found, range(_SAMPLE), strict=False)]


def _judged(table: Table, column: Column, header: str, cells: Sequence[str]) -> tuple[float, str]:
    """Return how likely a header stands for a column, 0 to 1, and why."""
    score, why = _by_name(table, column, word_of(header), plain(header))
    if not score or not cells:
        return score, why
    fits = sum(_fits(table, column, cell) for cell in cells) / len(cells)
    if fits >= _LIKE:
        bonus = 0.0 if column.kind in _PLAIN_TEXT else 0.1
        return min(score + bonus, 1.0), why
    return score * (0.4 + 0.6 * fits), f"{why}; {1 - fits:.0%} of its cells do not fit"


def _by_name(table: Table, column: Column, word: str, exact: str) -> tuple[float, str]:
    if table.alias(exact) == column.name:
        return 1.0, "the same name"
    if column.name in WORDS.get(word, ()):
        return 0.85, "another word for it"
    names = [column.name, *(other for other, columns in WORDS.items() if column.name in columns)]
    near = max(difflib.SequenceMatcher(None, word, name).ratio() for name in names)
    return (0.75 * near, "a similar name") if near >= _LIKE else (0.0, "")


def _fits(table: Table, column: Column, cell: str) -> bool:
    try:
        parse(table.name, column, cell, _NO_WORDS)
    except BadCell:
        return column.kind in ("need", "setting") and not cell.replace(".", "").isdigit()
    return True
