"""What every subject shares: the run, the baseline beside it, notes and small frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from forecasting.axes import STATISTICS
from forecasting.inputs.dataset import Dataset
from forecasting.model.forecast import Forecast, Label
from forecasting.model.run import Run
from forecasting.outputs import charts, words
from forecasting.outputs.charts import Spec
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Figure, Metric, Table
from forecasting.outputs.theme import Mode
from forecasting.values import Floats

Parts = Sequence[tuple[str, str, dict[str, str]]]


@dataclass(frozen=True, eq=False)
class View:
    """A run to be shown, with the baseline of the same dataset to compare it with.

    `policy` is what was done about small numbers (see `outputs.leaving`); it is printed on what is made of the view.
    """

    run: Run
    baseline: Run
    policy: Policy = INTERNAL

    @property
    def forecast(self) -> Forecast:
        """Return the forecast in hand."""
        return self.run.forecast

    @property
    def name(self) -> str:
        """Return the authority's name."""
        return self.run.dataset.name

    @property
    def first(self) -> int:
        """Return the base year."""
        return self.run.forecast.base_year

    @property
    def last(self) -> int:
        """Return the last year forecast."""
        return self.run.forecast.years[-1]

    @property
    def price_base(self) -> str:
        """Return the financial year of the prices."""
        return self.run.dataset.about("price_base") or "the first financial year"

    def note(self, source: str, *, money: bool = False) -> str:
        """Return the line under a chart or table: scenario, source, price base."""
        prices = f" Prices: {self.price_base}, moved by the price assumptions." if money else ""
        synthetic = " Synthetic data, not a real authority." if self.run.dataset.synthetic else ""
        blank = " Blank or –: withheld, or not known." if self.policy.form == "withhold" else ""
        return f"Scenario: {self.run.scenario.name}. Source: {source}.{prices}{synthetic}{blank}"

    def has(self, measure: str, *axes: str, component: str = "", **fixed: str) -> bool:
        """Return whether the forecast holds a margin."""
        return self.run.forecast.has(measure, *axes, component=component, **fixed)

    def at(self, measure: str, year: int | None = None, **at: Any) -> float:
        """Return one central figure."""
        return self.run.forecast.value(measure, year, **at)

    def interval(self, measure: str, year: int | None = None, **at: Any) -> str:
        """Return the 80% range of a figure in words, "80% range 205 to 1,697"; "" without draws or where it is one."""
        if not self.forecast.draws:
            return ""
        unit = self.run.forecast.margin(measure, *at).unit
        low, high = (words.shown(self.at(measure, year, statistic=name, **at), unit) for name in ("p10", "p90"))
        return f"80% range {low} to {high}" if low != high else ""

    def source(self, table: str) -> str:
        """Return the source of a dataset table in the words of its rows."""
        return _source(self.run.dataset, table)

    def metric(self, label: str, measure: str, help_text: str, year: int | None = None, **at: Any) -> Metric:
        """Return a headline figure at a year (the last by default) with its change since the margin's first year."""
        margin = self.run.forecast.margin(measure, *at)
        years = margin.labels[margin.axes.index("year")]
        year = year or self.last
        start = max(int(years[0]), min(self.first, int(years[-1])))
        value = self.at(measure, year, **at)
        moved = value - self.at(measure, start, **at)
        return Metric(
            f"{label}, {year}", words.shown(value, margin.unit), words.change(moved, margin.unit, str(start)),
            help_text, value, margin.unit, self.interval(measure, year, **at),
        )  # fmt: skip


@lru_cache(maxsize=256)
def _source(dataset: Dataset, table: str) -> str:
    frame = dataset.table(table)
    found = list(frame["source"]) if "source" in frame else []
    named = {str(text) for text in found if text}
    return min(named, key=lambda text: (len(text), text)) if named else f"table {table} of the dataset"


def path_of(view: View, measure: str, **at: str) -> tuple[tuple[Label, ...], Floats]:
    """Return the years of a measure and its statistics × years, at the breakdowns given."""
    component = at.pop("component", "")
    forecast = view.forecast
    if not forecast.has(measure, *at, component=component):
        margin = forecast.margin(measure, component=component, **at)
        return margin.labels[0], margin.stats
    margin = forecast.margin(measure, *at, component=component)
    index = [slice(None) if axis == "year" else labels.index(at[axis])
             for axis, labels in zip(margin.axes, margin.labels, strict=True)]  # fmt: skip
    return margin.labels[margin.axes.index("year")], margin.stats[(slice(None), *index)]


def yearly(view: View, parts: Parts, scale: float = 1.0) -> pd.DataFrame:
    """Return year, series, value, low, high of several margins; parts: series name, measure, selection."""
    found = [(name, *path_of(view, measure, **at)) for name, measure, at in parts]
    columns = {"value": "central", "low": "p10", "high": "p90"}
    return pd.DataFrame({
        "year": np.concatenate([years for _, years, _ in found]),
        "series": [name for name, years, _ in found for _ in years],
        **{column: np.concatenate([values[STATISTICS.index(statistic)] for *_, values in found]) * scale
           for column, statistic in columns.items()},
    })  # fmt: skip


def wide(frame: pd.DataFrame, index: str = "year", label: str = "Year") -> pd.DataFrame:
    """Return a long frame as a table to read: one row an index value, one column a series."""
    cells = {(at, name): value for at, name, value in zip(frame[index], frame["series"], frame["value"], strict=True)}
    rows = list(dict.fromkeys(at for at, _ in cells))
    columns = {name: [cells.get((at, name), np.nan) for at in rows] for name in dict.fromkeys(n for _, n in cells)}
    return pd.DataFrame({label: rows, **columns})


def has_range(frame: pd.DataFrame) -> bool:
    """Return whether a frame of `yearly` has a range that differs from its central figures."""
    return bool((frame["high"] - frame["low"]).abs().max() > 1e-9)


def line_figure(
    view: View, key: str, title: str, subtitle: str, alt: str, data: pd.DataFrame, *,
    y: str, unit: str, source: str, zero: bool = True,
) -> Figure:  # fmt: skip
    """Return a figure of lines over years with its table."""
    series = tuple(dict.fromkeys(data["series"]))
    form = {"count": charts.COUNT, "million": charts.MILLION, "percent": charts.PERCENT, "gbp": charts.POUNDS}[unit]
    note = view.note(source, money=unit in ("million", "gbp"))
    spec: Callable[[Mode], Spec] = partial(charts.lines, series, y, form, band=has_range(data), zero=zero)
    read = wide(data)
    table = Table(key, title, read, dict.fromkeys(read.columns[1:], unit), note)
    return Figure(key, title, subtitle, alt, spec, data, table, note)


def bar_figure(
    view: View, key: str, title: str, subtitle: str, alt: str, data: pd.DataFrame, *,
    x: str, unit: str, source: str, label: str, beside: bool = True,
) -> Figure:  # fmt: skip
    """Return a figure of horizontal bars with its table; data columns name, series, value."""
    names, series = tuple(dict.fromkeys(data["name"])), tuple(dict.fromkeys(data["series"]))
    series = series if beside else tuple(sorted(series))  # the same colours in every chart of a page
    form = {"count": charts.COUNT, "million": ",.2f", "percent": charts.PERCENT, "gbp": charts.POUNDS}[unit]
    drawn = data.assign(at=data["value"].clip(lower=0.0))
    note = view.note(source, money=unit in ("million", "gbp"))
    read = wide(data if beside else data.assign(series=x), "name", label)
    table = Table(key, title, read, dict.fromkeys(read.columns[1:], unit), note)
    return Figure(
        key, title, subtitle, alt, partial(charts.bars, names, series, x, form, beside=beside), drawn, table, note
    )


def by_label(view: View, measure: str, axis: str, year: int, label: Callable[[str], str], **at: Any) -> pd.DataFrame:
    """Return name, code, value of one axis of a measure in a year, in the axis's own order."""
    component = at.pop("component", "")
    margin = view.forecast.margin(measure, axis, component=component, **at)
    codes = margin.labels[margin.axes.index(axis)]
    when = margin.labels[margin.axes.index("year")].index(year)
    values = margin.stats[0].take(when, axis=margin.axes.index("year"))
    return pd.DataFrame({"name": [label(str(code)) for code in codes], "code": list(codes), "value": values})


def implications(*sentences: str) -> tuple[str, ...]:
    """Return the sentences that say something."""
    return tuple(sentence for sentence in sentences if sentence)
