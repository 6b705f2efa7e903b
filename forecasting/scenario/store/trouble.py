"""What went wrong in a database, in words; and whether trying again helps."""

from __future__ import annotations

import sqlite3

from sqlalchemy import exc

from forecasting.errors import StoreError

# What a database says when others are in the way; the save is tried again and nobody is told.
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "40001", "40P01", "55P03", "53300", "57P01", "57P03")
_FULL = "the disk is full, or has no room left for you. Free some space, then save again"
_READ_ONLY = (
    "the place is read-only for you. Ask for the right to write there, or set SUFFICIENCY_HOME to another folder"
)
_DAMAGED = (
    "the file is damaged, or is no store of scenarios. Nothing was written. Put the last backup in its place, or move "
    "it away to begin afresh"
)
_REACH = "it cannot be opened. See that the folder or the server is there and that you may use it"
_SHUT = "the server refuses the user, the password or the database. See SUFFICIENCY_DATABASE_URL"
_TOLD = {
    "SQLITE_FULL": _FULL, "SQLITE_IOERR": f"it could not be written or read; it may be that {_FULL}", "53100": _FULL,
    "SQLITE_READONLY": _READ_ONLY, "SQLITE_PERM": _READ_ONLY, "SQLITE_AUTH": _READ_ONLY, "25006": _READ_ONLY,
    "42501": _READ_ONLY, "SQLITE_CORRUPT": _DAMAGED, "SQLITE_NOTADB": _DAMAGED, "XX001": _DAMAGED, "XX002": _DAMAGED,
    "SQLITE_CANTOPEN": _REACH, "SQLITE_BUSY": "others have been writing for too long. Save again in a minute",
    "28": _SHUT, "3D000": _SHUT, "53300": "too many people use the server. Save again in a minute",
}  # fmt: skip


def code_of(error: Exception) -> str:
    """Return the database's own code of an error: SQLITE_FULL, 53100; blank when it has none."""
    found = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(found, sqlite3.Error):
        return str(getattr(found, "sqlite_errorname", ""))
    told = found.args[0] if found is not None and found.args else None
    return str(told.get("C", "")) if isinstance(told, dict) else ""


def is_busy(error: Exception) -> bool:
    """Return whether others were in the way, so that the same may succeed a moment later."""
    return code_of(error).startswith(_BUSY)


def is_lost(error: Exception) -> bool:
    """Return whether a connection broke; nobody knows then whether what was sent arrived."""
    return isinstance(error, ConnectionError) or (isinstance(error, exc.DBAPIError) and error.connection_invalidated)


def in_words(error: Exception, place: str) -> StoreError:
    """Return the error for the user; `place` is the store in words."""
    code = code_of(error)
    if isinstance(error, OSError):
        reason = _READ_ONLY if isinstance(error, PermissionError) else f"{error.strerror or error}. {_REACH}"
    else:
        reason = next((told for start, told in _TOLD.items() if code and code.startswith(start)), "") or _REACH
    detail = f" ({code})" if code else ""
    return StoreError(
        f"The saved scenarios in {place} are out of reach: {reason}{detail}. What was saved before is as it was; what "
        "you have on screen can be downloaded as a file"
    )
