"""The story of a briefing: scenes in order, each with a finding, sentences, a chart or table, and the figures behind.

Deck, paper and presentation mode tell the same story; every sentence is computed from the forecast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import pandas as pd

from forecasting.analysis.assumptions_log import lines
from forecasting.model.run import PUBLISHED
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Metric, Subject, Table
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.periods import Month
from forecasting.scenario.controls import differences, in_words

ENTITLEMENT = "An EHC plan is a legal entitlement: fewer plans is not by itself an improvement."
TO_FILL = "[To be completed]"
_MOST_SENTENCES = 4
_MOST_ROWS = 7
_RANGED = (
    ("EHC plans maintained", "ehc_plans"), ("Places needed", "places_needed"), ("Places short", "places_short"),
    ("High-needs spending", "cost_gbp"), ("In-year balance", "in_year_balance_gbp"),
    ("Cumulative balance", "cumulative_balance_gbp"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Scene:
    """One slide, one section of the paper, one screen of the presentation.

    Attributes:
        key: stable name.
        heading: what it is about, in a few words.
        finding: what it says, in one sentence.
        sentences: what follows or stands behind it.
        metrics: headline figures.
        shown: a chart or a table.
        notes: figures and sources for the speaker.
    """

    key: str
    heading: str
    finding: str
    sentences: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    shown: Figure | Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Story:
    """A briefing before it takes a form.

    Attributes:
        title: what it is.
        subtitle: authority, scenario and years.
        caution: what must be said on every page; "" = nothing.
        scenes: scenes in order.
        stamp: what is needed to make the figures again.
    """

    title: str
    subtitle: str
    caution: str
    scenes: tuple[Scene, ...]
    stamp: str

    def around(self, number: int) -> tuple[int, int, int]:
        """Return the numbers of the scene before, of the scene itself and of the one after, all within the story."""
        last = len(self.scenes) - 1
        return max(0, min(number, last) - 1), max(0, min(number, last)), min(last, number + 1)


def story(view: View) -> Story:
    """Return the story of a run beside its baseline."""
    made = {name: SUBJECTS[name](view) for name in ("overview", "send", "placements", "costs", "programme")}
    scenes = (
        _answer(view, made["overview"]), _need(view, made["overview"]), _plans(view, made["send"]),
        _where(view, made["placements"]), _money(view, made), _programme(view, made["programme"]), _ranges(view),
        _assumptions(view), _record(view), _recommendations(view),
    )  # fmt: skip
    about = f"{view.name}. Scenario: {view.run.scenario.name}. January {view.first} to {view.last}."
    caution = "Synthetic data: a made-up authority, not a real one." if view.run.dataset.synthetic else ""
    stamp = "; ".join(f"{name} {text}" for name, text in view.forecast.stamp)
    return Story("Places for children with SEND", about, caution, tuple(s for s in scenes if s is not None), stamp)


def _cut(sentences: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in sentences if text)[:_MOST_SENTENCES]


def _notes(shown: Figure | Table | None, *sentences: str) -> tuple[str, ...]:
    """Return what a speaker needs: the sentences, and every figure of the chart with its source."""
    table = shown.table if isinstance(shown, Figure) else shown
    if table is None:
        return tuple(filter(None, sentences))
    return (*filter(None, sentences), table.title, table.frame.to_csv(index=False, sep="\t").strip(), table.note)


def _first_figure(subject: Subject, *keys: str) -> Figure | None:
    named = {figure.key: figure for figure in subject.figures}
    found = [named[key] for key in keys if key in named]
    return next(iter([*found, *subject.figures]), None)


def _answer(view: View, overview: Subject) -> Scene:
    changed = differences(view.run.dataset, view.run.assumptions, view.baseline.assumptions)
    differs = (
        f"This scenario changes {len(changed)} assumptions of the baseline." if changed else "This is the baseline."
    )
    notes = _notes(None, overview.answer, *(f"{m.label}: {m.value}. {m.help}" for m in overview.metrics), *changed)
    return Scene("answer", "The answer", overview.answer, (differs,), overview.metrics[:6], None, notes)


def _need(view: View, overview: Subject) -> Scene | None:
    figure = _first_figure(overview, "need_against_places")
    if figure is None or not view.has("places_needed"):
        return None
    said = _cut((figure.alt, *overview.implications))
    return Scene("need", "Need against places", said[0], said[1:3], (), figure, _notes(figure, *said))


def _plans(view: View, send: Subject) -> Scene:
    figure = _first_figure(send)
    said = _cut((*(text for text in send.implications if "entitlement" not in text), ENTITLEMENT))
    return Scene("plans", "Children with SEND", send.answer, said, (), figure, _notes(figure, send.answer, *said))


def _where(view: View, placements: Subject) -> Scene | None:
    if not placements.sections:
        return None
    figure = _first_figure(placements)
    said = _cut(placements.implications[:3])
    return Scene("where", "Where children go", placements.answer, said, (), figure,
                 _notes(figure, placements.answer, *said))  # fmt: skip


def _money(view: View, made: dict[str, Subject]) -> Scene | None:
    if not view.has("cumulative_balance_gbp"):
        return None
    figure = _first_figure(made["overview"], "cumulative_balance")
    end, before = (run.forecast.value("cumulative_balance_gbp", view.last) for run in (view.run, view.baseline))
    same = view.run.scenario.hash == view.baseline.scenario.hash
    beside = "" if same else (
        f"Without action the account ends {view.last} at {words.gbp(before)}; with this scenario at {words.gbp(end)}, "
        f"a difference of {words.gbp(end - before)}."
    )  # fmt: skip
    said = _cut((beside, *made["costs"].implications))
    return Scene("money", "What it costs with and without action", made["costs"].answer, said, (), figure,
                 _notes(figure, made["costs"].answer, *said))  # fmt: skip


def _programme(view: View, programme: Subject) -> Scene | None:
    if not view.run.dataset.has("projects"):
        return None
    plan = view.run.programme
    names = view.run.dataset.table("projects").set_index("project")["provider"]
    rows = [
        (f"{name}. {names[name]}", net, _opening(opens), "yes" if on > 0 else "no")
        for name, net, opens, on in zip(plan.projects, plan.net, plan.opens, plan.on, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["Project", "Net-new places", "Opens", "Built here"])
    frame = frame.sort_values("Net-new places", ascending=False)
    table = Table("programme", "Projects, largest first", frame.head(_MOST_ROWS), {"Net-new places": "count"},
                  view.note(view.source("projects")))  # fmt: skip
    more = len(frame) - len(table.frame)
    said = _cut((f"{more} smaller projects are not listed here." if more > 0 else "", *programme.implications))
    whole = Table("programme", "Projects", frame, table.formats, table.note)
    return Scene("programme", "The programme", programme.answer, said[:2], (), table,
                 _notes(whole, programme.answer, *programme.implications))  # fmt: skip


def _opening(index: float) -> str:
    if math.isnan(index):
        return "not dated"
    month = Month(round(index))
    return f"{date(month.year, month.month, 1):%B %Y}"


def _ranges(view: View) -> Scene:
    low, middle, high = "Low", "Central", "High"
    rows: list[tuple[str, ...]] = []
    for label, measure in _RANGED:
        if view.has(measure):
            unit = view.forecast.margin(measure).unit
            values = [view.forecast.value(measure, view.last, statistic=name) for name in ("p10", "central", "p90")]
            rows.append((label, *(words.shown(value, unit) for value in values)))
    table = Table("ranges", f"Ranges in {view.last}", pd.DataFrame(rows, columns=["Figure", low, middle, high]), {},
                  view.note("this forecast", money=True))  # fmt: skip
    if view.forecast.draws:
        finding = f"Low to high holds 8 of 10 outcomes in {view.last}, as far as the past is a guide."
    else:
        finding = "This method gives no ranges: treat every figure as a single line that will miss."
    said = _cut(tuple(view.forecast.warnings))
    return Scene(
        "ranges", "Risks and ranges", finding, said[:2], (), table, _notes(table, finding, *view.forecast.warnings)
    )


def _assumptions(view: View) -> Scene:
    held = [line for line in lines(view.run, view.baseline) if line.value is not None and not line.key]
    first = [line for line in held if line.changed]
    chosen = [*first, *(line for line in held if not line.changed)][:_MOST_ROWS]
    rows = [
        (line.lever.label, in_words(line.lever, line.item.value), in_words(line.lever, line.before.value)
         if line.before else "not set", line.item.status)
        for line in chosen if line.item
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["Assumption", "Here", "Baseline", "Founded on"])
    table = Table("assumptions", "Assumptions that matter here", frame, {}, view.note("the assumptions of this run"))
    changed = differences(view.run.dataset, view.run.assumptions, view.baseline.assumptions)
    finding = f"{len(changed)} assumptions differ from the baseline." if changed else "This is the baseline."
    full = (*changed, *(f"{line.lever.label}: {in_words(line.lever, line.item.value)}; {line.item.source}"
                        for line in held if line.item))  # fmt: skip
    return Scene("assumptions", "What is assumed", finding, (), (), table, (finding, *full))


def _record(view: View) -> Scene:
    subject = SUBJECTS["track_record"](view)
    figure = _first_figure(subject)
    caution = "The published method has no range and no record of its own." if view.forecast.method == PUBLISHED else ""
    said = _cut((caution, *subject.implications))
    return Scene("record", "Track record", subject.answer, said[:2], (), figure, _notes(figure, subject.answer, *said))


def _recommendations(view: View) -> Scene:
    asked = (
        f"Note the forecast for {view.name} to {view.last}, its ranges and what it assumes.",
        f"Agree which projects go forward, and when: {TO_FILL}.",
        f"Agree who reviews the forecast against the next January census, and by when: {TO_FILL}.",
    )
    return Scene("recommendations", "Recommendations", "The committee is asked to:", asked, (), None,
                 ("Drafted as a frame: the decisions are the council's own.",))  # fmt: skip
