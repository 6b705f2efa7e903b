"""Brings the tables of a store up to date, under a lock, in one transaction."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from forecasting.errors import StoreError
from forecasting.scenario.store.place import hold_lock
from forecasting.scenario.store.schema import HEAD, REVISIONS

_STEPS = Path(__file__).parent / "migrations"


def is_current(connection: sa.Connection, place: str) -> bool:
    """Return whether the tables are those of this version of the software; False when there are none or older ones.

    Raises:
        StoreError: they are of a newer version.
    """
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        raise StoreError(
            f"The saved scenarios in {place} are kept by a newer version of this software (step {found}; this version "
            f"knows step {HEAD}). Nothing was changed. Update this software, then open them again"
        )
    return bool(found == HEAD)


def upgrade(connection: sa.Connection, place: str) -> None:
    """Bring the tables up to date, within the transaction of the connection; no harm when they are.

    Raises:
        StoreError: they are of a newer version.
    """
    hold_lock(connection)
    if is_current(connection, place):
        return
    # Imported only here: a store that is up to date, as nearly every time, needs none of it.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
