"""Placement cells: need × phase × setting × place, kept as rows because most combinations are empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.axes import Vocabulary
from forecasting.inputs.dataset import Dataset
from forecasting.periods import snapshot_year
from forecasting.values import Floats

UNKNOWN = "unknown"
COLUMNS = ("need", "phase", "setting", "place")
Shares = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells in use, with what adds them up into margins.

    Attributes:
        labels: one row a cell: need, phase, setting, place.
        needs: the needs in force, for the order of labels.
        settings: the settings in force, for the order of labels.
    """

    labels: pd.DataFrame
    needs: Vocabulary
    settings: Vocabulary

    @lru_cache(maxsize=64)  # noqa: B019 - cells live as long as their dataset
    def where(self, column: str, *values: str) -> Floats:
        """Return 1 for the cells whose label is one of the values, else 0; along cells."""
        return np.asarray(self.labels[column].isin(values), dtype=np.float64)

    @lru_cache(maxsize=64)  # noqa: B019
    def groups(self, *by: str) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], Floats]:
        """Return the labels of each breakdown, in order, and the cell × group matrix that adds cells up."""
        order = {"need": self.needs, "phase": axes.PHASES, "setting": self.settings, "place": axes.PLACES}
        names = [in_order(order[column], set(self.labels[column])) for column in by]
        used = [pd.Index(self.labels[column]) for column in by]
        at = [pd.Index(labels).get_indexer(cells) for cells, labels in zip(used, names, strict=True)]
        shape = tuple(len(labels) for labels in names)
        flat = np.ravel_multi_index(tuple(at), shape)
        return tuple(zip(by, names, strict=True)), np.eye(int(np.prod(shape)))[flat]

    def add_up(self, values: Floats, *by: str) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], Floats]:
        """Return labels and year × breakdowns from year × cell."""
        labels, matrix = self.groups(*by)
        return labels, (values @ matrix).reshape(len(values), *[len(names) for _, names in labels])

    def shares(self, weights: Floats, column: str) -> dict[str, float]:
        """Return the share of each label of a column, from weights along cells; all unknown when they are zero."""
        (labels,), matrix = self.groups(column)
        return proportions(dict(zip(labels[1], weights @ matrix, strict=True))) or {UNKNOWN: 1.0}


def in_order(vocabulary: Vocabulary, present: set[str]) -> tuple[str, ...]:
    """Return labels in the order of a vocabulary, then any others in alphabetical order."""
    return (*[code for code in vocabulary.names if code in present], *sorted(present - set(vocabulary.names)))


def proportions(values: Shares) -> dict[str, float]:
    """Return values scaled to add up to 1; empty when they add up to nothing."""
    whole = sum(values.values())
    return {key: value / whole for key, value in values.items()} if whole > 0 else {}


def spread(shares: Sequence[Shares], labels: Sequence[str]) -> Floats:
    """Return item × label: the share of each item that falls on each label."""
    rows = [[share.get(label, 0.0) for label in labels] for share in shares]
    return np.array(rows, dtype=np.float64).reshape(len(shares), len(labels))


@lru_cache(maxsize=64)
def snapshot(dataset: Dataset) -> int:
    """Return the January census year that placements and rolls describe; the base year when there are none."""
    years = [int(dataset.table("placements")["year"].max())] if dataset.has("placements") else []
    dates = pd.to_datetime(dataset.table("providers")["as_at"], errors="coerce").dropna()
    years += [max(snapshot_year(day.date()) for day in dates)] if len(dates) else []
    return max(years) if years else dataset.base_year


@lru_cache(maxsize=64)
def cells_at_snapshot(dataset: Dataset, special_needs: tuple[tuple[str, float], ...]) -> tuple[Cells, Floats]:
    """Return the cells and the children in each: table `placements`, and rolls for settings it does not cover.

    Args:
        dataset: checked tables.
        special_needs: share of each need in state-funded special schools, used where rolls carry no need.
    """
    table = dataset.table("placements")
    placed = table.loc[table["year"] == snapshot(dataset), [*COLUMNS, "placements"]]
    placed = placed.rename(columns={"placements": "children"}).replace({c: {"": UNKNOWN} for c in COLUMNS})
    covered = set(zip(placed["setting"], placed["place"], strict=True))
    rolls = _roll_cells(dataset, dict(special_needs))
    new = [pair not in covered for pair in zip(rolls["setting"], rolls["place"], strict=True)]
    cells = pd.concat([placed, rolls[np.array(new, dtype=bool)]], ignore_index=True)
    cells = cells.groupby(list(COLUMNS), sort=False)["children"].sum().reset_index()
    return Cells(cells[list(COLUMNS)], dataset.needs, dataset.settings), cells["children"].to_numpy(np.float64)


def _roll_cells(dataset: Dataset, special_needs: Shares) -> pd.DataFrame:
    rows = []
    for item in dataset.table("providers").to_dict("records"):
        if not item["on_roll"] > 0:
            continue
        phase, place = _phase_of_ages(item["min_age"], item["max_age"]), item["place"] or "in_borough"
        special = item["setting"] == "special_state" and special_needs
        split = special_needs if special else _designated(dataset, item["needs"])
        rows += [(need, phase, item["setting"], place, item["on_roll"] * share) for need, share in split.items()]
    return pd.DataFrame(rows, columns=[*COLUMNS, "children"])


def _phase_of_ages(youngest: float, oldest: float) -> str:
    for code, low, high in (
        ("early_years", 0, 4),
        ("primary", 3, 11),
        ("secondary", 11, 16),
        ("post_16", 16, 25),
    ):
        if youngest >= low and oldest <= high:
            return code
    return UNKNOWN


def _designated(dataset: Dataset, needs: str) -> Shares:
    words = [word for word in needs.split("|") if word] or [UNKNOWN]
    found: dict[str, float] = {}
    for word in words:
        for need, weight in mapped_needs(dataset, "providers", "needs", word).items():
            found[need] = found.get(need, 0.0) + weight / len(words)
    return found


@lru_cache(maxsize=1024)
def mapped_needs(dataset: Dataset, table: str, column: str, word: str) -> Shares:
    """Return the standard needs that a word stands for, with weights adding up to 1."""
    mappings = dataset.table("mappings")
    rows = mappings[(mappings["table"] == table) & (mappings["column"] == column) & (mappings["local_value"] == word)]
    if rows.empty:
        return {word or UNKNOWN: 1.0}
    return dict(zip(rows["standard_value"], rows["weight"].fillna(1.0), strict=True))
