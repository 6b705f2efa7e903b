"""Choose for me: which of the projects to build, and when, worked out from where children would otherwise be placed.

Each project is first run alone through the engine; that gives what its places cost and what each child in them saves.
Children of a need and phase are one queue, so that two projects cannot save the same child twice. What is chosen is run
through the engine again, and its saving stands beside the solver's (docs/method_programme.md).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.analysis.choice import COST, Choice, Problem, choose, frontier
from forecasting.analysis.followed import with_projects
from forecasting.axes import DATA
from forecasting.errors import UsageError
from forecasting.model.account import savings
from forecasting.model.allocation import Allocation
from forecasting.model.capacity import project_suits
from forecasting.model.emit_placements import short
from forecasting.model.follow import new_each_year
from forecasting.model.pricing import price
from forecasting.model.run import Run, run
from forecasting.periods import Month, financial_year_to_year, to_financial_years
from forecasting.scenario.scenario import Change, Scenario
from forecasting.values import Floats

DELAYS = 3  # a project may open as proposed, or one or two Septembers later
STEPS = 9  # points of the frontier
_FEW = 1e-6


@dataclass(frozen=True, eq=False)
class Plan:
    """A programme that was chosen.

    Attributes:
        problem: what was chosen from.
        choice: what was chosen.
        objective: cost or short.
        scenario: the scenario with the projects chosen, each with its year of opening.
        done: the run of that scenario.
        saved: £ a year that the engine saves with it, along `problem.years`; the solver's is `promised`.
        why: a sentence for each project.
        skipped: projects that could not be considered, with the reason.
    """

    problem: Problem
    choice: Choice
    objective: str
    scenario: Scenario
    done: Run
    saved: Floats
    why: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def promised(self) -> Floats:
        """Return year; £ that the solver reckons with: children in the places, less what the places cost."""
        chosen = self.choice.option
        built = np.where(chosen[:, None] >= 0, np.take_along_axis(
            self.problem.places, np.maximum(chosen, 0)[:, None, None], axis=1)[:, 0], 0.0)  # fmt: skip
        return np.asarray((self.choice.filled * self.problem.benefit - built * self.problem.running).sum(axis=0))

    @property
    def net_present_value(self) -> float:
        """Return £: savings of the engine less capital, each discounted to the first year."""
        return float((self.saved - self.choice.capital) @ self.problem.discount)

    @property
    def payback(self) -> float:
        """Return the years from the first outlay until the savings have paid for the capital; NaN when they do not."""
        return payback(self.choice.capital, self.saved)


@lru_cache(maxsize=1)
def discount_rate() -> float:
    """Return the social time preference rate (HM Treasury, The Green Book, annex 6); a fraction per year."""
    with (DATA / "national" / "green_book.csv").open(encoding="utf-8", newline="") as handle:
        return next(float(row["value"]) for row in csv.DictReader(handle) if row["name"] == "discount_rate")


def factors(years: int, rate: float) -> Floats:
    """Return the present value of £1 in each year, the first being worth £1: (1 + r)^−t."""
    return np.asarray((1.0 + rate) ** -np.arange(years, dtype=np.float64))


def payback(capital: Floats, saved: Floats) -> float:
    """Return years from the start of the year of the first outlay until savings added up reach capital added up.

    Savings come evenly within a year.

    Args:
        capital: £ by year.
        saved: £ by year.
    """
    if not capital.any():
        return 0.0
    gap = np.cumsum(saved) - np.cumsum(capital)
    first = int(np.flatnonzero(capital)[0])
    paid = [at for at in range(first, len(gap)) if (gap[at:] >= 0).all()]
    if not paid:
        return float("nan")
    at = paid[0]
    before = gap[at - 1] if at > first else -capital[: at + 1].sum()
    return float(at - first + (-before / max(gap[at] - before, _FEW) if before < 0 else 0.0))


@lru_cache(maxsize=8)
def problem_of(here: Run) -> tuple[Problem, tuple[tuple[str, str], ...]]:
    """Return the problem of a run, without limits of capital, and the projects that cannot be considered.

    Args:
        here: a run whose children are followed (`Run.placement`).

    Raises:
        UsageError: no places are known, or there are no projects.
    """
    if here.placement is None or not here.programme.projects:
        raise UsageError("to choose projects, the dataset needs the tables projects, placements and providers")
    names = here.programme.projects
    every = with_projects(here, list(names))
    alone = {name: _alone(with_projects(here, [name]), at) for at, name in enumerate(names)}
    skipped = tuple((name, "it has no opening date or no places") for name in names if alone[name] is None)
    kept = [at for at, name in enumerate(names) if alone[name] is not None]
    if not kept or every.placement is None:
        raise UsageError("no project has both an opening date and places")
    found = [one for name in names if (one := alone[name]) is not None]
    years = found[0].years
    open_now = _places(every, years)[kept]
    allocation = every.placement.unmitigated
    serves, waiting = _queues(here, allocation, kept)
    return Problem(
        tuple(names[at] for at in kept), years, _capital(here, [names[at] for at in kept], years), open_now,
        np.array([one.running for one in found]), np.array([one.benefit for one in found]), serves, waiting,
        factors(len(years), discount_rate()), np.full(len(years), np.inf),
        requires=_requires(here, kept),
    ), skipped  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Alone:
    """One project by itself: £ a year for each place open, and £ a year saved for each child in one."""

    years: tuple[int, ...]
    running: Floats
    benefit: Floats


def _alone(here: Run, at: int) -> _Alone | None:
    """Return the prices of one project; years before it opens take those of its first year. None if it never opens."""
    assert here.placement is not None
    without, _ = price(here.dataset, here.assumptions, here.placement.unmitigated)
    costs, _ = price(here.dataset, here.assumptions, here.placement.mitigated)
    years = costs.years
    opened = (here.programme.financial_year(here.programme.filled_share, years) * here.programme.net)[:, at]
    if not opened.max() > _FEW:
        return None
    places = (costs.parts["place"] - without.parts["place"])[0]
    saved = savings(here.assumptions, without, costs)[0]
    home = to_financial_years(_home(here), axis=0)
    running = _each(places, opened)
    return _Alone(years, running, _each(saved + places, np.minimum(np.maximum(home, _FEW), opened)))


def _home(here: Run) -> Floats:
    """Return year: children who have a suitable local place because of the programme."""
    assert here.placement is not None
    without, built = here.placement.unmitigated, here.placement.mitigated
    less = (short(without) - short(built))[0].sum(axis=(1, 2))
    inside = built.places.index("in_borough")
    back = (built.placed[0, ..., inside] - without.placed[0, ..., inside]).sum(axis=(1, 2, 3))
    return np.asarray(np.maximum(less, back))


def _each(gbp: Floats, many: Floats) -> Floats:
    """Return £ for each of many, years with next to none taking the nearest known year."""
    known = np.flatnonzero(many > 0.25 * many.max())
    at = known[np.abs(np.arange(len(many))[:, None] - known).argmin(axis=1)]
    return np.asarray(gbp[at] / many[at])


def _places(every: Run, years: tuple[int, ...]) -> Floats:
    """Return project × option × financial year: net-new places that can be taken up, each option 12 months later."""
    plan = every.programme
    shares = [plan.filled_share]
    for _ in range(1, DELAYS):
        shares.append(np.pad(shares[-1], ((0, 0), (12, 0)))[:, : shares[0].shape[1]])
    found = [plan.financial_year(share, years).T * np.maximum(plan.net, 0.0)[:, None] for share in shares]
    return np.stack(found, axis=1)


def _capital(here: Run, names: list[str], years: tuple[int, ...]) -> Floats:
    """Return project × option × year: £ of outlay; what was spent before the first year counts in it."""
    table = here.dataset.table("project_capital")
    spent = np.zeros((len(names), len(years)))
    for project, year, gbp in zip(table["project"], table["financial_year"], table["gbp"], strict=True):
        if project in names:
            at = int(np.clip(financial_year_to_year(str(year)) - years[0], 0, len(years) - 1))
            spent[names.index(project), at] += float(gbp)
    later = [spent]
    for _ in range(1, DELAYS):
        moved = np.pad(later[-1], ((0, 0), (1, 0)))
        later.append(
            np.concatenate([moved[:, : len(years) - 1], moved[:, len(years) - 1 :].sum(axis=1, keepdims=True)], 1)
        )
    return np.stack(later, axis=1)


def _queues(here: Run, allocation: Allocation, kept: list[int]) -> tuple[Floats, Floats]:
    """Return project × queue and queue × year: children of a need and phase without a local place or placed outside."""
    suits = project_suits(here.dataset, allocation.needs, allocation.phases)[kept]
    outside = allocation.places.index("out_of_borough")
    special = [at for at, code in enumerate(allocation.settings) if here.dataset.settings.find(code) is not None]
    away = allocation.placed[0][..., special, outside].sum(axis=3)
    lacking = np.maximum(short(allocation)[0], 0.0)
    back = np.maximum(away - lacking, 0.0) * _afresh(here, allocation)[:, None, :]
    wanted = to_financial_years(lacking + back, axis=0)
    used = np.flatnonzero(
        suits.reshape(len(kept), -1).any(axis=0) & (wanted.reshape(len(wanted), -1).max(axis=0) > _FEW)
    )
    return suits.reshape(len(kept), -1)[:, used], wanted.reshape(len(wanted), -1)[:, used].T


def _afresh(here: Run, allocation: Allocation) -> Floats:
    """Return year × phase: share of the children placed outside who could have come back by then.

    Each year those new to their phase may, as far as the lever says: 1 − (1 − b a)^t after t years.
    """
    share = np.nan_to_num(here.assumptions.path("bring_back_at_transition", allocation.years))[:, None]
    gone = np.arange(len(allocation.years))[:, None]
    return np.asarray(1.0 - (1.0 - np.clip(share * new_each_year(allocation.phases), 0.0, 1.0)) ** gone)


def _requires(here: Run, kept: list[int]) -> tuple[tuple[int, int], ...]:
    table, names = here.dataset.table("projects"), here.programme.projects
    order = {names[at]: place for place, at in enumerate(kept)}
    pairs = ((names[at], word.strip()) for at in kept for word in str(table["depends_on"].iloc[at]).split("|"))
    return tuple((order[a], order[b]) for a, b in pairs if b in order and a != b)


@lru_cache(maxsize=16)
def best(here: Run, objective: str = COST, total: float = float("inf"), by_year: tuple[float, ...] = ()) -> Plan:
    """Return the best programme of a run within its capital.

    Args:
        here: the run; its other levers stay.
        objective: cost (least discounted cost) or short (fewest places short).
        total: most capital over all years, £.
        by_year: most capital in each financial year, £; empty = no limit by year.

    Raises:
        UsageError: nothing to choose from; or the wrong number of years.
    """
    problem, skipped = problem_of(here)
    if by_year and len(by_year) != len(problem.years):
        raise UsageError(f"give capital for {len(problem.years)} financial years, or for none")
    problem = replace(problem, total=total, limit=np.array(by_year) if by_year else problem.limit)
    choice = choose(problem, objective)
    scenario = _scenario(here, problem, choice)
    done = run(here.dataset, scenario, to=here.forecast.years[-1], method=here.forecast.method)
    return Plan(problem, choice, objective, scenario, done, _saved(done), _why(problem, choice, objective), skipped)


def as_table(plan: Plan) -> pd.DataFrame:
    """Return a row for each project: project, built, opens (month), net_new_places, capital_gbp, why."""
    opens = dict(zip(plan.done.programme.projects, plan.done.programme.opens, strict=True))
    rows = [
        (name, int(option >= 0), str(Month(round(float(opens[name])))) if option >= 0 else "",
         float(plan.problem.places[at, 0].max()), float(plan.problem.capital[at, 0].sum()), plan.why[at])
        for at, (name, option) in enumerate(zip(plan.problem.projects, plan.choice.option.tolist(), strict=True))
    ]  # fmt: skip
    rows += [(name, 0, "", np.nan, np.nan, f"Not considered: {why}.") for name, why in plan.skipped]
    return pd.DataFrame(rows, columns=["project", "built", "opens", "net_new_places", "capital_gbp", "why"])


def curve(here: Run, objective: str = COST) -> tuple[tuple[float, Choice], ...]:
    """Return capital allowed and the best choice with it, from nothing to all that the projects need."""
    problem, _ = problem_of(here)
    totals = np.linspace(0.0, float(problem.capital[:, 0].sum()), STEPS)
    return tuple(zip(totals.tolist(), frontier(problem, totals, objective), strict=True))


def _saved(done: Run) -> Floats:
    assert done.placement is not None
    without, _ = price(done.dataset, done.assumptions, done.placement.unmitigated)
    costs, _ = price(done.dataset, done.assumptions, done.placement.mitigated)
    return np.asarray(savings(done.assumptions, without, costs)[0])


def _scenario(here: Run, problem: Problem, choice: Choice) -> Scenario:
    """Return the scenario with the projects chosen on, at their Septembers, and the others off."""
    opens = dict(zip(here.programme.projects, here.programme.opens, strict=True))
    kept = [change for change in here.scenario.changes if change.lever != "project_on"]
    changes = [Change("project_on", 0.0, why="Not chosen")]
    for name, option in zip(problem.projects, choice.option.tolist(), strict=True):
        if option >= 0:
            changes.append(Change("project_on", 1.0, name, why="Chosen"))
        if option > 0:
            year = Month(round(float(opens[name]) + 12 * option)).year
            changes.append(Change("project_opens", float(year), name, why="Chosen to open later"))
    return replace(here.scenario, name="chosen programme", changes=(*kept, *changes))


def _why(problem: Problem, choice: Choice, objective: str) -> tuple[str, ...]:
    """Return why each project is in or out, from what would change if it were the other way round."""
    worth = np.array([_forced(problem, choice, objective, at) for at in range(len(problem.projects))])
    return tuple(
        _sentence(problem, choice, objective, at, float(worth[at])) for at in range(len(problem.projects))
    )  # fmt: skip


def _forced(problem: Problem, choice: Choice, objective: str, at: int) -> float:
    """Return by how much the objective is worse with a project in (or, if chosen, out); infinite = impossible."""
    if choice.option[at] >= 0:
        places = problem.places.copy()
        places[at] = 0.0
        capital = problem.capital.copy()
        capital[at] = 0.0
        other = choose(replace(problem, places=places, capital=capital, must=()), objective)
    else:
        other = choose(replace(problem, must=(at,)), objective)
        if other.relax:
            return float("inf")
    return other.cost - choice.cost if objective == COST else choice.placed - other.placed


def _millions(gbp: float) -> str:
    return f"£{gbp / 1e6:,.1f} million" if abs(gbp) >= 1e5 else f"£{gbp:,.0f}"


def _sentence(problem: Problem, choice: Choice, objective: str, at: int, worse: float) -> str:
    option = int(choice.option[at])
    unit = f"{_millions(worse)} of discounted cost" if objective == COST else f"{worse:,.0f} places over the years"
    if option >= 0:
        when = ("as proposed", "a year later than proposed", "two years later than proposed")[option]
        filled = choice.filled[at].max()
        return f"Built, {when}: up to {filled:,.0f} children take its places; without it the result is worse by {unit}."
    waiting = problem.waiting[problem.serves[at] > 0].sum(axis=0)
    if worse == float("inf"):
        return "Left out: with it the capital allowed would be exceeded, or it depends on a project that is left out."
    if waiting.max(initial=0.0) < 1:
        return "Left out: no child of its need and phase lacks a local place in any year."
    full = choice.filled[problem.serves[:, problem.serves[at] > 0].any(axis=1)].sum(axis=0)
    if (full >= waiting - 1).all():
        return "Left out: the projects chosen already take every child of its need and phase who lacks a local place."
    return f"Left out: with it the result would be worse by {unit}."
