"""Which projects to build, and when: a mixed-integer problem, solved to the optimum (docs/method_programme.md).

Nothing here knows about children or schools beyond places, queues and pounds, so that it can be checked by hand and by
trying every choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from forecasting.errors import UsageError
from forecasting.periods import year_to_financial_year
from forecasting.values import Floats, Whole

COST, SHORT = "cost", "short"
OBJECTIVES = (COST, SHORT)
_TIE = 1e-6  # weight of the cost, as a share of its size, where places short decide
_SECONDS = 60.0
_HALF = 0.5
_EFFORT = 0.01  # £ a project: one that does nothing is left out


@dataclass(frozen=True, eq=False)
class Problem:
    """Projects to choose from: P projects, D options of each (as proposed, then a year later each), Y years, Q queues.

    Attributes:
        projects: names, axis (P).
        years: financial years, by the year in which they end, axis (Y).
        capital: £ of outlay, axes (P, D, Y).
        places: places that can be taken up, axes (P, D, Y).
        running: £ a year for each of these places, filled or not, axes (P, Y).
        benefit: £ a year saved for each child in one of them, axes (P, Y).
        serves: whether a project serves a queue, axes (P, Q).
        waiting: children who would take a place, axes (Q, Y).
        discount: present value of £1 in each year, axis (Y).
        limit: most capital in each year, axis (Y); infinite = no limit.
        total: most capital over all years.
        requires: pairs (a, b): a only with b.
        excludes: pairs (a, b): not both.
        must: projects that are built in any case, axis (P).
        never: projects that are not built in any case, axis (P).
        funded: most capital spent by the end of each year, axis (Y); infinite (the default) = no limit.
    """

    projects: tuple[str, ...]
    years: tuple[int, ...]
    capital: Floats
    places: Floats
    running: Floats
    benefit: Floats
    serves: Floats
    waiting: Floats
    discount: Floats
    limit: Floats
    total: float = float("inf")
    requires: tuple[tuple[int, int], ...] = ()
    excludes: tuple[tuple[int, int], ...] = ()
    must: tuple[int, ...] = ()
    never: tuple[int, ...] = ()
    funded: Floats = field(default_factory=lambda: np.array(np.inf))


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen.

    Attributes:
        option: option of each project; −1 = not built; axis (P).
        filled: children in the places of each project, axes (P, Y).
        cost: discounted £: capital and running less what is saved; below zero is a saving.
        placed: children placed, summed over years.
        capital: £ by year, axis (Y).
        relax: what would have to be relaxed, in words; empty when every condition is met.
    """

    option: Whole
    filled: Floats
    cost: float
    placed: float
    capital: Floats
    relax: tuple[str, ...] = field(default=())


def choose(problem: Problem, objective: str = COST) -> Choice:
    """Return the best choice: the least discounted cost, or the most children placed and then the least cost.

    minimise Σ δ(y) (capital + running · places) x − Σ δ(y) benefit · f   over x in {0, 1}, f ≥ 0, subject to
    one option a project; children in a project ≤ its places; children of a queue ≤ those who wait; capital ≤ limits;
    dependencies. Where the conditions cannot all be met, the limits are exceeded by as little as possible and `relax`
    says where (an elastic second solve).

    Raises:
        UsageError: there is no such objective.
    """
    if objective not in OBJECTIVES:
        raise UsageError(f'there is no objective "{objective}"; the objectives are {", ".join(OBJECTIVES)}')
    model = _Model(problem)
    found = model.solve(model.costs(objective))
    if found is not None:
        return model.choice(found)
    return _relaxed(problem, objective)


def frontier(problem: Problem, totals: Floats, objective: str = COST) -> tuple[Choice, ...]:
    """Return the best choice for each total of capital; what the projects that must be built need is always allowed."""
    return tuple(choose(replace(problem, total=float(total)), objective) for total in totals)


def _relaxed(problem: Problem, objective: str) -> Choice:
    """Return the best choice when limits of capital are exceeded by as little as possible, and by how much that is."""
    model = _Model(problem, elastic=True)
    least = model.solve(model.excess())
    if least is None:
        asked = " and ".join(problem.projects[p] for p in problem.must)
        why = f"projects that must be built exclude each other, or depend on one that may not be built: {asked}"
        nothing = np.full(len(problem.projects), -1, dtype=np.int64)
        empty = np.zeros((len(problem.projects), len(problem.years)))
        return Choice(nothing, empty, 0.0, 0.0, np.zeros(len(problem.years)), (why,))
    by_year, by_then, total = np.split(least[model.slack], [len(problem.years), 2 * len(problem.years)])
    allowed = replace(problem, limit=problem.limit + by_year + _HALF, funded=problem.funded + by_then + _HALF,
                      total=problem.total + float(total[0]) + _HALF)  # fmt: skip
    limits = (("raise the capital of", by_year), ("raise the funding that has come by the end of", by_then))
    told: tuple[str, ...] = tuple(
        f"{what} {year_to_financial_year(year)} by £{gbp:,.0f}" for what, over in limits
        for year, gbp in zip(problem.years, over, strict=True) if gbp > _HALF
    )  # fmt: skip
    told += (f"raise the capital in total by £{total[0]:,.0f}",) if total[0] > _HALF else ()
    again = _Model(allowed)
    found = again.solve(again.costs(objective))
    return replace(again.choice(found if found is not None else least[: again.size]), relax=told)


class _Model:
    """The matrices of a problem: options, then children (project, queue, year), then what limits are exceeded by."""

    def __init__(self, problem: Problem, *, elastic: bool = False) -> None:
        """Lay out the variables; `elastic` adds one for each limit of capital."""
        self.problem = problem
        self.shape = problem.places.shape
        pairs = np.argwhere(problem.serves > 0)
        self.pair, self.queue = pairs[:, 0], pairs[:, 1]
        self.options = self.shape[0] * self.shape[1]
        years = len(problem.years)
        self.size = self.options + len(pairs) * years
        self.slack = slice(self.size, self.size + (2 * years + 1 if elastic else 0))
        self.width = self.slack.stop
        self.elastic = elastic

    def costs(self, objective: str) -> Floats:
        """Return the price of every variable under an objective."""
        problem = self.problem
        outlay = (problem.capital + problem.places * problem.running[:, None]) * problem.discount
        saved = (problem.benefit * problem.discount)[self.pair]
        effort = outlay.sum(axis=2).ravel() + _EFFORT
        price = np.concatenate([effort, -saved.ravel(), np.zeros(self.width - self.size)])
        if objective == COST:
            return price
        tie = _TIE / max(float(np.abs(price).max()), 1.0)
        placed = np.zeros(self.width)
        placed[self.options : self.size] = -1.0
        return placed + tie * price

    def excess(self) -> Floats:
        """Return the price that makes what limits are exceeded by the objective."""
        price = np.zeros(self.width)
        price[self.slack] = 1.0
        return price

    def solve(self, price: Floats) -> Floats | None:
        """Return the variables at the optimum; None when the conditions cannot be met."""
        whole = np.zeros(self.width)
        whole[: self.options] = 1
        high = np.full(self.width, np.inf)
        high[: self.options] = ~np.isin(np.repeat(np.arange(self.shape[0]), self.shape[1]), self.problem.never)
        scale = max(float(np.abs(price).max()), 1e-9)
        found = milp(price / scale, integrality=whole, bounds=Bounds(0, high), constraints=self._conditions(),
                     options={"time_limit": _SECONDS, "mip_rel_gap": 1e-7})  # fmt: skip
        return None if found.x is None else np.asarray(found.x)

    def choice(self, found: Floats) -> Choice:
        """Return what the variables say."""
        problem, (projects, options, years) = self.problem, self.shape
        x = np.round(found[: self.options].reshape(projects, options))
        option = np.where(x.any(axis=1), x.argmax(axis=1), -1)
        f = found[self.options : self.size].reshape(-1, years)
        filled = np.zeros((projects, years))
        np.add.at(filled, self.pair, f)
        cost = float(self.costs(COST)[: self.options] @ x.ravel() - (filled * problem.benefit * problem.discount).sum())
        return Choice(option, filled, cost, float(filled.sum()), np.einsum("pd,pdy->y", x, problem.capital))

    def _conditions(self) -> list[LinearConstraint]:
        problem, (projects, options, years) = self.problem, self.shape
        built = np.repeat(np.arange(projects), options)
        column = np.arange(self.options)
        child = self.options + np.arange(len(self.pair) * years).reshape(-1, years)
        at = np.arange(years)
        once = self._rows(built, column, np.ones(self.options), projects)
        taken = self._rows(
            np.concatenate([(self.pair[:, None] * years + at).ravel(), (built[:, None] * years + at).ravel()]),
            np.concatenate([child.ravel(), np.repeat(column, years)]),
            np.concatenate([np.ones(child.size), -problem.places.reshape(-1, years).ravel()]), projects * years,
        )  # fmt: skip
        waiting = self._rows((self.queue[:, None] * years + at).ravel(), child.ravel(), np.ones(child.size),
                             problem.serves.shape[1] * years)  # fmt: skip
        least = np.zeros(projects)
        least[list(problem.must)] = 1.0
        return [
            LinearConstraint(once, least, 1.0), LinearConstraint(taken, -np.inf, 0.0),
            LinearConstraint(waiting, -np.inf, problem.waiting.ravel()), *self._capital(column, years),
            *self._pairs(built),
        ]  # fmt: skip

    def _capital(self, column: Whole, years: int) -> list[LinearConstraint]:
        """Return the limits of capital: in each year, by the end of each year, in total."""
        problem, limits = self.problem, 2 * years + 1
        outlay = problem.capital.reshape(-1, years)
        spent = np.concatenate([outlay, np.cumsum(outlay, axis=1), outlay.sum(axis=1, keepdims=True)], axis=1)
        rows, columns, values = np.tile(np.arange(limits), len(column)), np.repeat(column, limits), spent.ravel()
        if self.elastic:
            rows = np.concatenate([rows, np.arange(limits)])
            columns = np.concatenate([columns, np.arange(self.slack.start, self.slack.stop)])
            values = np.concatenate([values, -np.ones(limits)])
        most = np.concatenate([problem.limit, np.broadcast_to(problem.funded, years), [problem.total]])
        return [LinearConstraint(self._rows(rows, columns, values, limits), -np.inf, most)]

    def _pairs(self, built: Whole) -> list[LinearConstraint]:
        problem, found = self.problem, []
        for first, second, sign, most in (*((a, b, -1.0, 0.0) for a, b in problem.requires),
                                          *((a, b, 1.0, 1.0) for a, b in problem.excludes)):  # fmt: skip
            row = np.zeros(self.width)
            row[: self.options] = (built == first) + sign * (built == second)
            found.append(LinearConstraint(row, -np.inf, most))
        return found

    def _rows(self, rows: Whole, columns: Whole, values: Floats, count: int) -> coo_array:
        return coo_array((values, (rows, columns)), shape=(count, self.width)).tocsr()
