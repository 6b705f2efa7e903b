"""The age that returns go by: that on 31 August before the school year, or the age turned in it; a council's setting.

Everybody turns a year older in a school year, so the age turned is that on 31 August and one. The setting is one for
all returns and for everybody who uses an installation: what is shared by one age is not protected beside the other.
"""

from __future__ import annotations

from pathlib import Path

from forecasting import written
from forecasting.home import home

ON_31_AUGUST, TURNED = "on_31_august", "turned"
AGES = {ON_31_AUGUST: "on 31 August before the school year", TURNED: "turned in the school year"}


def _file() -> Path:
    return home() / "returns" / "ages.txt"


def kept() -> str:
    """Return the age that the council goes by; that on 31 August where it has chosen none."""
    try:
        found = _file().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ON_31_AUGUST
    return found if found in AGES else ON_31_AUGUST


def keep(age: str) -> None:
    """Keep the age that all returns go by from now on.

    Raises:
        OSError: the user's folder cannot be written to.
    """
    written.keep(_file(), f"{age}\n")
