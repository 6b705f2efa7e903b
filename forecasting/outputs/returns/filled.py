"""A filled return: the figures of every table, what is withheld, missing and assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecasting.outputs.disclosure import INTERNAL, Mask, Policy
from forecasting.outputs.returns.layout import Layout, ReturnTable
from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class FilledTable:
    """One table of a return, filled.

    Attributes:
        table: its layout.
        columns: names of its years.
        labels: labels of its rows, the total last where it has one.
        values: variant × row × year; whole numbers, blank (NaN) where the data cannot fill them or they are withheld.
        years: January census years of its columns; for money those in which the financial years end.
        withheld: variant × row × year; which are withheld because small numbers are protected. None = none of them.
    """

    table: ReturnTable
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    values: Floats
    years: tuple[int, ...] = ()
    withheld: Mask | None = None

    @property
    def hidden(self) -> Mask:
        """Return variant × row × year: whether the figure is withheld."""
        return np.zeros(self.values.shape, dtype=bool) if self.withheld is None else self.withheld

    @property
    def unknown(self) -> Mask:
        """Return variant × row × year: whether the data cannot fill the figure."""
        return np.isnan(self.values) & ~self.hidden

    @property
    def cells(self) -> tuple[int, int]:
        """Return how many figures there are, and how many of them the data cannot fill."""
        return self.values.size, int(self.unknown.sum())

    def without(self, hidden: Mask) -> FilledTable:
        """Return the table with figures withheld."""
        return replace(self, values=np.where(hidden, np.nan, self.values), withheld=hidden)


@dataclass(frozen=True, eq=False)
class Filled:
    """A return, filled.

    Attributes:
        layout: its layout.
        authority: name of the authority.
        years: January census years of the columns.
        last_actual: last January with actual counts.
        tables: tables in order.
        missing: what the data could not fill.
        assumed: what was assumed in filling it.
        effects: what each mitigation does, one table for each figure; one variant.
        policy: what was done about small numbers.
    """

    layout: Layout
    authority: str
    years: tuple[int, ...]
    last_actual: int
    tables: tuple[FilledTable, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]
    effects: tuple[FilledTable, ...] = ()
    policy: Policy = INTERNAL

    @property
    def nothing(self) -> str:
        """Return why no figure at all could be filled; "" where some could."""
        if not all(table.unknown.all() for table in self.tables):
            return ""
        first, last = self.years[0], self.years[-1]
        why = "".join(f". {text.rstrip('.')}" for text in self.missing[:1])
        return (
            f"these data can fill nothing of {self.layout.title}: it needs EHC plans by age, need or setting (table "
            f"ehc_plans) and a forecast of them for January {first} to {last}{why}"
        )
