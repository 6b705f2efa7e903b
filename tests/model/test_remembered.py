"""Stages that are not worked out again: right whatever was run before, and only where nothing they read has changed."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import numpy as np
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.remembered import Memory
from forecasting.model.run import Run, run
from forecasting.scenario.assumptions import Assumption, Assumptions
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change
from tests.support import DEMONSTRATION

LAST = 2028


def stated(**levers: float) -> Assumptions:
    return Assumptions(tuple(Assumption(name, value, "a test", "judgement") for name, value in levers.items()))


@dataclass
class Counted:
    """A stage that reads one lever, and another only while the first is above 0."""

    times: int = 0

    def __call__(self, levers: Assumptions) -> list[float]:
        self.times += 1
        growth = levers.number("pupil_growth") or 0.0
        return [growth, (levers.number("births_change") or 0.0) if growth > 0 else 0.0]


def test_a_stage_runs_again_only_where_a_lever_that_it_read_has_moved() -> None:
    memory: Memory[list[float]] = Memory(4)
    stage = Counted()
    assert memory.get("a", stated(pupil_growth=0.0, births_change=1.0), stage) == [0.0, 0.0]
    assert memory.get("a", stated(pupil_growth=0.0, births_change=2.0), stage) == [0.0, 0.0]
    assert stage.times == 1  # births_change was not read
    assert memory.get("a", stated(pupil_growth=0.1, births_change=2.0), stage) == [0.1, 2.0]
    assert memory.get("a", stated(pupil_growth=0.1, births_change=3.0), stage) == [0.1, 3.0]
    assert stage.times == 3  # now it was
    memory.get("b", stated(pupil_growth=0.1, births_change=3.0), stage)
    assert stage.times == 4  # another key


def test_a_stage_within_a_stage_counts_as_read_by_both() -> None:
    inner, outer = Memory[list[float]](4), Memory[list[float]](4)

    def whole(levers: Assumptions) -> list[float]:
        return inner.get("", levers, Counted())

    assert outer.get("", stated(pupil_growth=0.1, births_change=1.0), whole) == [0.1, 1.0]
    assert outer.get("", stated(pupil_growth=0.2, births_change=1.0), whole) == [0.2, 1.0]
    assert Memory[list[float]](4).get("", stated(pupil_growth=0.1, births_change=1.0), whole) == [0.1, 1.0]  # inner hit


def test_the_oldest_goes_first_and_large_results_with_their_last_holder() -> None:
    stage, few = Counted(), Memory[list[float]](1)
    for growth in (0.1, 0.2, 0.1):
        few.get("", stated(pupil_growth=growth), stage)
    assert stage.times == 3
    weak = Memory[Counted](4, weak=True)
    held = weak.get("", stated(), lambda _: Counted())
    assert weak.get("", stated(), lambda _: Counted()) is held
    held.times = 7
    del held
    gc.collect()
    assert weak.get("", stated(), lambda _: Counted()).times == 0


MOVES = {
    "new_plan_rate": 0.08, "births_change": 0.1, "over_capacity_tolerance": 0.1, "fee_change": 0.05,
    "guest_change": -0.2, "support_to_plan": 0.1, "placement_objective": "cheapest", "project_delay": 1.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def demonstration() -> Dataset:
    return load([DEMONSTRATION])


def moved(dataset: Dataset, *levers: str) -> Run:
    changes = [Change(lever, MOVES[lever]) for lever in levers]
    return run(dataset, dataset_scenarios(dataset)["mitigated"].with_changes(changes), to=LAST, draws=3)


def same(one: Run, other: Run) -> bool:
    pairs = zip(one.forecast.margins, other.forecast.margins, strict=True)
    return one.forecast.warnings == other.forecast.warnings and all(
        left.identity == right.identity and np.array_equal(left.stats, right.stats, equal_nan=True)
        for left, right in pairs
    )


def test_a_run_is_the_same_whatever_was_run_before(demonstration: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [*[(lever,) for lever in MOVES], (), ("new_plan_rate", "fee_change")]
    after_others = [moved(demonstration, *levers) for levers in wanted]
    monkeypatch.setattr(Memory, "get", lambda self, key, assumptions, work: work(assumptions))
    alone = [moved(demonstration, *levers) for levers in wanted]
    assert [
        levers for levers, one, other in zip(wanted, after_others, alone, strict=True) if not same(one, other)
    ] == []
    baseline = alone[wanted.index(())]
    assert not any(same(baseline, one) for levers, one in zip(wanted, alone, strict=True) if levers)


def test_a_lever_of_money_leaves_children_where_they_are(demonstration: Dataset) -> None:
    one, other = moved(demonstration), moved(demonstration, "fee_change")
    assert other.placement is one.placement
    assert moved(demonstration, "new_plan_rate").placement is not one.placement
