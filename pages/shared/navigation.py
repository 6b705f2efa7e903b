"""The pages and their order; flat, because sectioned navigation is announced wrongly by screen readers."""

import streamlit as st

TITLES = {
    "overview": "Overview",
    "population": "Population",
    "send": "SEND",
    "placements": "Placements",
    "costs": "Costs",
    "programme": "Programme",
    "track_record": "Track record",
    "published": "Published against recomputed",
    "data": "Data",
}


def navigate(*, by_app: bool) -> "st.navigation":
    """Draw the navigation once in a run, whether app.py or a deep-linked page runs first."""
    if by_app:
        st.session_state["_navigated"] = True
    elif st.session_state.pop("_navigated", False):
        return None
    pages = [st.Page(f"pages/{name}.py", title=title, url_path=name) for name, title in TITLES.items()]
    home = st.Page("pages/overview.py", title=TITLES["overview"], url_path="home", default=True, visibility="hidden")
    return st.navigation([home, *pages])
