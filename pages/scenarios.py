"""Page "scenarios": save what is in hand, open what is saved, its history, sharing, conflicts."""

import streamlit as st

from forecasting.outputs.html import answer_html
from forecasting.outputs.subjects import scenarios
from pages.shared import keeping
from pages.shared.context import draw_sidebar, page_context
from pages.shared.navigation import TITLES

view = page_context("scenarios")
st.html(answer_html(TITLES["scenarios"], scenarios.ANSWER))
keeping.conflict(view)
st.html("<h2>Save the scenario in hand</h2>")
keeping.save(view)
st.html("<h2>Saved scenarios</h2>")
keeping.listed(view)
st.html("<h2>As a file</h2>")
keeping.files(view)
draw_sidebar("scenarios", view)
