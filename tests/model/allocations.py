"""Allocations made up for tests of costs: where children are, said outright instead of solved for."""

from __future__ import annotations

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.cells import snapshot
from forecasting.values import Floats


def snapshot_allocation(
    dataset: Dataset, years: int = 4, growth: float = 0.03, runs: int = 1, outside: float = 1.0
) -> Allocation:
    """Place the children of the snapshot, growing by a share a year; draws differ by a few per cent.

    `outside` scales the children out of the borough from the second year on; the rest of them come home to
    state-funded special schools.
    """
    table = dataset.table("placements")
    table = table.loc[table["year"] == snapshot(dataset)].replace({"need": {"": "unknown"}, "phase": {"": "unknown"}})
    needs, phases = (tuple(sorted(set(table[name]))) for name in ("need", "phase"))
    settings = tuple(code for code in axes.SETTINGS.names if code in {*table["setting"], "special_state"})
    labels = (needs, phases, settings, axes.PLACES.names)
    start = np.zeros(tuple(len(x) for x in labels))
    at = tuple([names.index(code) for code in table[axis]]
               for axis, names in zip(("need", "phase", "setting", "place"), labels, strict=True))  # fmt: skip
    np.add.at(start, at, table["placements"].to_numpy(np.float64))
    placed = start * (1.0 + growth) ** np.arange(years).reshape(-1, 1, 1, 1, 1)
    _bring_home(placed, settings, outside)
    noise = 1.0 + 0.02 * np.random.default_rng(3).standard_normal((runs, 1, 1, 1, 1, 1))
    noise[0] = 1.0
    noise = np.where(np.arange(years).reshape(1, -1, 1, 1, 1, 1) == 0, 1.0, noise)
    return _with_providers(dataset, tuple(range(snapshot(dataset), snapshot(dataset) + years)), labels, placed * noise)


def _bring_home(placed: Floats, settings: tuple[str, ...], outside: float) -> None:
    home, away = axes.PLACES.names.index("in_borough"), axes.PLACES.names.index("out_of_borough")
    leaving = placed[1:, ..., away] * (1.0 - outside)
    placed[1:, ..., away] -= leaving
    placed[1:, :, :, settings.index("special_state"), home] += leaving.sum(axis=3)


def _with_providers(
    dataset: Dataset, years: tuple[int, ...], labels: tuple[tuple[str, ...], ...], placed: Floats
) -> Allocation:
    rows = dataset.table("providers")
    rows = rows.loc[rows["capacity"].notna() & rows["place"].eq("in_borough") & rows["setting"].isin(labels[2])]
    guests = np.tile(rows["on_roll_other_authorities"].fillna(0.0).to_numpy(np.float64), (len(years), 1))
    home = placed[..., axes.PLACES.names.index("in_borough")].sum(axis=(2, 3))
    at = [labels[2].index(code) for code in rows["setting"]]
    weight = rows["on_roll"].to_numpy(np.float64)
    share = weight / np.array([weight[rows["setting"].eq(code)].sum() for code in rows["setting"]])
    places = np.tile(rows["capacity"].to_numpy(np.float64), (len(years), 1))
    commissioned = np.tile(rows["commissioned"].to_numpy(np.float64), (len(years), 1))
    waiting = np.zeros(placed.shape[:4])
    return Allocation(years, *labels, tuple(rows["provider"]), placed, waiting, home[:, :, at] * share,
                      guests, places * 1.05, places, commissioned)  # fmt: skip
