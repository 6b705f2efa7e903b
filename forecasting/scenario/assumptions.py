"""Assumptions: the value of every lever in every year, with where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from forecasting.errors import ScenarioError
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.lever import Lever
from forecasting.values import Floats, Interval, Whole

Value = float | str | None


@dataclass(frozen=True)
class Assumption:
    """One value of one lever.

    Attributes:
        lever: name in the catalogue.
        value: the value as stored; None = blank (computed).
        source: title and table or page.
        status: outturn, official projection, local, judgement, printed or computed.
        key: the need, phase or project that it holds for; "" = all.
        from_year: first year it holds; None = from the start.
        to_year: last year it holds; None = to the end.
        ramp_years: years over which it comes in, evenly, after `from_year`.
        interval: stated range.
        label: which of several printed figures this is, for a candidate.
    """

    lever: str
    value: Value
    source: str
    status: str
    key: str = ""
    from_year: int | None = None
    to_year: int | None = None
    ramp_years: float = 0.0
    interval: Interval | None = None
    label: str = ""

    @property
    def unit(self) -> str:
        """Return the unit of the value, from the catalogue."""
        return BY_NAME[self.lever].unit

    def weight(self, years: Whole) -> Floats:
        """Return how far the value is in force each year, 0 to 1; year axis as given."""
        start = self.from_year if self.from_year is not None else int(years.min(initial=0)) - 1000
        inside = (years >= start) & (years <= (self.to_year if self.to_year is not None else 9999))
        arrived = np.clip((years - start) / self.ramp_years, 0.0, 1.0) if self.ramp_years else 1.0
        return np.where(inside, arrived, 0.0)


@dataclass(frozen=True, eq=False)
class Assumptions:
    """Every assumption in force; later items overrule earlier ones for the years and keys that they name."""

    items: tuple[Assumption, ...]

    @cached_property
    def hash(self) -> str:
        """Return a hash of every value in force, its years, its range and its source."""
        return hashlib.sha256(repr(self.items).encode()).hexdigest()

    @cached_property
    def _by_lever(self) -> dict[str, list[Assumption]]:
        found: dict[str, list[Assumption]] = {}
        for item in self.items:
            found.setdefault(item.lever, []).append(item)
        return found

    def of(self, lever: str, key: str = "") -> list[Assumption]:
        """Return the items that bear on a lever and key, in order.

        Raises:
            ScenarioError: the catalogue has no such lever.
        """
        if lever not in BY_NAME:
            raise ScenarioError(f'there is no lever "{lever}"; the levers are {", ".join(BY_NAME)}')
        return [item for item in self._by_lever.get(lever, []) if item.key in ("", key)]

    def of_any_key(self, lever: str) -> list[Assumption]:
        """Return every item of a lever, whatever its key, in order."""
        return self._by_lever.get(lever, [])

    def path(self, lever: str, years: Sequence[int], key: str = "") -> Floats:
        """Return the lever's value in each year; NaN where it is blank. Unit: the lever's."""
        axis = np.asarray(years, dtype=np.int64)
        values = np.full(axis.shape, np.nan)
        for item in self.of(lever, key):
            target = np.nan if item.value is None else float(item.value)
            weight = item.weight(axis)
            mixed = np.where(np.isnan(values) | np.isnan(target), target, values + (target - values) * weight)
            values = np.where(weight > 0, mixed, values)
        return values

    def number(self, lever: str, key: str = "") -> float | None:
        """Return the value that ends up in force, whatever the year; None when blank."""
        items = self.of(lever, key)
        value = items[-1].value if items else None
        return None if value is None else float(value)

    def word(self, lever: str) -> str:
        """Return the word in force of a choice."""
        return str(self.of(lever)[-1].value)

    def first(self, lever: str, key: str = "") -> float | None:
        """Return the value at the baseline, before any change; None when it is blank."""
        items = self.of(lever, key)
        value = items[0].value if items else None
        return None if value is None else float(value)

    def last(self, lever: str, key: str = "") -> Assumption | None:
        """Return the item in force, to show its source; None when the lever is blank."""
        items = self.of(lever, key)
        return items[-1] if items else None

    def with_items(self, items: Sequence[Assumption]) -> Assumptions:
        """Return new assumptions with these on top; these stay as they are."""
        return replace(self, items=(*self.items, *items))


def in_bounds(lever: Lever, value: Value) -> str:
    """Return "" when the lever allows the value, else what it allows."""
    if lever.kind == "choice":
        words = [word for word, _ in lever.choices]
        return "" if value in words else f"one of {', '.join(words)}"
    if value is None:
        return ""
    if isinstance(value, str) or not lever.low <= value <= lever.high:
        return f"{lever.low:g} to {lever.high:g} ({lever.unit})"
    return ""
