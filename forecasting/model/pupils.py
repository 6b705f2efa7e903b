"""Pupils on roll by year group, as margins of the forecast.

Where the dataset has pupils by NC year for two years or more, each year group moves up (docs/method_population.md);
else the total grows by the yearly rate of the published method. History stands in every statistic as counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.inputs.year_groups import year_groups, year_groups_lacking
from forecasting.model.job import Job
from forecasting.model.population import PupilForecast, project_pupils
from forecasting.model.population_births import project_residents
from forecasting.model.population_choice import DEFAULT_METHOD, fit_pupils
from forecasting.model.population_drivers import pupil_drivers
from forecasting.model.population_fit import PupilFit
from forecasting.model.population_inputs import PHASE_NC_YEARS, PupilInputs, Residents
from forecasting.model.population_levers import NO_CHANGE, PupilLevers, Variant
from forecasting.model.published_rate import pupils_on_roll
from forecasting.model.pupil_tables import people_by_age, pupil_tables, totals
from forecasting.model.remembered import remembered
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.levers_pupils import CHOOSER, WITHOUT_LEVERS
from forecasting.values import Floats

AUTO = "auto"
_NUMBERS = {  # field of PupilLevers → lever
    "births": "births_change", "migration": "net_migration", "migration_children": "net_migration_children",
    "take_up": "take_up_change", "survival": "survival_change", "dwellings": "dwellings_change",
    "yields": "pupil_yield_change", "cross_border": "cross_border_change",
}  # fmt: skip
_OF_TABLE = {"births": "births", "dwellings": "housing", "yields": "housing", "cross_border": "cross_border"}


@dataclass(frozen=True, eq=False)
class Roll:
    """Pupils on roll, history and forecast in one.

    Attributes:
        years: Januaries of `total`, those counted first.
        total: run × year.
        group_years: Januaries of `groups`; empty when year groups are not known.
        nc_years: NC years of `groups`.
        groups: run × year × NC year.
    """

    years: tuple[int, ...]
    total: Floats
    group_years: tuple[int, ...]
    nc_years: tuple[int, ...]
    groups: Floats

    def at(self, years: Sequence[int]) -> Floats:
        """Return run × year of the total at some of its years."""
        return np.asarray(self.total[:, [self.years.index(year) for year in years]])


@remembered(16)
def emit_pupils(job: Job) -> Roll | None:
    """Add pupils and residents to the forecast, as far as the dataset has them; return pupils on roll if known."""
    roll = None
    if len(totals(job.dataset)):
        by_cohort = follows_cohorts(job.dataset, job.assumptions)
        roll = _cohorts(job) if by_cohort else _constant(job)
        _emit_roll(job, roll)
        if by_cohort and fitted(job.dataset, job.assumptions).ratios is not None:
            _emit_drivers(job)
    _emit_residents(job)
    return roll


def follows_cohorts(dataset: Dataset, assumptions: Assumptions) -> bool:
    """Return whether pupils are forecast by year group, not by constant growth of the total."""
    return not year_groups_lacking(dataset) and assumptions.word(CHOOSER) != "constant_growth"


# ----------------------------------------------------------------------------------------- by year group


@lru_cache(maxsize=32)
def _fit(dataset: Dataset, method: str) -> PupilFit:
    tables = pupil_tables(dataset)
    if method == AUTO and not tables.births:  # rolls put in the place of births would show a trial the years to come
        method = DEFAULT_METHOD
    return fit_pupils(tables.inputs, method)


def fitted(dataset: Dataset, assumptions: Assumptions) -> PupilFit:
    """Return the method of pupils by year group that is in force, fitted once for a dataset."""
    return _fit(dataset, assumptions.word(CHOOSER))


def levers_of(dataset: Dataset, assumptions: Assumptions, years: Sequence[int]) -> PupilLevers:
    """Return the levers in force along the years forecast; those whose table is missing change nothing."""
    tables = pupil_tables(dataset)
    active = {field for field in _NUMBERS if dataset.has(_OF_TABLE.get(field, "pupils"))}
    if tables.inputs.housing is None:
        active -= {"dwellings", "yields"}
    numbers: dict[str, Any] = {f: assumptions.path(_NUMBERS[f], years) for f in _NUMBERS if f in active}
    variant = assumptions.word("births_variant") if tables.births else "principal"
    aged_4 = not tables.births and tables.inputs.residents is not None
    return PupilLevers(**numbers, births_variant=cast(Variant, variant), births_weight=0.0 if aged_4 else None)


def projected(dataset: Dataset, assumptions: Assumptions, to: int, draws: int = 0, seed: int = 0) -> PupilForecast:
    """Return pupils by NC year from the January after the last one counted to a year, central run and draws."""
    fit = fitted(dataset, assumptions)
    years = range(int(fit.inputs.years[-1]) + 1, to + 1)
    levers = NO_CHANGE if fit.ratios is None else levers_of(dataset, assumptions, years)
    return project_pupils(fit, len(years), levers, draws, seed)


def _cohorts(job: Job) -> Roll:
    found = projected(job.dataset, job.assumptions, job.years[-1], job.draws, job.seed)
    notes = [*found.notes, *pupil_tables(job.dataset).notes_to(job.years[-1])]
    job.out.warnings += [f"Pupils: {note[:1].lower()}{note[1:].removesuffix('.')}." for note in notes]
    if found.method in WITHOUT_LEVERS:
        job.out.warnings.append(f"Pupils: levers of pupils do not act on the method {found.method}.")
    return _with_history(job.dataset, tuple(int(year) for year in found.years), found.pupils)


def _with_history(dataset: Dataset, years: tuple[int, ...], groups: Floats) -> Roll:
    counted, past = year_groups(dataset).dropna(), totals(dataset)
    past = past[past.index < years[0]]
    return Roll(
        (*(int(year) for year in past.index), *years), _joined(past.to_numpy(np.float64), groups.sum(axis=2)),
        (*(int(year) for year in counted.index), *years), tuple(int(group) for group in counted.columns),
        _joined(counted.to_numpy(np.float64), groups),
    )  # fmt: skip


def _joined(past: Floats, runs: Floats) -> Floats:
    """Return run × year…: what was counted, the same in every run, then the runs."""
    before = np.broadcast_to(past, (len(runs), *past.shape))
    return np.concatenate([before, runs], axis=1)


# --------------------------------------------------------------------------------------- constant growth


def _constant(job: Job) -> Roll:
    past = totals(job.dataset)
    last = int(past.index[-1])
    years = tuple(range(last + 1, job.years[-1] + 1))
    rate = job.assumptions.first("pupil_growth") or 0.0
    factor = pupils_on_roll(1.0, np.full(len(years), rate), job.assumptions.word("pupil_growth_kind"))[1:]
    job.out.warnings.append(f"Pupils: {_why_constant(job)} {rate * 100:.4g}% a year, without a range.")
    grid = year_groups(job.dataset)
    if not grid.empty and int(grid.index[-1]) == last and grid.iloc[-1].notna().all():
        return _with_history(job.dataset, years, (factor[:, None] * grid.iloc[-1].to_numpy(np.float64))[None])
    total = _joined(past.to_numpy(np.float64), past.iloc[-1] * factor[None])
    return Roll((*(int(year) for year in past.index), *years), total, (), (), np.empty((1, 0, 0)))


def _why_constant(job: Job) -> str:
    gap = year_groups_lacking(job.dataset)
    return f"year groups would need {gap}, so the total grows by" if gap else "as chosen, every year group grows by"


# --------------------------------------------------------------------------------------------- margins


def _emit_roll(job: Job, roll: Roll) -> None:
    job.out.add("pupils", roll.years, roll.total, "count")
    now = roll.at(job.years)
    job.out.add("pupils_growth", job.years, now - now[:, :1], "count")
    if roll.group_years:
        job.out.add("pupils", roll.group_years, roll.groups, "count", by=(("nc_year", roll.nc_years),))
        _emit_phases(job, roll)
        _emit_areas(job, roll)


def _emit_phases(job: Job, roll: Roll) -> None:
    groups = np.asarray(roll.nc_years)
    within = {name: (groups >= first) & (groups <= last) for name, (first, last) in PHASE_NC_YEARS.items()}
    held = {name: chosen for name, chosen in within.items() if chosen.any()}
    sums = np.stack([roll.groups[:, :, chosen].sum(axis=2) for chosen in held.values()], axis=2)
    job.out.add("pupils", roll.group_years, sums, "count", by=(("phase", tuple(held)),))


def _emit_areas(job: Job, roll: Roll) -> None:
    """Add pupils by planning area: each area keeps its share of every year group."""
    last = int(year_groups(job.dataset).index[-1])
    found = margin(job.dataset, "pupils", "pupils", "area", "nc_year")
    if found.empty or last not in found.index.get_level_values("year"):
        return
    now = found.xs(last, level="year").rename("pupils").reset_index()
    shares = now.pivot_table("pupils", "nc_year", "area").reindex(list(roll.nc_years)).fillna(0.0)
    whole = shares.sum(axis=1).to_numpy(np.float64)
    counted = roll.groups[0, roll.group_years.index(last)]
    if not np.allclose(whole, counted):
        job.out.warnings.append(f"Pupils of planning areas in {last} do not add up to all pupils: areas are not shown.")
        return
    each = shares.to_numpy(np.float64) / np.where(whole > 0, whole, 1.0)[:, None]
    years = [year for year in roll.group_years if year >= last]
    runs = roll.groups[:, -len(years) :] @ each
    job.out.add("pupils", years, runs, "count", by=(("area", tuple(str(name) for name in shares.columns)),))
    job.out.warnings.append(f"Pupils: each planning area keeps its share of every year group of {last}.")


def _emit_drivers(job: Job) -> None:
    """Add what moved the total from the last January counted, driver by driver, in the central run."""
    fit = fitted(job.dataset, job.assumptions)
    last = int(fit.inputs.years[-1])
    if last != job.years[0]:
        return
    groups = (int(fit.inputs.nc_years[0]), int(fit.inputs.nc_years[-1]))
    levers = levers_of(job.dataset, job.assumptions, job.ahead)
    found = pupil_drivers(fit, len(job.ahead), groups, levers, draws=0, seed=job.seed)
    for name, effect in zip(found.names, found.effect, strict=True):
        if name != "chance":
            job.out.add("pupils_growth", job.ahead, effect, "count", component=name)


# -------------------------------------------------------------------------------------------- residents


def _emit_residents(job: Job) -> None:
    """Add residents by NC year: actual years as given, projected years under the levers of births and migration."""
    people = people_by_age(job.dataset)
    if people.empty:
        return
    grid = people.pivot_table("people", "year", "age")
    grid = _levered(job, grid)
    grid = grid[grid.index <= job.years[-1]].dropna(axis=1, how="all").dropna()
    if grid.empty:
        return
    years = [int(year) for year in grid.index]
    runs = grid.to_numpy(np.float64)[None]
    job.out.add("residents", years, runs.sum(axis=2), "count")
    job.out.add("residents", years, runs, "count", by=(("nc_year", tuple(int(age) - 4 for age in grid.columns)),))
    ahead = people.loc[people["projected"], "year"]
    if len(ahead):
        job.out.warnings.append(f"Residents are actual to {int(ahead.min()) - 1} and projected after that.")


def _levered(job: Job, grid: pd.DataFrame) -> pd.DataFrame:
    if not follows_cohorts(job.dataset, job.assumptions):
        return grid
    inputs: PupilInputs = pupil_tables(job.dataset).inputs
    last = int(inputs.years[-1])
    reach = 0 if inputs.residents is None else min(job.years[-1], int(inputs.residents.years[-1])) - last
    if reach < 1:
        return grid
    levers = levers_of(job.dataset, job.assumptions, range(last + 1, last + reach + 1))
    found: Residents = project_residents(inputs, reach, levers)
    return pd.DataFrame(found.people, index=found.years, columns=found.ages)
