"""Collects the margins of a forecast, so that every stage states its figures in the same few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasting.model.forecast import Label, Margin, summarise
from forecasting.values import Floats

PLANS = frozenset({"ehc_plans", "new_plans", "ceased_plans"})
ByNcYear = tuple[tuple[int, ...], tuple[Label, ...], Floats]  # years, NC years, run × year × NC year


@dataclass
class Emitter:
    """Gathers margins; arrays are run × year × labels, or year × labels for the central run alone.

    `by_nc_year` keeps the runs of plans by NC year for the stages that follow, `plans` those of all plans (Januaries,
    run × year), which the account of what moved the answer closes on.
    """

    margins: list[Margin] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    by_nc_year: dict[str, ByNcYear] = field(default_factory=dict)
    plans: tuple[tuple[int, ...], Floats] | None = None

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
        if measure == "ehc_plans" and not (by or fixed):
            self.plans = tuple(years), runs
        if measure in PLANS and [name for name, _ in by] == ["nc_year"]:
            self.by_nc_year[measure] = tuple(years), tuple(by[0][1]), runs
        self.margins.append(
            Margin(
                measure, tuple(name for name, _ in axes), tuple(tuple(labels) for _, labels in axes),
                summarise(np.asarray(runs, dtype=np.float64)), unit, component, tuple(sorted(fixed.items())),
            )
        )  # fmt: skip
