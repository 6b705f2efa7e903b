from __future__ import annotations

from pathlib import Path

import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from tests.support import DEMONSTRATION, ROTHERHAM, Copy, copy_rotherham, synthetic_pupil_tables, write_tables

SLOWEST = (
    "test_store_under_fire",
    "test_fill",
    "test_house",
    "test_workbook",
    "test_placements_invariants",
    "test_dfe",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first, so that no processor waits for one of them at the end."""
    place = {name: order for order, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(SLOWEST)))


@pytest.fixture(scope="session")
def rotherham() -> Dataset:
    """The bundled dataset, read once."""
    return load([ROTHERHAM])


@pytest.fixture(scope="session")
def demonstration() -> Dataset:
    """The synthetic authority with every table, read once."""
    return load([DEMONSTRATION])


@pytest.fixture(scope="session")
def quick(demonstration: Dataset) -> Dataset:
    """The synthetic authority without what takes long to fit: plans follow their trend; places and costs are whole."""
    slow = ("plan_moves", "births", "housing", "pupil_yields", "plan_flows")
    return Dataset({name: table for name, table in demonstration.tables.items() if name not in slow})


@pytest.fixture
def copied(tmp_path: Path) -> Copy:
    """A copy of the bundled dataset that the test may change."""
    return copy_rotherham(tmp_path / "dataset")


@pytest.fixture(scope="session")
def pupil_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A made-up authority with pupils by NC year and all that bears on them, read once."""
    return load([write_tables(synthetic_pupil_tables(), tmp_path_factory.mktemp("pupils"))])
