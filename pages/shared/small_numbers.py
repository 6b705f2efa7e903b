"""Whom a download is for, and the council's policy on small numbers; applied to whatever leaves the app."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from forecasting.errors import SufficiencyError
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Subject, Table
from forecasting.outputs.leaving import leaving, leaving_table
from forecasting.outputs.policy import FORMS, changed, keep, kept
from forecasting.outputs.subjects import SUBJECTS, View
from pages.shared import held

OUTSIDE, INSIDE = "Sharing outside", "Internal working"
Made = Callable[[Policy], Subject]  # a page made again, of figures protected as the policy says
MONEY = """Money is printed to the pound. Who knows the price of a place can work back from a total to withheld children
where two kinds of setting are withheld: leave out cost tables, or show millions, where that matters."""
WORDS = {"withhold": "Withhold small counts", "round": "Round every count"}


def policy() -> Policy:
    """Return what is done about small numbers in a download: the council's policy, unless it is for internal work.

    To be asked while a page is drawn: what a download button makes on its click knows nothing of the session.
    """
    return INTERNAL if st.session_state.get("audience", OUTSIDE) == INSIDE else council()


def council() -> Policy:
    """Return the council's policy on small numbers; the default one where what is kept cannot be read."""
    try:
        return kept()
    except SufficiencyError:
        return Policy()


def maker(table: Table, view: View, made: Made | None = None) -> Callable[[], bytes]:
    """Return what makes the CSV of a table, as it may leave the authority, with the session as it is now.

    Args:
        table: the table as shown inside the authority.
        view: the run shown.
        made: makes the page again of protected figures; when not given, the subject of the page in hand is made again,
            and a table that belongs to none leaves without its counts where one of them is small.
    """
    page = st.session_state.get("page", "")
    again = made or (partial(_subject, page, view) if page in SUBJECTS else None)
    return partial(_csv_bytes, table, policy(), again)


def _subject(page: str, view: View, chosen: Policy) -> Subject:
    return SUBJECTS[page](leaving(view, chosen))


def _csv_bytes(table: Table, chosen: Policy, made: Made | None) -> bytes:
    return as_csv(leaving_table(table, made(chosen) if made and chosen.form != "none" else None, chosen))


def as_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV that Excel opens with its signs intact."""
    return frame.to_csv(index=False).encode("utf-8-sig")


def choice() -> None:
    """Draw the choice of whom downloads are for, and the policy behind it."""
    try:
        kept()
    except SufficiencyError as error:
        st.error(f"{error}. Until then the default policy is applied.")
    now = st.session_state.setdefault("audience", OUTSIDE)
    widget = held.key("w:audience", now)
    st.segmented_control("Downloads are for", (OUTSIDE, INSIDE), default=now, key=widget, on_change=_take,
                         args=(widget,), required=True, width="stretch", help=policy().sentence)  # fmt: skip
    with st.expander("Policy on small numbers", on_change="rerun", key="open:policy") as opened:
        if opened.open:
            _form()


def _take(widget: str) -> None:
    st.session_state.audience = st.session_state[widget]


def _form() -> None:
    now = council()
    st.write(MONEY)
    with st.form("policy", border=False):
        form = st.selectbox("What is done", FORMS, FORMS.index(now.form), format_func=WORDS.get)
        threshold = st.number_input("Counts below this are small", 2, 100, now.threshold)
        zeros = st.checkbox("A zero counts as small", now.zeros)
        secondary = st.checkbox("Withhold what gives others away by subtraction", now.secondary)
        base = st.number_input("Round to multiples of", 2, 100, now.base)
        symbol = st.text_input("Shown for a withheld figure", now.symbol, max_chars=5)
        confirmed = st.checkbox("This is the council's own policy", now.confirmed,
                                help="The default is stricter than the Department's own practice.")  # fmt: skip
        if not st.form_submit_button("Keep this policy"):
            return
    keep(changed(now, form=form, threshold=threshold, zeros=zeros, secondary=secondary, base=base, symbol=symbol,
                 confirmed=confirmed))  # fmt: skip
    st.rerun()
