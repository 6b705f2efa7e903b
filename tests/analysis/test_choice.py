"""The choice of projects: against every choice tried, by hand, within its limits, and what to relax."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.analysis.choice import COST, SHORT, Problem, choose, frontier
from forecasting.analysis.reasons import reasons
from forecasting.errors import UsageError
from forecasting.values import Floats


def random_problem(seed: int, projects: int, options: int = 1, years: int = 4) -> Problem:
    """Each project serves one queue, so that who takes its places can be worked out by hand."""
    rng = np.random.default_rng(seed)
    queues = int(rng.integers(1, 4))
    serves = np.eye(queues)[rng.integers(0, queues, projects)]
    opens = rng.integers(0, years, (projects, 1, 1)) + np.arange(options)[None, :, None]
    places = rng.integers(4, 40, (projects, 1, 1)) * (np.arange(years) >= opens)
    spent = rng.integers(100, 4000, (projects, 1, 1)) * 1000.0 * (np.arange(years) == np.minimum(opens, years - 1))
    benefit = np.repeat(rng.integers(5, 45, queues)[serves.argmax(axis=1)][:, None] * 1000.0, years, axis=1)
    total = spent[:, 0].sum() * rng.uniform(0.2, 0.9)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, projects, (2, 2)) if a != b]
    return Problem(
        tuple(f"P{p}" for p in range(projects)), tuple(range(2027, 2027 + years)), spent, places.astype(float),
        np.full((projects, years), 10_000.0), benefit, serves, rng.integers(0, 60, (queues, years)).astype(float),
        1.035 ** -np.arange(years, dtype=float), np.full(years, total * 0.6), total, tuple(pairs[:1]), tuple(pairs[1:]),
    )  # fmt: skip


def by_trying(problem: Problem, objective: str) -> tuple[float, float]:
    """Try every choice: its discounted cost and the children placed; the best by the objective."""
    projects, options, years = problem.places.shape
    best: tuple[float, float] | None = None
    for option in itertools.product(range(-1, options), repeat=projects):
        built = [p for p in range(projects) if option[p] >= 0]
        spent = sum((problem.capital[p, option[p]] for p in built), np.zeros(years))
        if (spent > problem.limit + 1e-6).any() or spent.sum() > problem.total + 1e-6:
            continue
        if any(a in built and b not in built for a, b in problem.requires):
            continue
        if any(a in built and b in built for a, b in problem.excludes):
            continue
        cost, placed = float(spent @ problem.discount), 0.0
        for p in built:
            cost += float((problem.places[p, option[p]] * problem.running[p]) @ problem.discount)
        for q in range(problem.serves.shape[1]):
            mine = [p for p in built if problem.serves[p, q]]
            if mine:
                there = np.minimum(sum(problem.places[p, option[p]] for p in mine), problem.waiting[q])
                worth = problem.benefit[mine[0]]
                cost -= float((there * worth) @ problem.discount)
                placed += float(there.sum())
        key = (cost, 0.0) if objective == COST else (-placed, cost)
        if best is None or key < ((best[0], 0.0) if objective == COST else (-best[1], best[0])):
            best = (cost, placed)
    assert best is not None
    return best


@pytest.mark.parametrize("seed", range(50))
def test_the_choice_is_the_best_of_all(seed: int) -> None:
    problem = random_problem(seed, 3 + seed % 10) if seed % 3 else random_problem(seed, 3 + seed % 5, options=2)
    found = choose(problem, COST)
    assert found.cost == pytest.approx(by_trying(problem, COST)[0], abs=1.0)
    most = choose(problem, SHORT)
    assert most.placed == pytest.approx(by_trying(problem, SHORT)[1], abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 20), st.sampled_from([COST, SHORT]))
def test_capital_is_never_above_its_limits(seed: int, projects: int, objective: str) -> None:
    problem = random_problem(seed, projects, options=3)
    found = choose(problem, objective)
    assert (found.capital <= problem.limit + 1).all() and found.capital.sum() <= problem.total + 1
    assert (found.filled <= np.take_along_axis(
        problem.places, np.maximum(found.option, 0)[:, None, None], axis=1)[:, 0] + 1e-6).all()  # fmt: skip
    assert not found.relax


def two(limit: Floats, **more: object) -> Problem:
    """Two projects of 10 places for £1m each, 15 waiting; a child saves £200,000 a year, a place costs £10,000."""
    spent = np.zeros((2, 1, 3))
    spent[:, 0, 0] = 1e6
    places = np.tile([0.0, 10.0, 10.0], (2, 1, 1))
    return Problem(
        ("A", "B"), (2027, 2028, 2029), spent, places, np.full((2, 3), 10_000.0), np.full((2, 3), 200_000.0),
        np.ones((2, 1)), np.full((1, 3), 15.0), np.ones(3), limit, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_two_projects_by_hand() -> None:
    """A: 10 children x £200,000 x 2 years = £4m, less £0.2m for places, less £1m. B: 5 children: £2m - £0.2m - £1m."""
    both = choose(two(np.full(3, 2e6)))
    assert both.option.tolist() == [0, 0] and both.cost == pytest.approx(-(4 - 0.2 - 1) * 1e6 - (2 - 0.2 - 1) * 1e6)
    one = choose(two(np.full(3, 1e6)))
    assert (one.option >= 0).sum() == 1 and one.cost == pytest.approx(-2.8e6)
    assert one.filled.sum() == pytest.approx(20)


def test_what_cannot_be_met_says_what_to_relax() -> None:
    found = choose(two(np.array([1.5e6, 0, 0]), must=(0, 1)))
    assert found.relax == ("raise the capital of 2026-27 by £500,000",)
    assert found.option.tolist() == [0, 0]
    total = choose(two(np.full(3, np.inf), must=(0, 1), total=1.25e6))
    assert total.relax == ("raise the capital in total by £750,000",)
    never = choose(two(np.full(3, np.inf), must=(0, 1), excludes=((0, 1),)))
    assert "exclude each other" in never.relax[0] and (never.option == -1).all()


def test_no_more_is_spent_than_has_come() -> None:
    # £1m has come by the end of 2026-27 and £2m by the end of 2027-28: both cost £1m in 2026-27, so one can be built.
    come = np.array([1e6, 2e6, 2e6])
    one = choose(two(np.full(3, np.inf), funded=come))
    assert (one.option >= 0).sum() == 1 and not one.relax
    both = choose(two(np.full(3, np.inf), funded=come, must=(0, 1)))
    assert both.relax == ("raise the funding that has come by the end of 2026-27 by £1,000,000",)


def test_a_project_that_may_not_be_built_is_left_out() -> None:
    found = choose(two(np.full(3, np.inf), never=(0,)))
    assert found.option.tolist() == [-1, 0] and found.cost == pytest.approx(-2.8e6)
    assert reasons(two(np.full(3, np.inf), never=(0,)), found, COST)[0] == "Left out, as asked."


def test_reasons_say_what_would_change() -> None:
    """The worked example: without A, B takes 10 children, so £0.8m less is gained (A saves £2.8m, B £0.8m besides)."""
    problem = two(np.full(3, 2e6))
    told = reasons(problem, choose(problem), COST, unpriced={"B"})
    assert told[0].startswith("Built, as proposed: up to") and "would cost £0.8 million more over the years" in told[0]
    assert told[1].endswith("Its capital is not known and counts as £0: it may be dearer than this.")
    poor = two(np.full(3, np.inf), total=1e6)  # either will do
    assert "nothing would be gained or lost" in reasons(poor, choose(poor), COST)[0]
    bound = two(np.full(3, np.inf), total=1e6, must=(1,))
    told = reasons(bound, choose(bound), COST)
    assert told[0] == "Left out: to build it, raise the capital in total by £1,000,000."
    assert told[1].endswith("; it was asked for.")


def test_more_capital_never_saves_less() -> None:
    problem = random_problem(4, 12, options=2)
    found = frontier(problem, np.linspace(0, problem.total, 6))
    assert all(later.cost <= sooner.cost + 1 for sooner, later in itertools.pairwise(found))


def test_two_hundred_projects_over_ten_years_in_seconds() -> None:
    problem = random_problem(1, 200, options=3, years=10)
    start = time.perf_counter()
    found = choose(problem, COST)
    assert time.perf_counter() - start < 10
    assert found.cost < 0 and (found.option >= 0).any()


def test_an_objective_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no objective"):
        choose(two(np.full(3, np.inf)), "beauty")
