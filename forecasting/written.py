"""Files that we write: whether a result can go where it is wanted, and a file that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4

from forecasting.errors import UsageError


def destination(path: Path, *endings: str) -> Path:
    """Return the path of a result; asked before any work is done, so that none is lost.

    Args:
        path: the file to write.
        endings: the endings allowed, such as ".csv".

    Raises:
        UsageError: another ending, a folder that is not there or may not be written in, a folder in the file's place.
    """
    if path.suffix.lower() not in endings:
        raise UsageError(f'a file ending "{path.suffix}" is not written; allowed: {", ".join(endings)}')
    if not path.parent.is_dir():
        raise UsageError(f'there is no folder "{path.parent}" to write {path.name} in')
    if path.is_dir():
        raise UsageError(f'"{path}" is a folder; give the file to write another name')
    if not all(os.access(place, os.W_OK) for place in (path.parent, path) if place.exists()):
        raise UsageError(f'"{path}" may not be written; name another folder, or ask for the right to write there')
    return path


def save(path: Path, content: bytes) -> None:
    """Write a result.

    Raises:
        UsageError: it cannot be written; what stood there before still does.
    """
    try:
        write_whole(path, content)
    except OSError as error:
        raise UsageError(
            f'"{path}" cannot be written ({error.strerror or error}): close it where it is open, free space, '
            "or name another file"
        ) from error


def keep(path: Path, text: str) -> None:
    """Write a text into the folder of the user's own things, which is made where it is missing.

    Raises:
        OSError: it cannot be written; what stood there before still does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: under another name, forced to the disk, then renamed.

    Raises:
        OSError: it cannot be written; what stood there before still does.
    """
    path = path.resolve()  # the file that a link leads to, not the link
    part = path.with_name(f".part-{uuid4().hex}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # only there can a folder be forced to the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
