"""Scenarios: named changes to levers. Applying one gives new assumptions; the baseline cannot be changed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from forecasting.errors import ScenarioError
from forecasting.scenario.assumptions import Assumption, Assumptions, Value, in_bounds
from forecasting.scenario.catalogue import BY_NAME

BASELINE = "baseline"
MITIGATED = "mitigated"


@dataclass(frozen=True, order=True)
class Change:
    """One change to one lever; the fields mean what they mean in `Assumption`."""

    lever: str
    value: Value
    key: str = ""
    from_year: int | None = None
    to_year: int | None = None
    ramp_years: float = 0.0
    why: str = ""
    source: str = ""


@dataclass(frozen=True)
class Scenario:
    """A named set of changes; `method` fixes the forecasting method when it is not blank.

    `unknown` holds changes to levers that only a newer version of the software knows: kept and handed on, never
    applied. `software` is that version; blank when this version knows every lever.
    """

    name: str
    changes: tuple[Change, ...] = ()
    method: str = ""
    author: str = ""
    when: str = ""
    why: str = ""
    unknown: tuple[Change, ...] = ()
    software: str = ""

    @property
    def hash(self) -> str:
        """Return a hash of everything that bears on the figures (not the name or the reasons)."""
        bare = [replace(change, why="", source="") for change in self.changes]
        return hashlib.sha256(repr((self.method, bare)).encode()).hexdigest()

    def with_changes(self, changes: Iterable[Change], name: str | None = None) -> Scenario:
        """Return a scenario with further changes on top."""
        return replace(self, name=name or self.name, changes=(*self.changes, *changes))


def faults_of(change: Change) -> list[tuple[str, str]]:
    """Return what is wrong with a change: the field at fault, and one sentence; empty when it can be used."""
    lever = BY_NAME.get(change.lever)
    if lever is None:
        return [("lever", f'there is no lever "{change.lever}"; the levers are {", ".join(BY_NAME)}')]
    faults = []
    allowed = in_bounds(lever, change.value)
    if allowed:
        faults.append(("value", f'{change.lever}: "{change.value}" is not allowed; allowed: {allowed}'))
    if change.key and not lever.key:
        told = f'{change.lever} does not vary by need, phase or project, but "{change.key}" is given'
        faults.append(("key", told))
    if not 0 <= change.ramp_years < math.inf:
        faults.append(("ramp_years", f"{change.lever}: ramp_years is {change.ramp_years:g}; allowed: 0 or more"))
    if change.from_year is not None and change.to_year is not None and change.from_year > change.to_year:
        told = f"{change.lever}: to_year is {change.to_year}; allowed: from_year ({change.from_year}) or later"
        faults.append(("to_year", told))
    return faults


def check(scenario: Scenario) -> list[str]:
    """Return what is wrong with a scenario, one sentence each; empty when it can be used."""
    return [told for change in scenario.changes for _, told in faults_of(change)]


def without_overruled(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes without those that a later one of the same lever and key replaces in every year."""
    kept: list[Change] = []
    for change in changes:
        if change.from_year is None and change.to_year is None and not change.ramp_years:
            kept = [other for other in kept if (other.lever, other.key) != (change.lever, change.key)]
        kept.append(change)
    return tuple(kept)


def apply(assumptions: Assumptions, scenario: Scenario) -> Assumptions:
    """Return the assumptions with the scenario's changes on top.

    Raises:
        ScenarioError: with every fault of the scenario.
    """
    faults = check(scenario)
    if faults:
        raise ScenarioError(f'scenario "{scenario.name}": ' + "; ".join(faults))
    return assumptions.with_items([_assumption(change) for change in scenario.changes])


def _assumption(change: Change) -> Assumption:
    return Assumption(
        change.lever, change.value, change.source or change.why or "changed in this scenario",
        "printed" if change.why.startswith("Printed") else "judgement",
        change.key, change.from_year, change.to_year, change.ramp_years,
    )  # fmt: skip
