"""What a session remembers: dataset, scenario and changes, under permanent keys that survive a change of page."""

import contextlib

import streamlit as st

from forecasting.errors import DatasetError
from forecasting.inputs.accepted import listing
from forecasting.inputs.dataset import Dataset
from forecasting.outputs.subjects import View
from forecasting.scenario.assumptions import Value
from forecasting.scenario.controls import Control, from_screen
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.lever import Place
from forecasting.scenario.moves import changed, valued
from forecasting.scenario.scenario import BASELINE, Change, Scenario
from forecasting.scenario.store import id_of
from pages.shared import engine, stored, undo


def start() -> None:
    """Set what a new session begins with; harmless when called again."""
    first = st.query_params.get("scenario", BASELINE)
    for key, value in (("moves", {}), ("scenario", first), ("uploaded", None), ("to", None), ("typing", False)):
        st.session_state.setdefault(key, value)
    st.session_state.setdefault("dataset_path", engine.default_path())
    if "kept" not in st.session_state:
        _open_kept(st.query_params.get("dataset", engine.first_kept()))
        stored.from_link()
    if st.session_state.kept:
        st.query_params["dataset"] = st.session_state.kept  # a refresh of the page then finds it again
    else:
        st.query_params.pop("dataset", None)
    named = id_of(st.session_state.scenario) or st.session_state.scenario
    if named == BASELINE:
        st.query_params.pop("scenario", None)
    else:
        st.query_params["scenario"] = named  # a refresh of the page, or whoever is sent the address, then finds it


def _open_kept(key: str) -> None:
    """Take up an accepted dataset by its name in the folder; one that is gone or damaged is passed over."""
    st.session_state.kept = ""
    found = [kept for kept in listing() if kept.key == key] if key else []
    for kept in found:
        with contextlib.suppress(DatasetError):
            st.session_state.uploaded = engine.kept(kept)
            st.session_state.kept = kept.key


def dataset() -> Dataset:
    """Return the dataset in hand: the last good upload, else a bundled one."""
    return st.session_state.uploaded or engine.bundled(st.session_state.dataset_path)


def use(new: Dataset | None, path: str = "", kept: str = "") -> None:
    """Take another dataset; scenario and changes start afresh because they belong to the old one.

    `kept` is its name among the accepted datasets, if it is kept there.
    """
    st.session_state.kept = kept
    st.session_state.uploaded = new
    st.session_state.dataset_path = path or st.session_state.dataset_path
    st.session_state.scenario = BASELINE
    st.session_state.moves = {}
    st.session_state.to = None
    undo.forget()


def base_scenario(data: Dataset) -> Scenario:
    """Return the scenario chosen, before the changes made on screen."""
    if saved := _saved():
        return saved
    found = dataset_scenarios(data)
    return found.get(st.session_state.scenario, found[BASELINE])


def _saved() -> Scenario | None:
    """Return the scenario chosen as it was saved, None when it is one of the dataset."""
    version = stored.opened()
    return version.scenario if version is not None and id_of(st.session_state.scenario) == version.id else None


def unknown_scenario(data: Dataset) -> str:
    """Return the name of a scenario that is asked for and is not here, "" if there is none; the baseline is taken."""
    name = st.session_state.scenario
    if _saved() or name in dataset_scenarios(data):
        return ""
    st.session_state.scenario = BASELINE
    return name


def scenario(data: Dataset) -> Scenario:
    """Return the scenario in hand, changes made on screen included."""
    return changed(base_scenario(data), st.session_state.moves)


def in_hand(data: Dataset) -> View:
    """Return the run of the scenario in hand, with the baseline beside it."""
    return View(engine.forecast(data, scenario(data), st.session_state.to), engine.baseline(data, st.session_state.to))


def choose(name: str) -> None:
    """Choose a scenario by name, or by the key of a saved one; changes on screen are dropped, and can be undone."""
    undo.remember()
    if id_of(name):
        stored.choose(name)
        return
    st.session_state.scenario = name
    st.session_state.moves = {}


def move(control: Control, shown: Value) -> None:
    """Keep a change made on screen; when it comes in stays as it was."""
    put(control.place, valued(control.changes, control.place, from_screen(control.lever, shown)))


def put(place: Place, changes: tuple[Change, ...]) -> None:
    """Put changes in place of all that was said of a lever and key; none = as in the baseline."""
    undo.remember()
    st.session_state.moves = {**st.session_state.moves, place: changes}


def reset() -> None:
    """Go back to the baseline."""
    choose(BASELINE)


def take(moves: dict[Place, Value]) -> None:
    """Put changes on top of those made on screen."""
    undo.remember()
    made = {place: valued((), place, value) for place, value in moves.items()}
    st.session_state.moves = {**st.session_state.moves, **made}


def replace_data(new: Dataset, moves: dict[Place, Value]) -> None:
    """Take a dataset that differs from the one in hand by what was added on screen; scenario and changes stay."""
    take(moves)
    st.session_state.uploaded = new
    undo.forget()  # what was before belongs to the dataset without it
