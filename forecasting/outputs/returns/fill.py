"""A return filled from forecasts: whole numbers that add up, and a list of what is missing or assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.errors import UsageError
from forecasting.model.run import Run
from forecasting.outputs import words
from forecasting.outputs.beside import other
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.protect import Protected, protect
from forecasting.outputs.returns.counts import Counts, counts
from forecasting.outputs.returns.figures import TOTAL, UNKNOWN, Figures, Key, Tables, figures
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.outputs.returns.layout import Layout, ReturnTable, codes, layout
from forecasting.outputs.returns.missing import missing
from forecasting.outputs.returns.money import effects, money_table
from forecasting.outputs.returns.paid import PARTED

_SOMEBODY = 0.5
_Figures = dict[tuple[str, int], Figures]  # by measure and January
_Found = list[_Figures]  # by variant


def fill(wanted: Layout, runs: Sequence[Run], *, allocate_unknown: bool = False, policy: Policy = INTERNAL) -> Filled:
    """Return a return filled from one run for each variant (the unmitigated first; one may serve for all).

    Args:
        wanted: the layout.
        runs: forecasts in the order of `wanted.variants`; the last stands for any further variant.
        allocate_unknown: whether children whose need is not recorded are shared out over the needs in proportion.
        policy: what is done about small numbers; every return and the forecast table are protected together.

    Raises:
        UsageError: the dataset has a vocabulary of its own, which the return does not know.
    """
    dataset = runs[0].dataset
    own = [name for name in ("needs", "settings") if dataset.has(name)]
    if own:
        raise UsageError(f"the dataset has its own {words.join(own)}, which a national return does not know; use the "
                         "standard codes, or map to them in the table mappings")  # fmt: skip
    years = wanted.years(dataset.base_year)
    variants = [runs[min(at, len(runs) - 1)] for at in range(len(wanted.variants))]
    found = _figures(wanted, variants, years, allocate_unknown, policy)
    tables = tuple(_filled(wanted, table, years, found, variants, policy) for table in wanted.tables)
    steps = effects(wanted, variants, years)
    name = dataset.about("authority_name") or dataset.name
    assumed = (*_one_sided(wanted, runs), *_assumed(wanted, variants, years, found, tables))
    return Filled(wanted, name, years, dataset.base_year, tables, tuple(missing((*tables, *steps), runs[0])),
                  assumed, steps, policy)  # fmt: skip


def _one_sided(wanted: Layout, runs: Sequence[Run]) -> tuple[str, ...]:
    """Return that the scenario chosen is not in a return that has but one side, where it would change anything."""
    if len(wanted.variants) > 1 or runs[-1].scenario.changes == runs[0].scenario.changes:
        return ()
    name = runs[-1].scenario.name
    return (f"This return has one side, the {wanted.variants[0]}: what the scenario {name} changes is not in it.",)


def _figures(wanted: Layout, variants: Sequence[Run], years: Sequence[int], allocate: bool, policy: Policy) -> _Found:
    open_work = policy.form == "none"
    # In one order whichever return is asked for: those that are downloaded one after another fit each other.
    every = {code: layout(code, age=wanted.age) for code in codes()} | {wanted.code: wanted}
    together = [wanted] if open_work else list(every.values())
    measures = dict.fromkeys(table.measure for table in wanted.tables if table.unit == "count")
    found: _Found = []
    for run in variants:
        job = _Job(
            together,
            run,
            None if open_work else protect(run.forecast, policy, beside=other(run, variants[0])),
            allocate,
            policy,
        )
        like = found[0] if found else {}
        found.append({key: figure for measure in measures for key, figure in job.figures(measure, years, like).items()})
    return found


@dataclass(frozen=True, eq=False)
class _Job:
    """One run whose figures are asked for: the returns that are protected together, and how."""

    together: Sequence[Layout]
    run: Run
    shared: Protected | None
    allocate: bool
    policy: Policy

    def figures(self, measure: str, years: Sequence[int], like: _Figures) -> _Figures:
        """Return the figures of a measure by January.

        Args:
            measure: name of the measure.
            years: Januaries.
            like: those of another variant.
        """
        tables = {year: self._tables(measure, year) for year in years}
        known = {year: self._counts(tables[year], measure, year) for year in years}
        before = self._last(measure) if any(any(each.notes) for each in known.values()) else frozenset()
        return {(measure, year): figures(
            tables[year], known[year], self.allocate, self.policy, like.get((measure, year)),
            before if any(known[year].notes) else frozenset()) for year in years}  # fmt: skip

    def _last(self, measure: str) -> frozenset[Key]:
        """Return the lines withheld in the last January, whose shares are held."""
        if self.shared is None:
            return frozenset()
        last = self.run.dataset.base_year
        tables = self._tables(measure, last)
        return figures(tables, self._counts(tables, measure, last), self.allocate, self.policy).withheld

    def _tables(self, measure: str, year: int) -> Tables:
        """Return the tables that count a measure in a January; in the last one with counts those of every return.

        What is withheld then is withheld as long as its shares are held, so all its lines count, printed or not.
        """
        last = self.run.dataset.base_year
        return [(each.code, table) for each in self.together for table in each.tables
                if table.measure == measure and table.unit == "count"
                and (year == last or year in each.years(last))]  # fmt: skip

    def _counts(self, tables: Tables, measure: str, year: int) -> Counts:
        rates = max((table.rates for _, table in tables), default=0)
        return counts(self.run, measure, year, self.shared, rates)


def _filled(
    wanted: Layout, table: ReturnTable, years: Sequence[int], found: _Found, variants: Sequence[Run], policy: Policy
) -> FilledTable:
    kept = years[: table.count or None]
    if table.unit == "gbp":
        return money_table(wanted, table, variants, kept, policy)
    labels = (*(line.label for line in table.lines), *([table.total] if table.total else []))
    rows = [*range(len(table.lines)), *([TOTAL] if table.total else [])]
    cells = [[[(by_year[table.measure, year], (wanted.code, table.id, row)) for year in kept] for row in rows]
             for by_year in found]  # fmt: skip
    values = np.array([[[part.known.get(key, np.nan) for part, key in row] for row in variant] for variant in cells])
    hidden = np.array([[[key in part.hidden for part, key in row] for row in variant] for variant in cells])
    columns = tuple(wanted.column(year, table.year) for year in kept)
    return FilledTable(table, columns, labels, values, tuple(kept)).without(hidden)


def _assumed(
    wanted: Layout, variants: Sequence[Run], years: Sequence[int], found: _Found, tables: Sequence[FilledTable]
) -> tuple[str, ...]:
    everything = [part for variant in found for part in variant.values()]
    last = variants[0].dataset.base_year
    told = []
    for text in sorted({text for part in everything for text in part.assumed}):
        when = sorted({year for variant in found for (_, year), part in variant.items() if text in part.assumed})
        told.append(f"{_when(when)}: {text}.")
    if any(_parted(table) for table in tables):
        told.append(f"{PARTED[:1].upper()}{PARTED[1:]}.")
    if wanted.first > last:
        told.append(f"The return asks for an actual count in {wanted.column(years[0])}, January {years[0]}; the data "
                    f"end with January {last}, so this column is a forecast.")  # fmt: skip
    if len(variants) > 1 and variants[-1].scenario.changes == variants[0].scenario.changes:
        told.append(f'"{wanted.variants[-1].capitalize()}" repeats "{wanted.variants[0]}": no mitigation was chosen.')
    left = max((part.unallocated for part in everything), default=0.0)
    if left > 0:
        told.append(
            f"Up to {left:,.0f} children a year whose need is not recorded stand in no row by need. They are allocated "
            "only when you accept that they share the needs of the others."
        )
    used = {
        name for table in wanted.tables for line in table.lines for part in line.selections for name in part.settings
    }
    unplaced = max((part.unplaced for part in everything if UNKNOWN in used), default=0.0)
    if unplaced >= _SOMEBODY:
        told.append(f"Up to {unplaced:,.0f} children a year whose setting is not recorded stand with those in other "
                    "arrangements.")  # fmt: skip
    return tuple(told)


def _parted(table: FilledTable) -> bool:
    """Return whether a table holds money parted by age."""
    lines = [at for at, line in enumerate(table.table.lines) if any(part.nc_years for part in line.money)]
    return not bool(table.unknown[:, lines].all())


def _when(years: Sequence[int]) -> str:
    """Return Januaries in words."""
    together = len(years) > 2 and years[-1] - years[0] == len(years) - 1
    return f"January {f'{years[0]} to {years[-1]}' if together else words.join([*map(str, years)])}"
