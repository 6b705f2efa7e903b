"""Explain in a session: the forecast before and the one now, every lever moved alone, flip-points, stored forecasts."""

from collections.abc import Callable

import streamlit as st

from forecasting.analysis import actuals, drivers, sensitivity
from forecasting.analysis.flip import CONCLUSIONS, Flip, can_flip, conclude, flip
from forecasting.inputs.accepted import listing as accepted
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import PUBLISHED, Run
from forecasting.outputs.figure import Table
from forecasting.outputs.subjects import View, actual, explain
from forecasting.outputs.subjects.assumptions_log import Signed, whole_log
from forecasting.scenario.store import Version, open_store
from forecasting.scenario.store.records import day
from pages.shared import comparing, engine, stored

DRAWS = 100  # enough for a range of each cause; every cause is a run of its own
SEARCHED = 6  # levers whose flip-point is looked for, those that move the figure most


def told(part: str, view: View) -> explain.Told:
    """Draw the controls of a part of the page and return what it says."""
    return {"moved": moved, "matters": matters, "flips": flips, "actual": against_actual}[part](view)


def _made(key: tuple, text: str, make: Callable[[Callable[[float], None]], object]) -> object:
    """Return what was made before, or make it, with progress shown."""
    box = engine.box(key)
    if "made" not in box:
        bar = st.progress(0.0, text)
        box["made"] = make(lambda share: bar.progress(share, text))
        bar.empty()
    return box["made"]


def _key(*runs: Run) -> tuple:
    return tuple((*run.forecast.stamp, run.forecast.method, run.forecast.years[-1]) for run in runs)


def _earlier(data: Dataset) -> dict[str, Version]:
    """Return the saved versions that were made with other data of the authority, under a key for a choice."""
    store = open_store()
    every = [version for entry in stored.listing(data) for version in store.history(entry.id)]
    return {f"{v.id}/{v.number}": v for v in every if v.dataset and v.dataset != data.content_hash}


def _called(version: Version) -> str:
    return f"{version.scenario.name}, version {version.number} of {day(version.scenario.when)}"


def moved(view: View) -> explain.Told:
    """Draw the choice of the forecast before and now, of the figure and the year; return what moved it."""
    known = comparing.options(view)
    earlier = _earlier(view.run.dataset)
    before = known | {key: f"Earlier data: {_called(version)}" for key, version in earlier.items()}
    first, second = comparing.usual(view)
    left, right = st.columns(2)
    start = left.selectbox("Before", list(before), list(before).index(first), format_func=before.get)
    end = right.selectbox("Now", list(known), list(known).index(second), format_func=known.get)
    drawn = st.toggle("With ranges (every cause is drawn; this takes a while)", key="explain_draws")
    now = engine.forecast(view.run.dataset, comparing.scenario_of(view, end), view.last)
    then, said = _start(view, earlier[start]) if start in earlier else (
        engine.forecast(view.run.dataset, comparing.scenario_of(view, start), view.last), {})  # fmt: skip
    draws = DRAWS if drawn and now.forecast.method != PUBLISHED else 0
    found = _made(("account", _key(then, now), start, draws), "Making a run for each cause…", lambda tick: (
        drivers.account(then, now, draws=draws, stored=said, tick=tick)))  # fmt: skip
    measures = [measure for measure in explain.MEASURES if measure in found.measures() and found.years(measure)]
    measure, year = _figure(measures, found.years, explain.usual(found, measures))
    return explain.moved(view, found, measure, year, (before[start], known[end]))


def _start(view: View, version: Version) -> tuple[Run, dict[str, dict[int, float]]]:
    """Return a stored forecast made again, from its own data where they are here, and what it said."""
    data = engine.with_hash(version.dataset) or view.run.dataset
    table = open_store().forecast(version.id, version.number)
    said = {} if table is None else drivers.said(table)
    return engine.forecast(data, version.scenario, view.last), said


def _figure(measures: list[str], years_of: Callable[[str], tuple[int, ...]], first: str = "") -> tuple[str, int]:
    """Draw the choice of figure and year; `first` is the figure that it begins with."""
    left, right = st.columns(2)
    measure = left.selectbox("Figure", measures, measures.index(first or measures[0]), format_func=explain.MEASURES.get)
    years = list(years_of(measure))
    return measure, right.selectbox("Year", years, years.index(max(years)))


def tornado(view: View) -> sensitivity.Tornado:
    """Return every lever moved alone, made with progress shown unless it is there already."""
    return _made(("tornado", _key(view.run)), "Moving every lever to both ends of its range…",
                 lambda tick: sensitivity.tornado(view.run, tick))  # fmt: skip


def matters(view: View) -> explain.Told:
    """Draw the choice of figure and year; return which assumption matters most for it."""
    measure, year = _figure(list(sensitivity.answers(view.run)), lambda m: explain.ahead(view, m))
    found = tornado(view)
    drawn = view.forecast.method != PUBLISHED
    with st.spinner("Making the draws behind the ranges…", show_time=False):
        ranged = engine.ranged(view)
    shares = (sensitivity.shares(ranged.run, measure, year) if drawn
              else sensitivity.shares_of_swings(found, measure, year))  # fmt: skip
    return explain.matters(ranged, found, measure, year, shares, drawn)


def flips(view: View) -> explain.Told:
    """Draw the choice of conclusion and year; return where levers turn it."""
    known = {name: one for name in CONCLUSIONS if (one := conclude(view.run, name))}
    if not known:
        return "The data give neither places nor a balance, so there is no conclusion to turn.", ()
    left, right = st.columns(2)
    name = left.selectbox("Conclusion", list(known), format_func=lambda key: CONCLUSIONS[key].label)
    years = list(explain.ahead(view, known[name].goal.measure))
    year = right.selectbox("Year", years, years.index(known[name].goal.year), key=f"flip_year:{name}")
    conclusion = conclude(view.run, name, year)
    ranked = [swing for swing in tornado(view).ranked(conclusion.goal.measure, year) if can_flip(swing)][:SEARCHED]
    if not ranked:
        return "No assumption moves this figure.", ()

    def search(tick: Callable[[float], None]) -> list[Flip]:
        found = []
        for swing in ranked:
            found.append(flip(view.run, conclusion, swing))
            tick(explain.share_done(found, ranked))
        return found

    return explain.flips(view, _made(("flips", _key(view.run), name, year), "Searching each lever…", search))


def against_actual(view: View) -> explain.Told:
    """Draw the choice of a stored forecast of earlier data; return how it did."""
    earlier = _earlier(view.run.dataset)
    if not earlier:
        return actual.NONE, ()
    key = st.selectbox("Stored forecast", list(earlier), format_func=lambda one: _called(earlier[one]))
    version = earlier[key]
    table = open_store().forecast(version.id, version.number)
    if table is None:
        return f"No forecast was stored with {_called(version)}.", ()
    data = engine.with_hash(version.dataset)
    scored = actuals.score(table, view.run.dataset, actuals.base_year(table, data))
    suspected = () if data is None else _made(
        ("suspects", version.id, version.number, _key(view.run)), "Trying each lever in the stored forecast…",
        lambda tick: actuals.suspects(scored, engine.forecast(data, version.scenario, None)))  # fmt: skip
    return actual.actual(view, scored, suspected, _called(version), data is not None)


def tornado_made(view: View) -> sensitivity.Tornado | None:
    """Return every lever moved alone, where that has been made; quick methods are made at once."""
    return tornado(view) if view.forecast.method == PUBLISHED else engine.box(("tornado", _key(view.run))).get("made")


def log(view: View) -> Table:
    """Return the whole log of assumptions of the scenario in hand, with the impact where that has been made."""
    return whole_log(view, signed(view), tornado_made(view))


def signed(view: View) -> Signed:
    """Return who accepted the dataset in hand, and the saved scenario in hand with its history."""
    data = next((found for found in accepted() if found.review.content_hash == view.run.dataset.content_hash), None)
    by = f"{data.review.who or 'not named'}, {data.day}" if data else ""
    version = stored.opened()
    entries = stored.listing(view.run.dataset) if version else ()
    entry = next((one for one in entries if one.id == version.id), None) if version else None
    return Signed(by, entry, open_store().history(version.id) if entry else ())
