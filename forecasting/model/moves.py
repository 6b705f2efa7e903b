"""Plans by NC year × need × setting: joiners, leavers and moves, estimated from returns and run forward.

Order of the code: the checked table of moves; the rates (`estimate`); the exact recursion of expected values
(`expected`); levers. Draws are in `moves_draws`. Every equation is in `docs/method_moves.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from forecasting.errors import DatasetError, Fault
from forecasting.model.moves_glm import Axes, Ints, PooledRates, fit
from forecasting.values import Floats

Flags = NDArray[np.bool_]

FIRST_NC_YEAR, LAST_NC_YEAR = -4, 21
MOST_FACTOR = 10.0  # by which joiners may be raised or lowered to bring all plans to a given total
COLUMNS = (
    "census_year",
    "nc_year",
    "need",
    "setting",
    "next_nc_year",
    "next_need",
    "next_setting",
    "people",
)


@dataclass(frozen=True)
class Variation:
    """How rates vary beyond what counts of one or two years can show. Logs are natural; a year is a step.

    The defaults come from the new plans of 74 English authorities, 2009 to 2024 (Department for Education,
    Education, health and care plans): the variance of the log change over h years is about 2·0.12² + h·0.14²,
    of which about half the yearly part is common to all authorities. Leaver values are a judgement: yearly
    counts of ceased plans are published only from 2022 and are of poor quality.

    Attributes:
        joiner_year_sd: sd of the log joiner level for one year only.
        joiner_drift_sd: sd of the log joiner level gained for good in a year.
        mix_drift_sd: the same for each need and each setting around the level.
        nc_year_sd: sd of the log of joiners of one NC year in one year only.
        leaver_year_sd: sd of the log leaver hazard for one year only.
        leaver_drift_sd: sd of the log leaver hazard gained for good in a year.
        trend_mean: prior mean of the yearly change of the log joiner level.
        trend_sd: its prior sd between authorities.
        damping: share of the trend that remains each further year.
    """

    joiner_year_sd: float = 0.08
    joiner_drift_sd: float = 0.08
    mix_drift_sd: float = 0.05
    nc_year_sd: float = 0.12
    leaver_year_sd: float = 0.05
    leaver_drift_sd: float = 0.05
    trend_mean: float = 0.01
    trend_sd: float = 0.04
    damping: float = 0.85


@dataclass(frozen=True)
class Trend:
    """Level and yearly change of log joiner rates at the last known year, relative to the pooled rates.

    Attributes:
        mean: (level, change), axis (2,), natural logs.
        covariance: their posterior covariance, axes (2, 2).
    """

    mean: Floats
    covariance: Floats


@dataclass(frozen=True)
class Recording:
    """How far two returns disagree about the same January: sd of the log of a label's count around the truth.

    Attributes:
        nc: by NC year.
        need: by need.
        setting: by setting.
    """

    nc: float
    need: float
    setting: float


@dataclass(frozen=True)
class CentralRates:
    """Rates at central values. Axes: n NC year, d need, s setting at origin (joiners: on arrival).

    Attributes:
        join: joiners per resident of that NC year on arrival, axes (n, d, s).
        leave: probability that the plan ceases before the next January, axes (n, d, s).
        move: probability that a child who keeps the plan changes setting, axes (n, d, s).
        to: setting moved to, axes (n, d, s, s'); rows sum to 1 or 0.
        need_change: need a year later of a child who keeps the plan, axes (d, d'); rows sum to 1.
    """

    join: Floats
    leave: Floats
    move: Floats
    to: Floats
    need_change: Floats


@dataclass(frozen=True)
class MoveRates:
    """Everything `expected` and `simulate` need: axes, fitted rates, their uncertainty.

    Attributes:
        nc_years: NC years, axis (n,), consecutive.
        needs: need labels, axis (d).
        settings: setting labels, axis (s).
        last_year: the January to which the last known moves lead.
        axes: open (setting, NC year) pairs.
        is_open: whether a setting serves an NC year, axes (n, s).
        central: rates at central values.
        joining: log joiner rates per resident, with uncertainty.
        leaving: logit leaver rates.
        moving: logit move rates.
        move_counts: observed moves between settings, axes (s, s'), people.
        need_counts: observed changes of need, axes (d, d'), people.
        trend: level and change of joiner rates.
        variation: how rates vary in future.
        recording: how far returns disagree about labels.
        trending: False holds the level of joiners where it stands at `last_year`.
    """

    nc_years: Ints
    needs: tuple[str, ...]
    settings: tuple[str, ...]
    last_year: int
    axes: Axes
    is_open: Flags
    central: CentralRates
    joining: PooledRates
    leaving: PooledRates
    moving: PooledRates
    move_counts: Floats
    need_counts: Floats
    trend: Trend
    variation: Variation
    recording: Recording
    trending: bool = True


@dataclass(frozen=True)
class Levers:
    """Policy levers as arrays by forecast year; a missing lever changes nothing.

    Start and ramp are put into the arrays by the caller.

    Attributes:
        joiners: multiplies joiner rates, axes (year, n, d): new-plan rates by need and phase, early-years
            identification (the n below 0), a policy shock.
        leavers: multiplies the hazard of ceasing, axes (year, n, d): cease rates, post-16 retention (below 1
            at n of 12 and more). A hazard of h means a yearly probability of 1 − e^(−h).
        movers: multiplies the hazard of moving out of a setting, axes (year, s).
        destinations: weight on each setting as a destination of movers and joiners, axes (year, s): with
            `movers`, the shift to or from mainstream. The number of movers and of joiners is kept.
    """

    joiners: Floats | None = None
    leavers: Floats | None = None
    movers: Floats | None = None
    destinations: Floats | None = None


@dataclass(frozen=True)
class Flows:
    """Expected plans and flows by year. People (not rounded).

    Attributes:
        stock: plans each January, axes (year, n, d, s).
        joined: joiners of the year before, on arrival, axes (year, n, d, s).
        left: leavers of the year before, at origin, axes (year, n, d, s).
        moved: those who kept the plan and changed setting, at origin, axes (year, n, d, s).
        shift: what was added to the log joiner level, axis (year).
    """

    stock: Floats
    joined: Floats
    left: Floats
    moved: Floats
    shift: Floats


# Used when there is one return only: half to two thirds of what the one real pair of returns at hand shows
# (0.13, 0.05, 0.08).
UNSEEN_RECORDING = Recording(0.08, 0.03, 0.05)

# ---------------------------------------------------------------------------------------------- the table


@dataclass(frozen=True)
class _Coded:
    """The table of moves as positions on the axes; −1 for blank."""

    year: Ints
    nc: Ints
    need: Ints
    setting: Ints
    next_need: Ints
    next_setting: Ints
    people: Floats
    joins: Flags = field(init=False)
    ceases: Flags = field(init=False)
    stays: Flags = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "joins", self.need < 0)
        object.__setattr__(self, "ceases", self.next_need < 0)
        object.__setattr__(self, "stays", (self.need >= 0) & (self.next_need >= 0))


def check_moves(moves: pd.DataFrame) -> None:
    """Check a `plan_moves` table.

    Args:
        moves: columns census_year, nc_year, need, setting, next_nc_year, next_need, next_setting, people.

    Raises:
        DatasetError: a column is missing, a cell is half blank, a row starts and ends blank, a child does not
            age by one NC year, or a count is negative or missing. Every fault is listed.
    """
    missing = [column for column in COLUMNS if column not in moves.columns]
    if missing:
        found = f"no column {', '.join(missing)}"
        raise DatasetError((Fault("plan_moves", found=found, todo="add the missing columns"),))
    blank = {name: _is_blank(moves[name]) for name in ("need", "setting", "next_need", "next_setting")}
    people = pd.to_numeric(moves["people"], errors="coerce").to_numpy(float)
    aged = moves["next_nc_year"].to_numpy(float) == moves["nc_year"].to_numpy(float) + 1
    wrong = {
        "need and setting must be given together": blank["need"] != blank["setting"],
        "next_need and next_setting must be given together": blank["next_need"] != blank["next_setting"],
        "no plan before and none after": blank["need"] & blank["next_need"],
        "next_nc_year must be nc_year + 1": ~aged & ~blank["next_need"],
        "people must be a number, 0 or more": ~(people >= 0),
    }
    faults = tuple(
        Fault("plan_moves", row=int(row) + 2, found=text, todo="correct the row")
        for text, rows in wrong.items()
        for row in np.flatnonzero(rows)
    )
    if faults:
        raise DatasetError(faults)


def _is_blank(column: pd.Series) -> Flags:
    return (column.isna() | (column.astype(str).str.strip() == "")).to_numpy(bool)


def _labels(first: pd.Series, second: pd.Series) -> tuple[str, ...]:
    both = pd.concat([first, second])
    return tuple(sorted(both[~_is_blank(both)].astype(str).str.strip().unique()))


def _positions(column: pd.Series, labels: Sequence[str]) -> Ints:
    """Position of each label; −1 for blank."""
    cleaned = column.astype(object).where(~_is_blank(column), None)
    cleaned = cleaned.map(lambda text: None if text is None or text != text else str(text).strip())
    return np.asarray(pd.Index(list(labels)).get_indexer(pd.Index(cleaned)), dtype=np.int64)


def _coded(moves: pd.DataFrame, nc_years: Ints, needs: Sequence[str], settings: Sequence[str]) -> _Coded:
    people = moves["people"].to_numpy(float)
    return _Coded(
        moves["census_year"].to_numpy(np.int64),
        moves["nc_year"].to_numpy(np.int64) - nc_years[0],
        _positions(moves["need"], needs),
        _positions(moves["setting"], settings),
        _positions(moves["next_need"], needs),
        _positions(moves["next_setting"], settings),
        people,
    )


def stock_at(moves: pd.DataFrame, rates: MoveRates, year: int | None = None) -> Floats:
    """Plans at a January: the destinations of the moves into it.

    Args:
        moves: table `plan_moves`.
        rates: gives the axes.
        year: the January; the last known one when None.

    Returns:
        Plans, axes (n, d, s), people.

    Raises:
        DatasetError: no moves lead into that January.
    """
    year = rates.last_year if year is None else year
    coded = _coded(moves, rates.nc_years, rates.needs, rates.settings)
    rows = ~coded.ceases & (coded.year == year - 1)
    if not rows.any():
        found = f"no moves into January {year}"
        raise DatasetError((Fault("plan_moves", found=found, todo="give the moves of the year before"),))
    shape = (len(rates.nc_years), len(rates.needs), len(rates.settings))
    return _count((coded.nc + 1, coded.next_need, coded.next_setting), coded.people, rows, shape)


def _count(index: tuple[Ints, ...], people: Floats, rows: Flags, shape: tuple[int, ...]) -> Floats:
    """Sum people over cells of the given shape."""
    flat = np.ravel_multi_index(tuple(part[rows] for part in index), shape)
    counts = np.bincount(flat, weights=people[rows], minlength=int(np.prod(shape)))
    return np.asarray(counts.reshape(shape), dtype=np.float64)


def residents_by_year(residents: pd.DataFrame, nc_years: Ints, years: Sequence[int]) -> Floats:
    """Residents as an array, joined by name.

    Args:
        residents: columns year, nc_year, people (other columns are ignored).
        nc_years: NC years wanted, axis (n).
        years: Januaries wanted.

    Returns:
        People, axes (year, n). An NC year that the table has in no year counts as 0 residents.

    Raises:
        DatasetError: a wanted year is missing, an NC year is missing in some year only, or a key is repeated.
    """
    wanted = residents[residents["year"].isin(list(years)) & residents["nc_year"].isin(nc_years.tolist())]
    if wanted.duplicated(["year", "nc_year"]).any():
        fault = Fault("population", found="a year and NC year is given twice", todo="keep one row for each")
        raise DatasetError((fault,))
    table = wanted.pivot_table(index="year", columns="nc_year", values="people").reindex(index=list(years))
    given = set(wanted["year"])
    holes = [str(year) for year in years if year not in given or bool(table.loc[year].isna().any())]
    if holes:
        found = f"residents are missing for January {', '.join(holes)}"
        raise DatasetError((Fault("population", found=found, todo="add the years, or forecast fewer"),))
    return np.asarray(table.reindex(columns=nc_years.tolist(), fill_value=0.0), dtype=np.float64)


# ---------------------------------------------------------------------------------------------- the rates


def estimate(
    moves: pd.DataFrame,
    residents: pd.DataFrame,
    valid: pd.DataFrame | None = None,
    variation: Variation | None = None,
    limits: tuple[int, int] = (FIRST_NC_YEAR, LAST_NC_YEAR),
) -> MoveRates:
    """Estimate joiner, leaver and move rates from yearly moves.

    Args:
        moves: table `plan_moves`; row order does not matter.
        residents: columns year, nc_year, people, for every January that known moves lead into.
        valid: optional, columns setting, min_nc_year, max_nc_year: ages that a setting serves. Without it a
            setting serves the ages seen in it and one more on each side.
        variation: how rates vary over years; defaults of `Variation`.
        limits: first and last NC year; widened when the moves go beyond.

    Returns:
        The rates, their uncertainty and the axes.

    Raises:
        DatasetError: the tables cannot be used (every fault listed).
    """
    check_moves(moves)
    variation = variation or Variation()
    nc_years = _nc_years(moves, limits)
    needs = _labels(moves["need"], moves["next_need"])
    settings = _labels(moves["setting"], moves["next_setting"])
    coded = _coded(moves, nc_years, needs, settings)
    is_open = _open_pairs(coded, nc_years, settings, valid)
    axes = _axes(is_open, len(needs))
    years = sorted({int(year) for year in coded.year})
    people = residents_by_year(residents, nc_years, [year + 1 for year in years])
    joining = _fit_joining(coded, axes, people)
    leaving = _fit_leaving(coded, axes)
    moving = _fit_moving(coded, axes, is_open)
    trend = _trend(_joiners_by_year(coded, years), _fitted_by_year(joining, people), years, variation)
    move_counts = _count((coded.setting, coded.next_setting), coded.people, coded.stays, (len(settings),) * 2)
    need_counts = _count((coded.need, coded.next_need), coded.people, coded.stays, (len(needs),) * 2)
    central = _central(coded, axes, is_open, joining, leaving, moving, move_counts, need_counts)
    return MoveRates(
        nc_years,
        needs,
        settings,
        years[-1] + 1,
        axes,
        is_open,
        central,
        joining,
        leaving,
        moving,
        move_counts,
        need_counts,
        trend,
        variation,
        _recording(coded, axes, years),
    )


def _nc_years(moves: pd.DataFrame, limits: tuple[int, int]) -> Ints:
    """NC years from the limits, widened to those of the children with a plan."""
    before = moves.loc[~_is_blank(moves["need"]), "nc_year"].to_numpy(np.int64)
    after = moves.loc[~_is_blank(moves["next_need"]), "next_nc_year"].to_numpy(np.int64)
    seen = np.concatenate([before, after])
    first = min(limits[0], int(seen.min()), int(moves["nc_year"].min()))
    return np.arange(first, max(limits[1], int(seen.max())) + 1)


def _open_pairs(coded: _Coded, nc_years: Ints, settings: Sequence[str], valid: pd.DataFrame | None) -> Flags:
    """Whether a setting serves an NC year, axes (n, s): an unbroken range for each setting."""
    shape = (len(nc_years), len(settings))
    seen = _count((coded.nc, coded.setting), coded.people, ~coded.joins, shape)
    seen += _count((coded.nc + 1, coded.next_setting), coded.people, ~coded.ceases, shape)
    is_open = np.zeros(shape, dtype=bool)
    spread = 0 if valid is not None else 1
    any_seen = np.flatnonzero(seen.sum(axis=1))
    for s in range(len(settings)):
        at = np.flatnonzero(seen[:, s])
        low, high = max(at[0] - spread, any_seen[0]), min(at[-1] + spread, any_seen[-1])
        is_open[min(low, at[0]) : max(high, at[-1]) + 1, s] = True
    if valid is not None:
        is_open |= _valid_pairs(valid, nc_years, settings)
    gaps = np.maximum.accumulate(is_open, axis=0) & np.maximum.accumulate(is_open[::-1], axis=0)[::-1]
    return np.asarray(gaps)


def _valid_pairs(valid: pd.DataFrame, nc_years: Ints, settings: Sequence[str]) -> Flags:
    """Ages that each setting serves by declaration, axes (n, s)."""
    table = valid.set_index(valid["setting"].astype(str))
    missing = [name for name in settings if name not in table.index]
    if missing:
        found = f"no row for setting {', '.join(missing)}"
        raise DatasetError((Fault("valid_settings", found=found, todo="add a row for each setting"),))
    low = table.loc[list(settings), "min_nc_year"].to_numpy(float)
    high = table.loc[list(settings), "max_nc_year"].to_numpy(float)
    return np.asarray((nc_years[:, None] >= low) & (nc_years[:, None] <= high))


def _axes(is_open: Flags, n_needs: int) -> Axes:
    """Open pairs ordered by setting, then NC year."""
    setting, nc = np.nonzero(is_open.T)
    return Axes(is_open.shape[0], n_needs, is_open.shape[1], setting.astype(np.int64), nc.astype(np.int64))


def pair_grid(axes: Axes) -> Ints:
    """Position of each open pair, axes (n, s); −1 where closed."""
    grid = np.full((axes.n_nc, axes.n_settings), -1, dtype=np.int64)
    grid[axes.pair_nc, axes.pair_setting] = np.arange(axes.n_pairs)
    return grid


def to_box(table: Floats, axes: Axes) -> Floats:
    """Spread a table over open pairs into a box: (p, d) to (n, d, s), zero where closed."""
    box = np.zeros((axes.n_nc, axes.n_needs, axes.n_settings))
    box[axes.pair_nc, :, axes.pair_setting] = table
    return box


def _joiners_by_year(coded: _Coded, years: Sequence[int]) -> Floats:
    rows = coded.joins
    return np.array([coded.people[rows & (coded.year == year)].sum() for year in years])


def _fitted_by_year(joining: PooledRates, people: Floats) -> Floats:
    """Joiners of each known year had the rates been constant, axis (year)."""
    per_resident = np.bincount(joining.axes.pair_nc, joining.central().sum(axis=1), minlength=people.shape[1])
    return people @ per_resident


def _rows(index: tuple[Ints, Ints, Ints], axes: Axes, people: Floats, rows: Flags) -> Floats:
    """People by open pair and need, axes (p, d), from positions (n, d, s)."""
    box = _count(index, people, rows, (axes.n_nc, axes.n_needs, axes.n_settings))
    return box[axes.pair_nc, :, axes.pair_setting]


def _fit_table(kind: str, events: Floats, exposed: Floats, axes: Axes) -> PooledRates:
    """Fit one table over open pairs × needs, leaving out cells nobody was exposed in."""
    pair, need = np.nonzero(exposed > 0)
    if not len(pair):
        pair, need = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        events, exposed = np.zeros((1, 1)), np.full((1, 1), 1e-6)
    family = "poisson" if kind == "poisson" else "binomial"
    return fit(family, pair, need, events[pair, need], exposed[pair, need], axes)  # type: ignore[arg-type]


def _fit_joining(coded: _Coded, axes: Axes, people: Floats) -> PooledRates:
    """Joiners per resident of the NC year on arrival: Poisson with pooled log rates."""
    events = _rows((coded.nc + 1, coded.next_need, coded.next_setting), axes, coded.people, coded.joins)
    exposed = np.repeat(people.sum(axis=0)[axes.pair_nc][:, None], axes.n_needs, axis=1)
    nobody = (exposed <= 0) & (events > 0)
    if nobody.any():
        found = "children joined in an NC year without residents"
        fault = Fault("population", found=found, todo="add residents")
        raise DatasetError((fault,))
    return _fit_table("poisson", events, exposed, axes)


def _fit_leaving(coded: _Coded, axes: Axes) -> PooledRates:
    """Share of plans that cease within the year, by origin: binomial with pooled logits."""
    index = (coded.nc, coded.need, coded.setting)
    before_last = coded.nc < axes.n_nc - 1
    exposed = _rows(index, axes, coded.people, ~coded.joins & before_last)
    events = _rows(index, axes, coded.people, coded.ceases & ~coded.joins & before_last)
    return _fit_table("binomial", events, exposed, axes)


def _fit_moving(coded: _Coded, axes: Axes, is_open: Flags) -> PooledRates:
    """Share of children keeping a plan who change setting although they could have stayed."""
    index = (coded.nc, coded.need, coded.setting)
    next_open = np.vstack([is_open[1:], np.zeros((1, is_open.shape[1]), dtype=bool)])
    could_stay = coded.stays & next_open[np.clip(coded.nc, 0, None), np.clip(coded.setting, 0, None)]
    exposed = _rows(index, axes, coded.people, could_stay)
    moved = could_stay & (coded.setting != coded.next_setting)
    return _fit_table("binomial", _rows(index, axes, coded.people, moved), exposed, axes)


def _trend(joined: Floats, fitted: Floats, years: Sequence[int], variation: Variation) -> Trend:
    """Level and yearly change of the log joiner level: a local-level filter, normal prior on the change.

    yₜ = log(joinedₜ / fittedₜ) is observed with variance joiner_year_sd² + 1/joinedₜ − 1/Σjoined (the last
    term is already in the pooled rates); the level moves by the change and by joiner_drift_sd. Missing years
    widen. Source: Harvey (1989), "Forecasting, structural time series models and the Kalman filter", ch. 3.
    """
    mean = np.array([0.0, variation.trend_mean])
    covariance = np.diag([1.0, variation.trend_sd**2])
    step = np.array([[1.0, 1.0], [0.0, 1.0]])
    previous = years[0]
    for year, count, fit_count in zip(years, joined, fitted, strict=True):
        for _ in range(previous, year):
            mean = step @ mean
            covariance = step @ covariance @ step.T + np.diag([variation.joiner_drift_sd**2, 0.0])
        previous = year
        seen = np.log((count + 0.5) / (fit_count + 0.5))
        noise = variation.joiner_year_sd**2 + 1 / (count + 0.5) - 1 / (joined.sum() + 0.5)
        gain = covariance[:, 0] / (covariance[0, 0] + max(noise, 1e-6))
        mean = mean + gain * (seen - mean[0])
        covariance = covariance - np.outer(gain, covariance[0])
    return Trend(mean, (covariance + covariance.T) / 2)


def _recording(coded: _Coded, axes: Axes, years: Sequence[int]) -> Recording:
    """Disagreement between the destinations into a January and the origins of the next moves, by label.

    With D and O children under a label, both with log error of variance τ², weighted by D:
    τ² = ½ Σ D·(log(O/D) − log(ΣO/ΣD))² / ΣD − ½·k/ΣD for k labels (chance of one child each way). One return
    alone shows nothing: then the values of `UNSEEN_RECORDING`.
    """
    overlaps = [year for year in years if year - 1 in years]
    if not overlaps:
        return UNSEEN_RECORDING

    def spread(before: Ints, after: Ints, size: int) -> float:
        total, weight = 0.0, 0.0
        for year in overlaps:
            ended = _count((after,), coded.people, ~coded.ceases & (coded.year == year - 1), (size,))
            began = _count((before,), coded.people, ~coded.joins & (coded.year == year), (size,))
            both = (ended > 0) & (began > 0)
            change = np.log(began[both] / ended[both]) - np.log(began.sum() / ended.sum())
            total += float(ended[both] @ change**2) - both.sum()
            weight += float(ended[both].sum())
        return float(np.sqrt(max(total / weight / 2.0, 0.0)))

    return Recording(
        spread(coded.nc, coded.nc + 1, axes.n_nc),
        spread(coded.need, coded.next_need, axes.n_needs),
        spread(coded.setting, coded.next_setting, axes.n_settings),
    )


def _central(
    coded: _Coded,
    axes: Axes,
    is_open: Flags,
    joining: PooledRates,
    leaving: PooledRates,
    moving: PooledRates,
    move_counts: Floats,
    need_counts: Floats,
) -> CentralRates:
    """Rates at central values, with the limits put in: who must move, who must leave."""
    join, leave = to_box(joining.central(), axes), to_box(leaving.central(), axes)
    move = to_box(moving.central(), axes)
    next_open = np.vstack([is_open[1:], np.zeros((1, is_open.shape[1]), dtype=bool)])
    move = np.where((is_open & ~next_open)[:, None, :], 1.0, move)
    to = _destinations(coded, axes, next_open, join, move_counts)
    nowhere = to.sum(axis=3) <= 0
    stuck = (move >= 1.0) & nowhere
    move = np.where(nowhere & ~stuck, 0.0, move)
    leave = np.where(stuck, 1.0, leave)
    leave[-1] = 1.0
    return CentralRates(join, leave, move, to, _need_change(need_counts))


def _destinations(coded: _Coded, axes: Axes, next_open: Flags, join: Floats, move_counts: Floats) -> Floats:
    """Setting moved to, axes (n, d, s, s'), pooled down a chain of ever finer counts.

    p₀(s'|d,n) joiner mix at that age; p₁(s'|s) = (C[s,s'] + κp₀)/(C[s] + κ); p₂ adds the need, p₃ the NC year
    and its two neighbours (weight ½). Each κ is the most likely one for the finer counts.
    """
    n, d, s = axes.n_nc, axes.n_needs, axes.n_settings
    moved = coded.stays & (coded.setting != coded.next_setting)
    index = (coded.nc, coded.need, coded.setting, coded.next_setting)
    counts = _count(index, coded.people, moved, (n, d, s, s))
    arrive = np.vstack([join[1:].sum(axis=1), np.zeros((1, s))]) + 1e-12
    start = np.broadcast_to((arrive * next_open)[:, None, None, :], (n, d, s, s)).copy()
    start = _shares(start * (1.0 - np.eye(s)))
    overall = _shares(start.mean(axis=(0, 1)))
    pairs, by_need = move_counts * (1.0 - np.eye(s)), counts.sum(axis=0)
    between = _shrunk(pairs, overall, _strength(pairs, overall))
    needs = _shrunk(by_need, between[None], _strength(by_need, np.broadcast_to(between, by_need.shape)))
    near = counts.copy()
    near[1:] += 0.5 * counts[:-1]
    near[:-1] += 0.5 * counts[1:]
    wide = np.broadcast_to(needs, counts.shape)
    chain = _shrunk(near, wide, _strength(counts, wide)) * next_open[:, None, None, :]
    empty = chain.sum(axis=3, keepdims=True) <= 1e-9
    return _shares(np.where(empty, start, chain))


def _shares(table: Floats) -> Floats:
    """Divide by the sum of the last axis; rows of zeros stay zero."""
    total = table.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(table, total, out=np.zeros_like(table), where=total > 0))


def _shrunk(counts: Floats, prior: Floats, strength: float) -> Floats:
    """Posterior mean of Dirichlet(strength × prior) shares after counts."""
    return np.asarray((counts + strength * prior) / (counts.sum(axis=-1, keepdims=True) + strength))


def _strength(counts: Floats, prior: Floats) -> float:
    """Strength of a Dirichlet prior: the most likely of a grid from 1 to 1,000 (Dirichlet-multinomial)."""
    seen = counts.sum(axis=-1) > 0
    k, p = counts[seen], np.maximum(prior[seen], 1e-9)
    grid = np.geomspace(1.0, 1000.0, 13)
    total = k.sum(axis=-1)
    fits = [
        float((gammaln(a) - gammaln(a + total)).sum() + (gammaln(k + a * p) - gammaln(a * p))[k > 0].sum())
        for a in grid
    ]
    return float(grid[int(np.argmax(fits))])


def _need_change(counts: Floats) -> Floats:
    """Need a year later, axes (d, d'): observed changes only, rates shrunk to the overall rate."""
    kept = counts.sum(axis=1)
    off = counts * (1.0 - np.eye(len(counts)))
    overall = off.sum() / max(counts.sum(), 1.0)
    inflow = _shares(off.sum(axis=0)[None, :] * (1.0 - np.eye(len(counts))))
    rate = (off.sum(axis=1) + 50.0 * overall) / (kept + 50.0)
    change = rate[:, None] * _shares(off + inflow)
    change[np.arange(len(counts)), np.arange(len(counts))] = 1.0 - change.sum(axis=1)
    return np.asarray(change)


# ------------------------------------------------------------------------------------------ expected values


def expected(
    stock: Floats,
    rates: MoveRates,
    residents: pd.DataFrame,
    years: Sequence[int],
    levers: Levers | None = None,
    *,
    shift: Floats | None = None,
    totals: Floats | None = None,
) -> Flows:
    """Exact expected plans, joiners and leavers at central rates.

    stock(t+1)[n+1] = (stock(t)[n] − left)·stayed or moved + joined, and all in the last NC year leave.
    With totals, the joiner level of each year is what brings all plans there (see `reaching`).

    Args:
        stock: plans at the January before the first year, axes (n, d, s), people.
        rates: from `estimate`.
        residents: columns year, nc_year, people, for every forecast year.
        years: consecutive Januaries to forecast.
        levers: policy levers, axis 0 in step with `years`.
        shift: added to the log joiner level, axis (year).
        totals: all plans wanted each January, axis (year), people; levers come on top.

    Returns:
        Plans and flows, axes (year, n, d, s), people.

    Raises:
        DatasetError: residents are missing for a year.
    """
    people = residents_by_year(residents, rates.nc_years, years)
    added = np.zeros(len(years)) if shift is None else np.array(shift, dtype=np.float64)
    path = _level_path(rates, len(years))
    multipliers = lever_arrays(levers, rates, len(years))
    stocks, joined, left, moved = np.zeros((4, len(years), *stock.shape))
    for t in range(len(years)):
        left[t], kept = _leave(stock, rates.central, multipliers[1][t])
        stayed, moved[t] = _moved(kept, rates.central, multipliers[2][t], multipliers[3][t])
        exposed = people[t] * np.exp(path[t])
        if totals is not None:
            usual = np.einsum("n,nds->", exposed, rates.central.join)
            added[t] = np.log(reaching(np.array(totals[t] - stayed.sum()), np.array(usual)))
        join = with_weights(rates.central.join, multipliers[3][t]) * np.exp(added[t])
        joined[t] = join * (multipliers[0][t] * exposed[:, None])[:, :, None]
        stock = stayed + joined[t]
        stocks[t] = stock
    return Flows(stocks, joined, left, moved, added)


def reaching(wanted: Floats, usual: Floats) -> Floats:
    """Return the factor on joiners that brings all plans to a given total: wanted ÷ usual, within a factor of 10.

    Args:
        wanted: joiners wanted: the total less those who keep their plan; people, any axes.
        usual: joiners at the level of the rates, same axes.
    """
    ratio = np.divide(wanted, usual, out=np.ones_like(usual), where=usual > 0)
    return np.asarray(np.clip(ratio, 1.0 / MOST_FACTOR, MOST_FACTOR))


def damped(rates: MoveRates, n_years: int) -> Floats:
    """Sum of the damped steps of the trend up to each forecast year: 1, 1 + φ, 1 + φ + φ², …; axis (year).

    All 0 where the level is held.
    """
    return np.asarray(np.cumsum(rates.variation.damping ** np.arange(n_years)) * rates.trending)


def _level_path(rates: MoveRates, n_years: int) -> Floats:
    """Log joiner level in each forecast year, axis (year)."""
    return np.asarray(rates.trend.mean[0] + rates.trend.mean[1] * damped(rates, n_years))


def lever_arrays(levers: Levers | None, rates: MoveRates, n_years: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Levers at full size: joiners and leavers (year, n, d), movers and destinations (year, s)."""
    levers = levers or Levers()
    n, d, s = rates.axes.n_nc, rates.axes.n_needs, rates.axes.n_settings

    def full(lever: Floats | None, shape: tuple[int, ...]) -> Floats:
        return np.ones(shape) if lever is None else np.broadcast_to(np.asarray(lever, float), shape)

    return (
        full(levers.joiners, (n_years, n, d)),
        full(levers.leavers, (n_years, n, d)),
        full(levers.movers, (n_years, s)),
        full(levers.destinations, (n_years, s)),
    )


def with_weights(table: Floats, weight: Floats) -> Floats:
    """Reweight the last axis (settings) and keep its sum; unchanged when all weights are equal to 1."""
    if np.all(weight == 1.0):
        return table
    return np.asarray(_shares(table * weight) * table.sum(axis=-1, keepdims=True))


def _leave(stock: Floats, central: CentralRates, multiplier: Floats) -> tuple[Floats, Floats]:
    """Leavers and those who keep the plan, axes (n, d, s)."""
    chance = _scaled_chance(central.leave, multiplier[:, :, None])
    left = stock * chance
    return left, stock - left


def _scaled_chance(chance: Floats, multiplier: Floats) -> Floats:
    """Multiply a hazard: 1 − (1 − q)^multiplier. A certain event stays certain."""
    if np.all(multiplier == 1.0):
        return chance
    return np.where(chance >= 1.0, 1.0, 1.0 - (1.0 - chance) ** multiplier)


def _moved(kept: Floats, central: CentralRates, movers: Floats, destinations: Floats) -> tuple[Floats, Floats]:
    """Children who keep the plan, one NC year on, and those of them who changed setting (at origin), axes (n, d, s)."""
    move = _scaled_chance(central.move, movers[None, None, :])
    to = with_weights(central.to, destinations)
    changing = kept * move
    placed = kept - changing + np.einsum("nds,ndst->ndt", changing, to, optimize=True)
    placed = np.einsum("nds,de->nes", placed, central.need_change, optimize=True)
    aged = np.zeros_like(placed)
    aged[1:] = placed[:-1]
    return aged, changing


def transitions(rates: MoveRates) -> pd.DataFrame:
    """List every transition with a chance above nil, one a row.

    Args:
        rates: from `estimate`.

    Returns:
        Columns nc_year, need, setting, next_nc_year, next_need, next_setting (blank = ceased), chance (a
        fraction of the children in the origin cell; the chances of an origin cell sum to 1).
    """
    central = rates.central
    stay = (1.0 - central.leave) * (1.0 - central.move)
    setting = ((1.0 - central.leave) * central.move)[..., None] * central.to
    at = np.arange(rates.axes.n_settings)
    setting[:, :, at, at] += stay
    chance = setting[:, :, :, None, :] * central.need_change[None, :, None, :, None]
    kept = np.argwhere(chance > 0)
    ceased = np.argwhere((central.leave > 0) & rates.is_open[:, None, :])
    kept = kept[rates.is_open[kept[:, 0], kept[:, 2]]]
    need, labels = np.array([*rates.needs, ""], dtype=object), np.array([*rates.settings, ""], dtype=object)
    blank = np.full((len(ceased), 2), -1)
    rows = np.concatenate([kept, np.concatenate([ceased, blank], axis=1)])
    values = np.concatenate([chance[tuple(kept.T)], central.leave[tuple(ceased.T)]])
    return pd.DataFrame(
        {
            "nc_year": rates.nc_years[rows[:, 0]],
            "need": need[rows[:, 1]],
            "setting": labels[rows[:, 2]],
            "next_nc_year": rates.nc_years[rows[:, 0]] + 1,
            "next_need": need[rows[:, 3]],
            "next_setting": labels[rows[:, 4]],
            "chance": values,
        }
    )
