"""A return filled from forecasts: whole numbers that add up, and a list of what is missing or assumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecasting.errors import UsageError
from forecasting.model.run import Run
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.protect import Protected, protect
from forecasting.outputs.returns.counts import counts
from forecasting.outputs.returns.figures import TOTAL, Figures, Tables, figures
from forecasting.outputs.returns.filled import Filled, FilledTable
from forecasting.outputs.returns.layout import Layout, ReturnTable, codes, layout
from forecasting.outputs.returns.money import effects, money_table

_Found = list[dict[tuple[str, int], Figures]]  # by variant: measure and January → figures


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
        raise UsageError(f"the dataset has its own {' and '.join(own)}, which a national return does not know; use the "
                         "standard codes, or map to them in the table mappings")  # fmt: skip
    years = wanted.years(dataset.base_year)
    variants = [runs[min(at, len(runs) - 1)] for at in range(len(wanted.variants))]
    found = _figures(wanted, variants, years, allocate_unknown, policy)
    tables = tuple(_filled(wanted, table, years, found, variants) for table in wanted.tables)
    steps = effects(wanted, variants, years)
    name = dataset.about("authority_name") or dataset.name
    return Filled(wanted, name, years, dataset.base_year, tables, tuple(_missing((*tables, *steps))),
                  _assumed(wanted, variants, years, found), steps, policy)  # fmt: skip


def _figures(wanted: Layout, variants: Sequence[Run], years: Sequence[int], allocate: bool, policy: Policy) -> _Found:
    open_work = policy.form == "none"
    # In one order whichever return is asked for: those that are downloaded one after another fit each other.
    every = {code: layout(code) for code in codes()} | {wanted.code: wanted}
    together = [wanted] if open_work else list(every.values())
    measures = dict.fromkeys(table.measure for table in wanted.tables if table.unit == "count")
    found: _Found = []
    for run in variants:
        shared = None if open_work else protect(run.forecast, policy)
        before = found[0] if found else {}
        found.append({
            (measure, year): _one(together, run, shared, measure, year, allocate, policy, before.get((measure, year)))
            for measure in measures for year in years
        })  # fmt: skip
    return found


def _one(
    together: Sequence[Layout], run: Run, shared: Protected | None, measure: str, year: int, allocate: bool,
    policy: Policy, like: Figures | None,
) -> Figures:  # fmt: skip
    tables: Tables = [(each.code, table) for each in together for table in each.tables
                      if table.measure == measure and table.unit == "count"
                      and year in each.years(run.dataset.base_year)]  # fmt: skip
    return figures(tables, counts(run, measure, year, shared), allocate, policy, like)


def _filled(
    wanted: Layout, table: ReturnTable, years: Sequence[int], found: _Found, variants: Sequence[Run]
) -> FilledTable:
    kept = years[: table.count or None]
    if table.unit == "gbp":
        return money_table(wanted, table, variants, kept)
    labels = (*(line.label for line in table.lines), *([table.total] if table.total else []))
    rows = [*range(len(table.lines)), *([TOTAL] if table.total else [])]
    cells = [[[(by_year[table.measure, year], (wanted.code, table.id, row)) for year in kept] for row in rows]
             for by_year in found]  # fmt: skip
    values = np.array([[[part.known.get(key, np.nan) for part, key in row] for row in variant] for variant in cells])
    hidden = np.array([[[key in part.withheld for part, key in row] for row in variant] for variant in cells])
    columns = tuple(wanted.column(year, table.year) for year in kept)
    return FilledTable(table, columns, labels, values).without(hidden)


def _assumed(wanted: Layout, variants: Sequence[Run], years: Sequence[int], found: _Found) -> tuple[str, ...]:
    everything = [part for variant in found for part in variant.values()]
    last = variants[0].dataset.base_year
    told = []
    for text in sorted({text for part in everything for text in part.assumed}):
        when = sorted({year for variant in found for (_, year), part in variant.items() if text in part.assumed})
        told.append(f"In January {', '.join(map(str, when))} {text}.")
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
    return tuple(told)


def _missing(tables: Sequence[FilledTable]) -> list[str]:
    found = []
    for filled in tables:
        blank = np.asarray(filled.unknown.any(axis=0))
        where = f"Table {filled.table.id}"
        lost = {tuple(np.flatnonzero(row)) for row in blank}
        if len(lost) == 1:
            found += [f"{where}, {filled.table.title}: {_when(filled, blank[0])}."] if blank[0].any() else []
        else:
            found += [f"{where}, {label}: {_when(filled, row)}."
                      for label, row in zip(filled.labels, blank, strict=True) if row.any()]  # fmt: skip
    return found


def _when(filled: FilledTable, blank: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    if blank.all():
        return "the data give no such figures"
    return f"not known for {', '.join(name for name, gone in zip(filled.columns, blank, strict=True) if gone)}"
