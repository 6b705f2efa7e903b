"""Whole numbers that add up."""

import numpy as np

from forecasting.whole_numbers import whole_numbers


def test_the_largest_remainders_are_rounded_up() -> None:
    # Down: 1 + 1 + 1 = 3, one short of 4; remainders 0.4, 0.4, 0.2: the first of the largest is rounded up.
    assert whole_numbers([1.4, 1.4, 1.2], 4).tolist() == [2, 1, 1]
    # Down: -4957 - 808 + 1343 = -4422, one short of -4421; remainders 0.5, 0.4, 0.1.
    assert whole_numbers([-4956.5, -807.6, 1343.1], -4421).tolist() == [-4956, -808, 1343]


def test_each_row_adds_up_to_its_own_sum_rounded() -> None:
    # 0.5 + 0.5 + 0.6 = 1.6, so 2: 0.6 and the first 0.5; 2.2 + 0.3 + 0.4 = 2.9, so 3: down 2, then 0.4.
    assert whole_numbers(np.array([[0.5, 0.5, 0.6], [2.2, 0.3, 0.4]])).tolist() == [[1, 0, 1], [2, 0, 1]]
