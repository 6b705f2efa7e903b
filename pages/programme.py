"""Page "programme": the projects on a timeline, one more to add, the best of them to choose, a target to reach."""

import streamlit as st

from forecasting.outputs.subjects.programme import programme_head
from pages.shared import choose, engine, ranges
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import body, head

view = page_context("programme")
head(programme_head(view))
projects, chosen, target = st.tabs(["Projects", "Choose for me", "Reach a target"])
with projects:
    choose.add_project(view)
    place = st.container()
with chosen:
    choose.choose_for_me(view)
with target:
    choose.goal_seek(view)
draw_sidebar("programme", view)
with place:
    with st.spinner("Following the children of every project, and making the draws…", show_time=False):
        full = ranges.live(view)
        subject = engine.subject("programme", full)
    ranges.told(full)
    body(subject, full)
