"""Why each project is in a programme or out of it: what would change if it were the other way round."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from forecasting.analysis.choice import COST, Choice, Problem, choose

_WHEN = ("as proposed", "a year later than proposed", "two years later than proposed")
_LITTLE = {True: 500.0, False: 0.5}  # £ of discounted cost, or child-years: less is said to be nothing
_UNPRICED = " Its capital is not known and counts as £0: it may be dearer than this."


def reasons(
    problem: Problem, choice: Choice, objective: str, unpriced: Collection[str] = frozenset()
) -> tuple[str, ...]:
    """Return a sentence for each project of a problem.

    Args:
        problem: what was chosen from.
        choice: what was chosen.
        objective: cost or short.
        unpriced: projects whose capital is not known.
    """
    spent = choice.capital
    held = replace(problem, limit=np.maximum(problem.limit, spent), total=max(problem.total, float(spent.sum())),
                   funded=np.maximum(problem.funded, np.cumsum(spent)))  # fmt: skip
    return tuple(
        (_built(held, choice, objective, at) if choice.option[at] >= 0 else _left_out(held, choice, objective, at))
        + (_UNPRICED if name in unpriced else "")
        for at, name in enumerate(problem.projects)
    )


def _built(problem: Problem, choice: Choice, objective: str, at: int) -> str:
    start = f"Built, {_WHEN[int(choice.option[at])]}: up to {choice.filled[at].max():,.0f} children take its places"
    kept = tuple(other for other in problem.must if other != at)
    without = choose(replace(problem, never=(*problem.never, at), must=kept), objective)
    if without.relax:
        return f"{start}; another project that must be built depends on it."
    asked = "; it was asked for" if at in problem.must else ""
    return f"{start}; without it {_difference(without, choice, objective)}{asked}."


def _left_out(problem: Problem, choice: Choice, objective: str, at: int) -> str:
    if at in problem.never:
        return "Left out, as asked."
    waiting = problem.waiting[problem.serves[at] > 0].sum(axis=0)
    if waiting.max(initial=0.0) < 1:
        return "Left out: no child of its need and phase lacks a local place in any year."
    built = choose(replace(problem, must=(*problem.must, at)), objective)
    if built.relax:
        return f"Left out: to build it, {'; '.join(built.relax)}."
    rivals = choice.filled[problem.serves[:, problem.serves[at] > 0].any(axis=1)].sum(axis=0)
    if (rivals >= waiting - 1).all():
        return "Left out: the projects chosen already take every child of its need and phase who lacks a local place."
    return f"Left out: with it {_difference(built, choice, objective)}."


def _difference(other: Choice, choice: Choice, objective: str) -> str:
    """Return by how much another choice is worse, in words."""
    cost, fewer = other.cost - choice.cost, choice.placed - other.placed
    if objective != COST and abs(fewer) >= _LITTLE[False]:
        return f"{abs(fewer):,.0f} {'fewer' if fewer > 0 else 'more'} child-years would be spent in a suitable place"
    if abs(cost) < _LITTLE[True]:
        return "nothing would be gained or lost"
    way = "more" if cost > 0 else "less"
    return f"the programme would cost {_millions(abs(cost))} {way} over the years (discounted)"


def _millions(gbp: float) -> str:
    return f"£{gbp / 1e6:,.1f} million" if gbp >= 1e5 else f"£{gbp:,.0f}"
