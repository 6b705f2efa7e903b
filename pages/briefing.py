"""Page "briefing": the story of the scenario in hand, to present, or to take along as slides, paper and pictures."""

import streamlit as st

from pages.shared import engine, present
from pages.shared.context import draw_sidebar, page_context

view = page_context("briefing")
draw_sidebar("briefing", view)
with st.spinner("Making the draws behind the ranges…", show_time=False):
    view = engine.ranged(view)
story = engine.briefing(view)
st.html("<h1>Briefing</h1>")
full, number = present.controls(story)
present.stage(story, number, view, full=full)
if not full:
    present.downloads(view)
