"""Whom a download is for, and the council's policy on small numbers; applied to whatever leaves the app."""

import pandas as pd
import streamlit as st

from forecasting.errors import SufficiencyError
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Table
from forecasting.outputs.leaving import leaving, leaving_table
from forecasting.outputs.policy import FORMS, changed, keep, kept
from forecasting.outputs.subjects import SUBJECTS, View

OUTSIDE, INSIDE = "Sharing outside", "Internal working"
WORDS = {"withhold": "Withhold small counts", "round": "Round every count"}


def policy() -> Policy:
    """Return what is done about small numbers in a download: the council's policy, unless it is for internal work."""
    try:
        return INTERNAL if st.session_state.get("audience", OUTSIDE) == INSIDE else kept()
    except SufficiencyError as error:
        st.error(f"{error}. Until then the default policy is applied.")
        return Policy()


def fit(view: View) -> View:
    """Return a view as it may leave the authority."""
    return leaving(view, policy())


def csv_bytes(table: Table, view: View) -> bytes:
    """Return a table as CSV as it may leave the authority."""
    name = st.session_state.get("page", "")
    made = SUBJECTS[name](fit(view)) if name in SUBJECTS and policy().form != "none" else None
    frame: pd.DataFrame = leaving_table(table, made, policy())
    return frame.to_csv(index=False).encode("utf-8-sig")


def choice() -> None:
    """Draw the choice of whom downloads are for, and the policy behind it."""
    st.session_state["w:audience"] = st.session_state.setdefault("audience", OUTSIDE)
    st.segmented_control("Downloads are for", (OUTSIDE, INSIDE), key="w:audience", on_change=_take, required=True,
                         width="stretch", help=policy().sentence)  # fmt: skip
    with st.expander("Policy on small numbers", on_change="rerun", key="open:policy") as opened:
        if opened.open:
            _form()


def _take() -> None:
    st.session_state.audience = st.session_state["w:audience"]


def _form() -> None:
    try:
        now = kept()
    except SufficiencyError:
        now = Policy()
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
