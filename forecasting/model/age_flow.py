"""Plans by single age, run forward: an ageing stock, new plans from residents and the pipeline, ceasing.

Works from the age bands and the flow totals of one authority. Rates are estimated in `age_flow_rates`; draws are in
`age_flow_draws`. Every equation is in `docs/method_age_flow.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.model.age_flow_levers import AgeLevers, age_lever_arrays
from forecasting.model.age_flow_rates import AgeRates, cease_chance
from forecasting.model.age_flow_tables import exposure
from forecasting.model.local_level import damped_steps
from forecasting.values import Floats


@dataclass(frozen=True)
class AgeFlows:
    """Expected plans and flows; for draws the same with a first axis (draw). People.

    Attributes:
        stock: plans each January, axes (year, n).
        new: new plans of the year before by NC year on arrival, axes (year, n).
        ceased: plans ceased in the year before by NC year at origin, axes (year, n).
        requests: requests of the year before, axis (year); NaN when unknown.
        in_progress: assessments in progress at the January, axis (year).
    """

    stock: Floats
    new: Floats
    ceased: Floats
    requests: Floats
    in_progress: Floats


def expected_by_age(
    rates: AgeRates, people: pd.DataFrame, years: Sequence[int], levers: AgeLevers | None = None
) -> AgeFlows:
    """Exact expected plans by NC year at central rates.

    Args:
        rates: from `estimate_by_age`.
        people: residents or pupils for every forecast year (the same kind as in the estimate).
        years: consecutive Januaries after `rates.last_year`.
        levers: policy levers, axis 0 in step with `years`.

    Returns:
        Plans and flows, people.

    Raises:
        DatasetError: people are missing for a year.
    """
    exposed = exposure(people, rates.nc_years, years)
    multipliers = age_lever_arrays(levers, len(years), len(rates.nc_years))
    level, requests = central_paths(rates, len(years))
    shift = rates.cease_multiplier
    flows = [np.zeros((1, len(years), len(rates.nc_years))) for _ in range(3)]
    made, asked, waiting = plans_made(rates, level[None], requests[None], exposed, multipliers)
    stock = rates.stock[None]
    for t in range(len(years)):
        chance = cease_chance(rates.nc_years, rates.cease, shift[None], multipliers["cease"][t])
        flows[2][:, t] = stock * chance
        flows[1][:, t] = made[:, t]
        stock = aged(stock - flows[2][:, t]) + made[:, t]
        flows[0][:, t] = stock
    return AgeFlows(flows[0][0], flows[1][0], flows[2][0], asked[0], waiting[0])


def central_paths(rates: AgeRates, n_years: int) -> tuple[Floats, Floats]:
    """Return the central log level of demand and of requests by forecast year, axes (year), (year)."""
    steps = damped_steps(rates.variation.new_plans.damping, n_years, rates.trending)
    level = rates.trend.mean[0] + rates.trend.mean[1] * steps
    requests = rates.pipeline.requests
    asked = level if requests is None else requests.mean[0] + requests.mean[1] * steps
    return level, asked


def plans_made(
    rates: AgeRates, level: Floats, asked: Floats, exposed: Floats, levers: dict[str, Floats]
) -> tuple[Floats, Floats, Floats]:
    """Return mean new plans (draw, year, n), requests (draw, year), assessments in progress (draw, year).

    Demand follows its own level; the pipeline then turns levers on requests, assessment and conversion, and
    work in progress, into a factor: plans made ÷ plans that the same requests make in a steady state.

    Args:
        rates: from `estimate_by_age`.
        level: log level of demand, axes (draw, year).
        asked: log level of requests, axes (draw, year).
        exposed: residents or pupils, axes (year, n).
        levers: from `age_lever_arrays`.
    """
    pipe = rates.pipeline
    weighted = exposed @ rates.arrivals
    base = rates.arrivals * exposed * levers["arrivals"]
    demand = np.exp(level) * weighted
    per_request = max(pipe.assessed * min(pipe.converted, 1.0), 1e-9)
    started_base = demand / per_request * pipe.assessed
    waiting = np.full(len(level), pipe.in_progress)
    factor, work_left = np.ones_like(level), np.zeros_like(level)
    for t in range(level.shape[1]):
        assessed = min(pipe.assessed * float(levers["assessed"][t]), 1.0) / pipe.assessed
        share = min(pipe.finished * float(levers["finished"][t]), 1.0)
        converted = min(min(pipe.converted, 1.0) * float(levers["converted"][t]), 1.0)
        work = waiting + started_base[:, t] * float(levers["requests"][t]) * assessed
        waiting = work * (1.0 - share)
        factor[:, t] = converted * (work - waiting) / demand[:, t]
        work_left[:, t] = waiting
    requests = np.exp(asked) * pipe.per_resident * weighted * levers["requests"]
    if pipe.requests is None:
        requests = np.full_like(level, np.nan)
    made = np.exp(level)[..., None] * base * factor[..., None] * rates.coverage
    return made, requests, work_left


def aged(stock: NDArray[Any]) -> NDArray[Any]:
    """Return everyone one NC year on, axes (draw, n); nobody follows the last NC year."""
    aged = np.zeros_like(stock)
    aged[:, 1:] = stock[:, :-1]
    return aged
