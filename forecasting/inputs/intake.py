"""What a set of files holds, before anything is loaded: which tables, which sheets need a mapping, which words too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import dfe
from forecasting.inputs.load import read_all, who_of
from forecasting.inputs.local_words import UnknownWord, unknown_words
from forecasting.inputs.official import read_official
from forecasting.inputs.pupil_level import totals
from forecasting.inputs.schema import ASIDE, BY_NAME
from forecasting.inputs.sheets import Sheet, Source
from forecasting.inputs.words_in_force import words_of


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
    added_up = totals(files)
    releases, rest, faults = dfe.split(added_up.files)
    sheets, unread = read_all(rest)
    codes = {code: f"{code} {name}" for code, name, _ in dfe.authorities(releases)} if releases else {}
    official, own, refused = read_official(sheets, who_of(authority, _named(releases, authority), sheets))
    tables = [sheet for sheet in own if sheet.name in BY_NAME and sheet.header]
    strays = tuple(s for s in own if s.name not in BY_NAME and s.name not in ASIDE and len(s.rows))
    found = [_of_release(release) for release in releases]
    found += [Found(s.file, s.name, reader.what, (s.name,), len(s.rows)) for reader, s in official]
    found += [Found(s.file, s.name, f'Table "{s.name}" of the dataset', (s.name,), len(s.rows)) for s in tables]
    words = unknown_words(tables, words_of([*tables, *(sheet for _, sheet in official)]))
    return Survey(tuple(found), strays, words, codes, (*added_up.faults, *faults, *unread, *refused))


def _named(releases: list[dfe.Release], authority: str | None) -> tuple[str, ...]:
    """Return code and name of the authority in the releases, none when it is not known yet."""
    try:
        return dfe.find_authority(releases, authority)[:2] if releases else ()
    except DatasetError:
        return ()


def _of_release(release: dfe.Release) -> Found:
    what = f"Education, health and care plans: the DfE's release, layout of {release.layout}"
    tables = ("about", "ehc_plans", "plan_flows", "comparators")
    return Found(release.name, "", what, tables, sum(len(frame) for frame in release.parts.values()))
