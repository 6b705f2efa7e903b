"""Pupils by year group: the pyramid, the phases, cohorts followed, what moves them, areas, the survey's tables."""

from __future__ import annotations

from functools import partial
from typing import Literal

import pandas as pd

from forecasting.axes import PHASES
from forecasting.errors import MethodUnavailable
from forecasting.model.population_survey import SCAP_YEARS, scap_table
from forecasting.model.pupil_tables import people_by_age
from forecasting.model.pupils import follows_cohorts, projected
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Section, Table
from forecasting.outputs.subjects.common import View, bar_figure, by_label, has_range, line_figure, yearly
from forecasting.whole_numbers import whole_numbers

DRIVERS = {
    "cohorts": "Cohorts already born move up", "births": "Births", "take_up": "Take-up of Reception and nursery",
    "survival": "Moving up and transfers", "migration": "Arrivals and leavers", "housing": "New dwellings",
    "cross_border": "Year 7 from elsewhere", "interaction": "What these do together",
}  # fmt: skip
COHORTS = (9, 6, 3, 0)  # NC years in the base year of the cohorts that are followed
LAST_SCHOOL_YEAR = 11


def year_group_name(group: int) -> str:
    """Return an NC year in words: Reception, Year 7, Nursery (N2), Nursery (N1)."""
    if group < 0:
        return {-1: "Nursery, age 3", -2: "Nursery, age 2"}.get(group, f"Age {group + 4}")
    return f"Year {group}" if group else "Reception"


def year_group_sections(view: View) -> tuple[Section, ...]:
    """Return what is known of pupils by year group; nothing where the forecast has totals only."""
    if not view.has("pupils", "nc_year"):
        return ()
    cohorts = _cohorts(view)
    groups = (_pyramid(view), _phases(view), *((cohorts,) if cohorts else ()))
    found = [Section("Year groups", groups)]
    if view.has("pupils_growth", component="cohorts"):
        found.append(Section("What moves the number of pupils", (_drivers(view), _account(view)), _ABOUT_DRIVERS))
    if view.has("pupils", "area"):
        found.append(Section("Planning areas", (_areas(view),)))
    survey = _survey(view)
    if survey:
        found.append(Section("As in the School Capacity survey", survey, _ABOUT_SURVEY))
    return tuple(found)


_ABOUT_DRIVERS = (
    "Each line is what one cause does alone, from the base year on; the last is what they do only together, so that "
    "the sum is the change exactly."
)
_ABOUT_SURVEY = "Mainstream and other pupils on roll, whole pupils of the central run, by academic year and year group."


def _pyramid(view: View) -> Figure:
    margin = view.forecast.margin("pupils", "nc_year")
    years, groups = margin.labels
    columns = {f"January {year}": margin.stats[0][years.index(year)] for year in dict.fromkeys((view.first, view.last))}
    names = tuple(year_group_name(int(group)) for group in reversed(groups))
    read = pd.DataFrame({"Year group": names, **{name: values[::-1] for name, values in columns.items()}})
    data = read.melt("Year group", var_name="series").rename(columns={"Year group": "name"})
    now = read.iloc[:, [0, -1]].set_index("Year group").iloc[:, 0]
    top = str(now.idxmax())
    title = f"{top} is the largest year group in {view.last}"
    note = view.note(view.source("pupils"))
    return Figure(
        "year_groups", title, f"Pupils on roll by year group, {view.name}, January {view.first} and {view.last}",
        f"{top} has {words.count(float(now.max()))} pupils in {view.last}.",
        partial(charts.pyramid, names, tuple(columns), "pupils"), data,
        Table("year_groups", title, read, dict.fromkeys(columns, "count"), note), note,
    )  # fmt: skip


def _phases(view: View) -> Figure:
    labels = [str(phase) for phase in view.forecast.margin("pupils", "phase").labels[1]]
    data = yearly(view, [(PHASES.label(phase), "pupils", {"phase": phase}) for phase in labels])
    moves = [(view.at("pupils", view.last, phase=p) - view.at("pupils", view.first, phase=p), p) for p in labels]
    most, phase = max(moves, key=lambda move: abs(move[0]))
    way = "gains" if most >= 0 else "loses"
    first = int(data["year"].min())
    return line_figure(
        view, "pupils_by_phase",
        f"{PHASES.label(phase)} {way} {words.count(abs(most))} pupils by {view.last}",
        f"Pupils on roll by phase, {view.name}, January {first} to {view.last}; forecast from {view.first + 1}"
        + (", shaded: 80% of draws" if has_range(data) else ""),
        f"{PHASES.label(phase)} {way} most: {words.count(abs(most))} pupils from {view.first} to {view.last}.", data,
        y="pupils", unit="count", source=view.source("pupils"),
    )  # fmt: skip


def _cohorts(view: View) -> Figure | None:
    margin = view.forecast.margin("pupils", "nc_year")
    years, groups = ([int(label) for label in labels] for labels in margin.labels)
    pupils = margin.stats[0]
    rows = [
        (year, f"Reception in {view.first - now}", pupils[years.index(year), groups.index(group)], group)
        for now in COHORTS for year in years
        if 0 <= (group := year - view.first + now) <= LAST_SCHOOL_YEAR and group in groups
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["year", "series", "value", "group"])
    if data.empty:
        return None
    data = data.assign(low=data["value"], high=data["value"])
    entry = data[data["group"] == 0].sort_values("year")
    first, last = entry.iloc[0], entry.iloc[-1]
    way = "smaller" if last["value"] < first["value"] else "larger"
    drawn = data.drop(columns="group")
    return line_figure(
        view, "cohorts", f"Reception of {last['year']} is {way} than that of {first['year']}",
        f"Pupils of four cohorts from Reception to Year 11, {view.name}, January {data['year'].min()} to "
        f"{data['year'].max()}; forecast from {view.first + 1} (axis not from zero)",
        f"{words.count(float(first['value']))} pupils entered Reception by {first['year']}, "
        f"{words.count(float(last['value']))} by {last['year']}.", drawn,
        y="pupils", unit="count", source=view.source("pupils"), zero=False,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- drivers


def _effects(view: View) -> list[tuple[str, int]]:
    """Return each cause and what it does to the pupils of the last year, in whole pupils that add up to the change."""
    known = [name for name in DRIVERS if view.has("pupils_growth", component=name)]
    values = [view.at("pupils_growth", view.last, component=name) for name in known]
    change = round(view.at("pupils", view.last)) - round(view.at("pupils", view.first))
    return [(DRIVERS[name], value) for name, value in zip(known, whole_numbers(values, change).tolist(), strict=True)]


def _drivers(view: View) -> Figure:
    effects = _effects(view)
    name, most = max(effects, key=lambda effect: abs(effect[1]))
    data = pd.DataFrame({"name": [n for n, _ in effects], "series": "pupils", "value": [float(v) for _, v in effects]})
    size = f"{'+' if most >= 0 else '−'}{words.count(abs(most))} pupils"
    return bar_figure(
        view, "pupil_drivers", f"{name}: {size}",
        f"Change in pupils on roll by cause, {view.name}, January {view.first} to {view.last}, central run",
        f"{name}: {size}, the most of all causes.", data,
        x="pupils", unit="count", source=view.source("pupils"), label="Cause", beside=False,
    )  # fmt: skip


def _account(view: View) -> Table:
    """Return the base year, each cause, and the last year in whole pupils that add up."""
    rows = [(f"Pupils in {view.first}", round(view.at("pupils", view.first))), *_effects(view),
            (f"Pupils in {view.last}", round(view.at("pupils", view.last)))]  # fmt: skip
    note = view.note("computed; rounded so that the lines add up")
    frame = pd.DataFrame(rows, columns=["What", "Pupils"])
    return Table("pupil_account", f"From {view.first} to {view.last}", frame, {"Pupils": "count"}, note)


# -------------------------------------------------------------------------------- areas, survey, residents


def _areas(view: View) -> Table:
    read = pd.DataFrame()
    for year in (view.first, view.last):
        found = by_label(view, "pupils", "area", year, str).set_index("name")["value"]
        whole = whole_numbers(found.to_numpy(float), round(view.at("pupils", year)))
        read[f"January {year}"] = pd.Series(whole, index=found.index, dtype="float64")
    read["Change"] = read.iloc[:, 1] - read.iloc[:, 0]
    note = view.note(f"{view.source('pupils')}; each area keeps its share of every year group of the base year")
    formats = dict.fromkeys(read.columns, "count")
    return Table("areas", "Pupils on roll by planning area", read.rename_axis("Area").reset_index(), formats, note)


def _survey(view: View) -> tuple[Table, ...]:
    run = view.run
    if not follows_cohorts(run.dataset, run.assumptions):
        return ()
    found = projected(run.dataset, run.assumptions, view.first + max(SCAP_YEARS.values()))
    phases: tuple[Literal["primary", "secondary"], ...] = ("primary", "secondary")
    tables = []
    for phase in phases:
        try:
            frame = scap_table(found, phase)
        except MethodUnavailable:  # the dataset does not have every year group of the phase
            continue
        frame = frame.rename(columns={"academic_year": "Academic year", "total": "Total"})
        formats = dict.fromkeys(frame.columns[1:], "count")
        year = str(frame["Academic year"].iloc[0])
        note = view.note(f"{view.source('pupils')}; January {found.years[0]} belongs to {year}")
        tables.append(Table(f"survey_{phase}", f"{PHASES.label(phase)} pupils by year group", frame, formats, note))
    return tuple(tables)


def residents_by_year(view: View) -> Table:
    """Return residents year by year, actual and projected kept apart."""
    margin = view.forecast.margin("residents", "nc_year")
    years, groups = ([int(label) for label in labels] for labels in margin.labels)
    people = people_by_age(view.run.dataset)
    ahead = set(people.loc[people["projected"], "year"])
    ages = f"aged {min(groups) + 4} to {max(groups) + 4}"
    frame = pd.DataFrame({
        "Year": years, "Kind": ["projected" if year in ahead else "actual" for year in years],
        f"Residents {ages}": margin.stats[0].sum(axis=1),
    })  # fmt: skip
    if 0 in groups:
        frame["of them aged 4 (Reception)"] = margin.stats[0][:, groups.index(0)]
    note = view.note(f"{view.source('population')}; projected years follow the levers of births and arrivals")
    return Table("residents", f"Residents {ages}", frame, dict.fromkeys(frame.columns[2:], "count"), note)
