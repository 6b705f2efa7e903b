"""The tornado and flip-points agree with brute force; shares of the range with what fixing a lever takes away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.analysis.flip import Flip, can_flip, conclude, flip
from forecasting.analysis.sensitivity import (
    Swing,
    Tornado,
    active,
    figure,
    moved,
    shares,
    shares_of_swings,
    tornado,
)
from forecasting.inputs.dataset import Dataset
from forecasting.model.recost import can_be_recosted, recosted
from forecasting.model.run import Run, run
from forecasting.scenario.catalogue import BY_NAME, LEVERS
from forecasting.scenario.from_dataset import baseline, dataset_scenarios
from forecasting.scenario.plausible import JUDGED, STATED, judged_ranges, span_of
from forecasting.scenario.scenario import Change, Scenario

LAST = 2028


def of(dataset: Dataset, *changes: Change, draws: int = 0, method: str = "auto") -> Run:
    return run(dataset, Scenario("s", changes), to=LAST, draws=draws, method=method)


def swing_of(found: Tornado, lever: str, key: str = "") -> Swing:
    return next(swing for swing in found.swings if (swing.lever.name, swing.key) == (lever, key))


@pytest.fixture(scope="module")
def here(quick: Dataset) -> Run:
    return of(quick)


@pytest.fixture(scope="module")
def found(here: Run) -> Tornado:
    return tornado(here)


def test_every_active_lever_is_moved_or_says_why_not(found: Tornado, here: Run) -> None:
    assert [(s.lever.name, s.key) for s in found.swings] == [(c.lever.name, c.key) for c in active(here)]
    assert all(bool(swing.options) != bool(swing.why) for swing in found.swings)
    assert {"policy_shock", "fee_change", "high_needs_block_growth"} <= {swing.lever.name for swing in found.swings}


def test_the_tornado_agrees_with_brute_force(found: Tornado, quick: Dataset) -> None:
    for name, ends in {"fee_change": (-0.05, 0.05), "policy_shock": (-0.15, 0.3), "guest_change": (-0.1, 0.1)}.items():
        swing = swing_of(found, name)
        assert tuple(value for value, _ in swing.options) == pytest.approx(ends)
        for value, totals in swing.options:
            assert isinstance(value, float)
            whole = of(quick, Change(name, value))
            for measure in ("ehc_plans", "places_short", "cost_gbp", "cumulative_balance_gbp"):
                assert figure(totals, measure, LAST) == pytest.approx(figure(whole.totals, measure, LAST), rel=1e-12)


def test_the_largest_swing_comes_first(found: Tornado) -> None:
    present = figure(found.run.totals, "cost_gbp", LAST)
    sizes = [swing.size("cost_gbp", LAST, present) for swing in found.ranked("cost_gbp", LAST)]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] > 0
    assert all(swing.span is None for swing in found.ranked("cost_gbp", LAST, ranges=False))


@pytest.mark.parametrize("built", [False, True])
def test_pricing_again_is_the_whole_run(quick: Dataset, built: bool) -> None:
    projects = (Change("project_on", 1.0, "P1"), Change("project_on", 1.0, "P4")) if built else ()
    here = of(quick, *projects, draws=5)
    names = [c.lever.name for c in active(here) if can_be_recosted(here, c.lever) and not c.key]
    assert len(names) > 15 and "policy_shock" not in names
    for name in names[::4]:
        lever = BY_NAME[name]
        now = here.assumptions.number(name) or 0.0
        change = Change(name, min(now + lever.step, lever.high) if now < lever.high else now - lever.step)
        whole = of(quick, *projects, change, draws=5)
        for measure, total in recosted(here, (change,)).items():
            np.testing.assert_array_equal(total.runs, whole.totals[measure].runs, f"{name}: {measure}")


def test_a_path_is_moved_as_a_whole(quick: Dataset) -> None:
    # policy_shock 0 until 2026, then 0.2 from 2027. To bring it to 0.3 in the end is to add 0.1 in every year.
    here = of(quick, Change("policy_shock", 0.2, from_year=2027))
    told = moved(here, BY_NAME["policy_shock"], "", 0.3)
    brute = of(quick, Change("policy_shock", 0.1), Change("policy_shock", 0.3, from_year=2027))
    np.testing.assert_allclose(told["ehc_plans"].runs, brute.totals["ehc_plans"].runs)


def test_ranges_are_stated_or_marked_as_judgement(quick: Dataset) -> None:
    plain = baseline(quick)
    stated = span_of(BY_NAME["in_borough_price_change"], "", plain)
    assert stated is not None and (stated.low, stated.high, stated.basis) == (0.01, 0.04, STATED)
    judged = span_of(BY_NAME["policy_shock"], "", plain)
    assert judged is not None and judged.basis == JUDGED and judged.why.startswith("Judgement")
    changed = of(quick, Change("in_borough_price_change", 0.05)).assumptions
    moved_along = span_of(BY_NAME["in_borough_price_change"], "", changed)  # 0.025 ± 0.015 becomes 0.05 ± 0.015
    assert moved_along is not None
    assert (moved_along.low, moved_along.high) == pytest.approx((0.035, 0.065))


def test_every_lever_with_a_number_has_a_judgement_to_fall_back_on() -> None:
    table = judged_ranges()
    numbers = {lever.name for lever in LEVERS if lever.kind not in ("choice", "switch")}
    assert set(table.index) == numbers
    assert (table["low"].isna() | (table["low"] < table["high"])).all()
    assert table["why"].str.len().gt(10).all()


def test_a_share_is_what_fixing_the_lever_takes_from_the_variance(quick: Dataset) -> None:
    draws, names = 300, ("out_of_borough_price_change", "high_needs_block_growth")
    table = quick.table("assumptions").copy()
    wide = table["lever"].isin(names)  # wide intervals, so that the shares stand out from those of the plans themselves
    middle = table.loc[wide, "value"].astype(float)
    table.loc[wide, "low"], table.loc[wide, "high"] = middle - 0.1, middle + 0.1
    whole = of(Dataset({**quick.tables, "assumptions": table}), draws=draws)
    told = {one.name: one.share for one in shares(whole, "in_year_balance_gbp", LAST) if one.name}
    spread = _spread(whole)
    for name in names:
        known = {end: table[end].where(table["lever"] != name) for end in ("low", "high")}
        fixed = of(Dataset({**quick.tables, "assumptions": table.assign(**known)}), draws=draws)
        assert told[name] > 0.05
        assert told[name] == pytest.approx(1.0 - _spread(fixed) / spread, abs=0.08)


def _spread(here: Run) -> float:
    return float(here.totals["in_year_balance_gbp"].runs[1:, -1].var())


def test_shares_add_up_and_need_draws(quick: Dataset, here: Run) -> None:
    assert shares(here, "cost_gbp", LAST) == ()
    told = shares(of(quick, draws=100), "cost_gbp", LAST)
    assert sum(one.share for one in told) == pytest.approx(1.0, abs=0.15)
    assert all(0.0 <= one.share <= 1.0 for one in told)


def test_without_draws_the_swings_are_squared(rotherham: Dataset) -> None:
    here = run(rotherham, Scenario("baseline"))
    told = shares_of_swings(tornado(here), "places_short", 2021)
    assert sum(one.share for one in told) == pytest.approx(1.0)
    # places short = share × 143 + growth: ±0.15 of 143 is ±21.45; ±10% of 71.5 is ±7.15; the squares are as 9 to 1.
    by_name = {one.name: one.share for one in told}
    assert by_name["bring_back_share"] / by_name["out_of_borough_baseline"] == pytest.approx(9.0, rel=0.02)


def _turns(here: Run, found: Flip) -> None:
    """Assert that the conclusion turns at the value found, and nowhere nearer."""
    goal = found.conclusion.goal
    assert found.value is not None
    step = 1e-3 * (found.high - found.low)
    way = 1.0 if found.value > found.now else -1.0
    for value, turned in ((found.value - way * step, False), (found.value + way * step, True)):
        got = figure(moved(here, found.lever, found.key, value), goal.measure, goal.year)
        holds = got >= goal.target if goal.at_least else got <= goal.target
        assert (holds != found.conclusion.holds) is turned
    between = np.linspace(found.now, found.value - way * step, 6)
    held = [figure(moved(here, found.lever, found.key, float(v)), goal.measure, goal.year) for v in between]
    assert all((v >= goal.target if goal.at_least else v <= goal.target) == found.conclusion.holds for v in held)


def test_a_flip_point_agrees_with_brute_force(rotherham: Dataset) -> None:
    here = run(rotherham, dataset_scenarios(rotherham)["mitigated"])
    told = conclude(here, "places")
    assert told is not None and not told.holds
    suffices = conclude(here, "places", 2019)
    assert suffices is not None and suffices.holds
    every = tornado(here)
    for name in ("bring_back_share", "pupil_growth"):
        _turns(here, flip(here, suffices, swing_of(every, name)))
    growth = flip(here, suffices, swing_of(every, "pupil_growth"))
    assert growth.growth == pytest.approx(growth.growth)  # it moves plans, so their growth is known


def test_a_flip_of_money_agrees_with_brute_force(here: Run, found: Tornado) -> None:
    told = conclude(here, "in_year")
    assert told is not None and not told.holds and told.until is None
    turned = flip(here, told, swing_of(found, "high_needs_block"))
    _turns(here, turned)
    assert np.isnan(turned.growth)
    assert flip(here, told, swing_of(found, "transport_price_change")).value is None  # transport stands outside


def test_what_is_blank_or_a_word_cannot_be_searched(found: Tornado) -> None:
    assert not can_flip(swing_of(found, "placement_objective"))
    assert not can_flip(swing_of(found, "under_provision_places"))
    assert can_flip(replace(swing_of(found, "fee_change"), now=0.0))
