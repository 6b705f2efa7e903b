"""Paths to a Dataset: every fault of every table is found before anything is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pandas as pd

from forecasting.errors import DatasetError, Fault, UsageError
from forecasting.inputs import dfe
from forecasting.inputs.changes import changes
from forecasting.inputs.checks import check_lines, check_tables
from forecasting.inputs.cross_checks import check_across
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.folder import in_folder, unreadable
from forecasting.inputs.grouping import summed_up
from forecasting.inputs.headers import suggestion
from forecasting.inputs.official import Who, read_official
from forecasting.inputs.plausibility import check_own
from forecasting.inputs.pupil_level import totals
from forecasting.inputs.read_table import read_table
from forecasting.inputs.schema import ASIDE, BY_NAME, STARTING_TABLES, Table
from forecasting.inputs.sheets import Sheet, Source, read_sheets
from forecasting.inputs.structure import check_structure
from forecasting.inputs.words_in_force import words_of
from forecasting.scenario.from_dataset import lever_faults

_NAMED = 3
_IDENTITY = ("authority_code", "authority_name", "ons_code")


def load(paths: Sequence[Path | str], authority: str | None = None) -> Dataset:
    """Return the dataset of one or more folders, files or zips; later ones win, table by table.

    Args:
        paths: folders of CSV files, workbooks, CSV files, zips of these, releases of the DfE.
        authority: code or name of the authority to take from a release that holds several.

    Raises:
        DatasetError: with every error found in all of them.
    """
    return from_sources(sources(paths), authority)


def sources(paths: Sequence[Path | str]) -> list[Source]:
    """Read the files at the paths; a folder stands for its CSV files (see `in_folder`).

    Raises:
        DatasetError: a path does not exist, a folder has no CSV files, or files cannot be read; all of them are named.
    """
    found: list[Source] = []
    faults: list[Fault] = []
    for path in map(Path, paths):
        files, unread = in_folder(path) if path.is_dir() else ([path], [])
        faults += unread
        for file in files:
            try:
                found.append(Source.of(file))
            except OSError as error:
                faults.append(unreadable(file, error))
    if faults:
        raise DatasetError(tuple(faults))
    return found


def from_sources(files: Iterable[Source], authority: str | None = None) -> Dataset:
    """Return the dataset of files already in memory (an upload, or files read from disk); see `load`.

    Raises:
        DatasetError: with every error found.
    """
    dataset, faults = examine(files, authority)
    errors = tuple(fault for fault in faults if fault.grade == "error")
    if errors or dataset is None:
        raise DatasetError(errors)
    return dataset


def require_authority(dataset: Dataset, code: str | None) -> None:
    """Make sure that a dataset is of the authority asked for; None asks for none.

    Raises:
        UsageError: the dataset is of another authority, or does not say of which.
    """
    held = dataset.about("authority_code")
    names = [dataset.about(key) for key in _IDENTITY]
    if code is not None and code.strip().lower() not in [name.lower() for name in names if name]:
        raise UsageError(f'the dataset is of authority "{held or "not stated"}", not "{code}"')


def examine(files: Iterable[Source], authority: str | None = None) -> tuple[Dataset | None, tuple[Fault, ...]]:
    """Return the dataset (None when it cannot be used) and every fault, whatever its grade."""
    dataset, faults = _examined(list(files), authority)
    return dataset, tuple(summed_up(faults))


def _examined(files: Sequence[Source], authority: str | None) -> tuple[Dataset | None, list[Fault]]:
    """Return what `examine` returns, every fault by itself."""
    added_up = totals(files)
    releases, rest, faults = dfe.split(added_up.files)
    faults += added_up.faults
    published, found = _published(releases, authority)
    sheets, more = read_all(rest)
    official, own, unread = read_official(sheets, who_of(authority, _named(published), sheets))
    by_name, strays = _recognise(own)
    known = [*(sheet for _, sheet in official), *by_name]
    faults += [*found, *more, *unread, *strays]
    tables: dict[str, pd.DataFrame] = dict(published.tables) if published else {}
    faults += _read_into(tables, known, len(official))
    refused = any(fault.grade == "error" for fault in faults)
    if sheets or published or not refused:
        given = ", ".join(source.name for source in files[:_NAMED]) + (" …" if len(files) > _NAMED else "")
        faults += _presence(tables, given) if not _gave_nothing(releases, published) else []
    origin = _origin(published, known)
    spoilt = {fault.sheet for fault in faults if fault.grade == "error"}
    if spoilt:
        return None, [*faults, *_rest(spoilt, tables, origin)]
    faults += _checked(tables, origin, known)
    usable = not any(fault.grade == "error" for fault in faults)
    names = tuple(dict.fromkeys([*(published.files if published else ()), *(sheet.file for sheet in known)]))
    return (Dataset(tables, names, tuple(faults)) if usable else None), faults


def _read_into(tables: dict[str, pd.DataFrame], known: Sequence[Sheet], official: int) -> list[Fault]:
    """Read every sheet into its table; the rows of an official one (they come first) join those already there."""
    words, faults = words_of(known), []
    for at, sheet in enumerate(known):
        joins = at < official and sheet.name in tables
        frame, found = read_table(sheet, words)
        if sheet.name in tables and not joins:
            apart = changes(Dataset({sheet.name: tables[sheet.name]}), Dataset({sheet.name: frame}))
            told = f'table "{sheet.name}" is given twice, rows: {apart[0].what if apart else "none"}'
            faults.append(Fault(sheet.file, sheet.name, found=told, todo="the later one is used", grade="note"))
            faults += _two_authorities(sheet, tables[sheet.name], frame)
        tables[sheet.name] = _joined(BY_NAME[sheet.name], tables[sheet.name], frame) if joins else frame
        faults += found
    return faults


def _two_authorities(sheet: Sheet, before: pd.DataFrame, after: pd.DataFrame) -> list[Fault]:
    """Return a warning when two tables `about` are of two authorities: their other tables are then mixed."""
    if sheet.name != "about":
        return []
    codes = ["".join(frame.loc[frame["key"] == _IDENTITY[0], "value"]) for frame in (before, after)]
    if not all(codes) or codes[0] == codes[1]:
        return []
    found = f'tables of authority "{codes[0]}" and of authority "{codes[1]}" are read as one dataset'
    return [Fault(sheet.file, sheet.name, 0, "authority_code", found, "one authority",
                  "leave one of the two out, or correct its authority_code", "warning")]  # fmt: skip


def _checked(tables: dict[str, pd.DataFrame], origin: dict[str, Sheet], known: Sequence[Sheet]) -> list[Fault]:
    """Return what is wrong between the cells of a table, between tables, and with levers."""
    faults = [*check_tables(tables, origin), *check_structure(tables, origin)]
    faults += [*_own_plausibility(tables, known), *check_across(tables, origin)]
    return faults + _levers(tables, origin)


def _rest(spoilt: Collection[str], tables: dict[str, pd.DataFrame], origin: dict[str, Sheet]) -> list[Fault]:
    """Return the errors of the tables whose cells are all read, so that one reading names what there is to mend.

    What compares tables with each other waits until every table is read.
    """
    sound = {name: frame for name, frame in tables.items() if name not in spoilt}
    return [*check_lines(sound, origin), *_levers(sound, origin)]


def _levers(tables: dict[str, pd.DataFrame], origin: dict[str, Sheet]) -> list[Fault]:
    names = [name for name in ("assumptions", "scenarios", "interventions") if name in tables]
    return [fault for name in names for fault in lever_faults(name, origin[name].file, tables[name])]


def _published(releases: Sequence[dfe.Release], authority: str | None) -> tuple[dfe.Reading | None, list[Fault]]:
    if not releases:
        return None, []
    try:
        reading = dfe.read_releases(releases, authority)
    except DatasetError as error:
        return None, list(error.faults)
    return reading, list(reading.faults)


def _gave_nothing(releases: Sequence[dfe.Release], published: dfe.Reading | None) -> bool:
    """Return whether a release gave no tables; its own fault says why, and that is enough."""
    return bool(releases) and published is None


def _origin(published: dfe.Reading | None, sheets: Sequence[Sheet]) -> dict[str, Sheet]:
    origin = {sheet.name: sheet for sheet in sheets}
    if published:
        for name, frame in published.tables.items():
            origin.setdefault(name, Sheet(published.files[-1], name, tuple(map(str, frame.columns)), ()))
    return origin


def _own_plausibility(tables: dict[str, pd.DataFrame], sheets: Sequence[Sheet]) -> list[Fault]:
    """Return warnings about tables that the user gave; those of a release were judged on reading."""
    own = {sheet.name: tables[sheet.name] for sheet in sheets if sheet.name in ("ehc_plans", "plan_flows")}
    if not own:
        return []
    facts = dict(zip(tables["about"]["key"], tables["about"]["value"], strict=True))
    files = {sheet.name: sheet.file for sheet in sheets}
    return check_own(own, files, facts.get("authority_code", ""), facts.get("authority_name", "the authority"))


def who_of(authority: str | None, published: Sequence[str], sheets: Sequence[Sheet]) -> Who:
    """Return the codes and names of the authority asked for: as asked, of the release, of the user's table `about`."""
    facts = [cells for sheet in sheets if sheet.name == "about" for _, cells in sheet.rows]
    told = [row[1] for row in facts if len(row) > 1 and row[0].strip() in _IDENTITY]
    return Who.of(authority, *published, *told)


def _named(published: dfe.Reading | None) -> list[str]:
    """Return code and name of the authority of a release."""
    if published is None:
        return []
    about = published.tables["about"]
    return [str(word) for word in about.loc[about["key"].isin(_IDENTITY), "value"]]


def _joined(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of two files that fill one table; of rows alike in the key, the later file's."""
    return pd.concat([before, after]).drop_duplicates(list(table.key), keep="last")


def read_all(files: Iterable[Source]) -> tuple[list[Sheet], list[Fault]]:
    """Return the sheets of all files, and the faults of files and sheets; nothing is recognised yet."""
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for source in files:
        try:
            found = read_sheets(source)
        except DatasetError as error:
            faults += error.faults
            continue
        sheets += found
        faults += [fault for sheet in found for fault in sheet.faults]
    return sheets, faults


def _recognise(sheets: list[Sheet]) -> tuple[list[Sheet], list[Fault]]:
    known = [sheet for sheet in sheets if sheet.name in BY_NAME and sheet.header]
    strays = [
        Fault(sheet.file, sheet.name, found="this sheet is not a dataset table and was left out",
              allowed=", ".join(BY_NAME), grade="note",
              todo=suggestion(sheet.name, sheet.header, [k.name for k in known]))
        for sheet in sheets if sheet.name not in BY_NAME and sheet.name not in ASIDE
    ]  # fmt: skip
    return known, strays + _without_rows(sheets)


def _without_rows(sheets: list[Sheet]) -> list[Fault]:
    """Return a note for each file with tables that hold no row: nobody should think that they were used."""
    empty: dict[str, list[str]] = {}
    for sheet in sheets:
        if sheet.name in BY_NAME and not sheet.rows:
            empty.setdefault(sheet.file, []).append(sheet.name)
    return [
        Fault(file, found=f"a header but no rows, or nothing at all, in {', '.join(names)}: counts as not given",
              todo="fill it in, or leave it out", grade="note")
        for file, names in empty.items()
    ]  # fmt: skip


def _presence(tables: dict[str, pd.DataFrame], file: str) -> list[Fault]:
    faults = []
    if "about" not in tables or tables["about"].empty:
        todo = 'add "about" with authority_code, authority_name, title, source and base_year'
        found = 'table "about" is missing' if "about" not in tables else 'table "about" has no rows'
        faults.append(Fault(file, found=found, allowed="a table with columns key, value", todo=todo))
    if not any(name in tables for name in STARTING_TABLES):
        faults.append(Fault(file, found="there is nothing to forecast from", allowed=", ".join(STARTING_TABLES),
                            todo="add at least one of these tables"))  # fmt: skip
    return faults
