"""Files with one row a child: found by their columns, read once into memory, only the columns that are needed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import archive
from forecasting.inputs.filetypes import file_type
from forecasting.inputs.pupil_level.fields import fields_of, kinds_of
from forecasting.inputs.sheets import delimiter, text_of
from forecasting.inputs.source import Source, decode

Progress = Callable[[float, str], None]
_LOOK = 15  # rows in which the header is looked for
_TOP = 40_000  # bytes of a CSV file in which these rows stand
A_DATE = "a date such as 2015-09-01 or 01/09/2015"
_TIME = r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$"
_PATTERNS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%Y%m%d")
_SERIALS = (20_000, 60_000)  # days of a spreadsheet: 1954 to 2064
_YEARS = re.compile(r"(?<!\d)(20\d{2})(?:[-/_](\d{2}|20\d{2}))?(?!\d)")


@dataclass(frozen=True, eq=False)
class Extract:
    """One sheet of an extract.

    Attributes:
        file: name of the file.
        sheet: name of the sheet; "" for a CSV file.
        kinds: what it is; see `fields.kinds_of`.
        rows: the known columns by field name, as read; the index is the row in the file.
        year: the January census year that its name states; 0 when it states none.
    """

    file: str
    sheet: str
    kinds: tuple[str, ...]
    rows: pd.DataFrame
    year: int

    def fault(self, found: str, todo: str, *, rows: Sequence[int] = (), column: str = "", allowed: str = "",
              grade: str = "error") -> Fault:  # fmt: skip
        """Return a fault of this sheet that names rows, never what stands in them."""
        few = ", ".join(str(row) for row in rows[:5])
        more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""
        where = f" (row{'s' if len(rows) > 1 else ''} {few}{more})" if len(rows) else ""
        return Fault(self.file, self.sheet, int(rows[0]) if len(rows) else 0, column, found + where, allowed, todo,
                     grade, kind="pupil-level")  # type: ignore[arg-type]  # fmt: skip


def extracts(source: Source, progress: Progress) -> tuple[list[Extract], tuple[str, ...]]:
    """Return the pupil-level sheets of a file, and the names of its other sheets.

    Nothing is found in a file that cannot be read: who reads it next says why.
    """
    try:
        return (_of_text(source), ()) if file_type(source) == "text" else _of_book(source, progress)
    except (DatasetError, CalamineError, PasswordError, OSError, ValueError):
        return [], ()


def is_extract(source: Source) -> bool:
    """Return whether a file inside a zip is pupil-level: a CSV file by its header, a workbook by its sheets."""
    if archive.is_zip(source.content):
        return bool(extracts(source, lambda share, words: None)[0])
    return _text_header(source) is not None


def _text_header(source: Source) -> tuple[int, str, list[str]] | None:
    """Return the place of the header, what separates its cells, and its names; None when it is not pupil-level."""
    top = decode(Source(source.name, source.content[:_TOP]))
    sign = delimiter(top)
    lines = top.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:_LOOK]
    head = [[cell.strip().strip('"') for cell in line.split(sign)] for line in lines]
    at = _header(head)
    return None if at is None else (at, sign, head[at])


def _of_text(source: Source) -> list[Extract]:
    found = _text_header(source)
    if found is None:
        return []
    at, sign, names = found
    fields = sorted(fields_of(names).items(), key=lambda item: item[1])
    frame = pd.read_csv(io.StringIO(decode(source)), sep=sign, skiprows=at, dtype=str, keep_default_na=False,
                        skip_blank_lines=False, usecols=[place for _, place in fields], on_bad_lines="skip",
                        engine="c", header=0)  # fmt: skip
    frame.columns = pd.Index([field for field, _ in fields])
    frame.index = pd.RangeIndex(at + 2, at + 2 + len(frame))
    filled = (frame != "").any(axis=1)
    return [_extract(source.own_name, "", frame.loc[filled])]


def _of_book(source: Source, progress: Progress) -> tuple[list[Extract], tuple[str, ...]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(source.content))
    names = [item.name for item in book.sheets_metadata if item.typ == SheetTypeEnum.WorkSheet]
    found: list[Extract] = []
    for order, name in enumerate(names):
        progress(order / len(names), f"Reading {source.own_name}, {name}")
        rows = _of_sheet(book.get_sheet_by_name(name))
        progress((order + 0.7) / len(names), f"Taking the columns of {source.own_name}, {name}")
        if rows is not None:
            found.append(_extract(source.own_name, name, rows))
    taken = {extract.sheet for extract in found}
    return found, tuple(name for name in names if name not in taken)


def _of_sheet(sheet: CalamineSheet) -> pd.DataFrame | None:
    """Return the known columns of a pupil-level sheet; None when it is not one."""
    head = [[text_of(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False, nrows=_LOOK)]
    at = _header(head)
    if at is None:
        return None
    cells = sheet.to_python(skip_empty_area=False)[at + 1 :]
    columns = {field: list(map(itemgetter(k), cells)) for field, k in fields_of(head[at]).items()}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(at + 2, at + 2 + len(cells)), dtype=object)
    return frame[(frame != "").any(axis=1)]


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the first row that is the header of a pupil-level extract."""
    return next((at for at, row in enumerate(rows) if kinds_of(frozenset(fields_of(row)))), None)


def _extract(file: str, sheet: str, rows: pd.DataFrame) -> Extract:
    return Extract(file, sheet, kinds_of(frozenset(rows.columns)), rows, year_of(sheet) or year_of(file))


def year_of(text: str) -> int:
    """Return the January that a name states: "census 2025" and "2024-25" are 2025; 0 for none or several."""
    found = {int(m[1]) + (1 if m[2] and int(m[2]) % 100 == (int(m[1]) + 1) % 100 else 0)
             for m in _YEARS.finditer(text)}  # fmt: skip
    return found.pop() if len(found) == 1 else 0


def texts(column: pd.Series) -> pd.Series:
    """Return cells as text, stripped: the spreadsheet's number 2 is "2"."""
    if column.dtype != object:
        return column.str.strip()
    place, words = pd.factorize(column, use_na_sentinel=False)
    known = [word.strip() if type(word) is str else text_of(word).strip() for word in words]
    return pd.Series(np.array(known, dtype=object)[place], index=column.index)


def dates(column: pd.Series) -> pd.Series:
    """Return cells as dates (NaT where blank or no date): dates of a workbook, day/month/year or ISO text, serials."""
    place, words = pd.factorize(texts(column), use_na_sentinel=False)
    rest = pd.Series(words, dtype="str").str.replace(_TIME, "", regex=True)
    known = pd.Series(pd.NaT, index=rest.index, dtype="datetime64[s]")
    for pattern in _PATTERNS:
        parsed = pd.to_datetime(rest, format=pattern, errors="coerce").astype("datetime64[s]")
        known = known.fillna(parsed)
        rest = rest.where(known.isna(), "")
        if not rest.any():
            break
    serial = pd.to_numeric(rest, errors="coerce")
    days = pd.to_timedelta(serial.where(serial.between(*_SERIALS)), unit="D")
    known = known.fillna((pd.Timestamp("1899-12-30") + days).astype("datetime64[s]"))
    return pd.Series(known.to_numpy()[place], index=column.index)


def unread(column: pd.Series, parsed: pd.Series) -> list[int]:
    """Return the rows whose cell is filled but was not understood."""
    wrong = parsed.isna() & texts(column).ne("")
    return [int(row) for row in column.index[wrong]]
