"""Which figures a dataset cannot give, and the tables that they would need."""

from __future__ import annotations

from collections.abc import Collection

from forecasting.inputs.dataset import Dataset

_NEEDS = (
    ("pupils", "Pupils on roll", "pupils on roll in the base year (table pupils)"),
    ("placements", "Where children are placed", "the table placements, or providers"),
    ("spare_places", "Places, spare places and who lacks a place", "the table providers, with capacities"),
    ("cost_gbp", "Costs, balances and savings", "the table budget, and unit_costs for methods that price each child"),
    ("programme_places", "What projects change", "the table projects"),
    ("programme_capital_gbp", "Capital and payback of the projects", "the table project_capital"),
)  # fmt: skip


def gaps(dataset: Dataset, measures: Collection[str]) -> tuple[str, ...]:
    """Return a sentence for each group of figures that a forecast lacks.

    Args:
        dataset: checked tables.
        measures: words of the measures that the forecast has.
    """
    given = set(measures)
    if not dataset.has("project_capital"):
        given.discard("programme_capital_gbp")
    if "programme_places" not in given:
        given.add("programme_capital_gbp")  # without projects there is nothing to price
    return tuple(
        f"{what} cannot be given: the dataset lacks {table}." for measure, what, table in _NEEDS if measure not in given
    )
