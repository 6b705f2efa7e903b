"""One authority's dataset tables from one or more releases, with everything odd that was found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.dfe import crossed
from forecasting.inputs.dfe.facts import not_numbers
from forecasting.inputs.dfe.panel import age_of, disagreements, merge, panel_of
from forecasting.inputs.dfe.release import TITLE, Release, split
from forecasting.inputs.national import ENGLAND
from forecasting.inputs.plausibility import Finding, review
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.source import Source

_FLOWS = ("requests", "assessments", "new_plans", "ceased", "in_progress")
_AXES = ("age", "age_band", "setting", "need")


@dataclass(frozen=True, eq=False)
class Reading:
    """What releases say about one authority.

    Attributes:
        tables: dataset tables about, ehc_plans, plan_flows and comparators.
        faults: warnings and notes; errors are raised instead.
        findings: the implausible figures, with what was set aside.
        files: names of the releases, in the order read.
    """

    tables: Mapping[str, pd.DataFrame]
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]
    files: tuple[str, ...]


def authorities(releases: Release | Iterable[Release]) -> list[tuple[str, str, str]]:
    """Return code, name and region of every authority, in the order of their codes."""
    many = [releases] if isinstance(releases, Release) else list(releases)
    places = pd.concat([release.places for release in many]).drop_duplicates("unit", keep="last")
    places = places[places["level"].eq("authority")].sort_values("unit")
    return list(zip(places["unit"], places["name"], places["region_name"], strict=True))


def read_release(sources: Sequence[Source], authority: str) -> Reading:
    """Return an authority's tables from the releases among some files (zip, or the CSV files in it).

    Args:
        sources: the files; with two releases the later one wins, breakdown by breakdown and year by year.
        authority: code of three digits, ONS code or name.

    Raises:
        DatasetError: no release is among the files, it is damaged, or it does not hold the authority.
    """
    releases, _, faults = split(sources)
    if not releases:
        names = ", ".join(source.name for source in sources) or "the files given"
        nothing = Fault(names, found=f"there is no release of {TITLE} here",
                        todo="give the zip as downloaded, or the CSV files of its data folder")  # fmt: skip
        raise DatasetError((*faults, nothing))
    return read_releases(releases, authority, faults)


def read_releases(releases: Sequence[Release], authority: str | None, faults: Sequence[Fault] = ()) -> Reading:
    """Return an authority's tables from releases already recognised, the earliest first; see `read_release`."""
    unit, name, region = find_authority(releases, authority)
    made = [panel_of(release) for release in releases]
    panels = [panel for panel, _ in made]
    panel = merge(panels)
    units = [unit, ENGLAND, *({region} - {""})]
    checked = review(panel, focus=units)
    findings = tuple(finding for finding in checked.findings if _concerns(finding, panel, unit, region))
    if any(fault.grade == "error" for fault in faults):
        raise DatasetError(tuple(faults))
    tables = {
        "ehc_plans": _ehc_plans(checked.panel, releases, unit),
        "plan_flows": _plan_flows(checked.panel, unit),
        "comparators": _comparators(checked.panel, unit, region),
    }
    tables["about"] = _about(tables["ehc_plans"], releases, unit, name, checked.panel)
    file = releases[-1].name
    empty = [table for table, frame in tables.items() if frame.empty]
    tables = {table: frame for table, frame in tables.items() if table not in empty}
    lacking = [_no_plans(file, name)] if "ehc_plans" in empty else []
    found = [*faults, *lacking, *(fault for _, bad in made for fault in bad), *_opening_notes(releases, tables),
             *disagreements(panels, [unit]), *(finding.fault(file) for finding in findings)]  # fmt: skip
    return Reading(tables, tuple(found), findings, tuple(release.name for release in releases))


def _no_plans(file: str, name: str) -> Fault:
    return Fault(file, found=f"no file here gives the EHC plans of {name}", grade="warning",
                 allowed="caseload.csv of the layout of 2025, or sen2_age_caseload.csv of that of 2022",
                 todo="add that file of the release, or a table ehc_plans of your own")  # fmt: skip


def find_authority(releases: Sequence[Release], asked: str | None) -> tuple[str, str, str]:
    """Return code, name and region code of the authority asked for (the only one when none is asked).

    Raises:
        DatasetError: it is not there, or several are and none is asked for.
    """
    places = pd.concat([release.places for release in releases]).drop_duplicates("unit", keep="last")
    places = places[places["level"].eq("authority")].sort_values("unit")
    word = (asked or "").strip().lower()
    named = [places[c].str.lower().eq(word) for c in ("unit", "ons_code", "name")]
    hits = places.loc[named[0] | named[1] | named[2]] if word else places
    if len(hits) == 1:
        row = hits.iloc[0]
        return str(row["unit"]), str(row["name"]), str(row["region"])
    raise DatasetError((_which_authority(releases[-1].name, places, asked),))


def _which_authority(file: str, places: pd.DataFrame, asked: str | None) -> Fault:
    first = ", ".join((places["unit"] + " " + places["name"]).head(5))
    allowed = f"{first} … ({len(places)} authorities)" if len(places) > 5 else first
    found = f'there is no authority "{asked}" in this release' if asked else "this release holds several authorities"
    return Fault(file, found=found, allowed=allowed, todo="choose one: --authority CODE")


def _concerns(finding: Finding, panel: pd.DataFrame, unit: str, region: str) -> bool:
    """Return whether a finding bears on the authority or on what it is compared with."""
    if finding.unit == unit:
        return finding.dimension != "age"
    if finding.unit in (ENGLAND, region):
        return finding.measure == "ehc_plans" and (finding.dimension in ("", "age_band")) and (
            finding.unit == ENGLAND or finding.check != "share_jump")  # fmt: skip
    near = set(panel.loc[panel["region"].eq(region) & panel["level"].eq("authority"), "unit"])
    return finding.unit in near and finding.check == "unexplained_change" and finding.measure == "ehc_plans"


def _source(frame: pd.DataFrame, words: str = "") -> pd.Series:
    return TITLE + ", " + frame["release"].astype(str) + words


def _framed(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the columns and types of the schema; the index is the row, as after a header."""
    columns = {}
    for column in BY_NAME[table].columns:
        values = rows[column.name] if column.name in rows else pd.Series([None] * len(rows), index=rows.index)
        numeric = column.kind in ("year", "whole", "count", "number", "gbp", "fraction")
        if numeric:
            made = pd.to_numeric(values).astype("float64")
            whole = column.kind in ("year", "whole") and made.notna().all() and len(made) > 0
            columns[column.name] = made.astype("int64").array if whole else made.array
        else:
            columns[column.name] = values.fillna("").astype("str").array
    return pd.DataFrame(columns, index=pd.RangeIndex(2, len(rows) + 2, name="row"))


def _ehc_plans(panel: pd.DataFrame, releases: Sequence[Release], unit: str) -> pd.DataFrame:
    rows = panel[panel["unit"].eq(unit) & panel["measure"].eq("ehc_plans") & panel["value"].notna()]
    usable = set(rows.loc[rows["dimension"].eq(""), "year"])
    rows = pd.concat([rows, crossed.breakdowns(releases, unit)], ignore_index=True)
    rows = rows[rows["year"].isin(usable)]
    made = pd.DataFrame({"year": rows["year"], "plans": rows["value"], "source": _source(rows)})
    for axis in _AXES:
        single = rows["part"].where(rows["dimension"].eq(axis))
        made[axis] = single.where(single.notna(), rows[axis] if axis in rows else None)
    made["age"] = made["age"].map(age_of, na_action="ignore")
    order = [c for c in ("year", "age", "age_band", "need", "setting") if c in made]
    return _framed("ehc_plans", made.sort_values(order, na_position="first", kind="stable", ignore_index=True))


def _plan_flows(panel: pd.DataFrame, unit: str) -> pd.DataFrame:
    rows = panel[panel["unit"].eq(unit) & panel["measure"].isin(_FLOWS) & panel["dimension"].isin(["", "age_band"])]
    rows = rows[rows["value"].notna()]
    wide = rows.pivot_table(index=["year", "part"], columns="measure", values="value", aggfunc="first", sort=False)
    source = _source(rows).groupby([rows["year"], rows["part"]], sort=False).agg(lambda s: "; ".join(dict.fromkeys(s)))
    made = wide.join(source.rename("source")).reset_index()
    made = made.rename(columns={"year": "calendar_year", "part": "age_band"})
    return _framed("plan_flows", made.sort_values(["calendar_year", "age_band"], ignore_index=True))


def _comparators(panel: pd.DataFrame, unit: str, region: str) -> pd.DataFrame:
    rows = panel[panel["measure"].eq("ehc_plans") & panel["dimension"].eq("") & panel["value"].notna()]
    near = rows["unit"].isin([ENGLAND, region]) | (rows["level"].eq("authority") & rows["region"].eq(region))
    rows = rows[near & rows["unit"].ne(unit)]
    latest = rows.sort_values("year").drop_duplicates("unit", keep="last").set_index("unit")["name"]
    rows = rows.assign(name=rows["unit"].map(latest))
    rank = rows["unit"].map({ENGLAND: 0, region: 1}).fillna(2)
    rows = rows.assign(rank=rank).sort_values(["rank", "name", "year"], ignore_index=True)
    made = pd.DataFrame({"authority": rows["name"], "measure": "ehc_plans", "year": rows["year"],
                         "value": rows["value"], "source": _source(rows)})  # fmt: skip
    return _framed("comparators", made)


def _about(plans: pd.DataFrame, releases: Sequence[Release], unit: str, name: str, panel: pd.DataFrame) -> pd.DataFrame:
    region = panel.loc[panel["unit"].eq(unit), "region"].iloc[-1]
    where = panel.loc[panel["unit"].eq(region), "name"]
    files = "; ".join(release.name for release in releases)
    facts = {
        "authority_code": unit, "authority_name": name, "ons_code": _ons_code(releases, unit),
        "region": where.iloc[-1] if len(where) else "",
        "title": f"Published EHC plans: {name}",
        "source": f"Department for Education, {TITLE} ({files}); Open Government Licence v3.0",
        "base_year": str(int(plans["year"].max())) if len(plans) else "", "synthetic": "no",
    }  # fmt: skip
    facts = {key: value for key, value in facts.items() if value or key != "base_year"}
    rows = pd.DataFrame({"key": list(facts), "value": list(facts.values())})
    return _framed("about", rows.assign(source=f"{TITLE}, {releases[-1].name}"))


def _ons_code(releases: Sequence[Release], unit: str) -> str:
    """Return the code of the Office for National Statistics in the latest release that has one; "" in none."""
    places = pd.concat([release.places for release in releases])
    known = places.loc[places["unit"].eq(unit), "ons_code"].dropna()
    return str(known.iloc[-1]) if len(known) else ""


def _opening_notes(releases: Sequence[Release], tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return one note per release: what it is, what it fills, and what stands in place of numbers."""
    filled = ", ".join(f"{name} ({len(frame)} rows)" for name, frame in tables.items())
    notes = []
    for release in releases:
        missing = ", ".join(f'"{mark}" ({count:,} cells)' for mark, count in sorted(not_numbers(release).items()))
        what = f"a release of {TITLE} in the layout of {release.layout}: {', '.join(release.parts)}; fills {filled}"
        what += f"; read as missing, never as zero: {missing}" if missing else ""
        notes.append(Fault(release.name, found=what, grade="note"))
    if "plan_flows" in tables and any(release.layout == "2025" for release in releases):
        found = "assessments in progress are counted otherwise from 2022 on and left blank"
        notes.append(Fault(releases[-1].name, "plan_flows", 0, "in_progress", found, grade="note"))
    return notes
