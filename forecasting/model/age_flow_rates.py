"""Rates by single age: new plans and their age, the pipeline of requests, ceasing, the trend of demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.model.age_flow_tables import exposure, plans_by_age, shape_column
from forecasting.model.local_level import LevelVariation, Trend, local_level
from forecasting.values import Floats, Whole

POST_16 = 12  # first NC year after compulsory schooling
SHAPE_STRENGTH = 150.0  # plans of its own that weigh as much as the national age shape of arrivals
COVERAGE_WEIGHT = 2.0  # years that weigh as much as the belief that every arrival is reported as a new plan


@dataclass(frozen=True)
class AgeVariation:
    """How rates vary over years. Logs are natural; a year is a step.

    The defaults come from the new plans of 74 English authorities, 2009 to 2024 (Department for Education,
    Education, health and care plans): over h years the log change between authorities has a variance of about
    2·0.13² + h·0.11². Cease values allow for the poor published counts of ceased plans.

    Attributes:
        new_plans: of the log level of new plans.
        arrival_year_sd: sd of the log of arrivals in the stock around the new plans of one year (returns and
            flows do not agree).
        coverage_sd: sd of the log of lasting coverage (arrivals per new plan).
        cease_prior_sd: prior sd of the log multiplier of the national cease rates.
        cease_seen_sd: sd of the log of one year's leavers around the rates.
        cease_drift_sd: sd of the log cease hazard gained for good in a year.
    """

    new_plans: LevelVariation = LevelVariation(0.12, 0.11, trend_mean=0.03, trend_sd=0.03, damping=0.9)
    arrival_year_sd: float = 0.15
    coverage_sd: float = 0.14
    cease_prior_sd: float = 0.3
    cease_seen_sd: float = 0.35
    cease_drift_sd: float = 0.06


@dataclass(frozen=True)
class Pipeline:
    """From requests to plans.

    Attributes:
        requests: log level of requests per year, and its yearly change; None when requests are unknown.
        per_resident: requests per (rate-weighted) resident at level 0, so that growth of residents counts.
        assessed: share of requests that lead to an assessment.
        converted: share of finished assessments that lead to a plan.
        finished: share of the work of a year (in progress before + assessments agreed) finished within it.
        in_progress: assessments in progress at the last January (0 when unknown).
    """

    requests: Trend | None
    per_resident: float
    assessed: float
    converted: float
    finished: float
    in_progress: float


@dataclass(frozen=True)
class AgeRates:
    """Everything `expected_by_age` and `simulate_by_age` need.

    Attributes:
        nc_years: NC years, axis (n), consecutive; the last is the limit.
        last_year: last January with plans.
        stock: plans at that January, axis (n), people.
        arrivals: new plans per resident of the NC year on arrival at level 0, axis (n).
        cease: yearly probability that a plan ceases, axis (n); 1 at the limit.
        cease_multiplier: mean of the log hazard multipliers before and after 16, axis (2,).
        cease_sd: their posterior sds, axis (2,).
        trend: level and yearly change of the log demand for new plans.
        pipeline: from requests to plans.
        arrivals_known: new plans behind the age shape of arrivals, axis (n), people.
        coverage: arrivals in the stock per new plan (children move in with a plan; counts are incomplete).
        variation: how rates vary over years.
        trending: False holds the level of new plans where it stands at the last January.
    """

    nc_years: Whole
    last_year: int
    stock: Floats
    arrivals: Floats
    cease: Floats
    cease_multiplier: Floats
    cease_sd: Floats
    trend: Trend
    pipeline: Pipeline
    arrivals_known: Floats
    coverage: float
    variation: AgeVariation
    trending: bool = True


def estimate_by_age(
    plans: pd.DataFrame,
    flows: pd.DataFrame,
    people: pd.DataFrame,
    bands: pd.DataFrame,
    shapes: pd.DataFrame,
    variation: AgeVariation | None = None,
) -> AgeRates:
    """Estimate new-plan and cease rates by single age, their trend, and the pipeline.

    Args:
        plans: see `plans_by_age`.
        flows: columns calendar_year, new_plans and, if known, requests, assessments, ceased, in_progress,
            age_band (bands are summed). Flows of calendar year c lead to January c + 1.
        people: residents, or pupils; see `exposure`. Needed from the first January with flows.
        bands: columns code, first_nc_year, last_nc_year.
        shapes: national shapes by NC year: plans_2025, arrivals, cease_rate. The caller sees to it that they
            were known at the origin of a backtest.
        variation: how rates vary over years; defaults of `AgeVariation`.

    Returns:
        The rates and their uncertainty.

    Raises:
        DatasetError: tables that cannot be used, or no new plans known.
    """
    variation = variation or AgeVariation()
    nc_years = np.arange(int(shapes["nc_year"].min()), int(shapes["nc_year"].max()) + 1)
    stocks = plans_by_age(plans, bands, shapes, nc_years)
    last_year = max(stocks)
    yearly = _yearly(flows, last_year, set(people["year"]))
    years = [int(year) + 1 for year in yearly.index]
    exposed = exposure(people, nc_years, years)
    cease = shape_column(shapes, "cease_rate", nc_years).copy()
    cease[-1] = 1.0
    arrivals, known = _arrival_shape(stocks, cease, shape_column(shapes, "arrivals", nc_years), last_year)
    share = arrivals
    arrivals = arrivals / np.maximum(exposed[-1], 1.0)
    pipeline, demand = _pipeline(yearly, exposed @ arrivals, variation.new_plans)
    scale = float(np.exp(np.log(demand / (exposed @ arrivals))[-3:].mean()))
    arrivals = arrivals * scale
    trend = _demand_trend(np.log(demand / (exposed @ arrivals)), demand, years, variation.new_plans)
    multiplier, sd = _cease_multiplier(stocks, yearly, cease, share, nc_years, variation)
    coverage = _coverage(stocks, yearly, cease_chance(nc_years, cease, multiplier[None])[0])
    return AgeRates(
        nc_years,
        last_year,
        stocks[last_year],
        arrivals,
        cease,
        multiplier,
        sd,
        trend,
        pipeline,
        known,
        coverage,
        variation,
    )


def _yearly(flows: pd.DataFrame, last_year: int, known_years: set[int]) -> pd.DataFrame:
    """Flows summed over bands, calendar years with new plans up to the last January, in order."""
    columns = ["requests", "assessments", "new_plans", "ceased", "in_progress"]
    given = flows.reindex(columns=["calendar_year", *columns])
    table = given.groupby("calendar_year")[columns].sum(min_count=1)
    use = np.array(
        [
            bool(new > 0) and int(year) < last_year and int(year) + 1 in known_years
            for year, new in zip(table.index, table["new_plans"], strict=True)
        ]
    )
    if not use.any():
        fault = Fault("plan_flows", found="no new plans in a year with residents or pupils", todo="add flows")
        raise DatasetError((fault,))
    used: pd.DataFrame = table[use].sort_index()
    return used


def _arrival_shape(stocks: dict[int, Floats], cease: Floats, national: Floats, last_year: int) -> tuple[Floats, Floats]:
    """Share of arrivals by NC year, and the local plans behind it.

    Local arrivals are what the last stocks hold beyond the survivors of the stock before, pooled with the
    national shape: half of the local (smoothed over neighbours) and half of the national shape, and then
    κ = `SHAPE_STRENGTH` plans of the national shape. Negative excesses count as nil.
    """
    national = national / national.sum()
    local = np.zeros_like(national)
    for year in (last_year, last_year - 1, last_year - 2):
        if year in stocks and year - 1 in stocks:
            survivors = np.append(0.0, (stocks[year - 1] * (1.0 - cease))[:-1])
            local += np.maximum(stocks[year] - survivors, 0.0)
    kernel = np.array([0.25, 0.5, 0.25])
    smooth = np.convolve(local, kernel, mode="same") if local.sum() else local
    blend = 0.5 * smooth + 0.5 * local.sum() * national + SHAPE_STRENGTH * national
    return blend / blend.sum(), local


def _pipeline(yearly: pd.DataFrame, weighted: Floats, variation: LevelVariation) -> tuple[Pipeline, Floats]:
    """The pipeline, and the yearly demand for new plans freed of the release of a backlog, axis (year).

    Work of year t: Wₜ₋₁ + aRₜ assessments; finished Fₜ = Wₜ₋₁ + aRₜ − Wₜ; plans = κFₜ. Demand is
    plans + κ(Wₜ − Wₜ₋₁): the plans that would have been made had no work been put off or caught up.
    """
    new = yearly["new_plans"].to_numpy(float)
    requests = yearly["requests"].to_numpy(float)
    waiting = yearly["in_progress"].to_numpy(float)
    assessments = yearly["assessments"].to_numpy(float)
    both = ~np.isnan(requests)
    agreed = both & ~np.isnan(assessments)
    assessed = float(assessments[agreed].sum() / requests[agreed].sum()) if agreed.any() else 1.0
    started = np.where(np.isnan(assessments), requests * assessed, assessments)
    step = np.diff(waiting, prepend=np.nan)
    finished = started - np.where(np.isnan(step), 0.0, step)
    usable = both & (finished > 0)
    recent = np.flatnonzero(usable)[-3:]
    converted = float(new[recent].sum() / finished[recent].sum()) if len(recent) else 1.0
    demand = np.maximum(new + np.minimum(converted, 1.0) * np.where(np.isnan(step), 0.0, step), 0.25 * new)
    work = started + np.append(np.nan, waiting[:-1])
    pace = np.flatnonzero(usable & ~np.isnan(work) & ~np.isnan(step))[-3:]
    seen_now = not np.isnan(waiting[-1])
    share = 1.0
    if len(pace) and seen_now:
        share = float(np.clip(finished[pace].sum() / work[pace].sum(), 0.3, 1.0))
    last = waiting[-1] if seen_now else 0.0
    per = float(requests[recent].sum() / weighted[recent].sum()) if len(recent) else np.nan
    trend = None
    if len(recent):
        years = [int(year) + 1 for year in yearly.index[both]]
        level = np.log(requests[both] / (per * weighted[both]))
        trend = _demand_trend(level, requests[both], years, variation)
    return Pipeline(trend, per, assessed, converted, share, float(last)), demand


def _demand_trend(seen: Floats, count: Floats, years: Sequence[int], variation: LevelVariation) -> Trend:
    """Level and yearly change of new plans, or of requests, from logs whose noise is that of a year and of counting."""
    noise = variation.year_sd**2 + 1 / np.maximum(count, 1.0)
    return local_level(seen, noise, years, float(seen[0]), variation)


def _cease_multiplier(
    stocks: dict[int, Floats],
    yearly: pd.DataFrame,
    cease: Floats,
    share: Floats,
    nc_years: Whole,
    variation: AgeVariation,
) -> tuple[Floats, Floats]:
    """Log multipliers of the national cease hazards before and after 16, and their sds, axes (2), (2).

    Leavers of an age group are what its two stocks and the new plans leave over: stock(t) + new − stock(t+1)
    one NC year on; the published count, where there is one, is a second reading of both groups. A reading has
    the sd `cease_seen_sd` plus that of an error of 3 % in the stocks. Normal prior at 0. Those at the limit
    leave anyway.
    """
    chance = cease[:-1]
    post = nc_years[:-1] >= POST_16
    groups = (~post, post)
    precision = np.full(2, 1 / variation.cease_prior_sd**2)
    pull = np.zeros(2)
    for calendar_year in yearly.index[-4:]:
        before, after = stocks.get(int(calendar_year)), stocks.get(int(calendar_year) + 1)
        if before is None or after is None:
            continue
        new = float(yearly["new_plans"][calendar_year]) * share[1:]
        told = float(yearly["ceased"][calendar_year]) - before[-1]
        total = float(before[:-1] @ chance)
        for g, members in enumerate(groups):
            base, held = float((before[:-1] * chance)[members].sum()), float(before[:-1][members].sum())
            count = held + float((new - after[1:])[members].sum())
            readings = [(count, base, held), (told, total, total)]
            for number, usual, stock in readings:
                if np.isnan(number) or usual <= 0:
                    continue
                noise = variation.cease_seen_sd**2 + (0.03 * stock / usual) ** 2
                pull[g] += float(np.clip(np.log(max(number, 1.0) / usual), -1.0, 1.0)) / noise
                precision[g] += 1 / noise
    return pull / precision, 1 / np.sqrt(precision)


def _coverage(stocks: dict[int, Floats], yearly: pd.DataFrame, chance: Floats) -> float:
    """Arrivals seen in the stocks per new plan reported: children move in with a plan, counts are incomplete.

    The last three years with both, as a log ratio shrunk to nothing: weight 3/(3 + 2). Between ½ and 2.
    """
    ratios = []
    for calendar_year in yearly.index[-3:]:
        before, after = stocks.get(int(calendar_year)), stocks.get(int(calendar_year) + 1)
        if before is not None and after is not None:
            seen = max(float(after.sum() - before @ (1.0 - chance)), 1.0)
            ratios.append(np.log(seen / float(yearly["new_plans"][calendar_year])))
    return float(np.exp(np.clip(sum(ratios) / (len(ratios) + COVERAGE_WEIGHT), -0.7, 0.7)))


def cease_chance(nc_years: Whole, cease: Floats, shift: Floats, multiplier: Floats | float = 1.0) -> Floats:
    """Chance of ceasing: 1 − e^(−hazard·multiplier·e^shift); certain at the limit.

    Args:
        nc_years: axis (n).
        cease: national yearly probability of ceasing, axis (n).
        shift: log multipliers of the hazard before and after 16, axes (draw, 2).
        multiplier: lever on the hazard, axis (n).

    Returns:
        Yearly probability, axes (draw, n).
    """
    hazard = -np.log1p(-np.minimum(cease, 1.0 - 1e-12))
    post = (nc_years >= POST_16).astype(np.int64)
    chance = -np.expm1(-hazard * multiplier * np.exp(shift)[:, post])
    chance[:, -1] = 1.0
    return np.asarray(chance)


def national_trend(new_plans: Floats) -> float:
    """Prior mean of the yearly change from national new plans: their mean yearly log growth over five years.

    Args:
        new_plans: national new plans by calendar year, ascending, none after the origin, axis (year).

    Returns:
        Yearly log change, for the `trend_mean` of `AgeVariation.new_plans`.
    """
    recent = np.asarray(new_plans, dtype=np.float64)[-6:]
    return float(np.log(recent[-1] / recent[0]) / max(len(recent) - 1, 1))
