"""Compare in a session: which scenarios, the year and the figure, their runs."""

import streamlit as st

from forecasting.analysis.compare import MOST, Comparison
from forecasting.model.run import Run
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects import compare as subject
from forecasting.outputs.words import file_name
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Scenario
from forecasting.scenario.store import id_of, open_store
from pages.shared import engine, stored

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
    held = [key for key in st.session_state.get("compared") or usual(view) if key in known]
    st.session_state["w:compared"] = held
    return st.multiselect(
        "Scenarios (two to six; the first is what the others are compared with)", list(known), key="w:compared",
        format_func=known.get, max_selections=MOST, on_change=_keep,
    )  # fmt: skip


def _keep() -> None:
    st.session_state.compared = st.session_state["w:compared"]


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
    """Draw the download of every figure of the comparison."""
    st.download_button(
        "Download the comparison (CSV)", on_click="ignore", mime="text/csv",
        data=lambda: subject.comparison_table(view, found).frame.to_csv(index=False).encode("utf-8-sig"),
        file_name=file_name(view.name, f"comparison {' '.join(found.names)}", "csv"),
        help="Every headline figure of every year and scenario, with ranges and differences, unrounded.",
    )  # fmt: skip
