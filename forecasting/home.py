"""The folder of this user's own things: accepted datasets, saved scenarios, remembered headers."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "SUFFICIENCY_HOME"


def home() -> Path:
    """Return the folder, not made yet: that of SUFFICIENCY_HOME, else the system's place for a user's data."""
    return Path(os.environ.get(VARIABLE) or user_data_path("sufficiency", appauthor=False))
