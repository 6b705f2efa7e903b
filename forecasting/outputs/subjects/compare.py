"""Compare: two to six scenarios side by side, their differences with ranges, what differs in the assumptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from forecasting.analysis.compare import HEADLINES, Comparison, Line
from forecasting.analysis.compare import Figure as One
from forecasting.axes import STATISTICS
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Section, Subject, Table
from forecasting.outputs.subjects.common import View, line_figure
from forecasting.outputs.subjects.scenarios import told
from forecasting.scenario.controls import in_words
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import BASELINE, MITIGATED, Change
from forecasting.values import Interval

TITLE = "Compare"
MOST_LINES = 4
LABELS = dict(HEADLINES)
_MAIN = ("places_short", "ehc_plans", "high_needs_spend_gbp", "cumulative_balance_gbp")
_SHARED = (
    "Differences are taken within each draw, and then their range is given: the same draws stand behind every "
    "scenario, so a difference is the policy and not chance. Ranges hold four draws in five."
)
_NONE = "The figures are of the central runs, without ranges."


def compare(view: View, found: Comparison, year: int, measure: str) -> Subject:
    """Return the subject "Compare".

    Args:
        view: the scenario in hand, for the notes under charts.
        found: the scenarios; the first is what the others are compared with.
        year: year of the tables.
        measure: the figure drawn.
    """
    lines = found.lines(year)
    drawn = paths(view, found, measure)
    sections = [
        Section(f"Headline figures, {year}", (_headlines(view, found, lines), _differences(view, found, lines)),
                ranges(found)),
        Section(LABELS[measure], (*drawn, *_apart(view, found, measure, year))),
        Section("What differs in the assumptions", (assumed(view, found),)),
    ]  # fmt: skip
    return Subject("compare", TITLE, _answer(found, lines), (), tuple(sections), remarks(found))


def measures(found: Comparison) -> dict[str, str]:
    """Return the measures that can be drawn: those with a path over years in every scenario."""
    return {m: label for m, label in found.measures() if all(m in run.totals for run in found.runs) and found.years(m)}


def usual_measure(found: Comparison) -> str:
    """Return the figure that is drawn at first: one of the main ones that differs in the last year, else the first."""
    drawn, year = measures(found), found.runs[0].forecast.years[-1]
    apart = {line.measure for line in found.lines(year) if any(_phrase(line, at) for at in range(1, len(found.names)))}
    return next((measure for measure in _MAIN if measure in drawn and measure in apart), next(iter(drawn)))


def _answer(found: Comparison, lines: Sequence[Line]) -> str:
    by_measure = {line.measure: line for line in lines}
    other = len(found.names) - 1
    parts = [_phrase(by_measure[m], other) for m in _MAIN if m in by_measure]
    told_ = [part for part in parts if part]
    if not told_:
        return f"{found.names[other]} gives the same headline figures as {found.names[0]}."
    years = by_measure[_MAIN[1]].year if _MAIN[1] in by_measure else found.runs[0].forecast.years[-1]
    return f"In {years}, {found.names[other]} against {found.names[0]}: {words.join(told_[:3])}."


def _phrase(line: Line, at: int) -> str:
    one = line.figures[at]
    if np.isnan(one.difference) or not _moved(one.difference, line.unit):
        return ""
    label = line.label if line.label.startswith("EHC") else line.label[:1].lower() + line.label[1:]
    return f"{label} {_apart_words(one, line.unit)}"


def _moved(value: float, unit: str) -> bool:
    return words.shown(abs(value), unit) != words.shown(0.0, unit)


def _signed(value: float, unit: str) -> str:
    return f"{'+' if _moved(value, unit) and value > 0 else ''}{words.shown(value, unit)}"


def _apart_words(one: One, unit: str) -> str:
    if np.isnan(one.difference):
        return ""
    between = f" ({_signed(one.between.low, unit)} to {_signed(one.between.high, unit)})" if one.between else ""
    return f"{_signed(one.difference, unit)}{between}"


def _with_range(value: float, interval: Interval | None, unit: str) -> str:
    if np.isnan(value):
        return words.NOT_KNOWN
    held = f" ({words.shown(interval.low, unit)} to {words.shown(interval.high, unit)})" if interval else ""
    return f"{words.shown(value, unit)}{held}"


def _ranged(title: str, there: bool) -> str:
    """Return the title of a table, which says where ranges stand if there are any."""
    return f"{title}, with its range in brackets" if there else title


def _headlines(view: View, found: Comparison, lines: Sequence[Line]) -> Table:
    columns = {name: [_with_range(line.figures[at].value, line.figures[at].interval, line.unit) for line in lines]
               for at, name in enumerate(found.names)}  # fmt: skip
    frame = pd.DataFrame({"Figure": [line.label for line in lines], **columns})
    title = _ranged("Each scenario", any(one.interval for line in lines for one in line.figures))
    return Table("compare_headlines", title, frame, {}, _note(view, found))


def _differences(view: View, found: Comparison, lines: Sequence[Line]) -> Table:
    columns = {name: [_apart_words(line.figures[at], line.unit) or words.NOT_KNOWN for line in lines]
               for at, name in enumerate(found.names) if at}  # fmt: skip
    frame = pd.DataFrame({"Figure": [line.label for line in lines], **columns})
    title = _ranged(f"Difference from {found.names[0]}", any(one.between for line in lines for one in line.figures))
    return Table("compare_differences", title, frame, {}, _note(view, found))


def _note(view: View, found: Comparison) -> str:
    synthetic = " Synthetic data, not a real authority." if view.run.dataset.synthetic else ""
    return f"Scenarios: {', '.join(found.names)}. Prices: {view.price_base}, moved by the price assumptions.{synthetic}"


def remarks(found: Comparison) -> tuple[str, ...]:
    """Return which scenarios share no draws with the first, so that their differences have no range."""
    apart = [name for name, shared in zip(found.names, found.shared, strict=True) if not shared]
    if not any(found.shared) or not apart:
        return ()
    return (
        f"{words.join(apart)} {'does' if len(apart) == 1 else 'do'} not share draws with {found.names[0]} (another "
        "method, or one without draws), so that difference has no range.",
    )


def _scale(measure: str) -> tuple[float, str, str, str]:
    """Return the factor, unit of the axis, kind of the table and number format of a measure."""
    if measure.endswith("_gbp"):
        return 1e-6, "£ million", "million", charts.MILLION
    return 1.0, LABELS[measure], "count", charts.COUNT


def _groups(found: Comparison) -> list[list[int]]:
    """Return the scenarios of each chart: at most four lines, the first scenario in every chart."""
    if len(found.names) <= MOST_LINES:
        return [list(range(len(found.names)))]
    return [list(range(MOST_LINES)), [0, *range(MOST_LINES, len(found.names))]]


def ranges(found: Comparison) -> str:
    """Return what the ranges of differences are, or that there are none."""
    return _SHARED if any(found.shared[1:]) else _NONE


def paths(view: View, found: Comparison, measure: str) -> tuple[Figure, ...]:
    """Return the charts of a measure over the years, a line a scenario, at most four lines in each."""
    factor, axis, unit, _ = _scale(measure)
    bands = "; bands hold four draws in five" if any(run.forecast.draws for run in found.runs) else ""
    figures = []
    for number, members in enumerate(_groups(found)):
        data = pd.concat([_path(found, at, measure, factor) for at in members], ignore_index=True)
        names = [found.names[at] for at in members]
        ends = [data.loc[data["series"] == name, "value"].iloc[-1] for name in names]
        last = int(data["year"].max())
        title = _highest(LABELS[measure], {n: e for n, e in zip(names, ends, strict=True) if not np.isnan(e)}, last)
        figures.append(line_figure(
            view, f"compare_{measure}_{number}", title,
            f"{LABELS[measure]}, {axis if factor != 1.0 else 'number'}, {view.name}{bands}",
            f"In {last}: " + "; ".join(f"{n} {_counted(e)}" for n, e in zip(names, ends, strict=True)),
            data, y=axis, unit=unit, source=f"scenarios {', '.join(names)}", zero=False,
        ))  # fmt: skip
    return tuple(figures)


def _highest(label: str, ends: Mapping[str, float], year: int) -> str:
    """Return the title of a chart of paths; scenarios whose last figure is withheld or not known are not in `ends`."""
    if not ends:
        return label
    top = max(ends, key=lambda name: ends[name])
    apart = ends[top] > min(ends.values())
    return f"{label}: highest in {year} under {top}" if apart else f"{label} do not differ"


def _counted(value: float) -> str:
    return "not shown" if np.isnan(value) else words.count(float(value), 1)


def _path(found: Comparison, at: int, measure: str, factor: float) -> pd.DataFrame:
    margin = found.runs[at].forecast.margin(measure)
    years = [int(year) for year in margin.labels[0]]
    stats = {name: margin.stats[STATISTICS.index(statistic)] * factor
             for name, statistic in (("value", "central"), ("low", "p10"), ("high", "p90"))}  # fmt: skip
    frame = pd.DataFrame({"year": years, "series": found.names[at], **stats})
    return frame[frame["year"].isin(found.years(measure))]


def _apart(view: View, found: Comparison, measure: str, year: int) -> tuple[Figure, ...]:
    """Return the chart of differences in a year: a point a scenario, with the range of the difference."""
    line = next((line for line in found.lines(year) if line.measure == measure), None)
    if line is None or all(np.isnan(one.difference) for one in line.figures[1:]):
        return ()
    factor, axis, unit, form = _scale(measure)
    rows = []
    for name, one in zip(found.names[1:], line.figures[1:], strict=True):
        low, high = (one.between.low, one.between.high) if one.between else (one.difference, one.difference)
        rows.append((name, low * factor, one.difference * factor, high * factor, 0.0))
    data = pd.DataFrame(rows, columns=["name", "low", "value", "high", "zero"])
    read = data[["name", "value", "low", "high"]].set_axis(["Scenario", "Difference", "Low", "High"], axis=1)
    note = _note(view, found)
    table = Table(f"apart_{measure}", f"{LABELS[measure]} less {found.names[0]}, {year}", read,
                  dict.fromkeys(read.columns[1:], unit), note)  # fmt: skip
    others = zip(found.names[1:], line.figures[1:], strict=True)
    alt = "; ".join(f"{name}: {_apart_words(one, line.unit)}" for name, one in others)
    line_is = ", line: four draws in five" if any(one.between for one in line.figures) else ""
    spec: Callable[..., charts.Spec] = partial(charts.points, tuple(data["name"]), f"{axis}, difference", form)
    return (Figure(
        f"apart_{measure}", f"Difference from {found.names[0]} in {year}",
        f"{LABELS[measure]}, point: central runs{line_is}; dashed: no difference", alt, spec, data,
        table, note,
    ),)  # fmt: skip


def assumed(view: View, found: Comparison) -> Table:
    """Return the levers that are not the same in every scenario: a row a lever, a column a scenario."""
    rows = found.assumed()
    frame = pd.DataFrame({
        "Lever": [row.lever.label if row.lever else row.name for row in rows],
        "For": [row.key or "all" for row in rows],
        **{name: [_cell(row.lever, row.changes[at], view, row.name, row.key) for row in rows]
           for at, name in enumerate(found.names)},
    })  # fmt: skip
    note = "In brackets: the value of the baseline, where the scenario does not change the lever."
    title = "Levers that are not the same in every scenario" if len(rows) else "No lever differs"
    return Table("compare_assumptions", title, frame, {}, note)


def _cell(lever: Lever | None, changes: tuple[Change, ...], view: View, name: str, key: str) -> str:
    if changes:
        return told(changes)
    item = view.baseline.assumptions.last(name, key) if lever else None
    return f"({in_words(lever, item.value if item else None)})" if lever else "(not known)"


def comparison_table(view: View, found: Comparison) -> Table:
    """Return every headline figure of every year and scenario, unrounded: for a file, not for a screen."""
    years = sorted({year for measure, _ in found.measures() for year in _years(found, measure)})
    rows = []
    for year in years:
        for line in found.lines(year):
            for name, one in zip(found.names, line.figures, strict=True):
                if not np.isnan(one.value) and (line.year is not None or year == years[-1]):
                    ends = [(i.low, i.high) if i else (np.nan, np.nan) for i in (one.interval, one.between)]
                    rows.append(
                        (line.measure, line.unit, line.year, name, one.value, *ends[0], one.difference, *ends[1])
                    )
    columns = ["measure", "unit", "year", "scenario", "central", "p10", "p90", "difference", "difference_p10",
               "difference_p90"]  # fmt: skip
    title = f"Scenarios compared with {found.names[0]}"
    return Table("comparison", title, pd.DataFrame(rows, columns=columns), {}, _note(view, found))


def _years(found: Comparison, measure: str) -> tuple[int, ...]:
    return found.years(measure) if any(m in measure for m, _ in HEADLINES) and _has_years(found, measure) else ()


def _has_years(found: Comparison, measure: str) -> bool:
    held = [run.forecast.margin(measure) for run in found.runs if run.forecast.has(measure)]
    return all("year" in margin.axes for margin in held)


def usual(view: View, hand: str) -> tuple[str, str]:
    """Return which two scenarios are compared at first: the baseline, and the one in hand (its key) or another one."""
    if view.run.scenario.hash != view.baseline.scenario.hash:
        return BASELINE, hand
    others = [name for name in dataset_scenarios(view.run.dataset) if name != BASELINE]
    return BASELINE, MITIGATED if MITIGATED in others else [*others, hand][0]
