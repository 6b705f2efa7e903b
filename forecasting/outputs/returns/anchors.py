"""Remembers where the tables of a return stand in a council's official workbook, so that it is mapped once."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import tomlkit

from forecasting import written
from forecasting.home import home
from forecasting.outputs.returns.official import Anchor


def _file(code: str) -> Path:
    return home() / "returns" / f"{code}.toml"


def remember(code: str, anchors: Sequence[Anchor]) -> None:
    """Keep the places of a return's tables; places alone, no figures.

    Raises:
        OSError: the user's folder cannot be written to.
    """
    table = tomlkit.aot()
    for anchor in anchors:
        row = tomlkit.table()
        row.update({"table": anchor.table, "variant": anchor.variant, "sheet": anchor.sheet, "cell": anchor.cell})
        table.append(row)
    document = tomlkit.document()
    document.add("anchor", table)
    written.keep(_file(code), tomlkit.dumps(document))


def remembered(code: str) -> tuple[Anchor, ...]:
    """Return the places kept for a return; none where none are kept or the file cannot be read."""
    try:
        rows = tomllib.loads(_file(code).read_text(encoding="utf-8"))["anchor"]
        return tuple(Anchor(row["table"], row["variant"], row["sheet"], row["cell"]) for row in rows)
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError):
        return ()
