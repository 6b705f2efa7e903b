"""Many faults of one kind as one line with a count, so that a list of them can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from forecasting.errors import Fault, Grade

_ONE_BY_ONE = 10  # errors of one kind that are told one a line; more are told together
_EXAMPLES = 5
_ORDER: tuple[Grade, ...] = ("error", "warning", "note")
_WHOSE = re.compile(r"^(\D*?)\b((?:19|20)\d{2}):")
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


def summed_up(faults: Sequence[Fault]) -> list[Fault]:
    """Return the faults with many errors of one kind as one, with examples; the others, and the order, stay.

    A word that stands in a thousand rows is one thing to mend. Warnings stay apart: each is decided on by itself.
    """
    kinds: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        if fault.grade == "error":
            kinds.setdefault(_kind(fault), []).append(fault)
    many = {kind: alike for kind, alike in kinds.items() if len(alike) > _ONE_BY_ONE}
    told: list[Fault] = []
    for fault in faults:
        alike = many.get(_kind(fault)) if fault.grade == "error" else None
        if alike is None:
            told.append(fault)
        elif fault is alike[0]:
            told.append(replace(fault, row=0, found=_examples(alike)))
    return told


def _examples(alike: Sequence[Fault]) -> str:
    rows: dict[str, list[int]] = {}
    for fault in alike:
        rows.setdefault(fault.found, []).append(fault.row)
    shown = list(rows.items())[:_EXAMPLES]
    rest = len(alike) - sum(len(at) for _, at in shown)
    told = "; ".join(f"{found}{_at(at)}" for found, at in shown)
    return f"{len(alike):,} errors of one kind: {told}" + (f"; and {rest:,} more" if rest else "")


def _at(rows: Sequence[int]) -> str:
    if not rows[0]:
        return ""
    return f" (row {rows[0]})" if len(rows) == 1 else f" ({len(rows):,} rows, the first {rows[0]})"


def who_and_when(faults: Sequence[Fault]) -> str:
    """Return whom and which years faults are about: "Rotherham 2016, 2018 to 2020; England 2024"; "" when not told.

    The sentence of a plausibility check begins with a name (or none) and a year.
    """
    told = [_WHOSE.match(fault.found) for fault in faults]
    years: dict[str, set[int]] = {}
    for match in told:
        if match is None:
            return ""
        years.setdefault((match[1] or "").strip(), set()).add(int(match[2]))
    return "; ".join(f"{name} {_spans(sorted(known))}".strip() for name, known in years.items())


def _spans(years: Sequence[int]) -> str:
    """Return years as text, three or more in a row as a span: 2016, 2018 to 2020."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    words = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(words)


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
