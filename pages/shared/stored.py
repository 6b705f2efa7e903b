"""Scenarios of the store in a session: the one opened, saving it, the conflict when somebody else was quicker."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from forecasting.errors import StoreError, SufficiencyError
from forecasting.inputs.accepted import listing as datasets
from forecasting.inputs.bundled import bundled
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run
from forecasting.scenario.merge import merge
from forecasting.scenario.scenario import Scenario, without_overruled
from forecasting.scenario.store import Entry, Version, id_of, key_of, open_store
from forecasting.scenario.store.records import Conflict
from pages.shared import engine, undo


def listing(data: Dataset) -> tuple[Entry, ...]:
    """Return the scenarios saved for an authority; none, with a message, when the store cannot be read."""
    try:
        return open_store().listing(data.name)
    except StoreError as error:
        st.warning(str(error))
        return ()


def options(data: Dataset) -> dict[str, str]:
    """Return what the choice of scenario offers besides those of the dataset: key → name; one in hand stays."""
    found = {key_of(entry.id): f"{entry.name} (saved)" for entry in listing(data) if not entry.archived}
    now = opened()  # archived meanwhile, or of a store that cannot be read any more
    if now is not None and key_of(now.id) == st.session_state.scenario:
        found.setdefault(key_of(now.id), f"{now.scenario.name} (opened)")
    return found


def opened() -> Version | None:
    """Return the version that the scenario in hand began with; None for a scenario of the dataset."""
    return st.session_state.get("opened")


def take(version: Version) -> None:
    """Make a saved version the scenario in hand; changes on screen go."""
    st.session_state.opened = version
    st.session_state.scenario = key_of(version.id)
    st.session_state.moves = {}
    st.session_state.pop("conflict", None)


def choose(key: str) -> None:
    """Open the last version of a saved scenario by its key."""
    with _told():
        take(open_store().open(id_of(key)))


def from_link() -> None:
    """Take up the saved scenario that the address names, with the dataset that it was made with where that is here."""
    wanted = st.query_params.get("scenario", "")
    if not wanted:
        return
    with contextlib.suppress(SufficiencyError):
        entry = open_store().find(wanted)
        if entry is not None:
            version = open_store().open(entry.id)
            _with_dataset(version.dataset)
            take(version)


def _with_dataset(content: str) -> None:
    for found in datasets():
        if found.review.content_hash == content:
            st.session_state.uploaded, st.session_state.kept = engine.kept(found), found.key
            return
    for path in bundled().values():
        if engine.bundled(str(path)).content_hash == content:
            st.session_state.uploaded, st.session_state.kept = None, ""
            st.session_state.dataset_path = str(path)
            return


def save(run: Run, scenario: Scenario, name: str, author: str, reason: str) -> Version | None:
    """Save the scenario in hand: as the next version of the one opened when the name is its own, else as a new one."""
    st.session_state.author = author
    ready = replace(scenario, name=name.strip(), author=author.strip(), why=reason.strip(),
                    changes=without_overruled(scenario.changes))  # fmt: skip
    table, data, base = _table(run, scenario, ready.name), run.dataset, opened()
    if base is not None and base.scenario.name == ready.name:
        return _kept(lambda: open_store().save(base.id, ready, base.number, data.content_hash, table), ready, base)
    return _kept(lambda: open_store().create(ready, data.name, data.content_hash, table), ready, None)


def merged(run: Run, theirs_at: frozenset[tuple[str, str]]) -> Version | None:
    """Save mine and theirs together, theirs at the clashes chosen."""
    mine, base, theirs = st.session_state.conflict
    both = merge(base.scenario, mine, theirs.scenario).with_theirs(theirs_at)
    how = f"merged with version {theirs.number}"
    return _kept(lambda: open_store().save(base.id, both, theirs.number, run.dataset.content_hash,
                                           _table(run, both, both.name), how), both, theirs)  # fmt: skip


def _table(run: Run, scenario: Scenario, name: str) -> pd.DataFrame | None:
    """Return the forecast to keep with a scenario, with its ranges, to be scored later; None where it cannot be run."""
    with contextlib.suppress(SufficiencyError), st.spinner("Making the forecast that is kept with it…"):
        made = engine.forecast(run.dataset, scenario, run.forecast.years[-1], engine.DRAWS)
        return made.forecast.table.assign(scenario=name)
    return None


def _kept(write: Callable[[], Version], mine: Scenario, base: Version | None) -> Version | None:
    try:
        version = write()
    except Conflict as conflict:
        st.session_state.conflict = (mine, base, conflict.theirs)
        return None
    except SufficiencyError as error:
        st.error(str(error))
        return None
    take(version)
    undo.forget()  # from here on, versions are what there is to go back to
    return version


@contextlib.contextmanager
def _told():  # noqa: ANN202
    """Say what the store refuses, and go on."""
    try:
        yield
    except SufficiencyError as error:
        st.error(str(error))


def act(work: Callable[[], object], done: str) -> bool:
    """Do something to the store and say that it is done; a refusal is said and changes nothing."""
    with _told():
        work()
        st.toast(done)
        return True
    return False
