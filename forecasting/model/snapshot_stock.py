"""A stock of plans from the placements of the snapshot alone, for methods that know no plans by setting.

The mix of needs, phases and settings is that of the snapshot; only the number of children grows.
"""

from __future__ import annotations

import numpy as np

from forecasting import axes
from forecasting.model.places import Placed
from forecasting.model.stock import Stock
from forecasting.values import Floats


def snapshot_stock(found: Placed, ratio: Floats | None = None) -> Stock:
    """Return the children of the snapshot in every year, were nothing built.

    Args:
        found: children by cell and year (`unmitigated` is used).
        ratio: run × year; a run's plans ÷ the central run's, first run 1; None = the central run alone.
    """
    labels = [(axis, tuple(names)) for axis, names in _axes(found)]
    shape = tuple(len(names) for _, names in labels)
    flat = np.ravel_multi_index(tuple(np.array(_index(found, axis, names)) for axis, names in labels), shape)
    cells = np.zeros((int(np.prod(shape)), len(found.years)))
    np.add.at(cells, flat, found.unmitigated.T)
    central = cells.T.reshape(len(found.years), *shape)
    runs = np.ones((1, len(found.years))) if ratio is None else ratio
    (_, needs), (_, phases), (_, settings) = labels
    arriving = np.tile([_arriving(phase) for phase in phases], (len(found.years), 1))
    return Stock(found.years, needs, phases, settings, runs[:, :, None, None, None] * central, arriving)


def _axes(found: Placed) -> list[tuple[str, tuple[str, ...]]]:
    groups = [found.cells.groups(axis)[0][0] for axis in ("need", "phase", "setting")]
    return [(axis, tuple(str(name) for name in names)) for axis, names in groups]


def _index(found: Placed, axis: str, names: tuple[str, ...]) -> list[int]:
    return [names.index(str(label)) for label in found.cells.labels[axis]]


def _arriving(phase: str) -> float:
    """Return the share of a phase who are in its first year: one in as many as it has years (unknown: the mean)."""
    codes = [code for code in axes.PHASES.codes if code.code == phase] or list(axes.PHASES.codes)
    years = [int(code["last_nc_year"]) - int(code["first_nc_year"]) + 1 for code in codes]
    return len(years) / sum(years)
