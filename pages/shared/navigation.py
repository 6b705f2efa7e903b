"""The pages and their order; flat, because sectioned navigation is announced wrongly by screen readers."""

from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).resolve().parents[1]
TITLES = {
    "overview": "Overview",
    "population": "Population",
    "accuracy": "Accuracy of pupil forecasts",
    "send": "SEND",
    "placements": "Placements",
    "costs": "Costs",
    "programme": "Programme",
    "track_record": "Track record",
    "published": "Published against recomputed",
    "scenarios": "Scenarios",
    "compare": "Compare",
    "explain": "Explain",
    "assumptions": "Assumptions log",
    "briefing": "Briefing",
    "returns": "Returns",
    "data": "Data",
    "accessibility": "Accessibility",
}


def navigate(*, by_app: bool) -> "st.navigation":
    """Draw the navigation once in a run, whether app.py or a deep-linked page runs first."""
    if by_app:
        st.session_state["_navigated"] = True
    elif st.session_state.pop("_navigated", False):
        return None
    pages = [st.Page(_file(name), title=title, url_path=name) for name, title in TITLES.items()]
    home = st.Page(_file("overview"), title=TITLES["overview"], url_path="home", default=True, visibility="hidden")
    return st.navigation([home, *pages], expanded=True)  # all of them, however many


def _file(name: str) -> Path:
    """Return where a page is; in full, because Streamlit looks beside the script that it was started with."""
    return FOLDER.joinpath(f"{name}.py")
