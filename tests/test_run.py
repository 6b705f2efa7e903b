"""The two-command set-up: installs once, says in one sentence what went wrong, passes arguments on."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import ROOT


def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_script", ROOT / "run.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@dataclass
class Steps:
    """run.py in a folder of its own; what it would run is noted and not run."""

    run: ModuleType
    folder: Path
    steps: list[list[str]] = field(default_factory=list)
    started: list[list[str]] = field(default_factory=list)
    fails_at: str = ""

    def carry_out(self, command: list[str]) -> bool:
        self.steps.append(command)
        if "venv" in command:
            python = self.run.python_of(self.folder / ".venv")
            python.parent.mkdir(parents=True)
            python.touch()
        return not (self.fails_at and self.fails_at in command)

    def start(self, command: list[str]) -> int:
        self.started.append(command)
        return 3

    @property
    def kinds(self) -> list[str]:
        return ["venv" if "venv" in step else "install" for step in self.steps]


@pytest.fixture(params=[True, False], ids=["uv", "pip"])
def steps(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    run = module()
    found = Steps(run, tmp_path)
    (tmp_path / "requirements.txt").write_text("a==1\n", encoding="utf-8")
    (tmp_path / "requirements-test.txt").write_text("a==1\nb==2\n", encoding="utf-8")
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.setattr(run, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(run, "start", found.start)
    monkeypatch.setattr(run, "has_pip", lambda python: True)
    monkeypatch.setattr(run.shutil, "which", lambda name: "/usr/bin/uv" if request.param else None)
    monkeypatch.setattr(
        run.subprocess, "run",
        lambda command, **_: subprocess.CompletedProcess(command, 0 if found.carry_out(command) else 1),
    )  # fmt: skip
    yield found


def test_the_first_run_installs_and_the_second_does_not(steps: Steps) -> None:
    assert steps.run.main(["app", "--server.port", "8600"]) == 3
    assert steps.kinds == ["venv", "install"]
    assert steps.steps[1][-2:] == ["-r", str(steps.folder / "requirements.txt")]
    assert steps.started[0][1:] == ["-m", "streamlit", "run", "app.py", "--server.port", "8600"]
    assert steps.run.main(["app"]) == 3
    assert len(steps.steps) == 2 and len(steps.started) == 2


def test_the_requirements_of_the_tests_cover_the_app(steps: Steps) -> None:
    steps.run.main(["test", "-k", "backtest"])
    assert steps.started[0][1:] == ["-m", "pytest", "-k", "backtest"]
    steps.run.main(["app"])
    assert steps.kinds == ["venv", "install"]


def test_the_tests_add_to_the_environment_of_the_app(steps: Steps) -> None:
    for command in ("app", "test", "app", "test"):
        steps.run.main([command])
    assert steps.kinds == ["venv", "install", "install"]


def test_changed_requirements_are_installed(steps: Steps) -> None:
    steps.run.main(["app"])
    (steps.folder / "requirements.txt").write_text("a==2\n", encoding="utf-8")
    steps.run.main(["app"])
    assert steps.kinds == ["venv", "install", "install"]


def test_another_python_makes_the_environment_afresh(steps: Steps) -> None:
    steps.run.main(["app"])
    stamp = steps.folder / ".venv" / "stamp-requirements"
    stamp.write_text(stamp.read_text(encoding="utf-8").replace("3.", "2.", 1), encoding="utf-8")
    steps.run.main(["app"])
    assert steps.kinds == ["venv", "install", "venv", "install"]


@pytest.mark.parametrize("step", ["venv", "install"])
def test_a_failed_step_is_one_sentence_and_is_done_again(
    steps: Steps, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.fails_at = step
    assert steps.run.main(["app"]) == 2
    assert steps.started == []
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith(
        "The environment .venv could not be made" if step == "venv" else "The packages of requirements"
    )
    steps.fails_at = ""
    steps.steps.clear()
    assert steps.run.main(["app"]) == 3
    assert steps.kinds == ["venv", "install"]  # the half-made environment is not trusted


def test_without_a_known_command_it_says_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["serve"]):
        assert module().main(arguments) == 2
        assert capsys.readouterr().err.startswith("Write `python3 run.py app`")


def test_an_older_python_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run = module()
    monkeypatch.setattr(run.sys, "version_info", (3, 10, 4))
    assert run.main(["app"]) == 2
    assert capsys.readouterr().err == "This needs Python 3.11 or later; this is Python 3.10.4.\n"


def test_it_needs_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(ROOT / "run.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Write `python3 run.py app`")


def test_the_gate_calls_the_test_command_with_browsers_required() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "export SUFFICIENCY_REQUIRE_BROWSER=1" in text
    assert "python3 run.py test" in text and "set -euo pipefail" in text
