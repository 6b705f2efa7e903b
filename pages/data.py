"""Page "data": which dataset is in hand, upload of another, every fault of it."""

import streamlit as st

from forecasting.errors import DatasetError
from forecasting.inputs.bundled import bundled
from forecasting.inputs.load import Source, from_sources
from forecasting.outputs.html import answer_html, table_html
from forecasting.outputs.subjects.data import data
from pages.shared import state
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
    "Your own: a dataset workbook, or its tables as CSV files", type=["xlsx", "ods", "csv"], accept_multiple_files=True
)
if files and st.button("Check and use these files", type="primary"):
    try:
        new = from_sources([Source(file.name, file.getvalue()) for file in files])
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
