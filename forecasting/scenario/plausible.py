"""How far a lever may plausibly lie from the value in force: the range that is stated, else a judgement.

Stated ranges come with the assumption (columns low and high of the table `assumptions`). Where there is none, the
judgement of `data/national/plausible_ranges.csv` stands in, is always shown as such, and is replaced by stating one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from forecasting.axes import DATA
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.lever import Lever

STATED, JUDGED = "stated", "judgement"
NOT_A_RANGE = ("choice", "switch")
_JUDGED_COVERAGE = 0.8


@dataclass(frozen=True)
class Span:
    """A plausible range around the value in force.

    Attributes:
        low: lowest plausible value, in the unit of the lever.
        high: highest plausible value.
        coverage: share of outcomes that it is meant to hold.
        basis: "stated" with the assumption, or "judgement" of the software.
        why: where it comes from.
    """

    low: float
    high: float
    coverage: float
    basis: str
    why: str


@cache
def judged_ranges() -> pd.DataFrame:
    """Return the judgements by lever: how (added to the value, or a share of it), low, high, why."""
    table = pd.read_csv(DATA / "national" / "plausible_ranges.csv", dtype={"how": "str", "why": "str"})
    return table.set_index("lever")


def span_of(lever: Lever, key: str, assumptions: Assumptions) -> Span | None:
    """Return the plausible range of a lever and key around the value that is in force; None where it has none.

    A range that is stated with a value moves along when a scenario changes the value: its width is what is stated.
    """
    now = None if lever.kind in NOT_A_RANGE else assumptions.number(lever.name, key)
    if now is None:
        return None
    stated = [item for item in assumptions.of(lever.name, key) if item.interval and item.value is not None]
    if stated:
        item = stated[-1]
        assert item.interval is not None and item.value is not None
        moved = now - float(item.value)
        return _within(lever, item.interval.low + moved, item.interval.high + moved, item.interval.coverage, STATED,
                       item.source)  # fmt: skip
    table = judged_ranges()
    row = table.loc[lever.name] if lever.name in table.index else None
    if row is None or pd.isna(row["low"]):
        return None
    size = abs(now) if row["how"] == "share" else 1.0
    low, high = now + float(row["low"]) * size, now + float(row["high"]) * size
    found = _within(lever, low, high, _JUDGED_COVERAGE, JUDGED, str(row["why"]))
    return found if found.low < found.high else None


def why_none(lever: Lever, key: str, assumptions: Assumptions) -> str:
    """Return why a lever has no plausible range."""
    if lever.kind in NOT_A_RANGE:
        return "A choice, not a range"
    if assumptions.number(lever.name, key) is None:
        return "Blank: computed from the tables"
    row = judged_ranges().loc[lever.name]
    return "The value is 0, and there is no share of nothing" if row["how"] == "share" else str(row["why"])


def _within(lever: Lever, low: float, high: float, coverage: float, basis: str, why: str) -> Span:
    ends = np.clip([low, high], lever.low, lever.high)
    return Span(float(ends[0]), float(ends[1]), coverage, basis, why)
