"""The search for a value: exact where it can be, honest where it cannot."""

from __future__ import annotations

import math

import pytest

from forecasting.analysis.solve import reach


def test_a_straight_line_is_solved() -> None:
    found = reach(lambda x: 3 * x + 1, 0, 10, 16)
    assert found.met and found.value == pytest.approx(5, abs=1e-3) and found.achieved == pytest.approx(16, abs=1e-2)


def test_the_crossing_nearest_the_start_is_taken() -> None:
    found = reach(lambda x: (x - 5) ** 2, 0, 10, 4, start=8)  # crosses at 3 and at 7
    assert found.met and found.value == pytest.approx(7, abs=1e-3)


def test_what_is_out_of_reach_is_said_with_the_closest() -> None:
    found = reach(lambda x: x * x, -1, 2, 9)
    assert not found.met and (found.value, found.achieved) == (2, 4)


def test_a_jump_over_the_target_takes_the_side_asked_for() -> None:
    def jump(x: float) -> float:
        return 0.0 if x < 2.3 else 10.0

    more, less = reach(jump, 0, 4, 5, at_least=True), reach(jump, 0, 4, 5, start=4, at_least=False)
    assert more.met and more.achieved == 10 and more.value == pytest.approx(2.3, abs=1e-3)
    assert less.met and less.achieved == 0 and less.value == pytest.approx(2.3, abs=1e-3)
    assert not reach(jump, 0, 4, 5).met


def test_what_is_good_enough_already_stays() -> None:
    found = reach(lambda x: 10 - x, 0, 5, 100, start=2, at_least=False)
    assert found.met and (found.value, found.achieved) == (2, 8)


def test_a_figure_that_is_not_known_is_never_met() -> None:
    found = reach(lambda _: math.nan, 0, 1, 0)
    assert not found.met and math.isnan(found.achieved)
