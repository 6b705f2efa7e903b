"""A small authority said outright: providers, projects, a stock of plans. For tests of placements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.schema import BY_NAME, NUMERIC
from forecasting.model.placements import Placement, place
from forecasting.model.programme import programme
from forecasting.model.stock import Stock
from forecasting.scenario.from_dataset import baseline
from forecasting.scenario.scenario import Change, Scenario, apply

Rows = Sequence[dict[str, object]]
FIRST = 2026


def table(name: str, rows: Rows) -> pd.DataFrame:
    """Return a checked table: every column of the schema, blank where a row does not say."""
    frame = pd.DataFrame([dict(row) for row in rows], columns=list(BY_NAME[name].names))
    for column in BY_NAME[name].columns:
        empty = np.nan if column.kind in NUMERIC else ""
        frame[column.name] = frame[column.name].astype(object).where(frame[column.name].notna(), empty)
        if column.kind in NUMERIC:
            frame[column.name] = frame[column.name].astype("float64")
    return frame


def authority(providers: Rows, placements: Rows = (), projects: Rows = ()) -> Dataset:
    """Return a dataset of these tables; the first year is 2026."""
    tables = {
        "about": table("about", [{"key": "base_year", "value": str(FIRST)}]),
        "providers": table("providers", [{"place": "in_borough", **row} for row in providers]),
        "placements": table("placements", [{"year": FIRST, **row} for row in placements]),
        "projects": table("projects", projects),
    }
    return Dataset(tables)


def stock(
    plans: dict[tuple[str, str, str], Sequence[float]], arriving: float | Sequence[float] = 0.25, runs: int = 1
) -> Stock:
    """Return a stock from (need, phase, setting) → children in each year."""
    labels = [tuple(dict.fromkeys(key[at] for key in plans)) for at in range(3)]
    years = len(next(iter(plans.values())))
    array = np.zeros((runs, years, *[len(names) for names in labels]))
    for key, children in plans.items():
        cell = tuple(names.index(word) for names, word in zip(labels, key, strict=True))
        array[(slice(None), slice(None), *cell)] = children
    new = np.broadcast_to(np.asarray(arriving, dtype=np.float64), (years, len(labels[1]))).copy()
    return Stock(tuple(range(FIRST, FIRST + years)), labels[0], labels[1], labels[2], array, new)


def placed(dataset: Dataset, children: Stock, **levers: float | str) -> Placement:
    """Return the placements under the neutral assumptions with these levers changed."""
    changes = [Change(name, value) for name, value in levers.items()]
    assumptions = apply(baseline(dataset), Scenario("test", tuple(changes)))
    plan = programme(dataset, assumptions, children.years[0], children.years[-1])
    return place(dataset, assumptions, children, plan)
