"""The pooled method on examples small enough to check by hand, and its draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from forecasting.model import trend_national, trend_panel, trend_relative, trend_statistics
from forecasting.model.trend import LEVELS, trend
from forecasting.model.trend_panel import panel_from_long


def long(values: dict[str, list[float]], first: int = 2010, series: str = "total") -> pd.DataFrame:
    """A long panel from unit -> counts of consecutive years."""
    return pd.DataFrame(
        [
            {"unit": u, "year": first + i, "series": series, "value": float(v)}
            for u, row in values.items()
            for i, v in enumerate(row)
        ]
    )


def steady(growth: float, start: float, years: int = 11) -> list[float]:
    return [start * np.exp(growth * i) for i in range(years)]


def test_identical_growth_goes_on_with_the_damping_learned() -> None:
    # England and both authorities grow by exactly 5 % (log) a year. Undamped, five years add 0.25; with equal
    # weights on the dampings 0.85, 0.9, 0.95, 1 they add 0.05 × (3.15 + 3.69 + 4.30 + 5) / 4 = 0.202. Damping
    # 1 was always right, so the answer lies in between.
    rows = {"ENG": steady(0.05, 3e5), "201": steady(0.05, 1000), "202": steady(0.05, 2000)}
    panel = panel_from_long(long(rows))
    got = np.log(trend(panel, "total", 5).mean / panel.counts["total"][:, -1:])
    assert np.all(got[:, 4] <= 0.2501)
    assert np.all(got[:, 4] > 0.202)
    np.testing.assert_allclose(got[0], got[1], atol=1e-3)  # the half added to a count is all that differs


def test_candidate_path_by_hand() -> None:
    # Growth 2 %, then 6 %. α = ½, φ = 0.9: g̃ = ½·6 + ½·2 = 4 %; step 1 = 0.9·4 = 3.6, step 2 = 0.81·4 = 3.24.
    paths = trend_national._candidate_paths(np.array([0.02, 0.06]), 2)
    row = trend_national.SMOOTHING.index(0.5) * len(trend_national.DAMPING) + trend_national.DAMPING.index(0.9)
    np.testing.assert_allclose(paths[row, 1], [0.036, 0.0684], atol=1e-12)


def test_years_in_which_a_series_is_not_known_are_no_growth_of_nought() -> None:
    # Places are known in 2012 to 2014 only, and grow by 10 % (log) a year: two growths, not two among seven noughts.
    places = long({"ENG": steady(0.1, 500, 3), "201": steady(0.1, 50, 3)}, 2012, "places")
    panel = panel_from_long(pd.concat([long({"201": steady(0.05, 1000)}), places]))
    known = trend_national._known_growth(panel, "places")
    assert known.size == 2
    np.testing.assert_allclose(known, 0.1, atol=2e-4)  # the half added to a count
    assert np.isfinite(trend(panel, "total", 3).mean).all()


def test_how_far_is_asked_changes_no_year() -> None:
    rng = np.random.default_rng(3)
    rows = {
        u: list(n * np.exp(np.cumsum(rng.normal(0.08, 0.03, 14)))) for u, n in (("ENG", 3e5), ("201", 900), ("202", 90))
    }
    panel = panel_from_long(long(rows))
    near, far = trend(panel, "total", 3), trend(panel, "total", 12)
    np.testing.assert_allclose(near.mean, far.mean[:, :3])
    np.testing.assert_allclose(near.quantiles, far.quantiles[:, :3])


def test_growth_in_england_is_believed_less_each_year_further_than_it_is_tested() -> None:
    # Growth of 5 % (log), undamped: 0.25 after five years, then 0.85 and 0.85² of it: 0.25 + 0.0425 + 0.036125.
    paths = trend_national._candidate_paths(np.full(6, 0.05), 7)
    undamped = trend_national.SMOOTHING.index(1.0) * len(trend_national.DAMPING) + trend_national.DAMPING.index(1.0)
    np.testing.assert_allclose(paths[undamped, -1, [4, 5, 6]], [0.25, 0.2925, 0.328625])


def test_outcomes_by_hand() -> None:
    # Growth 1, 2, 4: after origin 0 (knows the 1) came 2 and then 2 + 4; after origin 1 only 4; then nothing.
    expected = [[2, 6], [4, np.nan], [np.nan, np.nan]]
    np.testing.assert_allclose(trend_national._outcomes(np.array([1.0, 2, 4]), 2), expected)


def test_gap_is_bridged_on_the_log_scale() -> None:
    # Between e² − ½ and e⁴ − ½ the log of the middle is 3; what lies before the first value stays unknown.
    got = trend_panel.filled_logs(np.array([[np.nan, np.exp(2) - 0.5, np.nan, np.exp(4) - 0.5]]))
    np.testing.assert_allclose(got, [[np.nan, 2, 3, 4]])


def test_recent_mean_skips_what_is_not_known() -> None:
    # Growths 1, ?, 3 over two years: at the years 0…3 nothing, 1, 1, 3.
    got = trend_relative._recent_mean(np.array([[1.0, np.nan, 3.0]]), 2)
    np.testing.assert_allclose(got, [[np.nan, 1, 1, 3]])


def test_weighted_quantiles_by_hand() -> None:
    # Masses 1, 1, 2 at 10, 20, 30: their middles lie at 0.5, 1.5 and 3 of 4; half of 4 is 2, a third of the
    # way from 20 to 30.
    got = trend_statistics.weighted_quantiles(np.array([30.0, 10, 20]), np.array([2.0, 1, 1]), np.array([0.5]))
    np.testing.assert_allclose(got, [20 + 10 / 3])


def test_ridge_recovers_a_strong_signal_and_ignores_noise() -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.standard_normal((800, 2)), rng.standard_normal(800)
    zero = np.zeros(2)
    strong = trend_relative._ridge(x, x @ np.array([1.0, -0.5]) + 0.1 * noise, np.ones(800), zero)
    np.testing.assert_allclose(strong, [1.0, -0.5], atol=0.02)
    assert np.abs(trend_relative._ridge(x, noise, np.ones(800), zero)).max() < 0.05


def synthetic(units: int = 60, years: int = 14, seed: int = 2) -> pd.DataFrame:
    """Authorities that scatter around one national path; sizes from 40 to 4,000."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.uniform(np.log(40), np.log(4000), units))
    national = np.cumsum(0.06 + 0.01 * rng.standard_normal(years))
    own = np.cumsum(0.03 * rng.standard_normal((units, years)), axis=1)
    counts = rng.poisson(size[:, None] * np.exp(national + own))
    rows = {f"{201 + i}": list(counts[i]) for i in range(units)}
    return long(rows | {"ENG": list(4e5 * np.exp(national))})


def test_small_authorities_borrow_more() -> None:
    # The same jump of growth in the last year, in a small and in a large authority of one panel.
    frame = synthetic()
    level = {"901": 60.0, "902": 6000.0}
    path = frame[frame.unit == "ENG"].set_index("year")["value"]
    for unit, start in level.items():
        counts = start * path / path.iloc[0]
        counts.iloc[-1] *= 1.2
        extra = counts.reset_index().assign(unit=unit, series="total")
        frame = pd.concat([frame, extra], ignore_index=True)
    panel = panel_from_long(frame)
    rel = trend_relative.relative_growth(panel, "total")
    x, _ = trend_relative.features_of(panel, "total", rel)
    small, large = panel.units.index("901"), panel.units.index("902")
    assert abs(x[small, -1, 0]) < 0.5 * abs(x[large, -1, 0])


def test_ranges_widen_with_horizon_and_for_small_units() -> None:
    frame = synthetic()
    panel = panel_from_long(frame)
    f = trend(panel, "total", 5)
    assert np.all(np.diff(f.own_sd, axis=1) >= 0)
    order = np.argsort(panel.counts["total"][:, -1])
    assert np.all(np.diff(f.own_sd[order, 0]) <= 1e-12)


def test_short_history_has_wider_ranges() -> None:
    frame = synthetic()
    twin = frame[frame.unit == "230"].assign(unit="930")
    panel = panel_from_long(pd.concat([frame, twin[twin.year == twin.year.max()]]))
    f = trend(panel, "total", 3)
    known, new = panel.units.index("230"), panel.units.index("930")
    assert np.all(f.own_sd[new] > f.own_sd[known])


def test_draws_agree_with_the_forecast_and_persist() -> None:
    f = trend(panel_from_long(synthetic()), "total", 5)
    draws = f.draws(20_000, np.random.default_rng(3))
    assert draws.shape == (20_000, 60, 5)
    np.testing.assert_allclose(draws.mean(axis=0), f.mean, rtol=0.02)
    got = np.moveaxis(np.quantile(draws, LEVELS, axis=0), 0, -1)
    np.testing.assert_allclose(got, f.quantiles, rtol=0.04)
    logs = np.log(draws + trend_panel.HALF)
    over_years = np.corrcoef(logs[:, 10, 2], logs[:, 10, 4])[0, 1]
    assert over_years > 0.5  # persistent, not redrawn every year
    between = np.corrcoef(logs[:, 10, 4], logs[:, 20, 4])[0, 1]
    variance = f.own_sd[[10, 20], 4] ** 2 + f.national_sd[4] ** 2
    assert between == pytest.approx(f.national_sd[4] ** 2 / np.sqrt(variance.prod()), abs=0.05)


def test_draws_depend_only_on_the_seed() -> None:
    f = trend(panel_from_long(synthetic(10)), "total", 3)
    one, two = (f.draws(50, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def without(unit: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame[frame.unit != unit]


EDGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no England": without("ENG"),
    "one authority and England": lambda f: f[f.unit.isin(["201", "ENG"])],
    "one authority alone": lambda f: f[f.unit == "201"],
    "one year": lambda f: f[f.year == f.year.max()],
    "two years": lambda f: f[f.year >= f.year.max() - 1],
    "one authority, one year": lambda f: f[(f.year == f.year.max()) & (f.unit == "201")],
    "all zero": lambda f: f.assign(value=0.0),
    "England stops early": lambda f: f[(f.unit != "ENG") | (f.year < 2018)],
    "one unit is zero": lambda f: f.assign(value=f.value.where(f.unit != "201", 0.0)),
    "holes": lambda f: f[(f.unit != "201") | ~f.year.isin([2011, 2015, 2016, 2022])],
    "constant": lambda f: f.assign(value=100.0),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges_give_finite_ordered_forecasts(name: str) -> None:
    panel = panel_from_long(EDGES[name](synthetic(12)))
    f = trend(panel, "total", 7)
    assert np.isfinite(f.mean).all()
    assert (f.mean >= 0).all()
    assert np.isfinite(f.quantiles).all()
    assert (np.diff(f.quantiles, axis=2) >= 0).all()
    draws = f.draws(20, np.random.default_rng(1))
    assert np.isfinite(draws).all()
    assert (draws >= 0).all()


def test_region_growth_is_used_when_the_panel_has_it() -> None:
    # Two regions that grow 9 % and 3 % a year; an authority new to the panel leans towards its region.
    rng = np.random.default_rng(5)
    rows = {
        f"{201 + i}": [500 * np.exp((0.09 if i < 15 else 0.03) * t + 0.02 * rng.standard_normal()) for t in range(12)]
        for i in range(30)
    }
    frame = long(rows).assign(region=lambda f: np.where(f.unit.astype(int) < 216, "North", "South"))
    last = frame.year.max()
    new = pd.DataFrame(
        [
            {"unit": u, "year": last, "series": "total", "value": 500.0, "region": r}
            for u, r in (("901", "North"), ("902", "South"))
        ]
    )
    panel = panel_from_long(pd.concat([frame, new]))
    f = trend(panel, "total", 1)
    assert f.mean[panel.units.index("901"), 0] > f.mean[panel.units.index("902"), 0] * 1.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: pd.concat([f, f.head(1)]), "two values"),
        (lambda f: f.assign(value=-1.0), "negative"),
    ],
)
def test_contradictions_are_refused(change: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        panel_from_long(change(synthetic(3)))


def test_unknown_series_and_horizon_are_refused() -> None:
    panel = panel_from_long(synthetic(3))
    with pytest.raises(ValueError, match="cannot be forecast"):
        trend(panel, "new_plans", 1)
    with pytest.raises(ValueError, match="horizon"):
        trend(panel, "total", 0)
