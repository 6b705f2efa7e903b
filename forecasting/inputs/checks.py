"""Checks that need more than one cell: totals against parts, tables against each other, levers and scenarios."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecasting.errors import Fault
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.facts import FARTHEST, is_year
from forecasting.inputs.margins import margin, total
from forecasting.inputs.schema import STARTING_TABLES, time_of
from forecasting.inputs.sheets import Sheet

Tables = Mapping[str, pd.DataFrame]
Origin = Mapping[str, Sheet]


def check_tables(tables: Tables, origin: Origin) -> list[Fault]:
    """Return the faults between rows and between tables."""
    faults = check_lines(tables, origin)
    for check in (_base_year_in_data, _projects_known, _sen_within_pupils, _roll_within_capacity):
        faults += check(tables, origin)
    return faults


def check_lines(tables: Tables, origin: Origin) -> list[Fault]:
    """Return the faults that the rows of one table show by themselves, whatever the others hold."""
    return [fault for check in (_forecast_to, _parents, _weights) for fault in check(tables, origin)]


def _fault(origin: Origin, table: str, row: int, column: str, found: str, allowed: str, todo: str) -> Fault:
    return Fault(origin[table].file, table, row, column, found, allowed, todo)


def _rows(frame: pd.DataFrame) -> list[tuple[int, dict[str, object]]]:
    records = [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
    return [(int(str(row)), values) for row, values in zip(frame.index, records, strict=True)]


def _forecast_to(tables: Tables, origin: Origin) -> list[Fault]:
    """The last year of the forecast comes after the base year, and within reach of it, where both are given."""
    about = tables["about"] if "about" in tables else pd.DataFrame({"key": [], "value": []})
    base = [str(value) for value in about.loc[about["key"] == "base_year", "value"]]
    return [
        _fault(origin, "about", row, "value", f"forecast_to is {values['value']}, base_year {base[0]}",
               f"a January from {int(base[0]) + 1} to {int(base[0]) + FARTHEST}",
               "correct one of the two, or leave forecast_to out")
        for row, values in _rows(about[about["key"] == "forecast_to"])
        if base and is_year(base[0]) and is_year(str(values["value"]))
        and not 0 < int(str(values["value"])) - int(base[0]) <= FARTHEST
    ]  # fmt: skip


def _base_year_in_data(tables: Tables, origin: Origin) -> list[Fault]:
    """The base year against the Januaries that the tables to start from have: a forecast starts from one of these."""
    about = tables["about"]
    known = sorted({int(year) for name in STARTING_TABLES if name in tables
                    for year in tables[name][time_of(name)].dropna()})  # fmt: skip
    given = [(row, int(str(values["value"]))) for row, values in _rows(about[about["key"] == "base_year"])
             if str(values["value"]).isdecimal()]  # fmt: skip
    return [
        Fault(origin["about"].file, "about", row, "value", f"base_year is {year}; the data are of {_span(known)}",
              f"a January from {known[0]} to {known[-1]}", "correct the base year, or add the figures of that January",
              "error" if year > known[0] else "warning")
        for row, year in given if known and not known[0] <= year <= known[-1] + 1
    ]  # fmt: skip


def _span(years: list[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]} to {years[-1]}"


def _parents(tables: Tables, origin: Origin) -> list[Fault]:
    if "budget" not in tables:
        return []
    budget = tables["budget"]
    lines = set(budget["line"])
    above = {(year, line): parent for year, line, parent in
             zip(budget["financial_year"], budget["line"], budget["parent"], strict=True)}  # fmt: skip
    circles = [
        _fault(origin, "budget", row, "parent", f'"{values["line"]}" is part of itself, through "{values["parent"]}"',
               "a line above it", "correct the parent: money in a circle is counted nowhere")
        for row, values in _rows(budget[budget["parent"] != ""])
        if _comes_back(str(values["financial_year"]), str(values["line"]), above)
    ]  # fmt: skip
    return circles + [
        _fault(origin, "budget", row, "parent", f'"{values["parent"]}" is not a line', ", ".join(sorted(lines)),
               "add the parent line, or leave the cell blank")
        for row, values in _rows(budget[budget["parent"] != ""]) if values["parent"] not in lines
    ]  # fmt: skip


def _comes_back(year: str, line: str, above: Mapping[tuple[str, str], str]) -> bool:
    """Return whether the parents of a line lead back to it."""
    at, seen = above.get((year, line), ""), set[str]()
    while at and at not in seen and at != line:
        seen.add(at)
        at = above.get((year, at), "")
    return at == line


def _weights(tables: Tables, origin: Origin) -> list[Fault]:
    if "mappings" not in tables:
        return []
    mappings = tables["mappings"]
    totals = mappings.fillna({"weight": 1.0}).groupby(["table", "column", "local_value"])["weight"].sum()
    return [
        _fault(origin, "mappings", 0, "weight", f'the weights of "{key[2]}" add up to {total:g}', "1",
               "correct the weights so that they add up to 1")
        for key, total in totals.items() if isinstance(key, tuple) and abs(total - 1) > 1e-6
    ]  # fmt: skip


def _projects_known(tables: Tables, origin: Origin) -> list[Fault]:
    if "projects" not in tables:
        return []
    known = list(tables["projects"]["project"])
    return [
        _fault(origin, table, row, "project", f'"{values["project"]}" is not a project', ", ".join(known),
               'add it to "projects", or correct the number')
        for table in ("project_capital", "assumptions", "scenarios", "interventions") if table in tables
        for row, values in _rows(tables[table]) if values["project"] not in ("", *known)
    ]  # fmt: skip


def _sen_within_pupils(tables: Tables, origin: Origin) -> list[Fault]:
    if "sen" not in tables or "pupils" not in tables:
        return []
    dataset = Dataset({name: tables[name] for name in ("sen", "pupils")})
    sen = margin(dataset, "sen", "pupils", "provision")
    sen = sen if sen.empty else sen.groupby("year").sum(min_count=1)
    pupils = total(dataset, "pupils", "pupils")
    years = sorted(set(sen.index) & set(pupils.index))
    both = [(year, float(sen.loc[year]), float(pupils.loc[year])) for year in years]
    return [
        _fault(origin, "sen", 0, "pupils", f"{year}: {some:,.0f} pupils with SEN, {every:,.0f} pupils",
               "no more pupils with SEN than pupils", "check which rows are totals of others")
        for year, some, every in both if some > every
    ]  # fmt: skip


def _roll_within_capacity(tables: Tables, origin: Origin) -> list[Fault]:
    if "providers" not in tables:
        return []
    providers = tables["providers"]
    over = providers[providers["on_roll"] > providers["capacity"]]
    return [
        Fault(origin["providers"].file, "providers", row, "on_roll",
              f"{values['provider']}: {values['on_roll']:g} on roll, {values['capacity']:g} places",
              "usually no more on roll than places", "check the roll; the school may be over capacity",
              "warning", "more on roll than places")
        for row, values in _rows(over)
    ]  # fmt: skip
