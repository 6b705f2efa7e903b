"""The Data page, steps 5 and 6: what changed, decisions about warnings, accepting; then earlier datasets and undo."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from html import escape

import streamlit as st

from forecasting.errors import DatasetError, Fault, SufficiencyError, UsageError
from forecasting.inputs.accepted import Kept, keep, listing, purge
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.review import Decision, Review, completed, decided, now, open_questions, questions, years_of
from forecasting.outputs import data_quality, words
from forecasting.outputs.html import metrics_html, table_html
from forecasting.outputs.subjects import View, data_review
from pages.shared import engine, state, upload
from pages.shared.navigation import FOLDER

_DONE = "accepted:done"
EARLIER = (
    "<h2>Datasets accepted before</h2><p>Kept as tables of counts and costs, never as records of children. Everybody "
    "who uses this installation sees the same list. Going back to one undoes what came after it.</p>"
)


def compare(new: Dataset, draft: Review, view: View) -> tuple[Dataset | None, str]:
    """Draw step 5 and return what the new data are compared with, and how that is called."""
    st.html("<h2>5. Compare with what you had</h2>")
    held = listing()
    inhand = f"The data in hand: {view.name}, {view.run.dataset.about('title')}"
    labels = {"": inhand, **{kept.key: f"Accepted: {kept.label}" for kept in held}}
    same = [kept.key for kept in held if kept.review.name == new.name]
    if not same and view.name != new.name:
        st.html(f"<p>There are no earlier data of {escape(new.name)} to compare with: this is the first time.</p>")
        _compared(completed(draft, new, None, "", (), ""))
        return None, ""
    start = list(labels).index(same[0]) if same and view.name != new.name else 0
    chosen = st.selectbox("Compare with", list(labels), start, format_func=labels.get)
    old = view.run.dataset if not chosen else _opened(held, chosen)
    _compared(completed(draft, new, old, labels[chosen], (), ""))
    return old, labels[chosen]


def _opened(held: Sequence[Kept], key: str) -> Dataset | None:
    with suppress(DatasetError):
        return next(engine.kept(kept) for kept in held if kept.key == key)
    return None


def _compared(seen: Review) -> None:
    if seen.changes:
        st.html(table_html(data_review.changed(seen)))
    if seen.totals:
        st.html(table_html(data_review.totals(seen)))


def decide(new: Dataset, draft: Review, old: Dataset | None, called: str) -> None:
    """Draw step 6: a decision for each table with warnings, and the button that takes the data."""
    asked = questions(draft.faults)
    text = "Each table with warnings needs a decision and a reason." if asked else "There are no warnings to decide."
    st.html(f"<h2>6. Accept</h2><p>{text} Who, when and why go into the data-quality report.</p>")
    who = st.text_input("Your name or initials", max_chars=80, key="accept:who")
    made = [_question(new, table, faults, who) for table, faults in asked.items()]
    if not st.button("Accept and use these data", type="primary"):
        return
    missing = open_questions(asked, made)
    if missing:
        st.error(" ".join(missing))
        return
    try:
        taken = decided(new, made)
        engine.baseline(taken, None)
    except SufficiencyError as error:
        st.error(str(error))
        return
    _take(taken, completed(draft, taken, old, called, made, who), made)


def _question(new: Dataset, table: str, faults: tuple[Fault, ...], who: str) -> Decision:
    with st.container(border=True):
        st.html(table_html(data_review.summary(table, faults)))
        if len(faults) > 1:
            with st.expander(f"All {len(faults)} warnings, one by one"):
                st.html(table_html(data_review.evidence(table, faults)))
        name = f"table {table}" if table else "the files"
        choices = list(data_review.CHOICES) if table and table != "about" else ["use"]
        years = years_of(new, table) if table else ()
        choices = [choice for choice in choices if years or choice != "leave_years_out"]
        choice = st.radio(f"What to do with {name}", choices, format_func=data_review.CHOICES.get,
                          key=f"accept:choice:{table}")  # fmt: skip
        gone = st.multiselect("Years to leave out", years, key=f"accept:years:{table}") if "years" in choice else []
        reason = st.text_input(f"Why ({name})", max_chars=400, key=f"accept:why:{table}",
                               placeholder="For example: checked against our own count on 3 November")  # fmt: skip
    return Decision(table, choice, reason, who, now(), tuple(gone), tuple(map(str, faults)))


def _take(taken: Dataset, seen: Review, made: Sequence[Decision]) -> None:
    """Keep the dataset, use it, and say so; a folder that cannot be written is no reason not to use it."""
    fault, key = "", ""
    try:
        key = keep(taken, seen).key
    except UsageError as error:
        fault = str(error)
    state.use(taken, kept=key)
    upload.forget()
    st.session_state[_DONE] = (taken.content_hash, seen, fault)
    st.session_state.taken = f"{seen.when} {seen.content_hash}"
    st.rerun()


def outcome(view: View) -> None:
    """Draw what came of accepting: the forecast's headline, the way to it, the report."""
    done = st.session_state.get(_DONE)
    if not done or done[0] != view.run.dataset.content_hash:
        return
    _, seen, fault = done
    (st.warning if fault else st.success)(fault or "Accepted and kept. This is the first forecast from your data:")
    subject = engine.subject("overview", view)
    st.html(f'<p class="first">{escape(subject.answer)}</p>{metrics_html(subject.metrics)}')
    left, right = st.columns(2)
    left.page_link(str(FOLDER.joinpath("overview.py")), label="Go to the overview")
    with right:
        report(seen, "now")


def forget() -> None:
    """Drop what came of the last accepting: other files are on the table now."""
    st.session_state.pop(_DONE, None)


def report(seen: Review, key: str) -> None:
    """Draw the download of the data-quality report."""
    name = words.file_name(seen.name or "files", "data quality", "xlsx")
    st.download_button("Download the data-quality report", data=partial(data_quality.to_bytes, seen), file_name=name,
                       mime=upload.XLSX, on_click="ignore", key=f"report:{key}")  # fmt: skip


def earlier() -> None:
    """Draw the accepted datasets: go back to one, its report, delete it."""
    held = {kept.key: kept for kept in listing()}
    st.html(EARLIER)
    if not held:
        st.html("<p>None yet.</p>")
        return
    key = st.selectbox("Accepted dataset", list(held), format_func=lambda name: held[name].label)
    left, right = st.columns(2)
    if left.button("Go back to this dataset", width="stretch"):
        _back(held[key])
    with right:
        report(held[key].review, "kept")
    with st.expander("Delete this dataset"):
        sure = st.checkbox("Yes, delete it for everybody. It cannot be brought back.", key=f"sure:{key}")
        if st.button("Delete", disabled=not sure):
            _delete(held[key])


def _back(kept: Kept) -> None:
    try:
        state.use(engine.kept(kept), kept=kept.key)
    except DatasetError as error:
        st.error(str(error))
    else:
        forget()
        st.rerun()


def _delete(kept: Kept) -> None:
    try:
        purge(kept)
    except UsageError as error:
        st.error(str(error))
    else:
        st.rerun()
