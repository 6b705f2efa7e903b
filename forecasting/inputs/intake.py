"""What a set of files holds, before anything is loaded: which tables, which sheets need a mapping, which words too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecasting.errors import Fault
from forecasting.inputs.local_words import UnknownWord
from forecasting.inputs.sheets import Sheet, Source


@dataclass(frozen=True)
class Found:
    """One thing recognised among the files.

    Attributes:
        file: name of the file.
        sheet: name of the sheet; "" when the whole file is one thing.
        what: what it was recognised as, in words for the screen.
        tables: the dataset tables that it fills.
        rows: number of rows read.
    """

    file: str
    sheet: str
    what: str
    tables: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Survey:
    """What the files hold.

    Attributes:
        found: what was recognised, in the order of the files.
        strays: sheets that nothing recognises: offer `column_mapping.likely_tables(sheet)` for these.
        words: words that the vocabularies lack: offer `local_words.mapping_rows` for these.
        authorities: code → name, of files that hold several authorities; the user must choose one.
        faults: files that cannot be read at all.
    """

    found: tuple[Found, ...]
    strays: tuple[Sheet, ...]
    words: tuple[UnknownWord, ...]
    authorities: dict[str, str]
    faults: tuple[Fault, ...]


def survey(files: Iterable[Source], authority: str | None = None) -> Survey:
    """Return what the files hold; nothing is raised and nothing is kept.

    The steps of the Data page: `survey`; for each stray `column_mapping.guess` → `corrected` → `apply` → `as_source`
    (and `remember`); for unknown words `local_words.mapping_rows` → `with_mappings`; then `load.from_sources`.
    """
    raise NotImplementedError
