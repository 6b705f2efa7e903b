"""What several tests share: where things are, and a copied dataset that a test may spoil."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load

ROOT = Path(__file__).resolve().parents[1]
ROTHERHAM = ROOT / "data" / "rotherham_2017"
WORKBOOK = ROTHERHAM / "rotherham_2017.xlsx"
SHARED = ROOT.parent / "shared"

Row = dict[str, str]


@dataclass(frozen=True)
class Copy:
    """A copy of the Rotherham dataset in a folder of its own."""

    path: Path

    def rows(self, table: str) -> list[Row]:
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    def write(self, table: str, rows: Sequence[Row]) -> None:
        with (self.path / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def change(self, table: str, edit: Callable[[Row], object]) -> None:
        """Apply an edit, which changes a row in place, to every row of a table."""
        rows = self.rows(table)
        for row in rows:
            edit(row)
        self.write(table, rows)

    def set(self, table: str, line: int, column: str, text: str) -> None:
        """Set one cell; `line` is the row as the user sees it, the header being 1."""
        rows = self.rows(table)
        rows[line - 2][column] = text
        self.write(table, rows)

    def load(self) -> Dataset:
        return load([self.path])


def copy_rotherham(to: Path) -> Copy:
    """Copy the CSV files (not the workbook) of the Rotherham dataset."""
    to.mkdir(parents=True, exist_ok=True)
    for file in ROTHERHAM.glob("*.csv"):
        shutil.copy(file, to)
    return Copy(to)
