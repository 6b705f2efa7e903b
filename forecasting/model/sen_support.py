"""Pupils with SEN on roll: SEN support with its own trend, pupils with a plan, and the step between the two.

Where three Januaries of SEN support are known, its share of pupils goes on as it has moved (`share_trend`); else the
shares of the base year are held, as in the published method. Children who move to a plan because of a lever leave SEN
support, so that pupils with SEN stay as they are. Equations: docs/method_support.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.model import share_trend
from forecasting.model.job import Job
from forecasting.model.plan_levers import from_support, multiplier
from forecasting.model.pupils import Roll
from forecasting.values import Floats

WHOLE = ("",)  # pupils of all phases together
BANDS = ("5_10", "11_15", "16_19")  # new plans at these ages are taken to come from SEN support


_NO_FLOWS = pd.DataFrame({"year": pd.Series(dtype="int64"), "band": "", "new": pd.Series(dtype="float64")})


@dataclass(frozen=True, eq=False)
class Past:
    """SEN support and pupils, as counted up to the base year.

    Attributes:
        phases: codes along the last axis; `WHOLE` where phases are not known.
        years: consecutive Januaries, the base year last.
        support: pupils on SEN support, axes (year, phase).
        pupils: pupils on roll, axes (run, year, phase), on `pupil_years`.
        pupil_years: Januaries of `pupils`, counted and forecast.
    """

    phases: tuple[str, ...]
    years: tuple[int, ...]
    support: Floats
    pupils: Floats
    pupil_years: tuple[int, ...]

    def on_roll(self, years: Sequence[int]) -> Floats:
        """Return pupils at some years, axes (run, year, phase)."""
        return np.asarray(self.pupils[:, [self.pupil_years.index(year) for year in years]])


def emit_sen(job: Job, roll: Roll, *, trending: bool) -> None:
    """Add pupils on SEN support, with a plan and with SEN, and the step from SEN support to a plan.

    Args:
        job: the forecast in the making; the margins of plans come first.
        roll: pupils on roll.
        trending: let the share on SEN support go on moving where its past is known; else it is held.
    """
    past = _past(job, roll) if trending else None
    plans, moved = _held(job, roll, "ehc_plan_rate", ("ehc_plan",)), _moved_by_levers(job)
    if past is None:
        with_sen = _held(job, roll, "sen_prevalence", ("sen_support", "ehc_plan"))
        support = None if with_sen is None or plans is None else (with_sen - plans)[:, :, None]
        past = Past(WHOLE, (), np.empty((0, 1)), roll.total[:, :, None], roll.years)
        kept = "" if with_sen is None else "with SEN and "
    else:
        support, kept = _ahead(job, past), ""
        with_sen = None if plans is None else support.sum(axis=2) + plans
    if support is not None:
        _emit_support(job, past, support * _kept_on_support(support, moved))
    _emit_shares(job, roll, with_sen, None if plans is None else plans + moved)
    if with_sen is not None or plans is not None:
        job.out.warnings.append(f"Pupils {kept}with a plan on roll keep the share of pupils of the base year.")


def _kept_on_support(support: Floats, moved: Floats) -> Floats:
    """Return the share of children left on SEN support, axes (run, year, 1), at least 0."""
    whole = np.maximum(support.sum(axis=2), 1e-9)
    return np.asarray(np.maximum(1.0 - moved / whole, 0.0))[:, :, None]


def _emit_shares(job: Job, roll: Roll, with_sen: Floats | None, with_plan: Floats | None) -> None:
    pupils = roll.at(job.years)
    for measure, rate, counted in (
        ("pupils_with_sen", "sen_prevalence", with_sen), ("pupils_with_ehc_plan", "ehc_plan_prevalence", with_plan),
    ):  # fmt: skip
        if counted is not None:
            job.out.add(measure, job.years, counted, "count")
            job.out.add(rate, job.years, counted / pupils, "fraction")
    if with_sen is not None:
        job.out.add("pupils_with_sen_growth", job.years, with_sen - with_sen[:, :1], "count")


def _held(job: Job, roll: Roll, lever: str, provisions: tuple[str, ...]) -> Floats | None:
    """Return run × year at the baseline's share of pupils, the base year as counted; None where it is not known."""
    rate = job.assumptions.first(lever)
    if rate is None:
        return None
    counted = roll.at(job.years) * rate
    known = margin(job.dataset, "sen", "pupils", "provision")
    now = sum(float(known.get((job.years[0], provision), np.nan)) for provision in provisions)
    if not np.isnan(now):
        counted[:, 0] = now
    return counted


# --------------------------------------------------------------------------------------------- SEN support


def _past(job: Job, roll: Roll) -> Past | None:
    """Return the past by phase where it is known, else of all pupils; None with too few Januaries to the base year."""
    for by in (("provision", "phase"), ("provision",)):
        grid = _supported(job.dataset, by)
        if grid.empty:
            continue
        phases = tuple(name for name in (*axes.PHASES.names, *WHOLE) if name in grid.columns)
        pupils, pupil_years = _pupils(roll, phases)
        years = _to_base(job.years[0], [int(year) for year in grid.dropna().index], pupil_years)
        if len(years) >= share_trend.LEAST_YEARS and (pupils.sum(axis=(0, 1)) > 0).all():
            return Past(phases, years, grid.loc[list(years), list(phases)].to_numpy(np.float64), pupils, pupil_years)
    return None


@lru_cache(maxsize=32)
def _supported(dataset: Dataset, by: tuple[str, ...]) -> pd.DataFrame:
    """Return pupils on SEN support by January (rows) and phase (columns; one of "" where phases are not asked for)."""
    found = margin(dataset, "sen", "pupils", *by).rename("pupils").reset_index()
    found = found[found["provision"] == "sen_support"] if len(found) else found
    if found.empty:
        return pd.DataFrame()
    return found.assign(phase=found.get("phase", "")).pivot_table("pupils", "year", "phase")


def _pupils(roll: Roll, phases: tuple[str, ...]) -> tuple[Floats, tuple[int, ...]]:
    """Return pupils on roll, axes (run, year, phase), and their Januaries."""
    if phases == WHOLE:
        return roll.total[:, :, None], roll.years
    groups = np.asarray(roll.nc_years)
    ends = {code.code: (int(code["first_nc_year"]), int(code["last_nc_year"])) for code in axes.PHASES.codes}
    inside = np.array([(groups >= ends[name][0]) & (groups <= ends[name][1]) for name in phases], dtype=np.float64)
    return np.asarray(roll.groups @ inside.reshape(len(phases), len(groups)).T), roll.group_years


def _to_base(base: int, *known: Sequence[int]) -> tuple[int, ...]:
    """Return the consecutive Januaries that end in the base year and are known in every list."""
    shared = set.intersection(*({int(year) for year in years} for years in known))
    first = next((year for year in range(base, base - len(shared) - 1, -1) if year not in shared), base)
    return tuple(range(first + 1, base + 1))


def _ahead(job: Job, past: Past) -> Floats:
    """Return pupils on SEN support from the base year on, axes (run, year, phase); the base year as counted."""
    rates = share_trend.fit(past.support, past.on_roll(past.years)[0])
    shares = share_trend.shares(rates, len(job.ahead), job.draws, job.seed)
    ahead = share_trend.counts(shares, past.on_roll(job.ahead))
    return np.concatenate([np.broadcast_to(past.support[-1], (len(ahead), 1, len(past.phases))), ahead], axis=1)


def _emit_support(job: Job, past: Past, support: Floats) -> None:
    """Add SEN support with its history, by phase where it is known, its share of pupils, and the step to a plan."""
    before = np.broadcast_to(past.support[:-1], (len(support), *past.support[:-1].shape))
    years, runs = (*past.years[:-1], *job.years), np.concatenate([before, support], axis=1)
    whole = runs.sum(axis=2)
    job.out.add("sen_support", years, whole, "count")
    job.out.add("sen_support_prevalence", years, whole / past.on_roll(years).sum(axis=2), "fraction")
    if past.phases != WHOLE:
        job.out.add("sen_support", years, runs, "count", by=(("phase", past.phases),))
    _emit_step(job, dict(zip(years, whole.T, strict=True)))


# ------------------------------------------------------------------------------ from SEN support to a plan


def _emit_step(job: Job, support: dict[int, Floats]) -> None:
    """Add the share of children on SEN support who move to a plan in the year that ends in each January; derived.

    New plans at 5 to 19 ÷ pupils on SEN support the January before: as counted, then as forecast.
    """
    runs = len(next(iter(support.values())))
    new = {year + 1: np.full(runs, count) for year, count in _counted(job.dataset).items() if year < job.years[0]}
    years, made = _of_ages(job, "new_plans")
    new |= {year: made[:, at] for at, year in enumerate(years) if year > job.years[0]}
    shown = [year for year in sorted(new) if year - 1 in support]
    if shown:
        rate = np.stack([new[year] / np.maximum(support[year - 1], 1.0) for year in shown], axis=1)
        job.out.add("support_to_plan_rate", shown, rate, "fraction")


@lru_cache(maxsize=32)
def _counted(dataset: Dataset) -> dict[int, float]:
    """Return new plans at the ages that come from SEN support, as counted, by calendar year."""
    flows = margin(dataset, "plan_flows", "new_plans", "age_band", time="calendar_year")
    bands = flows.rename_axis(["year", "band"]).rename("new").reset_index() if len(flows) else _NO_FLOWS
    past = bands.pivot_table("new", "year", "band").reindex(columns=list(BANDS)).dropna().sum(axis=1)
    return dict(zip((int(year) for year in past.index), past.to_numpy(np.float64), strict=True))


def _of_ages(job: Job, measure: str) -> tuple[tuple[int, ...], Floats]:
    """Return the years and, run × year, a measure of plans at the ages that come from SEN support; empty if unknown."""
    years, nc_years, runs = job.out.by_nc_year.get(measure, ((), (), np.empty((1, 0, 0))))
    return years, np.asarray(runs @ from_support(np.asarray(nc_years, dtype=np.int64)).astype(np.float64))


def _moved_by_levers(job: Job) -> Floats:
    """Return the children who have a plan in place of SEN support because of the lever on the step, axes (run, year).

    With x the lever and N new plans at those ages, x ÷ (1 + x) of N would not have been made. They leave SEN support
    for as long as plans last: M(t) = M(t−1)·(1 − ceased ÷ plans) + N(t)·x ÷ (1 + x).
    """
    years, new = _of_ages(job, "new_plans")
    factor = multiplier(job.assumptions, "support_to_plan", years)
    moved = np.zeros((len(new), len(job.years)))
    if (factor == 1.0).all():
        return moved
    (_, ceased), (_, plans) = _of_ages(job, "ceased_plans"), _of_ages(job, "ehc_plans")
    kept = 1.0 - np.minimum(ceased / np.maximum(plans[:, :-1], 1.0), 1.0)
    extra, now = new * (1.0 - 1.0 / factor), np.zeros(len(new))
    for at, year in enumerate(years):
        now = now * kept[:, at] + extra[:, at]
        if year in job.years:
            moved[:, job.years.index(year)] = now
    return moved
