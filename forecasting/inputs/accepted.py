"""Accepted datasets, kept in the user's folder: aggregated tables only, and the review that goes with each.

A dataset is a zip of CSV files named by its content hash; each acceptance is one small record beside it. Every file
is written whole under another name first, so that a crash or a full disk never harms what was kept before.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from forecasting.errors import DatasetError, Fault, UsageError
from forecasting.home import home
from forecasting.inputs.changes import TableChange, Total
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.intake import Found
from forecasting.inputs.review import Decision, Review
from forecasting.inputs.schema import BY_NAME
from forecasting.written import write_whole

_KINDS = "columns.json"
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same tables give the same bytes


@dataclass(frozen=True)
class Kept:
    """One acceptance: its name in the folder, and the review."""

    key: str
    review: Review

    @property
    def day(self) -> str:
        """Return when it was accepted: 24 November 2026, 12:05."""
        when = datetime.fromisoformat(self.review.when)
        return f"{when.day} {when:%B %Y, %H:%M}"

    @property
    def label(self) -> str:
        """Return how it is called in a list."""
        by = f", by {self.review.who}" if self.review.who else ""
        held = self.review
        return f"{held.name}, {held.title or 'no title'}, base year {held.base_year}: {self.day}{by}"


def folder_of(place: Path | None = None) -> Path:
    """Return the folder of accepted datasets: the one given, else "datasets" in the user's folder."""
    return place if place is not None else home() / "datasets"


def keep(dataset: Dataset, review: Review, place: Path | None = None) -> Kept:
    """Keep an accepted dataset and its review; nothing kept before is touched.

    Args:
        dataset: the dataset as accepted; only its tables are written.
        review: the review, whose content hash is that of the dataset.
        place: the folder; that of the user when not given.

    Raises:
        UsageError: the folder cannot be written (full, read-only); the dataset can still be used.
        ValueError: the dataset holds something that is not a dataset table, or the review is of another dataset.
    """
    if review.content_hash != dataset.content_hash:
        raise ValueError("the review is of another dataset")
    content = packed(dataset.tables)
    moment = datetime.fromisoformat(review.when)
    key = f"{int(moment.timestamp() * 1000):015d}-{review.content_hash[:12]}"
    record = json.dumps(asdict(review), ensure_ascii=False, indent=1).encode()
    folder = folder_of(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{dataset.content_hash}.zip", content)
        write_whole(folder / f"{key}.json", record)
    except OSError as error:
        raise UsageError(
            f"The dataset could not be kept in {folder} ({error.strerror or error}). It is in use in this session "
            "only. Free space or ask for the right to write there, then accept it again."
        ) from error
    return Kept(key, review)


def listing(place: Path | None = None) -> tuple[Kept, ...]:
    """Return what has been accepted, the newest first; a damaged record or one without its tables is left out."""
    folder = folder_of(place)
    found = [_record(path) for path in sorted(folder.glob("*.json"), reverse=True)]
    return tuple(kept for kept in found if kept and (folder / f"{kept.review.content_hash}.zip").is_file())


def _record(path: Path) -> Kept | None:
    try:
        return Kept(path.stem, _review(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _review(told: dict[str, Any]) -> Review:
    lists = {
        "files": tuple(told["files"]),
        "found": tuple(Found(**{**item, "tables": tuple(item["tables"])}) for item in told["found"]),
        "faults": tuple(Fault(**item) for item in told["faults"]),
        "decisions": tuple(_decision(item) for item in told["decisions"]),
        "changes": tuple(TableChange(**item) for item in told["changes"]),
        "totals": tuple(Total(**item) for item in told["totals"]),
    }
    return Review(**{**told, **lists})


def _decision(told: dict[str, Any]) -> Decision:
    return Decision(**{**told, "years": tuple(told["years"]), "warnings": tuple(told["warnings"])})


def open_kept(kept: Kept, place: Path | None = None) -> Dataset:
    """Return a kept dataset, the same in every figure as the one accepted.

    Raises:
        DatasetError: its file is gone or damaged.
    """
    path = folder_of(place) / f"{kept.review.content_hash}.zip"
    notes = tuple(fault for fault in kept.review.faults if fault.grade != "error")
    try:
        dataset = Dataset(unpacked(path.read_bytes()), kept.review.files, notes)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise DatasetError((_damaged(path),)) from error
    if dataset.content_hash != kept.review.content_hash:
        raise DatasetError((_damaged(path),))
    return dataset


def _damaged(path: Path) -> Fault:
    todo = "choose another accepted dataset, or upload the files again"
    return Fault(path.name, found="this accepted dataset cannot be read: its file is gone or damaged", todo=todo)


def purge(kept: Kept, place: Path | None = None) -> None:
    """Delete an acceptance, and its tables unless another acceptance is of the same tables.

    Raises:
        UsageError: the folder cannot be written.
    """
    folder = folder_of(place)
    try:
        (folder / f"{kept.key}.json").unlink(missing_ok=True)
        if all(other.review.content_hash != kept.review.content_hash for other in listing(folder)):
            (folder / f"{kept.review.content_hash}.zip").unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"It could not be deleted from {folder} ({error.strerror or error}).") from error


def packed(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return tables as a zip of CSV files, with the kind of each column beside them.

    Raises:
        ValueError: a table or column is not of the dataset schema, so that it might hold anything.
    """
    strange = [name for name in tables if name not in BY_NAME]
    strange += [f"{n}.{c}" for n in tables if n in BY_NAME for c in tables[n] if c not in BY_NAME[n].names]
    if strange:
        raise ValueError(f"not of the dataset tables: {', '.join(map(str, strange))}")
    kinds = {name: {str(c): str(frame[c].dtype) for c in frame} for name, frame in tables.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in (*_texts(tables), (_KINDS, json.dumps(kinds))):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _texts(tables: Mapping[str, pd.DataFrame]) -> Iterable[tuple[str, str]]:
    # text within quotes: a lone carriage return in a cell would else end the line
    return (
        (f"{name}.csv", frame.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC))
        for name, frame in tables.items()
    )


def unpacked(content: bytes) -> dict[str, pd.DataFrame]:
    """Return the tables of a zip that `packed` made; the index is the row of the CSV file (the header is row 1).

    Raises:
        BadZipFile, ValueError, KeyError: it is not such a zip.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kinds = json.loads(archive.read(_KINDS))
        return {name: _frame(archive.read(f"{name}.csv").decode(), columns) for name, columns in kinds.items()}


def _frame(text: str, kinds: dict[str, str]) -> pd.DataFrame:
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    index = pd.RangeIndex(2, len(rows) + 2, name="row")
    return pd.DataFrame(
        {name: _column(cells[at], kind) for at, (name, kind) in enumerate(kinds.items())}, index=index
    )  # fmt: skip


def _column(cells: tuple[str, ...], kind: str) -> ExtensionArray:
    filled: ExtensionArray = pd.Series(cells, dtype="str").array
    if kind == "int64":
        filled = pd.Series(np.array(cells, dtype="str").astype("int64")).array
    elif kind == "float64":
        filled = pd.Series(np.array([cell or "nan" for cell in cells], dtype="str").astype("float64")).array
    return filled
