from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forecasting.scenario.store import Store
from tests.scenario.postgres import fresh, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server that the tests share."""
    with postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scenarios.db'}"
    return fresh(request.getfixturevalue("server"))


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """An empty store, on each kind of database in turn."""
    found = Store(place)
    yield found
    found.close()
