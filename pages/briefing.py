"""Page "briefing": the story of the scenario in hand, to present, or to take along as slides, paper and pictures."""

import streamlit as st

from forecasting.outputs.html import scene_html
from pages.shared import engine, present, sidebar
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import draw_shown

LIVE = ("project_delay", "new_plan_rate", "pupil_growth")  # "what if we cannot expand as quickly?"

view = page_context("briefing")
draw_sidebar("briefing", view)
with st.spinner("Making the draws behind the ranges…", show_time=False):
    view = engine.ranged(view)
story = engine.briefing(view)
st.html("<h1>Briefing</h1>")
full, number = present.controls(story)
st.html(scene_html(story, number))
draw_shown(story.scenes[number].shown, view)
with st.expander("What if? Move a lever and see every scene change", expanded=full):
    sidebar.live(view, LIVE)
if not full:
    present.downloads(view)
