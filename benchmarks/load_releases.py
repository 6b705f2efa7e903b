"""Loads every authority of one or more releases of Education, health and care plans by the command line's functions.

    python benchmarks/load_releases.py RELEASE.zip [RELEASE.zip …] [--every N]

Prints one line an authority (exit code, base year, plans in it, warnings, seconds) and a last line with the counts.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))

from forecasting.__main__ import app  # noqa: E402
from forecasting.errors import DatasetError  # noqa: E402
from forecasting.inputs import dfe  # noqa: E402
from forecasting.inputs.load import load, sources  # noqa: E402


def one(paths: list[str], code: str, name: str) -> bool:
    """Check one authority by the command, load it, print its line; return whether both went well."""
    start = time.perf_counter()
    done = CliRunner().invoke(app, ["check", *paths, "--authority", code])
    warnings = done.stdout.count("warning: ")
    try:
        rows = load(paths, code).table("ehc_plans")
    except DatasetError as error:
        sys.stdout.write(f"{code} {name}: refused: {error}\n")
        return False
    whole = rows.loc[rows[["need", "setting", "age_band"]].eq("").all(axis=1) & rows["age"].isna()]
    last = whole.loc[whole["year"].idxmax()]
    seconds = time.perf_counter() - start
    sys.stdout.write(f"{code} {name}: exit {done.exit_code}, {int(last['year'])}: {last['plans']:,.0f} plans, "
                     f"{warnings} warnings, {seconds:.1f} s\n")  # fmt: skip
    sys.stdout.flush()
    return done.exit_code == 0


def main() -> None:
    """Run over every authority, or every N-th."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1)
    asked = parser.parse_args()
    paths = [str(path) for path in asked.releases]
    held = dfe.authorities(dfe.split(sources(paths))[0])[:: asked.every]
    start = time.perf_counter()
    good = [one(paths, code, name) for code, name, _ in held]
    seconds = time.perf_counter() - start
    sys.stdout.write(f"{sum(good)} of {len(held)} authorities load, {seconds:.0f} s\n")


if __name__ == "__main__":
    main()
