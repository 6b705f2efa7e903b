"""What kind of authorities are drawn, and what one holds: the truth, and what its officers could see."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.values import Floats, Whole


@dataclass(frozen=True)
class World:
    """What kind of authorities are drawn; the default is the realistic world.

    Attributes:
        first_year: first January census year.
        last_year: last January census year.
        drift: multiplier of the drift of the ratios (0 for constant ratios).
        migration_sd: yearly migration shock shared by all year groups, fraction of a year group.
        migration_ar: share of the shock that carries over to the next year.
        group_sd: shock of one year group in one year, fraction (heavy tails when `heavy_tails`).
        heavy_tails: draw the shock of one year group from Student's t with 5 degrees of freedom.
        over_dispersion: highest ratio of the variance of a count to that of independent movers.
        closing_share: share of authorities where a school closes.
        miscoded_share: share of authorities with one census where a year group is part miscoded.
        yield_cv: spread of the true yields round the stated ones, fraction.
        housing_scale: dwellings built each year per birth.
        delivery_sd: spread of dwellings delivered round those planned, fraction.
        pupils_scale: median births a year.
    """

    first_year: int = 2008
    last_year: int = 2025
    drift: float = 1.0
    migration_sd: float = 0.006
    migration_ar: float = 0.5
    group_sd: float = 0.004
    heavy_tails: bool = True
    over_dispersion: float = 3.0
    closing_share: float = 0.3
    miscoded_share: float = 0.3
    yield_cv: float = 0.2
    housing_scale: float = 0.33
    delivery_sd: float = 0.2
    pupils_scale: float = 3200.0


REALISTIC = World()


KNOWN_TRUTH = World(
    drift=0.0,
    migration_ar=0.0,
    heavy_tails=False,
    closing_share=0.0,
    miscoded_share=0.0,
    over_dispersion=1.0,
    housing_scale=1.0,
)


@dataclass(frozen=True)
class Truth:
    """What really held, of which the census shows only a part.

    Attributes:
        pupils: (year, nc_year) pupils on roll, before miscoding.
        ratios: (year, nc_year) true take-up (of births) and progression ratios, without migration.
        slope: (year, nc_year) expected change of the log ratio into that year.
        migration: (year,) shock shared by all year groups, fraction; multiplied by `MOBILITY`.
        yield_factor: (dwelling_type,) true yield as a multiple of the stated one.
        closing: (year, nc_year) fraction lost that year because a school closed.
        cross_border: (year,) share of Year 7 on roll who live elsewhere.
        born: (year, nc_year) births behind each entry group, 0 for year groups that are moved up into.
        entered: (year, nc_year) children entering from births, including movement before school.
        moved_up: (year, nc_year) pupils of the year group below, the January before.
        net_arrived: (year, nc_year) arrivals less leavers since the January before.
    """

    pupils: Floats
    ratios: Floats
    slope: Floats
    migration: Floats
    yield_factor: Floats
    closing: Floats
    cross_border: Floats
    born: Floats
    entered: Floats
    moved_up: Floats
    net_arrived: Floats


@dataclass(frozen=True)
class SyntheticAuthority:
    """One authority: the truth, and what its officers could see.

    Attributes:
        world: the world it was drawn from.
        years: (year,) January census years.
        truth: what really held.
        observed: (year, nc_year) pupils on roll as returned, with the miscoding.
        birth_years: (birth_year,) academic years of birth.
        births: (birth_year,) births.
        residents: (year, age) residents aged 0 to 4 as estimated.
        completed: (year, dwelling_type) dwellings completed.
        planned: (year, dwelling_type) dwellings planned the years before.
    """

    world: World
    years: Whole
    truth: Truth
    observed: Floats
    birth_years: Whole
    births: Floats
    residents: Floats
    completed: Floats
    planned: Floats
