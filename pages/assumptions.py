"""Page "assumptions": the log of every assumption in force, in the shape of the Aqua Book."""

import streamlit as st

from forecasting.outputs.subjects.assumptions_log import assumptions_log, log_csv
from forecasting.outputs.words import file_name
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
st.download_button(
    "Download the whole log (CSV)", data=lambda: log_csv(view, explaining.signed(view), explaining.tornado_made(view)),
    file_name=file_name(view.name, f"assumptions log {view.run.scenario.name}", "csv"), mime="text/csv",
    on_click="ignore", help="Every assumption and every column, the unused ones too.",
)  # fmt: skip
draw_sidebar("assumptions", view)
