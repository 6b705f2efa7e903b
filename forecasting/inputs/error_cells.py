"""Cells of an .xlsx workbook whose formula fails (#REF!, #DIV/0!): fast readers hand them over as blank."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from html import unescape

from forecasting.inputs.columns import number

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)/?>")
_LINK = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)/?>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=\"e\"[^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>")
_PLACE = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")
_BROKEN = (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, EOFError, RuntimeError)


def error_cells(content: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Return, by sheet name, row and column (from 0) of each failing cell and the error that it shows."""
    try:
        book = zipfile.ZipFile(io.BytesIO(content))
        paths = sheet_paths(book)
        found = {name: _errors(book.read(path)) for name, path in paths.items() if path in book.namelist()}
    except _BROKEN:
        return {}
    return {name: cells for name, cells in found.items() if cells}


def _attributes(text: bytes) -> dict[str, str]:
    pairs = _ATTRIBUTE.findall(text)
    return {key.decode(errors="replace"): unescape(value.decode(errors="replace")) for key, value in pairs}


def sheet_paths(book: zipfile.ZipFile) -> dict[str, str]:
    """Return, by sheet name, where each sheet of an .xlsx workbook stands in it."""
    links = {}
    for text in _LINK.findall(book.read("xl/_rels/workbook.xml.rels")):
        link = _attributes(text)
        target = link.get("Target", "")
        links[link.get("Id", "")] = posixpath.normpath(posixpath.join("xl", target)).lstrip("/")
    sheets = [_attributes(text) for text in _SHEET.findall(book.read("xl/workbook.xml"))]
    return {sheet.get("name", ""): links.get(sheet.get("r:id", ""), "") for sheet in sheets}


def _errors(xml: bytes) -> dict[tuple[int, int], str]:
    if b't="e"' not in xml:
        return {}
    found = {}
    for attributes, inside in _CELL.findall(xml):
        place = _PLACE.match(_attributes(attributes).get("r", ""))
        value = _VALUE.search(inside)
        if place:
            text = unescape(value[1].decode(errors="replace")) if value else "#ERROR!"
            found[int(place[2]) - 1, number(place[1]) - 1] = text
    return found
