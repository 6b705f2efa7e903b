"""The engine behind the pages, cached by content hash: results are shared by all users and never changed."""

import gc
import os

import streamlit as st

from forecasting import export
from forecasting.inputs.accepted import Kept, listing, open_kept
from forecasting.inputs.bundled import bundled as bundled_datasets
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import PUBLISHED, Run, run
from forecasting.outputs import workbook
from forecasting.outputs.beside import other
from forecasting.outputs.briefing.story import Story, story
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Subject, Table
from forecasting.outputs.leaving import leaving
from forecasting.outputs.returns import ages
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.filled import Filled
from forecasting.outputs.returns.layout import layout
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.outputs.workbook import Progress, publication
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import BASELINE, Scenario

LAST = "last"  # SUFFICIENCY_DATASET=last: begin with the dataset accepted last
RANGES = "Making the draws behind the ranges"
DRAWS = 300  # behind what is downloaded and compared, and on a page when asked for; the command line draws more
LIVE = 60  # on a page while levers are moved: the ends of an 80% range are then known to a sixth of its half


@st.cache_resource(show_spinner="Reading the data…")
def bundled(path: str) -> Dataset:
    """Return a dataset that comes with the product."""
    return load([path])


def default_path() -> str:
    """Return the dataset shown first: SUFFICIENCY_DATASET, else the published assessment."""
    named = os.environ.get("SUFFICIENCY_DATASET", "")
    return named if named not in ("", LAST) else str(next(iter(bundled_datasets().values())))


def first_kept() -> str:
    """Return the name of the accepted dataset shown first: the last one, where SUFFICIENCY_DATASET says "last"."""
    newest = listing() if os.environ.get("SUFFICIENCY_DATASET") == LAST else ()
    return newest[0].key if newest else ""


@st.cache_resource(max_entries=8, show_spinner="Reading the accepted dataset…")
def _kept(_kept: Kept, key: str) -> Dataset:
    return open_kept(_kept)


def kept(found: Kept) -> Dataset:
    """Return an accepted dataset, shared by all sessions that use it."""
    return _kept(found, found.key)


@st.cache_resource(max_entries=32, show_spinner=False)  # each entry lengthens every garbage collection
def _run(_dataset: Dataset, _scenario: Scenario, to: int | None, key: tuple[str, ...]) -> Run:
    return run(_dataset, _scenario, to=to)


@st.cache_resource(max_entries=6, show_spinner=False)  # large: children placed in every draw
def _drawn(_dataset: Dataset, _scenario: Scenario, to: int | None, key: tuple[str, ...], draws: int) -> Run:
    return run(_dataset, _scenario, to=to, draws=draws)


def forecast(dataset: Dataset, scenario: Scenario, to: int | None, draws: int = 0) -> Run:
    """Return the run of a dataset under a scenario: the central run, which answers at once, or one with draws."""
    key = (dataset.content_hash, scenario.hash, scenario.name)
    return _drawn(dataset, scenario, to, key, draws) if draws else _run(dataset, scenario, to, key)


def has_ranges(view: View) -> bool:
    """Return whether the method of a view makes draws."""
    return view.forecast.method != PUBLISHED


def ranged(view: View, draws: int = DRAWS) -> View:
    """Return the view with ranges: the same run with draws; a method without draws has none."""
    if not has_ranges(view):
        return view
    return View(forecast(view.run.dataset, view.run.scenario, view.last, draws), view.baseline)


def key_of(view: View) -> tuple[object, ...]:
    """Return what tells one run from another, whatever its draws."""
    return view.run.dataset.content_hash, view.run.scenario.hash, view.run.scenario.name, view.last


def baseline(dataset: Dataset, to: int | None) -> Run:
    """Return the run of the baseline."""
    return forecast(dataset, dataset_scenarios(dataset)[BASELINE], to)


@st.cache_resource(max_entries=32, show_spinner=False)
def _subject(name: str, _view: View, key: tuple[object, ...]) -> Subject:
    return SUBJECTS[name](_view)


def subject(name: str, view: View) -> Subject:
    """Return a subject of a view."""
    forecast = view.run.forecast
    return _subject(name, view, (*forecast.stamp, forecast.scenario, forecast.years[-1]))


def workbook_bytes(view: View, policy: Policy, standing: Table, progress: Progress) -> bytes:
    """Return the working workbook of the scenario in hand, with its log of assumptions."""
    progress(0.0, RANGES)
    found = ranged(view)
    progress(0.0, "Protecting small numbers")
    return workbook.to_bytes(leaving(found, policy), progress=progress, standing=standing)


def publication_bytes(view: View, policy: Policy, standing: Table, progress: Progress) -> bytes:
    """Return the publication workbook of the scenario in hand, with its log of assumptions."""
    progress(0.0, RANGES)
    return publication.to_bytes(ranged(view).run, policy, baseline=view.baseline, progress=progress, standing=standing)


def table_bytes(view: View, policy: Policy, progress: Progress) -> bytes:
    """Return the whole forecast table of the scenario in hand, as CSV and Parquet in one file."""
    progress(0.0, RANGES)
    found = ranged(view)
    progress(0.4, "Protecting small numbers")
    return export.zip_bytes(found.forecast, policy, other(view.run, view.baseline))


@st.cache_resource(max_entries=8, show_spinner="Telling the story…")
def _story(_view: View, key: tuple[object, ...]) -> Story:
    return story(_view)


def briefing(view: View) -> Story:
    """Return the story of a briefing."""
    return _story(view, (*view.forecast.stamp, view.forecast.scenario, view.last, view.policy))


@st.cache_resource(max_entries=8, show_spinner="Filling the return…")
def _return(code: str, age: str, share_unknown: bool, policy: Policy, _view: View, key: tuple[object, ...]) -> Filled:
    return fill(layout(code, age=age), (_view.baseline, _view.run), allocate_unknown=share_unknown, policy=policy)


def filled_return(view: View, code: str, share_unknown: bool, policy: Policy = INTERNAL) -> Filled:
    """Return a national return filled: the baseline as its first side, the scenario in hand as its second."""
    return _return(code, ages.kept(), share_unknown, policy, view, (*view.forecast.stamp, view.last))


@st.cache_resource(max_entries=24, show_spinner=False)
def box(key: tuple[object, ...]) -> dict[str, object]:
    """Return a box for what takes long to make and is then shared: empty at first."""
    return {}


def with_hash(content: str) -> Dataset | None:
    """Return the accepted or bundled dataset of a content hash; None when it is not here."""
    for found in listing():
        if found.review.content_hash == content:
            return kept(found)
    return next((data for data in map(bundled, map(str, bundled_datasets().values())) if data.content_hash == content),
                None)  # fmt: skip


@st.cache_resource(show_spinner=False)
def settle() -> bool:
    """Warm up once, then take everything loaded out of garbage collection.

    Streamlit collects garbage after every rerun; what is imported by then need not be searched again each time.
    """
    dataset = bundled(default_path())
    view = View(baseline(dataset, None), baseline(dataset, None))
    for name in ("overview", "placements"):
        for figure in SUBJECTS[name](view).figures:
            figure.spec("light")
    gc.collect()
    gc.freeze()
    return True
