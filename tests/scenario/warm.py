"""What a new writer process starts from: everything that a save needs is read before the first is forked.

Else each of hundreds of processes would read the catalogue anew, and most would be killed while they still read.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from forecasting.scenario.store import Store
from tests.scenario.writers import at

with tempfile.TemporaryDirectory() as _folder, closing(Store(f"sqlite:///{Path(_folder) / 'warm.db'}")) as _store:
    _store.save(_store.create(at(0, "warm"), "Testshire").id, at(1, "warm"), 1)
