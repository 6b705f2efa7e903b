"""What changed from one dataset to another: rows that are new, gone or altered, and totals by year."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin
from forecasting.inputs.schema import BY_NAME, time_of

_REMARKS = ("source", "note")  # a new source line alone does not alter a figure
_TOTALS = (
    ("EHC plans (maintained)", "ehc_plans", "plans", ""),
    ("Pupils on roll", "pupils", "pupils", ""),
    ("SEN support", "sen", "pupils", "sen_support"),
    ("Pupils with an EHC plan (on roll)", "sen", "pupils", "ehc_plan"),
)


@dataclass(frozen=True)
class TableChange:
    """How one table changed.

    Attributes:
        table: table name.
        before: rows before.
        now: rows now.
        years: years it has rows for now, such as "2010 to 2025".
        years_before: years it had rows for.
        new: rows whose key was not there before.
        gone: rows whose key is not there now.
        altered: rows with the same key and another content.
    """

    table: str
    before: int
    now: int
    years: str
    years_before: str
    new: int
    gone: int
    altered: int

    @property
    def what(self) -> str:
        """Return the change in words."""
        if not self.before:
            return "new table"
        if not self.now:
            return "not there now"
        parts = [(self.new, "new"), (self.gone, "gone"), (self.altered, "altered")]
        return ", ".join(f"{count:,} {word}" for count, word in parts if count) or "the same"


@dataclass(frozen=True)
class Total:
    """A total of one year, before and now; None where it is not known."""

    measure: str
    year: int
    before: float | None
    now: float | None


def changes(old: Dataset, new: Dataset) -> tuple[TableChange, ...]:
    """Return how each table changed, in the order of the schema.

    A row is known by the key columns of its table; a table without a key by its whole row, so that an altered row
    there counts as one gone and one new.
    """
    return tuple(_change(name, old, new) for name in BY_NAME if old.has(name) or new.has(name))


def _change(name: str, old: Dataset, new: Dataset) -> TableChange:
    before, now = _rows(name, old), _rows(name, new)
    both = before.index.intersection(now.index)
    altered = int((before.loc[both] != now.loc[both]).sum())
    return TableChange(
        name, len(old.table(name)), len(new.table(name)), years_in_words(new, name), years_in_words(old, name),
        len(now.index.difference(both)), len(before.index.difference(both)), altered,
    )  # fmt: skip


def _rows(name: str, dataset: Dataset) -> pd.Series:
    """Return the contents of each row as text, indexed by its key as text; the first of rows with one key."""
    frame = dataset.table(name)
    table = BY_NAME[name]
    known = [column for column in table.names if column in frame and column not in _REMARKS]
    keys = [column for column in table.key if column in frame] or known
    rest = [column for column in known if column not in keys]
    found = pd.Series(_joined(frame, rest), index=_joined(frame, keys), dtype="object")
    return found[~found.index.duplicated()]


def _joined(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    texts = [_texts(frame[column]) for column in columns]
    return ["\x1f".join(cells) for cells in zip(*texts, strict=True)] if texts else [""] * len(frame)


def _texts(column: pd.Series) -> list[str]:
    """Return cells as text, the same for 5 and 5.0, and for the kinds of missing."""
    if pd.api.types.is_numeric_dtype(column):
        return ["" if value != value else f"{value:.12g}" for value in column.astype("float64").tolist()]
    return ["" if pd.isna(value) else str(value) for value in column]


def years_in_words(dataset: Dataset, table: str) -> str:
    """Return the years that a table has rows for: "2010 to 2025", "2025", or "" for a table without years."""
    frame = dataset.table(table)
    time = time_of(table)
    years = frame[time].dropna() if time in frame else pd.Series(dtype="float64")
    if years.empty:
        return ""
    first, last = int(years.min()), int(years.max())
    return f"{first} to {last}" if first < last else str(last)


def totals(old: Dataset | None, new: Dataset) -> tuple[Total, ...]:
    """Return the totals of pupils, SEN and EHC plans by January, before and now."""
    found: list[Total] = []
    for measure, table, value, provision in _TOTALS:
        before, now = (_total(dataset, table, value, provision) for dataset in (old, new))
        years = sorted(set(before) | set(now))
        found += [Total(measure, year, before.get(year), now.get(year)) for year in years]
    return tuple(found)


def _total(dataset: Dataset | None, table: str, value: str, provision: str) -> dict[int, float]:
    if dataset is None or not dataset.has(table):
        return {}
    series = margin(dataset, table, value, *(["provision"] if provision else []))
    if provision:
        series = series[series.index.get_level_values("provision") == provision].droplevel("provision")
    return {int(str(year)): float(number) for year, number in series.dropna().items()}
