"""Breakdowns that a forecast does not give, made from the shares of the last January that has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.values import Floats

_ORDER = (("need", "setting"), ("setting", "nc_year"), ("setting", "age_band"), ("nc_year",), ("age_band",), ("need",))
_ROUNDS, _CLOSE, _SAME = 500, 1e-9, 1e-6
_SOMEBODY = 0.5  # of a child: fewer are rounded away


@dataclass(frozen=True, eq=False)
class Held:
    """One breakdown made from shares.

    Attributes:
        rows: its axes and `value`.
        by: its axes.
        borrowed: labels that the last January has nobody under; the shares of everybody stand in for theirs.
    """

    rows: pd.DataFrame
    by: tuple[str, ...]
    borrowed: tuple[str, ...]


def held(actual: Callable[[], Sequence[pd.DataFrame]], forecast: Sequence[pd.DataFrame]) -> list[Held]:
    """Return the breakdowns that only the last January has, scaled to what the forecast gives of their axes.

    With one axis in the forecast the shares along the other are held; with both, the table nearest to the last
    January's that agrees with the two is taken (iterative proportional fitting, Deming and Stephan, 1940); with neither
    the shares of the total are held. None is made where the forecast counts only some of the children in a breakdown.

    Args:
        actual: gives the breakdowns of the last January, columns as in counts, and `value`; asked only where needed.
        forecast: breakdowns of the January asked for.
    """
    wholes = [float(frame["value"].sum(skipna=False)) for frame in forecast]
    if not wholes or not np.allclose(wholes, wholes[-1], rtol=_SAME, atol=_SAME):
        return []
    found: list[Held] = []
    there = [{*frame.columns} for frame in forecast]
    for by in _ORDER:
        start = None if any({*by} <= columns for columns in there) else _by(actual(), by)
        if start is None or start.sum() <= 0:
            continue
        targets = {name: margin for name in by if (margin := _by(forecast, (name,))) is not None}
        start, borrowed = _seeded(start, targets)
        made = _fitted(start, targets) if targets else start * (wholes[-1] / start.sum())
        found.append(Held(made.rename("value").reset_index(), by, borrowed))
        there.append({*by, *(["age_band"] if "nc_year" in by else [])})
    return found


def _by(frames: Sequence[pd.DataFrame], by: tuple[str, ...]) -> pd.Series | None:
    """Return the values by some axes from the first breakdown that has them all and no blank."""
    able = (frame for frame in frames if {*by} <= {*frame.columns} and frame["value"].notna().all())
    frame = next(able, None)
    return None if frame is None else frame.groupby(list(by))["value"].sum()


def _seeded(start: pd.Series, targets: Mapping[str, pd.Series]) -> tuple[pd.Series, tuple[str, ...]]:
    """Return a start in which every label that the forecast has children under has shares, and who borrowed them."""
    borrowed: list[str] = []
    for name, target in targets.items():
        sums = start.groupby(level=name).sum()
        empty = [label for label in target.index[target > 0] if sums.get(label, 0.0) <= 0]
        borrowed += [str(label) for label in empty if target[label] >= _SOMEBODY]
        rest = [other for other in start.index.names if other != name]
        everybody = start.groupby(level=rest).sum()
        parts = [pd.concat({label: everybody}, names=[name]).reorder_levels(start.index.names) for label in empty]
        kept = start[~start.index.get_level_values(name).isin(empty)]
        start = pd.concat([kept, *parts])
    return start, tuple(borrowed)


def _fitted(start: pd.Series, targets: Mapping[str, pd.Series]) -> pd.Series:
    for _ in range(_ROUNDS):
        worst = 0.0
        for name, target in targets.items():
            sums = start.groupby(level=name).sum()
            wanted = target.reindex(sums.index, fill_value=0.0)
            worst = max(worst, float((wanted - sums).abs().max()))
            scale = pd.Series(np.divide(wanted, sums, out=np.zeros(len(sums)), where=(sums > 0).to_numpy()), sums.index)
            start = start * _along(scale, start, name)
        if len(targets) == 1 or worst <= _CLOSE * max(1.0, float(start.sum())):
            break
    return start


def _along(scale: pd.Series, cells: pd.Series, name: str) -> Floats:
    return scale.reindex(cells.index.get_level_values(name)).to_numpy(np.float64)
