"""After pupil-level files, and after crashes on the way, no UPN, name or date of birth is anywhere on disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forecasting.inputs.pupil_level import census as census_module
from tests.inputs.pupil_files import Child, census_frame, sen2_files, upn_of
from tests.inputs.test_pupil_level import PEOPLE, YEARS, many
from tests.support import ROOT

STAGES = (
    "forecasting.inputs.pupil_level.extracts._header",
    "forecasting.inputs.pupil_level.totals._tables",
    "forecasting.inputs.pupil_level.census._nc_year",
    "forecasting.inputs.pupil_level.sen2._position",
    "forecasting.inputs.pupil_level.sen2._moves",
    "forecasting.inputs.load.read_all",
    "forecasting.inputs.load.check_tables",
    "forecasting.inputs.dataset.Dataset.__init__",
)
RUN = """
import sys
stage = sys.argv.pop(1)
def broken(*args, **kwargs):
    raise RuntimeError("a crash for the test")
if stage:
    import importlib
    module, name = stage.rsplit(".", 1)
    try:
        owner = importlib.import_module(module)
    except ModuleNotFoundError:
        outer, inner = module.rsplit(".", 1)
        owner = getattr(importlib.import_module(outer), inner)
    setattr(owner, name, broken)
from forecasting.__main__ import main
main()
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Folders of a user: home, working folder, temporary files; and pupil-level files in a folder apart."""
    for name in ("home", "work", "tmp", "files"):
        (tmp_path / name).mkdir()
    for source in [*sen2_files(many(40), YEARS), PEOPLE]:
        (tmp_path / "files" / source.name).write_bytes(source.content)
    census_frame(60, 2025).to_excel(tmp_path / "files" / "School Census January 2025.xlsx", index=False)
    return tmp_path


def command(place: Path, verb: str, stage: str = "") -> subprocess.Popen[str]:
    files = sorted(str(file) for file in (place / "files").iterdir())
    home, tmp = str(place / "home"), str(place / "tmp")
    env = {**os.environ, "SUFFICIENCY_HOME": home, "HOME": home, "TMPDIR": tmp,
           "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    code = [sys.executable, "-c", RUN, stage, verb, *files]
    return subprocess.Popen(code, cwd=place / "work", env=env, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)  # fmt: skip


def secrets() -> list[bytes]:
    """Everything that tells a child: UPNs, names, dates of birth, in the spellings of the files."""
    children: list[Child] = many(40)
    frame = census_frame(60, 2025)
    found = [child.upn for child in children] + [f"Sur{child.number}," for child in children]
    found += [child.born.strftime("%d/%m/%Y") for child in children]
    found += [*frame["UPN"], *frame["DOB"].astype(str), *(f"Fore{at}<" for at in range(60))]
    return [text.encode() for text in found]


def traces(folder: Path) -> list[str]:
    words = secrets()
    return [f"{file}: {word!r}" for file in folder.rglob("*") if file.is_file()
            for word in words if word in file.read_bytes()]  # fmt: skip


def assert_clean(place: Path, *told: str) -> None:
    for name in ("home", "work", "tmp"):
        assert traces(place / name) == []
    said = "".join(told).encode()
    assert [word for word in secrets() if word in said] == []


def test_the_search_finds_what_it_looks_for(place: Path) -> None:
    """The test can fail: a file with a UPN is found."""
    (place / "work" / "log.txt").write_text(f"read {upn_of(3)}")
    assert traces(place / "work")


@pytest.mark.parametrize("verb", ["check", "forecast"])
def test_nothing_is_left_after_a_run(place: Path, verb: str) -> None:
    with command(place, verb) as run:
        told = run.communicate(timeout=120)
    assert run.returncode in (0, 1), told
    assert_clean(place, *told)


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_left_after_a_crash(place: Path, stage: str) -> None:
    with command(place, "check", stage) as run:
        told = run.communicate(timeout=120)
    assert run.returncode != 0
    assert_clean(place, *told)


def test_nothing_is_left_after_a_kill(place: Path) -> None:
    for wait in (0.8, 1.4, 2.0):
        with command(place, "forecast") as run:
            time.sleep(wait)
            run.send_signal(signal.SIGKILL)
            told = run.communicate(timeout=60)
        assert_clean(place, *told)


def test_the_stages_exist() -> None:
    assert callable(census_module._nc_year)
