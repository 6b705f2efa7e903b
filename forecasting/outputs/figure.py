"""What a page, a sheet and a slide are made of: figures, tables, metrics and sentences, all computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from forecasting.outputs.charts import Spec
from forecasting.outputs.theme import Mode


@dataclass(frozen=True)
class Metric:
    """One headline figure: label, value and change in words, and how it comes about.

    Attributes:
        label: what it is.
        value: the figure in words.
        change: its change in words.
        help: how it comes about.
        interval: its 80% range in words; "" where there is none.
        number: the figure itself, unrounded, for a workbook; None where only words exist.
        unit: what one unit of `number` is: count, gbp or fraction.
    """

    label: str
    value: str
    change: str
    help: str
    number: float | None = None
    unit: str = "count"
    interval: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A table to read and to download.

    Attributes:
        key: stable name, used for files and widgets.
        title: what it shows.
        frame: the figures, unrounded, with readable column names.
        formats: column → "count", "gbp", "million", "percent" (already per cent), "fraction", "mixed" or "text".
        note: source, price base, what is assumed.
    """

    key: str
    title: str
    frame: pd.DataFrame
    formats: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, eq=False)
class Figure:
    """A chart with its words and its table.

    Attributes:
        key: stable name.
        title: what it says, in at most ten words.
        subtitle: measure, place, period, unit.
        alt: the message for people who do not see the chart.
        spec: mode → Vega-Lite specification without data.
        data: the data of the specification.
        table: the same figures to read.
        note: scenario, source, price base.
    """

    key: str
    title: str
    subtitle: str
    alt: str
    spec: Callable[[Mode], Spec]
    data: pd.DataFrame
    table: Table
    note: str

    @property
    def name(self) -> str:
        """Return what the chart is called on a page: the same while levers move, what it then says stands before it.

        A name that changes would make the browser build the whole chart anew instead of moving its lines.
        """
        return f"Chart: {self.subtitle}. What it says stands before it, its figures in the table after it."


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a subject under one heading."""

    heading: str
    items: tuple[Figure | Table, ...]
    text: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """One page, one sheet of the workbook: the answer first, then figures, then what follows from them."""

    key: str
    title: str
    answer: str
    metrics: tuple[Metric, ...]
    sections: tuple[Section, ...]
    implications: tuple[str, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return the figures of all sections."""
        return tuple(item for section in self.sections for item in section.items if isinstance(item, Figure))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Return the tables of all sections, those of figures included."""
        items = [item for section in self.sections for item in section.items]
        return tuple(item.table if isinstance(item, Figure) else item for item in items)
