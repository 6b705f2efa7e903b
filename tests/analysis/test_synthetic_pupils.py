"""The synthetic world is England-like, accounts for its children, and hides its future."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.analysis.synthetic_pupils import ARRIVAL_PROFILE, NC_YEARS, housing_arrivals, synthetic_authorities
from forecasting.analysis.synthetic_pupils_seen import inputs_at, oracle_forecast
from forecasting.analysis.synthetic_world import REALISTIC, SyntheticAuthority


@pytest.fixture(scope="module")
def authorities() -> tuple[SyntheticAuthority, ...]:
    return synthetic_authorities(100, 11)


def test_rolls_follow_the_births_cycle(authorities: tuple[SyntheticAuthority, ...]) -> None:
    primary = sum(each.truth.pupils[:, (NC_YEARS >= 0) & (NC_YEARS <= 6)].sum(axis=1) for each in authorities)
    years = authorities[0].years
    assert 2016 <= years[np.argmax(primary)] <= 2021  # births peaked in 2012
    assert primary[-1] < 0.97 * primary.max()


def test_children_of_the_truth_are_conserved(authorities: tuple[SyntheticAuthority, ...]) -> None:
    for each in authorities[:20]:
        truth = each.truth
        made = truth.entered + truth.moved_up + truth.net_arrived
        assert np.abs(made - truth.pupils).max() < 1e-9
        np.testing.assert_array_equal(truth.moved_up[1:, 3:], truth.pupils[:-1, 2:-1])
        assert np.all(truth.entered[:, :3] <= 1.3 * truth.born[:, :3])


def test_the_world_holds_what_the_estimator_does_not_model(
    authorities: tuple[SyntheticAuthority, ...],
) -> None:
    closed = np.mean([each.truth.closing.any() for each in authorities])
    miscoded = np.mean([(each.observed != each.truth.pupils).any() for each in authorities])
    assert 0.15 < closed < 0.45
    assert 0.15 < miscoded < 0.45
    assert all(np.abs(np.diff(np.log(each.truth.ratios[:, 2]))).max() > 1e-4 for each in authorities)


def test_ten_houses_fill_by_halves() -> None:
    built = np.array([[10.0], [0.0], [0.0], [0.0], [0.0]])
    filled = housing_arrivals(built, np.array([[0.31]]))  # 3.1 pupils in all: 1.6, 0.8, 0.4, 0.2, 0.1
    np.testing.assert_allclose(filled[:, 0], [1.6, 0.8, 0.4, 0.2, 0.1])
    assert ARRIVAL_PROFILE.sum() == pytest.approx(1.0)


def test_nothing_after_the_origin_is_seen(authorities: tuple[SyntheticAuthority, ...]) -> None:
    one, now = authorities[3], 2019 - REALISTIC.first_year
    truth = replace(
        one.truth,
        pupils=one.truth.pupils.copy(),
        ratios=one.truth.ratios.copy(),
        migration=one.truth.migration.copy(),
        cross_border=one.truth.cross_border.copy(),
    )
    for array in (truth.pupils, truth.ratios, truth.migration, truth.cross_border):
        array[now + 1 :] = 0.123
    births, observed, completed = one.births.copy(), one.observed.copy(), one.completed.copy()
    births[one.birth_years >= 2019], observed[now + 1 :], completed[now + 1 :] = 1.0, 1.0, 1.0
    scrambled = replace(one, truth=truth, births=births, observed=observed, completed=completed)
    np.testing.assert_array_equal(oracle_forecast(one, 2019, 5), oracle_forecast(scrambled, 2019, 5))
    first, second = inputs_at(one, 2019), inputs_at(scrambled, 2019)
    for name in ("pupils", "births", "births_high", "births_low", "cross_border_share"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.housing is not None and second.housing is not None
    np.testing.assert_array_equal(first.housing.dwellings, second.housing.dwellings)


def test_an_authority_is_the_same_whatever_the_count() -> None:
    np.testing.assert_array_equal(synthetic_authorities(3, 5)[2].observed, synthetic_authorities(4, 5)[2].observed)
