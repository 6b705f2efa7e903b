"""A bare Streamlit page to measure against: one slider, and the charts and tables of a real page from constant data.

The charts (the same Vega-Lite specifications), their data and the tables are read from the file named in BARE_PAGE;
nothing is computed. Only the values of the charts are scaled by the slider, so that each move redraws every chart.
The garbage collection is settled as in the product.
"""

import gc
import json
import os
from pathlib import Path

import pandas as pd
import streamlit as st


@st.cache_resource(show_spinner=False)
def held() -> dict[str, list]:
    """Return what the page draws, and take everything loaded out of garbage collection."""
    found = json.loads(Path(os.environ["BARE_PAGE"]).read_text(encoding="utf-8"))
    for chart in found["charts"]:
        chart["frame"] = pd.DataFrame(chart.pop("columns"))
    gc.collect()
    gc.freeze()
    return found


st.set_page_config(layout="wide")
page = held()
with st.sidebar:
    value = st.slider("Pupil growth, % a year", -5.0, 10.0, 1.0, step=0.1)
st.html(f'<h1>Bare</h1><p class="answer" role="status" aria-live="polite">The slider stands at {value:.1f}.</p>')
for table in page["tables"]:
    st.html(table)
for number, chart in enumerate(page["charts"]):
    scaled = {name: chart["frame"][name] * (1 + value / 100) for name in chart["scaled"]}
    st.vega_lite_chart(chart["frame"].assign(**scaled), chart["spec"], theme=None, width="stretch", key=f"c{number}")
