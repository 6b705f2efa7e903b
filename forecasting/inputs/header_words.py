"""Other words that councils use for the columns of the dataset tables (`data/vocabularies/header_words.csv`)."""

from __future__ import annotations

import csv
import re

from forecasting.axes import DATA
from forecasting.inputs.headers import plain

_SHORT = {"no": "number", "nr": "number", "num": "number", "#": "number", "yr": "year", "ehcp": "plan",
          "ehcps": "plans",
          "sch": "school", "pri": "primary", "sec": "secondary", "la": "authority", "qty": "number"}  # fmt: skip


def word_of(header: str) -> str:
    """Return a header as words are compared: lower case, no punctuation, usual short forms written out."""
    words = re.sub(r"[^\w#£+]+", " ", plain(header).replace("_", " ")).split()
    return "_".join(_SHORT.get(word, word) for word in words)


def _read() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with (DATA / "vocabularies" / "header_words.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for word in (row["column"], *row["words"].split("|")):
                found.setdefault(word_of(word), []).append(row["column"])
    return {word: tuple(columns) for word, columns in found.items()}


WORDS = _read()
