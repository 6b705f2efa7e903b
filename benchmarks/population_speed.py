"""Time of one authority's forecast of pupils: 17 year groups × 20 years × 1,000 draws, and how it grows.

python benchmarks/population_speed.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from forecasting.analysis.synthetic_pupils import synthetic_authorities
from forecasting.analysis.synthetic_pupils_seen import inputs_at
from forecasting.model.population import project_pupils
from forecasting.model.population_choice import fit_pupils
from forecasting.model.population_drivers import pupil_drivers
from forecasting.model.population_inputs import PRIMARY

REPEATS = 15


def took_ms(work: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Return the median and the least time of `work` in milliseconds, after one warm-up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def main() -> None:
    """Print the times."""
    inputs = inputs_at(synthetic_authorities(1, 2026)[0], 2022, 40)
    fit = fit_pupils(inputs, "cohort_survival_damped")
    works: dict[str, Callable[[], object]] = {
        "fit, damped": lambda: fit_pupils(inputs, "cohort_survival_damped"),
        "fit, auto with its backtest": lambda: fit_pupils(inputs, "auto"),
        "drivers, 20 years × 1000 draws": lambda: pupil_drivers(fit, 20, PRIMARY),
    }
    for years in (10, 20, 40):
        for draws in (500, 1000, 2000, 4000):
            name = f"forecast, {years} years × {draws} draws"
            works[name] = lambda years=years, draws=draws: project_pupils(fit, years, draws=draws)
    print("17 year groups, after warm-up; a lever moves: the fit is kept. Milliseconds, median and least:")
    for name, work in works.items():
        median, least = took_ms(work)
        print(f"  {name:34} {median:8.1f} {least:8.1f}")


if __name__ == "__main__":
    main()
