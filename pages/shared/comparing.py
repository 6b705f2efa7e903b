"""Compare in a session: which scenarios, the year and the figure, their runs."""

from functools import partial

import streamlit as st

from forecasting.analysis.compare import MOST, Comparison
from forecasting.model.run import Run
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.leaving import leaving, leaving_comparison, leaving_table
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects import compare as subject
from forecasting.outputs.words import file_name
from forecasting.outputs.workbook import Progress
from forecasting.outputs.workbook import comparison as side_by_side
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Scenario
from forecasting.scenario.store import id_of, open_store
from pages.shared import engine, held, prepare, small_numbers, stored
from pages.shared.small_numbers import Made

HAND = "hand:"


def options(view: View) -> dict[str, str]:
    """Return what can be chosen: key → name; the scenario in hand first."""
    known = {name: name for name in dataset_scenarios(view.run.dataset)}
    return {HAND: f"{view.run.scenario.name} (in hand)"} | known | stored.options(view.run.dataset)


def scenario_of(view: View, key: str) -> Scenario:
    """Return the scenario of a key of `options`."""
    if key == HAND:
        return view.run.scenario
    if id_of(key):
        return open_store().open(id_of(key)).scenario
    return dataset_scenarios(view.run.dataset)[key]


def usual(view: View) -> tuple[str, str]:
    """Return the two that a page begins with: the baseline, and the scenario in hand or what else there is."""
    return subject.usual(view, HAND)


def choose(view: View) -> list[str]:
    """Draw the choice of scenarios and return their keys."""
    known = options(view)
    chosen = [key for key in st.session_state.get("compared") or usual(view) if key in known]
    widget = held.key("w:compared", chosen)
    return st.multiselect(
        "Scenarios (two to six; the first is what the others are compared with)", list(known), chosen, key=widget,
        format_func=known.get, max_selections=MOST, on_change=_keep, args=(widget,),
    )  # fmt: skip


def _keep(widget: str) -> None:
    st.session_state.compared = st.session_state[widget]


def comparison(view: View, keys: list[str], draws: int) -> Comparison:
    """Return the comparison of scenarios; each run is made once and kept."""
    known = options(view)
    runs: list[Run] = []
    for key in keys:
        with st.spinner(f"{known[key]}…", show_time=False):
            chosen = scenario_of(view, key)
            runs.append(engine.forecast(view.run.dataset, chosen, view.last, draws))
    return Comparison(tuple(known[key] for key in keys), tuple(runs))


def download(view: View, found: Comparison) -> None:
    """Draw the downloads of the comparison, small numbers treated as in every download."""
    policy, called = small_numbers.policy(), f"comparison {' '.join(found.names)}"
    prepare.download(
        "comparison", file_name(view.name, called, "xlsx"),
        (prepare.made_of(view, policy), found.names, tuple(run.forecast.stamp for run in found.runs)),
        partial(_workbook, view, found, policy),
        "The scenarios beside each other: headline figures, differences with ranges, assumptions, charts.",
    )  # fmt: skip
    st.download_button(
        "Download the comparison (CSV)", on_click="ignore", mime="text/csv",
        data=partial(_csv, view, found, policy), file_name=file_name(view.name, called, "csv"),
        help="Every headline figure of every year and scenario, with ranges and differences.",
    )  # fmt: skip


def protected(view: View, found: Comparison, year: int, measure: str) -> Made:
    """Return what makes the page again of protected figures, for the CSV of each of its tables."""
    return lambda policy: subject.compare(
        leaving(view, policy), leaving_comparison(found, policy, view.baseline), year, measure
    )


def _workbook(view: View, found: Comparison, policy: Policy, progress: Progress) -> bytes:
    return side_by_side.to_bytes(view, found, policy, progress=progress)


def _csv(view: View, found: Comparison, policy: Policy) -> bytes:
    table = subject.comparison_table(view, leaving_comparison(found, policy, view.baseline))
    return small_numbers.as_csv(leaving_table(table, None, policy))
