"""One call from dataset and scenario to a Forecast."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.inputs.dataset import Dataset
from forecasting.model import costs, places
from forecasting.model.cells import snapshot
from forecasting.model.emit import Emitter
from forecasting.model.forecast import Forecast
from forecasting.model.programme import Programme, programme, undated
from forecasting.model.published_rate import children, emit_children
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import baseline
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


def last_year(dataset: Dataset, to: int | None = None) -> int:
    """Return the last year to forecast: as asked, else `forecast_to` of the dataset, else ten years on."""
    return to or int(dataset.about("forecast_to") or dataset.base_year + DEFAULT_REACH)


def reach(dataset: Dataset) -> tuple[int, int]:
    """Return the earliest and the latest last year that can be asked for."""
    return max(dataset.base_year + 1, snapshot(dataset)), dataset.base_year + FARTHEST


def run(dataset: Dataset, scenario: Scenario, *, to: int | None = None) -> Run:
    """Return the forecast of a dataset under a scenario, with its assumptions and programme.

    Args:
        dataset: checked tables.
        scenario: changes to the baseline.
        to: last January census year; see `last_year`.

    Raises:
        ScenarioError: the scenario names an unknown lever or a value that is not allowed.
        MethodUnavailable: the dataset lacks what the method starts from.
    """
    assumptions = apply(baseline(dataset), scenario)
    start = snapshot(dataset)
    last = max(last_year(dataset, to), reach(dataset)[0])
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
        scenario.name, "published_rate",
        "constant shares of pupils: the richest method that the tables allow", dataset.base_year, years,
        tuple(out.margins), (*out.warnings, "This method has no draws: every range repeats the central figure."),
        (("dataset", dataset.content_hash), ("scenario", scenario.hash)),
    )  # fmt: skip
    return Run(dataset, scenario, assumptions, plan, forecast)


def forecast(dataset: Dataset, scenario: Scenario, *, to: int | None = None) -> Forecast:
    """Return the forecast of a dataset under a scenario; see `run`."""
    return run(dataset, scenario, to=to).forecast
