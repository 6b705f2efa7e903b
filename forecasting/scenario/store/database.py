"""A database of scenarios: transactions on tables that are up to date, tried again while others are in the way."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from forecasting.scenario.store import trouble
from forecasting.scenario.store.migrate import is_current, upgrade
from forecasting.scenario.store.place import engine_of, prepare, url_of, where

PATIENCE_SECONDS = 60  # how long the same is tried again while others are in the way
_ATTEMPTS = 3  # how often after a lost connection: a server that is gone shall not keep anybody waiting
T = TypeVar("T")


class Database:
    """Opened on first use; every method raises StoreError when it cannot be read or written."""

    def __init__(self, setting: str | None = None) -> None:
        """Name the database: its address, or the one that is set for this installation."""
        self._url = url_of(setting)
        self._engine = engine_of(self._url)
        self.place = where(self._url)

    @property
    def is_there(self) -> bool:
        """Return whether anything can be in it: a file that is not there is empty, a server has to be asked."""
        return self._url.get_backend_name() != "sqlite" or Path(str(self._url.database)).exists()

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what the work reads, as it stood at one moment."""
        return self._patiently(work, writes=False)

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what the work gives once all that it wrote is on the disk; whatever it raises, nothing was written.

        The work may be done again when the answer to a first attempt was lost: it has to recognise its own rows.
        """
        return self._patiently(work, writes=True)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _patiently(self, work: Callable[[sa.Connection], T], *, writes: bool) -> T:
        until, attempts = time.monotonic() + PATIENCE_SECONDS, 0
        while True:
            try:
                return self._once(work, writes=writes)
            except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
                attempts += not trouble.is_busy(error)
                again = trouble.is_busy(error) or (trouble.is_lost(error) and attempts < _ATTEMPTS)
                if not again or time.monotonic() > until:
                    raise trouble.in_words(error, self.place) from error
            time.sleep(random.uniform(0.005, 0.05))  # not all at the same moment again

    def _once(self, work: Callable[[sa.Connection], T], *, writes: bool) -> T:
        if self.is_there:
            with self._begun(writes=writes) as connection:
                if is_current(connection, self.place):
                    return work(connection)
        prepare(self._url)
        with self._begun(writes=True) as connection:
            upgrade(connection, self.place)
        with self._begun(writes=writes) as connection:
            return work(connection)

    @contextmanager
    def _begun(self, *, writes: bool) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            connection = connection.execution_options(writes=writes)
            with connection.begin():
                yield connection
