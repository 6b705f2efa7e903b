"""Choose for me: which of the projects to build, and when, worked out from where children would otherwise be placed.

Each project is first run alone through the engine; that gives what its places cost and what each child in them saves.
Children of a need and phase are one queue, so that two projects cannot save the same child twice. What is chosen is run
through the engine again, and its saving stands beside the solver's (docs/method_programme.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.analysis.appraisal import (
    discount_rate,
    factors,
    funding,
    later,
    net_present_value,
    outlay,
    payback,
    unpriced,
)
from forecasting.analysis.choice import COST, Choice, Problem, choose, frontier
from forecasting.analysis.followed import saved, with_projects
from forecasting.analysis.reasons import reasons
from forecasting.errors import UsageError
from forecasting.model.account import savings
from forecasting.model.allocation import Allocation
from forecasting.model.capacity import project_suits
from forecasting.model.emit_placements import short
from forecasting.model.follow import new_each_year
from forecasting.model.pricing import price
from forecasting.model.run import Run, run
from forecasting.periods import Month, to_financial_years
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
        return net_present_value(self.choice.capital, self.saved)

    @property
    def payback(self) -> float:
        """Return the years from the first outlay until the savings have paid for the capital; NaN when they do not."""
        return payback(self.choice.capital, self.saved)


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
    idle = f"it has no places, no opening date, or one after January {here.forecast.years[-1]}"
    skipped = tuple((name, idle) for name in names if alone[name] is None)
    kept = [at for at, name in enumerate(names) if alone[name] is not None]
    if not kept or every.placement is None:
        raise UsageError(
            f"there is no project to choose from: each has no places, no opening date, or opens after January "
            f"{here.forecast.years[-1]}; give both in table projects, or forecast further with --to"
        )
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
    """Return project × option × year: £ of outlay, each option a year later; the last year takes what comes after."""
    spent = outlay(here.dataset, names, years)
    return np.stack([later(spent, delay) for delay in range(DELAYS)], axis=1)


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
def best(
    here: Run, objective: str = COST, total: float = float("inf"), by_year: tuple[float, ...] = (), *,
    as_funded: bool = False, must: tuple[str, ...] = (), never: tuple[str, ...] = (),
) -> Plan:  # fmt: skip
    """Return the best programme of a run within its capital.

    Args:
        here: the run; its other levers stay.
        objective: cost (least discounted cost) or short (fewest places short).
        total: most capital over all years, £.
        by_year: most capital in each financial year, £; empty = no limit by year.
        as_funded: spend no more by the end of any year than has come (table capital_funding).
        must: projects that are built in any case.
        never: projects that are not built.

    Raises:
        UsageError: nothing to choose from; the wrong number of years; a project that cannot be considered.
    """
    problem, skipped = problem_of(here)
    unknown = sorted({*must, *never} - set(problem.projects))
    if unknown:
        raise UsageError(f"these projects cannot be considered: {', '.join(unknown)}")
    both = sorted({*must} & {*never})
    if both:
        raise UsageError(f"these projects cannot both be built and be left out: {', '.join(both)}")
    if by_year and len(by_year) != len(problem.years):
        raise UsageError(f"give capital for {len(problem.years)} financial years, or for none")
    at = {name: place for place, name in enumerate(problem.projects)}
    given = np.cumsum(funding(here.dataset, problem.years)) if as_funded else problem.funded
    problem = replace(problem, total=total, limit=np.array(by_year) if by_year else problem.limit, funded=given,
                      must=tuple(at[name] for name in must), never=tuple(at[name] for name in never))  # fmt: skip
    choice = choose(problem, objective)
    scenario = _scenario(here, problem, choice)
    done = run(here.dataset, scenario, to=here.forecast.years[-1], method=here.forecast.method)
    why = reasons(problem, choice, objective, unpriced(here.dataset))
    return Plan(problem, choice, objective, scenario, done, saved(done), why, skipped)


def as_table(plan: Plan) -> pd.DataFrame:
    """Return a row for each project: project, built, opens (month), net_new_places, capital_gbp, why.

    Capital that is not known is blank; projects that are not considered come last.
    """
    names = (*plan.problem.projects, *(name for name, _ in plan.skipped))
    when = dict(zip(plan.done.programme.projects, plan.done.programme.opens, strict=True))
    net = dict(zip(plan.done.programme.projects, plan.done.programme.net.tolist(), strict=True))
    built = [option >= 0 for option in plan.choice.option] + [False] * len(plan.skipped)
    spent = outlay(plan.done.dataset, names, plan.problem.years).sum(axis=1)
    lost = unpriced(plan.done.dataset)
    return pd.DataFrame({
        "project": names, "built": np.array(built).astype(int),
        "opens": [str(Month(round(float(when[n])))) if on else "" for n, on in zip(names, built, strict=True)],
        "net_new_places": [net[name] for name in names],
        "capital_gbp": np.where([name in lost for name in names], np.nan, spent),
        "why": [*plan.why, *(f"Not considered: {why}." for _, why in plan.skipped)],
    })  # fmt: skip


def curve(here: Run, objective: str = COST) -> tuple[tuple[float, Choice], ...]:
    """Return capital allowed and the best choice with it, from nothing to all that the projects need."""
    problem, _ = problem_of(here)
    totals = np.linspace(0.0, float(problem.capital[:, 0].sum()), STEPS)
    return tuple(zip(totals.tolist(), frontier(problem, totals, objective), strict=True))


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
