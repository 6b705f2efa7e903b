"""A PostgreSQL server of the tests' own, in a folder that goes with it; and fresh databases on it."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.browser.harness import REQUIRED

START_SECONDS = 60
_NUMBERS = itertools.count(1)


def binaries() -> Path:
    """Return the folder of the server's programs; without one the tests are skipped, or fail where all is required."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("postgres")
    if found or on_path:
        return (found[-1] if found else Path(str(on_path))).parent
    told = "no PostgreSQL server is installed (looked in /usr/lib/postgresql and the path)"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{told}, and {REQUIRED}=1 asks for everything")
    pytest.skip(told)


def _user() -> str | None:
    """Return as whom the server runs: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server and give the address of its first database."""
    programs, user = binaries(), _user()
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data, log = folder / "data", folder / "log"
        with log.open("wb") as output:
            common = {"user": user, "cwd": folder, "stdout": output, "stderr": subprocess.STDOUT}
            initdb = [programs / "initdb", "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8"]
            made = subprocess.run(initdb, check=False, **common)  # type: ignore[call-overload]
            assert made.returncode == 0, log.read_text()
            port = _free_port()
            command = [programs / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port), "-F"]
            server = subprocess.Popen(command, **common)  # type: ignore[call-overload]
        address = f"postgresql://tester@127.0.0.1:{port}/postgres"
        try:
            _await(address, server, log)
            yield address
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _engine(address: str) -> sa.Engine:
    url = sa.make_url(address).set(drivername="postgresql+pg8000")
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def _await(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            _engine(address).connect().close()
            return
        except sa.exc.DBAPIError:
            time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}")


def fresh(address: str) -> str:
    """Make an empty database on the server and return its address."""
    name = f"store_{next(_NUMBERS)}"
    with _engine(address).connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return str(sa.make_url(address).set(database=name).render_as_string(hide_password=False))
