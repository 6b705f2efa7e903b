"""Collects the margins of a forecast, so that every stage states its figures in the same few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasting.model.forecast import Label, Margin, summarise
from forecasting.values import Floats

PLANS = frozenset({"ehc_plans", "new_plans", "ceased_plans"})
ByNcYear = tuple[tuple[int, ...], tuple[Label, ...], Floats]  # years, NC years, run × year × NC year
COMPARED = ("ehc_plans", "places_required", "places_available", "spare_places", "places_short", "children_waiting",
            "cost_gbp", "high_needs_spend_gbp", "income_gbp", "in_year_balance_gbp",
            "cumulative_balance_gbp")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Total:
    """One total draw by draw: January census or financial years, and run × year (run 0 the central run)."""

    years: tuple[int, ...]
    runs: Floats


@dataclass
class Emitter:
    """Gathers margins; arrays are run × year × labels, or year × labels for the central run alone.

    Attributes:
        margins: every margin added.
        warnings: sentences about what was assumed or left out.
        totals: measure → its total draw by draw, for those that are compared draw by draw.
        by_nc_year: runs of plans by NC year, for the stages that follow.
    """

    margins: list[Margin] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    by_nc_year: dict[str, ByNcYear] = field(default_factory=dict)
    totals: dict[str, Total] = field(default_factory=dict)

    def take(self, other: Emitter) -> None:
        """Add everything that another one has gathered."""
        self.margins += other.margins
        self.warnings += other.warnings
        self.by_nc_year |= other.by_nc_year
        self.totals |= other.totals

    def add(
        self,
        measure: str,
        years: Sequence[int],
        values: Floats,
        unit: str,
        *,
        component: str = "",
        by: tuple[tuple[str, Sequence[Label]], ...] = (),
        **fixed: str,
    ) -> None:
        """Add one margin.

        Args:
            measure: name of the measure.
            years: January census years of the first axis; empty for a figure without a year.
            values: year × one axis for each entry of `by`; a leading run axis when there are draws.
            unit: unit of the values.
            component: part of the measure.
            by: further axes with their labels, in the order of `values`.
            fixed: breakdowns held at one label.
        """
        axes = (("year", tuple(years)), *by) if years else by
        runs = values if values.ndim > len(axes) else values[None]
        if measure in PLANS and [name for name, _ in by] == ["nc_year"]:
            self.by_nc_year[measure] = tuple(years), tuple(by[0][1]), runs
        if measure in COMPARED and len(axes) == 1 and years and not component and not fixed:
            self.totals[measure] = Total(tuple(years), np.asarray(runs, dtype=np.float64))
        self.margins.append(
            Margin(
                measure, tuple(name for name, _ in axes), tuple(tuple(labels) for _, labels in axes),
                summarise(np.asarray(runs, dtype=np.float64)), unit, component, tuple(sorted(fixed.items())),
            )
        )  # fmt: skip
