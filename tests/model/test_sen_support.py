"""SEN support: its trend by hand, its ranges on made-up authorities, and the step from support to a plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model import share_trend
from forecasting.model.forecast import Forecast
from forecasting.model.run import forecast
from forecasting.scenario.scenario import Change, Scenario
from tests.support import ROOT, write_tables

DEMONSTRATION = ROOT / "data" / "demonstration"


def told(dataset: Dataset, *changes: Change, method: str = "auto", draws: int = 0) -> Forecast:
    return forecast(dataset, Scenario("s", changes), to=2030, method=method, draws=draws)


def test_a_share_that_stands_still_goes_on_standing_still() -> None:
    rates = share_trend.fit(np.full((6, 1), 120.0), np.full((6, 1), 1000.0))
    found = share_trend.shares(rates, 3)
    assert rates.change[0] == 0.0
    assert found[0, :, 0] == pytest.approx([120.5 / 1001] * 3)  # 120½ of 1,001 with the half


def test_three_januaries_by_hand() -> None:
    """Odds e^-2, e^-1.9, e^-1.8 (a change of 0.1 twice): weights 2^(-1/4) and 1, years = 1 ÷ Σw² = 1.985…

    The changes do not vary, so that the variance is the prior's: 4·0.03² ÷ (years − 1 + 4); error = variance ÷ years;
    0.1 × 0.03² ÷ (0.03² + error). Two years ahead it has gone on for 1 + 0.9 of itself.
    """
    pupils = np.full((3, 1), 1e9)
    support = (pupils + 1) * special.expit(np.array([[-2.0], [-1.9], [-1.8]])) - 0.5
    weight = np.array([2 ** (-1 / 4), 1.0]) / (1 + 2 ** (-1 / 4))
    years = 1 / (weight @ weight)
    error = 4 * 0.03**2 / (years + 3) / years
    change = 0.1 * 0.03**2 / (0.03**2 + error)
    rates = share_trend.fit(support, pupils)
    assert rates.change[0] == pytest.approx(change, rel=1e-6)
    assert share_trend.shares(rates, 2)[0, 1, 0] == pytest.approx(special.expit(-1.8 + 1.9 * change), rel=1e-6)


def test_counts_are_the_inverse_of_the_odds() -> None:
    """Nothing changes: 120 of 1,000 stay 120, and none of 1,000 stay none."""
    part = np.tile([120.0, 0.0], (6, 1))
    ahead = share_trend.shares(share_trend.fit(part, np.full((6, 2), 1000.0)), 4)
    assert share_trend.counts(ahead, np.array(1000.0))[0] == pytest.approx(np.tile([120.0, 0.0], (4, 1)), abs=1e-9)


def test_too_few_januaries_are_refused() -> None:
    with pytest.raises(ValueError, match="3 Januaries"):
        share_trend.fit(np.full((2, 1), 10.0), np.full((2, 1), 100.0))
    with pytest.raises(ValueError, match="the last one known"):
        share_trend.fit(np.array([[10.0], [12.0], [np.nan]]), np.full((3, 1), 100.0))


def test_a_part_that_is_erratic_is_believed_less_and_one_not_known_before_is_held() -> None:
    """Of two parts that grew alike, the steady one goes on; one that jumped does so much less; a new one stays."""
    whole = np.full((6, 1), 1e6)
    steady = 1e5 * 1.05 ** np.arange(6)
    erratic = steady / 100 * np.array([1.0, 3.0, 0.3, 2.0, 0.2, 1.0])
    new = np.array([np.nan] * 5 + [1e4])
    trend = share_trend.fit(np.stack([steady, erratic, new], axis=1), whole)
    own = share_trend.fit(steady[:, None], whole).change[0]
    assert own > 0.03
    assert trend.own_sd[1, 1] > 5 * trend.own_sd[1, 0]
    assert np.isfinite(trend.change).all() and np.isfinite(trend.own_sd).all()
    alone = share_trend.fit(erratic[:, None], whole)
    assert abs(alone.change[0]) < 0.01
    with_gap = share_trend.fit(np.stack([steady, new], axis=1), whole)
    assert with_gap.change[1] == pytest.approx(with_gap.change[0], abs=0.01)  # what all parts share, no more


@pytest.mark.parametrize("horizon", [1, 3, 5])
def test_ranges_hold_on_made_up_authorities(horizon: int) -> None:
    """400 authorities, three phases, seven Januaries; changes that last (sd 0.02 a year, shared) and change again.

    The generator draws new shocks every year, which the method does not (it keeps one drift), and knows no damping.
    """
    rng = np.random.default_rng(11)
    sizes, n = np.array([20_000.0, 14_000.0, 2_000.0]), 400
    lasting = rng.normal(0, 0.02, (n, 1, 1)) + rng.normal(0, 0.01, (n, 1, 3))
    steps = lasting + rng.normal(0, 0.025, (n, 11, 1)) + rng.normal(0, 0.015, (n, 11, 3))
    odds = np.concatenate([np.full((n, 1, 3), -1.9), -1.9 + np.cumsum(steps, axis=1)], axis=1)
    counts = rng.binomial(sizes.astype(int), special.expit(odds)).astype(float)
    pupils = np.broadcast_to(sizes, (7, 3))
    held = []
    for case in range(n):
        drawn = share_trend.shares(share_trend.fit(counts[case, :7], pupils), horizon, 400, case)[1:, -1] @ sizes
        low, high = np.quantile(drawn, [0.1, 0.9])
        held.append(low <= counts[case, 6 + horizon].sum() <= high)
    assert 0.74 <= np.mean(held) <= 0.9


def test_what_is_not_known_is_drawn_once_and_kept(demonstration: Dataset) -> None:
    """A run that is high next year is high in five years: yearly redraws would average out instead."""
    rates = share_trend.fit(np.array([[100.0], [104.0], [101.0], [107.0]]), np.full((4, 1), 900.0))
    runs = share_trend.shares(rates, 5, 2000, 3)[1:, :, 0]
    assert np.corrcoef(runs[:, 0], runs[:, 4])[0, 1] > 0.9
    spread = np.diff(np.quantile(runs, [0.1, 0.9], axis=0), axis=0)[0]
    assert (np.diff(spread) > 0).all()


def test_phases_add_up_and_history_is_as_counted(demonstration: Dataset) -> None:
    found = told(demonstration, draws=50)
    phases, whole = found.margin("sen_support", "phase"), found.margin("sen_support")
    assert phases.labels[0] == whole.labels[0] == tuple(range(2019, 2031))
    assert phases.stats[0].sum(axis=1) == pytest.approx(whole.stats[0])
    table = demonstration.table("sen")
    rows = table.loc[(table["provision"] == "sen_support") & (table["year"] == 2022), "pupils"]
    assert found.value("sen_support", 2022) == found.value("sen_support", 2022, statistic="p90") == rows.sum()
    low, high = (found.value("sen_support", 2030, statistic=name) for name in ("p10", "p90"))
    assert low < found.value("sen_support", 2030) < high
    rate = found.value("sen_support", 2030) / found.value("pupils", 2030)
    assert found.value("sen_support_prevalence", 2030) == pytest.approx(rate)


@pytest.mark.parametrize("method", ["moves", "age_flow"])
def test_the_step_to_a_plan_moves_children_and_loses_none(demonstration: Dataset, method: str) -> None:
    plain = told(demonstration, method=method, draws=30)
    more = told(demonstration, Change("support_to_plan", 0.2, from_year=2027), method=method, draws=30)
    for year in (2026, 2027, 2030):
        gone = plain.value("sen_support", year) - more.value("sen_support", year)
        came = more.value("pupils_with_ehc_plan", year) - plain.value("pupils_with_ehc_plan", year)
        assert gone == pytest.approx(came)
        assert (gone > 0) == (year >= 2027)
        assert more.value("pupils_with_sen", year) == pytest.approx(plain.value("pupils_with_sen", year))
    first = more.value("ehc_plans", 2027) - plain.value("ehc_plans", 2027)
    assert plain.value("sen_support", 2027) - more.value("sen_support", 2027) == pytest.approx(first, rel=1e-6)


def test_the_step_is_new_plans_at_5_to_19_over_support_the_january_before(demonstration: Dataset) -> None:
    flows = demonstration.table("plan_flows")
    bands = flows.loc[(flows["calendar_year"] == 2023) & flows["age_band"].isin(["5_10", "11_15", "16_19"])]
    found = told(demonstration)
    assert found.value("support_to_plan_rate", 2024) == pytest.approx(
        bands["new_plans"].sum() / found.value("sen_support", 2023)
    )
    new = found.margin("new_plans", "nc_year")
    at = [new.labels[1].index(nc) for nc in range(1, 16)]
    made = new.stats[0, new.labels[0].index(2028)][at].sum()
    assert found.value("support_to_plan_rate", 2028) == pytest.approx(made / found.value("sen_support", 2027))


def test_two_januaries_are_held_at_the_share_of_the_base_year(tmp_path: Path) -> None:
    """Without a third January the share of the base year is held: 100 of 1,000 pupils, then of 1,010."""
    path = write_tables({
        "about": pd.DataFrame([("authority_name", "Somewhere"), ("base_year", "2020")], columns=["key", "value"]),
        "pupils": pd.DataFrame({"year": [2019, 2020], "pupils": [990, 1000]}),
        "sen": pd.DataFrame({"year": [2019, 2020] * 2, "provision": ["sen_support"] * 2 + ["ehc_plan"] * 2,
                             "pupils": [90, 100, 30, 30]}),
        "ehc_plans": pd.DataFrame({"year": [2018, 2019, 2020], "plans": [30, 33, 35]}),
        "assumptions": pd.DataFrame({"lever": ["pupil_growth"], "value": ["0.01"], "source": ["test"],
                                     "status": ["judgement"]}),
    }, tmp_path / "held")  # fmt: skip
    found = forecast(load([path]), Scenario("s"), to=2021, method="trend")
    assert found.value("sen_support", 2021) == pytest.approx(101)


@pytest.mark.parametrize("method", ["moves", "age_flow"])
def test_flows_by_age_band_and_phase_add_up_to_all_flows(demonstration: Dataset, method: str) -> None:
    found = told(demonstration, method=method, draws=20)
    for measure in ("new_plans", "ceased_plans"):
        whole = found.margin(measure).stats
        for axis, count in (("age_band", 5), ("phase", 4)):
            parts = found.margin(measure, axis).stats
            assert parts.shape[2] == count and parts[0].sum(axis=1) == pytest.approx(whole[0])
    new, by_age = found.margin("new_plans", "phase"), found.margin("new_plans", "nc_year")
    secondary = [by_age.labels[1].index(nc) for nc in range(7, 12)]
    at = new.labels[1].index("secondary")
    assert new.stats[0, :, at] == pytest.approx(by_age.stats[0][:, secondary].sum(axis=1))
