"""What kind of file it is, from its bytes: names lie, and each kind that cannot be read deserves its own sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import archive
from forecasting.inputs.source import Source, decode

FileType = Literal["text", "workbook"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_TEXTS = (".csv", ".txt", ".tsv")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = {b"%PDF": "a PDF", b"{\\rtf": "a Rich Text document", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
           b"GIF8": "a picture", b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive",
           b"\x1f\x8b": "a gzip archive"}  # fmt: skip
_DOCUMENTS = {"word/": "a Word document", "ppt/": "a presentation", "visio/": "a drawing"}
_LOCK = "~$"
_ALLOWED = "\t\r\n\f\xa0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"
_TABLE = "give the spreadsheet that it was made from"
_SAMPLE = 2**18


def file_type(source: Source) -> FileType:
    """Return whether a file is text or a workbook.

    Raises:
        DatasetError: it is empty, protected by a password, or of a kind that is not read.
    """
    content = source.content
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise _refuse(source, "the file is empty", "save it again and retry")
    if archive.is_zip(content):
        return _zipped(source)
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise _refuse(source, "the workbook is protected by a password", "save it without one")
        return "workbook"
    words = document(source)
    if words:
        raise _refuse(source, f"the file is {words}", _TABLE)
    return _text(source)


def document(source: Source) -> str:
    """Return what a file is when it is known to hold no table ("a PDF"); "" for any other."""
    if source.own_name.rsplit("/", 1)[-1].startswith(_LOCK):
        return "only the mark that Excel leaves beside a workbook while somebody has it open"
    if archive.is_zip(source.content):
        return next((words for part, words in _DOCUMENTS.items() if archive.has_folder(source.content, part)), "")
    return next((words for mark, words in _OTHERS.items() if source.content.startswith(mark)), "")


def without_documents(files: Iterable[Source]) -> tuple[list[Source], list[Fault]]:
    """Return the files of a zip that may hold tables, and a note for each document among them."""
    files = list(files)
    told = [(source, document(source)) for source in files]
    notes = [Fault(source.name, found=f"{words}: it holds no table and was left out", grade="note")
             for source, words in told if words]  # fmt: skip
    return [source for source, words in told if not words], notes


def _zipped(source: Source) -> FileType:
    words = document(source)
    if words:
        raise _refuse(source, f"the file is {words}", _TABLE)
    if archive.is_workbook(source.content):
        archive.check_workbook(source)
        return "workbook"
    if source.suffix in BOOKS:
        raise _refuse(source, _NO_BOOK, _SAVE_BOOK)
    raise _refuse(source, "the file is a zip that holds no table", "give the CSV files or the workbook inside")


_NO_BOOK = "the file is not a workbook that can be opened"
_SAVE_BOOK = "open it in Excel or LibreOffice and save it as .xlsx"


def _text(source: Source) -> FileType:
    if source.suffix not in (*BOOKS, *_TEXTS):
        what = f'files ending "{source.suffix}" are not read'
        raise DatasetError((Fault(source.name, found=what, allowed=".csv, .xlsx, .ods, .xls"),))
    if not _is_text(decode(Source(source.name, source.content[:_SAMPLE]))):
        book = source.suffix in BOOKS
        raise _refuse(source, _NO_BOOK if book else "the file is not text",
                      _SAVE_BOOK if book else "save it as CSV (UTF-8) and retry")  # fmt: skip
    start = source.content[:2000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        raise _refuse(source, "the file is a web page saved under the name of a spreadsheet", _SAVE_BOOK)
    return "text"


def _is_text(text: str) -> bool:
    strange = sum(not (letter.isprintable() or letter in _ALLOWED) or letter == "\ufffd" for letter in text)
    return strange <= 0.02 * len(text) and "\x00" not in text


def _refuse(source: Source, found: str, todo: str) -> DatasetError:
    return DatasetError((Fault(source.name, found=found, todo=todo),))
