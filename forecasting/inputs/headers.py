"""Where a table begins and ends on its sheet: title rows, spelling of headers, totals rows, trailing notes.

What is left out is reported, row by row; nothing is repaired without a word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from forecasting.errors import Fault
from forecasting.inputs.schema import BY_NAME, NUMERIC, Table

Row = tuple[int, tuple[str, ...]]

_LOOK = 40
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")  # signs without a width, from web pages and e-mails
_TOTAL = re.compile(r"^(grand|sub|overall)?[\s-]*totals?\s*:?$|^(sum|all)\s*:?$", re.IGNORECASE)
_NUMBER = re.compile(r"^[£(-]?[\d,.\s]+%?\)?$")
_REMARK = re.compile(r"^(sources?|notes?|footnotes?|key)\s*\d*\s*:", re.IGNORECASE)
_FREE = frozenset({"about", "mappings", "published", "contradictions", "assumptions", "scenarios",
                   "interventions", "needs", "settings"})  # fmt: skip
_MAY_BE_TOTAL = frozenset({"source", "note", "line", "parent"})


@dataclass(frozen=True)
class Arranged:
    """A sheet with its header found.

    Attributes:
        name: name of the dataset table, or the sheet's own name.
        header: column names, as the schema spells them where it knows them.
        rows: rows below the header with their numbers in the file, as wide as the header.
        faults: what was left out.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def plain(word: str) -> str:
    """Return a name as the schema writes names: lower case, no odd spaces, "_" between words."""
    return re.sub(r"[\s\-\xa0]+", "_", _UNSEEN.sub("", word).strip().lower())


def table_name(name: str) -> str:
    """Return the dataset table that a sheet name means, or the name as it is."""
    return plain(name) if plain(name) in BY_NAME else name


def known_columns(table: Table) -> frozenset[str]:
    """Return the names of a table's columns and their other names."""
    return frozenset((*table.names, *dict(table.aliases)))


ALL_COLUMNS = frozenset(name for table in BY_NAME.values() for name in known_columns(table))


def arrange(file: str, sheet: str, rows: Sequence[Row]) -> Arranged:
    """Return a sheet's header and rows; `rows` are its rows that are not blank, with their numbers."""
    name = table_name(sheet)
    if not rows:
        return Arranged(name, (), (), ())
    table = BY_NAME.get(name)
    if table is None:
        width = max(len(cells) for _, cells in rows)  # a title row is short: the columns below it must not be lost
        header = tuple(cell.strip() for cell in (*rows[0][1], *[""] * (width - len(rows[0][1]))))
        return Arranged(name, header, _as_wide(rows[1:], width), ())
    known = known_columns(table)
    at = _header_at(rows, known)
    header = _spelt(rows, at, known)
    faults = _above(file, sheet, rows[:at])
    body, left_out = _body(file, sheet, table, header, rows[at + 1 :])
    faults += left_out + _unnamed(file, sheet, header, body)
    return Arranged(name, header, _as_wide(body, len(header)), tuple(faults))


def _stripped(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _as_wide(rows: Sequence[Row], width: int) -> tuple[Row, ...]:
    return tuple(
        (number, cells if len(cells) == width else (*cells[:width], *[""] * (width - len(cells))))
        for number, cells in rows
    )


def _header_at(rows: Sequence[Row], known: frozenset[str]) -> int:
    """Return the position of the row, among the first ones, that holds the most column names.

    Below a merged cell the name stands one row higher: it counts for the lower row.
    """
    scores = []
    for at, (_, cells) in enumerate(rows[:_LOOK]):
        names = {plain(cell) for cell in cells if cell} & known
        above = rows[at - 1][1] if at and names else ()
        names |= {plain(cell) for i, cell in enumerate(above) if not (i < len(cells) and cells[i].strip())} & known
        scores.append(len(names))
    return scores.index(max(scores)) if max(scores) else 0


def _spelt(rows: Sequence[Row], at: int, known: frozenset[str]) -> tuple[str, ...]:
    """Return the header; a blank cell below a merged one takes the column name that stands above it."""
    cells = _stripped(rows[at][1])
    above = rows[at - 1][1] if at else ()
    width = max([len(cells), *[i + 1 for i, cell in enumerate(above) if plain(cell) in known]])
    cells += [""] * (width - len(cells))
    names = []
    for i, cell in enumerate(cells):
        higher = above[i] if i < len(above) and plain(above[i]) in known else ""
        word = cell or higher
        names.append(plain(word) if plain(word) in known else word)
    return tuple(names)


def _above(file: str, sheet: str, rows: Sequence[Row]) -> list[Fault]:
    texts = [" ".join(cell.strip() for cell in cells if cell.strip()) for _, cells in rows]
    if not texts:
        return []
    first = texts[0][:60]
    what = f'{len(texts)} row(s) above the header were left out, the first: "{first}"'
    return [Fault(file, sheet, rows[0][0], found=what, grade="note")]


def _body(
    file: str, sheet: str, table: Table, header: tuple[str, ...], rows: Sequence[Row]
) -> tuple[list[Row], list[Fault]]:
    """Return the rows of data, and faults for trailing notes and rows that are totals of others."""
    body, faults = list(rows), []
    while body and _is_note(table, header, body[-1][1]):
        number, cells = body.pop()
        text = next(cell.strip() for cell in cells if cell.strip())[:60]
        faults.append(Fault(file, sheet, number, found=f'a note below the table was left out: "{text}"', grade="note"))
    words = [i for i, name in enumerate(header) if _is_word(table, name)]
    kept: list[Row] = []
    for number, cells in body:
        total = _total_word(cells, words) if table.name not in _FREE else ""
        if total:
            found = f'the row is a total of others ("{total}") and was left out'
            faults.append(Fault(file, sheet, number, "", found, "", "remove the row to silence this", "warning"))
        else:
            kept.append((number, cells))
    return kept, faults[::-1]


def _is_word(table: Table, name: str) -> bool:
    found = next((column for column in table.columns if column.name == table.alias(name)), None)
    return found is not None and found.name not in _MAY_BE_TOTAL


def _total_word(cells: Sequence[str], words: Sequence[int]) -> str:
    return next((cells[i].strip() for i in words if i < len(cells) and _TOTAL.match(cells[i].strip())), "")


def _is_note(table: Table, header: Sequence[str], cells: Sequence[str]) -> bool:
    """Return whether a row holds one cell of words only: a remark, or too little where another cell is needed."""
    filled = [(at, cell.strip()) for at, cell in enumerate(cells) if cell.strip()]
    if len(filled) != 1 or len(filled[0][1]) <= 3 or _NUMBER.match(filled[0][1]):
        return False
    if _REMARK.match(filled[0][1]):
        return True
    here = table.alias(header[filled[0][0]]) if filled[0][0] < len(header) else ""
    needed = {column.name for column in table.columns if column.required and not column.absent}
    return bool(needed - {here}) or any(c.name == here and c.kind in NUMERIC for c in table.columns)


def _unnamed(file: str, sheet: str, header: tuple[str, ...], rows: Sequence[Row]) -> list[Fault]:
    blanks = [i for i, name in enumerate(header) if not name]
    width = len(header)
    stray = [number for number, cells in rows if "".join(cells[width:]).strip() or _any_filled(cells, blanks)]
    if not stray:
        return []
    return [Fault(file, sheet, stray[0], found=f"{len(stray)} row(s) hold cells in columns without a name, left out",
                  todo="name the column in the header row, or empty these cells", grade="warning")]  # fmt: skip


def _any_filled(cells: Sequence[str], at: Sequence[int]) -> bool:
    return bool(at) and any(i < len(cells) and cells[i].strip() for i in at)


def suggestion(name: str, header: Sequence[str], given: Collection[str] = ()) -> str:
    """Return which table, of those not given already, a sheet resembles by its columns or its name."""
    names = {plain(cell) for cell in header if cell}
    fits = [
        table.name for table in BY_NAME.values()
        if table.name not in given and len(names & known_columns(table)) >= 2 and all(
            column.name in {table.alias(n) for n in names} for column in table.columns
            if column.required and not column.absent)
    ]  # fmt: skip
    near = difflib.get_close_matches(plain(name), [table for table in BY_NAME if table not in given], n=1)
    if fits:
        best = max(fits, key=lambda fit: len(names & known_columns(BY_NAME[fit])))
        return f'its columns fit table "{best}": give the sheet or file that name'
    return f'is "{near[0]}" meant? Then give the sheet or file that name' if near else ""
