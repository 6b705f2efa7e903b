"""The level and yearly change of a series, by hand."""

import numpy as np
import pytest

from forecasting.model.local_level import LevelVariation, damped_steps, local_level


def _varying(drift_sd: float, change: float) -> LevelVariation:
    """A level that drifts and changes by so much a year, which is known."""
    return LevelVariation(year_sd=0.0, drift_sd=drift_sd, trend_mean=change, trend_sd=0.0, damping=1.0)


def test_one_value_meets_the_prior_half_way() -> None:
    # Prior N(0, 1), one value 0.8 with variance 1: gain 1 / (1 + 1) = 0.5, so level 0.4 with variance 0.5.
    found = local_level(np.array([0.8]), np.array([1.0]), [2020], 0.0, _varying(0.0, 0.0))
    assert found.mean.tolist() == [0.4, 0.0]
    assert found.covariance.tolist() == [[0.5, 0.0], [0.0, 0.0]]


def test_a_gap_widens_the_level_and_carries_the_change() -> None:
    # 2020 as above from 1.0: level 0.5, variance 0.5. Two years on: level 0.5 + 2 × 0.1 = 0.7, variance 0.5 + 2 × 1.
    # Value 2.0: gain 2.5 / 3.5, level 0.7 + 1.3 × 2.5 / 3.5.
    found = local_level(np.array([1.0, 2.0]), np.array([1.0, 1.0]), [2020, 2022], 0.0, _varying(1.0, 0.1))
    assert found.mean == pytest.approx([0.7 + 1.3 * 2.5 / 3.5, 0.1])


def test_steps_of_a_trend_die_down() -> None:
    assert damped_steps(0.5, 3).tolist() == [1.0, 1.5, 1.75]
    assert damped_steps(0.5, 3, trending=False).tolist() == [0.0, 0.0, 0.0]
