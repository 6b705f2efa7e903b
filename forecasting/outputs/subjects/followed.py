"""The saving of the projects: as printed, at average unit costs, and with children followed to where they would go."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.analysis.appraisal import discount_rate, net_present_value, outlay, payback, unpriced
from forecasting.analysis.followed import Followed, followed
from forecasting.outputs import words
from forecasting.outputs.figure import Section, Table
from forecasting.outputs.subjects.common import View
from forecasting.periods import to_financial_years, year_to_financial_year
from forecasting.values import Floats

_YOUNGEST = "early_years"


def section(view: View) -> Section | None:
    """Return what the projects save on each reckoning, and project by project; None where children are not followed."""
    found = followed(view.run)
    if found is None:
        return None
    return Section("What the projects save: printed and followed", (_ways(view, found), _by_project(view, found)),
                   _text(view, found))  # fmt: skip


def _text(view: View, found: Followed) -> str:
    year, home, net = found.years[-1], float(found.home[-1]), float(found.net[-1])
    built = "" if view.run.programme.on.any() else "No project is on in this scenario, so all of them are followed. "
    paid = [words.gbp(float(part[-1])) for part in (found.fees, found.places, found.top_up)]
    return (
        f"{built}Followed to where they would have gone, {words.count(home)} more children are in the borough in "
        f"January {year} because {words.count(net)} net-new places are open. A child moves mostly at Reception, "
        f"Year 7 and Year 12, and an empty place is paid for too. In {year_to_financial_year(year)} the account pays "
        f"{paid[0]} less in fees, {paid[1]} more for places and {paid[2]} more in top-up: "
        f"{_saved(float(found.together[-1]))}{_range(view)}."
    )


def _range(view: View) -> str:
    """Return the 80% range of the saving of the last year; "" without draws or with no project on."""
    if not view.forecast.draws or not view.has("saving_gbp", component="programme"):
        return ""
    low, high = (view.at("saving_gbp", view.last, component="programme", statistic=name) for name in ("p10", "p90"))
    return f" (80% range {words.gbp(low)} to {words.gbp(high)})"


def _saved(gbp: float) -> str:
    return f"{words.gbp(abs(gbp))} {'saved' if gbp >= 0 else 'more spent'}"


def _ways(view: View, found: Followed) -> Table:
    rows = [*_printed(view, found), *_average(view, found), *_own(found)]
    frame = pd.DataFrame(rows, columns=["Way of reckoning", "Saving a year", "Why it differs"])
    note = " ".join([view.note(f"{view.source('projects')}; docs/method_costs.md", money=True), *found.notes])
    return Table(
        "ways", "What the projects save a year, on each way of reckoning", frame, {"Saving a year": "gbp"}, note
    )


Row = tuple[str, float, str]


def _chosen(view: View, found: Followed) -> tuple[pd.DataFrame, Floats]:
    """Return the rows of the projects that are followed, and their net-new places."""
    table, plan = view.run.dataset.table("projects"), view.run.programme
    kept = table["project"].isin(found.projects).to_numpy(bool)
    return table.loc[kept], plan.net[kept]


def _printed(view: View, found: Followed) -> list[Row]:
    table, _ = _chosen(view, found)
    known = table[table["saving_gbp_per_year"].notna() & table["places"].gt(0)]
    if known.empty:
        return []
    each = known["saving_gbp_per_year"] / known["places"]
    why = (
        f"{len(known)} of {len(table)} projects print a saving, {words.gbp(float(each.min()))} to "
        f"{words.gbp(float(each.max()))} a place. Each place is taken as full from the first day, by a child from one "
        "of the dearest placements."
    )
    return [("As printed in the proposals", float(known["saving_gbp_per_year"].sum()), why)]


def _average(view: View, found: Followed) -> list[Row]:
    if not view.has("saving_per_repatriated_place_gbp"):
        return []
    each = view.at("saving_per_repatriated_place_gbp", view.last)
    table, net = _chosen(view, found)
    gross, new = float(table["places"].sum()), float(net.sum())
    older = float(net[(table["phase"] != _YOUNGEST).to_numpy(bool)].sum())
    rows: list[Row] = [
        (
            f"{words.count(gross)} places at the average unit costs",
            gross * each,
            f"Every place saves {words.gbp(each)}: the average out of the authority less the average here.",
        )
    ]
    if new != gross:
        rows.append(
            (
                f"{words.count(new)} net-new places",
                new * each,
                f"{words.count(gross - new)} places replace places that close, so they bring nobody back.",
            )
        )
    if older != new:
        rows.append((f"{words.count(older)} net-new places without early years", older * each,
                     f"{words.count(new - older)} places are for children under five, who are not placed out of the "
                     "authority."))  # fmt: skip
    if view.has("places_needed", component="under_provision"):
        under = view.at("places_needed", view.last, component="under_provision")
        if under:
            rows.append((f"{words.count(under)} places of under-provision", under * each,
                         "Counts places for children now out of the authority alone; places for growth are taken to "
                         "save nothing."))  # fmt: skip
    return rows


def _own(found: Followed) -> list[Row]:
    year = year_to_financial_year(found.years[-1])
    empty = max(float(found.net[-1] - found.home[-1]), 0.0)
    why = (
        f"Each child is followed to the setting it would otherwise have gone to; {words.count(empty)} of the "
        f"{words.count(float(found.net[-1]))} net-new places bring no further child into the borough by then, and are "
        "paid for."
    )
    in_year = float(to_financial_years(found.home, 0)[-1])
    if in_year >= 1:
        each = words.gbp(float(found.fees[-1]) / in_year)
        why += f" A child who comes home spares {each} in fees, on average."
    rows: list[Row] = [(f"Children followed, {year}", float(found.together[-1]), why)]
    if abs(float(found.transport[-1])) >= 1.0:
        rows.append((f"Transport besides, {year}", float(found.transport[-1]), "Outside the high-needs account."))
    return rows


def _by_project(view: View, found: Followed) -> Table:
    table, net = _chosen(view, found)
    year = year_to_financial_year(found.years[-1])
    names = [f"{project}. {where}" for project, where in zip(table["project"], table["provider"], strict=True)]
    data = view.run.dataset
    spent, lost = outlay(data, found.projects, found.years), unpriced(data)
    known = [np.where(name in lost, np.nan, row) for name, row in zip(found.projects, spent, strict=True)]
    each = [*zip(known, found.alone, strict=True), (spent.sum(axis=0), found.together)]
    frame = pd.DataFrame({
        "Project": [*names, "Together: interaction", "All projects"],
        "Net-new places": [*net, np.nan, float(net.sum())],
        "Printed saving": [*table["saving_gbp_per_year"], np.nan, float(table["saving_gbp_per_year"].sum())],
        f"Followed, alone, {year}": [*found.alone[:, -1], float(found.interaction[-1]), float(found.together[-1])],
        f"Net present value to {year}": _gap([net_present_value(capital, saved) for capital, saved in each]),
        "Payback, years": _gap([payback(capital, saved) for capital, saved in each]),
    })  # fmt: skip
    formats = dict.fromkeys(frame.columns[2:5], "gbp") | {"Net-new places": "count", "Payback, years": "decimal"}
    note = view.note(
        f"{view.source('projects')}; below zero: the places cost more than they save by then; blank payback: capital "
        f"not known, or not paid back by then; {discount_rate():.1%} a year", money=True,
    )  # fmt: skip
    return Table("followed", "Each project: printed and followed", frame, formats, note)


def _gap(values: list[float]) -> list[float]:
    """Return the values with a blank before the last: an interaction has no capital of its own."""
    return [*values[:-1], float("nan"), values[-1]]
