"""Paths to a Dataset: every fault of every table is found before anything is refused."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pandas.api.extensions import ExtensionArray

from forecasting.axes import VOCABULARIES
from forecasting.errors import DatasetError, Fault, UsageError
from forecasting.inputs import dfe
from forecasting.inputs.cells import BadCell, Value, Words, is_missing, parse
from forecasting.inputs.checks import check_tables
from forecasting.inputs.cross_checks import check_across
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.headers import suggestion
from forecasting.inputs.official import Who, read_official
from forecasting.inputs.plausibility import check_own
from forecasting.inputs.pupil_level import totals
from forecasting.inputs.schema import ASIDE, BY_NAME, NUMERIC, STARTING_TABLES, Column, Table
from forecasting.inputs.sheets import Sheet, Source, read_sheets
from forecasting.inputs.structure import check_structure
from forecasting.scenario.from_dataset import lever_faults

_SHOWN = 200
_IDENTITY = ("authority_code", "authority_name", "ons_code")
_MAPPED = ("table", "column", "local_value", "standard_value")
_FIGURES = NUMERIC - {"whole", "year"}


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
    """Read the files at the paths; a folder stands for its CSV files.

    Raises:
        DatasetError: a path does not exist, or a folder has no CSV files.
    """
    found: list[Source] = []
    faults: list[Fault] = []
    for path in map(Path, paths):
        files = _in_folder(path) if path.is_dir() else [path]
        missing = not files or not files[0].exists()
        if missing:
            what = "the folder has no CSV files" if path.is_dir() else "there is no such file or folder"
            faults.append(Fault(str(path), found=what, todo="check the path"))
        else:
            found += [Source.of(file) for file in files]
    if faults:
        raise DatasetError(tuple(faults))
    return found


def _in_folder(folder: Path) -> list[Path]:
    """Return the CSV files of a folder; of its folder `data` (as in an unpacked release) when it has none itself."""
    return sorted(folder.glob("*.csv")) or sorted((folder / "data").glob("*.csv"))


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
    files = list(files)
    added_up = totals(files)
    releases, rest, faults = dfe.split(added_up.files)
    faults += added_up.faults
    published, found = _published(releases, authority)
    sheets, more = read_all(rest)
    official, own, unread = read_official(sheets, who_of(authority, _named(published), sheets))
    by_name, strays = _recognise(own)
    known = [*(sheet for _, sheet in official), *by_name]
    faults += [*found, *more, *unread, *strays]
    words = words_of(known)
    tables: dict[str, pd.DataFrame] = dict(published.tables) if published else {}
    for at, sheet in enumerate(known):
        if at < len(official) and sheet.name in tables:
            frame, found = read_table(sheet, words)
            tables[sheet.name] = _joined(BY_NAME[sheet.name], tables[sheet.name], frame)
            faults += found
            continue
        if sheet.name in tables:
            faults.append(Fault(sheet.file, sheet.name, found=f'table "{sheet.name}" is given twice',
                                todo="the later one is used", grade="note"))  # fmt: skip
        frame, found = read_table(sheet, words)
        tables[sheet.name] = frame
        faults += found
    refused = any(fault.grade == "error" for fault in faults)
    if sheets or published or not refused:
        given = sheets[0].file if sheets else ", ".join(source.name for source in files) or "the dataset"
        faults += _presence(tables, given) if not _gave_nothing(releases, published) else []
    if any(fault.grade == "error" for fault in faults):
        return None, tuple(faults)
    origin = _origin(published, known)
    faults += check_tables(tables, origin)
    faults += check_structure(tables, origin) + _own_plausibility(tables, known) + check_across(tables, origin)
    for name in ("assumptions", "scenarios", "interventions"):
        if name in tables:
            faults += lever_faults(name, origin[name].file, tables[name])
    usable = not any(fault.grade == "error" for fault in faults)
    names = tuple(dict.fromkeys([*(published.files if published else ()), *(sheet.file for sheet in known)]))
    return (Dataset(tables, names, tuple(faults)) if usable else None), tuple(faults)


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
    return known, strays


def _presence(tables: dict[str, pd.DataFrame], file: str) -> list[Fault]:
    faults = []
    if "about" not in tables:
        todo = 'add "about" with authority_code, authority_name, title, source and base_year'
        faults.append(
            Fault(file, found='table "about" is missing', allowed="a table with columns key, value", todo=todo)
        )
    if not any(name in tables for name in STARTING_TABLES):
        faults.append(Fault(file, found="there is nothing to forecast from", allowed=", ".join(STARTING_TABLES),
                            todo="add at least one of these tables"))  # fmt: skip
    return faults


def words_of(sheets: Sequence[Sheet]) -> Words:
    """Return the vocabularies in force: the dataset's own, and what its table `mappings` says of local words."""
    own = {kind: _cells_of(sheets, f"{kind}s", (kind, "code")) for kind in ("need", "setting")}
    mapped: dict[tuple[str, str], frozenset[str]] = {}
    for sheet in sheets:
        if sheet.name != "mappings" or not {"table", "column", "local_value"} <= set(sheet.header):
            continue
        at = [sheet.header.index(name) for name in ("table", "column", "local_value")]
        for _, cells in sheet.rows:
            table, column, local = (cells[i].strip() for i in at)
            mapped[table, column] = mapped.get((table, column), frozenset()) | {local}
    return Words(own, mapped, _in_full(sheets, own))


def _in_full(sheets: Sequence[Sheet], own: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str, str], str]:
    """Return the code of each local word of a closed column that `mappings` gives one code for, at full weight."""
    codes: dict[tuple[str, str, str], list[str]] = {}
    for sheet in sheets:
        if sheet.name == "mappings" and set(_MAPPED) <= set(sheet.header):
            rows = (dict(zip(sheet.header, map(str.strip, cells), strict=False)) for _, cells in sheet.rows)
            for row in rows:
                weighted = row.get("weight", "") not in ("", "1", "1.0", "100%")
                word = (row["table"], row["column"], row["local_value"])
                codes.setdefault(word, []).append("" if weighted else row["standard_value"])
    made = {word: _code(word, found[0], own) for word, found in codes.items() if len(found) == 1 and found[0]}
    return {word: code for word, code in made.items() if code}


def _code(word: tuple[str, str, str], standard: str, own: Mapping[str, tuple[str, ...]]) -> str:
    """Return the code that a standard value names in the vocabulary of a column; "" when it has none or not this."""
    table = BY_NAME.get(word[0])
    column = next((c for c in table.columns if c.name == word[1]), None) if table else None
    kind = column.kind.replace("needs", "need") if column else ""
    if own.get(kind):
        return standard if standard in own[kind] else ""
    found = VOCABULARIES[f"{kind}s"].find(standard) if f"{kind}s" in VOCABULARIES else None
    return found.code if found else ""


def _cells_of(sheets: Sequence[Sheet], table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    for sheet in sheets:
        for column in columns:
            if sheet.name == table and column in sheet.header:
                at = sheet.header.index(column)
                return tuple(cells[at].strip() for _, cells in sheet.rows)
    return ()


def read_table(sheet: Sheet, words: Words) -> tuple[pd.DataFrame, list[Fault]]:
    """Return one checked table and every fault of its cells; the frame's index is the row in the file."""
    table = BY_NAME[sheet.name]
    header = tuple(table.alias(name) for name in sheet.header)
    faults = _header_faults(sheet, table, header)
    if any(fault.grade == "error" for fault in faults):
        return _without_rows(table), faults
    numbers = [number for number, _ in sheet.rows]
    columns: dict[str, list[Value]] = {}
    for column in table.columns:
        if column.name in header:
            at = header.index(column.name)
            columns[column.name] = [_cell(sheet, table, column, n, row[at], words, faults) for n, row in sheet.rows]
        else:
            columns[column.name] = [column.absent or None] * len(sheet.rows)
    frame = pd.DataFrame(
        {c.name: _typed(c, columns[c.name]) for c in table.columns}, index=pd.Index(numbers, name="row")
    )
    frame, merged = _merged(sheet, table, header, frame, words)
    unread = {fault.row for fault in faults if fault.grade == "error"}  # rows alike only because a cell is not read
    doubles = _duplicates(sheet, table, frame[~frame.index.isin(unread)])
    faults += _withheld(sheet, table, header) + merged + doubles
    return frame, _few(faults)


def _merged(
    sheet: Sheet, table: Table, header: tuple[str, ...], frame: pd.DataFrame, words: Words
) -> tuple[pd.DataFrame, list[Fault]]:
    """Add up rows that are alike because local words were mapped to one code; other doubles stay, and are faults."""
    closed = [c.name for c in table.columns if (table.name, c.name) in words.mapped and c.name in header]
    counts = [c.name for c in table.columns if c.kind == "count"]
    if not closed or len(counts) == 0 or frame.empty:
        return frame, []
    told = {name: [row[header.index(name)].strip() for _, row in sheet.rows] for name in closed}
    local = pd.DataFrame(
        {n: [(table.name, n, w) in words.standard for w in told[n]] for n in closed}, index=frame.index
    )
    keys = list(table.key)
    groups = frame.groupby(keys, dropna=False, sort=False).ngroup()
    mapped = local.any(axis=1).groupby(groups).transform("any") & frame.duplicated(keys, keep=False)
    words_in = pd.Series(["|".join(w) for w in zip(*told.values(), strict=True)], index=frame.index)
    mapped &= ~pd.DataFrame({"group": groups, "words": words_in}).duplicated(
        keep=False
    )  # the same words twice: a fault
    if not mapped.any():
        return frame, []
    sums = frame[mapped].groupby(groups[mapped])[counts].agg(_sum_if_known)
    kept = frame[~mapped | ~groups.where(mapped, -1 - groups).duplicated()].copy()
    at = mapped.loc[kept.index]
    kept.loc[at, counts] = sums.loc[groups.loc[kept.index][at]].to_numpy()
    found = f"{int(mapped.sum())} rows whose local words mean the same code were added up to {int(at.sum())}"
    return kept, [Fault(sheet.file, sheet.name, found=found, grade="note")]


def _few(faults: list[Fault]) -> list[Fault]:
    """Return the faults of a table, of each kind no more than a reader can use; the last one says how many follow."""
    seen: Counter[tuple[str, str, str]] = Counter()
    kept: list[Fault] = []
    for fault in faults:
        kind = (fault.column, fault.allowed, fault.todo)
        seen[kind] += 1
        if seen[kind] <= _SHOWN:
            kept.append(fault)
    more = [f for f in kept if seen[f.column, f.allowed, f.todo] > _SHOWN]
    last = {(f.column, f.allowed, f.todo): f for f in more}
    return kept + [
        replace(f, row=0, found=f"{seen[kind] - _SHOWN:,} more cells like these", allowed="")
        for kind, f in last.items()
    ]


def _sum_if_known(cells: pd.Series) -> float:
    """Return the sum; not known when one of the parts is not."""
    return float(cells.sum(skipna=False))


def _without_rows(table: Table) -> pd.DataFrame:
    """Return the table without rows, when its header is wrong: its cells would only repeat that fault."""
    return pd.DataFrame({column.name: _typed(column, []) for column in table.columns})


def _withheld(sheet: Sheet, table: Table, header: tuple[str, ...]) -> list[Fault]:
    """Return one note per column whose cells stand for figures withheld or not known ("c", "<5")."""
    notes = []
    for column in table.columns:
        if column.kind not in NUMERIC or column.name not in header:
            continue
        at = header.index(column.name)
        marks = [(number, row[at].strip()) for number, row in sheet.rows if is_missing(row[at])]
        if marks:
            words = ", ".join(f'"{word}"' for word in dict.fromkeys(mark for _, mark in marks))
            notes.append(Fault(sheet.file, sheet.name, marks[0][0], column.name, grade="note",
                               found=f"{len(marks)} cell(s) {words} are read as missing, not as zero"))  # fmt: skip
    return notes


def _header_faults(sheet: Sheet, table: Table, header: tuple[str, ...]) -> list[Fault]:
    faults = [
        Fault(sheet.file, sheet.name, 1, column.name, "the column is missing", ", ".join(table.names),
              "add the column, or correct its name")
        for column in table.columns if column.required and column.name not in header and not column.absent
    ]  # fmt: skip
    faults += [
        Fault(sheet.file, sheet.name, 1, name, "the column is not known and was left out", ", ".join(table.names),
              grade="note")
        for name in header if name and name not in table.names and name not in ("source", "note")
    ]  # fmt: skip
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    return faults + [
        Fault(sheet.file, sheet.name, 1, name, "the column is there twice", todo="delete or rename one")
        for name in doubled
    ]


def _cell(sheet: Sheet, table: Table, column: Column, row: int, text: str, words: Words, faults: list[Fault]) -> Value:
    def fault(found: str, allowed: str, todo: str) -> None:
        faults.append(Fault(sheet.file, sheet.name, row, column.name, found, allowed, todo))

    try:
        value = parse(table.name, column, text, words)
    except BadCell as bad:
        fault(f'"{text.strip()}" is not allowed here', bad.allowed, bad.todo)
        return None
    if value is None and column.required and not (is_missing(text) and column.kind in _FIGURES):
        fault("the cell is blank" if not text.strip() else f'"{text.strip()}" means missing', column.help,
              "fill the cell or remove the row")  # fmt: skip
    return value


def _typed(column: Column, values: list[Value]) -> ExtensionArray:
    filled: ExtensionArray
    if column.kind in ("year", "whole") and all(value is not None for value in values):
        filled = pd.Series(values, dtype="int64").array
    elif column.kind in NUMERIC:
        filled = pd.Series(values, dtype="float64").array
    else:
        filled = pd.Series(["" if value is None else str(value) for value in values], dtype="str").array
    return filled


def _duplicates(sheet: Sheet, table: Table, frame: pd.DataFrame) -> list[Fault]:
    if not table.key or frame.empty:
        return []
    twice = frame.duplicated(list(table.key), keep="first")
    if not twice.any():
        return []
    rows = frame.loc[twice, list(table.key)]
    described = [", ".join(filter(None, map(_shown, cells))) for cells in rows.itertuples(index=False)]
    return [
        Fault(sheet.file, sheet.name, int(str(row)), ", ".join(table.key),
              f'a row for "{what or "all"}" is there already', todo="remove or merge one of the two rows")
        for row, what in zip(rows.index, described, strict=True)
    ]  # fmt: skip


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:g}"
    return str(cell)
