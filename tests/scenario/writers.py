"""Writers in processes of their own, for tests of what happens when many save at once or one dies."""

from __future__ import annotations

import os
import random
import time
import traceback
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from forecasting.scenario.scenario import Change, Scenario
from forecasting.scenario.store import Store
from forecasting.scenario.store.records import Conflict

LEVER = "transport_gbp_per_child"  # any number will do, up to 100,000
ROUND = 4  # versions of each scenario that `create_for_ever` makes
ENOUGH, LONGER = 60, 240  # saves of all writers together, which they go on for, and how many seconds at most
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.scenario.warm"])  # a new process then begins at once


def counted(scenario: Scenario) -> int:
    """Return how often a scenario was raised by one: the value of its only change."""
    return int(scenario.changes[0].value or 0) if scenario.changes else 0


def at(count: int, author: str) -> Scenario:
    """Return a scenario that was raised so often."""
    return Scenario("shared", (Change(LEVER, float(count)),), author=author)


def create_for_ever(place: str, acknowledged: Path, ready: Connection) -> None:
    """Create and save scenarios until killed; append id and number of each save once it is acknowledged.

    Says on `ready` when the store is open: on a loaded machine that may take long, and saving only begins then.
    """
    descriptor = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = Store(place)
    store.listing("nowhere")
    ready.send(True)
    while True:
        made = store.create(replace(at(0, "writer"), name=os.urandom(6).hex()), "Testshire")
        os.write(descriptor, f"{made.id} 1\n".encode())
        for base in range(1, ROUND):
            saved = store.save(made.id, at(base, "writer"), base)
            os.write(descriptor, f"{made.id} {saved.number}\n".encode())


def raise_until(place: str, key: str, author: str, until: float, answer: Connection) -> None:
    """Raise the shared count by one, again and again; answer how often that was acknowledged, and any error.

    On a loaded machine it goes on after the time is up, until enough was saved for the test to show something.
    """
    done, conflicts, error = 0, 0, ""
    try:
        store = Store(place)
        seen = store.open(key)
        while time.time() < until or (seen.number <= ENOUGH and time.time() < until + LONGER):
            seen = store.open(key)
            try:
                store.save(key, at(counted(seen.scenario) + 1, author), seen.number)
                done += 1
            except Conflict:
                conflicts += 1
                time.sleep(random.uniform(0, 0.02))
        store.close()
    except Exception:
        error = traceback.format_exc()
    answer.send((done, conflicts, error))
