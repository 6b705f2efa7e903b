"""One call from dataset and scenario to a Forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial

import numpy as np

from forecasting import VERSION
from forecasting.errors import MethodUnavailable, ScenarioError, UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.facts import FARTHEST
from forecasting.inputs.margins import total
from forecasting.inputs.year_groups import year_groups_lacking
from forecasting.model import (
    account,
    age_groups,
    costs,
    emit_placements,
    emit_places,
    places,
    plan_totals,
    plans,
    pupils,
    sen_support,
)
from forecasting.model.capacity import homes
from forecasting.model.cells import snapshot
from forecasting.model.emit import Total
from forecasting.model.follow import follow, with_others
from forecasting.model.forecast import Forecast
from forecasting.model.gaps import gaps
from forecasting.model.job import Job
from forecasting.model.placements import Placement, place
from forecasting.model.plan_stock import grown
from forecasting.model.programme import Programme, programme, undated
from forecasting.model.published_rate import children, emit_children
from forecasting.model.stock import Stock
from forecasting.model.trend_national import TESTED
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import baseline, dataset_scenarios, unknown_keys
from forecasting.scenario.scenario import BASELINE, Scenario, apply

AUTO = "auto"
PUBLISHED = "published_rate"
COHORT = "cohort"
METHODS = (PUBLISHED, COHORT, *plans.METHODS)
DEFAULT_REACH = 10


def nowhere() -> None:
    """Say that it is not known where children are."""


@dataclass(frozen=True, eq=False)
class Run:
    """A forecast with what it was made from, so that every figure shown can be traced.

    `place` follows children to their places when that is first asked for, see `placement`.
    `totals` holds the totals that are compared draw by draw, by measure.
    """

    dataset: Dataset
    scenario: Scenario
    assumptions: Assumptions
    programme: Programme
    forecast: Forecast
    place: Callable[[], Placement | None] = nowhere
    totals: Mapping[str, Total] = field(default_factory=dict)

    @cached_property
    def placement(self) -> Placement | None:
        """Return where children are, unmitigated and mitigated, whatever the method; None without placements."""
        return self.place()

    @property
    def plans(self) -> Total | None:
        """Return the runs of all EHC plans; None where the method forecasts none."""
        return self.totals.get("ehc_plans")


def reach(dataset: Dataset) -> tuple[int, int]:
    """Return the earliest and the latest last year that can be asked for."""
    return max(dataset.base_year + 1, snapshot(dataset)), dataset.base_year + FARTHEST


def last_year(dataset: Dataset, to: int | None = None) -> int:
    """Return the last year to forecast: as asked, else `forecast_to` of the dataset, else ten years on.

    Raises:
        UsageError: the year asked for is not after the base year, is before the placements, or is too far.
    """
    first, latest = reach(dataset)
    if to is None:
        to = max(first, int(dataset.about("forecast_to") or dataset.base_year + DEFAULT_REACH))
    if not first <= to <= latest:
        raise UsageError(f"the forecast cannot end in {to}: the data allow any year from {first} to {latest}")
    return to


@lru_cache(maxsize=256)
def lacking(dataset: Dataset, name: str) -> str:
    """Return what a dataset lacks for a method; "" when it can be used."""
    if name == COHORT:
        return year_groups_lacking(dataset)
    if name != PUBLISHED:
        return plans.METHODS[name].lacking(dataset)
    known = total(dataset, "pupils", "pupils").get(dataset.base_year, 0.0) > 0
    return "" if known else f"pupils on roll in {dataset.base_year} (table pupils)"


def method_for(dataset: Dataset, scenario: Scenario, asked: str = AUTO) -> tuple[str, str]:
    """Return the method that a forecast uses, and why: as asked, else as the scenario fixes, else the richest.

    The richest is the first of moves, age_flow, published_rate and trend that the tables allow; between age_flow and
    trend the smaller past error decides (`plan_totals.nearer`). With pupils by year group, trend and cohort (constant
    shares with SEN) go before published_rate.

    Raises:
        MethodUnavailable: there is no such method, or the dataset lacks what it needs.
    """
    for name, why in ((asked, "asked for"), (scenario.method, "fixed by the scenario")):
        if name not in ("", AUTO):
            return _usable(dataset, name), why
    followed = not year_groups_lacking(dataset)
    order = ("moves", "age_flow", *(("trend", COHORT) if followed else ()), PUBLISHED, "trend")
    missing = {name: lacking(dataset, name) for name in order}
    best = next((name for name in order if not missing[name]), None)
    if best == plan_totals.AGE_FLOW:
        found = plan_totals.nearer(dataset)
        return found.name, found.why
    if best is None:
        wants = "; ".join(f"{name} needs {what}" for name, what in missing.items())
        raise MethodUnavailable(f"no method can be used with these tables: {wants}")
    passed = [f"{name} would need {missing[name]}" for name in order[: order.index(best)]]
    return best, "; ".join(["the richest method that the tables allow", *passed])


def _usable(dataset: Dataset, name: str) -> str:
    if name not in METHODS:
        raise MethodUnavailable(f'there is no method "{name}"; the methods are {AUTO}, {", ".join(METHODS)}')
    gap = lacking(dataset, name)
    if gap:
        raise MethodUnavailable(f"the method {name} needs {gap}; add it, or use another method")
    return name


def run(
    dataset: Dataset, scenario: Scenario, *, to: int | None = None, method: str = AUTO, draws: int = 0, seed: int = 0
) -> Run:
    """Return the forecast of a dataset under a scenario, with its assumptions and programme.

    Args:
        dataset: checked tables.
        scenario: changes to the baseline.
        to: last January census year; see `last_year`.
        method: name of the method, or auto; see `method_for`.
        draws: number of draws behind the ranges; 0 = the central run alone.
        seed: seed of every random value; the same seed gives the same draws in every scenario.

    Raises:
        ScenarioError: the scenario names an unknown lever, need, phase or project, or a value that is not allowed.
        MethodUnavailable: there is no such method, or the dataset lacks what it starts from.
        UsageError: the year asked for is out of reach.
    """
    name, why = method_for(dataset, scenario, method)
    strangers = unknown_keys(dataset, scenario)
    if strangers:
        raise ScenarioError(f'scenario "{scenario.name}": ' + "; ".join(strangers))
    years = tuple(range(dataset.base_year, last_year(dataset, to) + 1))
    job = Job(dataset, apply(baseline(dataset), scenario), years, 0 if name == PUBLISHED else draws, seed)
    plan, followed = _stages(job, name)
    forecast = Forecast(
        scenario.name, name, why, dataset.base_year, years, tuple(job.out.margins),
        _warnings(job, plan, name),
        _stamp(job, scenario, name), job.draws, _homes(job),
    )  # fmt: skip
    return Run(dataset, scenario, job.assumptions, plan, forecast, followed, job.out.totals)


def _homes(job: Job) -> tuple[tuple[str, str], ...]:
    """Return the providers that a margin names, each with its kind of setting; what a place costs says it itself."""
    whole = [margin for margin in job.out.margins if not margin.fixed]
    named = [dict(zip(margin.axes, margin.labels, strict=True)).get("provider", ()) for margin in whole]
    names = tuple(dict.fromkeys(str(name) for labels in named for name in labels))
    return tuple(zip(names, homes(job.dataset, names), strict=True))


def answers(
    dataset: Dataset, scenario: Scenario, *, to: int | None = None, method: str = AUTO, seed: int = 0
) -> Mapping[str, Total]:
    """Return the totals of the central run alone: the same figures as `run`, sooner, for many runs in a row.

    Pupils and SEN support are left out, as far as plans, places and money do not follow from them; the arguments mean
    what they mean in `run`.
    """
    name, _ = method_for(dataset, scenario, method)
    years = tuple(range(dataset.base_year, last_year(dataset, to) + 1))
    job = Job(dataset, apply(baseline(dataset), scenario), years, 0, seed, answers_only=True)
    _stages(job, name)
    return job.out.totals


def _stages(job: Job, name: str) -> tuple[Programme, Callable[[], Placement | None]]:
    """Go through the stages; return the programme and what follows children to their places.

    The published method says nothing of single children: there they are followed when a page asks for it.
    """
    demand = _demand(job, name)
    plan = programme(job.dataset, job.assumptions, job.years[0], job.years[-1])
    cells, children_now = places.base_cells(job.dataset, job.assumptions)
    followed: Callable[[], Placement | None] = nowhere
    if len(cells.labels) or name == PUBLISHED:
        need = places.needed(job.dataset, job.assumptions, demand, cells, children_now)
        start = max(snapshot(job.dataset), job.years[0])
        found = places.placed(job.dataset, cells, children_now, need, plan, [y for y in job.years if y >= start])
        computed = name in plans.METHODS
        emit_places.emit_needed(job.dataset, need, plan, job.out, short=not computed)
        placement = _placement(job, demand, found, plan) if computed else None
        followed = (lambda: placement) if computed else partial(_placement, job, demand, found, plan, shown=False)
        if not computed:
            emit_places.emit_placed(found, job.out)
            emit_places.emit_capacity(job.dataset, found, plan, job.out)
        if computed and placement is not None:
            without = placement.unmitigated if plan.on.any() else None
            account.emit(job, placement.mitigated, without)
        else:
            costs.emit_account(job.dataset, job.assumptions, found, need, plan, job.out)
        job.out.warnings.append(f"Growth places: {need.growth_note}.")
    costs.emit_unit_costs(job.dataset, snapshot(job.dataset), job.out)
    costs.emit_programme(job.dataset, plan, job.out)
    return plan, followed


def _placement(
    job: Job, demand: places.Demand, found: places.Placed, plan: Programme, *, shown: bool = True
) -> Placement | None:
    """Return where children are followed to; methods of plans show it as the forecast (`shown`)."""
    if not len(found.cells.labels):
        return None
    known = _children(job, demand, found)
    placement = place(job.dataset, job.assumptions, known, plan)
    if shown:
        emit_placements.emit(job, placement, known, set(found.cells.labels["setting"]))
    return placement


def _children(job: Job, demand: places.Demand, found: places.Placed) -> Stock:
    """Return the children to be placed.

    Plans of the method itself, where the rolls and placements are of its first year. Later rolls say more about who is
    where than a forecast does: then those children are followed, and grow as the method says.
    """
    if demand.stock is not None and demand.stock.years[0] == found.years[0]:
        return demand.stock
    known = follow(job.dataset, found)
    return known if demand.growth is None else grown(with_others(job.dataset, known), demand.growth)


def _demand(job: Job, name: str) -> places.Demand:
    if name == PUBLISHED:
        found = children(job.dataset, job.assumptions, job.years)
        emit_children(job.dataset, found, job.out)
        return places.Demand(job.years, found.pupils, found.plan_rate)
    roll = pupils.emit_pupils(job) if name == COHORT or not job.answers_only else None
    if name == COHORT:
        if roll is not None:
            sen_support.emit_sen(job, roll, trending=False)
        pupils_now = next(
            m for m in job.out.margins if m.measure == "pupils" and m.axes == ("year",) and not m.component
        )
        known = np.interp(job.years, np.array(pupils_now.labels[0], dtype=np.float64), pupils_now.stats[0])
        return places.Demand(job.years, known, job.assumptions.path("ehc_plan_rate", job.years))
    told = plans.METHODS[name].emit(job)
    if job.answers_only:
        return places.Demand(job.years, None, np.full(len(job.years), np.nan), told.plans, told.stock, told.growth)
    age_groups.emit_flows(job)
    if roll is not None:
        sen_support.emit_sen(job, roll, trending=True)
    return places.Demand(job.years, None, np.full(len(job.years), np.nan), told.plans, told.stock, told.growth)


def _warnings(job: Job, plan: Programme, name: str) -> tuple[str, ...]:
    lost = [f"Project {name} has no opening date, so its places are counted in no year." for name in undated(plan)]
    ranges = [] if job.draws else ["No draws were made: every range repeats the central figure."]
    missing = gaps(job.dataset, {margin.measure for margin in job.out.margins})
    return (*job.out.warnings, *missing, *lost, *ranges, *untested(name, job.years[0], job.years[-1]))


def untested(method: str, base_year: int, last: int) -> tuple[str, ...]:
    """Return a sentence when a forecast of EHC plans goes on for longer than its ranges have been tested."""
    tested = base_year + TESTED
    if method not in plans.METHODS or last <= tested:
        return ()
    return (
        f"EHC plans: ranges are tested up to {TESTED} years ahead, to {tested}. After that they go on widening, "
        "but how often they hold is not known.",
    )


def _stamp(job: Job, scenario: Scenario, method: str) -> tuple[tuple[str, str], ...]:
    return (
        ("version", VERSION), ("dataset", job.dataset.content_hash), ("scenario", scenario.hash),
        ("assumptions", job.assumptions.hash), ("method", method), ("to", str(job.years[-1])),
        ("draws", str(job.draws)), ("seed", str(job.seed)),
    )  # fmt: skip


def baseline_of(held: Run) -> Run:
    """Return the baseline of the dataset of a run, to the same year, central run alone."""
    return run(held.dataset, dataset_scenarios(held.dataset)[BASELINE], to=held.forecast.years[-1])


def forecast(
    dataset: Dataset, scenario: Scenario, *, to: int | None = None, method: str = AUTO, draws: int = 0, seed: int = 0
) -> Forecast:
    """Return the forecast of a dataset under a scenario; see `run`."""
    return run(dataset, scenario, to=to, method=method, draws=draws, seed=seed).forecast
