"""Page "data": which dataset is in hand, upload of another, every fault of it."""

import streamlit as st

from forecasting.errors import DatasetError
from forecasting.inputs.bundled import bundled
from forecasting.inputs.load import Source, from_sources
from forecasting.outputs.html import answer_html, table_html
from forecasting.outputs.subjects.data import data
from pages.shared import engine, state
from pages.shared.context import draw_sidebar, page_context

view = page_context("data")
draw_sidebar("data", view)
subject = data(view)
st.html(answer_html(subject.title, subject.answer))

st.html("<h2>Use another dataset</h2>")
name = st.selectbox("Bundled datasets", list(bundled()))
if st.button("Use this dataset"):
    state.use(None, str(bundled()[name]))
    st.rerun()

files = st.file_uploader(
    "Your own: a dataset workbook, its tables as CSV files, or releases of Education, health and care plans (zip)",
    type=["xlsx", "ods", "csv", "zip"], accept_multiple_files=True,
)  # fmt: skip
sources = [Source(file.name, file.getvalue()) for file in files]
choices = engine.authorities(sources)
authority = st.selectbox("Authority", choices, format_func=choices.get, index=None) if choices else None
if files and st.button("Check and use these files", type="primary", disabled=bool(choices) and not authority):
    try:
        with st.spinner("Reading and checking…"):
            new = from_sources(sources, authority)
    except DatasetError as error:
        st.error(f"These files cannot be used; the data in hand stay as they are. Faults: {len(error.faults)}.")
        st.markdown("\n".join(f"- {fault}" for fault in error.faults))
    else:
        state.use(new)
        st.rerun()

for section in subject.sections:
    st.html(f"<h2>{section.heading}</h2>")
    for table in section.items:
        st.html(table_html(table))
