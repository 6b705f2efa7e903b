"""Where scenarios are kept with all their versions: a file in the user's folder, or a database server."""

from forecasting.scenario.store.records import Entry, Event, Version, id_of, key_of
from forecasting.scenario.store.store import Store, open_store

__all__ = ["Entry", "Event", "Store", "Version", "id_of", "key_of", "open_store"]
