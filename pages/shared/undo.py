"""Undo and redo in a session: what scenario and which changes were in hand before, and what was taken back."""

import streamlit as st

HELD = ("scenario", "opened", "moves")  # what a step back restores; each is replaced as a whole and never altered
MOST = 100  # steps kept


def _now() -> dict:
    return {name: st.session_state[name] for name in HELD if name in st.session_state}


def _steps(name: str) -> list:
    return st.session_state.setdefault(name, [])


def remember() -> None:
    """Keep what is in hand, before it is changed; what was taken back before cannot be done again after that."""
    _steps("past").append(_now())
    del _steps("past")[:-MOST]
    _steps("future").clear()


def forget() -> None:
    """Forget all steps, which belong to another dataset."""
    _steps("past").clear()
    _steps("future").clear()


def back() -> None:
    """Take the last step back."""
    _swap("past", "future")


def forth() -> None:
    """Do again what was taken back last."""
    _swap("future", "past")


def _swap(source: str, target: str) -> None:
    if _steps(source):
        _steps(target).append(_now())
        for name in HELD:
            st.session_state.pop(name, None)
        st.session_state.update(_steps(source).pop())


def can_go_back() -> bool:
    """Return whether there is a step to take back."""
    return bool(_steps("past"))


def can_go_forth() -> bool:
    """Return whether there is a step to do again."""
    return bool(_steps("future"))
