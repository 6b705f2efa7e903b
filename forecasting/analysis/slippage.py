"""What becomes of a programme when its projects open later or fill more slowly than proposed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecasting.analysis.appraisal import later, net_present_value, outlay
from forecasting.analysis.followed import saved
from forecasting.axes import PLACES
from forecasting.inputs.dataset import Dataset
from forecasting.model.emit_placements import short
from forecasting.model.run import Run, run
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.scenario import Change, Scenario
from forecasting.values import Floats

YEARS_LATER = (1, 2)
SLOWER = 1.0  # years longer to fill than the slowest project
_BALANCE = "cumulative_balance_gbp"


@dataclass(frozen=True, eq=False)
class Case:
    """A programme under one delay and one pace of filling; figures are central.

    Attributes:
        delay: years by which every project opens later than assumed.
        ramp: years that every project takes to fill; NaN = each as assumed.
        short: children without a suitable local place in the last January.
        outside: children placed out of the borough in that January.
        saved: £ by financial year.
        net_present_value: £, capital moved with the opening.
        balance: £ of the closing balance of the last year; NaN when there is none.
    """

    delay: int
    ramp: float
    short: float
    outside: float
    saved: Floats
    net_present_value: float
    balance: float


def slipped(here: Run) -> tuple[Case, ...]:
    """Return the programme of a run as assumed, a year later, two years later, and filled more slowly.

    Args:
        here: a run; () when no project is on or children are not followed.
    """
    if here.placement is None or not here.programme.on.any():
        return ()
    return _slipped(here.dataset, here.scenario, here.forecast.years[-1], here.forecast.method)


@lru_cache(maxsize=16)
def _slipped(dataset: Dataset, scenario: Scenario, last: int, method: str) -> tuple[Case, ...]:
    here = run(dataset, scenario, to=last, method=method)
    now = _delay(here)
    slow = float(here.programme.ramp_months[here.programme.on > 0].max()) / 12 + SLOWER
    moved = [(years, float("nan"), Change("project_delay", now + years)) for years in YEARS_LATER]
    moved.append((0, slow, Change("project_ramp", slow)))
    allowed = [case for case in moved if float(case[2].value or 0.0) <= BY_NAME[case[2].lever].high]
    cases: list[tuple[int, float, list[Change]]] = [(0, float("nan"), [])]
    cases += [(delay, ramp, [change]) for delay, ramp, change in allowed]
    return tuple(
        _case(run(dataset, scenario.with_changes(changes), to=last, method=method), delay, ramp)
        for delay, ramp, changes in cases
    )


def _delay(of: Run) -> float:
    return of.assumptions.number("project_delay") or 0.0


def _case(done: Run, delay: int, ramp: float) -> Case:
    assert done.placement is not None
    built, gain = done.placement.mitigated, saved(done)
    years = tuple(range(built.years[0], built.years[0] + len(gain)))
    spent = later(outlay(done.dataset, done.programme.projects, years), round(_delay(done)))
    told = done.forecast
    return Case(
        delay, ramp, float(short(built)[0, -1].sum()),
        float(built.placed[0, -1, ..., PLACES.names.index("out_of_borough")].sum()), gain,
        net_present_value(done.programme.on @ spent, gain),
        told.value(_BALANCE, told.years[-1]) if told.has(_BALANCE) else np.nan,
    )  # fmt: skip
