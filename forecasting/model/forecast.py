"""The Forecast: arrays with named axes for every emitted margin, and the one long table made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.axes import FORECAST_COLUMNS, FORECAST_KEYS, QUANTILES, STATISTICS
from forecasting.errors import SufficiencyError
from forecasting.values import Floats

Label = str | int
_TEXTS = frozenset({*FORECAST_KEYS, "unit"}) - {"scenario", "year"}


class NoSuchMargin(SufficiencyError):
    """The forecast holds no figures of that measure and breakdown."""


@dataclass(frozen=True, eq=False)
class Margin:
    """One measure along named axes.

    Attributes:
        measure: what is counted; a word of the measure list.
        axes: names of the axes of `stats` after the first, for example ("year", "need").
        labels: the labels along each of these axes.
        stats: statistics × axes; the first axis is `axes.STATISTICS`. Unit: `unit`.
        unit: what one unit of a value is (count, fraction, gbp).
        component: part of the measure, "" for the whole.
        fixed: breakdowns held at one label for the whole margin, for example (("setting", "inmss"),).
    """

    measure: str
    axes: tuple[str, ...]
    labels: tuple[tuple[Label, ...], ...]
    stats: Floats
    unit: str
    component: str = ""
    fixed: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        expected = (len(STATISTICS), *(len(x) for x in self.labels))
        if len(self.axes) != len(self.labels) or self.stats.shape != expected:
            raise ValueError(f"{self.measure}: values {self.stats.shape} do not fit axes {expected}")

    @property
    def identity(self) -> tuple[str, str, frozenset[str], tuple[tuple[str, str], ...]]:
        """Return what tells this margin from every other of the same forecast."""
        return self.measure, self.component, frozenset(self.axes) - {"year"}, self.fixed


def summarise(runs: Floats) -> Floats:
    """Return the statistics of an array whose first axis is the run: 0 the central run, 1… the draws.

    Args:
        runs: run × any axes. With one run only (a method without draws) every statistic repeats it.

    Returns:
        statistics × the same axes, in the order of `axes.STATISTICS`.
    """
    central, draws = runs[:1], runs[1:]
    if len(draws) == 0:
        return np.repeat(central, len(STATISTICS), axis=0)
    return np.concatenate([central, draws.mean(axis=0, keepdims=True), _quantiles(draws)])


def _quantiles(draws: Floats) -> Floats:
    """Return the quantiles of `axes.QUANTILES` × the axes after the first: to the bit what np.quantile says.

    Sorted along memory, which is five to ten times quicker. A cell that is not known in some draw has none.
    """
    count = len(draws)
    ordered = np.array(draws.reshape(count, -1).T, order="C")  # a copy always: one draw is contiguous as it is
    ordered.sort(axis=1)
    at = np.asarray(QUANTILES) * (count - 1)
    below = np.floor(at).astype(np.int64)
    low, high = ordered[:, below].T, ordered[:, np.minimum(below + 1, count - 1)].T
    step, part = high - low, (at - below)[:, None]
    found = np.where(part >= 0.5, high - step * (1.0 - part), low + step * part)
    found[:, np.isnan(ordered[:, -1])] = np.nan  # unknown cells are sorted to the end
    return np.asarray(found.reshape(len(QUANTILES), *draws.shape[1:]))


@dataclass(frozen=True, eq=False)
class Forecast:
    """Everything one run of the engine says; pages, workbook, returns and command line read only this.

    Attributes:
        scenario: name of the scenario.
        method: name of the method that made it.
        why_method: why that method, in a sentence.
        base_year: January census year of the base.
        years: the years forecast, base year first.
        margins: every emitted margin.
        warnings: sentences about what was assumed, clamped or left out.
        stamp: what is needed to make it again (version, hashes of dataset, scenario and assumptions, method, last year,
            draws, seed).
        homes: provider and its kind of setting, of the providers that a margin names.
    """

    scenario: str
    method: str
    why_method: str
    base_year: int
    years: tuple[int, ...]
    margins: tuple[Margin, ...]
    warnings: tuple[str, ...] = ()
    stamp: tuple[tuple[str, str], ...] = ()
    draws: int = 0
    homes: tuple[tuple[str, str], ...] = ()
    _index: Mapping[Any, Margin] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        index = {margin.identity: margin for margin in self.margins}
        if len(index) != len(self.margins):
            names = [f"{m.measure}/{m.component}/{m.axes}/{m.fixed}" for m in self.margins]
            raise ValueError(f"margin emitted twice: {sorted(n for n in names if names.count(n) > 1)}")
        object.__setattr__(self, "_index", index)

    def has(self, measure: str, *axes: str, component: str = "", **fixed: str) -> bool:
        """Return whether the measure is there along these axes (year is understood)."""
        return self._key(measure, axes, component, fixed) in self._index

    @staticmethod
    def _key(measure: str, axes: tuple[str, ...], component: str, fixed: Mapping[str, str]) -> Any:
        return measure, component, frozenset(axes), tuple(sorted(fixed.items()))

    def margin(self, measure: str, *axes: str, component: str = "", **fixed: str) -> Margin:
        """Return one margin by measure, axes other than year, component and fixed breakdowns.

        Raises:
            NoSuchMargin: the forecast has no such margin.
        """
        key = self._key(measure, axes, component, fixed)
        if key not in self._index:
            raise NoSuchMargin(
                f'this forecast has no "{measure}" by {", ".join(axes) or "year"}'
                f"{f' ({component})' if component else ''}"
            )
        return self._index[key]

    def value(
        self,
        measure: str,
        year: int | None = None,
        *,
        component: str = "",
        statistic: str = "central",
        **at: str,
    ) -> float:
        """Return one figure, for example `value("placements", 2021, setting="inmss")`.

        Raises:
            NoSuchMargin: no such measure, breakdown or year.
        """
        margin, labels = self._find(measure, component, at)
        if year is not None:
            labels = {**labels, "year": year}
        index = [STATISTICS.index(statistic)]
        for axis, names in zip(margin.axes, margin.labels, strict=True):
            if labels.get(axis) not in names:
                raise NoSuchMargin(f'"{measure}" has no {axis} {labels.get(axis)}')
            index.append(names.index(labels[axis]))
        return float(margin.stats[tuple(index)])

    def _find(self, measure: str, component: str, at: Mapping[str, str]) -> tuple[Margin, dict[str, Label]]:
        key = self._key(measure, tuple(at), component, {})
        if key in self._index:
            return self._index[key], dict(at)
        fixed = self._key(measure, (), component, at)
        if fixed in self._index:
            return self._index[fixed], {}
        raise NoSuchMargin(f'this forecast has no "{measure}" {component} by {", ".join(at) or "year"}')

    def series(self, measure: str, *axes: str, component: str = "", **fixed: str) -> pd.DataFrame:
        """Return one margin as a long frame: its axes and the statistics as columns."""
        return _long(self.margin(measure, *axes, component=component, **fixed))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return the forecast table of the contract: one row a cell, blank in a breakdown = all."""
        parts = [_columns(margin) for margin in self.margins]
        found = {name: np.concatenate([part[name] for part in parts]) for name in FORECAST_COLUMNS[1:] if parts}
        texts: dict[str, Any] = {name: pd.array(cells, dtype="str") for name, cells in found.items() if name in _TEXTS}
        table = pd.DataFrame({**found, **texts}, columns=list(FORECAST_COLUMNS[1:]))
        table["year"] = table["year"].astype("Int64")
        table.insert(0, "scenario", self.scenario)
        return table

    def measures(self) -> tuple[str, ...]:
        """Return the names of the measures held, in order of first appearance."""
        return tuple(dict.fromkeys(margin.measure for margin in self.margins))


def _grids(margin: Margin) -> list[NDArray[np.intp]]:
    return [grid.ravel() for grid in np.meshgrid(*[np.arange(len(x)) for x in margin.labels], indexing="ij")]


def _long(margin: Margin) -> pd.DataFrame:
    columns: dict[str, Any] = {
        axis: np.asarray(names, dtype=object if axis != "year" else np.int64)[grid]
        for axis, names, grid in zip(margin.axes, margin.labels, _grids(margin), strict=True)
    }
    flat = margin.stats.reshape(len(STATISTICS), -1)
    columns.update({name: flat[i] for i, name in enumerate(STATISTICS)})
    return pd.DataFrame(columns)


def _columns(margin: Margin) -> dict[str, NDArray[Any]]:
    """Return every column but the scenario: texts as objects, the year as a float (NaN = none), the statistics."""
    flat = margin.stats.reshape(len(STATISTICS), -1)
    fixed = {"measure": margin.measure, "component": margin.component, "unit": margin.unit, **dict(margin.fixed)}
    columns: dict[str, NDArray[Any]] = {"year": np.full(flat.shape[1], np.nan)}
    columns.update({name: np.full(flat.shape[1], fixed.get(name, ""), dtype=object) for name in _TEXTS})
    for axis, names, grid in zip(margin.axes, margin.labels, _grids(margin), strict=True):
        labels = names if axis == "year" else [str(name) for name in names]
        columns[axis] = np.array(labels, dtype=np.float64 if axis == "year" else object)[grid]
    columns.update({name: flat[at] for at, name in enumerate(STATISTICS)})
    return columns
