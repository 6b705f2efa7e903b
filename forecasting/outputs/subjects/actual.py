"""Forecast against actual: a stored forecast scored by need and setting, and the lever that best explains a drift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.analysis.actuals import Scored, Suspect
from forecasting.outputs import words
from forecasting.outputs.figure import Section, Table
from forecasting.outputs.subjects.common import View
from forecasting.outputs.subjects.explain import Told
from forecasting.scenario.controls import in_words

NONE = (
    "No forecast of earlier data is stored yet. Save a scenario now; when a newer dataset of the authority is in hand, "
    "the forecast that was stored with it is scored here."
)
_METHOD = "docs/method_explain.md"


def actual(
    view: View, scored: Sequence[Scored], suspected: Sequence[Suspect], stored: str, data_there: bool
) -> Told:  # fmt: skip
    """Return a stored forecast against what came since, and what best explains a drift.

    Args:
        view: the scenario in hand, on the newer data.
        scored: cells of the stored forecast.
        suspected: levers that could explain the errors, the best first.
        stored: what the stored forecast is called.
        data_there: whether the data of the stored forecast are here, without which no lever can be tried.
    """
    if not scored:
        return f"No January after the base year of {stored} is in the data in hand yet.", ()
    year = max(one.year for one in scored)
    whole = next((one for one in scored if not one.axis and one.year == year), None)
    cells = [one for one in scored if one.year == year and one.axis]
    judged = [one for one in cells if one.inside is not None]
    held = sum(1 for one in judged if one.inside)
    parts = [_whole_in_words(whole, year)] if whole else []
    if judged:
        parts.append(f"{held} of {len(judged)} needs and settings came within their range (80% are expected to).")
    parts.append(_drift_in_words(whole, suspected, data_there))
    sections = [Section("By need and setting", (_scores(view, scored, stored),))]
    if suspected:
        sections.append(Section("What would explain it", (_suspects(view, suspected),), _SUSPECTS))
    return " ".join(part for part in parts if part), tuple(sections)


_SUSPECTS = "Each lever alone, in the stored forecast: the value that comes closest to what came, by need and setting."


def _whole_in_words(whole: Scored, year: int) -> str:
    size = f"{words.count(abs(whole.error))} ({words.percent(abs(whole.share))})"
    way = "too many" if whole.error > 0 else "too few"
    held = {True: ", within its range", False: ", outside its range", None: ""}[whole.inside]
    return (
        f"{words.count(whole.actual)} EHC plans came in January {year}; the stored forecast said "
        f"{words.count(whole.forecast)}, {size} {way}{held}."
    )


def _drift_in_words(whole: Scored | None, suspected: Sequence[Suspect], data_there: bool) -> str:
    if whole is None or not whole.drifted:
        return "" if whole is None else "There is no drift in the number of plans."
    if not suspected:
        why = "no lever explains it" if data_there else "the data of that forecast are not here, so no lever was tried"
        return f"The forecast drifts; {why}."
    best = suspected[0]
    now, value = (in_words(best.lever, number) for number in (best.now, best.value))
    return (
        f"The forecast drifts. {best.lever.label} explains it best: {value} instead of {now} would have come closest "
        f"({words.percent(best.explains, 0)} of the squared error)."
    )


def _scores(view: View, scored: Sequence[Scored], stored: str) -> Table:
    labels = {"": lambda code: "All plans", "need": view.run.dataset.needs.label,
              "setting": view.run.dataset.settings.label}  # fmt: skip
    said = {True: "yes", False: "no", None: "no range"}
    frame = pd.DataFrame({
        "January": [str(one.year) for one in scored],
        "By": [one.axis or "all" for one in scored], "What": [labels[one.axis](one.code) for one in scored],
        "Forecast": [one.forecast for one in scored],
        "Low": [one.low if one.inside is not None else np.nan for one in scored],
        "High": [one.high if one.inside is not None else np.nan for one in scored],
        "Came": [one.actual for one in scored], "Error": [one.error for one in scored],
        "Error, %": [one.share for one in scored], "In its range": [said[one.inside] for one in scored],
    })  # fmt: skip
    formats = {**dict.fromkeys(("Forecast", "Low", "High", "Came", "Error"), "count"), "Error, %": "fraction"}
    note = view.note(f"stored forecast {stored}; {view.source('ehc_plans')}; {_METHOD}")
    return Table("against_actual", f"EHC plans: {stored} against what came", frame, formats, note)


def _suspects(view: View, suspected: Sequence[Suspect]) -> Table:
    frame = pd.DataFrame({
        "Lever": [one.lever.label for one in suspected], "Was": [in_words(one.lever, one.now) for one in suspected],
        "Would have come closest": [in_words(one.lever, one.value) for one in suspected],
        "Explains": [one.explains for one in suspected],
    })  # fmt: skip
    return Table(
        "suspects", "Levers that could explain the errors", frame, {"Explains": "fraction"}, view.note(_METHOD)
    )
