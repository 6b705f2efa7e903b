"""The table of interventions: wrong levers, values and projects are said with their row; mitigated takes them in."""

from __future__ import annotations

import pytest

from forecasting.errors import DatasetError, ScenarioError
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.scenario.from_dataset import dataset_scenarios, interventions
from forecasting.scenario.scenario import Change, Scenario
from tests.support import Copy

ROW = {"intervention": "Reviews", "kind": "annual_review", "lever": "cease_rate", "project": "", "from_year": "2018",
       "ramp_years": "", "value": "0.05", "cost_gbp_per_year": "1000", "owner": "A team",
       "source": "a plan"}  # fmt: skip


def with_row(copied: Copy, **changes: str) -> Copy:
    copied.write("interventions", [{**ROW, **changes}])
    return copied


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"lever": "cease"}, '"cease" is not a lever'), ({"value": "7"}, '"7" is not allowed'),
     ({"project": "99"}, '"99" is not a project'), ({"kind": "magic"}, "magic")],
)  # fmt: skip
def test_a_fault_names_its_row(copied: Copy, changes: dict[str, str], says: str) -> None:
    with pytest.raises(DatasetError) as raised:
        with_row(copied, **changes).load()
    assert says in str(raised.value) and "interventions" in str(raised.value) and "row 2" in str(raised.value)


def test_mitigated_takes_the_interventions_in_with_their_cost(copied: Copy) -> None:
    dataset = with_row(copied).load()
    found = interventions(dataset)["Reviews"]
    assert [(change.lever, change.value, change.key, change.from_year) for change in found] == [
        ("cease_rate", 0.05, "", 2018), ("intervention_cost", 1000.0, "Reviews", 2018)]  # fmt: skip
    assert set(found) <= set(dataset_scenarios(dataset)["mitigated"].changes)
    assert not set(found) & set(dataset_scenarios(dataset)["baseline"].changes)


def test_an_unknown_intervention_is_refused(copied: Copy) -> None:
    dataset = load([with_row(copied).path])
    with pytest.raises(ScenarioError, match='there is no intervention "Magic"; allowed: Reviews'):
        run(dataset, Scenario("s", (Change("intervention_cost", 5.0, "Magic"),)))
