"""Many faults of one kind as one line with a count, so that a list of them can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forecasting.errors import Fault, Grade

_ORDER: tuple[Grade, ...] = ("error", "warning", "note")
_VARIES = re.compile(r'"[^"]*"|[-+£]?\d[\d,.]*%?')


@dataclass(frozen=True)
class Group:
    """Faults of one kind.

    Attributes:
        grade: error, warning or note.
        text: one line: the fault itself when there is one, else what they share, how many there are and the first.
        faults: the faults, in the order found.
    """

    grade: Grade
    text: str
    faults: tuple[Fault, ...]

    @property
    def count(self) -> int:
        """Return the number of faults."""
        return len(self.faults)


def grouped(faults: Sequence[Fault]) -> tuple[Group, ...]:
    """Return the faults in groups of one kind, errors first, then warnings, then notes; nothing is dropped.

    Two faults are of one kind when grade, file, table, column and `kind` agree; without a `kind`, when what is
    allowed and what to do agree and their sentences differ only in figures and in words within quotes.
    """
    kinds: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        kinds.setdefault(_kind(fault), []).append(fault)
    made = [Group(many[0].grade, _line(many), tuple(many)) for many in kinds.values()]
    return tuple(sorted(made, key=lambda group: _ORDER.index(group.grade)))


def _kind(fault: Fault) -> tuple[str, ...]:
    where = (fault.grade, fault.file, fault.sheet, fault.column)
    return (*where, fault.kind) if fault.kind else (*where, _VARIES.sub("#", fault.found), fault.allowed, fault.todo)


def _line(faults: Sequence[Fault]) -> str:
    first = faults[0]
    if len(faults) == 1:
        return str(first)
    where = ", ".join(filter(None, (first.file, first.sheet and f'sheet "{first.sheet}"',
                                    first.column and f'column "{first.column}"')))  # fmt: skip
    what = first.kind or "of this kind"
    return f"{where}: {len(faults)} {first.grade}s {'(' + what + ')' if first.kind else what}, the first: {first.found}"
