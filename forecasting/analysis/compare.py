"""Two to six scenarios side by side: headline figures, differences run by run, what differs in the assumptions.

A difference is taken within each draw, and only then its range: the same draws stand behind every scenario, so that a
difference is the policy and not chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.errors import UsageError
from forecasting.model.emit import Total
from forecasting.model.forecast import NoSuchMargin
from forecasting.model.run import Run
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.lever import Lever
from forecasting.scenario.merge import bare, by_place
from forecasting.scenario.scenario import Change, Scenario
from forecasting.values import Floats, Interval

FEWEST, MOST = 2, 6
COVERAGE = 0.8
ENDS = ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)
HEADLINES: tuple[tuple[str, str], ...] = (
    ("pupils", "Pupils on roll"),
    ("ehc_plans", "EHC plans"),
    ("places_required", "Specialist places required"),
    ("places_available", "Specialist places open"),
    ("places_needed", "Places needed"),
    ("places_short", "Places short"),
    ("children_waiting", "Children waiting"),
    ("cost_gbp", "Spending"),
    ("high_needs_spend_gbp", "High-needs spending"),
    ("income_gbp", "Income"),
    ("in_year_balance_gbp", "In-year balance"),
    ("cumulative_balance_gbp", "Closing balance"),
    ("probability_of_balance", "Chance that income covers spending"),
    ("programme_capital_gbp", "Capital of the projects"),
)


@dataclass(frozen=True)
class Figure:
    """One figure of one scenario.

    Attributes:
        value: the central run; NaN when the scenario has no such figure.
        interval: its 80 % range over the draws; None without draws.
        difference: central run less that of the first scenario.
        between: 80 % range of the difference within each draw; None where the two do not share draws.
    """

    value: float
    interval: Interval | None
    difference: float
    between: Interval | None


@dataclass(frozen=True)
class Line:
    """One headline figure in a year, for every scenario in order; the first is what the others are compared with."""

    measure: str
    label: str
    unit: str
    year: int | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Assumed:
    """A lever (and key) that is not the same in every scenario, with the changes of each; () = as in the baseline."""

    lever: Lever | None
    name: str
    key: str
    changes: tuple[tuple[Change, ...], ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scenarios of one dataset, to be compared with the first.

    Attributes:
        names: what each is called, no two alike.
        runs: their runs, to the same year, with the same seed.
    """

    names: tuple[str, ...]
    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        _refuse(self.names, self.runs)

    @property
    def shared(self) -> tuple[bool, ...]:
        """Return whether each has draws and shares them with the first: same method, seed and number of draws."""
        first = _drawn(self.runs[0])
        return tuple(bool(first[1]) and _drawn(run) == first for run in self.runs)

    def measures(self) -> tuple[tuple[str, str], ...]:
        """Return the headline measures that at least one scenario has, with their words."""
        return tuple((m, label) for m, label in HEADLINES if any(run.forecast.has(m) for run in self.runs))

    def years(self, measure: str) -> tuple[int, ...]:
        """Return the years for which every scenario that has a measure has it, from the base year on."""
        found = [set(_labels(run, measure)) for run in self.runs if run.forecast.has(measure)]
        return tuple(sorted(y for y in set.intersection(*found) if y >= self.runs[0].forecast.base_year))

    def difference(self, at: int, measure: str) -> Total:
        """Return a measure of a scenario less that of the first, run by run; the central run alone without draws.

        Raises:
            UsageError: one of the two has no total of that measure.
        """
        return difference(self.runs[0], self.runs[at], measure)

    def lines(self, year: int) -> tuple[Line, ...]:
        """Return the headline figures of a year; figures without a year stand as they are."""
        return tuple(self._line(measure, label, year) for measure, label in self.measures())

    def _line(self, measure: str, label: str, year: int) -> Line:
        held = next(run for run in self.runs if run.forecast.has(measure)).forecast.margin(measure)
        when = year if "year" in held.axes else None
        first = _value(self.runs[0], measure, when)
        found = []
        for at, run in enumerate(self.runs):
            value = _value(run, measure, when)
            both = self.shared[at] and all(measure in r.totals for r in (self.runs[0], run)) and when is not None
            between = _between(self.difference(at, measure), year) if both else None
            known = not np.isnan(value - first)  # a figure that is withheld is not given away by its difference
            found.append(Figure(value, _interval(run, measure, when), value - first, between if known else None))
        return Line(measure, label, held.unit, when, tuple(found))

    def assumed(self) -> tuple[Assumed, ...]:
        """Return every lever that is not the same in all scenarios, in the order of the catalogue."""
        return differing([run.scenario for run in self.runs])


def _refuse(names: Sequence[str], runs: Sequence[Run]) -> None:
    if not FEWEST <= len(runs) <= MOST:
        raise UsageError(f"{len(runs)} scenarios cannot be compared; allowed: {FEWEST} to {MOST}")
    if len({run.dataset.content_hash for run in runs}) > 1:
        raise UsageError("scenarios of different datasets are not compared: use the page Explain for that")
    if len({run.forecast.years for run in runs}) > 1:
        raise UsageError("the scenarios are not forecast to the same year")
    if len(set(names)) < len(names) or len(names) != len(runs):
        raise UsageError("give every scenario a name of its own")


def _drawn(run: Run) -> tuple[str, int, str]:
    return run.forecast.method, run.forecast.draws, dict(run.forecast.stamp).get("seed", "")


def _labels(run: Run, measure: str) -> tuple[int, ...]:
    margin = run.forecast.margin(measure)
    return tuple(int(year) for year in margin.labels[0]) if margin.axes == ("year",) else ()


def difference(first: Run, other: Run, measure: str) -> Total:
    """Return a measure of one run less that of another, run by run, over the years that both have.

    Where the two do not share draws (another method, seed or number of draws) it is of the central runs alone.

    Raises:
        UsageError: one of the two has no total of that measure.
    """
    if any(measure not in run.totals for run in (first, other)):
        raise UsageError(f'there is no total of "{measure}" to compare run by run')
    one, two = first.totals[measure], other.totals[measure]
    years = tuple(year for year in one.years if year in two.years)
    runs = slice(None) if _drawn(first) == _drawn(other) else slice(0, 1)
    found = [total.runs[runs][:, [total.years.index(year) for year in years]] for total in (one, two)]
    return Total(years, np.asarray(found[1] - found[0]))


def interval_of(draws: Floats) -> Interval | None:
    """Return the 80 % range of draws, run 0 not among them; None when there are none."""
    if not len(draws):
        return None
    low, high = np.quantile(draws, ENDS)
    return Interval(float(low), float(high), COVERAGE)


def _between(found: Total, year: int) -> Interval | None:
    return interval_of(found.runs[1:, found.years.index(year)]) if year in found.years else None


def _value(run: Run, measure: str, year: int | None, statistic: str = "central") -> float:
    try:
        return run.forecast.value(measure, year, statistic=statistic)
    except NoSuchMargin:
        return float("nan")


def _interval(run: Run, measure: str, year: int | None) -> Interval | None:
    if not run.forecast.draws or measure.startswith("probability"):
        return None
    low, high = (_value(run, measure, year, name) for name in ("p10", "p90"))
    return None if np.isnan(low) else Interval(low, high, COVERAGE)


def differing(scenarios: Sequence[Scenario]) -> tuple[Assumed, ...]:
    """Return every lever (and key) that scenarios do not all change in the same way, in the order of the catalogue."""
    held = [by_place(scenario) for scenario in scenarios]
    places = sorted(dict.fromkeys(place for one in held for place in one), key=lambda p: _ORDER.get(p[0], len(_ORDER)))
    found = [(lever, key, tuple(one.get((lever, key), ()) for one in held)) for lever, key in places]
    return tuple(
        Assumed(BY_NAME.get(lever), lever, key, changes)
        for lever, key, changes in found if len({bare(some) for some in changes}) > 1
    )  # fmt: skip


_ORDER = {name: at for at, name in enumerate(BY_NAME)}
