"""The `moves` method: exact recursion, draws, conservation, levers, and the real moves of one authority."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.synthetic_moves import CLEAN, synthetic_authority
from forecasting.errors import DatasetError
from forecasting.model import moves, moves_rates, moves_table
from forecasting.model import moves_draws as md
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_rates import Variation

MOVES = Path(__file__).parents[3] / "shared" / "moves"
YEARS = list(range(2016, 2021))
needs_moves = pytest.mark.skipif(not MOVES.exists(), reason="../shared/moves is not beside the repository")


@pytest.fixture(scope="module")
def authority():
    return synthetic_authority(np.random.default_rng(7), n_needs=3, n_settings=4, cohort=1200)


@pytest.fixture(scope="module")
def rates(authority):
    return moves_rates.estimate(authority.moves, authority.residents)


@pytest.fixture(scope="module")
def stock(authority, rates):
    return moves.stock_at(authority.moves, rates)


@pytest.fixture(scope="module")
def draws(authority, rates, stock):
    return md.simulate(stock, rates, authority.residents, YEARS, 400, 3, margins=(*md.MARGINS, "cells"))


def people_at(authority, rates, year):
    table = authority.residents
    table = table[table.year == year].set_index("nc_year")["people"]
    return [float(table[n]) for n in rates.nc_years]


def test_stock_is_the_destinations(authority, rates, stock):
    assert np.array_equal(stock, authority.stock)


def test_expected_agrees_with_a_recursion_written_by_hand(authority, rates, stock):
    """Plain loops over every cell: who leaves, who stays, who moves, whose need changes, who joins."""
    got = moves.expected(stock, rates, authority.residents, YEARS).stock
    c, (n_nc, n_needs, n_settings) = rates.central, stock.shape
    now, level, step = stock.tolist(), rates.trend.mean[0], rates.trend.mean[1]
    for t, year in enumerate(YEARS):
        level += step * rates.variation.joiners.damping**t
        residents = people_at(authority, rates, year)
        after = [
            [[residents[n] * np.exp(level) * c.join[n, d, s] for s in range(n_settings)] for d in range(n_needs)]
            for n in range(n_nc)
        ]
        for n in range(n_nc - 1):
            for d in range(n_needs):
                for s in range(n_settings):
                    kept = now[n][d][s] * (1 - c.leave[n, d, s])
                    for e in range(n_needs):
                        part = kept * c.need_change[d, e]
                        after[n + 1][e][s] += part * (1 - c.move[n, d, s])
                        for u in range(n_settings):
                            after[n + 1][e][u] += part * c.move[n, d, s] * c.to[n, d, s, u]
        now = after
        assert np.abs(np.array(now) - got[t]).max() < 1e-9


def test_a_two_cell_world_by_hand():
    """100 children of NC year 0 in A: 10 cease, 18 of the other 90 go to B, 10 join A from 2,000 residents.

    Large counts defeat pooling: joiners 500 of 100,000, leavers 1,000 of 10,000, movers 1,800 of 9,000.
    Next January, from 100 in A at NC year 0 and 2,000 residents: A = 100·0.9·0.8 + 2000·0.005 = 82; B = 18.
    """
    rows = [
        (2014, 0, None, None, 1, "N", "A", 500),
        (2014, 0, "N", "A", 1, None, None, 1000),
        (2014, 0, "N", "A", 1, "N", "A", 7200),
        (2014, 0, "N", "A", 1, "N", "B", 1800),
    ]
    table = pd.DataFrame(rows, columns=list(moves_table.COLUMNS))
    grid = [(y, n, 100_000.0 if y == 2015 else 2000.0) for y in (2015, 2016) for n in range(0, 3)]
    residents = pd.DataFrame(grid, columns=["year", "nc_year", "people"])
    still = Variation(dataclasses.replace(Variation().joiners, trend_mean=0.0, trend_sd=1e-6, year_sd=1e-3))
    rates = moves_rates.estimate(table, residents, variation=still, limits=(0, 2))
    stock = np.zeros((3, 1, 2))
    stock[0, 0, 0] = 100
    after = moves.expected(stock, rates, residents, [2016]).stock[0]
    assert after[1, 0].tolist() == pytest.approx([82.0, 18.0], rel=0.02)


def test_transitions_of_each_cell_sum_to_one(rates):
    sums = moves.transitions(rates).groupby(["nc_year", "need", "setting"])["chance"].sum()
    assert np.abs(sums - 1).max() < 1e-9


def test_draws_at_central_rates_have_the_exact_mean(authority, rates, stock):
    n = 3000
    flat = md.simulate(
        stock, rates, authority.residents, YEARS, n, 5, margins=("cells",), uncertain=False, chance=False
    )
    exact = moves.expected(stock, rates, authority.residents, YEARS).stock
    for t in (0, 2, 4):
        seen = flat.margins["cells"][:, t]
        use = exact[t] > 0.05
        z = (seen.mean(axis=0) - exact[t])[use] / (seen.std(axis=0)[use] / np.sqrt(n))
        assert np.abs(z).max() < 5.0
        assert 0.8 < z.std() < 1.2


def slow_simulation(stock, rates, residents_of, years, n_runs, rng):
    """One child at a time, at central rates: totals by need at the last year."""
    c, (n_nc, n_needs, n_settings) = rates.central, stock.shape
    results = np.zeros((n_runs, n_needs))
    steps = moves.damped(rates, len(years))
    for run in range(n_runs):
        children = [cell for cell in np.ndindex(*stock.shape) for _ in range(int(stock[cell]))]
        for t, year in enumerate(years):
            after = []
            for n, d, s in children:
                if n == n_nc - 1 or rng.random() < c.leave[n, d, s]:
                    continue
                if rng.random() < c.move[n, d, s]:
                    s = int(np.searchsorted(np.cumsum(c.to[n, d, s]), rng.random()))
                d = int(np.searchsorted(np.cumsum(c.need_change[d]), rng.random()))
                after.append((n + 1, min(d, n_needs - 1), min(s, n_settings - 1)))
            level = np.exp(rates.trend.mean[0] + rates.trend.mean[1] * steps[t])
            for n in range(n_nc):
                for d in range(n_needs):
                    for s in range(n_settings):
                        mean = residents_of(year)[n] * c.join[n, d, s] * level
                        after += [(n, d, s)] * int(rng.poisson(mean)) if mean > 0 else []
            children = after
        for _, d, _ in children:
            results[run, d] += 1
    return results


def test_spread_agrees_with_a_slow_simulation_of_single_children():
    small = synthetic_authority(np.random.default_rng(3), n_needs=2, n_settings=4, cohort=150)
    rates = moves_rates.estimate(small.moves, small.residents)
    stock = moves.stock_at(small.moves, rates)
    people = {year: people_at(small, rates, year) for year in (2016, 2017, 2018)}
    years = [2016, 2017, 2018]
    slow = slow_simulation(stock, rates, people.__getitem__, years, 250, np.random.default_rng(1))
    fast = md.simulate(
        stock, rates, small.residents, years, 4000, 2, margins=("need",), uncertain=False, chance=False
    ).margins["need"][:, 2]
    error = slow.std(axis=0) / np.sqrt(len(slow))
    assert np.all(np.abs(slow.mean(axis=0) - fast.mean(axis=0)) < 4 * error)
    assert np.all(np.abs(np.log(slow.std(axis=0) / fast.std(axis=0))) < 4 / np.sqrt(2 * len(slow)))


def imbalance(draws):
    """stock(t+1) − stock(t) − joined + left, axes (draw, year); zero if plans are conserved."""
    change = np.diff(draws.margins["total"].astype(np.int64), axis=1, prepend=draws.start)
    return change - draws.joined.sum(axis=2, dtype=np.int64) + draws.left.sum(axis=2, dtype=np.int64)


def test_every_draw_conserves_people(draws):
    assert np.abs(imbalance(draws)).max() == 0


def test_margins_are_sums_of_cells_and_none_is_negative(draws):
    cells = draws.margins["cells"]
    assert cells.min() >= 0 and draws.joined.min() >= 0 and draws.left.min() >= 0
    for name, axes in {
        "total": (2, 3, 4),
        "nc_year": (3, 4),
        "need": (2, 4),
        "setting": (2, 3),
        "need_setting": 2,
    }.items():
        assert np.array_equal(cells.sum(axis=axes), draws.margins[name])
    assert np.array_equal(cells.sum(axis=3).transpose(0, 1, 3, 2), draws.margins["setting_nc_year"])


def test_nobody_is_older_than_the_limit_and_closed_cells_are_empty(authority, rates, stock, draws):
    assert np.all(draws.margins["cells"].sum(axis=(0, 1, 3))[~rates.is_open] == 0)
    full = np.zeros_like(stock)
    last = np.argwhere(rates.is_open)[-1]
    full[-1, :, np.flatnonzero(rates.is_open[-1])] = 50
    if full.sum():
        none = {"joiners": np.zeros((1, len(rates.nc_years), len(rates.needs)))}
        after = moves.expected(full, rates, authority.residents, [2016], Levers(**none))
        assert after.stock.sum() == 0 and after.left.sum() == full.sum()
    assert last[0] <= len(rates.nc_years) - 1


def test_rates_are_drawn_once_and_kept(authority, rates, stock):
    """With persistent rates the relative spread of the total keeps growing; redrawn, it would average out."""
    total = md.simulate(stock, rates, authority.residents, YEARS, 800, 9).margins["total"]
    relative = total.std(axis=0) / total.mean(axis=0)
    assert np.all(np.diff(relative) > 0)
    steps = np.diff(np.concatenate([np.full((800, 1), stock.sum()), total], axis=1), axis=1)
    assert np.corrcoef(steps[:, 1], steps[:, 4])[0, 1] > 0.1


def test_row_order_does_not_matter(authority, rates, stock):
    shuffled = authority.moves.sample(frac=1, random_state=1)
    people = authority.residents.sample(frac=1, random_state=2)
    other = moves_rates.estimate(shuffled, people)
    assert np.allclose(other.central.join, rates.central.join, rtol=1e-9)
    assert np.array_equal(moves.stock_at(shuffled, other), stock)
    a = moves.expected(stock, rates, authority.residents, YEARS).stock
    assert np.allclose(moves.expected(stock, other, people, YEARS).stock, a, rtol=1e-9)


def test_no_change_to_any_lever_is_exactly_the_baseline(authority, rates, stock, draws):
    n, d, s = stock.shape
    ones = Levers(np.ones((5, n, d)), np.ones((5, n, d)), np.ones((5, s)), np.ones((5, s)))
    base = moves.expected(stock, rates, authority.residents, YEARS)
    assert np.array_equal(base.stock, moves.expected(stock, rates, authority.residents, YEARS, ones).stock)
    again = md.simulate(stock, rates, authority.residents, YEARS, 400, 3, levers=ones)
    assert np.array_equal(again.margins["setting_nc_year"], draws.margins["setting_nc_year"])


@pytest.mark.parametrize(
    ("lever", "value", "sign"),
    [
        ("joiners", 1.3, 1),
        ("leavers", 1.3, -1),
        ("leavers", 0.5, 1),
    ],
)
def test_levers_on_flows_move_the_total(authority, rates, stock, draws, lever, value, sign):
    n, d, _ = stock.shape
    change = Levers(**{lever: np.full((5, n, d), value)})
    exact = moves.expected(stock, rates, authority.residents, YEARS, change).stock.sum(axis=(1, 2, 3))
    base = moves.expected(stock, rates, authority.residents, YEARS).stock.sum(axis=(1, 2, 3))
    assert np.all(sign * (exact - base) > 0)
    drawn = md.simulate(stock, rates, authority.residents, YEARS, 400, 3, levers=change)
    shift = drawn.margins["total"].mean(axis=0) - draws.margins["total"].mean(axis=0)
    assert shift == pytest.approx(exact - base, rel=0.15)


def test_inclusion_shift_moves_children_and_keeps_the_joiners(authority, rates, stock, draws):
    weight = np.ones((5, stock.shape[2]))
    weight[:, 0] = 3.0
    change = Levers(destinations=weight)
    base = moves.expected(stock, rates, authority.residents, YEARS)
    after = moves.expected(stock, rates, authority.residents, YEARS, change)
    assert after.joined.sum() == pytest.approx(base.joined.sum())
    gain = after.stock[-1].sum(axis=(0, 1)) - base.stock[-1].sum(axis=(0, 1))
    assert gain[0] > 0 and gain[1:].sum() < 0
    drawn = md.simulate(stock, rates, authority.residents, YEARS, 400, 3, levers=change)
    shift = (drawn.margins["setting"] - draws.margins["setting"]).mean(axis=0)[-1]
    assert shift[0] == pytest.approx(gain[0], rel=0.15)


def test_a_lever_leaves_earlier_years_alone(authority, rates, stock, draws):
    lever = np.ones((5, stock.shape[0], stock.shape[1]))
    lever[3:] = 1.5
    drawn = md.simulate(stock, rates, authority.residents, YEARS, 400, 3, levers=Levers(joiners=lever))
    assert np.array_equal(drawn.margins["need_setting"][:, :3], draws.margins["need_setting"][:, :3])
    assert drawn.margins["total"][:, 4].mean() > draws.margins["total"][:, 4].mean()


def test_joiners_bring_all_plans_to_the_totals_wanted(authority, rates, stock):
    """The central run gets there exactly; draws but for the chance of joining; levers come on top of the same level."""
    totals = stock.sum() * np.cumprod(np.full(len(YEARS), 1.05))
    flows = moves.expected(stock, rates, authority.residents, YEARS, totals=totals)
    assert flows.stock.sum(axis=(1, 2, 3)) == pytest.approx(totals)
    again = moves.expected(stock, rates, authority.residents, YEARS, shift=flows.shift)
    assert np.array_equal(again.stock, flows.stock)
    wanted = totals * np.random.default_rng(1).normal(1.0, 0.03, (300, len(YEARS)))
    led = md.simulate(stock, rates, authority.residents, YEARS, 300, 4, totals=wanted)
    error = led.margins["total"] - wanted
    assert np.abs(error).max() < 6 * np.sqrt(wanted.max()) and abs(error.mean()) < 0.02 * wanted.std()
    assert not imbalance(led).any()
    same = md.simulate(stock, rates, authority.residents, YEARS, 300, 4, shift=led.shift)
    assert np.array_equal(same.margins["need"], led.margins["need"])
    fewer = Levers(joiners=np.full((len(YEARS), 1, 1), 0.5))
    below = md.simulate(stock, rates, authority.residents, YEARS, 300, 4, fewer, shift=led.shift)
    assert below.margins["total"][:, -1].mean() < led.margins["total"][:, -1].mean()


def test_totals_out_of_reach_stop_at_the_bounds(authority, rates, stock):
    """Plans cannot fall faster than they cease, nor joiners rise without end: the factor stays within ten."""
    for share in (0.01, 100.0):
        flows = moves.expected(
            stock, rates, authority.residents, YEARS, totals=np.full(len(YEARS), share * stock.sum())
        )
        assert np.abs(flows.shift).max() == pytest.approx(np.log(moves.MOST_FACTOR))
        assert (flows.joined >= 0).all() and (flows.stock >= 0).all()


def test_groups_of_nc_years_add_up_to_need_and_setting(authority, rates, stock):
    group = np.minimum(np.arange(len(rates.nc_years)) // 8, 3)
    names = ("need_setting", "setting_nc_year", "need_group_setting")
    found = md.simulate(stock, rates, authority.residents, YEARS, 40, 4, margins=names, group=group).margins
    parts = found["need_group_setting"]
    assert np.array_equal(parts.sum(axis=3), found["need_setting"])
    by_group = np.einsum("rysn,ng->rygs", found["setting_nc_year"], np.eye(4, dtype=np.int64)[group])
    assert np.array_equal(parts.sum(axis=2), by_group)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("next_nc_year", 99, "nc_year \\+ 1"),
        ("people", -1, "people"),
        ("setting", None, "together"),
    ],
)
def test_faults_name_the_row(authority, column, value, text):
    wrong = authority.moves.copy()
    row = int(np.flatnonzero(wrong["need"].notna() & wrong["next_need"].notna())[3])
    wrong.loc[row, column] = value
    with pytest.raises(DatasetError, match=text) as caught:
        moves_rates.estimate(wrong, authority.residents)
    assert caught.value.faults[0].row == row + 2


def test_missing_residents_raise(authority, rates, stock):
    with pytest.raises(DatasetError, match="2030"):
        moves.expected(stock, rates, authority.residents, [2030])


def test_the_same_seed_gives_the_same_draws(authority, rates, stock):
    a = md.simulate(stock, rates, authority.residents, YEARS, 50, 4).margins["total"]
    again, other = (md.simulate(stock, rates, authority.residents, YEARS, 50, seed) for seed in (4, 5))
    assert np.array_equal(a, again.margins["total"])
    assert not np.array_equal(a, other.margins["total"])


def test_clean_rates_are_recovered():
    """Large clean world: leavers, joiner level and joiner mix near the truth."""
    world = synthetic_authority(np.random.default_rng(2), cohort=60_000, troubles=CLEAN)
    rates = moves_rates.estimate(world.moves, world.residents)
    expected = np.einsum("nds,nds->", world.stock, world.rates.leave)
    assert np.einsum("nds,nds->", world.stock, rates.central.leave) == pytest.approx(expected, rel=0.02)
    assert rates.central.join.sum() == pytest.approx(world.rates.join[1:].sum(), rel=0.03)
    share, truth = rates.central.join.sum(axis=0), world.rates.join[1:].sum(axis=0)
    assert share / share.sum() == pytest.approx(truth / truth.sum(), abs=0.02)


# ------------------------------------------------------------------------------- real moves of one authority


@pytest.fixture(scope="module")
def real():
    return pd.read_csv(MOVES / "plan_moves.csv"), pd.read_csv(MOVES / "population.csv")


@needs_moves
def test_the_moves_of_2013_forecast_january_2015(real):
    """1,877 plans came; holding the last value (1,781) errs by 5.1 %."""
    table, residents = real
    first = table[table.census_year == 2013]
    rates = moves_rates.estimate(first, residents)
    stock = moves.stock_at(first, rates)
    assert stock.sum() == 1781
    central = moves.expected(stock, rates, residents, [2015]).stock.sum()
    assert abs(central / 1877 - 1) < 0.03
    draws = md.simulate(stock, rates, residents, [2015], 1000, 1)
    low, high = np.quantile(draws.margins["total"][:, 0], [0.1, 0.9])
    assert low <= 1877 <= high
    truth = table[(table.census_year == 2014) & table.next_need.notna()].groupby("next_need")["people"].sum()
    low, high = np.quantile(draws.margins["need"][:, 0], [0.025, 0.975], axis=0)
    seen = truth.reindex(list(rates.needs)).to_numpy()
    assert np.mean((low <= seen) & (seen <= high)) >= 5 / 6


@needs_moves
def test_both_years_forecast_2016_to_2022_with_ranges(real):
    table, residents = real
    rates = moves_rates.estimate(table, residents, valid=pd.read_csv(MOVES / "valid_settings.csv"))
    assert rates.needs == tuple("TUVWXY") and rates.settings == tuple("ABCDEFGHIJKLMNOPQRS")
    stock, years = moves.stock_at(table, rates), list(range(2016, 2023))
    assert stock.sum() == 1877
    draws = md.simulate(stock, rates, residents, years, 500, 1)
    assert np.abs(imbalance(draws)).max() == 0
    for name in ("need", "setting", "nc_year"):
        bands = md.quantiles(draws.margins[name], [0.1, 0.5, 0.9])
        assert np.all(np.diff(bands, axis=0) >= 0)
        assert (bands[2, -1] > bands[0, -1]).sum() >= 6
    assert rates.recording.nc > 0.1  # the two returns disagree about NC years; see docs/method_moves.md


@needs_moves
def test_a_single_return_takes_the_stated_recording_error(real):
    table, residents = real
    rates = moves_rates.estimate(table[table.census_year == 2013], residents)
    assert rates.recording == moves_rates.UNSEEN_RECORDING
    assert dataclasses.replace(rates.recording, nc=0.0).nc == 0.0
