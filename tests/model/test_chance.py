"""Whole children by chance: the counts follow their distributions, and a higher mean never gives fewer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forecasting.model.chance import binomial, poisson

MANY = 200_000


def struck(people, hazard, seed=3, many=MANY):
    """Counts of `many` equal cells, zeros included."""
    counts = np.zeros(many, dtype=np.int32)
    x = np.full(many, people, dtype=np.int32)
    cells, times = binomial(x, np.full(many, hazard, dtype=np.float32), np.random.default_rng(seed))
    assert np.all(np.diff(cells) > 0) and np.all(times > 0)
    counts[cells] = times
    return counts


def fits(counts, law):
    """Chi-squared test of counts against a distribution, cells of fewer than 10 expected put together."""
    seen = np.bincount(counts)
    expected = law.pmf(np.arange(len(seen))) * len(counts)
    use = expected >= 10
    seen = np.append(seen[use], len(counts) - seen[use].sum())
    expected = np.append(expected[use], len(counts) - expected[use].sum())
    keep = expected > 1
    return stats.chisquare(seen[keep], expected[keep] * seen[keep].sum() / expected[keep].sum()).pvalue


@pytest.mark.parametrize(("people", "hazard"), [(1, 0.1), (3, 0.9), (20, 0.2), (60, 0.19), (200, 0.4), (5, 8.0)])
def test_children_struck_are_binomial(people, hazard):
    assert fits(struck(people, hazard), stats.binom(people, 1 - np.exp(-hazard))) > 0.001


@pytest.mark.parametrize("mean", [0.02, 0.7, 5.0, 11.9, 12.1, 80.0])
def test_arrivals_are_poisson(mean):
    counts = poisson(np.full((2, MANY // 2), mean, dtype=np.float32), np.random.default_rng(4))
    assert fits(counts.ravel(), stats.poisson(mean)) > 0.001


def test_nobody_in_an_empty_cell_and_never_more_than_there_are():
    x = np.array([[0, 4], [7, 0]], dtype=np.int32)
    for seed in range(200):
        cells, times = binomial(x, np.full((2, 2), 3.0, dtype=np.float32), np.random.default_rng(seed))
        assert set(cells) <= {1, 2} and np.all(times <= x.ravel()[cells])
    assert poisson(np.zeros((3, 2), dtype=np.float32), np.random.default_rng(1)).sum() == 0


def test_a_higher_mean_never_gives_fewer_with_the_same_numbers():
    low, high = (poisson(np.full(MANY, mean, dtype=np.float32), np.random.default_rng(9)) for mean in (0.8, 0.9))
    assert np.all(high >= low) and high.sum() > low.sum()
    assert np.all(struck(6, 0.3) >= struck(6, 0.25))


class Highest:
    """Chance at its highest: the largest number below 1 that a source of single floats can give."""

    def random(self, size, dtype):
        return np.full(size, 1 - 2.0**-24, dtype=dtype)

    def binomial(self, people, chance):
        return people


@pytest.mark.parametrize("hazard", [0.01, 0.1, 0.5, 0.9])
def test_never_more_than_there_are_whatever_the_rounding(hazard):
    # The chances of 0 to x children add up to 1 but for rounding; the highest number may lie at or above that sum.
    x = np.arange(1, int(6 / hazard), dtype=np.int32)
    cells, times = binomial(x, np.full(len(x), hazard, dtype=np.float32), Highest())
    assert np.all(times <= x[cells])
