"""Page "returns": a national return previewed, checked, exported, or written into the council's own copy."""

import streamlit as st

from forecasting.outputs.returns.layout import codes, layout
from forecasting.outputs.subjects.returns import returns
from pages.shared import engine, official, small_numbers
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import body, head

view = page_context("returns")
top = st.container()  # the answer stands first, though it follows from the choice below it
titles = {code: layout(code).title for code in codes()}
choose, side = st.columns(2)
code = choose.selectbox("Return", list(titles), format_func=titles.get, key="return_code")
variants = layout(code).variants
variant = side.segmented_control("Shown", variants, default=variants[0], key=f"variant_{code}", required=True)
share = st.checkbox(
    "Share children whose need is not recorded over the other needs, in proportion", key="share_unknown"
)
official.age()
filled = engine.filled_return(view, code, share)
if len(variants) > 1 and view.run.scenario.hash == view.baseline.scenario.hash:
    st.info(f'"{variants[0]}" and "{variants[1]}" are the same: choose or change a scenario to fill the second.')
policy = small_numbers.policy()
official.download(view, code, share, policy)
found = returns(filled, variants.index(variant))
with top:
    head(found)
body(found, view, lambda chosen: returns(engine.filled_return(view, code, share, chosen), variants.index(variant)))
official.form(view, code, share, policy)
draw_sidebar("returns", view)
