"""Time of one authority's forecast of pupils: 17 year groups × 20 years × 1,000 draws, and how it grows.

python benchmarks/population_speed.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from forecasting.analysis.synthetic_pupils import inputs_at, synthetic_authorities
from forecasting.model.population import PRIMARY, fit_pupils, project_pupils, pupil_drivers

REPEATS = 15


def median_ms(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median time of `work` in milliseconds, after one warm-up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """Print the times."""
    inputs = inputs_at(synthetic_authorities(1, 2026)[0], 2022, 40)
    fit = fit_pupils(inputs, "cohort_survival_damped")
    print(f"fit, damped: {median_ms(lambda: fit_pupils(inputs, 'cohort_survival_damped')):.1f} ms")
    print(f"fit, auto (with its backtest): {median_ms(lambda: fit_pupils(inputs, 'auto'), 3):.1f} ms")
    print("forecast, 17 year groups, after warm-up (a lever moves: the fit is kept):")
    for years in (10, 20, 40):
        for draws in (500, 1000, 2000, 4000):
            took = median_ms(lambda years=years, draws=draws: project_pupils(fit, years, draws=draws))
            cell = 1e6 * took / (years * draws * 17)
            print(f"  {years} years × {draws} draws: {took:.1f} ms, {cell:.0f} ns a cell")
    print(f"drivers, 20 years × 1,000 draws: {median_ms(lambda: pupil_drivers(fit, 20, PRIMARY), 5):.1f} ms")


if __name__ == "__main__":
    main()
