"""The form that writes a return into the council's own copy of the official workbook."""

import pandas as pd
import streamlit as st

from forecasting.errors import DatasetError
from forecasting.outputs.returns.anchors import remember, remembered
from forecasting.outputs.returns.filled import Filled
from forecasting.outputs.returns.official import Anchor, Completed, Official, complete, guess
from forecasting.outputs.words import file_name

COLUMNS = {"table": "Table", "variant": "Variant", "sheet": "Sheet", "cell": "First figure"}


def form(code: str, filled: Filled, authority: str) -> None:
    """Draw the form: upload, where each table stands, download."""
    st.html("<h2>Fill in your own copy of the official workbook</h2><p>Only cells of figures are written. Formulas, "
            "formats, hidden sheets and everything else stay as they are. Where the tables stand is remembered for "
            "next time.</p>")  # fmt: skip
    file = st.file_uploader("The official workbook (.xlsx or .xlsm)", type=["xlsx", "xlsm"], key=f"official_{code}")
    if file is None:
        return
    try:
        book = Official(file.name, file.getvalue())
        places = _places(book, remembered(code) or guess(book, filled), filled)
        done = complete(book, filled, places)
    except DatasetError as error:
        st.error("\n".join(f"- {fault}" for fault in error.faults))
        return
    if not places:
        st.warning("No table of this return was found by its labels. Add a row for each table above.")
        return
    _offer(code, done, places, file_name(authority, f"{code} official", file.name.rsplit(".", 1)[-1]))


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
    blank = f" {done.blank} figures are not known; their cells were left as they are." if done.blank else ""
    st.success(f"{done.written} figures written in {len(places)} tables.{kept}{blank}")
    if st.download_button("Download the filled workbook", data=done.content, file_name=name):
        remember(code, places)
