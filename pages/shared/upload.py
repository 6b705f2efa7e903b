"""The Data page, steps 1 to 4: files, what they are, choices of columns and words, the check. Kept in the session only.

What is uploaded may be about children: it is never put into a cache that sessions share.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from forecasting.errors import DatasetError, Fault
from forecasting.inputs import template
from forecasting.inputs.bundled import demonstration
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.intake import Survey, survey
from forecasting.inputs.load import Source, examine
from forecasting.inputs.preparation import with_columns, with_words, without_mapped
from forecasting.inputs.pupil_level import Totals, totals
from forecasting.inputs.review import Review, now, review
from forecasting.outputs.html import table_html
from forecasting.outputs.subjects import data_review
from pages.shared import mapping, state

KINDS = ["xlsx", "xls", "xlsb", "ods", "csv", "txt", "zip"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FIRST = (
    "<h2>1. Choose your files</h2><p>Drop in what you have: the filled-in template, its tables as CSV files, releases "
    "of Education, health and care plans (zip), School Census and SEN2 extracts, population and births, a list of "
    "schools, budget lines, or a table of your own. Several together are read as one. Extracts with one row a child "
    "are added up in memory and dropped. Nothing replaces the data in hand until you accept it in step 6.</p>"
)


@dataclass(frozen=True)
class Checked:
    """What the check of the files came to: the dataset, None when they cannot be used, and the review of them."""

    dataset: Dataset | None
    review: Review


def files() -> list[Source]:
    """Draw step 1 and return the files given."""
    st.html(FIRST)
    left, right = st.columns(2)
    left.download_button("Download the template (Excel)", data=template.blank, file_name="sufficiency-template.xlsx",
                         mime=XLSX, on_click="ignore", width="stretch")  # fmt: skip
    if right.button("Use the demonstration (made-up data)", width="stretch"):
        state.use(None, str(demonstration()))
        st.rerun()
    given = st.file_uploader("Your files", type=KINDS, accept_multiple_files=True,
                             key=f"files:{st.session_state.get('taken', '')}")  # fmt: skip
    return [Source(file.name, file.getvalue()) for file in given]


def checked(sources: list[Source]) -> Checked | None:
    """Draw steps 2 to 4 and return what the check came to; None while the user has something to choose first."""
    bar = st.empty()  # drawn in every run: what stands below keeps its place, so that nothing half typed is lost
    added_up = _once("totals", (_digest(sources),), lambda: _totals(sources, bar))
    given, sources = sources, list(added_up.files)
    looked = _once("survey", (_digest(sources),), lambda: survey(sources))
    st.html("<h2>2. What was recognised</h2>")
    if added_up.found:
        st.info(data_review.added_up(added_up))
    place = st.empty()
    place.html(table_html(data_review.recognised(looked.found, None)))
    authority = _authority(looked)
    columns = mapping.columns(looked.strays)
    try:
        prepared = with_columns(sources, looked, columns)
    except DatasetError as error:
        _refused(error.faults)
        return None
    if columns:
        looked = _once("again", (_digest(prepared),), lambda: survey(prepared))
    words = mapping.words(looked.words)
    if looked.authorities and not authority:
        return None
    ready = with_words(prepared, words)
    dataset, faults, when = _once("checked", (_digest(ready), authority), lambda: _examine(ready, authority))
    faults = (*added_up.faults, *without_mapped(faults, columns))
    place.html(table_html(data_review.recognised(looked.found, dataset)))
    draft = review([source.name for source in given], looked.found, faults, when)
    _faults(faults, dataset)
    return Checked(dataset, draft)


def _totals(sources: list[Source], bar: DeltaGenerator) -> Totals:
    """Add up pupil-level files before anything else looks at them, with a bar that moves."""
    bar.progress(0.0, text="Reading…")
    done = totals(sources, lambda share, words: bar.progress(share, text=words))
    bar.empty()
    return done


def _examine(sources: list[Source], authority: str | None) -> tuple[Dataset | None, tuple[Fault, ...], str]:
    with st.spinner("Reading and checking…"):
        return *examine(sources, authority), now()


def _authority(looked: Survey) -> str | None:
    if not looked.authorities:
        return None
    return st.selectbox("Which authority is yours? The release holds all of them.", list(looked.authorities),
                        format_func=looked.authorities.get, index=None, placeholder="Choose an authority")  # fmt: skip


def _faults(faults: tuple[Fault, ...], dataset: Dataset | None) -> None:
    verdict = data_review.verdict(faults, dataset)
    st.html("<h2>4. Check</h2>")
    (st.error if dataset is None else st.success)(verdict)
    for grade, (heading, text) in data_review.GRADES.items():
        table = data_review.faults(faults, grade)
        if len(table.frame) and grade != "warning":  # warnings stand where they are decided
            with st.expander(f"{heading}: {text}", expanded=grade == "error"):
                st.html(table_html(table))


def _refused(faults: tuple[Fault, ...]) -> None:
    st.html("<h2>4. Check</h2>")
    st.error("\n\n".join(map(str, faults)))


def _digest(sources: list[Source]) -> str:
    found = hashlib.sha256()
    for source in sources:
        found.update(source.name.encode())
        found.update(hashlib.sha256(source.content).digest())
    return found.hexdigest()


def _once(name: str, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
    """Return what was made for a key, made again when the key is another; one thing a session, never shared."""
    held = st.session_state.get(f"once:{name}")
    if held is None or held[0] != key:
        held = (key, make())
        st.session_state[f"once:{name}"] = held
    return held[1]


def forget() -> None:
    """Drop everything that was read from the files."""
    for name in ("totals", "survey", "again", "checked"):
        st.session_state.pop(f"once:{name}", None)
    mapping.forget()
