"""Groups of children to be placed: need × phase × kind of setting, and the share of each placed in the borough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.cells import UNKNOWN, cells_at_snapshot
from forecasting.model.stock import Stock
from forecasting.values import Floats, Whole

_COLUMNS = ["need", "phase", "setting", "place", "children"]
_OUT = "out_of_borough"


@dataclass(frozen=True, eq=False)
class Groups:
    """Children who need the same: every array is along groups.

    Attributes:
        need: index of the need.
        phase: index of the phase.
        setting: index of the kind of setting needed.
        share: share of the cell of the stock (need × phase × setting) that the group is.
        local: True for children who need a place in the borough, False for those placed out of it by today's shares.
    """

    need: Whole
    phase: Whole
    setting: Whole
    share: Floats
    local: np.typing.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.need)

    def children(self, stock: Stock, at: int, runs: slice) -> Floats:
        """Return group × run: children of each group in year `at`, for the runs asked for."""
        found = stock.plans[runs, at, self.need, self.phase, self.setting] * self.share
        return np.ascontiguousarray(found.T)


def groups(stock: Stock, local: Floats, limited: list[bool], returning: Floats) -> Groups:
    """Return the groups in use: local ones in settings with limited places, outside ones who may be brought back.

    Args:
        stock: plans.
        local: need × phase × setting; share placed in the borough.
        limited: setting; whether its places in the borough are limited.
        returning: need × phase × setting; not zero where new places may bring children back.
    """
    used = stock.plans.max(axis=(0, 1)) > 0
    inside = used & (local > 0) & np.array(limited)
    outside = used & (local < 1) & (returning > 0)
    at = np.concatenate([np.argwhere(inside), np.argwhere(outside)])
    home = np.arange(len(at)) < int(inside.sum())
    share = local[tuple(at.T)]
    return Groups(at[:, 0], at[:, 1], at[:, 2], np.where(home, share, 1.0 - share), home)


@lru_cache(maxsize=64)
def local_shares(
    dataset: Dataset, needs: tuple[str, ...], phases: tuple[str, ...], settings: tuple[str, ...]
) -> Floats:
    """Return need × phase × setting: share of the children who are placed in the borough today.

    Each kind of setting takes the first table that knows its places: plans by place (ehc_plans), moves, placements
    and rolls. A cell without children takes the share of its setting; a setting without places is in the borough.
    """
    result = np.ones((len(needs), len(phases), len(settings)))
    done: set[str] = set()
    for frame in _known_places(dataset):
        for setting in set(frame["setting"]) - done:
            if setting not in settings:
                continue
            rows = frame[frame["setting"] == setting]
            result[:, :, settings.index(setting)] = _shares(rows, needs, phases)
            done.add(setting)
    return result


def _shares(rows: pd.DataFrame, needs: tuple[str, ...], phases: tuple[str, ...]) -> Floats:
    out = (rows["place"] == _OUT).to_numpy(bool)
    children = rows["children"].to_numpy(np.float64)
    whole = float(1.0 - children[out].sum() / children.sum()) if children.sum() > 0 else 1.0
    table = rows.assign(out=np.where(out, children, 0.0)).groupby(["need", "phase"])[["children", "out"]].sum()
    table = table.reindex(pd.MultiIndex.from_product([needs, phases]), fill_value=0.0)
    sums, away = table["children"].to_numpy(np.float64), table["out"].to_numpy(np.float64)
    known = np.divide(away, sums, out=np.full_like(sums, 1.0 - whole), where=sums > 0)
    return np.asarray((1.0 - known).reshape(len(needs), len(phases)))


def _known_places(dataset: Dataset) -> Iterator[pd.DataFrame]:
    plans = dataset.table("ehc_plans")
    filled = plans[(plans["setting"] != "") & (plans["place"] != "")]
    latest = filled[filled["year"] == filled["year"].max()]
    yield latest.assign(phase=UNKNOWN, children=latest["plans"])[_COLUMNS]
    moves = dataset.table("plan_moves")
    last = moves[(moves["census_year"] == moves["census_year"].max()) & (moves["next_place"] != "")]
    later = last[["next_need", "next_setting", "next_place"]].rename(columns=lambda name: name.removeprefix("next_"))
    yield later.assign(phase=phase_of(last["next_nc_year"]), children=last["people"])[_COLUMNS]
    cells, children = cells_at_snapshot(dataset, ())
    yield cells.labels.assign(children=children)[_COLUMNS]


def phase_of(nc_years: pd.Series) -> list[str]:
    """Return the phase of each NC year; years beyond the phases belong to the outer ones, blank is unknown."""
    first = np.array([int(code["first_nc_year"]) for code in axes.PHASES.codes])
    known = pd.to_numeric(nc_years, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    at = np.clip(np.searchsorted(first, np.nan_to_num(known), side="right") - 1, 0, None)
    return [UNKNOWN if missing else axes.PHASES.names[k] for k, missing in zip(at, np.isnan(known), strict=True)]
