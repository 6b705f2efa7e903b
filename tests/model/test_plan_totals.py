"""Which method of totals was nearer on an authority's own past, and the plans in the detail of places."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model import plan_totals
from forecasting.model.plan_stock import grown, growth
from forecasting.model.run import run
from forecasting.model.stock import Stock
from forecasting.scenario.scenario import Change, Scenario
from tests.support import DEMONSTRATION

PLAIN = Scenario("plain")


def _with_tables(folder: Path, **changed: pd.DataFrame) -> Dataset:
    """Return the demonstration with some tables replaced, read again from files."""
    for file in DEMONSTRATION.glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    for name, frame in changed.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return load([folder])


def test_flows_given_in_total_and_by_age_are_counted_once(demonstration: Dataset, tmp_path: Path) -> None:
    flows = pd.read_csv(DEMONSTRATION / "plan_flows.csv")
    assert flows["age_band"].isna().any() and flows["age_band"].notna().any()
    totals = _with_tables(tmp_path, plan_flows=flows.loc[flows["age_band"].isna()])
    for method in ("age_flow", "trend"):
        both = [run(data, PLAIN, method=method).forecast.value("ehc_plans", 2030) for data in (demonstration, totals)]
        assert both[0] == pytest.approx(both[1])


def test_past_errors_use_nothing_later_than_their_origin(demonstration: Dataset, tmp_path: Path) -> None:
    """Plans, flows and residents after 2023 are scrambled: what is said from 2023 and before stays the same."""
    where = DEMONSTRATION
    plans, flows, people = (pd.read_csv(where / f"{name}.csv") for name in ("ehc_plans", "plan_flows", "population"))
    later = plans["year"] > 2023
    plans.loc[later, "plans"] = (plans.loc[later, "plans"] * 2).round()
    flows.loc[flows["calendar_year"] >= 2023, ["requests", "assessments", "new_plans"]] *= 3
    people.loc[people["year"] > 2023, "people"] *= 2
    scrambled = _with_tables(tmp_path, ehc_plans=plans, plan_flows=flows, population=people)
    cases = [plan_totals.past_errors(data).set_index(["origin", "year"]) for data in (demonstration, scrambled)]
    known = cases[0].loc[(slice(None), slice(2023)), :]
    assert len(known) >= 3
    pd.testing.assert_frame_equal(known, cases[1].loc[known.index])
    at_2023 = [frame.loc[2023] for frame in cases]
    came = np.log(2.0)  # the forecasts are the same, what came is twice as much
    assert (at_2023[0] - at_2023[1]).to_numpy() == pytest.approx(came, rel=0.05)


def test_the_nearer_method_leads_the_totals_of_moves(demonstration: Dataset) -> None:
    found = plan_totals.nearer(demonstration)
    errors, elsewhere = plan_totals.past_errors(demonstration), plan_totals.measured_elsewhere()
    weight = plan_totals.PUBLISHED_WEIGHT
    score = (errors[["trend", "age_flow"]].abs().sum() + weight * elsewhere) / (len(errors) + weight)
    assert len(errors) >= weight and found.name == score.idxmin() and "on its own past" in found.why
    led, leader = (run(demonstration, PLAIN, method=name).plans for name in ("moves", found.name))
    assert led is not None and leader is not None
    at = leader.years.index(led.years[0])
    assert led.runs[0, 1:] == pytest.approx(leader.runs[0, at + 1 :], rel=1e-9)


def test_with_a_short_past_the_totals_follow_trend(tmp_path: Path) -> None:
    plans = pd.read_csv(DEMONSTRATION / "ehc_plans.csv")
    recent = _with_tables(tmp_path, ehc_plans=plans.loc[plans["year"] >= 2023])
    found = plan_totals.nearer(recent)
    assert plan_totals.past_errors(recent).empty
    assert found.name == plan_totals.measured_elsewhere().idxmin() and "on its own past" not in found.why


def test_ranges_of_led_moves_are_those_of_the_leader_and_their_parts_add_up(demonstration: Dataset) -> None:
    name = plan_totals.nearer(demonstration).name
    led, leader = (run(demonstration, PLAIN, method=m, draws=400, to=2030).forecast for m in ("moves", name))
    for statistic in ("p10", "p90"):
        assert led.value("ehc_plans", 2030, statistic=statistic) == pytest.approx(
            leader.value("ehc_plans", 2030, statistic=statistic), rel=0.02
        )


@pytest.mark.parametrize("method", ["moves", "age_flow", "trend"])
def test_every_plan_is_placed_in_every_draw(demonstration: Dataset, method: str) -> None:
    """The children that places and costs are worked out for are the plans that are forecast, run by run."""
    done = run(demonstration, PLAIN, method=method, draws=50, to=2030)
    assert done.plans is not None and done.placement is not None
    placed = done.placement.mitigated
    at = done.plans.years.index(placed.years[0])
    together = placed.placed.sum(axis=(2, 3, 4, 5))
    missing = 1e-9 if method == "moves" else 0.02  # else phases and settings grow apart from the whole
    assert together == pytest.approx(done.plans.runs[:, at:], rel=missing)


def test_a_lever_on_one_need_moves_its_places(demonstration: Dataset) -> None:
    more = Scenario("more", (Change("new_plan_rate", 0.5, "ASC"),))
    plain, moved = (run(demonstration, scenario, method="moves", to=2030).forecast for scenario in (PLAIN, more))
    for need, rises in (("ASC", True), ("HI", False)):
        change = moved.value("places_required", 2030, need=need) / plain.value("places_required", 2030, need=need) - 1
        assert change > 0.05 if rises else abs(change) < 0.02


def test_growth_by_phase_by_hand() -> None:
    """Two phases with 10 and 20 children; plans of the first double, of the second fall by a quarter."""
    plans = np.array([10.0, 20.0]).reshape(1, 1, 1, 2, 1)
    stock = Stock((2025, 2026), ("ASC",), ("primary", "secondary"), ("special_state",), np.repeat(plans, 2, axis=1),
                  np.ones((2, 2)))  # fmt: skip
    counts = np.array([[[100.0, 40.0], [200.0, 30.0]], [[100.0, 40.0], [100.0, 40.0]]])
    found = growth((2025, 2026), counts.sum(axis=2), "phase", ("primary", "secondary"), counts)
    assert grown(stock, found).plans[:, 1, 0, :, 0] == pytest.approx(np.array([[20.0, 15.0], [10.0, 20.0]]))
    other = replace(found, labels=("early_years", "secondary"))
    assert grown(stock, other).plans[0, 1, 0, 0, 0] == pytest.approx(10 * 230 / 140)  # unknown: as all plans
