"""Other words that councils use for the columns of the dataset tables (`data/vocabularies/header_words.csv`)."""

from __future__ import annotations

import csv

from forecasting.axes import DATA
from forecasting.inputs.headers import plain


def _read() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with (DATA / "vocabularies" / "header_words.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for word in (row["column"], *row["words"].split("|")):
                found.setdefault(plain(word), []).append(row["column"])
    return {word: tuple(columns) for word, columns in found.items()}


WORDS = _read()
