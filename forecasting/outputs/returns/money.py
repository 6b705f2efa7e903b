"""The money of a return: lines of the account and what each mitigation does, in whole pounds that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from forecasting.analysis.interventions import runs_of, waterfall
from forecasting.analysis.steps import Steps
from forecasting.errors import UsageError
from forecasting.model.forecast import Forecast
from forecasting.model.run import Run
from forecasting.outputs.beside import other
from forecasting.outputs.disclosure import INTERNAL, Mask, Policy
from forecasting.outputs.protect import protect
from forecasting.outputs.returns.filled import FilledTable
from forecasting.outputs.returns.layout import Layout, Line, ReturnTable
from forecasting.outputs.returns.paid import paid
from forecasting.outputs.rounding import round_linked
from forecasting.values import Floats

BASELINE_ROW, INTERACTION_ROW, MITIGATED_ROW = "Baseline", "Together, beyond each alone (interaction)", "Mitigated"
_PENNY = 0.01
_Rule = list[tuple[int, float]]  # figure and its sign; they add up to 0


def money_table(
    layout: Layout, table: ReturnTable, runs: Sequence[Run], years: Sequence[int], policy: Policy = INTERNAL
) -> FilledTable:
    """Return a table of money filled from one run for each variant; a line is blank where any part of it is unknown.

    Args:
        layout: the return.
        table: the table.
        runs: the forecasts.
        years: in which the financial years end.
        policy: what is done about small numbers: the money of a kind of setting would tell how many children are there.
    """
    values = np.array([[paid(run.forecast, line, years).gbp for line in table.lines] for run in runs])
    rules = [_sums(table.lines, variant) for variant in values]
    whole = np.array([_whole(variant, mine) for variant, mine in zip(values, rules, strict=True)])
    labels = tuple(line.label for line in table.lines)
    columns = tuple(layout.column(year, table.year) for year in years)
    filled = FilledTable(table, columns, labels, whole, tuple(years))
    if policy.form != "withhold":
        return filled
    return filled.without(np.array([_withheld(run, table, variant, mine, years, policy, other(run, runs[0]))
                                    for run, variant, mine in zip(runs, whole, rules, strict=True)]))  # fmt: skip


def _withheld(
    run: Run,
    table: ReturnTable,
    values: Floats,
    rules: Sequence[_Rule],
    years: Sequence[int],
    policy: Policy,
    beside: Sequence[Forecast],
) -> Mask:
    """Return row × year: which figures would tell of a few children, and which would give these away by subtraction."""
    shared = protect(run.forecast, policy, beside=beside).forecast
    told = [paid(run.forecast, line, years).children < policy.threshold for line in table.lines]
    printed = [~np.isnan(paid(shared, line, years, run.forecast).gbp) for line in table.lines]
    known = ~np.isnan(values)
    hidden: Mask = (np.array(told) | ~np.array(printed)) & known
    flat, sizes = hidden.ravel(), np.abs(np.nan_to_num(values)).ravel()
    while True:
        alone = [rule for rule in rules if sum(bool(flat[cell]) and sizes[cell] > 0 for cell, _ in rule) == 1]
        others = [[cell for cell, _ in rule if not flat[cell] and sizes[cell] > 0] for rule in alone]
        more = [min(cells, key=lambda cell: float(sizes[cell])) for cells in others if cells]
        if not more:
            return hidden
        flat[more] = True


def _sums(lines: Sequence[Line], values: Floats) -> list[_Rule]:
    """Return the sums between the lines that hold in the unrounded figures, and where a year begins as one ended."""
    at = {line.label: number for number, line in enumerate(lines)}
    width = values.shape[1]
    rules: list[_Rule] = []
    for number, line in enumerate(lines):
        for year in range(width):
            if line.adds:
                signs = [(at[text.removeprefix("-")], -1.0 if text.startswith("-") else 1.0) for text in line.adds]
                known = [(part, sign) for part, sign in signs if not np.isnan(values[part, year])]
                rules.append([*((part * width + year, sign) for part, sign in known), (number * width + year, -1.0)])
            if line.after and year:
                rules.append([(at[line.after] * width + year - 1, 1.0), (number * width + year, -1.0)])
    flat = values.ravel()
    return [rule for rule in rules if abs(sum(sign * flat[cell] for cell, sign in rule)) < _PENNY]


def _whole(values: Floats, rules: Sequence[_Rule]) -> Floats:
    """Return row × year in whole numbers that keep the rules; blanks stay blank."""
    flat = values.ravel()
    known = ~np.isnan(flat)
    if not known.any():
        return values
    rows = [(number, cell, sign) for number, rule in enumerate(rules) for cell, sign in rule]
    number, cell, sign = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0, int),) * 3
    matrix = sparse.csr_matrix((sign, (number, cell)), shape=(len(rules), len(flat)))
    found = np.full(len(flat), np.nan)
    found[known] = round_linked(flat[known], matrix[:, known])
    return found.reshape(values.shape)


def effects(layout: Layout, runs: Sequence[Run], years: Sequence[int]) -> tuple[FilledTable, ...]:
    """Return what each mitigation does to each figure the return asks for: from baseline to mitigated, adding up.

    Each mitigation alone against the baseline, then what they do together beyond that. None without a mitigated run.
    """
    end = runs[-1]
    if not layout.effects or len(runs) < 2 or end.scenario.changes == runs[0].scenario.changes:
        return ()
    found = runs_of(end.dataset, end.scenario, end.forecast.years[-1], end.forecast.method)
    return tuple(_effect(layout, table, _waterfall(found, table), years) for table in layout.effects)


def _waterfall(found: Mapping[str, Run], table: ReturnTable) -> Steps | None:
    try:
        return waterfall(found, table.measure)
    except UsageError:  # no total of that measure: the table stays blank and is listed
        return None


def _effect(layout: Layout, table: ReturnTable, found: Steps | None, years: Sequence[int]) -> FilledTable:
    columns = tuple(layout.column(year, table.year) for year in years)
    if found is None:
        return FilledTable(table, columns, (BASELINE_ROW, MITIGATED_ROW), np.full((1, 2, len(years)), np.nan),
                           tuple(years))  # fmt: skip
    steps = [found.start[0], *found.effects[:, 0], found.interaction[0], found.end[0]]
    rows = np.array([[dict(zip(found.years, step.tolist(), strict=True)).get(year, np.nan) for year in years]
                     for step in steps])  # fmt: skip
    cells = np.arange(rows.size).reshape(rows.shape)
    rules = [[*((int(cell), 1.0) for cell in column[:-1]), (int(column[-1]), -1.0)]
             for column, known in zip(cells.T, ~np.isnan(rows[0]), strict=True) if known]  # fmt: skip
    labels = (BASELINE_ROW, *found.names, INTERACTION_ROW, MITIGATED_ROW)
    return FilledTable(table, columns, labels, _whole(rows, rules)[None], tuple(years))
