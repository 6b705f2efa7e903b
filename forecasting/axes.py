"""The closed vocabularies and the column names of the forecast table; computes nothing else.

The words live in `data/vocabularies/*.csv`, so adding a code is a change of data, not of code.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"

FORECAST_KEYS = (
    "scenario", "measure", "component", "year", "area", "nc_year", "age_band", "phase", "need", "setting",
    "place", "provider",
)  # fmt: skip
STATISTICS = ("central", "mean", "p2_5", "p10", "p50", "p90", "p97_5")
FORECAST_COLUMNS = (*FORECAST_KEYS, *STATISTICS, "unit")
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


@dataclass(frozen=True)
class Code:
    """One word of a vocabulary: its code, the name shown, other spellings, and its row of the file."""

    code: str
    name: str
    aliases: tuple[str, ...]
    row: tuple[tuple[str, str], ...]

    def __getitem__(self, column: str) -> str:
        """Return another column of the vocabulary file, for example `group`."""
        return dict(self.row)[column]


@dataclass(frozen=True)
class Vocabulary:
    """An ordered, closed list of codes with names and aliases."""

    title: str
    codes: tuple[Code, ...]

    @cached_property
    def _by_word(self) -> dict[str, Code]:
        words: dict[str, Code] = {}
        for item in self.codes:
            for word in (item.code, item.name, *item.aliases):
                words.setdefault(_plain(word), item)
        return words

    @property
    def names(self) -> tuple[str, ...]:
        """Return the codes in their order."""
        return tuple(item.code for item in self.codes)

    def find(self, word: str) -> Code | None:
        """Return the code that a word means (code, name or alias; case and spacing ignored), or None."""
        return self._by_word.get(_plain(word))

    def label(self, code: str) -> str:
        """Return the name shown for a code; a code of a local vocabulary is shown as it is."""
        found = self._by_word.get(_plain(code))
        return found.name if found else code


def _plain(word: str) -> str:
    return " ".join(word.lower().replace("_", " ").split())


def read_vocabulary(path: Path) -> Vocabulary:
    """Read one vocabulary file (columns code, name, aliases separated by "|", order, and any others)."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = sorted(csv.DictReader(handle), key=lambda row: int(row["order"]))
    codes = (Code(r["code"], r["name"], tuple(a for a in r["aliases"].split("|") if a), tuple(r.items())) for r in rows)
    return Vocabulary(path.stem, tuple(codes))


NEEDS = read_vocabulary(DATA / "vocabularies" / "needs.csv")
SETTINGS = read_vocabulary(DATA / "vocabularies" / "settings.csv")
PHASES = read_vocabulary(DATA / "vocabularies" / "phases.csv")
AGE_BANDS = read_vocabulary(DATA / "vocabularies" / "age_bands.csv")
PLACES = read_vocabulary(DATA / "vocabularies" / "places.csv")
OVERFLOW = read_vocabulary(DATA / "vocabularies" / "overflow.csv")
MEASURES = read_vocabulary(DATA / "vocabularies" / "measures.csv")
VOCABULARIES = {v.title: v for v in (NEEDS, SETTINGS, PHASES, AGE_BANDS, PLACES)}

INMSS_PARTS = ("special_non_maintained", "special_independent", "inmss")
