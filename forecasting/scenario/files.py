"""Scenario files (TOML) in and out.

A file holds `name`, optionally `method`, `author`, `when` and `why`, and one `[[changes]]` for each change with
`lever`, `value` and optionally `key`, `from_year`, `to_year`, `ramp_years`, `why`, `source`. What this software writes
also says `authority`, `dataset` (the content hash) and `software` (its version); reading it gives the same scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import tomlkit

from forecasting import VERSION
from forecasting.errors import ScenarioError
from forecasting.scenario.assumptions import Value
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.scenario import Change, Scenario, faults_of
from forecasting.scenario.statements import Unreadable, statements

_HEAD = ("name", "method", "author", "when", "why", "authority", "dataset", "software")
_FIELDS = ("lever", "key", "from_year", "to_year", "ramp_years", "value", "why", "source")
_TYPES = {"from_year": (int,), "to_year": (int,), "ramp_years": (int, float), "value": (int, float, str)}
_CHANGES = "changes"
ENDING = ".toml"
LARGEST = 1_000_000  # characters; a scenario of a thousand changes takes a fifth of it
_WORDS = f"""A scenario of the SEND sufficiency software: a plain text file, to read, edit and e-mail.
Each [[{_CHANGES}]] is one change to one lever. Rates and shares are fractions: 2% is 0.02. "" leaves a lever blank."""


@dataclass(frozen=True)
class ScenarioFile:
    """What a file holds.

    Attributes:
        scenario: the scenario.
        authority: the authority that it was made for; blank when not said.
        dataset: content hash of the dataset that it was made with; blank when not said.
        software: version of the software that wrote it; blank when not said.
        notes: what the reader should know, such as levers that only a newer version knows.
    """

    scenario: Scenario
    authority: str = ""
    dataset: str = ""
    software: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class _Found:
    """What stands in a file: settings with their lines, changes with theirs, and faults as (line, sentence)."""

    head: dict[str, object] = field(default_factory=dict)
    changes: list[dict[str, object]] = field(default_factory=list)
    lines: list[dict[str, int]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path) -> Scenario:
    """Return the scenario of a TOML file.

    Raises:
        ScenarioError: as `read_file`.
    """
    return read_file(path).scenario


def read_file(path: Path) -> ScenarioFile:
    """Return what a TOML file holds.

    Raises:
        ScenarioError: the file is not there, is not TOML, or holds faults; every fault is named with its line.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ScenarioError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ScenarioError(f"{path}: the file cannot be read: {error.strerror or error}") from error
    return read_bytes(str(path), content)


def read_bytes(file: str, content: bytes) -> ScenarioFile:
    """Return what the bytes of a TOML file hold; `file` is its name, for messages and for a scenario without a name.

    Raises:
        ScenarioError: it is not TOML in UTF-8, or holds faults; every fault is named with its line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScenarioError(
            f"{file}: the file is not a scenario in TOML: line {line} is not text in UTF-8; save it as UTF-8"
        ) from error
    if len(text) > LARGEST:
        raise ScenarioError(f"{file}: the file is not a scenario: it has more than {LARGEST:,} characters")
    return from_toml(text, file)


def from_toml(text: str, file: str) -> ScenarioFile:
    """Return what a TOML text holds; `file` is its name, for messages and for a scenario without a name.

    Raises:
        ScenarioError: the text holds faults; every fault is named with its line.
    """
    found = _collected(text.replace("\r\n", "\n"))
    software = str(found.head.get("software", ""))
    newer = is_newer(software)
    for number, (change, lines) in enumerate(zip(found.changes, found.lines, strict=True), start=1):
        found.faults += _faults(change, lines, number, newer)
    if not (found.faults or found.head or found.changes):
        raise ScenarioError(
            f"{file}: the file is empty; a scenario has at least a name, and [[{_CHANGES}]] for changes"
        )
    if found.faults:
        told = [f"line {line}: {sentence}" for line, sentence in sorted(found.faults)]
        raise ScenarioError(f"{file}: " + "; ".join(told), tuple(told))
    changes = tuple(_change(change) for change in found.changes)
    name = str(found.head.get("name", "")) or Path(file).stem
    method, author, when, why, authority, dataset = (str(found.head.get(key, "")) for key in _HEAD[1:-1])
    scenario = sorted_out(Scenario(name, changes, method, author, when, why), software)
    return ScenarioFile(scenario, authority, dataset, software, notes_on(scenario))


def is_newer(software: str) -> bool:
    """Return whether a version of the software, such as "0.10.1", is newer than this one."""
    return _numbers(software) > _numbers(VERSION)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())


def sorted_out(scenario: Scenario, software: str) -> Scenario:
    """Return a scenario with the changes to levers that this version does not know set apart; the order stays."""
    every = (*scenario.changes, *scenario.unknown)
    unknown = tuple(change for change in every if change.lever not in BY_NAME)
    known = tuple(change for change in every if change.lever in BY_NAME)
    return Scenario(
        scenario.name, known, scenario.method, scenario.author, scenario.when, scenario.why, unknown,
        software if unknown or is_newer(software) else "",
    )  # fmt: skip


def notes_on(scenario: Scenario) -> tuple[str, ...]:
    """Return a sentence for each lever that this version does not know: kept, but not applied."""
    return tuple(
        f'the lever "{lever}" is not known to this version ({VERSION}): the change is kept, but not applied; the '
        f"figures may differ from those of version {scenario.software or 'unknown'}"
        for lever in dict.fromkeys(change.lever for change in scenario.unknown)
    )


def _collected(text: str) -> _Found:
    """Return what stands in a text; faults are of lines, of names, and of settings given twice."""
    found = _Found()
    place, where = found.head, "the file"
    allowed: tuple[str, ...] = _HEAD
    lines: dict[str, int] = {}
    for item in statements(text):
        if isinstance(item, Unreadable):
            found.faults.append((item.line, f'"{item.text}" is not a scenario in TOML: {item.reason}'))
        elif item.header == _CHANGES and item.listed:
            place, lines = {}, {"": item.line}
            found.changes.append(place)
            found.lines.append(lines)
            where, allowed = f"change {len(found.changes)}", _FIELDS
        elif item.header or item.name == _CHANGES:
            found.faults.append((item.line, f'write [[{_CHANGES}]] before each change, not "{_written(item.header)}"'))
            place, lines, allowed = {}, {}, (*_HEAD, *_FIELDS)  # what follows belongs to no change
        elif item.name not in allowed:
            found.faults.append((item.line, f'{where} has "{item.name}"; allowed: {", ".join(allowed)}'))
        elif item.name in place:
            found.faults.append((item.line, f'{where} has "{item.name}" twice (line {lines[item.name]} too)'))
        else:
            place[item.name], lines[item.name] = item.value, item.line
            found.faults += _not_text(item.line, where, item.name, item.value)
    return found


def _written(header: str) -> str:
    return f"[{header}]" if header else f"{_CHANGES} ="


def _not_text(line: int, where: str, name: str, value: object) -> list[tuple[int, str]]:
    if name in _TYPES or isinstance(value, (str, int, float, date)):
        return []
    return [(line, f'{where}: {name} is "{value}"; allowed: text in quotation marks')]


def _faults(change: Mapping[str, object], lines: Mapping[str, int], number: int, newer: bool) -> list[tuple[int, str]]:
    start = lines[""]
    faults = [(start, f"change {number} has no {name}") for name in ("lever", "value") if name not in change]
    for name, allowed in _TYPES.items():
        if name in change and not isinstance(change[name], allowed):
            told = f'change {number}: {name} is "{change[name]}"; allowed: a number{_or_word(name)}'
            faults.append((lines[name], told))
    if faults or (newer and change["lever"] not in BY_NAME):
        return faults
    return [(lines.get(name, start), told) for name, told in faults_of(_change(change))]


def _or_word(name: str) -> str:
    return ' or a word ("" leaves the lever blank)' if name == "value" else ""


def _change(found: Mapping[str, object]) -> Change:
    return Change(
        str(found["lever"]), _value(found["value"]), str(found.get("key", "")), _year(found.get("from_year")),
        _year(found.get("to_year")), float(str(found.get("ramp_years", 0))), str(found.get("why", "")),
        str(found.get("source", "")),
    )  # fmt: skip


def _value(found: object) -> Value:
    if isinstance(found, str):
        return found or None
    return float(str(int(found) if isinstance(found, bool) else found))


def _year(found: object) -> int | None:
    return None if found is None else int(str(found))


def to_toml(scenario: Scenario, authority: str = "", dataset: str = "") -> str:
    """Return a scenario as the text of a TOML file, with a heading for whoever opens it.

    Reading it again gives the same scenario: numbers in full, text to the letter. `dataset` is a content hash.
    """
    document = tomlkit.document()
    for line in _WORDS.split("\n"):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    head = {
        "name": scenario.name, "method": scenario.method, "author": scenario.author, "when": scenario.when,
        "why": scenario.why, "authority": authority, "dataset": dataset, "software": scenario.software or VERSION,
    }  # fmt: skip
    for name, text in head.items():
        if text:
            document.add(name, tomlkit.string(text))
    every = (*scenario.changes, *scenario.unknown)
    if every:
        tables = tomlkit.aot()
        for change in every:
            tables.append(_table(change))
        document.add(_CHANGES, tables)
    return tomlkit.dumps(document)


def _table(change: Change) -> tomlkit.items.Table:
    table = tomlkit.table()
    lever = tomlkit.string(change.lever)
    known = BY_NAME.get(change.lever)
    table.add("lever", lever.comment(known.label) if known else lever)
    if change.key:
        table.add("key", tomlkit.string(change.key))
    value = tomlkit.item("" if change.value is None else change.value)
    table.add("value", value.comment(known.unit) if known else value)
    for name in ("from_year", "to_year", "ramp_years", "why", "source"):
        if getattr(change, name) or isinstance(getattr(change, name), int):
            table.add(name, getattr(change, name))
    return table
