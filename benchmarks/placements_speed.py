"""How fast children are placed and priced, and how close draws come to the best split; 40 local providers, ten years.

    python benchmarks/placements_speed.py [DRAWS]

Providers beyond those of the demonstration are halves of its largest schools, made here and for this alone.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.afresh import nothing_remembered, timed  # noqa: E402
from forecasting.inputs.dataset import Dataset  # noqa: E402
from forecasting.inputs.load import load  # noqa: E402
from forecasting.model import account, placements  # noqa: E402
from forecasting.model.job import Job  # noqa: E402
from forecasting.model.programme import programme  # noqa: E402
from forecasting.model.run import run  # noqa: E402
from forecasting.model.stock import Stock  # noqa: E402
from forecasting.model.waterfall import Edges, best, fill  # noqa: E402
from forecasting.scenario.from_dataset import baseline, dataset_scenarios  # noqa: E402
from forecasting.scenario.scenario import apply  # noqa: E402
from forecasting.values import Floats  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PROVIDERS = 40
SCATTER = 0.04  # standard deviation of a draw's plans per year and cell, on the log scale


def with_providers(dataset: Dataset, many: int) -> Dataset:
    """Return the dataset with its largest local providers split in halves until there are so many."""
    table = dataset.table("providers").copy()
    numbers = ["capacity", "commissioned", "on_roll", "on_roll_other_authorities"]
    while int(table["capacity"].notna().sum()) < many:
        largest = table["capacity"].idxmax()
        half = table.loc[[largest]].copy()
        half[numbers] = np.floor(half[numbers] / 2)
        table.loc[largest, numbers] = (table.loc[[largest], numbers] - half[numbers]).iloc[0]
        half["provider"] = f"{table.loc[largest, 'provider']} ({len(table)})"
        table = pd.concat([table, half], ignore_index=True)
    return Dataset({**dataset.tables, "providers": table}, dataset.sources)


def drawn(stock: Stock, draws: int) -> Stock:
    """Return a stock with draws scattered around its central run, wider every year; for speed alone."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0.0, SCATTER, (draws, *stock.plans.shape[1:]))
    steps[:, 0] = 0.0
    runs = stock.plans[:1] * np.exp(np.cumsum(steps, axis=1))
    return dataclasses.replace(stock, plans=np.concatenate([stock.plans[:1], runs]))


def gap(work: Callable[[], object]) -> Floats:
    """Return, for every 100th draw and every year, the share of children whom the best split would also have placed."""
    found: list[float] = []

    def seen(edges: Edges, pool: Floats, room: Floats, leading: Floats | None) -> Floats:
        placed = fill(edges, pool, room, leading)
        for at in range(0, pool.shape[1], 100):
            ideal = float(best(edges, pool[:, at], room[:, at], np.zeros(len(edges.group))).sum())
            found.append(1.0 - float(placed[:, at].sum()) / ideal if ideal > 0 else 0.0)
        return placed

    with nothing_remembered(), mock.patch.object(placements, "fill", seen):
        work()
    return np.array(found)


def main(draws: int) -> None:
    """Print the report."""
    dataset = with_providers(load([ROOT / "data" / "demonstration"]), PROVIDERS)
    scenario = dataset_scenarios(dataset)["mitigated"]
    assumptions = apply(baseline(dataset), scenario)
    done = run(dataset, scenario)
    assert done.placement is not None
    last = done.forecast.years[-1]
    plan = programme(dataset, assumptions, done.forecast.base_year, last)
    central = full_stock(done.placement.unmitigated)
    many = drawn(central, draws)
    local = sum(dataset.table("providers")["capacity"].notna())
    print(f"{local} local providers with places, {len(central.years)} Januaries, plans {many.plans.shape}")
    print(f"central run of the whole forecast: {timed(lambda: run(dataset, scenario)) * 1000:,.0f} ms")
    for name, stock, count in (("central run", central, 0), (f"central run and {draws} draws", many, draws)):
        where = placements.place(dataset, assumptions, stock, plan)
        placing = timed(lambda stock=stock: placements.place(dataset, assumptions, stock, plan))
        pricing = timed(lambda where=where, count=count: account.emit(
            Job(dataset, assumptions, done.forecast.years, count), where.mitigated, where.unmitigated))  # fmt: skip
        print(f"{name}: unmitigated and mitigated placed in {placing * 1000:,.0f} ms, priced with ranges in "
              f"{pricing * 1000:,.0f} ms")  # fmt: skip
    gaps = gap(lambda: placements.place(dataset, assumptions, many, plan))
    print(f"draws against the best split: {gaps.mean():.3%} fewer placed on average, {gaps.max():.2%} at worst")


def full_stock(found: placements.Allocation) -> Stock:
    """Return what was placed as a stock again: every kind of setting that the forecast of plans knows."""
    rates = np.broadcast_to(np.array([0.5, 0.24, 0.3, 0.4]), (len(found.years), 4))
    return Stock(found.years, found.needs, found.phases, found.settings, found.placed.sum(axis=5)[:1], rates.copy())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
