"""Disclosure control: nothing withheld can be worked out, by an attacker who solves for it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from forecasting import axes
from forecasting.model.run import run
from forecasting.outputs.disclosure import INTERNAL, Policy, Sums, small, withheld
from forecasting.outputs.protect import protect, treatments
from forecasting.outputs.systems import systems
from forecasting.scenario.from_dataset import dataset_scenarios

POLICY = Policy()


def with_totals(cells):
    """Return a table and all its totals as one system, built here without the product's own code for sums."""
    full = cells
    for axis in range(cells.ndim):
        full = np.concatenate([full, full.sum(axis=axis, keepdims=True)], axis=axis)
    at = np.arange(full.size).reshape(full.shape)
    rules = []
    for axis in range(cells.ndim):
        for line in np.moveaxis(at, axis, -1).reshape(-1, full.shape[axis]):
            rule = np.zeros(full.size)
            rule[line[:-1]], rule[line[-1]] = 1, -1
            rules.append(rule)
    return Sums(full.ravel(), sparse.csr_matrix(np.array(rules)))


def attack(sums, hidden):
    """Return how wide a range is left about each withheld figure: published figures, sums and no negatives known.

    One programme holds a copy of the table for each withheld figure, so that all are attacked at once. A range is cut
    off at a thousand, because one without end would end the whole programme.
    """
    inside, size = sums.rules[:, hidden], int(hidden.sum())
    given = np.tile(-(sums.rules[:, ~hidden] @ sums.values[~hidden]), size)
    copies = sparse.block_diag([inside] * size, format="csr")
    aim = np.eye(size).ravel()
    ends = [linprog(sign * aim, A_eq=copies, b_eq=given, bounds=np.array([[0, 1000 + sums.values.sum()]]))
            for sign in (1, -1)]  # fmt: skip
    assert all(end.status == 0 for end in ends)
    low, high = (end.x[aim == 1] for end in ends)
    return np.minimum(high - low, 1000)


def test_by_hand():
    # 2 | 20 → 22 and 30 | 40 → 70; columns 32, 60. Withholding the 2 alone gives it away (22 − 20), so a rectangle
    # of four is withheld: the 2 may then be anything from 0 to 22 (the first row's total).
    sums = with_totals(np.array([[2.0, 20.0], [30.0, 40.0]]))
    hidden = withheld(sums, POLICY).reshape(3, 3)
    assert small(sums, POLICY).reshape(3, 3).tolist() == [[True, False, False], [False] * 3, [False] * 3]
    assert hidden[:2, :2].all() and not hidden[2].any() and not hidden[:, 2].any()


def test_what_a_reader_looks_for_first_is_withheld_last():
    # 2 + 30 + 40 → 72: the 30 protects the 2 at the least loss; as a headline it is printed, and the 40 does it
    sums = with_totals(np.array([2.0, 30.0, 40.0]))
    assert withheld(sums, POLICY).tolist() == [True, True, False, False]
    headline = np.array([False, True, False, False])
    assert withheld(sums, POLICY, headline=headline).tolist() == [True, False, True, False]
    # only the total is left to protect the 2 when nothing else is there: then it is withheld all the same
    assert withheld(with_totals(np.array([2.0])), POLICY, headline=np.array([False, True])).tolist() == [True, True]


def test_a_policy_without_secondary_gives_small_numbers_away():
    sums = with_totals(np.array([[2.0, 20.0], [30.0, 40.0]]))
    alone = withheld(sums, Policy(secondary=False))
    assert attack(sums, alone).tolist() == [0.0]


def test_two_hundred_random_tables():
    lots = np.random.default_rng(20261124)
    for number in range(200):
        shape = (3, 4, 3) if number % 4 == 0 else tuple(lots.integers(2, 6, 2))
        sums = with_totals(lots.negative_binomial(0.6, 0.08, shape).astype(float))
        hidden = withheld(sums, POLICY)
        assert hidden[small(sums, POLICY)].all()
        assert hidden.any() == small(sums, POLICY).any()
        if hidden.any():
            assert attack(sums, hidden).min() >= POLICY.threshold - 1e-6


def test_zeros_when_the_policy_says_so():
    sums = with_totals(np.array([[0.0, 20.0], [30.0, 40.0]]))
    assert not withheld(sums, POLICY).any()
    assert withheld(sums, Policy(zeros=True)).reshape(3, 3)[0, 0]


@pytest.fixture(scope="module")
def made(demonstration):
    return run(demonstration, dataset_scenarios(demonstration)["baseline"], draws=20).forecast


@pytest.fixture(scope="module")
def shared(made):
    return protect(made, POLICY)


def test_one_year_protected_alone_is_that_year_of_all(made, shared):
    alone = protect(made, POLICY, only=2030)
    for whole, one in zip(shared.forecast.margins, alone.forecast.margins, strict=True):
        if not whole.axes or whole.axes[0] != "year":
            continue
        at = np.array([int(year) == 2030 for year in whole.labels[0]])
        np.testing.assert_array_equal(one.stats[:, at], whole.stats[:, at])
        if whole.measure in ("placements", "ehc_plans", "cost_gbp") and len(whole.axes) > 1:
            assert np.isnan(one.stats[:, ~at][~np.isnan(whole.stats[:, ~at])]).all() or whole.measure == "cost_gbp"


def _hidden_of(protected, system):
    return np.array([protected.hidden[m].ravel()[c] for m, c in zip(system.margin, system.cell, strict=True)])


@pytest.mark.parametrize("measure", ["placements", "new_plans", "ehc_plans"])
def test_the_real_export_withstands_the_attack(shared, measure):
    there = {margin.identity for margin in shared.forecast.margins}
    kept = tuple(margin for margin in shared.whole.margins if margin.identity in there)
    untold = replace(shared.whole, margins=kept, homes=())  # every figure of the system is printed or withheld
    system = max(systems(untold, [measure]), key=lambda found: (found.year, found.values.size))
    values = system.values
    hidden = _hidden_of(shared, system)
    assert hidden.any()
    few = np.flatnonzero(hidden)[:: max(1, int(hidden.sum()) // 60)]
    ranges = _attack_some(Sums(values, system.rules), hidden, few)
    assert ranges.min() >= POLICY.threshold - 1e-6


def _attack_some(sums, hidden, some):
    rules = sums.rules[:, hidden]
    given = -(sums.rules[:, ~hidden] @ sums.values[~hidden])
    order = np.flatnonzero(hidden)
    ranges = []
    for at in some:
        aim = (order == at).astype(float)
        low = linprog(aim, A_eq=rules, b_eq=given, bounds=(0, None))
        high = linprog(-aim, A_eq=rules, b_eq=given, bounds=(0, None))
        ranges.append(np.inf if high.status == 3 else -high.fun - low.fun)
    return np.array(ranges)


def test_no_small_number_is_left_in_the_export(shared):
    table = shared.forecast.table
    counted = table["measure"].map(lambda name: treatments()[name].own)
    left = table.loc[counted & (table["central"] > 0) & (table["central"] < POLICY.threshold)]
    assert left.empty


def test_what_follows_a_withheld_figure_is_withheld(shared):
    forecast = shared.forecast
    children = forecast.margin("placements", "provider").stats[0]
    spare = forecast.margin("spare_places", "provider").stats[0]
    assert np.isnan(children).any()
    assert np.isnan(spare[np.isnan(children)]).all()


def test_the_cost_of_a_kind_of_setting_is_withheld_with_its_children(made):
    """14 children in alternative provision; costs name more kinds of setting than placements do."""
    margins = tuple(margin for margin in made.margins if margin.measure in ("placements", "cost_gbp")
                    and margin.axes == ("year", "setting"))  # fmt: skip
    safe = protect(replace(made, margins=margins), Policy(threshold=20), only=2025).forecast
    children, cost = safe.margin("placements", "setting"), safe.margin("cost_gbp", "setting", component="top_up")
    assert children.labels[1] != cost.labels[1]
    for margin in (children, cost):
        row = margin.labels[0].index(2025)
        assert np.isnan(margin.stats[0][row, margin.labels[1].index("ap_pru")])
        assert not np.isnan(margin.stats[0][row, margin.labels[1].index("special_state")])


def test_shared_figures_are_whole_and_add_up(shared):
    for measure in ("placements", "ehc_plans"):
        for system in systems(shared.forecast, [measure]):
            assert (system.values == np.round(system.values)).all()
    by_need = shared.forecast.margin("ehc_plans", "age_band").stats[0]
    total = shared.forecast.margin("ehc_plans").stats[0]
    whole = ~np.isnan(by_need).any(axis=1)
    assert (by_need[whole].sum(axis=1) == total[-len(by_need) :][whole]).all()


def test_rounding_instead(made):
    rounded = protect(made, Policy(form="round", base=5)).forecast
    assert (rounded.margin("ehc_plans", "need").stats[0] % 5 == 0).all()
    by_need, total = rounded.margin("ehc_plans", "need").stats[0], rounded.margin("ehc_plans").stats[0]
    assert (by_need.sum(axis=1) == total[-len(by_need) :]).all()


def test_internal_working_is_left_as_it_is_and_says_so(made):
    assert protect(made, INTERNAL).forecast is made
    assert "internal" in INTERNAL.sentence.lower()


def test_the_sentence_of_a_policy_says_what_was_done():
    assert "1 to 4" in POLICY.sentence and "[c]" in POLICY.sentence and "confirm" in POLICY.sentence
    assert "confirm" not in Policy(confirmed=True).sentence
    assert "multiple of 5" in Policy(form="round").sentence


def test_every_measure_has_a_treatment():
    assert set(treatments()) == set(axes.MEASURES.names)
    assert {rule.follows for rule in treatments().values() if rule.follows} <= {
        name for name, rule in treatments().items() if rule.own
    }
