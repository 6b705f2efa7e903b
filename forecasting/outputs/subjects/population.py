"""Population: how many pupils, and how fast they grow."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from forecasting.outputs import words
from forecasting.outputs.figure import Figure, Section, Subject, Table
from forecasting.outputs.subjects.common import Parts, View, has_range, implications, line_figure, wide, yearly
from forecasting.outputs.subjects.year_groups import residents_by_year, year_group_sections


def population_head(view: View) -> Subject:
    """Return the answer and the headline figures of the subject "Population"."""
    if not view.has("pupils"):
        return Subject("population", "Population", f"The dataset has no pupils of {view.name}: add the table pupils.",
                       (), (), ())  # fmt: skip
    growth = view.at("pupils_growth", view.last)
    answer = (
        f"{view.name}'s schools go from {words.count(view.at('pupils', view.first))} pupils in {view.first} to "
        f"{words.count(view.at('pupils', view.last))} in {view.last}: {words.change(growth, 'count', str(view.first))}."
    )
    metrics = [view.metric("Pupils", "pupils", "Pupils on roll in the area's schools, wherever they live.")]
    if view.has("pupils_with_sen"):
        metrics.append(view.metric("Pupils with SEN", "pupils_with_sen", "SEN support and EHC plans together."))
    return Subject("population", "Population", answer, tuple(metrics), (), ())


def population(view: View) -> Subject:
    """Return the subject "Population" of a run."""
    if not view.has("pupils"):
        return population_head(view)
    sections = [Section("Pupils on roll", (_pupils(view),)), *year_group_sections(view)]
    if view.has("pupils_with_sen"):
        sections.append(Section("Pupils with SEN", (_sen(view),)))
    if view.has("residents", "nc_year"):
        sections.append(Section("Residents", (residents_by_year(view),)))
    elif view.has("residents"):
        sections.append(Section("Residents", (_residents(view),)))
    return replace(population_head(view), sections=tuple(sections), implications=_implications(view))


def _pupils(view: View) -> Figure:
    data = yearly(view, [("Pupils on roll", "pupils", {})])
    if view.run.scenario.hash != view.baseline.scenario.hash:
        other = yearly(View(view.baseline, view.baseline), [("Baseline", "pupils", {})])
        data = pd.concat([data, other], ignore_index=True)
    grown = view.at("pupils_growth", view.last) / view.at("pupils", view.first)
    title = f"Pupils {'rise' if grown >= 0 else 'fall'} by {words.percent(abs(grown))} to {view.last}"
    return line_figure(
        view, "pupils", title,
        f"Pupils on roll, {view.name}, {int(data['year'].min())} to {view.last} (axis not from zero)"
        + (f"; forecast from {view.first + 1}, shaded: 80% of draws" if has_range(data) else ""),
        f"{words.count(view.at('pupils', view.first))} pupils in {view.first}, "
        f"{words.count(view.at('pupils', view.last))} in {view.last}.", data,
        y="pupils", unit="count", source=view.source("pupils"), zero=False,
    )  # fmt: skip


def _sen(view: View) -> Figure:
    parts: Parts = [("Pupils with SEN", "pupils_with_sen", {}), ("of them SEN support", "sen_support", {}),
             ("of them EHC plan", "pupils_with_ehc_plan", {})]  # fmt: skip
    data = yearly(view, [part for part in parts if view.has(part[1])])
    return line_figure(
        view, "pupils_with_sen", f"{words.count(view.at('pupils_with_sen', view.last))} pupils with SEN in {view.last}",
        f"Pupils with SEN support or an EHC plan in {view.name}'s schools, {view.first} to {view.last}",
        f"Pupils with SEN go from {words.count(view.at('pupils_with_sen', view.first))} to "
        f"{words.count(view.at('pupils_with_sen', view.last))}.", data,
        y="pupils", unit="count", source=view.source("sen"),
    )  # fmt: skip


def _residents(view: View) -> Table:
    parts: Parts = [("Residents", "residents", {}), ("Pupils on roll", "pupils", {})]
    read = wide(yearly(view, parts)).dropna()
    if view.has("pupils_share_of_population"):
        read["Pupils per 100 residents"] = read["Pupils on roll"] / read["Residents"]
    formats = {"Residents": "count", "Pupils on roll": "count", "Pupils per 100 residents": "fraction"}
    note = view.note(f"{view.source('population')}; years between are interpolated evenly")
    return Table("residents", "Residents and pupils", read, formats, note)


def _implications(view: View) -> tuple[str, ...]:
    growth = view.at("pupils_growth", view.last)
    way = "more" if growth >= 0 else "fewer"
    kind = view.run.assumptions.word("pupil_growth_kind")
    steady = (
        ""
        if view.has("pupils_growth", component="cohorts")
        else (
            f"Growth is {kind}: "
            + ("the same number of pupils each year." if kind == "simple" else "each year's growth grows on the last.")
        )
    )
    return implications(
        f"Schools have {words.count(abs(growth))} {way} pupils in {view.last} than in {view.first}.",
        f"{words.change(view.at('pupils_with_sen_growth', view.last), 'count', str(view.first))[1:]} is the "
        f"{'rise' if growth >= 0 else 'fall'} in pupils with SEN that goes with it, at today's share of pupils."
        if view.has("pupils_with_sen_growth") and abs(view.at("pupils_with_sen_growth", view.last)) >= 0.5 else "",
        steady,
    )  # fmt: skip
