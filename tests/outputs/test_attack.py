"""The attack on real exports: nothing withheld in them, or in returns beside them, is bounded to less than five.

A few Januaries here; benchmarks/disclosure_attack.py attacks every year, scenario and return.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from forecasting.export import csv_bytes
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs import protect as protect_module
from forecasting.outputs.disclosure import Policy, given_away, small
from forecasting.outputs.protect import treatments
from forecasting.outputs.returns.ages import ON_31_AUGUST, TURNED
from forecasting.outputs.returns.layout import layout
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.outputs import attack as attack_module
from tests.outputs.attack import exposed, exposed_across_years, exposed_by_returns, exposed_side_by_side
from tests.outputs.test_disclosure import attack, with_totals
from tests.support import ROOT

POLICY = Policy()


def _run(name, scenario):
    data = load([ROOT / "data" / name])
    return run(data, dataset_scenarios(data)[scenario])


@pytest.fixture(scope="module")
def demonstration():
    return _run("demonstration", "mitigated")


@pytest.fixture(scope="module")
def baseline():
    return _run("demonstration", "baseline")


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
    """The actual January and one forecast, every return, by both ages that returns may go by."""
    for first, age in ((2025, ON_31_AUGUST), (2027, ON_31_AUGUST), (2027, TURNED)):
        by = partial(layout, age=age)
        lsrp = replace(by("lsrp"), first=first, count=1, effects=())
        wanted = [lsrp, *(replace(by(code), start=first - 2025, count=1) for code in ("scap", "dsg"))]
        bad, attacked = exposed_by_returns([demonstration], POLICY, wanted)
        assert attacked > 100 and bad == 0


def test_plans_followed_from_one_january_to_the_next(demonstration):
    """What is printed of plans, of those begun and of those ceased tells no withheld one of a year group."""
    found, attacked = exposed_across_years(demonstration.forecast, POLICY, years=(2025, 2026, 2027))
    assert attacked > 800 and not found


def test_flows_by_year_group_would_tell(baseline, monkeypatch):
    """Printed by year group they tell plans that each January withholds, so that they are not printed."""
    rules = {name: replace(rule, unprinted=frozenset()) for name, rule in treatments().items()}
    monkeypatch.setattr(protect_module, "treatments", lambda: rules)
    policy = replace(POLICY, symbol="[x]")  # not found among what is remembered
    found, _ = exposed_across_years(baseline.forecast, policy, years=(2025, 2026))
    assert any("ehc_plans" in text for text in found)


def test_the_exports_of_two_scenarios_side_by_side(baseline, demonstration):
    both = (baseline.forecast, demonstration.forecast)
    found, attacked = exposed_side_by_side(both, POLICY, years=(2025,))
    assert attacked > 500 and not found


def test_scenarios_protected_each_for_itself_would_tell(baseline, demonstration, monkeypatch):
    """A figure that both have, withheld in one export and printed in the other."""
    alone = protect_module.protect
    monkeypatch.setattr(attack_module, "protect", lambda forecast, policy, beside=(): alone(forecast, policy))
    monkeypatch.setattr(attack_module, "csv_bytes", lambda forecast, policy, beside=(): csv_bytes(forecast, policy))
    found, _ = exposed_side_by_side((baseline.forecast, demonstration.forecast), POLICY, years=(2027,))
    assert found


def test_three_scenarios_compared(baseline, demonstration, monkeypatch):
    """What two scenarios share beyond the baseline is told where each is protected beside the baseline alone."""
    mitigated = demonstration.scenario
    fewer = tuple(change for change in mitigated.changes if (change.lever, change.key) != ("project_on", "P2"))
    third = run(demonstration.dataset, replace(mitigated, name="without P2", changes=fewer))
    three = [baseline.forecast, demonstration.forecast, third.forecast]
    found, attacked = exposed_side_by_side(three, POLICY, years=(2029,))
    assert attacked > 1000 and not found
    for name in ("protect", "csv_bytes"):
        real = getattr(attack_module, name)
        monkeypatch.setattr(attack_module, name, lambda forecast, policy, beside=(), real=real: real(
            forecast, policy, beside=beside[:1]))  # fmt: skip
    assert exposed_side_by_side(three, POLICY, years=(2029,))[0]


def test_the_returns_of_two_scenarios(baseline, demonstration):
    """Both sides of every return, with the forecast tables of both; every third withheld figure of one January."""
    wanted = [replace(layout("lsrp"), first=2027, count=1, effects=()), replace(layout("scap"), start=2, count=1),
              replace(layout("dsg"), start=2, count=1)]  # fmt: skip
    bad, attacked = exposed_by_returns([baseline, demonstration], POLICY, wanted, every=3)
    assert attacked > 50 and bad == 0
