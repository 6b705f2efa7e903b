"""Page "compare": two to six scenarios side by side."""

import streamlit as st

from forecasting.outputs.html import answer_html
from forecasting.outputs.subjects import compare
from pages.shared import comparing, engine
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import body, head

view = page_context("compare")
top = st.empty()
keys = comparing.choose(view)
if len(keys) < 2:
    top.html(answer_html(compare.TITLE, "Choose two to six scenarios."))
    draw_sidebar("compare", view)
    st.stop()
found = comparing.comparison(view, keys, 0)
measures = compare.measures(found)
left, right = st.columns(2)
usual = list(measures).index(compare.usual_measure(found))
measure = left.selectbox("Figure drawn", list(measures), usual, format_func=measures.get)
years = list(found.years(measure))
year = right.selectbox("Year of the tables", years, years.index(max(years)))
with top.container():
    head(compare.compare(view, found, year, measure))
draw_sidebar("compare", view)
found = comparing.comparison(view, keys, engine.DRAWS)
subject = compare.compare(view, found, year, measure)
with top.container():
    head(subject)
body(subject, view, comparing.protected(view, found, year, measure))
comparing.download(view, found)
