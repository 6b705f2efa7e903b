"""Page "assumptions": the log of every assumption in force, in the shape of the Aqua Book."""

import streamlit as st

from forecasting.outputs.subjects.assumptions_log import assumptions_log
from pages.shared import explaining
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import head, sections

view = page_context("assumptions")
made = explaining.tornado_made(view)
subject = assumptions_log(view, explaining.signed(view), made)
head(subject)
if made is None and st.button(
    "Fill in the impact", help="Moves every lever to both ends of its range; this takes a while the first time."
):
    subject = assumptions_log(view, explaining.signed(view), explaining.tornado(view))
sections(subject.sections, view)
draw_sidebar("assumptions", view)
