"""A return filled from the counts: whole numbers that add up, and a list of what is missing or assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from forecasting.errors import UsageError
from forecasting.model.run import Run
from forecasting.outputs.returns.counts import Counts, counts
from forecasting.outputs.returns.layout import Layout, Line, ReturnTable, Selection
from forecasting.outputs.rounding import round_linked
from forecasting.values import Floats, Whole

UNKNOWN = "unknown"
Tie = tuple[list[int], list[int]]
Key = tuple[str, int]
_NOISE = 1e-6


@dataclass(frozen=True, eq=False)
class FilledTable:
    """One table of a return, filled.

    Attributes:
        table: its layout.
        columns: names of its years.
        labels: labels of its rows, the total last where it has one.
        values: variant × row × year; whole numbers, blank (NaN) where the data cannot fill them.
    """

    table: ReturnTable
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    values: Floats

    @property
    def cells(self) -> tuple[int, int]:
        """Return how many figures there are, and how many of them are blank."""
        return self.values.size, int(np.isnan(self.values).sum())


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
    """

    layout: Layout
    authority: str
    years: tuple[int, ...]
    last_actual: int
    tables: tuple[FilledTable, ...]
    missing: tuple[str, ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Year:
    """The figures of one measure and January: tables × lines, and what could not be known."""

    lines: dict[Key, float]
    totals: dict[str, float]
    unallocated: float
    assumed: frozenset[str]


def fill(layout: Layout, runs: Sequence[Run], *, allocate_unknown: bool = False) -> Filled:
    """Return a return filled from one run for each variant (the unmitigated first; one may serve for all).

    Args:
        layout: the layout.
        runs: forecasts in the order of `layout.variants`; the last stands for any further variant.
        allocate_unknown: whether children whose need is not recorded are shared out over the needs in proportion.

    Raises:
        UsageError: the dataset has a vocabulary of its own, which the return does not know.
    """
    first = runs[0]
    own = [name for name in ("needs", "settings") if first.dataset.has(name)]
    if own:
        raise UsageError(f"the dataset has its own {' and '.join(own)}, which a national return does not know; use the "
                         "standard codes, or map to them in the table mappings")  # fmt: skip
    last = first.dataset.base_year
    years = tuple(range(last + layout.start, last + layout.start + layout.count))
    variants = [runs[min(at, len(runs) - 1)] for at in range(len(layout.variants))]
    found = [[_measures(layout, run, year, allocate_unknown) for year in years] for run in variants]
    tables = tuple(_filled(layout, table, years, found) for table in layout.tables)
    everything = [part for variant in found for year in variant for part in year.values()]
    assumed = sorted({text for part in everything for text in part.assumed})
    left = max((part.unallocated for part in everything), default=0.0)
    if left > 0:
        assumed.append(
            f"Up to {left:,.0f} children a year whose need is not recorded stand in no row by need. They are allocated "
            "only when you accept that they share the needs of the others."
        )
    name = first.dataset.about("authority_name") or first.dataset.name
    return Filled(layout, name, years, last, tables, tuple(_missing(tables)), tuple(assumed))


def _measures(layout: Layout, run: Run, year: int, allocate: bool) -> dict[str, _Year]:
    measures = dict.fromkeys(table.measure for table in layout.tables)
    return {name: _year(layout, name, counts(run, name, year), allocate) for name in measures}


def _year(layout: Layout, measure: str, known: Counts, allocate: bool) -> _Year:
    frames = tuple(_shared_out(frame) if allocate else frame for frame in known.frames)
    known = replace(known, frames=frames)
    lines = {(table.id, at): line.selections
             for table in layout.tables if table.measure == measure for at, line in enumerate(table.lines)}  # fmt: skip
    assumed: set[str] = set()
    used: dict[Key, tuple[int, tuple[Selection, ...]]] = {}
    for key, selections in lines.items():
        answer = _answer(known, selections, assumed) if selections else None
        if answer is not None:
            used[key] = answer
    return _rounded(layout, known, used, frozenset(assumed), allocate)


def _answer(
    known: Counts, selections: tuple[Selection, ...], assumed: set[str]
) -> tuple[int, tuple[Selection, ...]] | None:
    at = known.frame_for(selections)
    if at is not None:
        return at, selections
    plain = tuple(replace(part, post_16=None) for part in selections if part.post_16 is not True)
    at = known.frame_for(plain) if plain and any(part.post_16 is not None for part in selections) else None
    if at is None:
        return None
    assumed.add(f"In January {known.year} the age of children in bases is not known; all of them stand with pupils "
                "before post-16.")  # fmt: skip
    return at, plain


def _shared_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a breakdown with children of unknown need shared over the known needs, within every other breakdown."""
    if "need" not in frame or not (frame["need"] == UNKNOWN).any():
        return frame
    others = [name for name in frame.columns if name not in ("need", "value")]
    groups = [frame[name] for name in others] or [pd.Series(0, index=frame.index)]
    known = frame["value"].where(frame["need"] != UNKNOWN, 0.0)
    whole = frame["value"].groupby(groups).transform("sum")
    part = known.groupby(groups).transform("sum")
    kept = frame["need"] != UNKNOWN
    return frame.assign(value=whole * (known / part).fillna(0.0)).loc[kept].reset_index(drop=True)


def _rounded(
    layout: Layout,
    known: Counts,
    used: dict[Key, tuple[int, tuple[Selection, ...]]],
    assumed: frozenset[str],
    allocate: bool,
) -> _Year:
    """Round cells, lines and totals together, so that every sum that is printed adds up."""
    cells = np.concatenate([np.zeros(0), *[frame["value"].to_numpy(np.float64) for frame in known.frames]])
    starts = np.cumsum([0, *[len(frame) for frame in known.frames]])
    parts = {key: starts[at] + _chosen(known.frames[at], selections) for key, (at, selections) in used.items()}
    parts = {key: chosen for key, chosen in parts.items() if not np.isnan(cells[chosen]).any()}
    totals = {table.id: [key for key in parts if key[0] == table.id] for table in layout.tables if table.total}
    whole = {name: keys for name, keys in totals.items() if len(keys) == _count(layout, name)}
    values, rules, order = _system(cells, list(parts.items()), whole, _ties(known.frames, starts))
    rounded = round_linked(values, rules) if len(values) else np.zeros(0)
    figures = dict(zip(order, rounded[len(cells) :].tolist(), strict=False))
    unknown = 0.0 if allocate else _unknown(known.frames)
    lines = {key: float(figures[key]) for key in parts}
    return _Year(lines, {name: float(figures[name, -1]) for name in whole}, unknown, assumed)


def _count(layout: Layout, table: str) -> int:
    return len(next(item for item in layout.tables if item.id == table).lines)


def _chosen(frame: pd.DataFrame, selections: tuple[Selection, ...]) -> Whole:
    mask = np.zeros(len(frame), dtype=bool)
    for selection in selections:
        part = np.ones(len(frame), dtype=bool)
        for name, allowed in selection.wanted.items():
            part &= frame[name].isin(allowed).to_numpy()
        mask |= part
    return np.flatnonzero(mask)


def _ties(frames: Sequence[pd.DataFrame], starts: Whole) -> list[tuple[list[int], list[int]]]:
    """Return pairs of sets of cells that must add up to the same: two breakdowns of the same children."""
    found = []
    for one in range(len(frames)):
        for other in range(one + 1, len(frames)):
            shared = [name for name in frames[one].columns if name in frames[other].columns and name != "value"]
            left, right = (_groups(frames[at], shared, int(starts[at])) for at in (one, other))
            found += [(left[key], right[key]) for key in left if key in right]
    return found


def _groups(frame: pd.DataFrame, by: list[str], start: int) -> dict[object, list[int]]:
    if not by:
        return {"": [start + at for at in range(len(frame))]}
    return {key: (np.asarray(rows) + start).tolist() for key, rows in frame.groupby(by).indices.items()}


def _system(
    cells: Floats,
    parts: list[tuple[Key, Whole]],
    totals: dict[str, list[Key]],
    ties: list[Tie],
) -> tuple[Floats, sparse.csr_matrix, list[Key]]:
    """Return figures (cells, lines, totals, common sums), the rules between them, and the order of the later ones."""
    values = list(np.nan_to_num(cells))
    rules: list[tuple[list[int], int]] = []
    order: list[Key] = []
    at = {}
    for key, chosen in parts:
        rules.append((chosen.tolist(), len(values)))
        at[key] = len(values)
        order.append(key)
        values.append(float(cells[chosen].sum()))
    for name, keys in totals.items():
        rules.append(([at[key] for key in keys], len(values)))
        order.append((name, -1))
        values.append(sum(values[at[key]] for key in keys))
    for left, right in ties:
        sums = cells[left].sum(), cells[right].sum()
        if not np.isnan(sums).any() and abs(sums[0] - sums[1]) <= _NOISE * max(1.0, abs(sums[0])):
            rules += [(left, len(values)), (right, len(values))]
            values.append(float(sums[0]))
    return np.array(values), _matrix(rules, len(values)), order


def _matrix(rules: list[tuple[list[int], int]], size: int) -> sparse.csr_matrix:
    rows = [number for number, (parts, _) in enumerate(rules) for _ in range(len(parts) + 1)]
    columns = [column for parts, total in rules for column in (*parts, total)]
    entries = [entry for parts, _ in rules for entry in (*[1.0] * len(parts), -1.0)]
    return sparse.csr_matrix((entries, (rows, columns)), shape=(len(rules), size))


def _unknown(frames: Sequence[pd.DataFrame]) -> float:
    known = [frame for frame in frames if "need" in frame]
    return float(known[0].loc[known[0]["need"] == UNKNOWN, "value"].sum()) if known else 0.0


def _filled(
    layout: Layout, table: ReturnTable, years: tuple[int, ...], found: list[list[dict[str, _Year]]]
) -> FilledTable:
    kept = years[: table.count or None]
    rows = len(table.lines) + bool(table.total)
    values = np.full((len(found), rows, len(kept)), np.nan)
    for variant, by_year in enumerate(found):
        for column in range(len(kept)):
            part = by_year[column][table.measure]
            for at in range(len(table.lines)):
                values[variant, at, column] = part.lines.get((table.id, at), np.nan)
            if table.total:
                values[variant, -1, column] = part.totals.get(table.id, np.nan)
    labels = (*(line.label for line in table.lines), *([table.total] if table.total else []))
    return FilledTable(table, tuple(layout.column(year) for year in kept), labels, values)


def _missing(tables: Sequence[FilledTable]) -> list[str]:
    found = []
    for filled in tables:
        blank = np.asarray(np.isnan(filled.values).any(axis=0))
        lines: tuple[Line, ...] = filled.table.lines
        lost = {tuple(np.flatnonzero(row)) for row in blank[: len(lines)]}
        if len(lost) == 1:
            found += (
                [f"Table {filled.table.id}, {filled.table.title}: {_when(filled, blank[0])}."] if blank[0].any() else []
            )
        else:
            found += [f"Table {filled.table.id}, {line.label}: {_when(filled, row)}."
                      for line, row in zip(lines, blank, strict=False) if row.any()]  # fmt: skip
    return found


def _when(filled: FilledTable, blank: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    if blank.all():
        return "the data give no such figures"
    return f"not known for {', '.join(name for name, gone in zip(filled.columns, blank, strict=True) if gone)}"
