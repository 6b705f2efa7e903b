"""Explain: what moved the answer, which assumption matters most, where a conclusion flips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from forecasting.analysis.compare import interval_of
from forecasting.analysis.drivers import Account, Driver, steps
from forecasting.analysis.flip import Conclusion, Flip
from forecasting.analysis.sensitivity import Share, Swing, Tornado, figure
from forecasting.analysis.steps import INTERACTION, Steps
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Section, Table
from forecasting.outputs.subjects.common import View
from forecasting.outputs.subjects.scenarios import in_sentence
from forecasting.outputs.subjects.waterfall import axis_in_words, bars, signed
from forecasting.scenario.controls import in_words
from forecasting.scenario.plausible import STATED

TITLE = "Explain"
MEASURES = {
    "ehc_plans": "EHC plans", "places_short": "Places short", "spare_places": "Spare places", "cost_gbp": "Spending",
    "high_needs_spend_gbp": "High-needs spending", "in_year_balance_gbp": "In-year balance",
    "cumulative_balance_gbp": "Closing balance",
}  # fmt: skip
PARTS = {
    "moved": "What moved the answer", "matters": "What matters most", "flips": "When the answer flips",
    "actual": "Forecast against actual",
}  # fmt: skip
ANSWER = "What moved the answer, which assumption matters most, and what would turn the conclusion."
MOST_BARS = 12
_MOST_TOLD = 4
Told = tuple[str, tuple[Section, ...]]  # the answer in a sentence, and what is shown below it
_METHOD = "docs/method_explain.md"


def unit_of(measure: str) -> str:
    """Return the unit of a measure: gbp or count."""
    return "gbp" if measure.endswith("_gbp") else "count"


def _name(measure: str) -> str:
    """Return a measure as it stands within a sentence."""
    return MEASURES[measure] if MEASURES[measure].startswith("EHC") else _small(MEASURES[measure])


def say_of(measure: str) -> Callable[[float], str]:
    """Return how a figure of a measure is written."""
    return partial(words.shown, unit=unit_of(measure))


def _axis(measure: str) -> tuple[float, str, str, str]:
    if unit_of(measure) == "gbp":
        return 1e-6, "£ million", charts.MILLION, "million"
    return 1.0, MEASURES[measure], charts.COUNT, "count"


def ahead(view: View, measure: str) -> tuple[int, ...]:
    """Return the forecast years of a measure."""
    total = view.run.totals[measure]
    return tuple(year for year in total.years if year > view.first)


def usual(found: Account, measures: Sequence[str]) -> str:
    """Return the first measure that has moved in its last year, else the first."""
    return next((measure for measure in measures if _has_moved(found, measure)), measures[0])


def _has_moved(found: Account, measure: str) -> bool:
    whole = steps(found, measure)
    return bool(say_of(measure)(float(whole.start[0, -1])) != say_of(measure)(float(whole.end[0, -1])))


def share_done(done: Sequence[object], of: Sequence[object]) -> float:
    """Return how much of a list is done, 0 to 1."""
    return len(done) / len(of)


# ------------------------------------------------------------------------------------------- what moved the answer


def moved(view: View, found: Account, measure: str, year: int, names: tuple[str, str]) -> Told:
    """Return the answer in a sentence, and the waterfall with its table.

    Args:
        view: the scenario in hand.
        found: the runs of the account.
        measure: the figure explained.
        year: its year.
        names: what the forecast before and the one now are called.
    """
    whole = steps(found, measure).at(year)
    say = say_of(measure)
    start, end = float(whole.start[0, 0]), float(whole.end[0, 0])
    if not whole.names or abs(end - start) < 1e-9:
        same = f"{names[1]} gives the same {_name(measure)} as {names[0]} in {year}: {say(end)}."
        return same, ()
    sizes = {name: float(effect[0, 0]) for name, effect in zip(whole.names, whole.effects, strict=True)}
    top = max(sizes, key=lambda name: abs(sizes[name]))
    answer = (
        f"{MEASURES[measure]} in {year}: {say(end)} in {names[1]} against {say(start)} in {names[0]}, "
        f"{signed(end - start, say)}. The largest part: {top}, {signed(sizes[top], say)}."
    )
    text = (
        "Each cause alone, everything else as before, then what they do together beyond that. The parts add up "
        "exactly, in the central run and in every draw."
    )
    items = (_waterfall(view, whole, names, answer), _causes(view, found, whole, names))
    return answer, (Section(PARTS["moved"], items, " ".join([text, *found.notes])),)


def _waterfall(view: View, whole: Steps, names: tuple[str, str], answer: str) -> Figure:
    factor, axis, form, _ = _axis(whole.measure)
    say = say_of(whole.measure)
    effects = whole.effects[:, 0, 0]
    kept = np.abs(effects) > 1e-9 * max(1.0, float(np.abs(whole.start[0, 0])))
    labels = [name for name, there in zip(whole.names, kept, strict=True) if there]
    parts = [*effects[kept].tolist(), float(whole.interaction[0, 0])]
    rows = (f"Before: {names[0]}", *labels, INTERACTION, f"Now: {names[1]}")
    data = bars(rows, float(whole.start[0, 0]), parts, float(whole.end[0, 0]), factor, say)
    read = data[["name", "value"]].set_axis(["Step", axis], axis=1)
    note = _note(view, names, whole.measure)
    table = Table(f"steps_{whole.measure}", "The steps of the chart", read, {axis: _axis(whole.measure)[3]}, note)
    change = float(whole.end[0, 0] - whole.start[0, 0])
    return Figure(
        f"steps_{whole.measure}", f"{MEASURES[whole.measure]} in {whole.years[0]}: {signed(change, say)}",
        f"{axis}, {view.name}; each cause alone{axis_in_words(data)}", answer,
        partial(charts.waterfall, rows, axis, form), data, table, note,
    )  # fmt: skip


def _causes(view: View, found: Account, whole: Steps, names: tuple[str, str]) -> Table:
    factor, axis, _, kind = _axis(whole.measure)
    changed = {driver.name: _changed(driver) for driver in found.drivers}
    runs = [*zip(whole.names, whole.effects[:, :, 0], strict=True), (INTERACTION, whole.interaction[:, 0]),
            ("Whole change", whole.end[:, 0] - whole.start[:, 0])]  # fmt: skip
    ranges = [interval_of(values[1:]) for _, values in runs]
    frame = pd.DataFrame({
        "Cause": [name for name, _ in runs], "What changed": [changed.get(name, "") for name, _ in runs],
        f"Effect, {axis if factor != 1.0 else 'number'}": [float(values[0]) * factor for _, values in runs],
        "Low": [held.low * factor if held else np.nan for held in ranges],
        "High": [held.high * factor if held else np.nan for held in ranges],
    })  # fmt: skip
    if not any(ranges):
        frame = frame.drop(columns=["Low", "High"])
    note = _note(view, names, whole.measure)
    title = f"What moved {_name(whole.measure)} in {whole.years[0]}"
    told = f"{note} Low and High hold four draws in five of the effect in each draw." if any(ranges) else note
    return Table(f"causes_{whole.measure}", title, frame, dict.fromkeys(frame.columns[2:], kind), told)


def _note(view: View, names: tuple[str, str], measure: str) -> str:
    prices = f" Prices: {view.price_base}, moved by the price assumptions." if unit_of(measure) == "gbp" else ""
    synthetic = " Synthetic data, not a real authority." if view.run.dataset.synthetic else ""
    return f"From {names[0]} to {names[1]}. How: {_METHOD}.{prices}{synthetic}"


def _changed(driver: Driver) -> str:
    told = [in_sentence(clash) for clash in driver.told]
    more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    return "; ".join([*told[:_MOST_TOLD], *more])


# ------------------------------------------------------------------------------------------- what matters most


def matters(view: View, found: Tornado, measure: str, year: int, explained: Sequence[Share], from_draws: bool) -> Told:
    """Return the answer in a sentence, the tornado, what explains the range, the choices.

    Args:
        view: the scenario in hand.
        found: every lever moved alone.
        measure: the figure.
        year: its year.
        explained: shares of the range.
        from_draws: whether the shares come from the draws, else from the swings.
    """
    present = figure(found.run.totals, measure, year)
    ranked = found.ranked(measure, year)
    if not ranked:
        return f"No assumption moves {_name(measure)} in {year}.", ()
    first, ends = ranked[0], ranked[0].words()
    low, high = (say_of(measure)(value) for value in first.figures(measure, year))
    answer = (
        f'"{first.label}" matters most for {_name(measure)} in {year}: {low} at {ends[0]}, {high} at {ends[1]}, and '
        f" {say_of(measure)(present)} as it is."
    )
    sections = [
        Section(PARTS["matters"], (_tornado(view, ranked, measure, year, present, answer),), _RANGES),
        Section("What the range is made of", _made_of(view, explained, measure, year, from_draws),
                _FROM_DRAWS if from_draws else _FROM_SWINGS),
        Section("Every assumption", (_all(view, found, measure, year, present, explained),)),
    ]  # fmt: skip
    return answer, tuple(sections)


_RANGES = (
    "Each lever alone is moved to both ends of its range. The range is the one stated with the assumption; where none "
    "is stated, a judgement of this software stands in, is marked, and is replaced by stating one (columns low, high)."
)
_FROM_DRAWS = (
    "The share of the variance of the draws that goes with each assumption that is drawn. An assumption without a "
    "stated range is not drawn, so it is not in the range at all."
)
_FROM_SWINGS = "This method has no draws: the share of each lever in the sum of the squared swings."


def _tornado(
    view: View, ranked: Sequence[Swing], measure: str, year: int, present: float, answer: str
) -> Figure:  # fmt: skip
    factor, axis, form, kind = _axis(measure)
    shown = ranked[:MOST_BARS]
    series = ("low end of the lever", "high end of the lever")
    rows = []
    for swing in shown:
        basis = "" if swing.span and swing.span.basis == STATED else " (judgement)"
        for which, value, said in zip(series, swing.figures(measure, year), swing.words(), strict=True):
            rows.append((f"{swing.label}{basis}", which, present * factor, value * factor, said))
    data = pd.DataFrame(rows, columns=["name", "series", "present", "value", "label"])
    data["side"] = np.where(data["value"] < data["present"], "left", "right")
    data.loc[np.isclose(data["value"], data["present"]), "label"] = ""
    read = data[["name", "series", "label", "value"]].set_axis(["Lever", "End", "Value there", axis], axis=1)
    note = view.note(_METHOD, money=unit_of(measure) == "gbp")
    table = Table(f"tornado_{measure}", "The ends of the bars", read, {axis: kind}, note)
    names = tuple(dict.fromkeys(data["name"]))
    return Figure(
        f"tornado_{measure}", f"{shown[0].label} moves the answer most",
        f"{MEASURES[measure]}, {axis if factor != 1.0 else 'number'}, {year}, {view.name}; line: "
        f"{say_of(measure)(present)} as it is. The axis does not start at 0",
        answer, partial(charts.tornado, names, series, axis, form), data, table, note,
    )  # fmt: skip


def _made_of(
    view: View, explained: Sequence[Share], measure: str, year: int, from_draws: bool
) -> tuple[Table, ...]:  # fmt: skip
    if not explained:
        return ()
    least = 0.01
    shown = [one for one in explained if one.share >= least]
    rest = len(explained) - len(shown)
    frame = pd.DataFrame({"Explained by": [one.label for one in shown],
                          "Share of the range": [one.share for one in shown]})  # fmt: skip
    note = f"{rest} more explain less than 1% each. " if rest else ""
    drawn = f"{view.forecast.draws:,} draws; " if from_draws else ""
    return (Table(f"shares_{measure}", f"What explains the range of {MEASURES[measure]} in {year}", frame,
                  {"Share of the range": "fraction"}, f"{note}{drawn}{_METHOD}."),)  # fmt: skip


def _all(
    view: View, found: Tornado, measure: str, year: int, present: float, explained: Sequence[Share]
) -> Table:  # fmt: skip
    factor, axis, _, kind = _axis(measure)
    known = {one.name: one.share for one in explained if one.name}
    ranked = [*found.ranked(measure, year), *found.ranked(measure, year, ranges=False)]
    rows = []
    for swing in ranked:
        figures = [value * factor for value in swing.figures(measure, year)]
        span, said = swing.span, swing.words()
        rows.append((
            swing.label, in_words(swing.lever, swing.now), " to ".join(said) if span else " or ".join(said),
            span.basis if span else "choice", min(figures), max(figures), swing.size(measure, year, present) * factor,
            known.get(swing.lever.name, np.nan), span.why if span else "",
        ))  # fmt: skip
    columns = ["Assumption", "Now", "Moved to", "Range is", "Lowest", "Highest", "Swing", "Share of the range", "Why"]
    frame = pd.DataFrame(rows, columns=columns)
    still = sum(1 for swing in found.swings if not swing.options)
    note = f"{still} more are not moved: they are blank, at 0, or only a split. Lowest, Highest and Swing: {axis}."
    formats = {**dict.fromkeys(("Lowest", "Highest", "Swing"), kind), "Share of the range": "fraction"}
    title = f"Every assumption that moves {_name(measure)} in {year}"
    return Table(f"every_{measure}", title, frame, formats, view.note(f"{note} {_METHOD}"))


# ------------------------------------------------------------------------------------------- when the answer flips


def conclusion_in_words(found: Conclusion) -> str:
    """Return a conclusion as it stands: "Places suffice until 2028"; "459 places are short in 2030"."""
    goal, year, present = found.goal, found.goal.year, found.present
    until = f"until {found.until}" if found.until and found.until >= year else f"in {year}"
    if goal.measure == "spare_places":
        more = f"There are {words.count(-present)} more children than places in {year}"
        return f"Places suffice {until}" if found.holds else more
    if goal.measure == "places_short":
        return f"No places are short {until}" if found.holds else f"{words.count(present)} places are short in {year}"
    what = "the account is in deficit" if goal.measure == "cumulative_balance_gbp" else "spending exceeds income"
    other = "the account is out of deficit" if goal.measure == "cumulative_balance_gbp" else "income covers spending"
    size = words.gbp(abs(present))
    return f"In {year} {other}, by {size}" if found.holds else f"In {year} {what}, by {size}"


def flip_in_words(found: Flip) -> str:
    """Return what a lever would have to be for the conclusion to turn, in a sentence."""
    said = conclusion_in_words(found.conclusion)
    label = f'"{found.label}"'
    if found.value is None:
        ends = f"{in_words(found.lever, found.low)} to {in_words(found.lever, found.high)}"
        return f"{said}, whatever {label} is set to ({ends})."
    way = "exceeds" if found.value > found.now else "falls below"
    now = in_words(found.lever, found.now)
    if found.growth == found.growth:
        grows = "exceeds" if found.growth > found.growth_now else "falls below"
        return (
            f"{said} unless plan growth {grows} {words.percent(found.growth)} a year (now "
            f"{words.percent(found.growth_now)}): that is where {label} {way} {in_words(found.lever, found.value)} "
            f"(now {now})."
        )
    return f"{said} unless {label} {way} {in_words(found.lever, found.value)} (now {now})."


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def flips(view: View, found: Sequence[Flip]) -> Told:
    """Return the nearest flip-point in a sentence, and a table of all that were searched."""
    turning = [one for one in found if one.value is not None]
    first = turning[0] if turning else found[0]
    answer = flip_in_words(first)
    frame = pd.DataFrame({
        "Lever": [one.label for one in found],
        "Now": [in_words(one.lever, one.now) for one in found],
        "Flips at": ["never" if one.value is None else in_words(one.lever, one.value) for one in found],
        "Plan growth there": [one.growth for one in found],
        "In words": [flip_in_words(one) for one in found],
    })  # fmt: skip
    if not frame["Plan growth there"].notna().any():
        frame = frame.drop(columns="Plan growth there")
    title = f"Where each lever turns the conclusion for {found[0].conclusion.goal.year}"
    note = view.note(f"central runs, the levers that move the figure most; {_METHOD}")
    table = Table("flips", title, frame, {"Plan growth there": "fraction"}, note)
    text = "Each lever alone, within the bounds that it allows, its whole path moved; everything else as it is."
    return answer, (Section(PARTS["flips"], (table,), text),)
