"""The store when its writers are killed, when many write at once, and when the folder refuses."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from forecasting.errors import StoreError
from forecasting.scenario.scenario import Change, Scenario
from forecasting.scenario.store import Store
from tests.scenario.writers import ENOUGH, LEVER, PROCESSES, ROUND, at, counted, create_for_ever, raise_until

KILLS = 200
WRITERS = 20
SECONDS = float(os.environ.get("SUFFICIENCY_WRITER_SECONDS", "8"))


def test_no_acknowledged_save_is_lost_to_a_kill(place: str, tmp_path: Path) -> None:
    """200 kills at random moments: afterwards the store opens, and holds every save that was acknowledged."""
    rng = random.Random(1)
    with closing(Store(place)) as store:
        round_seconds = _seconds_of_a_round(store)  # the tables are made before the first kill, too
    told = tmp_path / "acknowledged"
    for _ in range(KILLS):
        ready, says = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=create_for_ever, args=(place, told, says))
        process.start()
        says.close()  # a writer that dies on its own then ends the wait
        assert ready.recv()
        time.sleep(rng.uniform(0, 2 * round_seconds))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        ready.close()
    lines = [line.split() for line in told.read_text().splitlines()] if told.exists() else []
    with closing(Store(place)) as store:
        held = {entry.id: entry.number for entry in store.listing()}
        lost = [line for line in lines if len(line) == 2 and held.get(line[0], 0) < int(line[1])]
        assert lost == []
        assert len(lines) > KILLS / 4, "the writers hardly wrote anything: the test shows nothing"
        assert store.create(Scenario("afterwards"), "Testshire").number == 1


def _seconds_of_a_round(store: Store) -> float:
    """Return how long a writer takes for one scenario with all its versions, on this machine and at this moment."""
    store.create(at(0, "first"), "Testshire")
    start = time.monotonic()
    made = store.create(replace(at(0, "first"), name="timed"), "Testshire")
    for base in range(1, ROUND):
        store.save(made.id, at(base, "first"), base)
    return time.monotonic() - start


def test_twenty_writers_lose_no_update(place: str) -> None:
    """Each raises one shared count by one, again and again: the count is the number of acknowledged saves."""
    with closing(Store(place)) as store:
        key = store.create(at(0, "first"), "Testshire").id
        until = time.time() + SECONDS
        pairs = [PROCESSES.Pipe(duplex=False) for _ in range(WRITERS)]
        writers = [PROCESSES.Process(target=raise_until, args=(place, key, f"writer {n}", until, pairs[n][1]))
                   for n in range(WRITERS)]  # fmt: skip
        for writer in writers:
            writer.start()
        answers = [receive.recv() for receive, _ in pairs]
        for writer in writers:
            writer.join()
        assert [error for _, _, error in answers if error] == []
        done, conflicts = (sum(answer[which] for answer in answers) for which in (0, 1))
        last = store.open(key)
        assert done >= ENOUGH and conflicts > 0
        assert counted(last.scenario) == done and last.number == done + 1
        assert [version.number for version in store.history(key)] == list(range(done + 1, 0, -1))


@pytest.mark.skipif(os.geteuid() == 0 and not hasattr(os, "setuid"), reason="needs to act as another user")
def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    place = f"sqlite:///{folder / 'scenarios.db'}"
    store = Store(place)
    key = store.create(at(1, "first"), "Testshire").id
    store.close()
    child = os.fork()
    if child == 0:
        os._exit(_refused(place, key, folder))
    _, status = os.waitpid(child, 0)
    folder.chmod(0o755)
    assert os.waitstatus_to_exitcode(status) == 0
    with closing(Store(place)) as again:
        assert counted(again.open(key).scenario) == 1


def _refused(place: str, key: str, folder: Path) -> int:
    """Save where nothing may be written, as a user without special rights; 0 when that is refused in words."""
    for file in (folder, *folder.iterdir()):
        file.chmod(0o555 if file.is_dir() else 0o444)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    try:
        Store(place).save(key, at(2, "second"), 1)
    except StoreError as error:
        return 0 if str(error) else 2
    return 1


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'scenarios.db'}"
    store = Store(place)
    key = store.create(at(1, "first"), "Testshire").id
    large = Scenario("shared", tuple(Change(LEVER, 1.0, from_year=2000 + n, why="x" * 200_000) for n in range(20)))
    store.close()
    child = os.fork()
    if child == 0:
        os._exit(_full(place, key, large))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    with closing(Store(place)) as again:
        assert counted(again.open(key).scenario) == 1
        assert again.save(key, at(2, "second"), 1).number == 2


def _full(place: str, key: str, large: Scenario) -> int:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    try:
        Store(place).save(key, large, 1)
    except StoreError as error:
        return 0 if str(error) else 2
    return 1
