"""General checks that find implausible published figures; nothing here knows an authority by name.

They work on one long table of figures (a panel): measure, dimension ("" for the total), part, year, unit, level
(authority, region, country), name, region, value. `year` is the January census year for ehc_plans and the calendar
year for flows. Each check gives findings with their evidence; a finding says whether the figure is set aside (its
value is kept in the finding only), replaced by the sum of its parts, or only flagged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from forecasting.errors import Fault

Action = Literal["set_aside", "replaced", "flagged"]

FLAG_SHARE = 0.15
SET_ASIDE_SHARE = 0.40
FLAG_GROWTH = 0.30
SET_ASIDE_GROWTH = 0.60
SMALL = 50
SHARE_JUMP = 0.12
SHARE_JUMP_ACROSS_GAP = 0.08
_NOISE = 4.0
_SPREAD = 3.0
_SPREAD_ACROSS_GAP = 2.0
_STOCK, _NEW, _CEASED = "ehc_plans", "new_plans", "ceased"
_WORDS = {"ehc_plans": "EHC plans", "new_plans": "new plans", "ceased": "ceased plans", "requests": "requests",
          "assessments": "assessments", "in_progress": "assessments in progress"}  # fmt: skip
_DIMENSIONS = {"age": "ages", "age_band": "age bands", "setting": "settings", "need": "needs"}
_KINDS = {"equal_to_region": "the figure of the region", "unexplained_change": "a change that no flow explains",
          "parts_differ": "a total that its parts deny", "missing_source": "a year without a breakdown",
          "share_jump": "a share that jumps"}  # fmt: skip
_DONE = {"set_aside": "it is set aside and not used", "replaced": "the sum of its parts is used instead",
         "flagged": "it is used; judge whether it should be"}  # fmt: skip
_TODO = {"set_aside": "ask the authority for the right figure and give it in a file of your own",
         "replaced": "confirm the figure, or give the right one in a file of your own",
         "flagged": "compare it with the authority's own count before you rely on it"}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One implausible figure and the evidence.

    Attributes:
        check: name of the check that found it.
        measure: what is counted.
        dimension: "" for a total, else the breakdown.
        part: the part of the breakdown, "" for all.
        unit: code of the authority or region.
        name: its name.
        year: January census year (plans) or calendar year (flows).
        found: the figure as published.
        expected: what the evidence leads to expect; None when nothing does.
        why: the evidence in a sentence.
        action: set_aside, replaced or flagged.
    """

    check: str
    measure: str
    dimension: str
    part: str
    unit: str
    name: str
    year: int
    found: float | None
    expected: float | None
    why: str
    action: Action

    def fault(self, file: str) -> Fault:
        """Return the finding as a warning about a file."""
        table = "ehc_plans" if self.measure == _STOCK else "plan_flows"
        column = "plans" if self.measure == _STOCK else self.measure
        figure = "" if self.found is None else f" {self.found:,.0f}"
        part = f" ({self.part})" if self.part else ""
        where = f"{self.name} {self.year}: {_WORDS.get(self.measure, self.measure)}{part}{figure}"
        known = self.found is not None
        done, todo = (_DONE[self.action], _TODO[self.action]) if known else ("the year is left out", "")
        kind = _KINDS.get(self.check, self.check)
        return Fault(file, table, 0, column, f"{where}: {self.why}; {done}", todo=todo, grade="warning", kind=kind)


@dataclass(frozen=True, eq=False)
class Review:
    """A panel with its findings: set-aside figures are missing in `panel`, replaced ones hold the sum of parts."""

    panel: pd.DataFrame
    findings: tuple[Finding, ...]

    def of(self, *units: str) -> tuple[Finding, ...]:
        """Return the findings about some authorities or regions."""
        return tuple(finding for finding in self.findings if finding.unit in units)

    @property
    def set_aside(self) -> tuple[Finding, ...]:
        """Return the findings whose figure is not used as published."""
        return tuple(finding for finding in self.findings if finding.action != "flagged")


def review(panel: pd.DataFrame, focus: Sequence[str] | None = None) -> Review:
    """Return the panel without what must not be used silently, and every finding.

    A copy of a region's figure is dealt with first, so that it does not disturb the checks that follow.

    Args:
        panel: the figures; the more units, the better the checks know what is usual.
        focus: units whose breakdowns are checked too; None = all (slower). Totals of all units always are.
    """
    findings = equal_to_region(panel)
    panel = apply(panel, findings)
    stock = unexplained_change(panel)
    panel = apply(panel, stock)
    findings += stock
    near = panel if focus is None else panel[panel["unit"].isin(list(focus))]
    for check in _CHECKS:
        findings += check(near)
    return Review(panel, tuple(findings))


def apply(panel: pd.DataFrame, findings: Iterable[Finding]) -> pd.DataFrame:
    """Return the panel in which figures set aside are missing and replaced ones hold what was expected."""
    instead = {
        (f.measure, f.dimension, f.part, f.unit, f.year): f.expected if f.action == "replaced" else None
        for f in findings if f.action != "flagged"
    }  # fmt: skip
    if not instead:
        return panel
    keys = pd.MultiIndex.from_frame(panel[["measure", "dimension", "part", "unit", "year"]])
    at = keys.isin(list(instead))
    values = panel["value"].to_numpy(dtype=np.float64, copy=True)
    for row in np.flatnonzero(at):
        new = instead[keys[int(row)]]  # type: ignore[index]
        values[row] = np.nan if new is None else new
    return panel.assign(value=values)


def equal_to_region(panel: pd.DataFrame) -> list[Finding]:
    """Find totals of an authority that equal its region's total though the region has other authorities."""
    totals = panel[panel["dimension"].eq("") & panel["value"].gt(0)]
    regions = totals.loc[totals["level"].eq("region"), ["measure", "year", "region", "name", "value"]]
    own = totals[totals["level"].eq("authority")]
    both = own.merge(regions, on=["measure", "year", "region"], suffixes=("", "_region"))
    others = both.groupby(["measure", "year", "region"])["unit"].transform("size") - 1
    same = both[both["value"].eq(both["value_region"]) & others.gt(0)]
    sums = _sums(panel, "value")
    findings = []
    for row in same.to_dict("records"):
        parts = sums.get((row["measure"], row["unit"], row["year"]), {})
        instead = next(iter(parts.values()), None)
        usable = instead is not None and not math.isnan(instead) and instead < row["value"]
        why = f"this is the figure of the whole region ({row['name_region']})"
        why += "".join(f"; its {_DIMENSIONS.get(k, k)} add up to {v:,.0f}" for k, v in parts.items())
        findings.append(Finding(
            "equal_to_region", row["measure"], "", "", row["unit"], row["name"], int(row["year"]), row["value"],
            instead if usable else None, why, "replaced" if usable else "set_aside"))  # fmt: skip
    return findings


def _sums(panel: pd.DataFrame, column: str) -> dict[tuple[str, str, int], dict[str, float]]:
    """Return (measure, unit, year) → dimension → the sum of its parts that are known."""
    parts = panel[panel["dimension"].ne("")]
    added = parts.groupby(["measure", "unit", "year", "dimension"])[column].sum(min_count=1).dropna()
    found: dict[tuple[str, str, int], dict[str, float]] = {}
    rows = added.reset_index()
    for row in rows.sort_values("dimension", key=lambda d: d.eq("age_band"), kind="stable").to_dict("records"):
        held = found.setdefault((row["measure"], row["unit"], int(row["year"])), {})
        if row["dimension"] != "age_band" or "age" not in held:
            held[row["dimension"]] = float(row[column])
    return found


def _totals(panel: pd.DataFrame, measure: str) -> pd.DataFrame:
    rows = panel[panel["measure"].eq(measure) & panel["dimension"].eq("")]
    return rows.drop_duplicates(["unit", "year"]).pivot_table(index="unit", columns="year", values="value")


def unexplained_change(panel: pd.DataFrame) -> list[Finding]:
    """Find totals that fall or jump though neither the flows of the year nor the other units do."""
    stock = _totals(panel, _STOCK)
    new, ceased = (_totals(panel, measure) for measure in (_NEW, _CEASED))
    who = panel.drop_duplicates("unit", keep="last").set_index("unit")
    names = who["name"].to_dict()
    findings: list[Finding] = []
    for year in [int(str(column)) for column in stock.columns[1:]]:
        if year - 1 not in stock:
            continue
        rows = pd.DataFrame({"before": stock[year - 1], "after": stock[year]})
        rows["flow"] = _column(new, year - 1, stock.index) - _column(ceased, year - 1, stock.index)
        rows["typical"] = _typical(rows, who["level"].reindex(stock.index))
        for unit, *row in _suspects(rows).itertuples():
            finding = _judge(str(unit), str(names[unit]), year, *row)
            findings += [finding] if finding else []
    return _not_the_way_back(findings)


def _suspects(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows worth a closer look, so that only few are judged one by one."""
    change = rows["after"] - rows["before"]
    explained = rows["before"] * np.expm1(rows["typical"])
    gap = (change - rows["flow"].fillna(explained)).abs() / rows["before"]
    return rows[(rows["before"] >= SMALL) & (gap > FLAG_SHARE)]


def _not_the_way_back(findings: list[Finding]) -> list[Finding]:
    """Leave out the return to normal after a figure that is set aside: the figure itself is the fault."""
    bad = {(f.unit, f.year) for f in findings if f.action == "set_aside"}
    return [f for f in findings if (f.unit, f.year - 1) not in bad]


def _column(frame: pd.DataFrame, year: int, index: pd.Index) -> pd.Series:
    return frame[year].reindex(index) if year in frame else pd.Series(np.nan, index=index)


def _typical(rows: pd.DataFrame, level: pd.Series) -> pd.Series:
    """Return the median growth (log) among units of the same level; 0 where fewer than five are known."""
    growth = (rows["after"] / rows["before"]).replace(0, np.nan).map(math.log, na_action="ignore")
    groups = growth.groupby(level)
    median: pd.Series = groups.transform("median")
    return median.where(groups.transform("count") >= 5, 0.0)


def _judge(unit: str, name: str, year: int, before: float, after: float, flow: float, typical: float) -> Finding | None:
    change = f"{before:,.0f} the year before"
    if not math.isnan(flow):
        expected = before + flow
        gap = (after - expected) / before
        usual = math.expm1(typical) if flow <= 0 else 0.0
        strange, bad = abs(gap) > FLAG_SHARE, abs(gap - usual) > SET_ASIDE_SHARE
        why = f"{change}, and the year's new and ceased plans ({flow:+,.0f}) lead to {expected:,.0f}"
    else:
        growth = math.log(max(after, 0.5) / before)
        expected = before * math.exp(typical)
        strange, bad = abs(growth - typical) > FLAG_GROWTH, abs(growth - typical) > SET_ASIDE_GROWTH
        why = f"{change}; elsewhere the change of that year was {math.expm1(typical):+.0%}"
    if not strange or abs(after - expected) < _NOISE * math.sqrt(before):
        return None
    action: Action = "set_aside" if bad else "flagged"
    return Finding("unexplained_change", _STOCK, "", "", unit, name, year, after, expected, why, action)


def parts_differ(panel: pd.DataFrame, slack: float = 0.0) -> list[Finding]:
    """Find totals that differ from the sum of their parts by 1 or more, and by more than `slack` (a share)."""
    totals = panel[panel["dimension"].eq("") & panel["value"].notna()]
    sums = _sums(panel, "value")
    findings = []
    for row in totals.to_dict("records"):
        for dimension, added in sums.get((row["measure"], row["unit"], row["year"]), {}).items():
            gap = added - row["value"]
            if abs(gap) >= 1 and abs(gap) > slack * row["value"]:
                words = _DIMENSIONS.get(dimension, dimension)
                findings.append(Finding(
                    "parts_differ", row["measure"], "", "", row["unit"], row["name"], int(row["year"]), row["value"],
                    added, f"its {words} add up to {added:,.0f} ({gap:+,.0f})", "flagged"))  # fmt: skip
    return findings


def missing_source(panel: pd.DataFrame) -> list[Finding]:
    """Find years between others for which no file gives a breakdown."""
    findings = []
    rows = panel[panel["dimension"].ne("") & panel["dimension"].ne("age") & panel["value"].notna()]
    totals = panel[panel["dimension"].eq("") & panel["value"].notna()]
    known = totals.groupby(["measure", "unit"])["year"].agg(set)
    for (measure, dimension, unit), group in rows.groupby(["measure", "dimension", "unit"]):
        years = set(group["year"])
        gaps = [y for y in range(min(years), max(years)) if y not in years and y in known.get((measure, unit), ())]
        for year in gaps:
            findings.append(Finding(
                "missing_source", str(measure), str(dimension), "", str(unit), str(group["name"].iloc[-1]), int(year),
                None, None, f"no file gives {_DIMENSIONS.get(str(dimension), dimension)} for this year, though it does "
                "before and after", "flagged"))  # fmt: skip
    return findings


def share_jumps(panel: pd.DataFrame) -> list[Finding]:
    """Find parts whose share of the total jumps by more than it ever did, beyond what chance explains.

    A smaller jump is enough where years are missing in between: the source has then changed as a rule.
    """
    findings = []
    rows = panel[panel["dimension"].isin(["age_band", "setting", "need"]) & panel["value"].notna()]
    whole = rows.groupby(["measure", "dimension", "unit", "year"])["value"].transform("sum")
    rows = rows.assign(whole=whole)
    rows = rows[rows["measure"].eq(_STOCK) & rows["whole"].gt(0)]
    keys = ["dimension", "unit", "part"]
    rows = rows.drop_duplicates([*keys, "year"]).sort_values("year")
    for (dimension, unit, part), series in rows.groupby(keys):
        for at in _jumps(series):
            before, last = series.iloc[at - 1], series.iloc[at]
            findings.append(Finding(
                "share_jump", _STOCK, str(dimension), str(part), str(unit), str(last["name"]), int(last["year"]),
                float(last["value"]), None, _jump_in_words(before, last), "flagged"))  # fmt: skip
    return findings


def _jump_in_words(before: pd.Series, last: pd.Series) -> str:
    """Return the evidence for a jump: shares before and after, and the growth of the count."""
    years = last["year"] - before["year"]
    shares = [row["value"] / row["whole"] for row in (before, last)]
    text = f"its share went from {shares[0]:.1%} in {before['year']} to {shares[1]:.1%}"
    if before["value"] >= 10 and last["value"] > 0:
        growth, all_growth = ((last[c] / before[c]) ** (1 / years) - 1 for c in ("value", "whole"))
        text += f" ({growth:+.0%} a year, all plans {all_growth:+.0%})"
    return f"{text}: treat it as a break"


def _jumps(series: pd.DataFrame) -> list[int]:
    """Return the positions at which the share jumps; see `share_jumps`."""
    value, whole = series["value"].to_numpy(np.float64), series["whole"].to_numpy(np.float64)
    step = np.diff(series["year"].to_numpy(np.float64))
    if len(value) < 4:
        return []
    rate = np.diff(np.log(np.maximum(value, 0.5) / whole)) / step
    noise = np.sqrt(np.maximum(value[1:], 1) + np.maximum(value[:-1], 1))
    moved = np.abs(value[1:] - value[:-1] * whole[1:] / whole[:-1])
    limit = np.where(step > 1, SHARE_JUMP_ACROSS_GAP, SHARE_JUMP)
    spread = np.where(step > 1, _SPREAD_ACROSS_GAP, _SPREAD)
    found = []
    for at in range(len(rate)):
        others = np.delete(rate, at)
        usual = max(1.4826 * float(np.median(np.abs(others - np.median(others)))), 0.02)
        far = abs(rate[at] - float(np.median(others))) > spread[at] * usual
        if abs(rate[at]) > limit[at] and far and moved[at] > _NOISE * noise[at]:
            found.append(at + 1)
    return found


_CHECKS: tuple[Callable[[pd.DataFrame], list[Finding]], ...] = (parts_differ, missing_source, share_jumps)


def panel_of_tables(tables: Mapping[str, pd.DataFrame], unit: str, name: str) -> pd.DataFrame:
    """Return the panel of a council's own tables `ehc_plans` and `plan_flows`: totals and one-way breakdowns."""
    who = {"unit": unit, "name": name, "level": "authority", "region": ""}
    made = []
    if "ehc_plans" in tables:
        made.append(_one_way(tables["ehc_plans"], "plans", "year", _STOCK))
    flows = tables.get("plan_flows", pd.DataFrame())
    made += [_one_way(flows, m, "calendar_year", m) for m in _WORDS if m in flows and flows[m].notna().any()]
    columns = ["measure", "dimension", "part", "year", "value"]
    panel = pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=columns)
    return panel.assign(**who)


def _one_way(frame: pd.DataFrame, value: str, time: str, measure: str) -> pd.DataFrame:
    axes = [c for c in ("age", "age_band", "nc_year", "need", "setting", "place") if c in frame]
    filled = pd.DataFrame({c: frame[c].notna() & frame[c].astype(str).ne("") for c in axes}, index=frame.index)
    made = []
    for axis in ("", *[c for c in axes if c in _DIMENSIONS]):
        wanted = filled.sum(axis=1).eq(1) & filled[axis] if axis else ~filled.any(axis=1)
        rows = frame[wanted]
        part = rows[axis].astype(str) if axis else ""
        made.append(pd.DataFrame({"measure": measure, "dimension": axis, "part": part, "year": rows[time],
                                  "value": rows[value]}))  # fmt: skip
    return pd.concat(made, ignore_index=True)


def check_own(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str], unit: str, name: str) -> list[Fault]:
    """Return warnings about a council's own tables (`files`: table → file); nothing is set aside: the user decides.

    Councils round what they publish, so totals may differ from their parts by two per cent.
    """
    panel = panel_of_tables(tables, unit, name)
    if panel.empty:
        return []
    findings = [*unexplained_change(panel), *parts_differ(panel, slack=0.02), *share_jumps(panel)]
    return [_as_flag(f).fault(files["ehc_plans" if f.measure == _STOCK else "plan_flows"]) for f in findings]


def _as_flag(finding: Finding) -> Finding:
    return Finding(**{**finding.__dict__, "action": "flagged"})
