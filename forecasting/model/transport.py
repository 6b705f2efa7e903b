"""What it costs to carry children to where they are placed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.uncertain import drawn, price_index
from forecasting.model.volumes import FEW, Volumes
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats


def transport(dataset: Dataset, assumptions: Assumptions, many: Volumes, allocation: Allocation, seed: int) -> Floats:
    """Return run × year × setting; £ of transport: children × what a child placed there costs in the first year."""
    index = price_index(assumptions, "transport_price_change", allocation.years, len(many.pre), seed)
    if dataset.has("transport"):
        each = carried(dataset, many, allocation)
        return np.asarray(np.einsum("rysl,sl->rys", many.by_place, each) * index[..., None])
    specialist = np.array([float(is_specialist(code)) for code in allocation.settings])
    share, cost = (drawn(assumptions, lever, allocation.years, len(many.pre), seed)
                     for lever in ("transport_carried_share", "transport_gbp_per_child"))  # fmt: skip
    return np.asarray((many.pre + many.post) * specialist * (share * cost * index)[..., None])


def carried(dataset: Dataset, many: Volumes, allocation: Allocation) -> Floats:
    """Return setting × place; £ of transport in the first year for each child placed there, carried or not."""
    gbp = _transport_budget(dataset, allocation.settings, allocation.places)
    children = many.by_place[0, 0]
    return np.asarray(np.divide(gbp, children, out=np.zeros_like(gbp), where=children > FEW))


@lru_cache(maxsize=64)
def _transport_budget(dataset: Dataset, settings: tuple[str, ...], places: tuple[str, ...]) -> Floats:
    """Return setting × place; £ a year of transport in the table."""
    table = dataset.table("transport")
    paid = (table["children"] * table["gbp_per_child_year"]).groupby([table["setting"], table["place"]]).sum()
    grid = pd.MultiIndex.from_product([list(settings), list(places)])
    return np.asarray(paid.reindex(grid, fill_value=0.0).to_numpy(np.float64).reshape(len(settings), -1))


def is_specialist(code: str) -> bool:
    """Return whether the vocabulary counts a kind of setting as specialist."""
    found = axes.SETTINGS.find(code)
    return found is not None and found["specialist"] == "1"
