"""The `age_flow` method: bands, exact recursion, draws, conservation, pipeline, levers, real data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.axes import AGE_BANDS
from forecasting.errors import DatasetError
from forecasting.model import age_flow, age_flow_draws, age_flow_rates, age_flow_tables
from forecasting.model.age_flow_levers import AgeLevers
from forecasting.model.age_flow_rates import AgeVariation
from forecasting.model.age_groups import gathered
from forecasting.whole_numbers import whole_numbers

ROOT = Path(__file__).parents[2]
DFE = ROOT.parent / "shared" / "dfe"
BANDS = pd.read_csv(ROOT / "data" / "vocabularies" / "age_bands.csv")
SHAPES = pd.read_csv(ROOT / "data" / "national" / "plan_age_shapes.csv")
PEOPLE = pd.DataFrame({"year": range(2010, 2041), "people": 1000.0})
YEARS = list(range(2026, 2031))
COUNTS = {"under_5": 90, "5_10": 900, "11_15": 1300, "16_19": 600, "20_25": 110}
needs_dfe = pytest.mark.skipif(not DFE.exists(), reason="../shared/dfe is not beside the repository")


def plans(growth=0.05, years=range(2021, 2026)):
    rows = [(y, band, round(n * (1 + growth) ** (y - 2025))) for y in years for band, n in COUNTS.items()]
    return pd.DataFrame(rows, columns=["year", "age_band", "plans"])


def flows(new=(380, 400, 420, 440), requests=None, in_progress=None):
    table = pd.DataFrame({"calendar_year": range(2025 - len(new), 2025), "new_plans": new})
    table["requests"] = np.nan if requests is None else requests
    table["in_progress"] = np.nan if in_progress is None else in_progress
    return table


def estimate(**given):
    return age_flow_rates.estimate_by_age(plans(), flows(**given), PEOPLE, BANDS, SHAPES)


@pytest.fixture(scope="module")
def rates():
    return estimate()


@pytest.fixture(scope="module")
def draws(rates):
    return age_flow_draws.simulate_by_age(rates, PEOPLE, YEARS, 1000, 1)


def test_bands_add_up_and_the_national_shape_is_kept_where_the_ratio_is_flat():
    nc, shape = SHAPES["nc_year"].to_numpy(), SHAPES["plans_2025"].to_numpy()
    first, last = BANDS["first_nc_year"].to_numpy(), BANDS["last_nc_year"].to_numpy()
    national = shape @ gathered(nc, AGE_BANDS)
    split = age_flow_tables.split_bands(national / 100, first, last, nc, shape)
    assert split == pytest.approx(shape / 100, rel=0.02)
    local = age_flow_tables.split_bands(np.array(list(COUNTS.values()), dtype=float), first, last, nc, shape)
    assert local @ gathered(nc, AGE_BANDS) == pytest.approx(list(COUNTS.values()), abs=1e-9)
    assert local.min() >= 0


def test_expected_agrees_with_a_recursion_written_by_hand(rates):
    got = age_flow.expected_by_age(rates, PEOPLE, YEARS)
    stock, level = list(rates.stock), rates.trend.mean[0]
    for t in range(len(YEARS)):
        level += rates.trend.mean[1] * rates.variation.new_plans.damping**t
        after = [0.0] * len(stock)
        for i, n in enumerate(rates.nc_years):
            factor = np.exp(rates.cease_multiplier[int(n >= age_flow_rates.POST_16)])
            stays = 0.0 if i == len(stock) - 1 else stock[i] * (1 - rates.cease[i]) ** factor
            after[i] += 1000.0 * rates.arrivals[i] * np.exp(level) * rates.coverage
            if i + 1 < len(stock):
                after[i + 1] += stays
        stock = after
        assert np.abs(np.array(stock) - got.stock[t]).max() < 1e-9


def test_draws_at_central_rates_have_the_exact_mean(rates):
    exact = age_flow.expected_by_age(rates, PEOPLE, YEARS)
    flat = age_flow_draws.simulate_by_age(rates, PEOPLE, YEARS, 4000, 2, uncertain=False, chance=False)
    still = np.abs(whole_numbers(rates.stock) - rates.stock).max()
    z = (flat.stock.mean(axis=0) - exact.stock) / np.maximum(flat.stock.std(axis=0) / np.sqrt(4000), 1e-9)
    off = np.abs(flat.stock.mean(axis=0) - exact.stock)
    assert still < 1 and np.all((np.abs(z) < 5) | (off < 1))


def test_every_draw_conserves_people_by_age(rates, draws):
    start = np.repeat(whole_numbers(rates.stock)[None, None], 1000, axis=0)
    before = np.concatenate([start, draws.stock[:, :-1]], axis=1)
    after = np.zeros_like(before)
    after[..., 1:] = (before - draws.ceased)[..., :-1]
    assert np.abs(draws.stock - after - draws.new).max() == 0
    assert min(draws.stock.min(), draws.new.min(), draws.ceased.min()) >= 0
    assert np.all(draws.ceased[..., -1] == before[..., -1])
    bands = draws.stock @ gathered(rates.nc_years, AGE_BANDS)
    assert np.abs(bands.sum(axis=2) - draws.stock.sum(axis=2)).max() == 0


def test_the_spread_grows_as_rates_are_kept(draws):
    total = draws.stock.sum(axis=2)
    assert np.all(np.diff(total.std(axis=0) / total.mean(axis=0)) > 0)


def test_a_released_backlog_is_not_taken_for_growth():
    """Requests flat at 500, plans 300 a year; work put off in 2023 (+60) is caught up in 2024 (−60)."""
    steady = estimate(new=(300, 300, 300, 300), requests=[500.0] * 4, in_progress=[100.0] * 4)
    caught = estimate(new=(300, 300, 264, 336), requests=[500.0] * 4, in_progress=[100.0, 100, 160, 100])
    naive = estimate(new=(300, 300, 264, 336))
    after = [age_flow.expected_by_age(r, PEOPLE, YEARS).new.sum() / r.coverage for r in (steady, caught, naive)]
    assert abs(after[1] / after[0] - 1) < abs(after[2] / after[0] - 1)
    assert after[1] == pytest.approx(after[0], rel=0.04)


def test_work_in_progress_is_released_over_time():
    """A backlog of 300 where 100 is usual gives more plans next year, and then the usual number again."""
    requests, usual = [500.0] * 4, [100.0, 100, 100, 100]
    base = estimate(new=(300, 300, 300, 300), requests=requests, in_progress=usual)
    loaded = dataclasses.replace(base, pipeline=dataclasses.replace(base.pipeline, in_progress=300.0))
    extra = age_flow.expected_by_age(loaded, PEOPLE, YEARS).new - age_flow.expected_by_age(base, PEOPLE, YEARS).new
    yearly = extra.sum(axis=1)
    assert yearly[0] > 20 and np.all(np.diff(yearly) < 0) and yearly[-1] < 1


def test_no_change_to_any_lever_is_exactly_the_baseline(rates):
    n = len(rates.nc_years)
    ones = AgeLevers(*(np.ones(5) for _ in range(4)), np.ones((5, n)), np.ones((5, n)))
    base, same = age_flow.expected_by_age(rates, PEOPLE, YEARS), age_flow.expected_by_age(rates, PEOPLE, YEARS, ones)
    assert np.array_equal(base.stock, same.stock)
    one, two = (age_flow_draws.simulate_by_age(rates, PEOPLE, YEARS, 50, 3, levers) for levers in (None, ones))
    assert np.array_equal(one.stock, two.stock)


@pytest.mark.parametrize(
    ("lever", "value", "sign"),
    [
        ("requests", 1.2, 1),
        ("assessed", 0.8, -1),
        ("converted", 0.8, -1),
        ("finished", 0.8, -1),
        ("arrivals", 1.2, 1),
        ("cease", 1.2, -1),
    ],
)
def test_levers_move_the_total_from_their_year_on(lever, value, sign):
    rates = estimate(new=(300, 300, 300, 300), requests=[500.0] * 4, in_progress=[100.0] * 4)
    wide = lever in ("arrivals", "cease")
    change = np.ones((5, len(rates.nc_years)) if wide else 5)
    change[2:] = value
    base = age_flow.expected_by_age(rates, PEOPLE, YEARS).stock.sum(axis=1)
    after = age_flow.expected_by_age(rates, PEOPLE, YEARS, AgeLevers(**{lever: change})).stock.sum(axis=1)
    assert np.array_equal(after[:2], base[:2]) and np.all(sign * (after - base)[2:] > 0)


def test_post_16_retention_leaves_younger_ages_alone(rates):
    change = np.ones((5, len(rates.nc_years)))
    change[:, rates.nc_years >= age_flow_rates.POST_16] = 0.5
    base = age_flow.expected_by_age(rates, PEOPLE, YEARS).stock
    after = age_flow.expected_by_age(rates, PEOPLE, YEARS, AgeLevers(cease=change)).stock
    young = rates.nc_years <= age_flow_rates.POST_16
    assert np.array_equal(after[:, young], base[:, young])
    assert after[-1, ~young].sum() > base[-1, ~young].sum()


def test_row_order_does_not_matter(rates):
    tables = [table.sample(frac=1, random_state=1) for table in (plans(), flows(), PEOPLE)]
    shuffled = age_flow_rates.estimate_by_age(*tables, BANDS, SHAPES)
    first, second = (age_flow.expected_by_age(r, PEOPLE, YEARS).stock for r in (rates, shuffled))
    assert np.allclose(first, second, rtol=1e-12)


def test_faults_are_named():
    wrong = plans().replace({"age_band": {"5_10": "5-10"}})
    with pytest.raises(DatasetError, match="unknown band 5-10"):
        age_flow_rates.estimate_by_age(wrong, flows(), PEOPLE, BANDS, SHAPES)
    with pytest.raises(DatasetError, match="2041"):
        age_flow.expected_by_age(estimate(), PEOPLE, [2041])
    with pytest.raises(DatasetError, match="no new plans"):
        age_flow_rates.estimate_by_age(plans(), flows(new=(0, 0)), PEOPLE, BANDS, SHAPES)


def test_national_trend_is_the_mean_log_growth_of_five_years():
    """100 to 161.05 in five years is 10 % a year; older values do not count."""
    plans_made = np.array([7.0, 100, 110, 121, 133.1, 146.41, 161.051])
    assert age_flow_rates.national_trend(plans_made) == pytest.approx(np.log(1.1))


@needs_dfe
def test_one_real_authority_from_bands_and_flow_totals():
    """Rotherham from January 2022 (2,600): 3,310 plans came in January 2024 and 3,623 in 2025."""
    table = pd.read_csv(DFE / "ehc_plans_by_authority.csv").query("unit == 372 and 2016 <= year <= 2022")
    names = dict(zip(["Under 5", "5-10", "11-15", "16-19", "20-25"], BANDS["code"], strict=True))
    known = table.melt(id_vars="year", value_vars=list(names), var_name="age_band", value_name="plans")
    known = known.replace({"age_band": names})
    seen = pd.read_csv(DFE / "ehc_flows_by_authority.csv")
    columns = {"cal_year": "calendar_year", "new": "new_plans"}
    england = seen.query("cal_year <= 2021").groupby("cal_year")["new"].sum().to_numpy()
    seen = seen.query("unit == 372 and 2015 <= cal_year <= 2021").rename(columns=columns)
    seen = seen.assign(in_progress=seen["inprog"])
    usual = AgeVariation().new_plans
    variation = AgeVariation(dataclasses.replace(usual, trend_mean=age_flow_rates.national_trend(england)))
    rates = age_flow_rates.estimate_by_age(known, seen, PEOPLE, BANDS, SHAPES, variation)
    assert rates.stock.sum() == pytest.approx(2600, abs=1)
    years = [2023, 2024, 2025]
    central = age_flow.expected_by_age(rates, PEOPLE, years).stock.sum(axis=1)
    assert abs(central[2] / 3623 - 1) < 0.15
    total = age_flow_draws.simulate_by_age(rates, PEOPLE, years, 1000, 1).stock.sum(axis=2)
    low, high = np.quantile(total, [0.025, 0.975], axis=0)
    assert low[1] <= 3310 <= high[1] and low[2] <= 3623 <= high[2]
