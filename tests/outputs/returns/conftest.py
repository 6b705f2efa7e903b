"""The two authorities whose returns are filled: the made-up one, and Rotherham from the published releases."""

from __future__ import annotations

import pytest

from forecasting.inputs.load import load
from forecasting.model.run import Run, run
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.support import ROOT

RELEASES = sorted((ROOT.parent / "shared" / "dfe").glob("*.zip"))


@pytest.fixture(scope="session")
def made() -> tuple[Run, Run]:
    data = load([ROOT / "data" / "demonstration"])
    scenarios = dataset_scenarios(data)
    return run(data, scenarios["baseline"]), run(data, scenarios["mitigated"])


@pytest.fixture(scope="session")
def demonstration(made: tuple[Run, Run]) -> Run:
    return made[0]


@pytest.fixture(scope="session")
def published() -> Run:
    if not RELEASES:
        pytest.skip("the published releases are not there")
    data = load(RELEASES, "372")
    return run(data, dataset_scenarios(data)["baseline"])
