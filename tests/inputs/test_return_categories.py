"""Every placement counts in exactly one category of every return."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting import axes
from forecasting.errors import UsageError
from forecasting.inputs.load import load
from forecasting.inputs.return_categories import OUTSIDE, categories, returns, to_categories
from forecasting.model.run import run
from forecasting.scenario.from_dataset import dataset_scenarios

PHASES, SETTINGS = axes.PHASES.names, axes.SETTINGS.names
# as in the returns; of the 14 rows of LSRP table 6 "other suitable arrangements" cannot be told from placements
CATEGORIES = {"lsrp_6": 13, "lsrp_7": 7, "dsg": 7, "scap": 4}


def category(name: str, phase: str, setting: str) -> str:
    return categories(name)[int(to_categories(name, [phase], [setting])[0, 0].argmax())]


@pytest.mark.parametrize("name", returns())
def test_every_phase_and_setting_maps_to_exactly_one_category(name: str) -> None:
    table = to_categories(name, PHASES, SETTINGS)
    assert (table.sum(axis=2) == 1).all()
    assert len(set(categories(name)) - {OUTSIDE}) == CATEGORIES[name]


@pytest.mark.parametrize("name", returns())
def test_the_placements_of_a_forecast_fill_a_return_without_loss(name: str) -> None:
    dataset = load([axes.DATA / "demonstration"])
    placement = run(dataset, dataset_scenarios(dataset)["mitigated"], to=2027).placement
    assert placement is not None
    for found in (placement.unmitigated, placement.mitigated):
        table = to_categories(name, found.phases, found.settings)
        filled = np.einsum("rynpsk,psc->ryc", found.placed, table)
        np.testing.assert_allclose(filled.sum(axis=2), found.placed.sum(axis=(2, 3, 4, 5)))


def test_the_traps_of_the_returns() -> None:
    assert category("scap", "primary", "special_non_maintained").startswith("State-funded special")
    assert category("dsg", "primary", "special_non_maintained").startswith("Non-maintained special")
    assert category("lsrp_6", "post_16", "resourced_provision") == "Mainstream Post 16 specialist provision"
    assert category("lsrp_6", "primary", "resourced_provision") == "Specialist bases in mainstream settings"
    assert category("lsrp_6", "primary", "hospital").startswith("Other")
    assert category("lsrp_7", "primary", "hospital") == "7.6 AP or Hospital Schools"
    assert category("scap", "post_16", "special_state") == OUTSIDE


def test_a_setting_of_the_datasets_own_is_refused() -> None:
    with pytest.raises(UsageError, match="no category for Setting A"):
        to_categories("dsg", PHASES, ["Setting A"])
