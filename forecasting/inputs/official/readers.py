"""The list of readers, and the one step that offers each sheet to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.official import births, money, people, schools
from forecasting.inputs.official.who import Who
from forecasting.inputs.schema import ASIDE, BY_NAME
from forecasting.inputs.sheets import Sheet


@dataclass(frozen=True)
class Reader:
    """One kind of file: what it is in words, the table it fills, and the function that reads it (None: not mine)."""

    what: str
    table: str
    read: Callable[[Sheet, Who], Sheet | None]


READERS: tuple[Reader, ...] = (
    Reader("Population by single year of age (ONS estimates or projections)", "population", people.read),
    Reader("Live births by calendar year", "births", births.read),
    Reader("A list of schools with capacity and roll (GIAS, school capacity)", "providers", schools.read),
    Reader("Budget or outturn lines (section 251, or a council's own)", "budget", money.read),
)


def read_official(sheets: Iterable[Sheet], who: Who) -> tuple[list[tuple[Reader, Sheet]], list[Sheet], list[Fault]]:
    """Return the sheets that a reader knows (with its reader), the other sheets, and faults of what cannot be read.

    A sheet that is a dataset table already, by its name and its required columns, is not offered to any reader.
    """
    known: list[tuple[Reader, Sheet]] = []
    others: list[Sheet] = []
    faults: list[Fault] = []
    for sheet in sheets:
        try:
            found = None if sheet.name in ASIDE or is_table(sheet) else _first(sheet, who)
        except DatasetError as error:
            faults += error.faults
            continue
        if found is None:
            others.append(sheet)
        else:
            known.append(found)
            faults += found[1].faults
    return known, others, faults


def is_table(sheet: Sheet) -> bool:
    """Return whether a sheet bears the name of a dataset table and has all the columns that this one needs."""
    table = BY_NAME.get(sheet.name)
    if table is None:
        return False
    names = {table.alias(name) for name in sheet.header}
    return all(column.name in names for column in table.columns if column.required and not column.absent)


def _first(sheet: Sheet, who: Who) -> tuple[Reader, Sheet] | None:
    for reader in READERS:
        made = reader.read(sheet, who)
        if made is not None:
            return reader, made
    return None
