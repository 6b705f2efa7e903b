"""Which category of a national return each placement counts in: data/returns/categories.csv, for councils to correct.

Each return has its own mapping: non-maintained special schools are state-funded special in SCAP, independent elsewhere.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from forecasting.axes import DATA
from forecasting.errors import UsageError
from forecasting.values import Floats

OUTSIDE = "(outside this table)"


@lru_cache(maxsize=1)
def _rows() -> dict[str, dict[tuple[str, str], str]]:
    """Return return → (setting, phase; blank = all phases) → category, in the order of the file."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    with (DATA / "returns" / "categories.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault(row["return"], {})[row["setting"], row["phase"]] = row["category"]
    return found


def returns() -> tuple[str, ...]:
    """Return the names of the tables of returns that placements can fill."""
    return tuple(_rows())


def categories(name: str) -> tuple[str, ...]:
    """Return the categories of a table, in the order of the file; those outside it count too, so nothing is lost."""
    return tuple(dict.fromkeys(_rows()[name].values()))


def to_categories(name: str, phases: Sequence[str], settings: Sequence[str]) -> Floats:
    """Return phase × setting × category: 1 at the one category in which the placement counts, 0 elsewhere.

    Need and place do not bear on it: children count as residents, wherever they are placed.

    Raises:
        UsageError: a kind of setting has no category; a vocabulary of the dataset's own cannot fill a return.
    """
    rows, order = _rows()[name], categories(name)
    lost = [setting for setting in settings if (setting, "") not in rows]
    if lost:
        raise UsageError(
            f"the return {name} has no category for {', '.join(lost)}; allowed: the standard settings; "
            "add a row to data/returns/categories.csv or map the setting to a standard one"
        )
    at = [[order.index(rows.get((setting, phase), rows[setting, ""])) for setting in settings] for phase in phases]
    return np.asarray(np.eye(len(order))[np.array(at, dtype=np.int64)])
