"""TOML read statement by statement, so that every mistake of a file is found at once, each with its line.

A parser of whole files stops at the first mistake and forgets lines. Here a statement ends with the first line at which
it can be read on its own; what cannot be read at all is one fault, and reading goes on with the next line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

_OPENS = re.compile(r"\"\"\"|'''|\[|\{")  # what lets a statement go on over further lines
_PLACE = re.compile(r"\s*\(at [^)]*\)$")  # the parser's own place is within the statement, not within the file


@dataclass(frozen=True)
class Statement:
    """One statement of a file.

    Attributes:
        line: the line where it starts, the first being 1.
        header: "changes" for the header [[changes]] or [changes]; blank for a setting.
        listed: whether a header is in double brackets.
        name: the name of a setting.
        value: its value.
    """

    line: int
    header: str = ""
    listed: bool = False
    name: str = ""
    value: object = None


@dataclass(frozen=True)
class Unreadable:
    """A line that is not TOML: its number, the text, and what the parser says."""

    line: int
    text: str
    reason: str


def statements(text: str) -> Iterator[Statement | Unreadable]:
    """Yield the statements of a TOML text in order, and each line that cannot be read."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        found, taken = _statement(lines, at)
        if found is not None:
            yield found
        at += taken


def _statement(lines: list[str], at: int) -> tuple[Statement | Unreadable | None, int]:
    """Return the statement that starts at a line, None for a blank one or a comment, and how many lines it takes."""
    reason = ""
    last = len(lines) if _OPENS.search(lines[at]) else at + 1
    for end in range(at + 1, last + 1):
        try:
            content = tomllib.loads("\n".join(lines[at:end]))
        except tomllib.TOMLDecodeError as error:
            reason = reason or _PLACE.sub("", str(error))
        else:
            return _read(lines[at], at + 1, content), end - at
    return Unreadable(at + 1, lines[at].strip(), reason), 1


def _read(first: str, line: int, content: dict[str, object]) -> Statement | None:
    if not content:
        return None
    ((name, value),) = content.items()
    if first.lstrip().startswith("["):
        return Statement(line, header=name, listed=isinstance(value, list))
    return Statement(line, name=name, value=value)
