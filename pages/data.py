"""Page "data": from files to a dataset in use, step by step; which data are in hand; the way back to earlier ones."""

import streamlit as st

from forecasting.inputs.bundled import bundled
from forecasting.outputs.html import answer_html, table_html
from forecasting.outputs.subjects.data import data
from pages.shared import accept, state, upload
from pages.shared.context import draw_sidebar, page_context

view = page_context("data")
draw_sidebar("data", view)
subject = data(view)
st.html(answer_html(subject.title, subject.answer))
told = st.container()

sources = upload.files()
if sources:
    accept.forget()
    found = upload.checked(sources)
    if found and found.dataset is not None:
        old, called = accept.compare(found.dataset, found.review, view)
        accept.decide(found.dataset, found.review, old, called)
    elif found:
        accept.report(found.review, "draft")
else:
    upload.forget()
with told:
    accept.outcome(view)

accept.earlier()
st.html("<h2>Datasets that come with the software</h2>")
name = st.selectbox("Bundled datasets", list(bundled()))
if st.button("Use this dataset"):
    state.use(None, str(bundled()[name]))
    st.rerun()

for section in subject.sections:
    st.html(f"<h2>{section.heading}</h2>")
    for table in section.items:
        st.html(table_html(table))
