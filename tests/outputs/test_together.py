"""Figures that can only change together are taken as one; what protects them is the same."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from forecasting.outputs.disclosure import Policy, Sums, given_away, withheld
from forecasting.outputs.together import together


def test_a_line_of_one_cell_and_two_sums_of_the_same_cells_are_one() -> None:
    """Cells 0, 1, 2; line 3 = cell 0; lines 4 and 5 = cells 0 + 1, the second through line 3."""
    rules = sparse.csr_matrix(np.array([
        [1, 0, 0, -1, 0, 0], [1, 1, 0, 0, -1, 0], [0, 1, 0, 1, 0, -1]], dtype=float))  # fmt: skip
    found = together(rules)
    assert found.group[0] == found.group[3] and found.group[4] == found.group[5]
    assert found.size == 4  # {0, 3}, {1}, {2}, {4, 5}
    assert found.rules.shape == (1, 4)  # 0 + 1 = 4 is left, said once
    mask = np.array([True, False, False, False, False, False])
    assert found.any(mask).sum() == 1 and not found.all(mask).any()
    values = np.array([1.0, 2, 3, 1, 3, 3])
    assert found.least(values)[found.group[4]] == 3 and found.added(values)[found.group[0]] == 2


def test_a_cell_printed_twice_is_withheld_in_both_places() -> None:
    """Row of 3, 8 and 9 with its total; each cell is printed by a line of its own too."""
    values = np.array([3.0, 8, 9, 20, 3, 8, 9])
    rules = sparse.csr_matrix(np.array([
        [1, 1, 1, -1, 0, 0, 0], [1, 0, 0, 0, -1, 0, 0], [0, 1, 0, 0, 0, -1, 0], [0, 0, 1, 0, 0, 0, -1]],
        dtype=float))  # fmt: skip
    hidden = withheld(Sums(values, rules), Policy())
    assert hidden[0] and (hidden[:3] == hidden[4:]).all() and hidden[:3].sum() == 2
    assert not given_away(Sums(values, rules), hidden, 5).any()


def test_what_is_withheld_beside_is_withheld_here_where_it_can_be() -> None:
    """8 and 9 of 20 are large, but another scenario withholds the 8; where all but one are printed it cannot be."""
    values, rules = np.array([3.0, 8, 9, 20]), sparse.csr_matrix(np.array([[1.0, 1, 1, -1]]))
    also = np.array([False, True, False, False])
    assert withheld(Sums(values, rules), Policy(), also=also)[:3].tolist() == [True, True, False]
    plain = Sums(np.array([7.0, 8, 9, 24]), rules)
    fixed = np.array([True, False, True, True])
    assert not withheld(plain, Policy(), fixed=fixed, also=also).any()
