"""Every assumption in force, one line each: the one list behind the log, the workbook and the briefing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run
from forecasting.scenario.assumptions import Assumption, Assumptions, Value
from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.controls import keys
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import Change, Scenario

NOT_SET = "not set in the dataset: the method computes it from the tables"


@dataclass(frozen=True)
class Line:
    """An assumption in force for a lever and key, with the baseline beside it.

    Attributes:
        lever: the lever.
        key: the need, phase, project or intervention; "" for all.
        item: what is in force; None when it is blank.
        before: what is in force at the baseline.
        why: why it was changed; "" when the scenario does not change it.
        own: whether the scenario put it there.
    """

    lever: Lever
    key: str
    item: Assumption | None
    before: Assumption | None
    why: str
    own: bool

    @property
    def value(self) -> Value:
        """Return the value in force, as stored."""
        return self.item.value if self.item else None

    @property
    def baseline_value(self) -> Value:
        """Return the value at the baseline, as stored."""
        return self.before.value if self.before else None

    @property
    def changed(self) -> bool:
        """Return whether the scenario gives another value than the baseline."""
        return self.own and self.value != self.baseline_value

    @property
    def status(self) -> str:
        """Return outturn, official projection, local, judgement, printed or computed."""
        return self.item.status if self.item else "computed"

    @property
    def source(self) -> str:
        """Return where the value comes from, in words."""
        if self.item is None:
            return NOT_SET
        if self.own and self.item.status != "printed":
            return "this scenario"
        return self.item.source or NOT_SET

    def scope(self, dataset: Dataset) -> str:
        """Return what it holds for, in words: a need, a project, all."""
        if self.lever.key == "need" and self.key:
            return dataset.needs.label(self.key)
        if self.lever.key == "project" and self.key:
            names = dataset.table("projects").set_index("project")["provider"]
            return f"{self.key}. {names.get(self.key, '')}"
        return "all"


def lines(run: Run, baseline: Run) -> list[Line]:
    """Return the lines of every lever of the catalogue, in its order; a lever without a value has one blank line."""
    return [
        line
        for lever in LEVERS
        for key in keys(run.dataset, lever, baseline.assumptions) or ("",)
        for line in _of(run, baseline, lever, key)
    ]


def _of(run: Run, baseline: Run, lever: Lever, key: str) -> Iterator[Line]:
    before = baseline.assumptions.last(lever.name, key)
    start = set(map(id, baseline.assumptions.of(lever.name, key)))
    held: list[Assumption | None] = [*in_force(run.assumptions, lever, key)]
    for item in held or [None]:
        own = item is not None and id(item) not in start
        why = _why(run.scenario, item) if item is not None and own else ""
        yield Line(lever, key, item, before, why, own)


def in_force(assumptions: Assumptions, lever: Lever, key: str) -> list[Assumption]:
    """Return the items of a lever and key that still hold in some year; one that covers all years ends the search."""
    found: list[Assumption] = []
    for item in reversed(assumptions.of(lever.name, key)):
        found.append(item)
        if item.from_year is None and item.to_year is None:
            break
    return found[::-1]


def change_behind(scenario: Scenario, item: Assumption) -> Change | None:
    """Return the change of a scenario that put an assumption there; None for one of the baseline."""
    for change in reversed(scenario.changes):
        same = (change.lever, change.key, change.value) == (item.lever, item.key, item.value)
        if same and change.from_year == item.from_year:
            return change
    return None


def _why(scenario: Scenario, item: Assumption) -> str:
    if item.status == "printed":
        return f"The scenario {scenario.name} uses the printed constant instead of the computed value."
    change = change_behind(scenario, item)
    if change is None:
        return scenario.why
    return change.why or scenario.why or f"Changed in the scenario {scenario.name}."
