"""How fast an allocation is priced and the account drawn up, on the demonstration authority over ten years.

    python benchmarks/costs_speed.py [DRAWS]

Prints the processor time of placing and pricing with draws, of both in a central run, and of the runs behind a
waterfall.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.afresh import timed  # noqa: E402
from forecasting.analysis.interventions import runs_of, waterfall  # noqa: E402
from forecasting.inputs.load import load  # noqa: E402
from forecasting.model import account  # noqa: E402
from forecasting.model.follow import follow  # noqa: E402
from forecasting.model.job import Job  # noqa: E402
from forecasting.model.placements import place  # noqa: E402
from forecasting.model.places import Demand, base_cells, needed, placed  # noqa: E402
from forecasting.model.run import run  # noqa: E402
from forecasting.scenario.assumptions import Assumptions  # noqa: E402
from forecasting.scenario.from_dataset import dataset_scenarios  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
SCATTER = 0.04  # standard deviation of a draw's plans in a year, on the log scale


def main(draws: int) -> None:
    """Print one line a figure."""
    dataset = load([ROOT / "data" / "demonstration"])
    mitigated = dataset_scenarios(dataset)["mitigated"]
    here = run(dataset, mitigated)
    assumptions: Assumptions = here.assumptions
    unmitigated = here.placement.unmitigated if here.placement else None
    assert unmitigated is not None
    cells, children = base_cells(dataset, assumptions)
    plans = np.array([here.forecast.value("ehc_plans", year) for year in unmitigated.years])
    demand = Demand(here.forecast.years, None, np.full(len(plans), np.nan), plans)
    need = needed(dataset, assumptions, demand, cells, children)
    found = placed(dataset, cells, children, need, here.programme, unmitigated.years)
    stock = follow(dataset, found)
    noise = np.exp(SCATTER * np.random.default_rng(1).standard_normal((draws + 1, len(stock.years), 1, 1, 1)))
    noise[0], noise[:, 0] = 1.0, 1.0
    many = dataclasses.replace(stock, plans=stock.plans * noise)
    for name, of, count in ((f"{draws:,} draws", many, draws), ("central run", stock, 0)):
        where = place(dataset, assumptions, of, here.programme)
        placing = timed(lambda of=of: place(dataset, assumptions, of, here.programme))
        pricing = timed(lambda where=where, count=count: account.emit(
            Job(dataset, assumptions, here.forecast.years, count), where.mitigated, where.unmitigated))  # fmt: skip
        print(f"{name}: places {placing:.3f} s, costs {pricing:.3f} s, together {placing + pricing:.3f} s")
    start = time.process_time()
    steps = waterfall(runs_of(dataset, mitigated), "high_needs_spend_gbp")
    print(f"waterfall of {len(steps.names)} measures: {time.process_time() - start:.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
