"""Print the scores of all methods, by series, on a panel of real counts.

usage: python benchmarks/backtest_panel.py PANEL.csv [first origin] [last origin]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from forecasting.analysis.backtest import backtest  # noqa: E402
from forecasting.analysis.scoring import cases, score  # noqa: E402


def main() -> None:
    """Run every method and print one table per series, in per cent (MASE as it is)."""
    path = sys.argv[1] if len(sys.argv) > 1 else "../shared/dfe/panel.csv"
    first, last = (int(a) for a in sys.argv[2:4]) if len(sys.argv) > 3 else (2017, 2024)
    panel = pd.read_csv(path, dtype={"unit": str})
    start = time.perf_counter()
    origins = range(first, last + 1)
    forecasts = backtest(panel, "auto", origins)
    print(f"auto: {len(forecasts)} rows in {time.perf_counter() - start:.1f} s")
    forecasts = pd.concat([forecasts, backtest(panel, FIELD, origins)])
    print(f"with the comparators: {time.perf_counter() - start:.1f} s")
    table = score(cases(forecasts, panel))
    shares = [c for c in table.columns if c not in ("series", "method", "horizon", "n", "mase")]
    table[shares] = table[shares] * 100
    for series, part in table[table["horizon"].isin([1, 3, 5])].groupby("series"):
        print(f"\n{series}\n{part.drop(columns='series').round(2).to_string(index=False)}")


FIELD = ("last_value", "published_rate", "own_growth_3y", "holt_damped", "ets")

if __name__ == "__main__":
    main()
