"""Synthetic authorities whose truth is known, for judging forecasts of pupils.

The births cycle is England's; everything else is drawn. The world holds things no estimator of this product
models: ratios that drift, a school that closes, year groups miscoded in one census, heavy-tailed
over-dispersion, dwellings delivered late. The oracle knows every true parameter and the true past, and
none of the future shocks.
"""

from __future__ import annotations

import numpy as np

from forecasting.analysis.synthetic_world import REALISTIC, SyntheticAuthority, Truth, World
from forecasting.values import Floats, Whole

NC_YEARS: Whole = np.arange(-2, 15)
RECEPTION = 2  # position of NC year 0
# Live births in England by year, thousands, rounded (ONS, Births in England and Wales); 1992 to 2023.
ENGLAND_BIRTHS_FROM = 1992
ENGLAND_BIRTHS_THOUSANDS: Floats = np.array((
    652, 636, 629, 613, 614, 608, 602, 590, 573, 564, 566, 590, 607, 613, 636, 655,
    673, 671, 687, 688, 694, 665, 662, 664, 663, 647, 626, 611, 585, 596, 577, 564,
), dtype=float)  # fmt: skip
# NC year:                              -2    -1     0     1  ...  6     7     8 ... 11    12    13    14
TYPICAL_RATIO: Floats = np.array([0.12, 0.45, 0.93, *[1.0] * 6, 0.97, *[0.998] * 4, 0.55, 0.85, 0.05])
SPREAD_OF_RATIO: Floats = np.array([0.3, 0.2, 0.06, *[0.005] * 6, 0.05, *[0.004] * 4, 0.25, 0.06, 0.3])
DRIFT_SD: Floats = np.array([0.03, 0.03, 0.006, *[0.0008] * 6, 0.006, *[0.0008] * 4, 0.015, 0.008, 0.1])
SLOPE_SD: Floats = np.array([0.01, 0.01, 0.004, *[0.0] * 6, 0.004, *[0.0] * 4, 0.01, 0.003, 0.0])
MOBILITY: Floats = np.array([1.3, 1.3, 1.3, 1.2, 1.2, 1.1, 1.1, 1.0, 1.0, 1.0, *[0.8] * 4, 0.6, 0.6, 0.6])
ARRIVAL_PROFILE: Floats = 0.5 ** np.arange(5) / np.sum(0.5 ** np.arange(5))
SLOPE_DAMPING = 0.85
DWELLING_TYPES = ("house", "flat")
STATED_YIELDS: Floats = np.array([[0.036], [0.011]]) * np.array([0.1, 0.4, *[1.0] * 7, *[0.75] * 5, 0.4, 0.35, 0.0])
STATED_PLANS_PER_DWELLING: Floats = np.array([0.018, 0.006])


def synthetic_authorities(count: int, seed: int, world: World = REALISTIC) -> tuple[SyntheticAuthority, ...]:
    """Draw authorities, each from its own stream of the seed.

    Args:
        count: how many authorities.
        seed: seed; authority i is the same whatever the count.
        world: the world to draw from.

    Returns:
        The authorities.
    """
    return tuple(synthetic_authority(np.random.default_rng([seed, i]), world) for i in range(count))


def synthetic_authority(rng: np.random.Generator, world: World = REALISTIC) -> SyntheticAuthority:
    """Draw one authority: births, ratios, shocks, housing, then the rolls year by year.

    Args:
        rng: source of the draws.
        world: the world to draw from.

    Returns:
        The authority with its truth.
    """
    years = np.arange(world.first_year, world.last_year + 1)
    birth_years, births = _births(rng, world)
    level, slope = _ratios(rng, world, len(years))
    migration = _migration(rng, world, len(years))
    planned, completed = _housing(rng, world, len(years), births)
    factor = 1 + world.yield_cv * np.clip(rng.standard_normal(2), -2.5, 2.5)
    closing = _closing(rng, world, len(years))
    cross = 0.08 * rng.uniform(0.3, 2.0) + np.cumsum(0.003 * world.drift * rng.standard_normal(len(years)))
    arrivals = housing_arrivals(completed, STATED_YIELDS * factor[:, None])
    dispersion = rng.uniform(1.0, world.over_dispersion)
    parts = (births, birth_years, level, migration, arrivals, closing, np.clip(cross, 0.0, 0.4))
    flows = _rolls(rng, world, years, dispersion, *parts)
    pupils, entered, moved, born = flows
    truth = Truth(
        pupils, level, slope, migration, factor, closing, np.clip(cross, 0.0, 0.4), born,
        entered, moved, pupils - entered - moved,
    )  # fmt: skip
    observed = _miscode(rng, world, pupils)
    residents = _residents(rng, years, births, birth_years)
    return SyntheticAuthority(world, years, truth, observed, birth_years, births, residents, completed, planned)


def _births(rng: np.random.Generator, world: World) -> tuple[Whole, Floats]:
    last = ENGLAND_BIRTHS_FROM + len(ENGLAND_BIRTHS_THOUSANDS) - 1
    years = np.arange(ENGLAND_BIRTHS_FROM, max(world.last_year, last) + 1)
    cycle = np.interp(years, np.arange(ENGLAND_BIRTHS_FROM, last + 1), ENGLAND_BIRTHS_THOUSANDS) / 650.0
    size = world.pupils_scale * np.exp(0.6 * np.clip(rng.standard_normal(), -2.0, 2.0))
    local = np.cumsum(0.01 * rng.standard_normal(len(years))) + 0.004 * rng.standard_normal() * np.arange(len(years))
    depth = rng.uniform(0.6, 1.4)
    return years, rng.poisson(size * cycle**depth * np.exp(local)).astype(float)


def _ratios(rng: np.random.Generator, world: World, count: int) -> tuple[Floats, Floats]:
    groups = len(NC_YEARS)
    start = np.log(TYPICAL_RATIO) + SPREAD_OF_RATIO * np.clip(rng.standard_normal(groups), -2, 2)
    in_phase = (NC_YEARS >= 1) & (NC_YEARS <= 11) & (NC_YEARS != 7)
    start = start + in_phase * 0.006 * rng.standard_normal()
    slope = world.drift * SLOPE_SD * rng.standard_normal(groups) * SLOPE_DAMPING ** np.arange(count)[:, None]
    steps = slope + world.drift * DRIFT_SD * rng.standard_normal((count, groups))
    return np.exp(start + np.cumsum(steps, axis=0)), slope


def _migration(rng: np.random.Generator, world: World, count: int) -> Floats:
    shock = world.migration_sd * rng.standard_normal(count)
    migration = np.zeros(count)
    for i in range(count):
        migration[i] = world.migration_ar * migration[i - 1] * (i > 0) + shock[i]
    return migration


def _housing(rng: np.random.Generator, world: World, count: int, births: Floats) -> tuple[Floats, Floats]:
    usual = world.housing_scale * births.mean() * np.array([0.7, 0.3])
    planned = np.rint(usual * np.exp(0.5 * rng.standard_normal((count, 2)) - 0.125))
    return planned, np.rint(planned * np.exp(world.delivery_sd * rng.standard_normal((count, 2))))


def housing_arrivals(completed: Floats, pupils_per_dwelling: Floats) -> Floats:
    """Pupils arriving from new dwellings in each year: half as many again each year after completion.

    Args:
        completed: (year, dwelling_type) dwellings.
        pupils_per_dwelling: (dwelling_type, nc_year) pupils per dwelling in the end.

    Returns:
        (year, nc_year) pupils.
    """
    padded = np.vstack([np.zeros((len(ARRIVAL_PROFILE) - 1, completed.shape[1])), completed])
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(ARRIVAL_PROFILE), axis=0)
    filled: Floats = windows @ ARRIVAL_PROFILE[::-1] @ pupils_per_dwelling
    return filled


def _closing(rng: np.random.Generator, world: World, count: int) -> Floats:
    closing = np.zeros((count, len(NC_YEARS)))
    happens, year = rng.random() < world.closing_share, int(rng.integers(2, count))
    fraction, secondary = rng.uniform(0.005, 0.02), rng.random() < 0.3
    low, high = (7, 11) if secondary else (0, 6)
    if happens:
        closing[year, (NC_YEARS >= low) & (NC_YEARS <= high)] = fraction
    return closing


def expected_roll(
    before: Floats,
    born: Floats,
    ratio: Floats,
    cross_border: float | Floats,
    arrivals: Floats,
) -> Floats:
    """Return the roll that the true ratios lead to, one year on.

    Args:
        before: (nc_year,) pupils the January before.
        born: (nc_year,) births behind each entry group, 0 elsewhere.
        ratio: (nc_year,) take-up and progression, with migration and closing.
        cross_border: share of Year 7 on roll who live elsewhere.
        arrivals: (nc_year,) pupils from new dwellings.

    Returns:
        (nc_year,) expected pupils.
    """
    moved = np.where(NC_YEARS <= 0, 0.0, np.concatenate([[0.0], before[:-1]]))
    roll = (born + moved) * ratio + arrivals
    return np.asarray(np.where(NC_YEARS == 7, roll / (1 - cross_border), roll))


def births_behind(year: int, births: Floats, birth_years: Whole) -> Floats:
    """Return the births behind each entry group of a January: Reception of y was born in y − 5.

    Args:
        year: January census year.
        births: (birth_year,) births.
        birth_years: (birth_year,) academic years of birth.

    Returns:
        (nc_year,) births, 0 for year groups above Reception.
    """
    wanted = np.where(NC_YEARS <= 0, year - 5 - NC_YEARS, birth_years[0])
    return np.asarray(np.where(NC_YEARS <= 0, births[wanted - birth_years[0]], 0.0))


def _rolls(
    rng: np.random.Generator,
    world: World,
    years: Whole,
    dispersion: float,
    births: Floats,
    birth_years: Whole,
    level: Floats,
    migration: Floats,
    arrivals: Floats,
    closing: Floats,
    cross: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    shape = (len(years), len(NC_YEARS))
    pupils, entered, moved, born = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    tails = rng.standard_t(5, shape) / np.sqrt(5 / 3) if world.heavy_tails else rng.standard_normal(shape)
    chance = rng.standard_normal(shape)
    lasting = 1 - np.cumsum(closing, axis=0) * np.isin(NC_YEARS, (0, 7))
    before = _first_stock(years[0], births, birth_years, level[0])
    for i, year in enumerate(years):
        born[i] = births_behind(int(year), births, birth_years)
        lost = np.where(np.isin(NC_YEARS, (0, 7)), lasting[i], 1 - closing[i])
        ratio = level[i] * (1 + MOBILITY * migration[i]) * lost
        mean = expected_roll(before, born[i], ratio, cross[i], arrivals[i])
        spread = np.sqrt(0.08 * mean * dispersion)
        pupils[i] = np.maximum(np.rint(mean * (1 + world.group_sd * tails[i]) + spread * chance[i]), 0.0)
        moved[i] = np.where(NC_YEARS <= 0, 0.0, np.concatenate([[0.0], before[:-1]]))
        entered[i] = np.where(NC_YEARS <= 0, pupils[i], 0.0)
        before = pupils[i]
    return pupils, entered, moved, born


def _first_stock(year: int, births: Floats, birth_years: Whole, ratio: Floats) -> Floats:
    """Return the roll of the January before the first: births of each cohort times its ratios."""
    groups = NC_YEARS[RECEPTION:]
    cohort = births[np.clip(year - 6 - groups - birth_years[0], 0, None)]
    stock = ratio * births[year - 6 - birth_years[0]]
    stock[RECEPTION:] = cohort * np.cumprod(ratio[RECEPTION:])
    return np.asarray(np.rint(stock))


def _miscode(rng: np.random.Generator, world: World, pupils: Floats) -> Floats:
    observed = pupils.copy()
    happens, year = rng.random() < world.miscoded_share, int(rng.integers(0, len(pupils)))
    group, share = int(rng.integers(RECEPTION + 1, RECEPTION + 12)), rng.uniform(0.01, 0.06)
    if happens:
        wrong = np.rint(share * pupils[year, group])
        observed[year, group] -= wrong
        observed[year, group + 1] += wrong
    return observed


def _residents(rng: np.random.Generator, years: Whole, births: Floats, birth_years: Whole) -> Floats:
    ages = np.arange(5)
    cohort = births[np.clip(years[:, None] - 1 - ages - birth_years[0], 0, len(births) - 1)]
    stay = 1 + rng.normal(0.0, 0.01) * ages
    return np.asarray(np.rint(cohort * stay * (1 + 0.01 * rng.standard_normal(cohort.shape))))
