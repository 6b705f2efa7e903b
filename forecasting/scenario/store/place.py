"""Where the store is, and its engine: SQLite in the user's folder, or the database that one setting names."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url

from forecasting.errors import StoreError
from forecasting.home import home

VARIABLE = "SUFFICIENCY_DATABASE_URL"
FILE = "scenarios.db"
WAIT_SECONDS = 30  # a writer waits as long for the others before it is told to try again
_POSTGRES = "postgresql+pg8000"
_LOCK = 7_300_271_828  # any number: the name of the lock that migrations hold on a server


def url_of(setting: str | None = None) -> URL:
    """Return where the store is: as set, else as SUFFICIENCY_DATABASE_URL says, else the file in the user's folder.

    Raises:
        StoreError: the setting is not the address of a database that can be used.
    """
    text = (setting or os.environ.get(VARIABLE) or "").strip()
    if not text:
        return URL.create("sqlite", database=str(home() / FILE))
    allowed = "allowed: postgresql://user:password@server/database or sqlite:///file"
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError) as error:  # the text is not shown: it may hold a password
        raise StoreError(f"{VARIABLE} is not the address of a database; {allowed}") from error
    kind = url.drivername.split("+")[0]
    if kind in ("postgresql", "postgres"):
        return url.set(drivername=_POSTGRES)
    if kind != "sqlite" or not url.database:
        raise StoreError(f'{VARIABLE} names a database of the kind "{url.drivername}"; {allowed}')
    return url


def where(url: URL) -> str:
    """Return the store in words, without a password."""
    if url.get_backend_name() == "sqlite":
        return f"the file {url.database}"
    return f'the database "{url.database}" on {url.host}'


def engine_of(url: URL) -> sa.Engine:
    """Return the engine of a store."""
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", _settings)
        event.listen(engine, "checkout", _same_file(Path(str(url.database))))
        event.listen(engine, "begin", _begin)
        return engine
    return sa.create_engine(url, pool_pre_ping=True, connect_args={"timeout": WAIT_SECONDS})


def _settings(connection: sqlite3.Connection, record: object) -> None:
    # Transactions are begun by us. FULL: a save is on the disk before it is acknowledged.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _same_file(path: Path) -> Callable[[object, sa.pool.ConnectionPoolEntry, object], None]:
    """Return a check that a connection still writes to the file of that name, and not to one since deleted."""

    def check(connection: object, record: sa.pool.ConnectionPoolEntry, proxy: object) -> None:
        try:
            found = path.stat()
        except OSError:
            return
        here = (found.st_dev, found.st_ino)
        if record.info.setdefault("file", here) != here:
            raise exc.DisconnectionError("the file was replaced")

    return check


def _begin(connection: sa.Connection) -> None:
    # One that reads first and then writes could be refused half-way; a transaction that is to write says so at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def prepare(url: URL) -> None:
    """Make the folder of a file that is not there yet, and have readers and one writer not wait for each other.

    Raises:
        OSError, sqlite3.Error: the folder or the file cannot be written.
    """
    if url.get_backend_name() != "sqlite":
        return
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def hold_lock(connection: sa.Connection) -> None:
    """Keep other migrations out until the transaction ends; SQLite has but one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
