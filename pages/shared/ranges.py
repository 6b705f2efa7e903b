"""The ranges on a page: from few draws while levers are moved, from all of them when asked for."""

import streamlit as st

from forecasting.outputs.html import draws_html
from forecasting.outputs.subjects import HEADS, View
from pages.shared import engine

MAKING = "Making the draws behind the ranges…"


def _asked(view: View) -> bool:
    return st.session_state.get("full_range") == engine.key_of(view)


def _ask(view: View) -> None:
    st.session_state.full_range = engine.key_of(view)


def has(page: str, view: View) -> bool:
    """Return whether a page shows a view with ranges: first its head alone, then all of it with the draws."""
    return page in HEADS and engine.has_ranges(view)


def live(view: View) -> View:
    """Return the view with ranges that follow a slider, or with the full ones where they were asked for."""
    if _asked(view):
        with st.spinner(MAKING, show_time=False):
            return engine.ranged(view)
    return engine.ranged(view, engine.LIVE)  # soon there: a spinner would only flicker


def told(view: View) -> None:
    """Say how many draws the ranges rest on, and offer the rest of them."""
    draws = view.forecast.draws
    if not draws:
        return
    st.html(draws_html(draws, engine.DRAWS))
    if draws < engine.DRAWS:
        st.button("Work out the full range", on_click=_ask, args=(view,), key="full_range_button",
                  help=f"Makes {engine.DRAWS} draws of this scenario; takes some seconds.")  # fmt: skip
