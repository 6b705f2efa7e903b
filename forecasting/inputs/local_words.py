"""Words of a council's own in columns with a closed vocabulary: which they are, and what the user says they mean.

The user's choice becomes rows of table `mappings`, so that the next load knows the words and the choice is data.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forecasting import axes
from forecasting.errors import DatasetError
from forecasting.inputs.cells import BadCell, Words, parse
from forecasting.inputs.column_mapping import as_source
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Sheet, Source, read_sheets

CLOSED = ("need", "setting", "phase", "place", "age_band", "needs")
_HEADER = ("table", "column", "local_value", "standard_value", "weight", "source")
_CHOSEN = "chosen on the Data page"


@dataclass(frozen=True)
class UnknownWord:
    """A word that the vocabulary of its column lacks.

    Attributes:
        table: dataset table.
        column: its column.
        word: the word as it stands in the cells.
        count: number of cells that hold it.
        suggestions: codes that it may mean, the likeliest first; may be empty.
        allowed: every code of the vocabulary, in its order.
    """

    table: str
    column: str
    word: str
    count: int
    suggestions: tuple[str, ...]
    allowed: tuple[str, ...]


def unknown_words(sheets: Sequence[Sheet], words: Words) -> tuple[UnknownWord, ...]:
    """Return the unknown words of dataset tables, the most frequent first.

    Args:
        sheets: sheets that are dataset tables; others are passed over.
        words: the vocabularies in force, the words already mapped among them.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    for sheet in sheets:
        if sheet.name in BY_NAME:
            found += _of_sheet(sheet, words)
    return tuple(_told(table, column, word, count, words) for (table, column, word), count in found.most_common())


def _of_sheet(sheet: Sheet, words: Words) -> Counter[tuple[str, str, str]]:
    table = BY_NAME[sheet.name]
    header = [table.alias(name) for name in sheet.header]
    found: Counter[tuple[str, str, str]] = Counter()
    for column in table.columns:
        if column.kind not in CLOSED or column.name not in header:
            continue
        at = header.index(column.name)
        cells = Counter(part.strip() for _, row in sheet.rows
                        for part in (row[at].split("|") if column.kind == "needs" else [row[at]]))  # fmt: skip
        for word, count in cells.items():
            try:
                parse(table.name, column, word, words)
            except BadCell:
                found[table.name, column.name, word] += count
    return found


def _told(table: str, column: str, word: str, count: int, words: Words) -> UnknownWord:
    kind = BY_NAME[table].column(column).kind.replace("needs", "need")
    own = words.own.get(kind, ())
    vocabulary = axes.VOCABULARIES[f"{kind}s"]
    names = {code: [code] for code in own} or {
        item.code: [item.code, item.name, *item.aliases] for item in vocabulary.codes
    }
    return UnknownWord(table, column, word, count, suggestions(word, names), tuple(names))


def suggestions(word: str, names: Mapping[str, Sequence[str]], most: int = 3) -> tuple[str, ...]:
    """Return the codes whose names (code → names) resemble a word or share whole words with it, the best first."""
    mine = set(_plain(word).split())

    def likeness(name: str) -> float:
        shared = mine & set(_plain(name).split())
        ratio = difflib.SequenceMatcher(None, _plain(word), _plain(name)).ratio()
        return max(ratio, 0.5 + 0.5 * len(shared) / len(mine | set(_plain(name).split())) if shared else 0.0)

    scores = {code: max(likeness(name) for name in known) for code, known in names.items()}
    best = sorted((code for code, score in scores.items() if score >= 0.55), key=lambda code: -scores[code])
    return tuple(best[:most])


def _plain(word: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in word.lower()).split())


def mapping_rows(choices: Mapping[UnknownWord, str]) -> tuple[dict[str, str], ...]:
    """Return rows of table `mappings` (column → text) for the user's choices: unknown word → code of its vocabulary.

    A choice of "" leaves the word as it is; it then stays an error.

    Raises:
        ValueError: a choice is not a code of the word's vocabulary.
    """
    for word, code in choices.items():
        if code and code not in word.allowed:
            raise ValueError(f'"{code}" is not one of {", ".join(word.allowed)}')
    return tuple(
        dict(zip(_HEADER, (word.table, word.column, word.word, code, "1", _CHOSEN), strict=True))
        for word, code in choices.items() if code
    )  # fmt: skip


def with_mappings(files: Iterable[Source], rows: Sequence[Mapping[str, str]]) -> list[Source]:
    """Return the files and one more, `mappings.csv`, that holds the rows already mapped in them and the new rows.

    Give the result to `load.from_sources`: later tables win, so the new file stands for the whole table.
    """
    given = list(files)
    old = [line for sheet in _mappings_in(given) for line in _as_rows(sheet)]
    new = {(r["table"], r["column"], r["local_value"]) for r in rows}
    kept = [r for r in old if (r.get("table"), r.get("column"), r.get("local_value")) not in new]
    body = tuple(tuple(row.get(name, "") for name in _HEADER) for row in [*kept, *rows])
    sheet = Sheet("your choices", "mappings", _HEADER, tuple(enumerate(body, start=2)))
    return [*given, as_source(sheet)] if body else given


def _mappings_in(files: Iterable[Source]) -> list[Sheet]:
    found: list[Sheet] = []
    for source in files:
        try:
            found += [sheet for sheet in read_sheets(source) if sheet.name == "mappings"]
        except DatasetError:  # load reports what is wrong with the file
            continue
    return found[-1:]


def _as_rows(sheet: Sheet) -> list[dict[str, str]]:
    return [dict(zip(sheet.header, cells, strict=False)) for _, cells in sheet.rows]
