"""A council's own copy of the official workbook, filled where its tables are and untouched everywhere else.

The file is opened as what it is, a zip of XML parts: only the sheets that hold a table are written again, and in them
only the cells of figures. Formulas, merged cells, validation, hidden sheets, styles and macros stay byte for byte.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from lxml import etree
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string as column_number
from openpyxl.utils.cell import coordinate_from_string

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.archive import check_workbook
from forecasting.inputs.source import Source
from forecasting.outputs.returns.filled import Filled, FilledTable

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
_WIDE, _DEEP = 60, 2_000  # how far a table is looked for


@dataclass(frozen=True)
class Anchor:
    """Where one variant of one table stands in the official workbook.

    Attributes:
        table: number of the table.
        variant: name of the variant.
        sheet: name of the sheet.
        cell: the cell of its first figure, such as "C7"; figures run down by row and across by year, as in the return.
    """

    table: str
    variant: str
    sheet: str
    cell: str


@dataclass(frozen=True)
class Completed:
    """The filled workbook and what happened to it.

    Attributes:
        content: the file.
        written: number of cells written.
        kept: cells that hold a formula and were left as they are, such as "Table 6!C21".
        blank: cells left as they were because the figure is not known.
    """

    content: bytes
    written: int
    kept: tuple[str, ...]
    blank: int


class _Part:
    """One sheet of the workbook: its XML and its cells by address."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.tree = etree.fromstring(content, _PARSER)
        self.cells = {cell.get("r"): cell for cell in self.tree.iter(f"{_MAIN}c")}

    def write(self, address: str, value: int) -> bool:
        """Write a number and keep the style; False when the cell holds a formula and is left alone."""
        cell = self.cells.get(address)
        cell = self._new(address) if cell is None else cell
        if cell.find(f"{_MAIN}f") is not None:
            return False
        for child in list(cell):
            cell.remove(child)
        cell.attrib.pop("t", None)
        etree.SubElement(cell, f"{_MAIN}v").text = str(value)
        return True

    def _new(self, address: str) -> etree._Element:
        letters, number = coordinate_from_string(address)
        row = self._row(number)
        cell = etree.Element(f"{_MAIN}c", r=address)
        at = sum(1 for other in row if column_number(_letters(other)) < column_number(letters))
        row.insert(at, cell)
        self.cells[address] = cell
        return cell

    def _row(self, number: int) -> etree._Element:
        data = self.tree.find(f"{_MAIN}sheetData")
        for at, row in enumerate(data):
            if int(row.get("r")) == number:
                return row
            if int(row.get("r")) > number:
                found = etree.Element(f"{_MAIN}row", r=str(number))
                data.insert(at, found)
                return found
        return etree.SubElement(data, f"{_MAIN}row", r=str(number))


def _letters(cell: etree._Element) -> str:
    return str(coordinate_from_string(cell.get("r"))[0])


class Official:
    """An official workbook that was uploaded."""

    def __init__(self, name: str, content: bytes) -> None:
        """Open the workbook.

        Raises:
            DatasetError: it is not an .xlsx or .xlsm workbook, or one that would grow without measure.
        """
        self.name, self.content = name, content
        check_workbook(Source(name, content))
        try:
            self.zip = zipfile.ZipFile(BytesIO(content))
            self.sheets = dict(self._sheets())
        except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
            todo = "save the official workbook as .xlsx and upload it again"
            fault = Fault(name, found="this is not an Excel workbook", allowed=".xlsx or .xlsm", todo=todo)
            raise DatasetError((fault,)) from error
        self.texts = self._shared()

    def _sheets(self) -> Iterator[tuple[str, str]]:
        book = etree.fromstring(self.zip.read("xl/workbook.xml"), _PARSER)
        links = etree.fromstring(self.zip.read("xl/_rels/workbook.xml.rels"), _PARSER)
        targets = {link.get("Id"): link.get("Target") for link in links}
        for sheet in book.iter(f"{_MAIN}sheet"):
            target = str(targets[sheet.get(_RELATION)])
            yield str(sheet.get("name")), target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    def _shared(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self.zip.namelist():
            return []
        tree = etree.fromstring(self.zip.read("xl/sharedStrings.xml"), _PARSER)
        return ["".join(part.text or "" for part in item.iter(f"{_MAIN}t")) for item in tree]

    def part(self, sheet: str) -> _Part:
        """Return one sheet."""
        return _Part(self.sheets[sheet], self.zip.read(self.sheets[sheet]))

    def words(self, sheet: str) -> dict[tuple[int, int], str]:
        """Return the texts of a sheet by row and column, both from 1; plain words, lower case."""
        found = {}
        for address, cell in self.part(sheet).cells.items():
            letters, row = coordinate_from_string(address)
            text = self._text(cell)
            if text and column_number(letters) <= _WIDE and row <= _DEEP:
                found[row, column_number(letters)] = _plain(text)
        return found

    def _text(self, cell: etree._Element) -> str:
        value = cell.find(f"{_MAIN}v")
        if cell.get("t") == "s" and value is not None:
            return self.texts[int(value.text)]
        if cell.get("t") == "inlineStr":
            return "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        return str(value.text) if value is not None and value.text else ""


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9/ ]+", " ", text.lower()).split())


def guess(official: Official, filled: Filled) -> tuple[Anchor, ...]:
    """Return where the tables of a return seem to stand, by the labels of their rows and the names of their years.

    A table is found where its row labels follow each other in one column with its first year in a heading above; of
    several such places the first is for the first variant, the next for the second. Tables with the same rows are told
    apart by the number or title above them: what is headed as one table is not taken for another.
    """
    found: list[Anchor] = []
    taken: set[tuple[str, str]] = set()
    places = {sheet: official.words(sheet) for sheet in official.sheets}
    for table in filled.tables:
        spots = [(sheet, cell) for sheet, words in places.items() for cell in _spots(words, table, filled.tables)]
        free = [spot for spot in spots if spot not in taken]
        for variant, (sheet, cell) in zip(filled.layout.variants, free, strict=False):
            taken.add((sheet, cell))
            found.append(Anchor(table.table.id, variant, sheet, cell))
    return tuple(found)


def _spots(words: Mapping[tuple[int, int], str], table: FilledTable, tables: Sequence[FilledTable]) -> Iterator[str]:
    down, across = (table.columns, table.labels) if table.table.across else (table.labels, table.columns)
    rows, first = [_plain(label) for label in down], _plain(across[0])
    for (row, column), text in sorted(words.items()):
        if text == rows[0] and all(words.get((row + at, column)) == label for at, label in enumerate(rows)):
            start = _heading(words, row, column, first)
            if start is not None and _headed(words, row, tables) in ("", table.table.id):
                yield f"{get_column_letter(start)}{row}"


def _headed(words: Mapping[tuple[int, int], str], row: int, tables: Sequence[FilledTable]) -> str:
    """Return the number of the table that the nearest of the six rows above names; "" where none does."""
    for above in range(row - 1, max(0, row - 7), -1):
        texts = [text for (at, _), text in words.items() if at == above]
        named = [(len(name), table.table.id) for table in tables for text in texts for name in _names(table)
                 if f"{text} ".startswith(f"{name} ")]  # fmt: skip
        if named:
            return max(named)[1]
    return ""


def _names(table: FilledTable) -> tuple[str, ...]:
    """Return how a heading may begin that names a table; a number alone could be a year group or a count."""
    number, title = _plain(table.table.id), _plain(table.table.title)
    return (f"table {number}", f"{number} {title}", title)


def _heading(words: Mapping[tuple[int, int], str], row: int, column: int, first: str) -> int | None:
    """Return the column of the first figures: where the name of the first year stands, at most five rows above."""
    for above in range(row - 1, max(0, row - 6), -1):
        for across in range(column + 1, column + 12):
            if words.get((above, across), "").split(" ")[0] == first or words.get((above, across)) == first:
                return across
    return None


def complete(official: Official, filled: Filled, anchors: Sequence[Anchor]) -> Completed:
    """Return the official workbook with the figures of a return written where its tables stand.

    Raises:
        DatasetError: an anchor names a sheet, table or cell that there is not; with every fault.
    """
    faults = [fault for anchor in anchors for fault in _anchor_faults(official, filled, anchor)]
    if faults:
        raise DatasetError(tuple(faults))
    parts = {sheet: official.part(sheet) for sheet in dict.fromkeys(anchor.sheet for anchor in anchors)}
    written, blank = 0, 0
    kept: list[str] = []
    for anchor in anchors:
        for address, value in _figures(filled, anchor):
            if np.isnan(value):
                blank += 1
            elif parts[anchor.sheet].write(address, int(value)):
                written += 1
            else:
                kept.append(f"{anchor.sheet}!{address}")
    return Completed(_zipped(official, list(parts.values())), written, tuple(kept), blank)


def _anchor_faults(official: Official, filled: Filled, anchor: Anchor) -> list[Fault]:
    faults = []
    if anchor.sheet not in official.sheets:
        faults.append(Fault(official.name, anchor.sheet, found="there is no such sheet",
                            allowed=", ".join(official.sheets), todo="name one of these sheets"))  # fmt: skip
    if not re.fullmatch(r"[A-Z]{1,3}[1-9][0-9]{0,6}", anchor.cell):
        faults.append(Fault(official.name, anchor.sheet, found=f'"{anchor.cell}" is not a cell', allowed="such as C7",
                            todo=f"give the cell of the first figure of table {anchor.table}"))  # fmt: skip
    if anchor.table not in [table.table.id for table in filled.tables] or anchor.variant not in filled.layout.variants:
        faults.append(Fault(official.name, anchor.sheet, found=f"table {anchor.table} ({anchor.variant}) is not in the "
                            "return", todo="use the numbers and variants of the return"))  # fmt: skip
    return faults


def _figures(filled: Filled, anchor: Anchor) -> Iterator[tuple[str, float]]:
    table = next(item for item in filled.tables if item.table.id == anchor.table)
    values = table.values[filled.layout.variants.index(anchor.variant)]
    values = values.T if table.table.across else values
    letters, row = coordinate_from_string(anchor.cell)
    for (down, across), value in np.ndenumerate(values):
        yield f"{get_column_letter(column_number(letters) + across)}{row + down}", float(value)


def _zipped(official: Official, parts: Sequence[_Part]) -> bytes:
    """Return the workbook with some sheets written again; every other part is copied as it is."""
    changed = {part.path: etree.tostring(part.tree, xml_declaration=True, encoding="UTF-8", standalone=True)
               for part in parts}  # fmt: skip
    changed["xl/workbook.xml"] = _recalculating(official.zip.read("xl/workbook.xml"))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for item in official.zip.infolist():
            data = changed.get(item.filename) or official.zip.read(item.filename)
            out.writestr(copy(item), data)  # writing changes the record
    return stream.getvalue()


def _recalculating(content: bytes) -> bytes:
    """Return the workbook part that asks Excel to calculate every formula afresh on opening."""
    tree = etree.fromstring(content, _PARSER)
    calc = tree.find(f"{_MAIN}calcPr")
    if calc is None:
        after = [at for at, child in enumerate(tree) if child.tag in (f"{_MAIN}sheets", f"{_MAIN}definedNames")]
        calc = etree.Element(f"{_MAIN}calcPr")
        tree.insert(after[-1] + 1, calc)
    calc.set("fullCalcOnLoad", "1")
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))
