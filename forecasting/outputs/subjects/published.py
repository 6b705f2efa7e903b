"""Published against recomputed: every printed result, what the engine gives, and what contradicts it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from forecasting.axes import MEASURES
from forecasting.inputs.dataset import Dataset
from forecasting.model.forecast import Forecast, NoSuchMargin
from forecasting.outputs import words
from forecasting.outputs.figure import Metric, Section, Subject, Table
from forecasting.outputs.subjects import followed
from forecasting.outputs.subjects.common import View, implications

_SCALE = {"pct": 100.0, "gbp_m": 1e-6}
_SEVERITY = {"high": "High", "medium": "Medium", "low": "Low"}


def recomputed(dataset: Dataset, forecast: Forecast) -> pd.DataFrame:
    """Return the printed results with the recomputed figure, the difference and whether they agree.

    The recomputed figure is brought to the printed unit and rounded to the printed decimals, then compared within the
    printed tolerance.
    """
    rows = []
    for item in dataset.table("published").to_dict("records"):
        scale = _SCALE.get(item["unit"], 1.0)
        value = _find(forecast, item)
        decimals = _decimals(item["unit"])
        shown = None if value is None else round(value * scale, decimals)
        agrees = shown is not None and abs(shown - item["value"]) <= item["tolerance"] + 1e-9
        rows.append({**item, "recomputed": shown, "exact": None if value is None else value * scale, "agrees": agrees})
    return pd.DataFrame(rows)


def _decimals(unit: str) -> int:
    if unit in ("count", "gbp"):
        return 0
    return 2 if unit == "gbp_m" else 1


def _find(forecast: Forecast, item: Mapping[Hashable, Any]) -> float | None:
    at = {axis: str(item[axis]) for axis in ("setting", "provider", "need") if item[axis]}
    year = None if pd.isna(item["year"]) else int(float(str(item["year"])))
    component = str(item["component"] or "")
    provider = at.pop("provider", "") if "setting" in at else ""
    try:
        if provider:
            margin = forecast.margin(str(item["measure"]), "provider", component=component, **at)
            return float(margin.stats[0, margin.labels[0].index(int(year or 0)), margin.labels[1].index(provider)])
        return forecast.value(str(item["measure"]), year, component=component, **at)
    except (NoSuchMargin, ValueError):
        return None


def published(view: View) -> Subject:
    """Return the subject "Published against recomputed" of a run."""
    if not view.run.dataset.has("published"):
        answer = f"The dataset has no printed results of {view.name} to compare with: add the table published."
        return Subject("published", "Published against recomputed", answer, (), (), ())
    results = recomputed(view.run.dataset, view.run.forecast)
    agree = int(results["agrees"].sum())
    answer = (
        f"{agree} of {len(results)} printed results are reproduced by the scenario {view.run.scenario.name}."
        + (" The scenario published uses the printed constants and reproduces all." if agree < len(results) else "")
    )  # fmt: skip
    conflicts = view.run.dataset.table("contradictions")
    serious = int((conflicts["severity"] == "high").sum()) if len(conflicts) else 0
    metrics = (
        Metric("Printed results", str(len(results)), "", "Rows of the table published.", len(results)),
        Metric("Reproduced", str(agree), "", "Equal after rounding to the printed decimals, within the tolerance.",
               agree),
        Metric("Contradictions found", str(len(conflicts)), f"{serious} of them serious" if serious else "",
               "Places where the papers disagree with themselves.", len(conflicts)),
    )  # fmt: skip
    sections = [Section("Every printed result", (_results_table(view, results),))]
    saved = followed.section(view)
    sections += [saved] if saved else []
    if len(conflicts):
        sections.append(Section("Contradictions", (_contradictions(view, conflicts),), _CONTRADICTION_TEXT))
    return Subject(
        "published", "Published against recomputed", answer, metrics, tuple(sections), _implications(results, conflicts)
    )


_CONTRADICTION_TEXT = (
    "Where the papers print two figures for one thing, both are shown, with what recomputing gives. "
    "Neither is silently preferred: the scenario published keeps the printed constant, the baseline computes."
)


def _results_table(view: View, results: pd.DataFrame) -> Table:
    touched = view.run.dataset.table("contradictions")
    frame = pd.DataFrame({
        "Result": results["id"],
        "What": [_describe(view, row) for row in results.to_dict("records")],
        "Printed": [_shown(row["value"], row["unit"]) for row in results.to_dict("records")],
        "Recomputed": [_shown(row["recomputed"], row["unit"]) for row in results.to_dict("records")],
        "Difference": [_difference(row) for row in results.to_dict("records")],
        "Agrees": ["yes" if agrees else "no" for agrees in results["agrees"]],
        "How": results["how"], "Printed in": results["source"],
        "Contradicted by": [", ".join(_touching(touched, result)) for result in results["id"]],
    })  # fmt: skip
    return Table("published", "Printed and recomputed", frame, {}, view.note("the published assessment and its papers"))


def _touching(conflicts: pd.DataFrame, result: str) -> list[str]:
    return [i for i, results in zip(conflicts["id"], conflicts["results"], strict=True) if result in results.split("|")]


def _describe(view: View, row: Mapping[Hashable, Any]) -> str:
    words_ = [MEASURES.label(str(row["measure"])), str(row["component"] or "").replace("_", " ")]
    if row["need"]:
        words_.append(view.run.dataset.needs.label(str(row["need"])))
    if row["setting"]:
        words_.append(view.run.dataset.settings.label(str(row["setting"])))
    words_ += [str(row["provider"] or ""), "" if pd.isna(row["year"]) else str(int(float(str(row["year"]))))]
    text = ", ".join(word for word in words_ if word)
    return text[0].upper() + text[1:]


def _shown(value: Any, unit: Any) -> str:
    if value is None or pd.isna(value):
        return "not computed"
    number = float(str(value))
    texts = {"pct": f"{words.count(number, 1)}%", "gbp_m": f"£{words.count(number, 2)} million"}
    return texts.get(str(unit), words.gbp_plain(number) if unit == "gbp" else words.count(number))


def _difference(row: Mapping[Hashable, Any]) -> str:
    if row["recomputed"] is None or pd.isna(row["recomputed"]):
        return ""
    gap = float(str(row["recomputed"])) - float(str(row["value"]))
    return "none" if abs(gap) < 1e-9 else f"{gap:+,.2f}".rstrip("0").rstrip(".").replace("-", "−")


def _contradictions(view: View, conflicts: pd.DataFrame) -> Table:
    order = pd.Categorical(conflicts["severity"], ["high", "medium", "low"], ordered=True)
    rows = conflicts.assign(order=order).sort_values(["order", "id"], kind="stable")
    frame = pd.DataFrame({
        "Number": rows["id"], "How serious": rows["severity"].map(_SEVERITY), "Printed": rows["printed"],
        "Recomputed": rows["recomputed"], "In plain words": rows["explanation"],
        "Results touched": rows["results"].str.replace("|", ", "),
        "Where": rows["source"],
    })  # fmt: skip
    return Table(
        "contradictions", "Where the papers disagree with themselves", frame, {}, view.note("the papers named")
    )


def _implications(results: pd.DataFrame, conflicts: pd.DataFrame) -> tuple[str, ...]:
    missed = [str(row["id"]) for row in results.to_dict("records") if not row["agrees"]]
    return implications(
        f"Results that this scenario does not reproduce: {words.join(missed)}." if missed
        else "Every printed result follows from the figures and constants of the papers.",
        f"{len(conflicts)} contradictions in the papers show how much a figure can hang on an unstated choice."
        if len(conflicts) else "",
    )  # fmt: skip
