"""What there is to a lever besides its slider: source, start year and ramp, a table by year, back to the baseline."""

import streamlit as st

from forecasting.outputs import html
from forecasting.outputs.subjects import year_table
from forecasting.scenario.controls import Control, from_screen
from forecasting.scenario.moves import timed, yearly
from pages.shared import held, state

START = "from the start"


def button(control: Control) -> None:
    """Draw the button beside the label; what it opens is drawn only while it stands open."""
    key = f"more:{control.name}"
    with st.popover(f"More: {control.label}", type="tertiary", key=key, on_change="rerun",
                    icon=":material/more_horiz:") as opened:  # fmt: skip
        if opened.open:
            _inside(control)


def remarks(control: Control) -> None:
    """Draw why a lever is idle, that it is set by year, or that its value is out of the ordinary."""
    text = html.remarks_html(control)
    if text:
        st.html(text)


def _inside(control: Control) -> None:
    st.html(html.lever_html(control))
    if control.lever.dated and not control.idle and isinstance(control.value, (int, float)):
        _time(control)
    st.button("Back to the baseline", key=f"back:{control.name}", on_click=state.put, args=(control.place, ()),
              disabled=not control.changes, width="stretch")  # fmt: skip


def _time(control: Control) -> None:
    years = year_table.years(st.session_state.years)
    if not control.by_year:
        left, right = st.columns(2)
        starts, stands = [START, *years], _stands(control, years)
        since, ramp = held.key(f"since:{control.name}", stands[0]), held.key(f"ramp:{control.name}", stands[1])
        common = {"on_change": _timed, "args": (control, since, ramp, stands)}
        left.selectbox("In force", starts, starts.index(stands[0]), year_table.since, since, **common)
        right.number_input("Years to come in", 0.0, 10.0, stands[1], step=1.0, format="%.0f", key=ramp, **common,
                           disabled=stands[0] == START)  # fmt: skip
    with st.expander("Year by year", expanded=control.by_year), st.form(f"years:{control.name}", border=False):
        frame = st.data_editor(year_table.frame(control, years), hide_index=True, disabled=["Year"],
                               key=f"table:{control.name}:{hash(control.changes)}", num_rows="fixed",
                               placeholder="")  # fmt: skip
        st.write("A value holds until the next one. Blank years go on with the value before.")
        if st.form_submit_button("Use these values", width="stretch"):
            _by_year(control, year_table.values(frame))


def _stands(control: Control, years: tuple[int, ...]) -> tuple[int | str, float]:
    """Return since when a lever is in force and the years it comes in over."""
    change = control.changes[0] if control.changes else None
    return change.from_year if change and change.from_year in years else START, change.ramp_years if change else 0.0


def _timed(control: Control, since: str, ramp: str, stands: tuple[int | str, float]) -> None:
    year = st.session_state[since]
    if (year, st.session_state[ramp]) == stands:
        return  # Streamlit also calls this where a run was cut short while what stands open was being closed
    value = from_screen(control.lever, control.value)
    made = timed(control.changes, control.place, value, None if year == START else year, st.session_state[ramp])
    state.put(control.place, made)


def _by_year(control: Control, shown: dict) -> None:
    made = yearly(control.place, {year: from_screen(control.lever, value) for year, value in shown.items()})
    state.put(control.place, made)
    st.rerun()
