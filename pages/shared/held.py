"""Widgets that are brought to a value otherwise than by being moved: by undo, a scenario chosen, another page."""

from collections.abc import Iterator
from itertools import count

import streamlit as st


def key(name: str, value: object, *ends: float) -> str:
    """Return the key of a widget that stands at a value; another key whenever the value is not the widget's own.

    With every click the browser sends what all widgets show, and after an undo it goes on showing the old value until
    it has heard of the new one: a second undo within that time would bring the old value back as if it had been moved.
    What an older key shows is no longer asked for. A value that is set is sent to the browser, where it overwrites what
    was moved or typed meanwhile, so it is set only where it must be: a widget is a new one when its ends have moved.
    """
    place = f"held:{name}"
    widget, before = st.session_state.get(place, (name, None))
    if st.session_state.get(widget, value) != value:
        widget, before = f"{name}~{next(_turns())}", None
    if before != ends or widget not in st.session_state:
        st.session_state[widget], st.session_state[place] = value, (widget, ends)
    return widget


def _turns() -> Iterator[int]:
    return st.session_state.setdefault("turns", count(1))
