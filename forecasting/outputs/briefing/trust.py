"""The scenes about how far to trust it: ranges, assumptions, track record, what is missing; and the recommendations."""

from __future__ import annotations

import pandas as pd

from forecasting.analysis.assumptions_log import Line, lines
from forecasting.model.run import PUBLISHED, untested
from forecasting.outputs import words
from forecasting.outputs.briefing.children import changed
from forecasting.outputs.briefing.scene import MOST_ROWS, TO_FILL, Scene, cut, notes
from forecasting.outputs.figure import Table
from forecasting.outputs.subjects import SUBJECTS, View, placed
from forecasting.scenario.assumptions import Assumption
from forecasting.scenario.controls import controls, in_words
from forecasting.scenario.from_dataset import NEUTRAL
from forecasting.scenario.lever import Lever

_RANGED = (
    ("EHC plans maintained", "ehc_plans"), ("Places needed", "places_needed"), ("Places short", "places_short"),
    ("High-needs spending", "high_needs_spend_gbp"), ("In-year balance", "in_year_balance_gbp"),
    ("Cumulative balance", "cumulative_balance_gbp"),
)  # fmt: skip
_BY_CHILD = {"places_needed": "", "places_short": "No suitable local place"}


def ranges(view: View) -> Scene:
    """Return the ranges of the last year, and what they leave out."""
    statistics = {"Low": "p10", "Central": "central", "High": "p90"} if view.forecast.draws else {"Figure": "central"}
    rows: list[tuple[str, ...]] = []
    for plain, measure in _RANGED:
        label = _BY_CHILD.get(measure, plain) if placed.by_child(view) else plain
        if label and view.has(measure):
            unit = view.forecast.margin(measure).unit
            values = [view.forecast.value(measure, view.last, statistic=name) for name in statistics.values()]
            rows.append((label, *(words.shown(value, unit) for value in values)))
    columns = [f"In {view.last}", *statistics]
    table = Table("ranges", f"Ranges in {view.last}", pd.DataFrame(rows, columns=columns), {},
                  view.note("this forecast", money=True))  # fmt: skip
    finding = f"Low to high should hold 8 of 10 outcomes in {view.last}, if the future varies as the past did."
    if not view.forecast.draws:
        finding = "This forecast has no ranges: treat every figure as a single line that will miss."
    said = cut((*untested(view.forecast.method, view.first, view.last), *_RISKS))
    return Scene("ranges", "Risks and ranges", finding, said[:3], (), table,
                 notes(table, finding, *said, *view.forecast.warnings))  # fmt: skip


_RISKS = (
    "A change of law, of funding rules or of how needs are met in mainstream schools is not foreseen.",
    "Projects can come late, cost more or fill more slowly than assumed.",
)


def assumptions(view: View) -> Scene:
    """Return what is assumed: what the scenario changes first, then what bears on this forecast."""
    held = _bearing(view)
    chosen = [*(line for line in held if line.changed), *(line for line in held if not line.changed)][:MOST_ROWS]
    rows = [(line.lever.label, _told(line.lever, line.item), _told(line.lever, line.before), line.item.status)
            for line in chosen if line.item]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["Assumption", "Here", "Baseline", "Rests on"])
    table = Table("assumptions", "Assumptions", frame, {}, view.note("the assumptions of this run")) if rows else None
    found = changed(view)
    finding = "This is the baseline: no assumption is changed."
    if found:
        finding = f"{words.things(len(found), 'assumption')} of this scenario {_differ(len(found))} from the baseline."
    if table is None:
        finding = "The forecast rests on the counts of past years alone."
    said = cut((f"Method: {words.METHODS.get(view.forecast.method, view.forecast.method)}.", f"Data: {_title(view)}."))
    full = (*found, *(f"{line.lever.label}: {_told(line.lever, line.item)}; {line.item.source}"
                      for line in held if line.item))  # fmt: skip
    why = f"Method {view.forecast.method}: {view.forecast.why_method}."
    return Scene("assumptions", "What is assumed", finding, said, (), table, (finding, *said, why, *full))


def _differ(number: int) -> str:
    return "differs" if number == 1 else "differ"


def _told(lever: Lever, item: Assumption | None) -> str:
    if item is None:
        return "not set"
    return in_words(lever, item.value).replace("_", " ")


def _title(view: View) -> str:
    return view.run.dataset.about("title") or view.name


def _bearing(view: View) -> list[Line]:
    """Return the assumptions that move this forecast and say something: stated, or changed by the scenario."""
    found = controls(view.run.dataset, view.run.assumptions, view.baseline.assumptions, view.forecast.method, "")
    active = {
        control.lever.name for control in found if not control.idle
        and any(view.has(name) for name in (*control.lever.up, *control.lever.down, *control.lever.either))
    }  # fmt: skip
    told = {
        line.lever.name: line for line in lines(view.run, view.baseline)
        if line.item is not None and line.item.value is not None and not line.key and line.lever.name in active
        and line.lever.kind != "switch" and (line.changed or (line.item.source != NEUTRAL and line.item.value))
    }  # fmt: skip
    return list(told.values())


def record(view: View) -> Scene:
    """Return what forecasts of past years would have said."""
    found = SUBJECTS["track_record"](view)
    figure = next((figure for figure in found.figures if figure.key == "said_and_came"), None)
    own = "The published method has no range and no record of its own." if view.forecast.method == PUBLISHED else ""
    said = cut((own, *found.implications), 3)
    return Scene("record", "Track record", found.answer, said, (), figure, notes(figure, found.answer, *said))


_LACKING = {
    "need": "Need against places: add the table placements or providers.",
    "where": "Where children go: add the table placements or providers.",
    "money": "What it costs: add the table budget.",
    "programme": "The programme: add the table projects.",
    "options": "Options: choose another scenario than the baseline, or add a scenario of action.",
}


def missing(view: View, there: set[str]) -> Scene | None:
    """Return the parts that the data cannot fill and what would fill them; None where every part is there."""
    gaps = tuple(text for key, text in _LACKING.items() if key not in there)
    if not gaps:
        return None
    number = f"{words.things(len(gaps), 'part')} of a full briefing {'is' if len(gaps) == 1 else 'are'} missing"
    finding = (
        f"{number}, because the data of {view.name} do not hold what {'it needs' if len(gaps) == 1 else 'they need'}."
    )
    return Scene("missing", "What this briefing cannot say", finding, gaps, (), None, (finding, *gaps))


def recommendations(view: View) -> Scene:
    """Return a frame of recommendations: the decisions are the council's own."""
    asked = (
        f"Note the forecast for {view.name} to {view.last}, its ranges and what it assumes.",
        f"Agree which projects go forward, and when: {TO_FILL}.",
        f"Agree how the cost is met: {TO_FILL}.",
        f"Agree who compares the forecast with the next January census, and by when: {TO_FILL}.",
    )
    return Scene("recommendations", "Recommendations", "The committee is asked to:", asked, (), None,
                 ("A frame to fill: the decisions are the council's own.",))  # fmt: skip
