"""Time the `moves` forecast on a large job. Run: python benchmarks/plans_speed.py.

The job: 31 NC years × 13 needs × 19 settings × 10 years. The authority is synthetic (made here, seeded): each
setting serves a range of ages, two yearly returns are given, and about 4,500 children have a plan, near the
mean of English authorities in January 2025. Estimation is timed apart: it is done once for a dataset.
Times are processor seconds of all threads; what the clock shows is given beside the 1,000 draws.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from forecasting.model.moves import expected, stock_at
from forecasting.model.moves_draws import simulate  # noqa: E402
from forecasting.model.moves_rates import MoveRates, estimate
from forecasting.values import Floats  # noqa: E402

FIRST, LAST, NEEDS, SETTINGS = -6, 24, 13, 19


def job(plans: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two yearly returns of about `plans` children, and residents for 14 Januaries."""
    rng = np.random.default_rng(seed)
    low = rng.integers(FIRST, 12, SETTINGS)
    high = np.minimum(low + rng.integers(5, 16, SETTINGS), LAST - 1)
    low[:2], high[:2] = (FIRST, 8), (10, LAST - 1)
    ages = np.arange(FIRST, LAST)
    is_open = (ages[:, None] >= low) & (ages[:, None] <= high)
    weight = rng.dirichlet(np.full(NEEDS * SETTINGS, 0.4)).reshape(NEEDS, SETTINGS)
    mean = weight[None] * is_open[:, None, :] * np.exp(-(((ages - 8) / 7.0) ** 2))[:, None, None]
    start = rng.poisson(mean * plans / mean.sum())
    first, start = _return(rng, 2023, ages, is_open, start, 0.11 * mean * plans / mean.sum())
    second, _ = _return(rng, 2024, ages, is_open, start, 0.11 * mean * plans / mean.sum())
    frames = [first, second]
    people = pd.DataFrame(
        [(y, n, 4000.0) for y in range(2023, 2037) for n in range(FIRST, LAST + 1)],
        columns=["year", "nc_year", "people"],
    )
    return pd.concat(frames, ignore_index=True), people


def _return(
    rng: np.random.Generator, year: int, ages: Floats, is_open: Floats, stock: Floats, join: Floats
) -> tuple[pd.DataFrame, Floats]:
    """One return, and the stock it leads to: 9 % leave, about 9 % move (most of them must), some join."""
    n, d, s = np.repeat(np.argwhere(stock > 0), stock[stock > 0].astype(int), axis=0).T
    open_next = np.vstack([is_open[1:], np.zeros((1, SETTINGS), dtype=bool)])
    gone = (rng.random(len(n)) < 0.09) | ~open_next[n].any(axis=1)
    moves = (~open_next[n, s] | (rng.random(len(n)) < 0.03)) & ~gone
    to = s.copy()
    to[moves] = [rng.choice(np.flatnonzero(open_next[k])) for k in n[moves]]
    moved = pd.DataFrame(
        {
            "nc_year": ages[n],
            "need": _name("N", d),
            "setting": _name("S", s),
            "next_need": _name("N", d),
            "next_setting": _name("S", to),
        },
        dtype=object,
    )
    moved.loc[gone, ["next_need", "next_setting"]] = None
    arrivals = rng.poisson(join)
    jn, jd, js = np.repeat(np.argwhere(arrivals > 0), arrivals[arrivals > 0], axis=0).T
    joined = pd.DataFrame(
        {
            "nc_year": ages[jn] - 1,
            "need": None,
            "setting": None,
            "next_need": _name("N", jd),
            "next_setting": _name("S", js),
        },
        dtype=object,
    )
    table = pd.concat([moved, joined], ignore_index=True)
    table["next_nc_year"], table["census_year"], table["people"] = table["nc_year"] + 1, year, 1
    after = arrivals.copy()
    np.add.at(after, (n[~gone] + 1, d[~gone], to[~gone]), 1)
    return table.astype({"nc_year": int, "next_nc_year": int}), after


def _name(letter: str, index: Floats) -> list[str]:
    return [f"{letter}{i:02d}" for i in index]


def clock(work: Callable[[], object], repeats: int) -> float:
    """Best processor time of several runs, in seconds (so that a busy machine does not count)."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def peak() -> float:
    """Peak memory of this process so far, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def report(plans: int) -> tuple[MoveRates, Floats, pd.DataFrame]:
    """Time one size of authority."""
    moves, people = job(plans)
    start = time.process_time()
    rates = estimate(moves, people, limits=(FIRST, LAST))
    print(f"estimate                      {time.process_time() - start:7.2f} s")
    stock, years = stock_at(moves, rates), list(range(2026, 2036))
    n, d, s = stock.shape
    print(
        f"size: {n} NC years x {d} needs x {s} settings x {len(years)} years; plans {stock.sum():.0f}; "
        f"open cells {rates.axes.n_pairs * d} of {stock.size}"
    )
    central = clock(lambda: expected(stock, rates, people, years), 20)
    print(f"central forecast              {1000 * central:7.1f} ms   (bar 50)")
    base, shown = clock(lambda: simulate(stock, rates, people, years, 1000, 1), 3), time.perf_counter()
    simulate(stock, rates, people, years, 1000, 1)
    shown = time.perf_counter() - shown
    print(f"1,000 draws                   {shown:7.2f} s by the clock (bar 2), {base:.2f} s of processors")
    return rates, stock, people


def main() -> None:
    """Print the table."""
    for plans in (4500, 1500):
        print(f"--- about {plans} plans")
        rates, stock, people = report(plans)
        if plans == 4500:
            years = list(range(2026, 2036))
            for draws in (500, 2000):
                seconds = clock(lambda: simulate(stock, rates, people, years, draws, 1), 1)  # noqa: B023
                each = 1e6 * seconds / draws
                print(f"{draws:>5} draws, 10 years         {seconds:7.2f} s    {each:8.0f} us a draw")
            seconds = clock(lambda: simulate(stock, rates, people, years[:5], 1000, 1), 1)  # noqa: B023
            print(f" 1000 draws, 5 years          {seconds:7.2f} s")
            before = peak()
            seconds = clock(lambda: simulate(stock, rates, people, years, 10_000, 1), 1)  # noqa: B023
            each = seconds / 10_000 * 1e6
            print(f"10000 draws, 10 years         {seconds:7.2f} s    {each:8.0f} us a draw")
            print(f"peak memory                   {peak():7.2f} GiB  ({before:.2f} before the 10,000 draws)")


if __name__ == "__main__":
    main()
