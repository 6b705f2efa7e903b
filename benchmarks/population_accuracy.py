"""Accuracy of every method on synthetic authorities, the oracle beside.

Run by hand: python benchmarks/population_accuracy.py --authorities 100 --origins 2018 2020 2022
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from multiprocessing import Pool

import numpy as np
import pandas as pd

from forecasting.analysis.pupil_backtest import FITTERS, accuracy, backtest_synthetic
from forecasting.analysis.synthetic_pupils import synthetic_authority
from forecasting.analysis.synthetic_world import SyntheticAuthority


def one(index: int, seed: int, origins: list[int], methods: list[str], draws: int) -> pd.DataFrame:
    """Return the backtest of one authority of the seed."""
    authority: SyntheticAuthority = synthetic_authority(np.random.default_rng([seed, index]))
    return backtest_synthetic([authority], methods, origins, draws=draws).assign(unit=str(index))


def main() -> None:
    """Print the table of accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authorities", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--origins", type=int, nargs="+", default=[2018, 2020, 2022])
    parser.add_argument("--methods", nargs="+", default=list(FITTERS))
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    start = time.perf_counter()
    work = partial(one, seed=asked.seed, origins=asked.origins, methods=asked.methods, draws=asked.draws)
    with Pool(asked.processes) as pool:
        backtest = pd.concat(pool.map(work, range(asked.authorities), chunksize=4))
    table = accuracy(backtest)
    per_cent = table.assign(
        mean_absolute_error=(100 * table["mean_absolute_error"]).map("{:.3f}%".format),
        mean_error=(100 * table["mean_error"]).map("{:+.3f}%".format),
        inside_80=(100 * table["inside_80"]).map("{:.1f}%".format),
        times_oracle=table["times_oracle"].map("{:.3f}".format),
    )
    print(f"{asked.authorities} authorities, seed {asked.seed}, origins {asked.origins}, {asked.draws} draws")
    print(per_cent.to_string(index=False))
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
