"""What leaves by the page Returns: by which age, in a workbook of ours or the council's copy of the official one."""

from functools import partial

import pandas as pd
import streamlit as st

from forecasting.errors import DatasetError
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.returns import ages
from forecasting.outputs.returns.anchors import remember, remembered
from forecasting.outputs.returns.filled import Filled
from forecasting.outputs.returns.official import Anchor, Completed, Official, complete, guess
from forecasting.outputs.returns.sheet import to_bytes
from forecasting.outputs.subjects import View
from forecasting.outputs.words import file_name
from forecasting.outputs.workbook import Progress
from pages.shared import engine, held, prepare

AUDIENCE = (
    'What you download follows "Downloads are for" at the foot of the sidebar: for sharing outside, small numbers are '
    'withheld; the copy for the Department, which needs every figure, is made with "Internal working".'
)
COLUMNS = {"table": "Table", "variant": "Variant", "sheet": "Sheet", "cell": "First figure"}


def age() -> None:
    """Draw the choice of the age that all returns go by, which is kept for everybody."""
    now = ages.kept()
    widget = held.key("w:age", now)
    st.selectbox("Age groups go by the age", list(ages.AGES), list(ages.AGES).index(now), ages.AGES.get, widget,
                 on_change=_keep_age, args=(widget,),
                 help="One choice for all returns and for everybody who uses this installation. What was shared "
                 "outside by one age is not protected beside the other.")  # fmt: skip


def _keep_age(widget: str) -> None:
    try:
        ages.keep(st.session_state[widget])
    except OSError as error:
        st.error(f"The choice of age could not be kept: {error.strerror}. Returns go by the age as before.")


def download(view: View, code: str, share: bool, policy: Policy) -> None:
    """Draw the download of a return as a workbook of ours, made on the way and with a bar, since it takes a while."""
    prepare.download(
        "return", file_name(view.name, f"{code} {view.run.scenario.name}", "xlsx"),
        (prepare.made_of(view, policy), code, share, ages.kept()), partial(_workbook, view, code, share, policy),
        "Every table of the return, what is missing, assumed and to be explained.",
    )  # fmt: skip
    st.write(f"The page shows every figure, because it is for work inside the authority. {AUDIENCE}")


def _workbook(view: View, code: str, share: bool, policy: Policy, progress: Progress) -> bytes:
    progress(0.1, "Protecting small numbers")
    filled = engine.filled_return(view, code, share, policy)
    progress(0.8, "Writing tables")
    return to_bytes(filled, view.run)


def form(view: View, code: str, share: bool, policy: Policy) -> None:
    """Draw the form: upload, where each table stands, download."""
    st.html("<h2>Fill in your own copy of the official workbook</h2><p>Only cells of figures are written. Formulas, "
            "formats, hidden sheets and everything else stay as they are. Where the tables stand is remembered for "
            f"next time. {AUDIENCE}</p>")  # fmt: skip
    file = st.file_uploader("The official workbook (.xlsx or .xlsm)", type=["xlsx", "xlsm"], key=f"official_{code}")
    if file is None:
        return
    try:
        book, filled = Official(file.name, file.getvalue()), engine.filled_return(view, code, share, policy)
        places = _places(book, remembered(code) or guess(book, filled), filled)
        done = complete(book, filled, places)
    except DatasetError as error:
        st.error("\n".join(f"- {fault}" for fault in error.faults))
        return
    if not places:
        st.warning("No table of this return was found by its labels. Add a row for each table above.")
        return
    st.caption(policy.sentence)
    _offer(code, done, places, file_name(view.name, f"{code} official", file.name.rsplit(".", 1)[-1]))


def _places(book: Official, known: tuple[Anchor, ...], filled: Filled) -> list[Anchor]:
    st.html("<p>Where the tables stand: the sheet, and the cell of the first figure. Correct what is wrong.</p>")
    start = pd.DataFrame([vars(anchor) for anchor in known], columns=list(COLUMNS)).rename(columns=COLUMNS)
    options = {"Sheet": list(book.sheets), "Variant": list(filled.layout.variants),
               "Table": [table.table.id for table in filled.tables]}  # fmt: skip
    shown = {
        name: st.column_config.SelectboxColumn(options=choices, required=True) for name, choices in options.items()
    }
    table = st.data_editor(start, num_rows="dynamic", column_config=shown, width="stretch", key=f"places_{book.name}")
    return [Anchor(*map(str, row)) for row in table[list(COLUMNS.values())].dropna().itertuples(index=False)]


def _offer(code: str, done: Completed, places: list[Anchor], name: str) -> None:
    kept = f" {len(done.kept)} cells hold a formula and were left as they are." if done.kept else ""
    blank = f" {done.blank} figures are not known or withheld; their cells were left as they are." if done.blank else ""
    st.success(f"{done.written} figures written in {len(places)} tables.{kept}{blank}")
    if st.download_button("Download the filled workbook", data=done.content, file_name=name):
        remember(code, places)
