"""Timing of work that starts with nothing remembered, so that a second run is not answered from the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from forecasting.model import waterfall
from forecasting.model.remembered import Memory


@contextmanager
def nothing_remembered() -> Iterator[None]:
    """Work every stage out again, as if no run had been made before."""
    waterfall._solved.cache_clear()
    with mock.patch.object(Memory, "get", lambda _, key, assumptions, work: work(assumptions)):
        yield


def timed(work: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of several runs, in seconds of processor time, each with nothing remembered."""
    seconds = []
    for _ in range(times):
        with nothing_remembered():
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
    return min(seconds)
