"""The attack on real exports: nothing withheld in them, or in returns beside them, is bounded to less than five.

A few Januaries here; benchmarks/disclosure_attack.py attacks every year, scenario and return.
"""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs.disclosure import Policy, given_away, small
from forecasting.outputs.returns.layout import layout
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.outputs.attack import exposed, exposed_by_returns
from tests.outputs.test_disclosure import attack, with_totals
from tests.support import ROOT

POLICY = Policy()


def _run(name, scenario):
    data = load([ROOT / "data" / name])
    return run(data, dataset_scenarios(data)[scenario])


@pytest.fixture(scope="module")
def demonstration():
    return _run("demonstration", "mitigated")


def test_the_attack_finds_what_the_plain_one_finds():
    """On random tables with the small figures alone withheld, which gives many of them away."""
    lots, found = np.random.default_rng(20261126), 0
    for _ in range(40):
        sums = with_totals(lots.negative_binomial(0.6, 0.08, tuple(lots.integers(2, 6, 2))).astype(float))
        hidden = small(sums, POLICY)
        if hidden.any():
            ours = given_away(sums, hidden, POLICY.threshold)[hidden]
            assert (ours == (attack(sums, hidden) < POLICY.threshold - 1e-6)).all()
            found += int(ours.sum())
    assert found > 20


def test_the_export_of_the_demonstration(demonstration):
    forecast = demonstration.forecast
    found, attacked = exposed(forecast, POLICY, years=(forecast.base_year, forecast.base_year + 1, forecast.years[-1]))
    assert attacked > 800 and not found


def test_the_export_of_rotherham():
    found, attacked = exposed(_run("rotherham_2017", "published").forecast, POLICY)
    assert attacked > 100 and not found


def test_an_overlooked_tie_is_found(demonstration):
    """Children of providers, where the software is not told which kind of setting each is."""
    untold = replace(demonstration.forecast, homes=())
    year = demonstration.forecast.base_year + 2
    found, _ = exposed(untold, POLICY, homes=demonstration.forecast.homes, years=(year,))
    assert found and all("placements" in text for text in found)


def test_returns_beside_the_export(demonstration):
    """The actual January and one forecast, every return."""
    for first in (2025, 2027):
        wanted = [replace(layout("lsrp"), first=first, count=1, effects=()),
                  replace(layout("scap"), start=first - 2025, count=1),
                  replace(layout("dsg"), start=first - 2025, count=1)]  # fmt: skip
        bad, attacked = exposed_by_returns([demonstration], POLICY, wanted)
        assert attacked > 100 and bad == 0
