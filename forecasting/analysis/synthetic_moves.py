"""Synthetic authorities whose joiner, leaver and move rates are known, to judge the `moves` method by.

Written before the estimator, and on purpose not its mirror image: rates drift, counts are over-dispersed, a
setting may close, needs are miscoded on the origin side of a return, and a backlog is released in one year.
None of these is told to the estimator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.values import Floats

Counts = NDArray[np.int64]

FIRST_NC_YEAR, LAST_NC_YEAR = -4, 21
BURN_IN_YEARS = 18
# Ages served by each kind of setting, as NC years; kinds repeat when more settings are asked for.
SETTING_AGES = ((0, 13), (-1, 15), (-4, 0), (11, 21), (3, 14), (0, 11))


@dataclass(frozen=True)
class Troubles:
    """What the estimator does not model. All zero gives the clean, constant-rate world.

    The defaults are of the size seen between 2009 and 2024 in the new plans of 74 English authorities
    (Department for Education, Education, health and care plans): beyond the national change, the log of an
    authority's new plans moves by about 0.1 a year for good and by about 0.1 for one year only.

    Attributes:
        drift_sd: yearly standard deviation of the random walk of the log joiner level (fraction).
        mix_drift_sd: the same for each need and each setting (fraction).
        leave_drift_sd: the same for the logit of the leaver rates.
        trend_sd: standard deviation between authorities of the yearly growth of joiner rates (fraction).
        overdispersion: variance of a Gamma multiplier (mean 1) on joiners of one year and NC year.
        closing: probability that one setting closes during the years ahead.
        miscoded: share of children whose need is miscoded on the origin side of a return.
        backlog: share of one known year's joiners held back and released in the year after.
    """

    drift_sd: float = 0.08
    mix_drift_sd: float = 0.05
    leave_drift_sd: float = 0.05
    trend_sd: float = 0.04
    overdispersion: float = 0.02
    closing: float = 0.05
    miscoded: float = 0.01
    backlog: float = 0.05


CLEAN = Troubles(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class TrueRates:
    """The rates of one year. Axes: n = NC year at the January before, m = NC year on arrival, d, s.

    Attributes:
        join: joiners per resident, axes (m, d, s).
        leave: probability that a plan ceases within the year, axes (n, d, s).
        move: probability that a child who keeps the plan changes setting, axes (n, d, s).
        to: setting moved to, given a move, axes (n, s, s').
        need_change: probability that a child who keeps the plan changes need, axes (d, d').
    """

    join: Floats
    leave: Floats
    move: Floats
    to: Floats
    need_change: Floats


@dataclass(frozen=True)
class SyntheticAuthority:
    """One synthetic authority: what an analyst would see, what then happened, and the truth behind both.

    Attributes:
        nc_years, needs, settings: the axes.
        moves: table `plan_moves` of the known years.
        residents: columns year, nc_year, people; known years and years ahead.
        stock: plans at the last known January, axes (n, d, s).
        future: plans at each January ahead, axes (year, n, d, s).
        last_year: the last known January.
        rates: the rates at work in the last known year.
    """

    nc_years: Counts
    needs: tuple[str, ...]
    settings: tuple[str, ...]
    moves: pd.DataFrame
    residents: pd.DataFrame
    stock: Counts
    future: Counts
    last_year: int
    rates: TrueRates


def synthetic_authority(
    rng: np.random.Generator,
    n_needs: int = 3,
    n_settings: int = 5,
    cohort: float = 2500.0,
    known_years: int = 2,
    years_ahead: int = 5,
    troubles: Troubles | None = None,
) -> SyntheticAuthority:
    """Make one authority with known rates, its returns for the known years, and its future.

    Args:
        rng: source of every random value.
        n_needs: number of needs (labels N1, N2, …).
        n_settings: number of settings (labels S1, S2, …), at least 4 so that every age is served.
        cohort: residents per NC year (people), about.
        known_years: number of yearly returns the analyst holds.
        years_ahead: number of Januaries simulated beyond them.
        troubles: what the estimator does not model; the defaults of `Troubles` when None.

    Returns:
        The authority. Join rates are scaled so that about 3 % of residents of school age hold a plan.

    Raises:
        ValueError: fewer than 4 settings.
    """
    if n_settings < 4:
        raise ValueError("fewer than 4 settings leave some ages without any")
    troubles = troubles or Troubles()
    nc_years = np.arange(FIRST_NC_YEAR, LAST_NC_YEAR + 1)
    rates = _base_rates(rng, nc_years, n_needs, n_settings)
    years = np.arange(2015 - known_years - BURN_IN_YEARS, 2015 + years_ahead + 1)
    people = _residents(rng, cohort, years, nc_years)
    needs = tuple(f"N{i + 1}" for i in range(n_needs))
    settings = tuple(f"S{i + 1}" for i in range(n_settings))
    trend = rng.normal(0.0, troubles.trend_sd)
    closing_year = 2015 + int(rng.integers(1, years_ahead + 1)) if rng.random() < troubles.closing else 0
    stock = np.zeros((len(nc_years), n_needs, n_settings), dtype=np.int64)
    stocks, tables, at_2015, stock_2015, held = [], [], rates, stock, np.zeros_like(stock)
    for position, year in enumerate(years[:-1]):
        known, ahead = 2015 - known_years <= year < 2015, year >= 2015
        if known or ahead:
            rates = _drifted(rng, rates, troubles, trend if year > 2015 - known_years else 0.0)
        if year == closing_year - 1:
            rates = _closed(rates, int(rng.integers(n_settings)))
        joined = _joiners(rng, rates.join, people[position + 1], troubles.overdispersion)
        if year == 2015 - known_years and known_years > 1:
            held = rng.binomial(joined, troubles.backlog)
            joined = joined - held
        elif held.any():
            joined, held = joined + held, np.zeros_like(held)
        flows, nxt = _one_year(rng, stock, rates)
        if known:
            at_2015 = rates
            tables.append(_table(rng, year, nc_years, needs, settings, joined, flows, troubles.miscoded))
        stock = nxt + joined
        if year == 2014:
            stock_2015 = stock
        if ahead:
            stocks.append(stock)
    return SyntheticAuthority(
        nc_years,
        needs,
        settings,
        pd.concat(tables, ignore_index=True),
        _long_residents(years, nc_years, people),
        stock_2015,
        np.array(stocks),
        2015,
        at_2015,
    )


def _setting_open(nc_years: Counts, n_settings: int) -> NDArray[np.bool_]:
    """Whether a setting serves an NC year, axes (n, s)."""
    ages = [SETTING_AGES[i % len(SETTING_AGES)] for i in range(n_settings)]
    return np.array([[low <= n <= high for low, high in ages] for n in nc_years])


def _base_rates(rng: np.random.Generator, nc_years: Counts, n_needs: int, n_settings: int) -> TrueRates:
    """Rates of a made-up but plausible authority."""
    n = nc_years.astype(float)
    is_open = _setting_open(nc_years, n_settings)
    level = 0.0028 * np.exp(rng.normal(0.0, 0.2))
    shape = np.exp(-0.5 * (n / 2.5) ** 2) + 0.5 * np.exp(-0.5 * ((n - 6) / 3.0) ** 2) + 0.02 * (n < 15)
    need_share = rng.dirichlet(np.full(n_needs, 4.0))
    tilt = rng.normal(0.0, 0.04, n_needs)
    by_need = need_share * np.exp(np.outer(n - 4, tilt))
    by_need /= by_need.sum(axis=1, keepdims=True)
    by_setting = rng.dirichlet(np.full(n_settings, 1.5), size=n_needs)[None] * is_open[:, None, :]
    by_setting /= by_setting.sum(axis=2, keepdims=True)
    join = level * shape[:, None, None] * by_need[:, :, None] * by_setting
    join[0] = 0.0
    logit = -3.6 + 3.0 / (1.0 + np.exp(-(n - 11.0) * 1.5)) + 1.6 / (1.0 + np.exp(-(n - 15.5)))
    logit = logit[:, None, None] + rng.normal(0, 0.25, (1, n_needs, 1))
    logit = logit + rng.normal(0, 0.25, (1, 1, n_settings))
    leave = 1.0 / (1.0 + np.exp(-logit))
    leave[-1] = 1.0
    phase_change = np.isin(nc_years, (-1, 6, 11))
    move = np.where(phase_change, 0.2, 0.05)[:, None, None]
    move = move * np.exp(rng.normal(0, 0.3, (1, n_needs, n_settings)))
    next_open = np.vstack([is_open[1:], is_open[-1:]])
    move = np.where(next_open[:, None, :], move, 1.0)
    to = rng.dirichlet(np.full(n_settings, 1.0), size=n_settings)[None] * next_open[:, None, :]
    to = to * (1.0 - np.eye(n_settings)) + 1e-9 * next_open[:, None, :]
    to /= to.sum(axis=2, keepdims=True)
    change = np.full((n_needs, n_needs), 0.01 / max(n_needs - 1, 1))
    np.fill_diagonal(change, 0.0)
    np.fill_diagonal(change, 1.0 - change.sum(axis=1))
    return TrueRates(join, leave, move, to, change)


def _residents(rng: np.random.Generator, cohort: float, years: Counts, nc_years: Counts) -> Floats:
    """People by year and NC year: a wave over birth cohorts that ages by one each year."""
    born = years[:, None] - nc_years[None, :]
    wave = 0.1 * np.sin((born - rng.integers(0, 30)) / 6.0)
    return np.round(cohort * (1.0 + wave))


def _drifted(rng: np.random.Generator, rates: TrueRates, troubles: Troubles, trend: float) -> TrueRates:
    """Next year's rates: a step of each random walk."""
    _, d, s = rates.join.shape
    step = rng.normal(trend, troubles.drift_sd)
    mix = rng.normal(0, troubles.mix_drift_sd, (1, d, 1)) + rng.normal(0, troubles.mix_drift_sd, (1, 1, s))
    shape = rates.join * np.exp(mix)
    join = shape * (rates.join.sum() / shape.sum()) * np.exp(step)
    odds = rates.leave[:-1] / (1 - rates.leave[:-1]) * np.exp(rng.normal(0, troubles.leave_drift_sd))
    leave = np.concatenate([odds / (1 + odds), rates.leave[-1:]])
    return TrueRates(join, leave, rates.move, rates.to, rates.need_change)


def _closed(rates: TrueRates, setting: int) -> TrueRates:
    """The rates once a setting has closed: nobody joins it, everybody leaves it for another."""
    join, move, to = rates.join.copy(), rates.move.copy(), rates.to.copy()
    total = join.sum(axis=2, keepdims=True)
    join[:, :, setting] = 0.0
    left = join.sum(axis=2, keepdims=True)
    join *= np.divide(total, left, out=np.zeros_like(total), where=left > 0)
    move[:, :, setting] = 1.0
    to[:, :, setting] = 1e-12
    to /= to.sum(axis=2, keepdims=True)
    return TrueRates(join, rates.leave, move, to, rates.need_change)


def _joiners(rng: np.random.Generator, join: Floats, people: Floats, overdispersion: float) -> Counts:
    """Joiners of one year on arrival, axes (m, d, s): Poisson, or negative binomial."""
    mean = join * people[:, None, None]
    if overdispersion > 0:
        mean = mean * rng.gamma(1 / overdispersion, overdispersion, (len(people), 1, 1))
    return rng.poisson(mean)


def transition(rates: TrueRates) -> Floats:
    """Probability of each destination, axes (n, d, s, k): k runs over (d', s') and then "ceased"."""
    n, d, s = rates.leave.shape
    eye = np.eye(s)[None, None]
    setting = (1 - rates.move)[..., None] * eye + rates.move[..., None] * rates.to[:, None]
    both = rates.need_change[None, :, None, :, None] * setting[:, :, :, None, :]
    kept = (1 - rates.leave)[..., None] * both.reshape(n, d, s, d * s)
    return np.concatenate([kept, rates.leave[..., None]], axis=3)


def _one_year(rng: np.random.Generator, stock: Counts, rates: TrueRates) -> tuple[Counts, Counts]:
    """Flows by origin and destination, axes (n, d, s, k), and who is where a year later (n, d, s)."""
    n, d, s = stock.shape
    chances = transition(rates).reshape(n * d * s, d * s + 1)
    flows = rng.multinomial(stock.reshape(-1), chances / chances.sum(axis=1, keepdims=True))
    flows = flows.reshape(n, d, s, d * s + 1)
    arrived = np.zeros_like(stock)
    arrived[1:] = flows[:-1, :, :, :-1].sum(axis=(1, 2)).reshape(n - 1, d, s)
    return flows, arrived


def _table(
    rng: np.random.Generator,
    year: int,
    nc_years: Counts,
    needs: tuple[str, ...],
    settings: tuple[str, ...],
    joined: Counts,
    flows: Counts,
    miscoded: float,
) -> pd.DataFrame:
    """The return of one year as `plan_moves`, with some origin needs miscoded."""
    n, d, s, _ = flows.shape
    need, setting = np.array([*needs, ""], dtype=object), np.array([*settings, ""], dtype=object)
    at = np.argwhere(joined[1:] > 0)
    joins = pd.DataFrame(
        {
            "nc_year": nc_years[at[:, 0]],
            "need": "",
            "setting": "",
            "next_need": need[at[:, 1]],
            "next_setting": setting[at[:, 2]],
            "people": joined[1:][tuple(at.T)],
        }
    )
    wrong = rng.binomial(flows, miscoded) if d > 1 else np.zeros_like(flows)
    flows = flows - wrong + np.roll(wrong, 1, axis=1)
    at = np.argwhere(flows > 0)
    ceased = at[:, 3] == d * s
    moves = pd.DataFrame(
        {
            "nc_year": nc_years[at[:, 0]],
            "need": need[at[:, 1]],
            "setting": setting[at[:, 2]],
            "next_need": need[np.where(ceased, d, at[:, 3] // s)],
            "next_setting": setting[np.where(ceased, s, at[:, 3] % s)],
            "people": flows[tuple(at.T)],
        }
    )
    table = pd.concat([joins, moves], ignore_index=True)
    table.insert(0, "census_year", year)
    table["next_nc_year"] = table["nc_year"] + 1
    return table.replace({"": None})


def _long_residents(years: Counts, nc_years: Counts, people: Floats) -> pd.DataFrame:
    """Residents as a long table: year, nc_year, people."""
    y, n = np.meshgrid(years, nc_years, indexing="ij")
    return pd.DataFrame({"year": y.ravel(), "nc_year": n.ravel(), "people": people.ravel()})
