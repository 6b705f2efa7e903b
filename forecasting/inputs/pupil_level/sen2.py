"""SEN2 person level returns to tables `ehc_plans`, `plan_flows` and `plan_moves`.

A plan counts in January when it has started and not ceased by the day of the census. Its setting is the placement of
the lowest rank open on that day (of equal ranks the latest begun), its need the one of the lowest rank.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from forecasting.errors import Fault
from forecasting.inputs.pupil_level import fields
from forecasting.inputs.pupil_level.children import (
    UNKNOWN,
    census_day,
    counted,
    key_of,
    nc_years,
    needs_of,
    rows_at,
    settings_of,
    wrong_upns,
    years,
)
from forecasting.inputs.pupil_level.extracts import A_DATE, Extract, dates, texts, unread

_MODULES = (fields.PERSONS, fields.REQUESTS, fields.ASSESSMENTS, fields.PLANS, fields.ACTIVE, fields.PLACEMENTS,
            fields.NEEDS)  # fmt: skip
_LINKS = ("person", "request", "assessment", "plan", "active")
_AGREED = frozenset({"y", "yes", "1", "true", "agreed", "t"})
_DATES = ("dob", "received", "request_outcome_date", "assessment_outcome_date", "start", "cease", "entry", "leaving")
_STATE = ["nc_year", "need", "setting", "place"]
_NEXT = ["next_nc_year", "next_need", "next_setting", "next_place"]


@dataclass
class Return:
    """The modules of one return, each row with the child it belongs to.

    Attributes:
        year: January census year.
        modules: kind → rows with the column `child`.
        of: kind of number → number in the return → child.
    """

    year: int
    modules: dict[str, pd.DataFrame] = field(default_factory=dict)
    of: dict[str, dict[str, str]] = field(default_factory=dict)

    def rows(self, kind: str, *columns: str) -> pd.DataFrame:
        """Return rows of a module, without those of no child known, with these columns (blank where not given)."""
        held = self.modules.get(kind, pd.DataFrame({"child": pd.Series(dtype=object)}))
        blank = pd.Series("", index=held.index, dtype=object)
        given = {name: held[name].astype(object) if name in held else blank for name in ("child", *columns)}
        return pd.DataFrame(given)[held["child"].ne("")]


def of_sen2(
    extracts: list[Extract], register: dict[str, tuple[str, str]]
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Return the tables of all returns given, and faults.

    Args:
        extracts: modules of one or several returns.
        register: URN → setting and place.
    """
    returns, faults = _returns(extracts)
    positions: dict[int, pd.DataFrame] = {}
    flows = []
    for one in returns:
        positions[one.year], more = _position(one, register)
        flows.append(_flows(one))
        faults += more
    if not positions:
        return {}, faults
    stock = pd.concat(positions.values(), ignore_index=True)
    tables = {"ehc_plans": counted(stock, ["year", "nc_year", "need", "setting", "place"], "plans"),
              "plan_flows": pd.concat(flows, ignore_index=True)}  # fmt: skip
    moves = [_moves(year, positions[year], positions[year + 1]) for year in positions if year + 1 in positions]
    if moves:
        tables["plan_moves"] = pd.concat(moves, ignore_index=True)
    else:
        faults.append(extracts[0].fault("one January alone shows no moves", grade="note",
                                        todo="add the return of the year before for table plan_moves"))  # fmt: skip
    return {name: table for name, table in tables.items() if len(table)}, faults


# ------------------------------------------------------------------------------------------------- reading


def _returns(extracts: list[Extract]) -> tuple[list[Return], list[Fault]]:
    """Return one `Return` for each January, children resolved module after module, and faults."""
    faults: list[Fault] = []
    parts: dict[int, list[tuple[Extract, pd.DataFrame]]] = {}
    for extract in extracts:
        told, more = years(extract)
        faults += more + _bad_dates(extract)
        for year in sorted({*told, *([] if len(told) else [extract.year])} - {0}):
            parts.setdefault(int(year), []).append((extract, extract.rows[told.eq(year)]))
    returns = []
    for year, held in sorted(parts.items()):
        one = Return(year)
        for kind in _MODULES:
            mine = [(extract, rows) for extract, rows in held if kind in extract.kinds]
            framed = [_with_children(one, kind, extract, rows, faults) for extract, rows in mine]
            if framed:
                one.modules[kind] = pd.concat(framed)
        if fields.PERSONS in one.modules and {fields.PLANS, fields.ACTIVE} & set(one.modules):
            returns.append(one)
        else:
            faults.append(held[0][0].fault(
                f"the return of January {year} lacks the persons, or both named plans and active plans",
                "add these modules: without them no plan can be counted"))  # fmt: skip
    return returns, faults


def _bad_dates(extract: Extract) -> list[Fault]:
    faults = []
    for name in _DATES:
        if name in extract.rows:
            wrong = unread(extract.rows[name], dates(extract.rows[name]))
            if wrong:
                told = f"{len(wrong):,} cells are no date"
                faults.append(extract.fault(told, "correct them", rows=wrong, column=name, allowed=A_DATE))
    return faults


def _with_children(one: Return, kind: str, extract: Extract, rows: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    """Return rows with their child; the numbers of this module lead on to it for the modules that follow."""
    child = key_of(rows)
    if kind == fields.PERSONS and "person" in rows:
        child = child.where(child.ne(""), "number:" + str(one.year) + ":" + texts(rows["person"]))
    for link in _LINKS:
        if link in rows and link in one.of:
            child = child.where(child.ne(""), texts(rows[link]).map(one.of[link]).astype(object).fillna(""))
    lost = rows_at(rows, child.eq(""))
    if lost:
        faults.append(extract.fault(f"{len(lost):,} rows of {kind} lead to no person of the return",
                                    "add the modules in between, or the UPN; these rows are left out", rows=lost,
                                    grade="warning"))  # fmt: skip
    for link in _LINKS:
        if link in rows:
            numbers = texts(rows[link])
            known = child.ne("") & numbers.ne("")
            one.of.setdefault(link, {}).update(zip(numbers.loc[known], child.loc[known], strict=True))
    if kind == fields.PERSONS:
        faults += _doubles(extract, rows, child)
    return rows.assign(child=child)


def _doubles(extract: Extract, rows: pd.DataFrame, child: pd.Series) -> list[Fault]:
    faults = []
    twice = child.ne("") & child.duplicated()
    if twice.any():
        faults.append(extract.fault(f"{int(twice.sum()):,} persons stand on a second row with the same UPN",
                                    "remove the doubles; each person is counted once", rows=rows_at(rows, twice),
                                    column="UPN", grade="warning"))  # fmt: skip
    wrong = wrong_upns(rows["upn"]) if "upn" in rows else []
    if wrong:
        faults.append(extract.fault(f"{len(wrong):,} UPNs do not have 13 signs or their check letter is wrong",
                                    "check them: a child whose UPN changes looks like one who left and one who joined",
                                    rows=wrong, column="UPN", grade="warning"))  # fmt: skip
    return faults


# -------------------------------------------------------------------------------------------- one January


def _position(one: Return, register: dict[str, tuple[str, str]]) -> tuple[pd.DataFrame, list[Fault]]:
    """Return one row for each child with a plan in January: child, year, NC year, need, setting, place; and faults."""
    day = census_day(one.year)
    with_plan = _with_plan(one, day)
    born = one.rows(fields.PERSONS, "dob").drop_duplicates("child").set_index("child")["dob"]
    born = dates(born.reindex(with_plan).astype(object).fillna(""))
    frame = pd.DataFrame({"year": one.year, "nc_year": nc_years(born, one.year).to_numpy()}, index=with_plan)
    placed = _placements(one, day, register).reindex(with_plan)
    frame["need"] = _needs(one).reindex(with_plan).astype(object).fillna(UNKNOWN)
    frame["setting"] = placed["setting"].astype(object).fillna(UNKNOWN)
    frame["place"] = placed["place"].astype(object).fillna("")
    known = frame["nc_year"].notna()
    faults = []
    if not known.all():
        lost = f"{int((~known).sum()):,} children with a plan have no date of birth"
        todo = "fill the date of birth in the module of persons; they are left out"
        faults.append(Fault(f"SEN2 {one.year}", found=lost, todo=todo,
                            grade="warning", kind="pupil-level"))  # fmt: skip
    return frame.loc[known].astype({"nc_year": "int64"}).rename_axis("child").reset_index(), faults


def _with_plan(one: Return, day: date) -> pd.Index:
    """Return the children whose plan has started and not ceased by a day."""
    at = pd.Timestamp(day)
    plans = one.rows(fields.PLANS, "start", "cease")
    start, cease = (dates(plans[name]) for name in ("start", "cease"))
    running = (start.isna() | (start <= at)) & (cease.isna() | (cease > at))
    held = set(plans.loc[running, "child"])
    over = set(plans.loc[cease.notna() & (cease <= at), "child"]) - held
    later = set(plans.loc[start > at, "child"]) - held
    active = set(one.rows(fields.ACTIVE)["child"]) - over - later
    found: pd.Index = pd.Index(sorted(held | active), dtype=object)
    return found


def _placements(one: Return, day: date, register: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Return setting and place of each child: placements open on a day, else those named in the plan."""
    columns = ("setting", "school", "sen_unit", "resourced", "rank", "entry", "leaving")
    found = [_first(one.rows(kind, *columns), day, register) for kind in (fields.PLACEMENTS, fields.PLANS)]
    named = found[1][found[1]["setting"].ne(UNKNOWN)]
    return pd.concat([found[0], named[~named.index.isin(found[0].index)]])


def _first(rows: pd.DataFrame, day: date, register: dict[str, tuple[str, str]]) -> pd.DataFrame:
    at = pd.Timestamp(day)
    entry, leaving = (dates(rows[name]) for name in ("entry", "leaving"))
    there = (entry.isna() | (entry <= at)) & (leaving.isna() | (leaving > at))
    rows, entry = rows.loc[there], entry.loc[there]
    rank = pd.to_numeric(texts(rows["rank"]), errors="coerce").fillna(1)
    begun = entry.fillna(pd.Timestamp("1900-01-01"))
    order = pd.DataFrame({"rank": rank.to_numpy(), "begun": -begun.to_numpy().astype(np.int64)})
    rows = rows.iloc[order.sort_values(["rank", "begun"], kind="stable").index]
    rows = rows.drop_duplicates("child")
    given = rows.drop(columns=["rank", "entry", "leaving"])
    return settings_of(given, register).set_axis(rows["child"])


def _needs(one: Return) -> pd.Series:
    """Return the need of each child: the lowest rank; of files without ranks the first row."""
    order = (fields.NEEDS, fields.ACTIVE, fields.PLANS, fields.PERSONS)
    kind = next((k for k in order if "need" in one.modules.get(k, pd.DataFrame())), "")
    rows = one.rows(kind, "need", "need_rank")
    rank = pd.to_numeric(texts(rows["need_rank"]), errors="coerce").fillna(1)
    rows = rows.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates("child")
    return needs_of(rows["need"]).set_axis(rows["child"])


# ------------------------------------------------------------------------------------------------ between


def _flows(one: Return) -> pd.DataFrame:
    """Return the flows of the calendar year before the January; NaN where the module is not given."""
    year, end = one.year - 1, pd.Timestamp(date(one.year - 1, 12, 31))

    def within(kind: str, column: str, without: frozenset[str] = frozenset()) -> float:
        if column not in one.modules.get(kind, pd.DataFrame()):
            return np.nan
        rows = one.rows(kind, column)
        mine = dates(rows[column]).dt.year.eq(year) & ~rows["child"].isin(without)
        return float(rows.loc[mine, "child"].nunique() if kind == fields.PLANS else mine.sum())

    moved_in = one.rows(fields.ACTIVE, "transfer")
    moved_in = moved_in[texts(moved_in["transfer"]).ne("")]
    cells = {
        "calendar_year": year, "requests": within(fields.REQUESTS, "received"),
        "assessments": within(fields.ASSESSMENTS, "assessment_outcome_date"),
        "new_plans": within(fields.PLANS, "start", frozenset(moved_in["child"])),
        "ceased": within(fields.PLANS, "cease"), "in_progress": _in_progress(one, end),
    }  # fmt: skip
    return pd.DataFrame([cells])


def _in_progress(one: Return, end: pd.Timestamp) -> float:
    """Return children whose assessment was agreed by a day and not finished by it."""
    if "request_outcome" not in one.modules.get(fields.REQUESTS, pd.DataFrame()):
        return np.nan
    asked = one.rows(fields.REQUESTS, "request_outcome", "request_outcome_date")
    decided = dates(asked["request_outcome_date"])
    agreed = texts(asked["request_outcome"]).str.lower().isin(_AGREED) & ~(decided > end)
    done = one.rows(fields.ASSESSMENTS, "assessment_outcome_date")
    finished = done.loc[dates(done["assessment_outcome_date"]) <= end, "child"]
    return float(len(set(asked.loc[agreed, "child"]) - set(finished)))


def _moves(year: int, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the moves between two Januaries: who stayed, left (next blank) and joined (first position blank)."""
    both = before.merge(after, on="child", how="outer", suffixes=("", "_next"))
    joined = both["nc_year"].isna()
    found = pd.DataFrame({"census_year": year}, index=both.index)
    for name, later in zip(_STATE, _NEXT, strict=True):
        found[name], found[later] = both[name], both[f"{name}_next"]
    found["nc_year"] = found["nc_year"].where(~joined, found["next_nc_year"] - 1)
    found = found.astype({"nc_year": "Int64", "next_nc_year": "Int64"})
    text = ["need", "setting", "place", "next_need", "next_setting", "next_place"]
    found[text] = found[text].astype(object).fillna("")
    return counted(found, ["census_year", *_STATE, *_NEXT], "people")
