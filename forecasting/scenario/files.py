"""Scenario files (TOML) in, and the scenario that a name or a file means.

A file holds `name`, optionally `method`, `author`, `when` and `why`, and one `[[changes]]` for each change with
`lever`, `value` and optionally `key`, `from_year`, `to_year`, `ramp_years`, `why`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from forecasting.errors import ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.scenario.assumptions import Value
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario, check

_HEAD = ("name", "method", "author", "when", "why")
_FIELDS = ("lever", "key", "from_year", "to_year", "ramp_years", "value", "why")
_TYPES = {"from_year": (int,), "to_year": (int,), "ramp_years": (int, float), "value": (int, float, str)}
ENDING = ".toml"


def find(dataset: Dataset, name_or_file: str) -> Scenario:
    """Return a scenario: the dataset's by its name, or the one in a file whose name ends in .toml.

    Raises:
        ScenarioError: there is no such scenario or file, or the file holds faults.
    """
    if name_or_file.lower().endswith(ENDING):
        return read(Path(name_or_file))
    known = dataset_scenarios(dataset)
    if name_or_file not in known:
        raise ScenarioError(
            f'there is no scenario "{name_or_file}"; the scenarios are {", ".join(known)}, '
            f"or name a file that ends in {ENDING}"
        )
    return known[name_or_file]


def read(path: Path) -> Scenario:
    """Return the scenario of a TOML file.

    Raises:
        ScenarioError: the file is not there, is not TOML, or holds faults; every fault is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except FileNotFoundError as error:
        raise ScenarioError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: the file is not a scenario in TOML: {error}") from error
    changes = content.pop("changes", [])
    faults = _strange(content, _HEAD, "the file")
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        raise ScenarioError(f'{path}: "changes" is not a list of tables; write [[changes]] before each change')
    for number, change in enumerate(changes, start=1):
        faults += _strange(change, _FIELDS, f"change {number}") + _ill_typed(change, number)
    if faults:
        raise ScenarioError(f"{path}: " + "; ".join(faults))
    return _checked(path, content, changes)


def _checked(path: Path, content: Mapping[str, object], changes: list[dict[str, object]]) -> Scenario:
    texts = {name: str(content[name]) for name in _HEAD if name in content}
    name = texts.pop("name", "") or path.stem
    scenario = Scenario(name, tuple(_change(change) for change in changes), **texts)
    faults = check(scenario)
    if faults:
        raise ScenarioError(f"{path}: " + "; ".join(faults))
    return scenario


def _strange(found: Mapping[str, object], allowed: tuple[str, ...], where: str) -> list[str]:
    return [f'{where} has "{name}"; allowed: {", ".join(allowed)}' for name in found if name not in allowed]


def _ill_typed(change: Mapping[str, object], number: int) -> list[str]:
    faults = [f"change {number} has no {name}" for name in ("lever", "value") if name not in change]
    for name, allowed in _TYPES.items():
        if name in change and not isinstance(change[name], allowed):
            faults.append(f'change {number}: {name} is "{change[name]}"; allowed: a number{_or_word(name)}')
    return faults


def _or_word(name: str) -> str:
    return ' or a word ("" leaves the lever blank)' if name == "value" else ""


def _change(found: Mapping[str, object]) -> Change:
    return Change(
        str(found["lever"]), _value(found["value"]), str(found.get("key", "")), _year(found.get("from_year")),
        _year(found.get("to_year")), float(str(found.get("ramp_years", 0))), str(found.get("why", "")),
    )  # fmt: skip


def _value(found: object) -> Value:
    if isinstance(found, str):
        return found or None
    return float(str(int(found) if isinstance(found, bool) else found))


def _year(found: object) -> int | None:
    return None if found is None else int(str(found))
