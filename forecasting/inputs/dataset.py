"""The Dataset: the checked tables that a forecast starts from, where they came from, and their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from forecasting import axes
from forecasting.axes import Vocabulary
from forecasting.errors import Fault
from forecasting.inputs.facts import YES
from forecasting.inputs.schema import BY_NAME


@dataclass(frozen=True, eq=False)
class Dataset:
    """Checked tables; treat as frozen.

    Attributes:
        tables: table name → frame with the columns of the schema; the index is the row in the file.
        sources: names of the files read, in order.
        notes: warnings and notes found while reading; errors never get this far.
        content_hash: SHA-256 of the contents, the key of every cache.
    """

    tables: Mapping[str, pd.DataFrame]
    sources: tuple[str, ...] = ()
    notes: tuple[Fault, ...] = ()
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "content_hash", _hash(self.tables))

    def has(self, name: str) -> bool:
        """Return whether a table is there and has rows."""
        return name in self.tables and not self.tables[name].empty

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; one that is not there comes back empty, with its columns."""
        if name in self.tables:
            return self.tables[name]
        return pd.DataFrame(columns=list(BY_NAME[name].names))

    def about(self, key: str, default: str = "") -> str:
        """Return one fact of table `about`."""
        return self._facts.get(key, default)

    @cached_property
    def _facts(self) -> dict[str, str]:
        frame = self.table("about")
        return {str(key): str(value) for key, value in zip(frame["key"], frame["value"], strict=True) if value}

    @property
    def name(self) -> str:
        """Return the authority's name, or its code."""
        return self.about("authority_name") or self.about("authority_code") or "This authority"

    @property
    def synthetic(self) -> bool:
        """Return whether the data are made up; every screen and export then says so."""
        return self.about("synthetic").strip().lower() in YES

    @cached_property
    def base_year(self) -> int:
        """Return the January census year that the forecast starts from: `about`, else the last year known."""
        if self.about("base_year"):
            return int(float(self.about("base_year")))
        years = [int(self.table(t)["year"].max()) for t in ("pupils", "ehc_plans") if self.has(t)]
        years += [int(self.table("plan_moves")["census_year"].max()) + 1] if self.has("plan_moves") else []
        return max(years)

    @cached_property
    def needs(self) -> Vocabulary:
        """Return the needs in force: the dataset's own, else the standard list."""
        return self._vocabulary("needs", "need", axes.NEEDS)

    @cached_property
    def settings(self) -> Vocabulary:
        """Return the settings in force: the dataset's own, else the standard list."""
        return self._vocabulary("settings", "setting", axes.SETTINGS)

    def _vocabulary(self, table: str, column: str, standard: Vocabulary) -> Vocabulary:
        if not self.has(table):
            return standard
        rows = self.table(table)
        names = rows["name"].fillna(rows[column]) if "name" in rows else rows[column]
        codes = tuple(axes.Code(c, n, (), ()) for c, n in zip(rows[column], names, strict=True))
        return Vocabulary(table, codes)


def _hash(tables: Mapping[str, pd.DataFrame]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(name.encode())
        digest.update(tables[name].to_csv(index=False, lineterminator="\n").encode())
    return digest.hexdigest()
