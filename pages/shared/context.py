"""page_context(): everything a page needs, whichever page is opened first and however it was reached."""

import streamlit as st

from forecasting.errors import SufficiencyError
from forecasting.outputs.html import STYLE
from forecasting.outputs.subjects import HEADS, View
from pages.shared import engine, ranges, sidebar, state
from pages.shared.navigation import TITLES, navigate
from pages.shared.show import body, head, show

SIDEBAR_PIXELS = 350


def page_context(page: str) -> View:
    """Set the page up and return the view: dataset and scenario in hand, baseline beside it.

    Needs nothing from app.py, because a deep link on a fresh server opens a page without it.
    """
    st.set_page_config(
        page_title=f"{TITLES[page]} – SEND sufficiency", layout="wide", initial_sidebar_state=SIDEBAR_PIXELS
    )
    st.html(STYLE)
    if navigate(by_app=False) is not None and not st.session_state.setdefault("at_home", False):
        st.session_state.at_home = True
        st.rerun()  # from now on through app.py, so that widgets keep their identity
    engine.settle()
    state.start()
    st.session_state.page = page
    data = state.dataset()
    if name := state.unknown_scenario(data):
        st.warning(f'There is no scenario "{name}" here. You see the baseline.')
    try:
        view = state.in_hand(data)
    except SufficiencyError as error:
        st.error(str(error))
        state.reset()
        view = View(engine.baseline(data, None), engine.baseline(data, st.session_state.to))
    st.session_state.years = view.forecast.years
    if data.synthetic:
        st.html('<p class="synthetic">Synthetic data: a made-up authority, not a real one.</p>')
    return view


def draw_sidebar(page: str, view: View) -> None:
    """Draw the sidebar, after the page: what a slider has moved reaches the browser before the sliders do."""
    with st.sidebar:
        sidebar.scenario_picker(view)
        sidebar.levers(view, page)
        sidebar.last_year(view)
        sidebar.downloads(view)


def subject_page(page: str) -> None:
    """Draw the page of a subject."""
    view = page_context(page)
    if not ranges.has(page, view):
        show(engine.subject(page, view), view)
        draw_sidebar(page, view)
        return
    top = st.empty()
    with top.container():
        head(HEADS[page](view))
    draw_sidebar(page, view)
    view = ranges.live(view)
    subject = engine.subject(page, view)
    with top.container():
        head(subject)
    ranges.told(view)
    body(subject, view)
