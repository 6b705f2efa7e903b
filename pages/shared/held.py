"""Widgets that are brought to a value otherwise than by being moved: by undo, a scenario chosen, another page."""

from collections.abc import Iterator
from itertools import count

import streamlit as st


def key(name: str, value: object) -> str:
    """Return the key of a widget that is drawn with a value; another key whenever the value is not the widget's own.

    With every click the browser sends what all widgets show, and after an undo it goes on showing the old value until
    it has heard of the new one: a second undo within that time would bring the old value back as if it had been moved.
    What an older key shows is no longer asked for. Nor is a value set in the session: the browser first shows such a
    widget at its lower end, and sends that if something is clicked at that moment.
    """
    place = f"held:{name}"
    widget, last = st.session_state.get(place, (name, value))
    if st.session_state.get(widget, last) != value:
        widget = f"{name}~{next(turns())}"
    st.session_state[place] = widget, value
    return widget


def turns() -> Iterator[int]:
    """Return numbers that no widget of the session was named by yet."""
    return st.session_state.setdefault("turns", count(1))
