"""The figures of returns in one January: whole numbers that add up over every table, and which of them are withheld."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from forecasting.outputs.disclosure import Mask, Policy, Sums, small, withheld
from forecasting.outputs.returns.counts import OPEN, Counts
from forecasting.outputs.returns.layout import ReturnTable, Selection
from forecasting.outputs.rounding import round_linked
from forecasting.values import Floats, Whole

UNKNOWN = "unknown"
TOTAL = -1
Key = tuple[str, str, int]  # return, table, line (or TOTAL)
Tables = Sequence[tuple[str, ReturnTable]]
_Tie = tuple[list[int], list[int]]
_Used = dict[Key, tuple[int, tuple[Selection, ...]]]
_NOISE = 1e-6


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of one measure and January.

    Attributes:
        known: line or total → its whole number; what cannot be known is not there.
        withheld: those that are withheld as small, or to protect small ones.
        unallocated: children whose need is not recorded, where they stand in no row by need.
        assumed: what was assumed.
        order: what the rounded figures are, and the figures themselves, for a rounding that stays near this one.
        before: those that are withheld because they were in the last January.
        unplaced: children whose setting is not recorded, who stand with those in other settings.
    """

    known: dict[Key, float]
    withheld: frozenset[Key]
    unallocated: float
    assumed: frozenset[str]
    order: tuple[tuple[Key, ...], Whole]
    before: frozenset[Key] = frozenset()
    unplaced: float = 0.0

    @property
    def hidden(self) -> frozenset[Key]:
        """Return the lines and totals that are not to be printed."""
        return self.withheld | self.before


def figures(
    tables: Tables, known: Counts, allocate: bool, policy: Policy, like: Figures | None = None,
    before: frozenset[Key] = frozenset(),
) -> Figures:  # fmt: skip
    """Return the figures of every table of one measure and January.

    Args:
        tables: return and table; those of all returns together, so that one does not give away what another withholds.
        known: the counts.
        allocate: whether children whose need is not recorded share the needs of the others.
        policy: what is done about small numbers.
        like: the same figures of another variant; where figures can be rounded either way they go its way, and what
            it withholds is withheld, so that the one side does not show what the other hides.
        before: lines withheld in the last January, where its shares or rates are held: who knows the growth of a line
            would find out what it was then.
    """
    asked = {(code, table.id, at): recorded(line.selections, known.recorded)
             for code, table in tables for at, line in enumerate(table.lines)}  # fmt: skip
    lines = {key: selections for key, selections in asked.items() if selections}
    ready = {(code, table.id): table.shares or table.rates > 0 for code, table in tables}
    known = replace(known, frames=tuple(_shared_out(frame) if allocate else frame for frame in known.frames))
    known = _with_needs_by_age(known, lines.values())
    assumed: set[str] = set()
    used: _Used = {}
    for key, selections in lines.items():
        answer = _answer(known, selections, ready[key[:2]], assumed)
        if answer is not None:
            used[key] = answer
    unknown = 0.0 if allocate else _unknown(known.frames)
    found = _rounded(tables, known, used, frozenset(assumed), unknown, policy, like, before)
    return replace(found, before=before & set(found.known), unplaced=_unknown(known.frames, "setting"))


def recorded(selections: tuple[Selection, ...], settings: frozenset[str]) -> tuple[Selection, ...]:
    """Return the selections that ask for all settings or for one that is recorded; of others nothing is known."""
    return tuple(part for part in selections if not part.settings or settings & {*part.settings})


def _answer(
    known: Counts, selections: tuple[Selection, ...], assume: bool, assumed: set[str]
) -> tuple[int, tuple[Selection, ...]] | None:
    at = known.frame_for(selections, assume)
    plain = selections
    if at is None:
        plain = tuple(replace(part, post_16=None) for part in selections if part.post_16 is not True)
        split = any(part.post_16 is not None for part in selections)
        at = known.frame_for(plain, assume) if plain and split else None
        if at is None:
            return None
        assumed.add("the age of children in bases is not known; all of them stand with pupils before post-16")
    assumed.update(known.notes[at])
    return at, plain


def _shared_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a breakdown with children of unknown need shared over the known needs, within every other breakdown."""
    if "need" not in frame or not (frame["need"] == UNKNOWN).any():
        return frame
    others = [name for name in frame.columns if name not in ("need", "value", OPEN)]
    groups = [frame[name] for name in others] or [pd.Series(0, index=frame.index)]
    known = frame["value"].where(frame["need"] != UNKNOWN, 0.0)
    whole = frame["value"].groupby(groups).transform("sum")
    part = known.groupby(groups).transform("sum").to_numpy()
    shares = np.divide(known.to_numpy(), part, out=np.zeros(len(frame)), where=part > 0)
    kept = frame["need"] != UNKNOWN
    return frame.assign(value=whole * shares, **{OPEN: False}).loc[kept].reset_index(drop=True)


def _with_needs_by_age(known: Counts, lines: Iterable[tuple[Selection, ...]]) -> Counts:
    """Return the breakdowns with needs by setting and side of post-16, made where a line asks for it and none has it.

    The needs of the children of a setting are taken to be the same on both sides of post-16.
    """
    frames = known.frames
    wanted = {"need", "setting", "post_16"}
    split = {setting for parts in lines if any("need" in part.wanted for part in parts)
             for part in parts if part.post_16 is not None for setting in part.settings}  # fmt: skip
    needs = next((frame for frame in frames if {"need", "setting"} <= set(frame.columns)), None)
    ages = next((frame for frame in frames if {"setting", "post_16"} <= set(frame.columns)), None)
    if not split or needs is None or ages is None or any(wanted <= set(frame.columns) for frame in frames):
        return known
    by_age = ages.pivot_table(index="setting", columns="post_16", values="value", aggfunc="sum").reindex(
        columns=[False, True], fill_value=0.0
    )
    old = (by_age[True] / by_age.sum(axis=1).where(lambda total: total > 0)).reindex(needs["setting"]).to_numpy()
    old = np.where(np.isnan(old), 0.0, old)
    parts = [needs.assign(post_16=side, value=needs["value"] * share, **{OPEN: False})
             for side, share in ((False, 1.0 - old), (True, old))]  # fmt: skip
    made = pd.concat(parts, ignore_index=True)
    told = [text for frame, note in zip(frames, known.notes, strict=True) if frame is needs or frame is ages
            for text in note]  # fmt: skip
    if by_age[True].reindex(sorted(split)).sum() > 0:
        told.append("the needs of post-16 pupils in bases are taken to be those of all pupils in bases")
    return replace(known, frames=(*frames, made), notes=(*known.notes, tuple(told)))


def _rounded(
    tables: Tables, known: Counts, used: _Used, assumed: frozenset[str], unknown: float, policy: Policy,
    like: Figures | None, before: frozenset[Key],
) -> Figures:  # fmt: skip
    """Round cells, lines and totals together, so that every sum that is printed adds up; then withhold."""
    cells = np.concatenate([np.zeros(0), *[frame["value"].to_numpy(np.float64) for frame in known.frames]])
    starts = np.cumsum([0, *[len(frame) for frame in known.frames]])
    rows = [(masks(frame), len(frame)) for frame in known.frames]
    parts = {key: starts[at] + chosen(rows[at][0], asked, rows[at][1]) for key, (at, asked) in used.items()}
    parts = {key: mine for key, mine in parts.items() if not np.isnan(cells[mine]).any()}
    found = {(code, table.id, TOTAL): [key for key in parts if key[:2] == (code, table.id)]
             for code, table in tables if table.total}  # fmt: skip
    sizes = {(code, table.id, TOTAL): len(table.lines) for code, table in tables}
    totals = {name: keys for name, keys in found.items() if len(keys) == sizes[name]}
    values, rules, order = _system(cells, list(parts.items()), totals, _ties(known.frames, starts))
    if not len(values):
        return Figures({}, frozenset(), unknown, assumed, ((), np.zeros(0, dtype=np.int64)))
    near = like.order[1] if like and like.order[0] == order and len(like.order[1]) == len(values) else None
    unit = policy.base if policy.form == "round" else 1
    whole = unit * round_linked(values / unit, rules, None if near is None else near // unit)
    named = slice(len(cells), len(cells) + len(order))
    also = np.zeros(len(values), dtype=bool)
    also[named] = [key in before or (like is not None and key in like.withheld) for key in order]
    hidden = _withheld(Sums(whole.astype(np.float64), rules), known.frames, also, len(order), policy)[named]
    return Figures(
        dict(zip(order, whole[named].astype(np.float64).tolist(), strict=True)),
        frozenset(key for key, gone in zip(order, hidden, strict=True) if gone), unknown, assumed, (order, whole),
    )  # fmt: skip


def _withheld(sums: Sums, frames: Sequence[pd.DataFrame], also: Mask, named: int, policy: Policy) -> Mask:
    """Return along figures whether it is withheld; cells that other exports print are known to the reader."""
    if policy.form != "withhold":
        return np.zeros(len(sums.values), dtype=bool)
    none = np.zeros(0, dtype=bool)
    printed = np.concatenate([none, *[frame[OPEN].to_numpy(dtype=bool) for frame in frames]])
    exported = np.concatenate([none, *[np.full(len(frame), frame[OPEN].any()) for frame in frames]])
    rest = len(sums.values) - len(printed) - named
    fixed = np.concatenate([printed, np.zeros(named + rest, dtype=bool)])
    few = small(sums, policy)[: len(printed)]  # withheld by the forecast table, and not to be given away here
    secret = np.concatenate([~printed & ~(exported & few), np.zeros(named, dtype=bool), np.ones(rest, dtype=bool)])
    return withheld(sums, policy, secret=secret, fixed=fixed, also=also)


_Masks = dict[str, dict[object, Mask]]


def masks(frame: pd.DataFrame) -> _Masks:
    """Return along the rows of a breakdown, by column and word, whether a row has the word."""
    found: _Masks = {}
    for name in frame.columns.difference(["value", OPEN]):
        codes, words = pd.factorize(frame[name])
        found[name] = {word: np.asarray(codes == at) for at, word in enumerate(words.tolist())}
    return found


def chosen(rows: _Masks, selections: tuple[Selection, ...], size: int) -> Whole:
    """Return the rows of a breakdown that some selections count.

    Args:
        rows: masks of the breakdown.
        selections: what is counted.
        size: number of its rows.
    """
    none, mask = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for selection in selections:
        part = np.ones(size, dtype=bool)
        for name, allowed in selection.wanted.items():
            part &= np.logical_or.reduce([rows[name].get(word, none) for word in allowed])
        mask |= part
    return np.flatnonzero(mask)


def _ties(frames: Sequence[pd.DataFrame], starts: Whole) -> list[_Tie]:
    """Return pairs of sets of cells that must add up to the same: two breakdowns of the same children."""
    found = []
    for one in range(len(frames)):
        for other in range(one + 1, len(frames)):
            shared = [name for name in frames[one].columns if name in frames[other] and name not in ("value", OPEN)]
            left, right = (_groups(frames[at], shared, int(starts[at])) for at in (one, other))
            found += [(left[key], right[key]) for key in left if key in right]
    return found


def _groups(frame: pd.DataFrame, by: list[str], start: int) -> dict[object, list[int]]:
    if not by:
        return {"": [start + at for at in range(len(frame))]}
    return {key: (np.asarray(rows) + start).tolist() for key, rows in frame.groupby(by).indices.items()}


def _system(
    cells: Floats, parts: list[tuple[Key, Whole]], totals: dict[Key, list[Key]], ties: list[_Tie]
) -> tuple[Floats, sparse.csr_matrix, tuple[Key, ...]]:
    """Return figures (cells, lines, totals, common sums), the rules between them, and the names of lines and totals."""
    values = list(np.nan_to_num(cells))
    rules: list[tuple[list[int], int]] = []
    at = {}
    for key, chosen in parts:
        rules.append((chosen.tolist(), len(values)))
        at[key] = len(values)
        values.append(float(cells[chosen].sum()))
    for keys in totals.values():
        rules.append(([at[key] for key in keys], len(values)))
        values.append(sum(values[at[key]] for key in keys))
    for left, right in ties:
        sums = cells[left].sum(), cells[right].sum()
        if not np.isnan(sums).any() and abs(sums[0] - sums[1]) <= _NOISE * max(1.0, abs(sums[0])):
            rules += [(left, len(values)), (right, len(values))]
            values.append(float(sums[0]))
    return np.array(values), _matrix(rules, len(values)), (*(key for key, _ in parts), *totals)


def _matrix(rules: list[tuple[list[int], int]], size: int) -> sparse.csr_matrix:
    rows = [number for number, (parts, _) in enumerate(rules) for _ in range(len(parts) + 1)]
    columns = [column for parts, total in rules for column in (*parts, total)]
    entries = [entry for parts, _ in rules for entry in (*[1.0] * len(parts), -1.0)]
    return sparse.csr_matrix((entries, (rows, columns)), shape=(len(rules), size))


def _unknown(frames: Sequence[pd.DataFrame], axis: str = "need") -> float:
    known = [frame for frame in frames if axis in frame]
    return float(known[0].loc[known[0][axis] == UNKNOWN, "value"].sum()) if known else 0.0
