"""Accuracy: past forecasts of pupils against what came, one and three years ahead, beside other authorities."""

from __future__ import annotations

import pandas as pd

from forecasting.analysis.own_accuracy import HORIZONS, QUICK, beside_authorities, history_lacking, past_forecasts
from forecasting.analysis.pupil_backtest import Placement, accuracy
from forecasting.model.pupils import follows_cohorts
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects.common import View, bar_figure, implications, line_figure
from forecasting.scenario.levers_pupils import CHOOSER

KEY, TITLE = "accuracy", "Accuracy of pupil forecasts"
METHODS = {
    "auto": "Automatic choice", "cohort_survival": "Cohorts", "cohort_survival_damped": "Cohorts with fading trends",
    "mean_of_3_years": "Cohorts by hand: mean of three years", "constant_growth_own": "Growth of the last three years",
    "constant_growth_1pct": "1% growth a year",
}  # fmt: skip
SCORECARDS = "Department for Education, Local authority school places scorecards, 2024/25"
_MEASURE = (
    "The Department's measure: forecast ÷ counted − 1 for all pupils of a phase, one and three years ahead. Each "
    "forecast used only what was known in its January."
)


def past_accuracy(view: View) -> Subject:
    """Return the subject "Accuracy of pupil forecasts" of a run."""
    gap = history_lacking(view.run.dataset)
    if gap:
        return Subject(KEY, TITLE, f"Past forecasts of pupils in {view.name} cannot be tried: that needs {gap}.",
                       (), (), _EMPTY)  # fmt: skip
    rows = past_forecasts(view.run.dataset)
    summary = accuracy(rows)
    name = _in_use(view)
    own = summary[summary["method"] == name]
    places = beside_authorities(own)
    sections = (
        Section("Past forecasts against what came", _tracks(view, rows, name), _MEASURE),
        Section("Every method on the same past", (_all_methods(view, summary),)),
        Section("Beside other authorities", (_beside(view, places), _beside_table(view, places)), _CAUTION),
    )
    return Subject(KEY, TITLE, _answer(view, name, rows, places), _metrics(own, places), sections,
                   _implications(summary, name, places))  # fmt: skip


_EMPTY = (
    "Until then, the errors of other authorities are the best guide: see the Department's school places scorecards.",
)
_CAUTION = (
    "Authorities published one error a year each; here the errors of several Januaries are averaged and vary less. "
    "Read it as a guide, not as a rank."
)


def _in_use(view: View) -> str:
    """Return the method whose past is shown first: the one chosen where it was tried, else the automatic choice."""
    word = view.run.assumptions.word(CHOOSER)
    return word if word in QUICK and follows_cohorts(view.run.dataset, view.run.assumptions) else "auto"


def _where(place: Placement) -> str:
    years = "1 year" if place.horizon == 1 else f"{place.horizon} years"
    return f"{place.phase.capitalize()}, {years} ahead"


def _answer(view: View, name: str, rows: pd.DataFrame, places: tuple[Placement, ...]) -> str:
    farthest = max(place.horizon for place in places)
    parts = [f"{place.phase} pupils by {words.percent(place.size)}" for place in places if place.horizon == farthest]
    origins = rows["origin"].nunique()
    since = "one January" if origins == 1 else f"{origins} Januaries"
    ahead = "one year" if farthest == 1 else "three years"
    return (
        f"Tried on its own past from {since}, the forecast would have missed {view.name}'s "
        f"{words.join(parts)} on average, {ahead} ahead ({METHODS[name].lower()})."
    )


def _metrics(own: pd.DataFrame, places: tuple[Placement, ...]) -> tuple[Metric, ...]:
    counts = own.set_index(["phase", "horizon"])["forecasts"]
    return tuple(
        Metric(
            _where(place), words.percent(place.size), f"median authority {words.percent(place.quartiles[1])}",
            f"Mean absolute error; past forecasts: {words.count(float(counts[place.phase, place.horizon]))}.",
            place.size, "fraction",
        )
        for place in places
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------- past


def _tracks(view: View, rows: pd.DataFrame, name: str) -> tuple[Figure, ...]:
    own = rows[rows["method"] == name]
    return tuple(_track(view, own[own["phase"] == phase], str(phase)) for phase in own["phase"].unique())


def _track(view: View, rows: pd.DataFrame, phase: str) -> Figure:
    counted = rows.drop_duplicates("year").assign(series="Counted", value=lambda frame: frame["actual"])
    parts = [counted]
    for step in HORIZONS:
        label = f"Forecast {step} year{'s' if step > 1 else ''} before"
        parts.append(rows[rows["horizon"] == step].assign(series=label, value=lambda frame: frame["forecast"]))
    data = pd.concat(parts, ignore_index=True).sort_values("year", kind="stable")[["year", "series", "value"]]
    data = data.sort_values("series", key=lambda names: names != "Counted", kind="stable")
    farthest = rows[rows["horizon"] == rows["horizon"].max()]
    error = float(farthest["error"].abs().mean())
    high = int((farthest["error"] > 0).sum())
    years = "three years" if int(farthest["horizon"].iloc[0]) > 1 else "one year"
    return line_figure(
        view, f"past_{phase}", f"{phase.capitalize()}: {words.percent(error)} off {years} ahead",
        f"{phase.capitalize()} pupils counted and forecast, {view.name}, January {int(rows['year'].min())} to "
        f"{int(rows['year'].max())} (axis not from zero)",
        f"{years.capitalize()} ahead, {high} of {len(farthest)} forecasts were too high.",
        data.assign(low=data["value"], high=data["value"]), y="pupils", unit="count",
        source=f"{view.source('pupils')}; forecasts computed", zero=False,
    )  # fmt: skip


def _all_methods(view: View, summary: pd.DataFrame) -> Table:
    cells = summary.set_index(["method", "phase", "horizon"])["mean_absolute_error"]
    errors = {key: float(value) for key, value in cells.items()}
    places = [(phase, step) for phase in ("primary", "secondary") for step in HORIZONS]
    known = [place for place in places if ("auto", *place) in errors]
    frame = pd.DataFrame({"Method": [METHODS[name] for name in QUICK]})
    for phase, step in known:
        frame[f"{phase.capitalize()}, {step} year{'s' * (step > 1)}"] = [
            100 * errors[name, phase, step] for name in QUICK
        ]
    inside = summary.groupby("method")["inside_80"].mean()
    frame["Inside the 80% range"] = [float(inside[name]) for name in QUICK]
    formats = {str(column): "percent" for column in frame.columns[1:-1]} | {"Inside the 80% range": "fraction"}
    count = int(summary["forecasts"].max())
    note = view.note(f"computed on {view.source('pupils')}; up to {count} forecasts a cell; no range where blank")
    return Table("methods", "Mean absolute error of each method, per cent", frame, formats, note)


# --------------------------------------------------------------------------------- beside authorities


def _beside(view: View, places: tuple[Placement, ...]) -> Figure:
    better = sum(place.size < place.quartiles[1] for place in places)
    data = pd.DataFrame(
        [(_where(place), series, 100 * value) for place in places
         for series, value in ((view.name, place.size), ("Median authority", place.quartiles[1]))],
        columns=["name", "series", "value"],
    )  # fmt: skip
    return bar_figure(
        view, "beside_authorities", f"Nearer than the median authority in {better} of {len(places)}",
        f"Mean absolute error of pupil forecasts, per cent; {view.name}'s own past and authorities in 2024/25",
        f"{view.name}'s past errors are below the median authority's in {better} of {len(places)} measures.", data,
        x="per cent of pupils", unit="percent", source=SCORECARDS, label="Measure",
    )  # fmt: skip


def _beside_table(view: View, places: tuple[Placement, ...]) -> Table:
    frame = pd.DataFrame(
        [(_where(p), p.size, *p.quartiles, p.mean, p.share_worse, p.authorities) for p in places],
        columns=["Measure", view.name, "Best quarter", "Median", "Worst quarter", "Mean",
                 "Did worse", "Authorities"],
    )  # fmt: skip
    formats = dict.fromkeys(frame.columns[1:-1], "fraction") | {"Authorities": "count"}
    missing = max(place.not_published for place in places)
    what = "best quarter: a quarter of authorities are below; did worse: share with a larger error"
    note = view.note(
        f"{SCORECARDS}; {what}; up to {missing} authorities are left out because their error is not published"
    )
    return Table("beside_table", "The distribution of authorities", frame, formats, note)


def _implications(summary: pd.DataFrame, name: str, places: tuple[Placement, ...]) -> tuple[str, ...]:
    sentences = [
        f"{_where(place)}: {words.percent(place.share_worse, 0)} of {place.authorities} authorities had a larger "
        f"error than {words.percent(place.size)}."
        for place in places
    ]
    own = summary[summary["method"] == name]
    lean = own[own["horizon"] == own["horizon"].max()].set_index("phase")["mean_error"]
    sentences += [
        f"{str(phase).capitalize()} forecasts were {'too high' if error > 0 else 'too low'} on average, by "
        f"{words.percent(abs(float(error)))}, at the farthest year." for phase, error in lean.items()
    ]  # fmt: skip
    inside = float(own["inside_80"].mean())
    few = int(own["forecasts"].sum())
    sentences.append(f"{words.percent(inside, 0)} of {few} counts fell inside the 80% range of their forecast.")
    return implications(*sentences)
