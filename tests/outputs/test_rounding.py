"""Controlled rounding: whole numbers that add up and stay near the unrounded ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from forecasting.outputs import rounding
from forecasting.outputs.rounding import controlled, every_margin, round_linked


def _margins(table):
    axes = range(table.ndim)
    return [table.sum(tuple(a for a in axes if a not in kept)) for kept in every_margin(table.ndim)]


def test_by_hand():
    # 0.5 | 0.5 → total 1: rounding each by itself gives 0 + 0 or 1 + 1; one of the two has to go up.
    # 1.4 | 1.4 → total 2.8, printed 3: one of the two has to be 2. Columns: 1.9 and 1.9 → 2 and 2. Grand total 3.8 → 4.
    table = np.array([[0.5, 0.5], [1.4, 1.4]])
    found = controlled(table)
    assert found.sum(axis=1).tolist() == [1, 3]
    assert found.sum(axis=0).tolist() == [2, 2]
    assert sorted(found[0]) == [0, 1] and sorted(found[1]) == [1, 2]


def test_a_thousand_random_three_way_tables():
    rng = np.random.default_rng(20261124)
    for _ in range(1000):
        table = rng.gamma(0.7, 5, tuple(rng.integers(2, 6, 3)))
        found = controlled(table)
        assert np.abs(found - table).max() < 1
        for ours, real in zip(_margins(found), _margins(table), strict=True):
            assert np.abs(ours - real).max() < 1 + 1e-6


def _distance(found, table):
    """Each cell counts 1, a total four times as much for each axis that it is summed over."""
    totals = zip(every_margin(table.ndim), _margins(found), _margins(table), strict=True)
    return np.abs(found - table).sum() + sum(4 ** (table.ndim - len(kept)) * np.abs(ours - real).sum()
                                             for kept, ours, real in totals)  # fmt: skip


def test_what_is_settled_early_costs_next_to_nothing(monkeypatch):
    """Two of these three tables do not come out whole by themselves; with nothing settled the solver chooses freely."""
    tables = np.random.default_rng(1).gamma(0.5, 6, (3, 13, 14, 5))
    found = [controlled(table) for table in tables]
    monkeypatch.setattr(rounding, "_DEAR", np.inf)
    free = [controlled(table) for table in tables]
    assert any((ours != other).any() for ours, other in zip(found, free, strict=True))
    for table, ours, other in zip(tables, found, free, strict=True):
        assert _distance(ours, table) <= 1.02 * _distance(other, table)


def test_the_grand_total_is_the_rounded_total():
    rng = np.random.default_rng(3)
    for _ in range(50):
        table = rng.gamma(0.7, 5, (6, 8))
        assert controlled(table).sum() == round(float(table.sum()))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4))
def test_whole_numbers_stay_as_they_are(rows):
    table = np.array(rows, dtype=float)
    assert (controlled(table) == table).all()


def test_a_small_change_changes_few_figures():
    rng = np.random.default_rng(5)
    table = rng.gamma(0.5, 6, (13, 14))
    first = controlled(table)
    nudged = table * 1.0005
    assert (controlled(nudged, like=first) != first).mean() < 0.05
    assert (controlled(nudged, like=first) != first).sum() <= (controlled(nudged) != first).sum()


def test_a_real_change_is_not_held_back():
    first = controlled(np.array([[3.0, 4.0], [5.0, 6.0]]))
    assert controlled(np.array([[9.0, 4.0], [5.0, 6.0]]), like=first).tolist() == [[9, 4], [5, 6]]


def test_to_the_nearest_five():
    found = controlled(np.array([[3.0, 11.0], [6.0, 14.0]]), base=5)
    assert (found % 5 == 0).all() and abs(found.sum() - 34) < 5


def test_two_tables_with_one_total():
    # needs 2.4 + 3.3 and ages 1.9 + 1.9 + 1.9 both make 5.7: both tables must add up to the same whole number, 6.
    values = np.array([5.7, 2.4, 3.3, 1.9, 1.9, 1.9])
    rules = sparse.csr_matrix([[-1, 1, 1, 0, 0, 0], [-1, 0, 0, 1, 1, 1]])
    found = round_linked(values, rules)
    assert found[0] == found[1:3].sum() == found[3:].sum() == 6
    assert np.abs(found - values).max() < 1


def test_blank_is_refused():
    with pytest.raises(ValueError, match="blank"):
        controlled(np.array([[1.0, np.nan]]))
