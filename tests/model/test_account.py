"""A year's account worked by hand, and what must hold of any: nothing counted twice, a dearer fee never cheaper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.account import emit
from forecasting.model.allocation import Allocation
from forecasting.model.emit import Emitter
from forecasting.model.forecast import Forecast
from forecasting.model.job import Job
from forecasting.model.pricing import fee_chance, price
from forecasting.model.volumes import volumes
from forecasting.periods import to_financial_years
from forecasting.scenario.assumptions import Value
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.from_dataset import baseline, interventions
from forecasting.scenario.levers_costs import LEVERS
from forecasting.scenario.scenario import Change, Scenario, apply
from tests.model.allocations import snapshot_allocation

TABLES = {
    "about": "key,value\nauthority_name,Handley\nbase_year,2025\n",
    "pupils": "year,pupils\n2025,1000\n",
    "providers": "provider,setting,place,commissioned\nOak,special_state,in_borough,10\n"
    "Ash,resourced_provision,in_borough,4\n",
    "unit_costs": "provider,setting,band,post16,kind,gbp_per_place_year\nOak,special_state,core,no,top_up,6000\n"
    "Oak,special_state,high,no,top_up,10000\nOak,special_state,bespoke,no,top_up,90000\n"
    "Ash,resourced_provision,core,no,top_up,5000\n"
    ",special_independent,,no,fee_day,50000\n,special_independent,,no,fee_residential,150000\n",
    "budget": "financial_year,line,parent,kind,gbp\n2023-24,Balance,,balance,-100000\n"
    "2024-25,Block,,income,500000\n2024-25,Transfer,,transfer,12000\n2024-25,Special,,expenditure,180000\n"
    "2024-25,Independent,,expenditure,204000\n2024-25,Central,,expenditure,100000\n",
    "mappings": "table,column,local_value,standard_value\nbudget,line,Block,high_needs_block\n"
    "budget,line,Special,special_state\nbudget,line,Independent,special_independent\n",
    "transport": "setting,place,distance_class,children,gbp_per_child_year\n"
    "special_state,in_borough,near,2,5000\nspecial_independent,out_of_borough,far,4,10000\n",
}
LEVELS: dict[str, Value] = {
    "calibrate_costs": 0.0, "residential_share": 0.25, "joint_health_share": 0.1, "joint_care_share": 0.2,
    "in_borough_price_change": 0.02, "out_of_borough_price_change": 0.05, "other_price_change": 0.03,
    "transport_price_change": 0.04, "high_needs_block_growth": 0.04, "grant_deficit_year": 2025.0, "grant_year": 2026.0,
    "override_ends": 2025.0, "deficit_after_override_share": 0.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def handley(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("handley")
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return load([folder])


def two_years() -> Allocation:
    """January 2025: 8 of ours at Oak with a guest, 3 at Ash, 4 in independent schools; 2026: 10 with a guest, 2, 2."""
    placed = np.zeros((1, 2, 1, 1, 3, 2))
    placed[0, :, 0, 0, 0, 0] = (3, 2)  # resourced provision, in the borough
    placed[0, :, 0, 0, 1, 0] = (8, 10)  # special school, in the borough
    placed[0, :, 0, 0, 2, 1] = (4, 2)  # independent, out of the borough
    at = np.array([[[8.0, 3.0], [10.0, 2.0]]])
    guests = np.array([[1.0, 0.0], [1.0, 0.0]])
    places = np.array([[10.0, 4.0], [10.0, 4.0]])
    settings_ = ("resourced_provision", "special_state", "special_independent")
    return Allocation(
        (2025, 2026), ("ASC",), ("secondary",), settings_, ("in_borough", "out_of_borough"), ("Oak", "Ash"),
        placed, np.zeros((1, 2, 1, 1)), at, guests, places * 1.1, places, places,
    )  # fmt: skip


def told(
    dataset: Dataset, allocation: Allocation, levels: dict[str, Value], without: Allocation | None = None, seed: int = 1
) -> Forecast:
    keys = {"intervention_cost": next(iter(interventions(dataset)), "")}
    changes = tuple(Change(lever, value, keys.get(lever, "")) for lever, value in levels.items())
    job = Job(dataset, apply(baseline(dataset), Scenario("test", changes)), allocation.years,
              len(allocation.placed) - 1, seed, Emitter())  # fmt: skip
    emit(job, allocation, without)
    years = allocation.years
    return Forecast("test", "placements", "", years[0], years, tuple(job.out.margins), tuple(job.out.warnings))


def test_a_september_opening_counts_seven_twelfths() -> None:
    # April to August 2025 is 5 months of academic year 2024/25, September to March 7 months of 2025/26.
    assert to_financial_years(np.array([0.0, 12.0, 12.0]), 0).tolist() == [0.0, 7.0, 12.0]


def test_first_year_by_hand(handley: Dataset) -> None:
    """2024-25, the first year, takes the children of January 2025 for the whole year.

    Place   Oak: 9 children (8 + 1 guest) in 10 places: 9 × 10,000 + 1 × 10,000 = 100,000
            Ash: 3 × 6,000 filled + 1 × 10,000 vacant                            =  28,000
    Top-up  Oak: mean of the bands 6,000 and 10,000 = 8,000 × 8 of ours          =  64,000
            Ash: 5,000 × 3                                                       =  15,000
    Fees    4 × (50,000 × 75% + 150,000 × 25% × (1 − 10% − 20%))
            = 4 × (37,500 + 26,250)                                              = 255,000
    Partners 4 × 150,000 × 25% = 150,000: health 10% = 15,000, care 20% = 30,000
    Transport 2 × 5,000 + 4 × 10,000 = 50,000 (general fund); services 100,000
    Spending of the block 100,000 + 28,000 + 64,000 + 15,000 + 255,000 + 100,000 = 562,000
    Income 500,000 + 12,000 = 512,000; in the year −50,000; −100,000 before, so −150,000 at the end
    The override ends with this year, so 150,000 falls on the general fund.
    """
    found = told(handley, two_years(), LEVELS)
    expected = {"place": 128_000, "top_up": 79_000, "fee": 255_000, "transport": 50_000, "services": 100_000}
    for component, gbp in expected.items():
        assert found.value("cost_gbp", 2025, component=component) == pytest.approx(gbp), component
    assert found.value("cost_gbp", 2025) == pytest.approx(612_000)
    assert found.value("high_needs_spend_gbp", 2025) == pytest.approx(562_000)
    assert found.value("joint_funding_gbp", 2025, component="health") == pytest.approx(15_000)
    assert found.value("joint_funding_gbp", 2025, component="care") == pytest.approx(30_000)
    assert found.value("income_gbp", 2025) == pytest.approx(512_000)
    assert found.value("in_year_balance_gbp", 2025) == pytest.approx(-50_000)
    assert found.value("cumulative_balance_gbp", 2025) == pytest.approx(-150_000)
    assert found.value("general_fund_exposure_gbp", 2025) == pytest.approx(150_000)
    assert found.value("cost_gbp", 2025, provider="Oak") == pytest.approx(164_000)


def test_second_year_by_hand(handley: Dataset) -> None:
    """2025-26 has 5/12 of January 2025 and 7/12 of January 2026.

    Place   Oak: all 10 places full or paid empty, 100,000; 11 children in 2025/26: 7/12 × 1 above × 10,000 = 5,833.33
            Ash: filled (5 × 3 + 7 × 2)/12 = 29/12 × 6,000 = 14,500; empty 19/12 × 10,000 = 15,833.33
            together 136,166.67
    Top-up  Oak: (5 × 8 + 7 × 10)/12 = 110/12 × 8,000 × 1.02 = 74,800; Ash: 29/12 × 5,000 × 1.02 = 12,325: 87,125
    Fees    (5 × 4 + 7 × 2)/12 = 34/12 × 63,750 × 1.05 = 189,656.25
    Transport (110/12 × 10,000/8 + 34/12 × 10,000) × 1.04 = 39,791.67 × 1.04 = 41,383.33
    Services 103,000; spending of the block 136,166.67 + 87,125 + 189,656.25 + 103,000 = 515,947.92
    Income 520,000 and no transfer; in the year 4,052.08; at the end −145,947.92
    Grant   90% of the 150,000 at the end of 2024-25 = 135,000: −10,947.92 with it
    Fund    150,000 less half of the 4,052.08 of the year after = 147,973.96; with the grant
            −150,000 + half of (−10,947.92 + 150,000) = 80,473.96
    """
    found = told(handley, two_years(), LEVELS)
    expected = {"place": 136_166.67, "top_up": 87_125, "fee": 189_656.25, "transport": 41_383.33, "services": 103_000}
    for component, gbp in expected.items():
        assert found.value("cost_gbp", 2026, component=component) == pytest.approx(gbp, abs=0.01), component
    assert found.value("high_needs_spend_gbp", 2026) == pytest.approx(515_947.92, abs=0.01)
    assert found.value("in_year_balance_gbp", 2026) == pytest.approx(4_052.08, abs=0.01)
    assert found.value("cumulative_balance_gbp", 2026) == pytest.approx(-145_947.92, abs=0.01)
    for component, gbp in (("with_grant", -10_947.92), ("without_grant", -145_947.92)):
        assert found.value("cumulative_balance_gbp", 2026, component=component) == pytest.approx(gbp, abs=0.01)
    for component, gbp in (("with_grant", 80_473.96), ("without_grant", 147_973.96)):
        assert found.value("general_fund_exposure_gbp", 2026, component=component) == pytest.approx(gbp, abs=0.01)
    approved = told(handley, two_years(), {**LEVELS, "reform_plan_approved": 1.0})
    assert approved.value("cumulative_balance_gbp", 2026) == pytest.approx(-10_947.92, abs=0.01)
    assert approved.value("deficit_grant_gbp", 2026) == pytest.approx(135_000)
    assert approved.value("in_year_balance_gbp", 2026) == found.value("in_year_balance_gbp", 2026)


def test_the_base_year_is_brought_to_the_budget(handley: Dataset) -> None:
    """Special: 100,000 places + 64,000 top-up = 164,000 against 180,000: top-up × (180,000 − 100,000)/64,000 = 1.25.

    The calibration stands at the levers of the baseline (residential share 12%, health 5%, care 35%): the fees of
    4 × (50,000 × 88% + 150,000 × 12% × 60%) = 4 × 54,800 = 219,200 are brought to 204,000, a ratio of 1.0745.
    """
    held = {lever: value for lever, value in LEVELS.items() if "share" not in lever and lever != "calibrate_costs"}
    found = told(handley, two_years(), held)
    by_kind = {kind: found.value("cost_gbp", 2025, component="top_up", setting=kind)
               for kind in ("special_state", "resourced_provision")}  # fmt: skip
    assert by_kind == {"special_state": pytest.approx(80_000), "resourced_provision": pytest.approx(15_000)}
    assert found.value("cost_gbp", 2025, component="fee") == pytest.approx(204_000)
    assert found.value("modelled_to_budget", 2025, setting="special_state") == pytest.approx(164 / 180)
    assert found.value("modelled_to_budget", 2025, setting="special_independent") == pytest.approx(219.2 / 204)


def test_a_lever_changed_in_the_base_year_is_not_calibrated_away(handley: Dataset) -> None:
    plain, dearer = (told(handley, two_years(), {"fee_change": change}) for change in (0.0, 0.1))
    rise = dearer.value("cost_gbp", 2025, component="fee") / plain.value("cost_gbp", 2025, component="fee")
    assert rise == pytest.approx(1.1)


@pytest.mark.parametrize(("year", "gbp"), [(2018, 4 * 10_000), (2019, 3 * 6_000 + 10_000)])
def test_a_base_was_paid_10000_for_every_place_before_2018_19(handley: Dataset, year: int, gbp: float) -> None:
    early = replace(two_years(), years=(year, year + 1))
    found = told(handley, early, LEVELS)
    assert found.value("cost_gbp", year, component="place", setting="resourced_provision") == gbp


def test_the_department_pays_the_place_of_a_non_maintained_school(handley: Dataset) -> None:
    # The fee listed for all kinds is not there, so the average cost out of the authority stands: set to 40,000.
    kinds = ("resourced_provision", "special_state", "special_non_maintained")
    found = told(handley, replace(two_years(), settings=kinds), {**LEVELS, "residential_share": 0.0})
    assert found.value("cost_gbp", 2025, component="fee") == 0.0  # nothing known, and never below zero
    stated = baseline(handley).with_items([])
    assert stated.number("out_of_borough_unit_cost") is None


def test_academy_places_are_not_counted_twice(handley: Dataset) -> None:
    plain, taken = (told(handley, two_years(), {**LEVELS, "recouped_share": share}) for share in (0.0, 0.5))
    for measure in ("income_gbp", "high_needs_spend_gbp", "cost_gbp"):
        assert taken.value(measure, 2025) == pytest.approx(plain.value(measure, 2025) - 64_000)
    assert taken.value("in_year_balance_gbp", 2025) == pytest.approx(plain.value("in_year_balance_gbp", 2025))


def test_guests_take_places_and_bring_income(handley: Dataset) -> None:
    # One more guest at Oak from January 2026: 7/12 of a child in 2025-26, at 6,000 through the block.
    more = replace(two_years(), guests=np.array([[1.0, 0.0], [2.0, 0.0]]))
    plain, busy = told(handley, two_years(), LEVELS), told(handley, more, LEVELS)
    assert busy.value("income_gbp", 2026, component="import_export") == pytest.approx(7 / 12 * 6_000)
    assert busy.value("cost_gbp", 2026, component="place") > plain.value("cost_gbp", 2026, component="place")
    assert busy.value("cost_gbp", 2026, component="top_up") == plain.value("cost_gbp", 2026, component="top_up")
    paid = told(handley, more, {**LEVELS, "guest_recoupment_gbp": 1_200.0})
    assert paid.value("income_gbp", 2026, component="other_authorities") == pytest.approx((5 * 1 + 7 * 2) / 12 * 1_200)


def test_the_saving_is_what_the_children_would_have_cost_elsewhere(handley: Dataset) -> None:
    # Without the project two more children are in independent schools (4 in 2026, not 2) and Oak has 8, not 10.
    without = two_years()
    placed, at = without.placed.copy(), without.at_provider.copy()
    placed[0, 1, 0, 0, 1, 0], placed[0, 1, 0, 0, 2, 1], at[0, 1, 0] = 8, 4, 8
    without = replace(without, placed=placed, at_provider=at)
    found = told(handley, two_years(), LEVELS, without)
    # The account: 7/12 × 2 × (63,750 × 1.05 − 8,000 × 1.02) − 5,833.33 above the number.
    # The general fund: 7/12 × 2 × (10,000 − 1,250) × 1.04 for transport.
    saved, carried = 7 / 12 * 2 * (63_750 * 1.05 - 8_000 * 1.02) - 7 / 12 * 10_000, 7 / 12 * 2 * 8_750 * 1.04
    assert found.value("saving_gbp", 2026, component="programme_transport") == pytest.approx(carried)
    assert found.value("saving_gbp", 2026, component="programme") == pytest.approx(saved)
    assert found.value("saving_gbp", 2025, component="programme") == pytest.approx(0.0)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-0.5, 0.9), st.floats(0.0, 0.1),
    st.sampled_from(["fee_change", "top_up_change", "residential_share", "over_number_share"]),
)  # fmt: skip
def test_a_dearer_place_never_lowers_cost(demonstration: Dataset, start: float, step: float, lever: str) -> None:
    low = max(start, BY_NAME[lever].low)
    high = min(low + step, BY_NAME[lever].high)
    allocation = snapshot_allocation(demonstration, runs=5)
    before, after = (told(demonstration, allocation, {lever: value}) for value in (low, high))
    gap = after.margin("cost_gbp").stats - before.margin("cost_gbp").stats
    assert (gap >= -1e-6).all()


def test_fees_are_lognormal_with_the_moments_stated(demonstration: Dataset) -> None:
    # Mean 1 and standard deviation c ÷ √N; 0.05 is about six standard errors of both at 20,000 runs.
    allocation = snapshot_allocation(demonstration, years=2, runs=1)
    many = volumes(allocation, tuple(allocation.settings[:1] * len(allocation.providers)), np.ones(1))
    count = 25.0
    pre = np.full((20_001, 1, 1), count)
    found = fee_chance(replace(many, pre=pre, post=np.zeros_like(pre)), np.full((20_001, 1), 0.5), seed=4)
    assert found[0, 0, 0] == 1.0
    assert found[1:].mean() == pytest.approx(1.0, abs=0.005)
    assert found[1:].std() == pytest.approx(0.5 / np.sqrt(count), rel=0.05)


def test_draws_are_the_same_in_every_scenario(demonstration: Dataset) -> None:
    allocation = snapshot_allocation(demonstration, runs=40)
    plain, again = (price(demonstration, baseline(demonstration), allocation, 7)[0].total for _ in range(2))
    np.testing.assert_array_equal(plain, again)
    assert np.unique(plain[:, -1]).size == 40


STARTS: dict[str, dict[str, Value]] = {
    "transport_carried_share": {}, "grant_share": {"reform_plan_approved": 1.0},
    "grant_eligible_share": {"reform_plan_approved": 1.0, "grant_eligible_share": 0.5},
    "grant_deficit_year": {"reform_plan_approved": 1.0}, "grant_year": {"reform_plan_approved": 1.0},
    "over_number_share": {"over_number_share": 0.2},
    "deficit_after_override_share": {"deficit_after_override_share": 0.2},
}  # fmt: skip
WITHOUT_TRANSPORT = ("transport_carried_share", "transport_gbp_per_child")


@pytest.mark.parametrize("name", [lever.name for lever in LEVERS])
def test_every_lever_of_costs_moves_what_it_says_and_nothing_else(demonstration: Dataset, name: str) -> None:
    dataset = demonstration
    if name in WITHOUT_TRANSPORT:
        dataset = Dataset({k: v for k, v in demonstration.tables.items() if k != "transport"})
    lever = BY_NAME[name]
    allocation = snapshot_allocation(dataset, years=6, growth=0.06, runs=30, outside=0.8)
    without = snapshot_allocation(dataset, years=6, growth=0.06, runs=30)
    start = STARTS.get(name, {})
    value = start.get(name, baseline(dataset).number(name))
    assert isinstance(value, float)
    raised = 0.0 if value and lever.kind == "switch" else min(value + 4 * lever.step, lever.high)
    before = told(dataset, allocation, start, without)
    after = told(dataset, allocation, {**start, name: raised}, without)
    wrong = []
    for measure in before.measures():
        old, new = (found.margin(measure).stats[..., -1] if found.has(measure) else _all(found, measure)
                    for found in (before, after))  # fmt: skip
        gap = new - old
        if measure in lever.up and not (gap[1] > 0).all() or measure in lever.down and not (gap[1] < 0).all():
            wrong.append(f"{measure}: {gap[:2]}")
        if measure not in lever.moves and not np.allclose(old, new, rtol=1e-12, atol=1e-9):
            wrong.append(f"{measure} should stay")
        if measure in lever.either and np.array_equal(_all(before, measure), _all(after, measure)):
            wrong.append(f"{measure} should move")
    assert wrong == []


def _all(found: Forecast, measure: str) -> np.ndarray:
    return np.concatenate([m.stats.reshape(len(m.stats), -1) for m in found.margins if m.measure == measure], axis=1)
