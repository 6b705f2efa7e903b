"""The sidebar, the same on every page: scenario, the levers that matter here, what differs from the baseline."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from forecasting.model.run import reach
from forecasting.outputs import html, words
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook import Progress
from forecasting.scenario.assumptions import Value
from forecasting.scenario.controls import Control, controls, differences, in_groups
from forecasting.scenario.from_dataset import dataset_scenarios
from pages.shared import engine, explaining, held, more, prepare, small_numbers, state, stored, undo

WORKING = "For planners and finance: this scenario as a model with charts, whose totals follow the yellow cells."
PUBLICATION = "To publish: accessible tables of values, one a sheet, always with small numbers protected."
TABLE = "For other software: every figure with its range, one a row, as CSV and Parquet."
OPEN = 2  # so many groups with a lever that works stand open, the first ones; the rest are one click away


def _moved(control: Control, widget: str) -> None:
    if not control.stands_at(st.session_state[widget]):
        state.move(control, st.session_state[widget])


def _choose(widget: str) -> None:
    if st.session_state[widget] != st.session_state.scenario:
        state.choose(st.session_state[widget])


def _reach(widget: str) -> None:
    st.session_state.to = st.session_state[widget]


def scenario_picker(view: View) -> None:
    """Draw the choice of scenario, the last year, the reset and the line that says what differs."""
    names = {name: name for name in dataset_scenarios(view.run.dataset)} | stored.options(view.run.dataset)
    now, shown = st.session_state.scenario, list(names)
    widget = held.key("w:scenario", now)
    st.selectbox("Scenario", shown, shown.index(now), names.get, widget, on_change=_choose, args=(widget,),
                 help="baseline: no change to any lever. Moving a slider changes the scenario chosen.")  # fmt: skip
    found = differences(view.run.dataset, view.run.assumptions, view.baseline.assumptions)
    text = f"Differs from the baseline: {'; '.join(found)}." if found else "Equal to the baseline."
    st.markdown(f'<p class="differs">{text}</p>', unsafe_allow_html=True)
    with st.container(horizontal=True, gap="small"):
        st.button("Undo", on_click=undo.back, disabled=not undo.can_go_back(), shortcut="Ctrl+Z", width="stretch")
        st.button("Redo", on_click=undo.forth, disabled=not undo.can_go_forth(), shortcut="Ctrl+Y", width="stretch")
    st.button("Reset to the baseline", on_click=state.reset, disabled=not found, width="stretch")


def levers(view: View, page: str) -> None:
    """Draw the levers of a page in folding groups, as in the catalogue; the first groups stand open."""
    now, start = view.run.assumptions, view.baseline.assumptions
    found = controls(view.run.dataset, now, start, view.run.forecast.method, page, view.run.scenario)
    if not found:
        return
    st.html(html.marks_html({_class(control): control.mark for control in found}))
    typing = st.session_state.typing
    widget = held.key("w:typing", typing)
    st.toggle("Type numbers instead of moving sliders", typing, widget, on_change=_typing, args=(widget,))
    standing = set()
    for group, members in in_groups(found):
        plain = [several[0] for _, several in members if not several[0].key]
        works = any(not control.idle for control in plain)
        if plain:
            _fold(group, plain, opened=works and len(standing) < OPEN)
            standing |= {group} if works else set()
        for lever, several in members:
            keyed = [control for control in several if control.key]
            if keyed:
                label = f"{lever.label} by {lever.key}" if len(keyed) < len(several) else lever.label
                _fold(label, keyed, opened=lever.kind == "switch")


def live(view: View, names: Sequence[str], heading: str = "") -> None:
    """Draw a few levers outside the sidebar, for a page that shows none of them there.

    Under a heading those that work stand beside each other; without one all are drawn, the idle with their reason.
    """
    now, start = view.run.assumptions, view.baseline.assumptions
    known = controls(view.run.dataset, now, start, view.run.forecast.method, "", view.run.scenario)
    found = [control for control in known if control.lever.name in names and not control.key]
    if heading:
        found = [control for control in found if not control.idle]
    if not found:
        return
    st.html(html.marks_html({_class(control): control.mark for control in found}))
    if heading:
        st.html(f"<h2>{heading}</h2>")
    places = st.columns(len(found), gap="medium") if heading else [st.container() for _ in found]
    for place, control in zip(places, found, strict=True):
        with place:
            _draw(control)


def _fold(label: str, found: Sequence[Control], *, opened: bool) -> None:
    fold = st.expander(label, expanded=opened, on_change="rerun", key=f"fold:{label}")
    with fold:
        if fold.open:
            for control in found:
                _draw(control)


def _typing(widget: str) -> None:
    st.session_state.typing = st.session_state[widget]


def _draw(control: Control) -> None:
    more.button(control)
    value, widget = _value(control), _widget(control)
    common = {"key": widget, "disabled": bool(control.idle) or control.by_year,
              "on_change": _moved, "args": (control, widget)}  # fmt: skip
    if control.lever.kind == "switch":
        st.toggle(control.label, value, **common)
    elif control.options:
        shown = dict(control.options)
        choices = list(shown) if value in shown else [value, *shown]
        st.selectbox(control.label, choices, choices.index(value), lambda one: shown.get(one, str(one)), **common)
    else:
        common |= {"step": control.step, "format": control.form}
        if _typed(control):
            st.number_input(control.label, control.least, control.most, value, placeholder="computed", **common)
        else:
            st.slider(control.label, control.low, control.high, value, **common)
    more.remarks(control)


def _typed(control: Control) -> bool:
    """Return whether a number is typed; a switch and a choice are never."""
    if control.lever.kind == "switch" or control.options:
        return False
    return st.session_state.typing or control.lever.kind == "optional" or control.value is None


def _value(control: Control) -> Value | None:
    """Return the value of a lever as its widget takes it."""
    if control.lever.kind == "switch":
        return bool(control.value)
    return control.value if control.options or control.value is None else float(control.value)


def _widget(control: Control) -> str:
    """Return the key of the widget of a lever."""
    return held.key(f"w:{control.name}{':typed' if _typed(control) else ''}", _value(control))


def _class(control: Control) -> str:
    """Return the style class that Streamlit gives the widget of a lever, from its key."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", f"st-key-{_widget(control)}".strip())


def downloads(view: View) -> None:
    """Draw whom downloads are for, the two workbooks and the forecast table."""
    small_numbers.choice()
    name, shared, public = view.run.scenario.name, small_numbers.policy(), small_numbers.council()
    for what, called, ending, policy, make, about in (
        ("working workbook", name, "xlsx", shared, partial(_workbook, engine.workbook_bytes, view, shared), WORKING),
        ("publication workbook", f"{name} publication", "xlsx", public,
         partial(_workbook, engine.publication_bytes, view, public), PUBLICATION),
        ("forecast table", f"{name} forecast table", "zip", shared, partial(engine.table_bytes, view, shared), TABLE),
    ):  # fmt: skip
        prepare.download(what, words.file_name(view.name, called, ending), prepare.made_of(view, policy), make, about)


def _workbook(make: Callable[..., bytes], view: View, policy: Policy, progress: Progress) -> bytes:
    """Make a workbook with the log of assumptions, which is looked up only now."""
    return make(view, policy, explaining.log(view), progress)


def last_year(view: View) -> None:
    """Draw the choice of the last year."""
    widget = held.key("w:to", view.last)
    ends = reach(view.run.dataset)
    st.number_input("Forecast to January", *ends, view.last, key=widget, on_change=_reach, args=(widget,))
