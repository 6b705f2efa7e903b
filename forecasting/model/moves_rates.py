"""Rates of joining, leaving and moving, estimated from yearly returns, with what is not known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.model.local_level import LevelVariation, Trend, local_level
from forecasting.model.moves_axes import Axes, axes_of, open_pairs
from forecasting.model.moves_central import CentralRates, central_rates
from forecasting.model.moves_glm import PooledRates, fit
from forecasting.model.moves_table import (
    FIRST_NC_YEAR,
    LAST_NC_YEAR,
    Coded,
    check_moves,
    coded_moves,
    count_people,
    labels_of,
    nc_years_of,
    residents_by_year,
)
from forecasting.values import Flags, Floats, Whole


@dataclass(frozen=True)
class Variation:
    """How rates vary beyond what counts of one or two years can show. Logs are natural; a year is a step.

    The defaults come from the new plans of 74 English authorities, 2009 to 2024 (Department for Education,
    Education, health and care plans): the variance of the log change over h years is about 2·0.12² + h·0.14²,
    of which about half the yearly part is common to all authorities. Leaver values are a judgement: yearly
    counts of ceased plans are published only from 2022 and are of poor quality.

    Attributes:
        joiners: of the log joiner level.
        mix_drift_sd: sd gained for good in a year of each need and each setting around the level.
        nc_year_sd: sd of the log of joiners of one NC year in one year only.
        leaver_year_sd: sd of the log leaver hazard for one year only.
        leaver_drift_sd: sd of the log leaver hazard gained for good in a year.
    """

    joiners: LevelVariation = LevelVariation(0.08, 0.08, trend_mean=0.01, trend_sd=0.04, damping=0.85)
    mix_drift_sd: float = 0.05
    nc_year_sd: float = 0.12
    leaver_year_sd: float = 0.05
    leaver_drift_sd: float = 0.05


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


# Used when there is one return only: half to two thirds of what the one real pair of returns at hand shows
# (0.13, 0.05, 0.08).
UNSEEN_RECORDING = Recording(0.08, 0.03, 0.05)


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

    nc_years: Whole
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
    nc_years = nc_years_of(moves, limits)
    needs = labels_of(moves["need"], moves["next_need"])
    settings = labels_of(moves["setting"], moves["next_setting"])
    coded = coded_moves(moves, nc_years, needs, settings)
    is_open = open_pairs(coded, nc_years, settings, valid)
    axes = axes_of(is_open, len(needs))
    years = sorted({int(year) for year in coded.year})
    people = residents_by_year(residents, nc_years, [year + 1 for year in years])
    joining = _fit_joining(coded, axes, people)
    leaving = _fit_leaving(coded, axes)
    moving = _fit_moving(coded, axes, is_open)
    trend = _trend(_joiners_by_year(coded, years), _fitted_by_year(joining, people), years, variation.joiners)
    move_counts = count_people((coded.setting, coded.next_setting), coded.people, coded.stays, (len(settings),) * 2)
    need_counts = count_people((coded.need, coded.next_need), coded.people, coded.stays, (len(needs),) * 2)
    central = central_rates(coded, axes, is_open, joining, leaving, moving, move_counts, need_counts)
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


def _joiners_by_year(coded: Coded, years: Sequence[int]) -> Floats:
    rows = coded.joins
    return np.array([coded.people[rows & (coded.year == year)].sum() for year in years])


def _fitted_by_year(joining: PooledRates, people: Floats) -> Floats:
    """Joiners of each known year had the rates been constant, axis (year)."""
    per_resident = np.bincount(joining.axes.pair_nc, joining.central().sum(axis=1), minlength=people.shape[1])
    return people @ per_resident


def _rows(index: tuple[Whole, Whole, Whole], axes: Axes, people: Floats, rows: Flags) -> Floats:
    """People by open pair and need, axes (p, d), from positions (n, d, s)."""
    box = count_people(index, people, rows, (axes.n_nc, axes.n_needs, axes.n_settings))
    return box[axes.pair_nc, :, axes.pair_setting]


def _fit_table(kind: str, events: Floats, exposed: Floats, axes: Axes) -> PooledRates:
    """Fit one table over open pairs × needs, leaving out cells nobody was exposed in."""
    pair, need = np.nonzero(exposed > 0)
    if not len(pair):
        pair, need = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        events, exposed = np.zeros((1, 1)), np.full((1, 1), 1e-6)
    family = "poisson" if kind == "poisson" else "binomial"
    return fit(family, pair, need, events[pair, need], exposed[pair, need], axes)  # type: ignore[arg-type]


def _fit_joining(coded: Coded, axes: Axes, people: Floats) -> PooledRates:
    """Joiners per resident of the NC year on arrival: Poisson with pooled log rates."""
    events = _rows((coded.nc + 1, coded.next_need, coded.next_setting), axes, coded.people, coded.joins)
    exposed = np.repeat(people.sum(axis=0)[axes.pair_nc][:, None], axes.n_needs, axis=1)
    nobody = (exposed <= 0) & (events > 0)
    if nobody.any():
        found = "children joined in an NC year without residents"
        fault = Fault("population", found=found, todo="add residents")
        raise DatasetError((fault,))
    return _fit_table("poisson", events, exposed, axes)


def _fit_leaving(coded: Coded, axes: Axes) -> PooledRates:
    """Share of plans that cease within the year, by origin: binomial with pooled logits."""
    index = (coded.nc, coded.need, coded.setting)
    before_last = coded.nc < axes.n_nc - 1
    exposed = _rows(index, axes, coded.people, ~coded.joins & before_last)
    events = _rows(index, axes, coded.people, coded.ceases & ~coded.joins & before_last)
    return _fit_table("binomial", events, exposed, axes)


def _fit_moving(coded: Coded, axes: Axes, is_open: Flags) -> PooledRates:
    """Share of children keeping a plan who change setting although they could have stayed."""
    index = (coded.nc, coded.need, coded.setting)
    next_open = np.vstack([is_open[1:], np.zeros((1, is_open.shape[1]), dtype=bool)])
    could_stay = coded.stays & next_open[np.clip(coded.nc, 0, None), np.clip(coded.setting, 0, None)]
    exposed = _rows(index, axes, coded.people, could_stay)
    moved = could_stay & (coded.setting != coded.next_setting)
    return _fit_table("binomial", _rows(index, axes, coded.people, moved), exposed, axes)


def _trend(joined: Floats, fitted: Floats, years: Sequence[int], variation: LevelVariation) -> Trend:
    """Level and yearly change of log joiner rates at the last known year, relative to the pooled rates.

    yₜ = log(joinedₜ / fittedₜ) is observed with variance year_sd² + 1/joinedₜ − 1/Σjoined (the last
    term is already in the pooled rates); the level moves by the change and by drift_sd.
    """
    seen = np.log((joined + 0.5) / (fitted + 0.5))
    noise = variation.year_sd**2 + 1 / (joined + 0.5) - 1 / (joined.sum() + 0.5)
    return local_level(seen, np.maximum(noise, 1e-6), years, 0.0, variation)


def _recording(coded: Coded, axes: Axes, years: Sequence[int]) -> Recording:
    """Disagreement between the destinations into a January and the origins of the next moves, by label.

    With D and O children under a label, both with log error of variance τ², weighted by D:
    τ² = ½ Σ D·(log(O/D) − log(ΣO/ΣD))² / ΣD − ½·k/ΣD for k labels (chance of one child each way). One return
    alone shows nothing: then the values of `UNSEEN_RECORDING`.
    """
    overlaps = [year for year in years if year - 1 in years]
    if not overlaps:
        return UNSEEN_RECORDING

    def spread(before: Whole, after: Whole, size: int) -> float:
        total, weight = 0.0, 0.0
        for year in overlaps:
            ended = count_people((after,), coded.people, ~coded.ceases & (coded.year == year - 1), (size,))
            began = count_people((before,), coded.people, ~coded.joins & (coded.year == year), (size,))
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
