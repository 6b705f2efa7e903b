"""The assumptions log in the shape of the Aqua Book: every assumption in force with its standing, one row each.

Quality follows from where a value comes from, impact from the tornado, uncertainty from the plausible range; see
`docs/method_explain.md`. Sign-off is the lock of the scenario as published, or the acceptance of the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.analysis.assumptions_log import Line, change_behind, lines
from forecasting.analysis.sensitivity import Tornado, figure
from forecasting.outputs import words
from forecasting.outputs.figure import Section, Subject, Table
from forecasting.outputs.subjects.common import View
from forecasting.outputs.subjects.explain import MEASURES, say_of
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.controls import controls, in_words
from forecasting.scenario.plausible import STATED, Span, span_of, why_none
from forecasting.scenario.store import Entry, Version
from forecasting.scenario.store.records import day

TITLE = "Assumptions log"
QUALITY = {
    "outturn": "good: counted or paid", "official projection": "good: official projection",
    "computed": "good: from the tables", "printed": "fair: as a paper prints it", "local": "fair: local figure",
    "judgement": "weak: judgement",
}  # fmt: skip
NOT_KNOWN = "not worked out yet"
NOT_SIGNED = "not signed off"
SHAPE = (
    "In the shape of the log of assumptions of the Aqua Book (HM Treasury): value, range, source, quality, impact, "
    "uncertainty, sign-off. Whoever assures the log is not its analyst."
)
_HIGH, _LOW = 0.25, 0.02  # of the largest swing: above it the impact is high, below it low
_WIDE, _NARROW = 0.5, 0.1  # range ÷ value: above it the uncertainty is high, below it low


@dataclass(frozen=True)
class Signed:
    """Who answers for what: the acceptance of the dataset, the saved scenario with its history; blank where unknown.

    Attributes:
        data: who accepted the dataset, and when, in words.
        entry: the saved scenario in hand.
        versions: its versions, the last first.
    """

    data: str = ""
    entry: Entry | None = None
    versions: tuple[Version, ...] = ()


def assumptions_log(view: View, signed: Signed | None = None, found: Tornado | None = None) -> Subject:
    """Return the log of the scenario in hand.

    Args:
        view: the scenario in hand and its baseline.
        signed: who accepted, changed and locked what.
        found: every lever moved alone, for the impact; None where that has not been made.
    """
    held = in_log(view)
    table = log_table(view, held, signed or Signed(), found)
    used = table.frame["Used"].eq("yes")
    changed = [line for line in held if line.changed]
    judged = int((used & table.frame["Status"].eq("judgement")).sum())
    stated = int((used & table.frame["Range"].str.contains("stated")).sum())
    answer = (
        f"{int(used.sum())} assumptions are in use: {len(changed)} differ from the baseline, {judged} are judgements, "
        f"and {stated} have a stated range."
    )
    groups = [line.lever.group for line in held]
    sections = [Section("Changed in this scenario", (_short(table, "changed", table.frame["Changed"].eq("yes")),))]
    for at, group in enumerate(dict.fromkeys(groups)):
        rows = used & pd.Series([one == group for one in groups])
        if rows.any():
            sections.append(Section(group, (_short(table, f"group_{at}", rows),)))
    if not used.all():
        sections.append(Section("Not used by the method in hand", (_unused(table, ~used),)))
    sections = sections if changed else sections[1:]
    sections[0] = replace(sections[0], text=SHAPE)
    return Subject("assumptions", TITLE, answer, (), tuple(sections), ())


def _short(table: Table, key: str, rows: pd.Series[bool]) -> Table:
    """Return rows of the log with as few columns as a screen takes; the file has them all."""
    frame = table.frame.loc[rows]
    shown = pd.DataFrame({
        "Assumption": [label if of == "all" else f"{label}: {of}"
                       for label, of in zip(frame["Assumption"], frame["For"], strict=True)],
        "Value": [now if now == before else f"{now} (baseline {before})"
                  for now, before in zip(frame["Value"], frame["Baseline"], strict=True)],
        **{name: frame[name].tolist() for name in ("Range", "Quality", "Impact", "Uncertainty")},
        "Changed by, and why": [f"{who}: {why}" if why else who
                                for who, why in zip(frame["Who changed it"], frame["Why"], strict=True)],
        "Sign-off": frame["Sign-off"].tolist(), "Source": frame["Source"].tolist(),
    })  # fmt: skip
    if not shown["Changed by, and why"].any():
        shown = shown.drop(columns="Changed by, and why")
    return Table(f"log_{key}", "Assumptions, a row each", shown, {}, "")


def _unused(table: Table, rows: pd.Series[bool]) -> Table:
    frame = table.frame.loc[rows]
    shown = frame[["Assumption", "For", "Value", "Used"]].rename(columns={"Used": "Why it does nothing"})
    return Table("log_unused", "Assumptions that do nothing here", shown.reset_index(drop=True), {}, "")


def in_log(view: View) -> list[Line]:
    """Return the lines of the log: every lever (and key) with a value."""
    return [line for line in lines(view.run, view.baseline) if line.item is not None]


def log_table(view: View, held: Sequence[Line], signed: Signed, found: Tornado | None) -> Table:
    """Return the log as a table: a row an assumption in force."""
    impact = _impacts(view, found)
    every = controls(view.run.dataset, view.run.assumptions, view.baseline.assumptions, view.forecast.method, "")
    idle = {(control.lever.name, control.key): control.idle for control in every}
    rows = [(*_row(view, number, line, signed, impact), idle.get((line.lever.name, line.key), "") or "yes",
             "yes" if line.changed else "no") for number, line in enumerate(held, start=1)]  # fmt: skip
    columns = [
        "No.", "Assumption", "For", "Value", "Baseline", "Range", "Source", "Status", "Who changed it", "Why",
        "Quality", "Impact", "Uncertainty", "Sign-off", "Unit", "Name in files", "Used", "Changed",
    ]  # fmt: skip
    note = view.note("the dataset, the catalogue of levers, docs/method_explain.md")
    return Table("assumptions_log", "Log of assumptions", pd.DataFrame(rows, columns=columns), {"No.": "count"}, note)


def _row(view: View, number: int, line: Line, signed: Signed, impact: dict[tuple[str, str], str]) -> tuple[object, ...]:
    span, basis = _span(view, line)
    item = line.item
    assert item is not None
    years = _years(item.from_year, item.to_year, item.ramp_years)
    who = _who(view, line, signed)
    return (
        number, line.lever.label, line.scope(view.run.dataset), f"{in_words(line.lever, line.value)}{years}",
        in_words(line.lever, line.baseline_value), _range(line, span, basis), line.source, line.status, who, line.why,
        QUALITY.get(line.status, line.status),
        impact.get((line.lever.name, line.key), impact.get((line.lever.name, ""), _no_impact(impact))),
        _uncertainty(line, span, basis), _sign_off(line, signed), line.lever.unit, line.lever.name,
    )  # fmt: skip


def _span(view: View, line: Line) -> tuple[Span | None, str]:
    span = span_of(line.lever, line.key, view.run.assumptions) if isinstance(line.value, float) else None
    return span, span.basis if span else ""


def _range(line: Line, span: Span | None, basis: str) -> str:
    if span is None:
        return words.NOT_KNOWN
    ends = f"{in_words(line.lever, span.low)} to {in_words(line.lever, span.high)}"
    held = f"stated, {words.percent(span.coverage, 0)}" if basis == STATED else "judged"
    return f"{ends} ({held})"


def _years(first: int | None, last: int | None, ramp: float) -> str:
    since = f" from {first}" if first is not None else ""
    until = f" to {last}" if last is not None else ""
    return f"{since}{until}{f' over {ramp:g} years' if ramp else ''}"


def _who(view: View, line: Line, signed: Signed) -> str:
    """Return who put a change there, and when: the oldest save since which it has stood; "" for the baseline's."""
    if not line.own or line.item is None:
        return ""
    change = change_behind(view.run.scenario, line.item)
    found = ""
    for version in signed.versions:  # the last first
        if change not in version.scenario.changes:
            break
        made = version.scenario
        found = f"{made.author or 'not named'}, {day(made.when)}"
    return found or view.run.scenario.author or "in this session, not saved"


def _sign_off(line: Line, signed: Signed) -> str:
    if line.own:
        entry = signed.entry
        locked = f"published by {entry.published_by}, {day(entry.published)}" if entry and entry.published_by else ""
        return locked or NOT_SIGNED
    return f"data accepted by {signed.data}" if signed.data else NOT_SIGNED


def _impacts(view: View, found: Tornado | None) -> dict[tuple[str, str], str]:
    """Return the impact of each lever on the answer it moves most, in words: high, medium or low, and how much."""
    if found is None:
        return {}
    told: dict[tuple[str, str], str] = {}
    for swing in found.swings:
        best, said = 0.0, "none on the answers"
        for measure in [name for name in MEASURES if name in found.run.totals]:
            present = figure(found.run.totals, measure, view.last)
            ranked = [*found.ranked(measure, view.last), *found.ranked(measure, view.last, ranges=False)]
            largest = max((one.size(measure, view.last, present) for one in ranked), default=0.0)
            size = swing.size(measure, view.last, present) if swing.options else 0.0
            if largest > 0 and size / largest > best:
                best = size / largest
                grade = "high" if best >= _HIGH else "low" if best < _LOW else "medium"
                name = MEASURES[measure]
                said = f"{grade}: {name} in {view.last} over {say_of(measure)(size)}"
        told[swing.lever.name, swing.key] = said if swing.options else f"not moved: {_small(swing.why)}"
    return told


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _no_impact(impact: dict[tuple[str, str], str]) -> str:
    return "none on plans, places or money" if impact else NOT_KNOWN


def _uncertainty(line: Line, span: Span | None, basis: str) -> str:
    if span is None:
        told = why_none(line.lever, line.key, _only(line))
        return f"no range: {_small(told)}"
    value = abs(float(line.value or 0.0))
    wide = (span.high - span.low) / value if value else np.inf
    grade = "high" if wide >= _WIDE else "low" if wide < _NARROW else "medium"
    size = f"range is {words.percent(wide, 0)} of the value" if value else "the value is 0"
    return f"{grade}: {size}" + ("" if basis == STATED else ", no range stated")


def _only(line: Line) -> Assumptions:
    return Assumptions((line.item,) if line.item else ())


def whole_log(view: View, signed: Signed | None = None, found: Tornado | None = None) -> Table:
    """Return the log with every assumption in force and every column; for the arguments see `assumptions_log`."""
    return log_table(view, in_log(view), signed or Signed(), found)


def log_csv(view: View, signed: Signed, found: Tornado | None) -> bytes:
    """Return the whole log as CSV in UTF-8 that Excel opens."""
    return whole_log(view, signed, found).frame.to_csv(index=False).encode("utf-8-sig")
