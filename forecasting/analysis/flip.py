"""Flip-points: the value of a lever at which a conclusion no longer holds, or begins to hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from forecasting.analysis.goal_seek import KINDS, Goal, bounds
from forecasting.analysis.kept_runs import Totals
from forecasting.analysis.sensitivity import Swing, figure, moved
from forecasting.analysis.solve import STEPS, reach
from forecasting.model.run import Run
from forecasting.scenario.lever import Lever

NONE_SHORT = 0.5  # fewer than this many children without a place are none
CONCLUSIONS = {
    "spare": Goal("Places suffice", "spare_places", 0, 0.0, True),
    "places": Goal("No places are short", "places_short", 0, NONE_SHORT, False),
    "in_year": Goal("Income covers spending", "in_year_balance_gbp", 0, 0.0, True),
    "balance": Goal("The account is out of deficit", "cumulative_balance_gbp", 0, 0.0, True),
}


@dataclass(frozen=True, eq=False)
class Conclusion:
    """A statement about one year of a run.

    Attributes:
        goal: the figure, the year, and the value at which the statement turns.
        holds: whether it holds now.
        present: the figure now.
        until: last year up to which it holds without a break; None when it never does.
    """

    goal: Goal
    holds: bool
    present: float
    until: int | None


@dataclass(frozen=True, eq=False)
class Flip:
    """Where one lever turns a conclusion.

    Attributes:
        conclusion: what turns.
        lever: the lever moved.
        key: what it was moved for.
        label: its words.
        now: value in force.
        value: value at which the conclusion turns; None when no value within the bounds turns it.
        growth: yearly growth of EHC plans from the base year to the year of the conclusion at that value, a fraction;
            NaN where the lever does not move plans.
        growth_now: the same with the value in force.
        low: lowest value tried.
        high: highest value tried.
    """

    conclusion: Conclusion
    lever: Lever
    key: str
    label: str
    now: float
    value: float | None
    growth: float
    growth_now: float
    low: float
    high: float


def conclude(here: Run, name: str, year: int | None = None) -> Conclusion | None:
    """Return a conclusion of a run; None where the run has no such figure.

    Args:
        here: a run.
        name: one of `CONCLUSIONS`.
        year: its year; by default the last up to which it holds, else the first forecast year.
    """
    goal = CONCLUSIONS[name]
    total = here.totals.get(goal.measure)
    if total is None:
        return None
    ahead = [at for at, y in enumerate(total.years) if y > here.forecast.base_year]
    if not ahead:
        return None
    path, years = total.runs[0][ahead], [total.years[at] for at in ahead]
    good = path >= goal.target if goal.at_least else path <= goal.target
    until = years[int(np.argmin(good)) - 1] if not good.all() and good[0] else years[-1] if good.all() else None
    chosen = year if year in years else until or years[0]
    at = years.index(chosen)
    return Conclusion(replace(goal, year=chosen), bool(good[at]), float(path[at]), until)


def flip(here: Run, conclusion: Conclusion, swing: Swing) -> Flip:
    """Return the value of a lever, the nearest to the value in force, at which a conclusion turns.

    The whole path of the lever is moved, as in `sensitivity`. Where the catalogue says that the figure only rises or
    only falls with the lever, one interval on each side is searched; else the bounds are scanned first.
    """
    goal, lever = conclusion.goal, swing.lever
    now = float(swing.now or 0.0)
    low, high = bounds(lever, now)
    at = cache(lambda value: moved(here, lever, swing.key, value))
    one_way = goal.measure in (*lever.up, *lever.down)
    found = reach(lambda value: figure(at(value), goal.measure, goal.year), low, high, goal.target, start=now,
                  steps=1 if one_way else STEPS)  # fmt: skip
    value = found.value if found.met else None
    growth = _growth(here, at(found.value), goal.year) if found.met and "ehc_plans" in lever.moves else float("nan")
    return Flip(
        conclusion, lever, swing.key, swing.label, now, value, growth, _growth(here, here.totals, goal.year), low, high
    )


def can_flip(swing: Swing) -> bool:
    """Return whether a lever can be searched: a number that is in force."""
    return swing.lever.kind in KINDS and isinstance(swing.now, (int, float)) and bool(swing.options)


def _growth(here: Run, totals: Totals, year: int) -> float:
    base = here.forecast.base_year
    first, last = figure(totals, "ehc_plans", base), figure(totals, "ehc_plans", year)
    return float((last / first) ** (1.0 / (year - base)) - 1.0) if first > 0 and year > base else float("nan")
