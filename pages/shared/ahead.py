"""What a page will show, worked out before anything of a run goes to the browser."""

from contextlib import suppress

import streamlit as st

from forecasting.outputs.subjects import SUBJECTS
from pages.shared import engine, ranges, state


def work() -> None:
    """Work out what the page drawn last will show, and keep it with the engine, where the page finds it.

    Whatever reaches the browser alone is drawn alone: the answer and its charts are there soonest when they come
    together with the navigation.
    """
    page = st.session_state.get("page", "")
    if page not in SUBJECTS:
        return
    with suppress(Exception):  # whatever it is, the page meets it again and says it, with the navigation beside it
        view = state.in_hand(state.dataset())
        if not ranges.has(page, view):
            engine.subject(page, view)
