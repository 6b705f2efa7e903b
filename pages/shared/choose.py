"""The forms of the page Programme: add a project, choose for me, seek a goal."""

import datetime

import streamlit as st

from forecasting.analysis.goal_seek import seek, usable
from forecasting.analysis.programme import curve
from forecasting.axes import PHASES
from forecasting.errors import UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.new_project import NewProject, with_project
from forecasting.outputs.subjects import View, choice
from pages.shared import held, state
from pages.shared.show import sections as draw_sections


def add_project(view: View) -> None:
    """Draw the form of a new project; it joins the dataset in hand until another one is taken."""
    data = view.run.dataset
    made = st.session_state.setdefault("projects_made", 0)
    with st.expander("Add a project"), st.form(f"new_project:{made}", border=False):
        st.write("It is kept in this session only. To keep it, add it to the table projects of your files.")
        left, right = st.columns(2)
        place = f"project:{made}:"
        left.text_input("Short name", key=f"{place}name")
        right.text_input("School or site", key=f"{place}provider")
        left.number_input("Net-new places", 1, 1000, 30, key=f"{place}places")
        first = max(view.forecast.years[1], datetime.date.today().year)
        right.number_input("Opens in September of", 2000, 2100, first, key=f"{place}opens")
        needs = {"": "any need"} | {code.code: code.name for code in data.needs.codes}
        left.selectbox("Need", list(needs), format_func=needs.get, key=f"{place}need")
        phases = {"": "any phase"} | {code.code: code.name for code in PHASES.codes}
        right.selectbox("Phase", list(phases), format_func=phases.get, key=f"{place}phase")
        kinds = {code.code: code.name for code in data.settings.codes if code["specialist"] == "1"}
        left.selectbox("Kind of setting", list(kinds), format_func=kinds.get, key=f"{place}setting")
        right.number_input("Capital, £ (0 = not known)", 0, 500_000_000, 0, 100_000, key=f"{place}capital")
        st.form_submit_button("Add and switch on", type="primary", on_click=_add, args=(data, made))
        if refused := st.session_state.pop("project_refused", ""):
            st.error(refused)


_PARTS = ("name", "provider", "places", "need", "phase", "setting", "opens", "capital")


def _add(data: Dataset, made: int) -> None:
    """Add the project of a form, once, however often its button was pressed before the next form was drawn."""
    if made != st.session_state.projects_made:
        return
    project = NewProject(*(st.session_state[f"project:{made}:{part}"] for part in _PARTS))
    try:
        new = with_project(data, project)
    except UsageError as error:
        st.session_state.project_refused = str(error)
        return
    state.replace_data(new, {("project_on", project.name.strip()): 1.0})
    st.session_state.projects_made = next(held.turns())


def choose_for_me(view: View) -> None:
    """Draw the search for the best programme, and what it found."""
    st.html(
        "<h2>Choose for me</h2><p>Which projects, and when, within the capital there is. Each may open as proposed or "
        "up to two years later.</p>"
    )
    names = list(view.run.programme.projects)
    with st.form("choose", border=False):
        left, right = st.columns(2)
        objective = left.radio("What counts", list(choice.OBJECTIVES), format_func=choice.OBJECTIVES.get)
        most = right.number_input("Capital in total, £ million (blank = no limit)", 0.0, 1000.0, None, 0.5)
        by_year = right.text_input(
            f"Capital by financial year from {choice.first_financial_year(view)}, £ million (blank = no limit)",
            placeholder="2.5, 3, 3",
            help="Separated by commas; the last amount stands for all later years.",
        )
        funded = left.checkbox(
            "Spend only what has come in",
            help="No more is spent by the end of a year than the funding so far.",
            disabled=not view.run.dataset.has("capital_funding"),
        )
        must = left.multiselect("Must be built", names)
        never = right.multiselect("Must not be built", names)
        asked = st.form_submit_button("Choose for me", type="primary")
    if asked:
        st.session_state.chosen = choice.Asked(objective, most, by_year, funded, tuple(must), tuple(never))
    if st.session_state.get("chosen"):
        _show(view, st.session_state.chosen)


def _show(view: View, asked: choice.Asked) -> None:
    try:
        with st.spinner("Following the children of every project…"):
            plan = choice.chosen(view, asked)
            points = curve(view.run, asked.objective)
    except UsageError as error:
        st.info(str(error))
        return
    st.html(f"<p><strong>{choice.answer(plan)}</strong></p>")
    st.button("Use this programme", on_click=state.take, args=(choice.moves(plan),),
              help="Switches these projects on and the others off, in the scenario in hand")  # fmt: skip
    draw_sections(choice.sections(view, plan, points), view)


def goal_seek(view: View) -> None:
    """Draw the search for the value of one lever that reaches a target."""
    st.html("<h2>Reach a target</h2><p>The value of one lever that reaches a figure, everything else as it is.</p>")
    goals = choice.goals(view)
    with st.form("seek", border=False):
        left, right = st.columns(2)
        name = left.selectbox("Figure", list(goals), format_func=lambda key: goals[key].label)
        levers = {lever.name: lever.label for goal in goals.values() for lever in usable(view.run, goal)}
        lever = right.selectbox("Lever to move", list(levers), format_func=levers.get)
        year = left.selectbox("Year", view.forecast.years[1:], index=None, placeholder=str(view.last))
        target = right.number_input("Target (blank = as usual: 0, or 100 children)", value=None)
        asked = st.form_submit_button("Find the value")
    if not asked or not name or not lever:
        return
    try:
        with st.spinner("Searching…"):
            found = seek(view.run, lever, choice.goal(goals[name], year or view.last, target))
    except UsageError as error:
        st.info(str(error))
        return
    (st.success if found.found.met else st.warning)(choice.sought(found))
