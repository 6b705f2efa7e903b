"""The scenario that a name or a file means: of the dataset first, then of the store."""

from __future__ import annotations

from pathlib import Path

from forecasting.errors import ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.scenario.files import ENDING, read
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Scenario
from forecasting.scenario.store import open_store


def find(dataset: Dataset, name_or_file: str) -> Scenario:
    """Return a scenario: one in a file that ends in .toml, else the dataset's by its name, else the store's.

    A saved scenario is found by its id, or by its name where only one of the authority has it; its last version counts.

    Raises:
        ScenarioError: there is no such scenario or file, or the file holds faults.
        StoreError: the store cannot be read.
    """
    if name_or_file.lower().endswith(ENDING):
        return read(Path(name_or_file))
    known = dataset_scenarios(dataset)
    if name_or_file in known:
        return known[name_or_file]
    entry = open_store().find(name_or_file, dataset.name)
    if entry is not None:
        return open_store().open(entry.id).scenario
    saved = [f'"{one.name}" (saved)' for one in open_store().listing(dataset.name) if not one.archived]
    raise ScenarioError(
        f'there is no scenario "{name_or_file}"; the scenarios are {", ".join([*known, *saved])}, '
        f"or name a file that ends in {ENDING}"
    )
