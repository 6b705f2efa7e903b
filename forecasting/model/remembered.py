"""A stage of a forecast is not worked out again where nothing that it reads has changed.

Which levers a stage reads is watched while it runs, so no list of them can be forgotten or grow old. A result is used
again when the key is the same and every lever that was read then has the same items now. Results are treated as frozen.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Generic, TypeVar

from forecasting.model.emit import Emitter
from forecasting.model.job import Job
from forecasting.scenario.assumptions import Assumption, Assumptions

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Watched(Assumptions):
    """Assumptions that note which levers are read."""

    read: set[str] = field(default_factory=set)

    def of(self, lever: str, key: str = "") -> list[Assumption]:
        """Return the items that bear on a lever and key, in order."""
        self.read.add(lever)
        return super().of(lever, key)

    def of_any_key(self, lever: str) -> list[Assumption]:
        """Return every item of a lever, whatever its key, in order."""
        self.read.add(lever)
        return super().of_any_key(lever)


@dataclass(frozen=True, eq=False)
class _Entry(Generic[T]):
    key: Hashable
    levers: dict[str, list[Assumption]]
    held: Callable[[], T | None]

    def found(self, key: Hashable, assumptions: Assumptions) -> T | None:
        """Return the result if it holds for a key and assumptions."""
        if self.key != key or any(assumptions.of_any_key(lever) != items for lever, items in self.levers.items()):
            return None
        return self.held()


class Memory(Generic[T]):
    """The last results of a stage.

    Args:
        most: how many are kept; the oldest goes first.
        weak: keep a result only as long as somebody else does, for large ones.
    """

    def __init__(self, most: int, *, weak: bool = False) -> None:
        self._entries: deque[_Entry[T]] = deque(maxlen=most)
        self._weak = weak

    def get(self, key: Hashable, assumptions: Assumptions, work: Callable[[Assumptions], T]) -> T:
        """Return what `work` makes of the assumptions, from before if it has been made for the same key and levers.

        Args:
            key: everything else that the result depends on.
            assumptions: levers in force.
            work: makes the result; never None.
        """
        for entry in list(self._entries):
            known = entry.found(key, assumptions)
            if known is not None:
                return known
        watched = Watched(assumptions.items)
        made = work(watched)
        # read through what was given, so that a stage within a stage is watched too
        levers = {lever: assumptions.of_any_key(lever) for lever in sorted(watched.read)}
        self._entries.append(_Entry(key, levers, weakref.ref(made) if self._weak else lambda: made))
        return made


def remembered(most: int) -> Callable[[Callable[[Job], T]], Callable[[Job], T]]:
    """Remember a stage that reads only a job's dataset, levers, years, draws and seed: its result and what it emits.

    Args:
        most: how many runs are kept.
    """

    def kept(stage: Callable[[Job], T]) -> Callable[[Job], T]:
        memory: Memory[tuple[T, Emitter]] = Memory(most)

        @wraps(stage)
        def once(job: Job) -> T:
            def work(assumptions: Assumptions) -> tuple[T, Emitter]:
                alone = replace(job, assumptions=assumptions, out=Emitter())
                return stage(alone), alone.out

            key = job.dataset, job.years, job.draws, job.seed, job.answers_only
            result, emitted = memory.get(key, job.assumptions, work)
            job.out.take(emitted)
            return result

        return once

    return kept
