"""A file that takes a moment to make: a button, a bar that says how far it is, then its download.

What a download button makes on its click is made outside the session, where nothing can be drawn; so a workbook is made
first and downloaded after.
"""

from collections.abc import Callable, Hashable

import streamlit as st

from forecasting.errors import SufficiencyError
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook import Progress

KINDS = {"xlsx": "Excel", "zip": "CSV, Parquet"}


def download(what: str, file_name: str, made_of: Hashable, make: Callable[[Progress], bytes], about: str) -> None:
    """Draw the button that makes a file and, once it is made, its download; it is gone when what it shows has changed.

    Args:
        what: what it is called on the buttons.
        file_name: its name.
        made_of: what its content depends on.
        make: makes it, telling how far it is.
        about: what is in it, in one sentence.
    """
    place = f"file:{what}"
    if st.button(f"Prepare the {what}", key=f"prepare:{what}", help=about, width="stretch"):
        _make(place, made_of, make)
    held = st.session_state.get(place)
    if held and held[0] == made_of:
        kind = KINDS[file_name.rpartition(".")[2]]
        st.download_button(f"Download the {what} ({kind})", held[1], file_name, on_click="ignore", type="primary",
                           width="stretch")  # fmt: skip


def made_of(view: View, policy: Policy) -> Hashable:
    """Return what a file of the scenario in hand depends on."""
    return view.forecast.stamp, view.run.scenario.name, view.last, policy


def _make(place: str, made_of: Hashable, make: Callable[[Progress], bytes]) -> None:
    bar = st.progress(0.0, "Starting")
    try:
        st.session_state[place] = made_of, make(bar.progress)
    except SufficiencyError as error:
        st.error(str(error))
    bar.empty()
