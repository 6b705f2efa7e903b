"""One call from dataset and scenario to a Forecast."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.errors import MethodUnavailable, ScenarioError, UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.model import costs, places
from forecasting.model.cells import snapshot
from forecasting.model.emit import Emitter
from forecasting.model.forecast import Forecast
from forecasting.model.programme import Programme, programme, undated
from forecasting.model.published_rate import children, emit_children
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import baseline, unknown_keys
from forecasting.scenario.scenario import Scenario, apply

AUTO = "auto"
METHODS = ("published_rate",)
DEFAULT_REACH = 10
FARTHEST = 30


@dataclass(frozen=True, eq=False)
class Run:
    """A forecast with what it was made from, so that every figure shown can be traced."""

    dataset: Dataset
    scenario: Scenario
    assumptions: Assumptions
    programme: Programme
    forecast: Forecast


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
        return max(first, int(dataset.about("forecast_to") or dataset.base_year + DEFAULT_REACH))
    if not first <= to <= latest:
        raise UsageError(f"the forecast cannot end in {to}: the data allow any year from {first} to {latest}")
    return to


def method_for(scenario: Scenario, asked: str = AUTO) -> tuple[str, str]:
    """Return the method that a forecast uses, and why: as asked, else as the scenario fixes, else the richest.

    Raises:
        MethodUnavailable: there is no such method.
    """
    name, why = next(
        (choice for choice in ((asked, "asked for"), (scenario.method, "fixed by the scenario"))
         if choice[0] not in ("", AUTO)),
        (METHODS[0], "constant shares of pupils: the richest method that the tables allow"),
    )  # fmt: skip
    if name not in METHODS:
        raise MethodUnavailable(f'there is no method "{name}"; the methods are {AUTO}, {", ".join(METHODS)}')
    return name, why


def run(dataset: Dataset, scenario: Scenario, *, to: int | None = None, method: str = AUTO) -> Run:
    """Return the forecast of a dataset under a scenario, with its assumptions and programme.

    Args:
        dataset: checked tables.
        scenario: changes to the baseline.
        to: last January census year; see `last_year`.
        method: name of the method, or auto; see `method_for`.

    Raises:
        ScenarioError: the scenario names an unknown lever, need or project, or a value that is not allowed.
        MethodUnavailable: there is no such method, or the dataset lacks what it starts from.
        UsageError: the year asked for is out of reach.
    """
    name, why = method_for(scenario, method)
    strangers = unknown_keys(dataset, scenario)
    if strangers:
        raise ScenarioError(f'scenario "{scenario.name}": ' + "; ".join(strangers))
    assumptions = apply(baseline(dataset), scenario)
    start, last = snapshot(dataset), last_year(dataset, to)
    years = tuple(range(dataset.base_year, last + 1))
    out = Emitter()
    found = children(dataset, assumptions, years)
    emit_children(dataset, found, out)
    cells, start_children = places.base_cells(dataset, assumptions)
    need = places.needed(dataset, assumptions, found, cells, start_children)
    plan = programme(dataset, assumptions, years[0], last)
    placed = places.placed(dataset, cells, start_children, need, plan, [y for y in years if y >= start])
    places.emit_needed(dataset, need, plan, out)
    places.emit_placed(placed, out)
    places.emit_capacity(dataset, placed, plan, out)
    costs.emit_account(dataset, assumptions, placed, need, plan, out)
    costs.emit_unit_costs(dataset, start, out)
    costs.emit_programme(dataset, plan, out)
    out.warnings.append(f"Growth places: {need.growth_note}.")
    for project in undated(plan):
        out.warnings.append(f"Project {project} has no opening date, so its places are counted in no year.")
    forecast = Forecast(
        scenario.name, name, why, dataset.base_year, years,
        tuple(out.margins), (*out.warnings, "This method has no draws: every range repeats the central figure."),
        (("dataset", dataset.content_hash), ("scenario", scenario.hash)),
    )  # fmt: skip
    return Run(dataset, scenario, assumptions, plan, forecast)


def forecast(dataset: Dataset, scenario: Scenario, *, to: int | None = None, method: str = AUTO) -> Forecast:
    """Return the forecast of a dataset under a scenario; see `run`."""
    return run(dataset, scenario, to=to, method=method).forecast
