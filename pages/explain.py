"""Page "explain": what moved the answer, what matters most, when it flips, forecast against actual."""

import streamlit as st

from forecasting.errors import SufficiencyError
from forecasting.outputs.html import answer_html
from forecasting.outputs.subjects import explain
from pages.shared import explaining
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import sections

view = page_context("explain")
top = st.empty()
top.html(answer_html(explain.TITLE, explain.ANSWER))
part = st.segmented_control(
    "Question", list(explain.PARTS), format_func=explain.PARTS.get, default="moved", key="explain_part", required=True
)
draw_sidebar("explain", view)
try:
    answer, found = explaining.told(part, view)
except SufficiencyError as error:
    answer, found = str(error), ()
top.html(answer_html(explain.TITLE, answer))
sections(found, view)
