"""Set up and start: `python3 run.py app` opens the dashboard, `python3 run.py test` runs the tests.

Needs nothing but Python 3.11 or later. The environment lives in .venv beside this file; it is made once, and again
only when the pinned requirements or the Python version change. Further arguments are passed on.
"""

from __future__ import annotations  # so that an older Python reads as far as its own refusal

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
OLDEST = (3, 11)
USAGE = "Write `python3 run.py app` to open the dashboard, or `python3 run.py test` to run the tests."
COMMANDS = {
    "app": ("requirements.txt", ("streamlit", "run", "app.py")),
    "test": ("requirements-test.txt", ("pytest",)),
}


class Trouble(Exception):
    """Something that stops the set-up, as one sentence for the user."""


def main(arguments: list[str]) -> int:
    """Set up, run the command with the further arguments, and return its exit code."""
    try:
        if sys.version_info < OLDEST:
            found = ".".join(str(part) for part in sys.version_info[:3])
            raise Trouble(f"This needs Python {OLDEST[0]}.{OLDEST[1]} or later; this is Python {found}.")
        if not arguments or arguments[0] not in COMMANDS:
            raise Trouble(USAGE)
        requirements, command = COMMANDS[arguments[0]]
        python = set_up(HERE / requirements)
        return start([str(python), "-m", *command, *arguments[1:]])
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def set_up(requirements: Path) -> Path:
    """Return the environment's Python, after installing the requirements where they are not installed yet."""
    stamp = ENVIRONMENT / f"stamp-{requirements.stem}"
    python = python_of(ENVIRONMENT)
    wanted = fingerprint(requirements)
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"Setting up .venv with {requirements.name}; this is done once.", file=sys.stderr)
    if not python.exists() or made_by_another_python(wanted):
        make_environment()
    install(python, requirements)
    for old in ENVIRONMENT.glob("stamp-*"):
        old.unlink()
    for installed in covered_by(requirements):
        (ENVIRONMENT / f"stamp-{installed.stem}").write_text(fingerprint(installed), encoding="utf-8")
    return python


def covered_by(requirements: Path) -> list[Path]:
    """Return the requirements files whose every line is also in this one; the tests' cover the app's."""
    held = set(requirements.read_text(encoding="utf-8").splitlines())
    names = dict.fromkeys(name for name, _ in COMMANDS.values())
    return [HERE / name for name in names if set((HERE / name).read_text(encoding="utf-8").splitlines()) <= held]


def fingerprint(requirements: Path) -> str:
    """Return the Python version and a hash of the requirements: what the environment was made from."""
    version = ".".join(str(part) for part in sys.version_info[:2])
    try:
        return f"{version} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    except OSError as error:
        raise Trouble(f"{requirements.name} cannot be read: {error.strerror}.") from error


def made_by_another_python(wanted: str) -> bool:
    """Return whether the environment belongs to another Python version, or was left half made."""
    stamps = list(ENVIRONMENT.glob("stamp-*"))
    versions = {found.read_text(encoding="utf-8").split(" ")[0] for found in stamps}
    return not stamps or versions != {wanted.split(" ")[0]}


def python_of(environment: Path) -> Path:
    """Return where the Python of an environment is."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment() -> None:
    """Make .venv afresh, with uv when it is there, else with Python's own venv."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    uv = shutil.which("uv")
    make = [uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)] if uv else [
        sys.executable, "-m", "venv", str(ENVIRONMENT)]  # fmt: skip
    hint = "" if uv else "; on Debian and Ubuntu the package python3-venv may be missing"
    carry_out(make, f"The environment .venv could not be made{hint}.")


def install(python: Path, requirements: Path) -> None:
    """Install pinned requirements into the environment, with uv when it is there, else with pip."""
    uv = shutil.which("uv")
    if not uv and not has_pip(python):
        make_environment()
    tool = [uv, "pip", "install", "--quiet", "--python", str(python)] if uv else [
        str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]  # fmt: skip
    carry_out([*tool, "-r", str(requirements)],
              f"The packages of {requirements.name} could not be installed: see the message above, "
              "check the network, and run the same command again.")  # fmt: skip


def has_pip(python: Path) -> bool:
    """Return whether the environment has pip; one that uv made has not."""
    return subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def carry_out(command: list[str], sentence: str) -> None:
    """Run a step of the set-up; one that fails takes its half-made stamps with it and raises Trouble."""
    try:
        done = subprocess.run(command, cwd=HERE, check=False).returncode == 0
    except OSError:
        done = False
    if not done:
        for stamp in ENVIRONMENT.glob("stamp-*"):
            stamp.unlink()
        raise Trouble(sentence)


def start(command: list[str]) -> int:
    """Run the command in the project's folder and return its exit code; nothing is reported to anyone."""
    environment = {**os.environ, "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}
    os.chdir(HERE)
    if os.name != "nt":  # take this process's place, so that signals and exit codes need no passing on
        os.execve(command[0], command, environment)
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # Ctrl+C reaches the child too: let it finish in its own way
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
