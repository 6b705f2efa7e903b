"""The vocabularies in force: the dataset's own, and what its table `mappings` says of local words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecasting.axes import VOCABULARIES
from forecasting.inputs.cells import Words
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Sheet

_MAPPED = ("table", "column", "local_value", "standard_value")


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
