"""The datasets that come with the product: every folder of `data/` that has a table `about`."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from forecasting.axes import DATA


@cache
def bundled() -> dict[str, Path]:
    """Return the bundled datasets: name and title as the user reads them → folder; real ones first."""
    found = [(_facts(path), path.parent) for path in sorted(DATA.glob("*/about.csv"))]
    found.sort(key=lambda item: item[0].get("synthetic", "") == "yes")
    return {f"{facts.get('authority_name', path.name)}: {facts.get('title', '')}": path for facts, path in found}


def _facts(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["key"]: row["value"] for row in csv.DictReader(handle)}


def demonstration() -> Path:
    """Return the folder of the demonstration: the made-up authority with every table filled in."""
    return DATA / "demonstration"
