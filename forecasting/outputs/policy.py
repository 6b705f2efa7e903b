"""The council's policy on small numbers, kept in its own folder, so that it is set once and applied to every export."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import tomlkit

from forecasting import written
from forecasting.errors import UsageError
from forecasting.home import home
from forecasting.outputs.disclosure import Policy

FORMS = ("withhold", "round")  # what may be done with what leaves the authority


def _file() -> Path:
    return home() / "small_numbers.toml"


def kept() -> Policy:
    """Return the policy that the council has set; the default, to be confirmed, where it has set none.

    Raises:
        UsageError: the file that holds it cannot be used; nothing is shared under a policy that nobody has set.
    """
    try:
        found = tomllib.loads(_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Policy()
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{_file().name} cannot be read: {error}; mend or delete it") from error
    return changed(Policy(), **found)


def changed(policy: Policy, **changes: Any) -> Policy:
    """Return a policy with some parts changed.

    Raises:
        UsageError: a part is unknown, or its value is not allowed.
    """
    unknown = sorted(set(changes) - set(asdict(policy)))
    if unknown:
        raise UsageError(f"a policy has no {', '.join(unknown)}; it has {', '.join(asdict(policy))}")
    if changes.get("form", policy.form) not in FORMS:
        raise UsageError(f'form "{changes["form"]}" is not one of {", ".join(FORMS)}')
    symbol = str(changes.get("symbol", policy.symbol)).strip()
    if not symbol or any(letter.isdigit() for letter in symbol):
        raise UsageError(
            f'symbol "{symbol}" would be taken for a figure or a gap; allowed: a mark such as {Policy.symbol}'
        )
    try:
        return replace(policy, **changes)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error


def keep(policy: Policy) -> None:
    """Keep a policy for everything that is shared from now on.

    Raises:
        OSError: the user's folder cannot be written to.
    """
    written.keep(_file(), tomlkit.dumps(asdict(policy)))
