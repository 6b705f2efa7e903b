"""Plans by single age: an ageing stock, new plans from residents, ceasing, the pipeline of requests.

Order of the code: national age shapes; bands split into single ages; new plans and their pipeline; ceasing;
the trend; expected values; draws. Works from the age bands and the flow totals of one authority. Every
equation is in `docs/method_age_flow.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.errors import DatasetError, Fault
from forecasting.model.local_level import Trend
from forecasting.values import Floats, Whole

Counts = NDArray[np.int64]

POST_16 = 12  # first NC year after compulsory schooling
SHAPE_STRENGTH = 150.0  # plans of its own that weigh as much as the national age shape of arrivals
COVERAGE_WEIGHT = 2.0  # years that weigh as much as the belief that every arrival is reported as a new plan
BLOCK_DRAWS = 2_000


@dataclass(frozen=True)
class AgeVariation:
    """How rates vary over years. Logs are natural; a year is a step.

    The defaults come from the new plans of 74 English authorities, 2009 to 2024 (Department for Education,
    Education, health and care plans): over h years the log change between authorities has a variance of about
    2·0.13² + h·0.11². Cease values allow for the poor published counts of ceased plans.

    Attributes:
        new_year_sd: sd of the log level of new plans in one year only.
        arrival_year_sd: sd of the log of arrivals in the stock around the new plans of one year (returns and
            flows do not agree).
        coverage_sd: sd of the log of lasting coverage (arrivals per new plan).
        new_drift_sd: sd of the log level of new plans gained for good in a year.
        trend_mean: prior mean of the yearly change of the log level of new plans.
        trend_sd: its prior sd between authorities.
        damping: share of a trend that remains each further year.
        cease_prior_sd: prior sd of the log multiplier of the national cease rates.
        cease_seen_sd: sd of the log of one year's leavers around the rates.
        cease_drift_sd: sd of the log cease hazard gained for good in a year.
    """

    new_year_sd: float = 0.12
    arrival_year_sd: float = 0.15
    coverage_sd: float = 0.14
    new_drift_sd: float = 0.11
    trend_mean: float = 0.03
    trend_sd: float = 0.03
    damping: float = 0.9
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


@dataclass(frozen=True)
class AgeLevers:
    """Policy levers as arrays by forecast year (axis 0); a missing lever changes nothing.

    Attributes:
        requests: multiplies requests, axis (year).
        assessed: multiplies the share of requests assessed, axis (year); the share stays at most 1.
        converted: multiplies the share of assessments that lead to a plan, axis (year); at most 1.
        finished: multiplies the share of work finished within the year, axis (year); at most 1.
        arrivals: multiplies new plans by age, axes (year, n): new-plan rates by phase, early-years
            identification, a policy shock.
        cease: multiplies the cease hazard, axes (year, n): cease rates, post-16 retention.
    """

    requests: Floats | None = None
    assessed: Floats | None = None
    converted: Floats | None = None
    finished: Floats | None = None
    arrivals: Floats | None = None
    cease: Floats | None = None


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


# ------------------------------------------------------------------------------------------- age shapes


def split_bands(plans: Floats, first: Whole, last: Whole, nc_years: Whole, shape: Floats) -> Floats:
    """Split plans by age band into single NC years, smoothly.

    The log ratio of local to national plans of each band is interpolated linearly between the middles of
    the bands, applied to the national shape, and each band is then scaled to its own total. With a flat ratio
    this is the national shape; between two different neighbours the step is spread over the ages between.

    Args:
        plans: plans by band, axis (band), people.
        first: first NC year of each band, axis (band).
        last: last NC year of each band, axis (band).
        nc_years: NC years wanted, axis (n).
        shape: national plans by NC year (any scale), axis (n).

    Returns:
        Plans by NC year, axis (n), people; the bands add up exactly.

    Raises:
        ValueError: a band with plans has no national plans at its ages.
    """
    inside = (nc_years >= first[:, None]) & (nc_years <= last[:, None])
    national = inside @ shape
    if np.any((plans > 0) & (national <= 0)):
        raise ValueError("a band with plans has no ages in the national shape")
    ratio = np.log((plans + 0.5) / (national + 0.5))
    middle = (inside * shape) @ nc_years / np.maximum(national, 1e-12)
    order = np.argsort(middle)
    smooth = shape * np.exp(np.interp(nc_years, middle[order], ratio[order]))
    scale = np.divide(plans, inside @ smooth, out=np.zeros(len(plans)), where=plans > 0)
    return np.asarray(smooth * (inside.T @ scale))


def to_bands(values: Floats, nc_years: Whole, bands: pd.DataFrame) -> Floats:
    """Sum single NC years into age bands.

    Args:
        values: any array whose last axis is (n).
        nc_years: axis (n).
        bands: columns code, first_nc_year, last_nc_year.

    Returns:
        The same array with (band) as its last axis, in the order of `bands`.
    """
    first, last = bands["first_nc_year"].to_numpy(), bands["last_nc_year"].to_numpy()
    inside = (nc_years >= first[:, None]) & (nc_years <= last[:, None])
    return np.asarray(values @ inside.T)


def _shape_column(shapes: pd.DataFrame, column: str, nc_years: Whole) -> Floats:
    """A national column by NC year; an NC year that is missing raises."""
    found = shapes.set_index("nc_year")[column].reindex(nc_years.tolist())
    if found.isna().any():
        gap = Fault("plan_age_shapes", column=column, found="an NC year is missing", todo="add the row")
        raise DatasetError((gap,))
    return np.asarray(found, dtype=np.float64)


def plans_by_age(plans: pd.DataFrame, bands: pd.DataFrame, shapes: pd.DataFrame, nc_years: Whole) -> dict[int, Floats]:
    """Plans by year and single NC year, from single ages or from bands.

    Args:
        plans: column year, plans, and one of nc_year, age (NC year + 4) or age_band. A blank band is a total:
            used only in a year without bands, with the age mix of the nearest year that has them.
        bands: columns code, first_nc_year, last_nc_year.
        shapes: national shapes, columns nc_year, plans_2025 (any scale).
        nc_years: NC years wanted, axis (n).

    Returns:
        By year, plans by NC year, axis (n), people.

    Raises:
        DatasetError: no age column, an unknown band, an age beyond the axis, or no year with ages at all.
    """
    column = next((name for name in ("nc_year", "age", "age_band") if name in plans.columns), None)
    if column is None:
        raise DatasetError((Fault("ehc_plans", found="no age, age_band or nc_year column", todo="add one"),))
    known = plans[plans["plans"].notna()]
    aged = known[known[column].notna() & (known[column].astype(str).str.strip() != "")]
    shape = _shape_column(shapes, "plans_2025", nc_years)
    result: dict[int, Floats] = {}
    for year, rows in aged.groupby("year"):
        if column == "age_band":
            result[int(str(year))] = _from_bands(rows, bands, nc_years, shape)
        else:
            result[int(str(year))] = _from_ages(rows, column, nc_years)
    if not result:
        raise DatasetError((Fault("ehc_plans", found="no year with plans by age", todo="add age bands"),))
    totals = known[~known.index.isin(aged.index)].groupby("year")["plans"].sum()
    for name, total in totals.items():
        year_wanted = int(str(name))
        if year_wanted not in result:
            nearest = min(result, key=lambda seen: (abs(seen - year_wanted), seen))  # noqa: B023
            result[year_wanted] = result[nearest] * float(total) / result[nearest].sum()
    return dict(sorted(result.items()))


def _from_bands(rows: pd.DataFrame, bands: pd.DataFrame, nc_years: Whole, shape: Floats) -> Floats:
    table = bands.set_index("code")
    unknown = sorted(set(rows["age_band"].astype(str)) - set(table.index.astype(str)))
    if unknown:
        fault = Fault(
            "ehc_plans",
            column="age_band",
            found=f"unknown band {', '.join(unknown)}",
            allowed=", ".join(table.index.astype(str)),
            todo="correct it or map it",
        )
        raise DatasetError((fault,))
    counts = rows.groupby("age_band")["plans"].sum()
    table = table.loc[counts.index]
    first, last = table["first_nc_year"].to_numpy(np.int64), table["last_nc_year"].to_numpy(np.int64)
    return split_bands(counts.to_numpy(float), first, last, nc_years, shape)


def _from_ages(rows: pd.DataFrame, column: str, nc_years: Whole) -> Floats:
    shift = 4 if column == "age" else 0
    position = pd.to_numeric(rows[column]).to_numpy(np.int64) - shift - nc_years[0]
    if np.any((position < 0) | (position >= len(nc_years))):
        fault = Fault("ehc_plans", column=column, found="an age beyond the limits", todo="correct it")
        raise DatasetError((fault,))
    counts = np.bincount(position, weights=rows["plans"].to_numpy(float), minlength=len(nc_years))
    return np.asarray(counts, dtype=np.float64)


def exposure(people: pd.DataFrame, nc_years: Whole, years: Sequence[int]) -> Floats:
    """Residents (or pupils) by year and NC year.

    Args:
        people: columns year, people and, if known, nc_year (or age). Without ages, the total stands for every
            NC year. An NC year that the table never has (pupils stop at 14) stands at the mean of the others.
        nc_years: axis (n).
        years: Januaries wanted.

    Returns:
        People, axes (year, n).

    Raises:
        DatasetError: a wanted year is missing.
    """
    table = people.assign(nc_year=people["age"] - 4) if "age" in people.columns else people
    missing = [str(year) for year in years if year not in set(table["year"])]
    if missing:
        found = f"people are missing for January {', '.join(missing)}"
        raise DatasetError((Fault("population", found=found, todo="add the years, or forecast fewer"),))
    if "nc_year" not in table.columns:
        total = table.groupby("year")["people"].sum().reindex(list(years)).to_numpy(float)
        return np.repeat(total[:, None], len(nc_years), axis=1)
    wide = table.pivot_table(index="year", columns="nc_year", values="people", aggfunc="sum")
    wide = wide.reindex(index=list(years), columns=nc_years.tolist())
    mean = wide.mean(axis=1)
    never = [column for column in wide.columns if bool(wide[column].isna().all())]
    for column in never:
        wide[column] = mean
    if wide.isna().any().any():
        found = "an NC year is missing in some years only"
        raise DatasetError((Fault("population", found=found, todo="fill the table"),))
    return np.asarray(wide, dtype=np.float64)


# --------------------------------------------------------------------------------------------- estimation


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
    cease = _shape_column(shapes, "cease_rate", nc_years).copy()
    cease[-1] = 1.0
    arrivals, known = _arrival_shape(stocks, cease, _shape_column(shapes, "arrivals", nc_years), last_year)
    share = arrivals
    arrivals = arrivals / np.maximum(exposed[-1], 1.0)
    pipeline, demand = _pipeline(yearly, exposed @ arrivals, variation)
    scale = float(np.exp(np.log(demand / (exposed @ arrivals))[-3:].mean()))
    arrivals = arrivals * scale
    trend = local_level(np.log(demand / (exposed @ arrivals)), 1 / np.maximum(demand, 1.0), years, variation)
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


def _pipeline(yearly: pd.DataFrame, weighted: Floats, variation: AgeVariation) -> tuple[Pipeline, Floats]:
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
        trend = local_level(level, 1 / np.maximum(requests[both], 1.0), years, variation)
    return Pipeline(trend, per, assessed, converted, share, float(last)), demand


def local_level(seen: Floats, chance: Floats, years: Sequence[int], variation: AgeVariation) -> Trend:
    """Level and yearly change of a log series at its last year: local level, change with a normal prior.

    Source: Harvey (1989), "Forecasting, structural time series models and the Kalman filter", chapter 3.

    Args:
        seen: log of the series over what constant rates would give, axis (year).
        chance: variance of each value from counting alone, axis (year).
        years: the years, ascending; gaps widen the level.
        variation: year and drift sds and the prior of the change.

    Returns:
        The level and the change with their covariance.
    """
    mean = np.array([seen[0], variation.trend_mean])
    covariance = np.diag([1.0, variation.trend_sd**2])
    step = np.array([[1.0, 1.0], [0.0, 1.0]])
    previous = years[0]
    for year, value, noise in zip(years, seen, chance, strict=True):
        for _ in range(previous, year):
            mean, covariance = step @ mean, step @ covariance @ step.T
            covariance[0, 0] += variation.new_drift_sd**2
        previous = year
        gain = covariance[:, 0] / (covariance[0, 0] + variation.new_year_sd**2 + noise)
        mean = mean + gain * (value - mean[0])
        covariance = covariance - np.outer(gain, covariance[0])
    return Trend(mean, (covariance + covariance.T) / 2)


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


def national_trend(new_plans: Floats) -> float:
    """Prior mean of the yearly change from national new plans: their mean yearly log growth over five years.

    Args:
        new_plans: national new plans by calendar year, ascending, none after the origin, axis (year).

    Returns:
        Yearly log change, for `AgeVariation.trend_mean`.
    """
    recent = np.asarray(new_plans, dtype=np.float64)[-6:]
    return float(np.log(recent[-1] / recent[0]) / max(len(recent) - 1, 1))


# ----------------------------------------------------------------------------------------------- running it


def _levers(levers: AgeLevers | None, n_years: int, n: int) -> dict[str, Floats]:
    """Levers at full size."""
    levers = levers or AgeLevers()
    shapes: dict[str, tuple[int, ...]] = {
        "requests": (n_years,),
        "assessed": (n_years,),
        "converted": (n_years,),
        "finished": (n_years,),
        "arrivals": (n_years, n),
        "cease": (n_years, n),
    }
    given = {name: getattr(levers, name) for name in shapes}

    def full(lever: Floats | None, shape: tuple[int, ...]) -> Floats:
        return np.ones(shape) if lever is None else np.broadcast_to(np.asarray(lever, float), shape)

    return {name: full(given[name], shape) for name, shape in shapes.items()}


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
    multipliers = _levers(levers, len(years), len(rates.nc_years))
    level, requests = _paths(rates, len(years))
    shift = rates.cease_multiplier
    flows = [np.zeros((1, len(years), len(rates.nc_years))) for _ in range(3)]
    made, asked, waiting = _made(rates, level[None], requests[None], exposed, multipliers)
    stock = rates.stock[None]
    for t in range(len(years)):
        chance = cease_chance(rates.nc_years, rates.cease, shift[None], multipliers["cease"][t])
        flows[2][:, t] = stock * chance
        flows[1][:, t] = made[:, t]
        stock = _aged(stock - flows[2][:, t]) + made[:, t]
        flows[0][:, t] = stock
    return AgeFlows(flows[0][0], flows[1][0], flows[2][0], asked[0], waiting[0])


def _damped(rates: AgeRates, n_years: int) -> Floats:
    """Damped steps of the trend up to each forecast year, axis (year); 0 where it is held."""
    return np.asarray(np.cumsum(rates.variation.damping ** np.arange(n_years)) * rates.trending)


def _paths(rates: AgeRates, n_years: int) -> tuple[Floats, Floats]:
    """Central log level of demand and of requests by forecast year, axes (year), (year)."""
    steps = _damped(rates, n_years)
    level = rates.trend.mean[0] + rates.trend.mean[1] * steps
    requests = rates.pipeline.requests
    asked = level if requests is None else requests.mean[0] + requests.mean[1] * steps
    return level, asked


def _made(
    rates: AgeRates, level: Floats, asked: Floats, exposed: Floats, levers: dict[str, Floats]
) -> tuple[Floats, Floats, Floats]:
    """Mean new plans (draw, year, n), requests (draw, year), assessments in progress (draw, year).

    Demand follows its own level; the pipeline then turns levers on requests, assessment and conversion, and
    work in progress, into a factor: plans made ÷ plans that the same requests make in a steady state.
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


def _aged(stock: NDArray[Any]) -> NDArray[Any]:
    """Everyone one NC year on, axes (draw, n); nobody follows the last NC year."""
    aged = np.zeros_like(stock)
    aged[:, 1:] = stock[:, :-1]
    return aged


def whole(stock: Floats) -> Counts:
    """Round to whole people and keep the (rounded) total: largest remainders are rounded up."""
    floor = np.floor(stock)
    short = int(round(float(stock.sum()))) - int(floor.sum())
    order = np.argsort(floor - stock, kind="stable")
    result = floor.astype(np.int64)
    result[order[:short]] += 1
    return result


def simulate_by_age(
    rates: AgeRates,
    people: pd.DataFrame,
    years: Sequence[int],
    n_draws: int,
    seed: int,
    levers: AgeLevers | None = None,
    uncertain: bool = True,
    chance: bool = True,
) -> AgeFlows:
    """Draw plans and flows: uncertain rates once per draw, yearly shocks and the chance of each child on top.

    Args:
        rates: from `estimate_by_age`.
        people: residents or pupils for every forecast year.
        years: consecutive Januaries after `rates.last_year`.
        n_draws: number of draws.
        seed: seed of all random values; the same seed gives the same rates under every scenario.
        levers: policy levers, axis 0 in step with `years`.
        uncertain: draw the rates; when False they stay at central values.
        chance: yearly shocks beyond Poisson and binomial chance.

    Returns:
        Draws with a first axis (draw): whole people; stock(t+1)[n+1] = stock(t)[n] − ceased[n] + new[n+1].

    Raises:
        DatasetError: people are missing for a year.
    """
    exposed = exposure(people, rates.nc_years, years)
    multipliers = _levers(levers, len(years), len(rates.nc_years))
    starts = range(0, n_draws, BLOCK_DRAWS)
    seeds = np.random.SeedSequence(seed).spawn(len(starts))
    blocks = [
        _block(rates, exposed, multipliers, min(BLOCK_DRAWS, n_draws - low), child, uncertain, chance)
        for child, low in zip(seeds, starts, strict=True)
    ]
    return AgeFlows(
        *(
            np.concatenate([getattr(block, name) for block in blocks])
            for name in ("stock", "new", "ceased", "requests", "in_progress")
        )
    )


def _drawn_paths(
    rates: AgeRates, n_years: int, n_draws: int, rng: np.random.Generator, chance: bool
) -> tuple[Floats, Floats]:
    """Log levels of demand and of requests, axes (draw, year): level, change and drift drawn once per run."""
    variation = rates.variation
    steps, roots = _damped(rates, n_years), np.sqrt(np.arange(1, n_years + 1))
    drawn = rng.multivariate_normal(rates.trend.mean, rates.trend.covariance, n_draws, method="eigh")
    drift = rng.standard_normal((n_draws, 1)) * variation.new_drift_sd
    shocks = rng.standard_normal((n_draws, n_years)) * variation.new_year_sd * float(chance)
    level = drawn[:, :1] + drawn[:, 1:] * steps + drift * roots + shocks
    asked = level
    if rates.pipeline.requests is not None:
        asked = level - rates.trend.mean[0] - rates.trend.mean[1] * steps + _paths(rates, n_years)[1]
    return level, asked


def _block(
    rates: AgeRates,
    exposed: Floats,
    levers: dict[str, Floats],
    n_draws: int,
    seeds: np.random.SeedSequence,
    uncertain: bool,
    chance: bool,
) -> AgeFlows:
    """One block of draws through the years."""
    n_years, n = exposed.shape
    streams = [np.random.default_rng(child) for child in seeds.spawn(1 + n_years)]
    level, asked = _drawn_paths(rates, n_years, n_draws, streams[0], chance)
    weight = rates.arrivals_known / 4.0 + 10.0
    tilt = streams[0].standard_gamma(weight, (n_draws, n)) / weight
    tilt *= np.exp(streams[0].standard_normal((n_draws, 1)) * rates.variation.coverage_sd)
    shift = rates.cease_multiplier + streams[0].standard_normal((n_draws, 2)) * rates.cease_sd
    drift = streams[0].standard_normal((n_draws, 1)) * rates.variation.cease_drift_sd
    if not uncertain:
        central = _paths(rates, n_years)
        level, asked = (np.repeat(path[None], n_draws, axis=0) for path in central)
        tilt, shift = np.ones_like(tilt), np.repeat(rates.cease_multiplier[None], n_draws, axis=0)
        drift = np.zeros_like(drift)
    made, requests, waiting = _made(rates, level, asked, exposed, levers)
    stock = np.repeat(whole(rates.stock)[None], n_draws, axis=0)
    out = [np.zeros((n_draws, n_years, n)) for _ in range(3)]
    for t, rng in enumerate(streams[1:]):
        now = shift + drift * np.sqrt(t + 1.0)
        quit_chance = cease_chance(rates.nc_years, rates.cease, now, levers["cease"][t])
        shock = rng.standard_normal((n_draws, 1)) * rates.variation.arrival_year_sd * float(chance)
        left, made_now = rng.binomial(stock, quit_chance), rng.poisson(made[:, t] * tilt * np.exp(shock))
        stock = _aged(stock - left) + made_now
        out[0][:, t], out[1][:, t], out[2][:, t] = stock, made_now, left
    return AgeFlows(out[0], out[1], out[2], requests, waiting)
