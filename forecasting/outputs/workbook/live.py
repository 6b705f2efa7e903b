"""What the workbook works out by itself: which cell holds which figure of the forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forecasting.model.forecast import NoSuchMargin
from forecasting.model.run import Run
from forecasting.outputs.workbook.board import Board
from forecasting.outputs.workbook.inputs import Inputs
from forecasting.outputs.workbook.terms import Path, Term

Key = tuple[str, str, tuple[tuple[str, str], ...], int]
NEAR = 1e-9  # a formula and the software's own figure may differ by this share: both are sums in another order


@dataclass
class Live:
    """The figures of the forecast that formulas give: measure, component, breakdown and year → cell."""

    cells: dict[Key, Term] = field(default_factory=dict)

    def add(self, measure: str, path: Path, component: str = "", **at: str) -> Path:
        """Note that a row of cells holds a measure; return the row."""
        for year, item in zip(path.years, path.terms, strict=True):
            self.cells[measure, component, tuple(sorted(at.items())), year] = item
        return path

    def find(self, measure: str, component: str, at: Mapping[str, str], year: int) -> Term | None:
        """Return the cell of a figure, None where no formula gives it."""
        return self.cells.get((measure, component, tuple(sorted(at.items())), year))

    def totals(self, year: int) -> list[tuple[str, str, Term]]:
        """Return measure, component and cell of every figure of a year without a breakdown."""
        return [
            (measure, component, item)
            for (measure, component, at, when), item in self.cells.items()
            if when == year and not at
        ]


@dataclass(frozen=True, eq=False)
class Work:
    """What every part of the calculation needs.

    Attributes:
        run: the run that the workbook shows.
        inputs: formulas for the levers.
        data: the sheet of inputs from the dataset: counts, unit costs, budget lines.
        board: the sheet of calculations in hand.
        live: what has been worked out so far.
    """

    run: Run
    inputs: Inputs
    data: Board
    board: Board
    live: Live

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years forecast."""
        return self.run.forecast.years


def differing(live: Live, run: Run) -> list[str]:
    """Return a sentence for every figure whose formula does not give what the software computed."""
    found = []
    for (measure, component, at, year), item in live.cells.items():
        try:
            said = run.forecast.value(measure, year, component=component, **dict(at))
        except NoSuchMargin:
            found.append(f"{measure} {component} {dict(at)} {year}: a formula, and no figure of the software")
            continue
        if abs(said - item.value) > NEAR * max(abs(said), 1.0):
            found.append(f"{measure} {component} {dict(at)} {year}: formula {item.value}, software {said}")
    return found
