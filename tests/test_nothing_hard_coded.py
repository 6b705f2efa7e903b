"""No figure of an authority stands in code: every number in `forecasting/` is structural, or is in no dataset."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT, ROTHERHAM

# Figures of the published assessment that are derived and so are in no dataset table.
DERIVED = {46858, 2231, 7616, 363, 153, 177, 126, 0.307, 75, 51, 71.5, 1312500, 3430000, 1237000, 497000}
# Numbers that are in the tables by chance and stand in code for something else.
STRUCTURAL = {
    100.0,  # per cent
    1000.0,  # years before any year asked for: "from the start"
    500.0,  # step of the levers for unit costs, £
    10_000.0,  # step of the lever for the high needs block, £
    20_000.0,  # highest number of places or children that a lever allows
    100_000.0,  # step of the lever for the block transfer, £
    200_000.0,  # cells of one block of draws
    500_000.0,  # highest unit cost that a lever allows, £
}


# Numbers of these files are sizes on screen, or the shape of made-up authorities.
PIXELS = {"charts.py", "theme.py", "native.py", "pictures.py", "synthetic_pupils.py"}


def numbers(tree: ast.AST) -> Iterator[tuple[int, float]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node.lineno, float(node.value)


def figures_of_the_dataset() -> set[float]:
    found = {float(value) for value in DERIVED}
    for file in ROTHERHAM.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                cells = [cell for name, cell in row.items() if name not in ("year", "from_year", "to_year")]
                found |= {value for cell in cells for value in as_numbers(cell) if value > 30}
    return found


def as_numbers(cell: str) -> list[float]:
    found = []
    for part in cell.split("/"):
        try:
            found.append(float(part))
        except ValueError:
            continue
    return found


def offenders(folder: Path) -> list[str]:
    forbidden = figures_of_the_dataset() - STRUCTURAL
    return [
        f"{file.name}:{line}: {value:g}"
        for file in sorted(folder.rglob("*.py"))
        if file.name not in PIXELS
        for line, value in numbers(ast.parse(file.read_text(encoding="utf-8")))
        if value in forbidden
    ]


def test_no_figure_of_an_authority_stands_in_code() -> None:
    assert offenders(ROOT / "forecasting") == []


def test_the_search_finds_one(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("PUPILS = 44627\nCOST = 17_500.0\nSHARE = .307\nFINE = 100\n", encoding="utf-8")
    assert offenders(tmp_path) == ["bad.py:1: 44627", "bad.py:2: 17500", "bad.py:3: 0.307"]


def test_every_structural_number_is_in_use() -> None:
    used = {v for f in (ROOT / "forecasting").rglob("*.py") for _, v in numbers(ast.parse(f.read_text("utf-8")))}
    assert used >= STRUCTURAL
