"""Track record: what each method would have said from each past January, against what came."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from forecasting.analysis.track_record import (
    SHORTEST,
    TrackRecord,
    afterwards,
    growth,
    told_then,
    track_record,
    years_known,
)
from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Metric, Section, Subject, Table
from forecasting.outputs.subjects.common import View, bar_figure, implications, line_figure

TITLE = "Track record"
NAMES = {
    "auto": "this product (auto)",
    "own_growth_3y": "own growth of 3 years",
    "last_value": "no change",
    "published_rate": "published rate, 1% a year",
}
SHOWN = (1, 3, 5)  # years ahead drawn in the chart


def track(view: View) -> Subject:
    """Return the subject "Track record" of a dataset; scenarios play no part in it."""
    found = track_record(view.run.dataset)
    later = _afterwards(view)
    after = (Section("What was said, and what happened", later),) if later else ()
    if found is None:
        answer = (
            f"The record of {view.name} is too short: {years_known(view.run.dataset)} years of EHC plans are known, "
            f"and {SHORTEST} are needed. Add earlier years to the table ehc_plans."
        )
        return Subject("track_record", TITLE, answer, (), after, ())
    sections = (
        Section("What would have been said", (_said(view, found),), _HOW),
        Section("How far off each method was", (_errors(view, found), _table(view, found), _every(view, found))),
        *((Section("In the Department's form", (form,), _FORM),) if (form := _department(view, found)) else ()),
        *after,
    )
    return Subject("track_record", TITLE, _answer(view, found), _metrics(found), sections, _implications(found))


_HOW = "Each forecast is made anew from nothing later than the January that it starts from."


def _score(found: TrackRecord, method: str, horizon: int, column: str) -> float:
    rows = found.scores.loc[(found.scores["method"] == method) & (found.scores["horizon"] == horizon), column]
    return float(rows.iloc[0]) if len(rows) else float("nan")


def _longest(found: TrackRecord) -> int:
    return int(found.scores["horizon"].max())


def _answer(view: View, found: TrackRecord) -> str:
    far = _longest(found)
    return (
        f"Had this product forecast EHC plans for {view.name} in past years, it would have been "
        f"{words.percent(_score(found, 'auto', 1, 'wape'))} off one year ahead and "
        f"{words.percent(_score(found, 'auto', far, 'wape'))} off {words.things(far, 'year')} ahead; the published "
        f"rate {words.percent(_score(found, 'published_rate', far, 'wape'))}."
    )


def _metrics(found: TrackRecord) -> tuple[Metric, ...]:
    wanted = [h for h in SHOWN if h <= _longest(found)]
    shown = [
        Metric(
            f"Error {h} year{'s' if h > 1 else ''} ahead", words.percent(_score(found, "auto", h, "wape")),
            f"{words.count(_score(found, 'auto', h, 'mae'))} plans on average",
            "Sum of absolute errors over the sum of what came.", _score(found, "auto", h, "wape"), "fraction",
        )
        for h in wanted
    ]  # fmt: skip
    cases = found.cases[found.cases["method"] == "auto"]
    inside = float(((cases["actual"] >= cases["p10"]) & (cases["actual"] <= cases["p90"])).mean())
    held = Metric(
        "80% ranges that held", words.percent(inside, 0), f"of {len(cases)} forecasts",
        "They should hold about 80% of the time.", inside, "fraction",
    )  # fmt: skip
    return (*shown, held)


def _said(view: View, found: TrackRecord) -> Figure:
    cases = found.cases[found.cases["method"] == "auto"]
    parts = [found.actual.assign(series="what came")]
    for h in SHOWN:
        rows = cases.loc[cases["horizon"] == h, ["year", "mean"]].rename(columns={"mean": "value"})
        if len(rows):
            parts.append(rows.assign(series=f"said {h} year{'s' if h > 1 else ''} before"))
    data = pd.concat(parts, ignore_index=True)[["year", "series", "value"]]
    data = data.assign(low=data["value"], high=data["value"])
    worst = cases.iloc[int((cases["mean"] - cases["actual"]).abs().to_numpy().argmax())]
    return line_figure(
        view, "said_and_came", "What came, and what would have been said",
        f"EHC plans, {view.name}, January {data['year'].min()} to {data['year'].max()}; forecasts of this product",
        f"The largest miss: from {int(worst['origin'])}, {words.count(worst['mean'])} were forecast for "
        f"{int(worst['year'])}; {words.count(worst['actual'])} came.", data,
        y="plans", unit="count", source=view.source("ehc_plans"),
    )  # fmt: skip


def _errors(view: View, found: TrackRecord) -> Figure:
    rows = found.scores.sort_values(["horizon", "method"])
    data = pd.DataFrame({
        "name": [f"{h} year{'s' if h > 1 else ''} ahead" for h in rows["horizon"]],
        "series": [NAMES[method] for method in rows["method"]], "value": rows["wape"] * 100,
    })  # fmt: skip
    far = _longest(found)
    best = NAMES[str(rows[rows["horizon"] == far].sort_values("wape")["method"].iloc[0])]
    return bar_figure(
        view, "errors_by_method", f"{far} years ahead, the nearest was: {best}",
        f"Sum of absolute errors over the sum of what came, per cent, {view.name}, by years ahead",
        f"{far} years ahead, {best} has the smallest error.", data,
        x="per cent", unit="percent", source=view.source("ehc_plans"), label="Years ahead",
    )  # fmt: skip


def _table(view: View, found: TrackRecord) -> Table:
    rows = found.scores.sort_values(["method", "horizon"])
    frame = pd.DataFrame({
        "Method": [NAMES[method] for method in rows["method"]], "Years ahead": rows["horizon"].to_numpy(),
        "Forecasts": rows["n"].to_numpy(), "Error, plans": rows["mae"].to_numpy(),
        "Error": rows["wape"].to_numpy(), "Bias": rows["bias"].to_numpy(),
        "80% range held": rows["in80"].to_numpy(), "95% range held": rows["in95"].to_numpy(),
    })  # fmt: skip
    formats = {"Forecasts": "count", "Error, plans": "count",
               **dict.fromkeys(("Error", "Bias", "80% range held", "95% range held"), "fraction")}  # fmt: skip
    note = "Error: mean absolute error, in plans and over what came. Bias: positive = too high. Blank: no range."
    return Table("track_scores", "Error, bias and ranges by method", frame, formats,
                 f"{note} {view.note(view.source('ehc_plans'))}")  # fmt: skip


def _every(view: View, found: TrackRecord) -> Table:
    rows = found.cases[found.cases["method"] == "auto"].sort_values(["origin", "horizon"])
    frame = pd.DataFrame({
        "Made in January": rows["origin"].to_numpy(), "For January": rows["year"].to_numpy(),
        "Said": rows["mean"].to_numpy(), "80% range from": rows["p10"].to_numpy(), "to": rows["p90"].to_numpy(),
        "Came": rows["actual"].to_numpy(), "Error, plans": (rows["mean"] - rows["actual"]).to_numpy(),
        "Error": (rows["mean"] / rows["actual"] - 1).to_numpy(),
    })  # fmt: skip
    formats = {**dict.fromkeys(("Said", "80% range from", "to", "Came", "Error, plans"), "count"), "Error": "fraction"}
    return Table("track_forecasts", "Every forecast by auto", frame, formats, view.note(view.source("ehc_plans")))


_FORM = (
    "The Department's school places scorecards state forecasts of pupils one and three years ahead as forecast ÷ "
    "counted − 1: above zero the forecast was too high. Here the same is stated of EHC plans, for forecasts by auto."
)


def _department(view: View, found: TrackRecord) -> Table | None:
    """Return, for each January, the error of the forecasts made one and three years before it."""
    cases = found.cases[(found.cases["method"] == "auto") & found.cases["horizon"].isin([1, 3])]
    if cases.empty:
        return None
    wide = cases.assign(error=cases["mean"] / cases["actual"] - 1).pivot_table("error", "year", "horizon")
    came = cases.groupby("year")["actual"].first()
    frame = pd.DataFrame({
        "January": wide.index.to_numpy(), "EHC plans counted": came.reindex(wide.index).to_numpy(),
        "Forecast 1 year before": wide.reindex(columns=[1])[1].to_numpy(),
        "Forecast 3 years before": wide.reindex(columns=[3])[3].to_numpy(),
    })  # fmt: skip
    formats = {"EHC plans counted": "count", **dict.fromkeys(frame.columns[2:], "fraction")}
    return Table("track_department", "Forecast ÷ counted − 1", frame, formats, view.note(view.source("ehc_plans")))


def _afterwards(view: View) -> tuple[Figure | Table, ...]:
    rows = afterwards(view.run.dataset)
    if rows.empty:
        return ()
    actual = rows["series"].iloc[0]
    came = rows[rows["series"] == actual].set_index("year")["plans"]
    data = rows.rename(columns={"plans": "value"}).assign(low=rows["plans"], high=rows["plans"])
    data = data[["year", "series", "value", "low", "high"]]
    every = pd.concat([data, told_then(view.run.dataset)], ignore_index=True)[list(data.columns)]
    last = every[every["series"] != actual].groupby("series", sort=False).tail(1)
    said = last.assign(came=came.reindex(last["year"]).to_numpy()).dropna(subset=["came"])
    said = said.assign(error=said["value"] / said["came"] - 1)
    worst = said.iloc[int(said["error"].abs().to_numpy().argmax())]
    told = [_in_words(row) for row in said.to_dict("records")]
    source = "; ".join(dict.fromkeys(rows["source"]))
    side = "high" if worst["error"] > 0 else "low"
    figure = line_figure(
        view, "afterwards", f"Farthest off: {worst['series']}, {words.percent(abs(worst['error']), 0)} too {side}",
        f"EHC plans (statements before 2014), {view.name}, January {data['year'].min()} to {data['year'].max()}",
        ". ".join(told) + ".", data, y="plans", unit="count", source=source,
    )  # fmt: skip
    return figure, _said_table(view, said, source)


def _in_words(row: dict[Hashable, Any]) -> str:
    miss, side = abs(row["value"] - row["came"]), "high" if row["error"] > 0 else "low"
    said = f"{row['series']}: {words.count(row['value'])} for {row['year']}"
    return f"{said}, {words.count(miss)} too {side} ({words.percent(row['error'], 0)})"


def _said_table(view: View, said: pd.DataFrame, source: str) -> Table:
    ranged = said["low"] != said["high"]
    frame = pd.DataFrame({
        "Who said it": said["series"].to_numpy(), "For January": said["year"].to_numpy(),
        "Said": said["value"].to_numpy(), "80% range from": said["low"].where(ranged).to_numpy(),
        "to": said["high"].where(ranged).to_numpy(), "Came": said["came"].to_numpy(),
        "Too high or too low": said["error"].to_numpy(),
    })  # fmt: skip
    formats = {**dict.fromkeys(("Said", "80% range from", "to", "Came"), "count"), "Too high or too low": "fraction"}
    note = "This method was given counts of authorities and of England up to that January and nothing later."
    return Table("said_afterwards", "What was said, beside what happened", frame, formats,
                 f"{note} Too low is negative. {view.note(source)}")  # fmt: skip


def _implications(found: TrackRecord) -> tuple[str, ...]:
    far = _longest(found)
    auto, bias = (_score(found, "auto", far, column) for column in ("wape", "bias"))
    rivals = {name: _score(found, name, far, "wape") for name in NAMES if name != "auto"}
    better = [NAMES[name] for name, error in rivals.items() if error < auto]
    side = "high" if bias > 0 else "low"
    own, england = growth(found.actual), growth(found.england)
    return implications(
        f"{words.things(far, 'year')} ahead, forecasts were too {side} by {words.percent(abs(bias))} on the whole.",
        f"Nearer {words.things(far, 'year')} ahead here: {words.join(better)}. One authority's record is short, and "
        "over many authorities the order can differ." if better else
        f"No simpler rule came nearer {words.things(far, 'year')} ahead.",
        f"Plans grew by {words.percent(own)} a year over these years, in England by {words.percent(england)}."
        if england == england else "",
    )  # fmt: skip
