"""The exceptions this product raises on purpose, and the record of one fault in the data.

`Conflict` carries a saved version, and so stands with it in `scenario/store/records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["error", "warning", "note"]


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong (or odd) in the data: where, what was found, what is allowed, what to do.

    `row` is the row as the user sees it in the file (the header is row 1); 0 means the whole table. `kind` names the
    check in a few words, so that many faults of one check can be shown as one line; "" when the sentence tells enough.
    """

    file: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    found: str = ""
    allowed: str = ""
    todo: str = ""
    grade: Grade = "error"
    kind: str = ""

    @property
    def where(self) -> str:
        """Return where it is: file, sheet, row and column, as far as they are known."""
        where = [self.file]
        if self.sheet:
            where.append(f'sheet "{self.sheet}"')
        if self.row:
            where.append(f"row {self.row}")
        if self.column:
            where.append(f'column "{self.column}"')
        return ", ".join(where)

    def __str__(self) -> str:
        """Return one sentence: where, what was found, what is allowed; what to do."""
        text = f"{self.where}: {self.found}"
        if self.allowed:
            text += f"; allowed: {self.allowed}"
        if self.todo:
            text += f"; {self.todo}"
        text = " ".join(text.splitlines())  # a cell may hold line breaks; a fault is one line
        return f"{text}." if not text.endswith((".", "?", "!")) else text


class SufficiencyError(Exception):
    """Base of every error that this product raises on purpose; its text is meant for the user."""


class DatasetError(SufficiencyError):
    """The dataset cannot be used; carries every fault found, not only the first."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class ScenarioError(SufficiencyError):
    """A scenario names an unknown lever, or a value outside what the lever allows.

    `faults` lists each fault of a file with its line, where there is a file.
    """

    def __init__(self, told: str, faults: tuple[str, ...] = ()) -> None:
        self.faults = faults
        super().__init__(told)


class UsageError(SufficiencyError):
    """What was asked for cannot be done as asked: a year out of reach, an unknown file ending, another authority."""


class MethodUnavailable(SufficiencyError):
    """The method asked for needs tables that the dataset does not have."""


class StoreError(SufficiencyError):
    """The store of scenarios cannot be read or written: where, what is the matter, what to do. Nothing is lost."""
