"""Zip files read in memory, with limits: nothing is unpacked to disk, and nothing is read without end."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.extent import extent_faults
from forecasting.inputs.source import Source

MAX_MEMBERS = 1_000
MAX_BYTES = 400 * 2**20
MAX_RATIO = 200
_SMALL = 2**20
_CHUNK = 2**20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_LITTER = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


def is_zip(content: bytes) -> bool:
    """Return whether bytes begin as a zip file does (workbooks of today do too; see `is_workbook`)."""
    return content.startswith(_ZIP)


def is_workbook(content: bytes) -> bool:
    """Return whether a zip file is a workbook inside (.xlsx, .xlsm, .xlsb, .ods), whatever its name."""
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except _BROKEN:
        return False
    return "[Content_Types].xml" in names or "content.xml" in names


def has_folder(content: bytes, folder: str) -> bool:
    """Return whether a zip file holds a folder at its top, such as "word/" in a Word document."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except _BROKEN:
        return False
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)


def members(source: Source) -> list[Source]:
    """Return the files of a zip, each named "archive.zip: name in the archive".

    Raises:
        DatasetError: the zip is damaged, encrypted, holds a zip, points outside itself or is far too large inside.
    """
    archive = _open(source)
    infos = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(info.filename)]
    faults = [*_member_faults(source, infos), *size_faults(source.name, infos)]
    if faults:
        raise DatasetError(tuple(faults))
    found = [_read(source, archive, info) for info in infos]
    nested = [_fault(source, f'"{item.name}" is itself a zip', "unpack it and give the files inside")
              for item in found if is_zip(item.content) and not is_workbook(item.content)]  # fmt: skip
    if nested:
        raise DatasetError(tuple(nested))
    return found


def check_workbook(source: Source) -> None:
    """Refuse a workbook that would grow without measure when opened: by the sizes it declares, and how far cells reach.

    Raises:
        DatasetError: it is damaged, or far too large inside.
    """
    faults = size_faults(source.name, _open(source).infolist()) or extent_faults(source.name, source.content)
    if faults:
        raise DatasetError(tuple(faults))


def size_faults(name: str, infos: list[zipfile.ZipInfo]) -> list[Fault]:
    """Return what is wrong with the number and declared sizes of the files in a zip."""
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    found = ""
    if len(infos) > MAX_MEMBERS:
        found = f"the zip holds {len(infos):,} files"
    elif total > MAX_BYTES:
        found = f"the zip would unpack to {total / 2**20:,.0f} MB"
    elif total > _SMALL and total > MAX_RATIO * max(packed, 1):
        found = f"the zip would unpack to {total / max(packed, 1):,.0f} times its size, as a zip bomb does"
    if not found:
        return []
    return [Fault(name, found=found, allowed=_limits(), todo="give the files that matter, unpacked")]


def _limits() -> str:
    return f"at most {MAX_MEMBERS:,} files, {MAX_BYTES // 2**20} MB and {MAX_RATIO} times the packed size"


def _open(source: Source) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(source.content))
    except _BROKEN as error:
        raise DatasetError((_fault(source, "the zip is damaged and cannot be opened", _AGAIN),)) from error


_AGAIN = "download or save it again"


def _fault(source: Source, found: str, todo: str) -> Fault:
    return Fault(source.name, found=found, todo=todo)


def _is_litter(name: str) -> bool:
    return name.lower().startswith(_LITTER[0]) or name.lower().endswith(_LITTER[1:])


def _member_faults(source: Source, infos: list[zipfile.ZipInfo]) -> list[Fault]:
    if not infos:
        return [_fault(source, "the zip holds no files", _AGAIN)]
    faults = []
    for info in infos:
        if info.flag_bits & 1:
            faults.append(_fault(source, f'"{info.filename}" is protected by a password', "save the zip without one"))
        if _escapes(info.filename):
            faults.append(_fault(source, f'the name "{info.filename}" points outside the zip',
                                 "do not use this file; ask its sender for a new one"))  # fmt: skip
    return faults


def _escapes(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0]


def _read(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Source:
    """Read one file, never further than the size that it declares: a header may lie about it."""
    chunks, size = [], 0
    try:
        with archive.open(info) as handle:
            while chunk := handle.read(_CHUNK):
                size += len(chunk)
                if size > info.file_size:
                    raise zipfile.BadZipFile("longer than declared")
                chunks.append(chunk)
    except _BROKEN as error:
        fault = _fault(source, f'"{info.filename}" in the zip is damaged', _AGAIN)
        raise DatasetError((fault,)) from error
    return Source(f"{source.name}: {info.filename}", b"".join(chunks))
