"""What a dataset says about assumptions and scenarios, with the values that are computed from its tables."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.axes import INMSS_PARTS, PHASES
from forecasting.errors import Fault, ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.inputs.national import stated_assumptions
from forecasting.scenario import scenario as scenarios
from forecasting.scenario.assumptions import Assumption, Assumptions, Value, in_bounds
from forecasting.scenario.catalogue import BY_NAME, LEVERS
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import BASELINE, MITIGATED, Change, Scenario
from forecasting.values import Interval

MAINSTREAM = "mainstream"
NEUTRAL = "no value in the dataset: the neutral value"  # the source of an assumption that changes nothing
_RATIO = re.compile(r"^\s*([\d.,]+)\s*/\s*([\d.,]+)\s*$")


@lru_cache(maxsize=64)
def baseline(dataset: Dataset) -> Assumptions:
    """Return the assumptions of the baseline.

    The catalogue's defaults and computed values, then what is known of every authority, then the dataset's rows.
    """
    own = [_from_row(row) for row in _records(dataset.table("assumptions"))]
    found = {name for name, compute in _COMPUTED.items() if compute(dataset) is not None} | {of.lever for of in own}
    stated = [item for item in _national() if item.lever not in found] + own
    named = {item.lever for item in stated}
    items = [item for lever in LEVERS if lever.name not in named for item in _default(lever, dataset)]
    return Assumptions((*items, *_in_force(stated)))


@lru_cache(maxsize=1)
def _national() -> list[Assumption]:
    return [_from_row(row) for row in _records(stated_assumptions())]


@lru_cache(maxsize=256)
def candidates(dataset: Dataset, lever: str) -> tuple[Assumption, ...]:
    """Return the several printed figures of a candidate lever, the one in force first."""
    rows = (_from_row(row) for row in _records(dataset.table("assumptions")))
    return tuple(item for item in rows if item.lever == lever)


def _in_force(stated: list[Assumption]) -> list[Assumption]:
    seen: set[str] = set()
    kept = []
    for item in stated:
        if BY_NAME[item.lever].kind == "candidate" and item.lever in seen:
            continue
        seen.add(item.lever)
        kept.append(item)
    return kept


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _from_row(row: dict[str, object]) -> Assumption:
    lever = BY_NAME[str(row["lever"])]
    low, high, coverage = (_number(row[name]) for name in ("low", "high", "coverage"))
    interval = None if low is None or high is None else Interval(low, high, coverage or 0.8)
    return Assumption(
        lever.name, read_value(lever, str(row["value"])), str(row["source"]), str(row["status"]),
        _key(lever, row), _whole(row["from_year"]), _whole(row["to_year"]), interval=interval, label=str(row["line"]),
    )  # fmt: skip


def _key(lever: Lever, row: dict[str, object]) -> str:
    return str(row.get(lever.key, "")) if lever.key else ""


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) or value == "" else float(str(value))  # type: ignore[call-overload]


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def read_value(lever: Lever, text: str) -> Value:
    """Return the value of a lever from text: a word, a number, a percentage, or a ratio such as 7253/44627.

    Raises:
        ValueError: the text is not what the lever allows.
    """
    text = text.strip()
    if lever.kind == "choice":
        return text
    if not text:
        return None
    ratio = _RATIO.match(text)
    if ratio:
        return float(ratio[1].replace(",", "")) / float(ratio[2].replace(",", ""))
    if text.endswith("%") and lever.unit.startswith("fraction"):
        return float(text.removesuffix("%")) / 100
    return float(text.replace(",", "").replace("£", ""))


def _default(lever: Lever, dataset: Dataset) -> list[Assumption]:
    if lever.default is not None:
        return [Assumption(lever.name, lever.default, NEUTRAL, "judgement")]
    compute = _COMPUTED.get(lever.name)
    value = compute(dataset) if compute else None
    if value is None:
        return []
    return [Assumption(lever.name, value[0], value[1], "computed")]


def _ratio_of_pupils(dataset: Dataset, *provisions: str) -> tuple[float, str] | None:
    year = dataset.base_year
    sen, pupils = margin(dataset, "sen", "pupils", "provision"), total(dataset, "pupils", "pupils")
    part = sum(float(sen.get((year, provision), float("nan"))) for provision in provisions)
    whole = float(pupils.get(year, float("nan")))
    if not (part > 0 and whole > 0):
        return None
    return part / whole, f"tables sen and pupils, {year}: {part:,.0f} of {whole:,.0f} pupils"


def _sen_prevalence(dataset: Dataset) -> tuple[float, str] | None:
    return _ratio_of_pupils(dataset, "sen_support", "ehc_plan")


def _plan_rate(dataset: Dataset) -> tuple[float, str] | None:
    return _ratio_of_pupils(dataset, "ehc_plan")


def _placed_out(dataset: Dataset) -> tuple[float, str] | None:
    rows = dataset.table("placements")
    rows = rows[rows["place"] == "out_of_borough"]
    if rows.empty:
        return None
    year = int(rows["year"].max())
    return float(rows.loc[rows["year"] == year, "placements"].sum()), f"table placements, {year}"


def _block(dataset: Dataset) -> tuple[float, str] | None:
    role = budget_roles(dataset)
    rows = dataset.table("budget")
    block = rows[rows["line"].map(role).eq("high_needs_block")]
    if block.empty:
        return None
    first = block.sort_values("financial_year").iloc[0]
    return float(first["gbp"]), f"table budget, {first['financial_year']}: {first['line']}"


def _residential_share(dataset: Dataset) -> tuple[float, str] | None:
    rows = dataset.table("placements")
    rows = rows[rows["setting"].isin(INMSS_PARTS) & rows["boarding"].fillna("").ne("")]
    if rows.empty:
        return None
    rows = rows[rows["year"] == rows["year"].max()]
    away = float(rows.loc[rows["boarding"] == "residential", "placements"].sum())
    whole = float(rows["placements"].sum())
    told = f"table placements, {rows['year'].max():.0f}: {away:,.0f} of {whole:,.0f} independent placements"
    return (away / whole, told) if whole > 0 else None


def _fee_spread(dataset: Dataset) -> tuple[float, str] | None:
    rows = dataset.table("unit_costs")
    rows = rows[rows["kind"].isin(["fee_day", "fee_residential"]) & rows["provider"].ne("")]
    fees = rows.groupby("kind")["gbp_per_place_year"].agg(["mean", "std", "count"])
    fees = fees[fees["count"] >= 3]
    if fees.empty:
        return None
    spread = float(np.average(fees["std"] / fees["mean"], weights=fees["count"]))
    return spread, f"table unit_costs: {fees['count'].sum():.0f} fees listed by provider, day and residential apart"


_COMPUTED = {
    "residential_share": _residential_share,
    "fee_spread": _fee_spread,
    "sen_prevalence": _sen_prevalence,
    "ehc_plan_rate": _plan_rate,
    "out_of_borough_baseline": _placed_out,
    "high_needs_block": _block,
}


@lru_cache(maxsize=64)
def budget_roles(dataset: Dataset) -> dict[str, str]:
    """Return what each budget line is: a part of the account, or the setting whose placements drive it."""
    mappings = dataset.table("mappings")
    rows = mappings[(mappings["table"] == "budget") & (mappings["column"] == "line")]
    return dict(zip(rows["local_value"], rows["standard_value"], strict=True))


@lru_cache(maxsize=64)
def setting_groups(dataset: Dataset) -> dict[str, str]:
    """Return the group of each kind of setting: of table settings, else of the standard list."""
    if dataset.has("settings"):
        own = dataset.table("settings")
        return dict(zip(own["setting"], own["setting_group"].astype(str).str.lower(), strict=True))
    groups = {code.code: code["group"] for code in dataset.settings.codes}
    return {**groups, "inmss": "inmss"}


def mainstream(dataset: Dataset) -> frozenset[str]:
    """Return the codes of the settings whose group is mainstream: in table settings, else in the standard list."""
    return frozenset(code for code, group in setting_groups(dataset).items() if group == MAINSTREAM)


@lru_cache(maxsize=64)
def dataset_scenarios(dataset: Dataset) -> dict[str, Scenario]:
    """Return the scenarios of a dataset by name, the baseline first; mitigated has the interventions too.

    Raises:
        ScenarioError: with every fault of every scenario.
    """
    found = {BASELINE: Scenario(BASELINE, why="No change to any lever.")}
    for row in _records(dataset.table("scenarios")):
        name = str(row["scenario"])
        held = found.get(name, Scenario(name))
        method = str(row["method"]) or held.method
        held = Scenario(name, held.changes, method, why=held.why)
        found[name] = held.with_changes(_changes(row))
    for changes in interventions(dataset).values():
        found[MITIGATED] = found.get(MITIGATED, Scenario(MITIGATED)).with_changes(changes)
    faults = [f"{name}: {fault}" for name, item in found.items() for fault in scenarios.check(item)]
    if faults:
        raise ScenarioError("; ".join(faults))
    return found


@lru_cache(maxsize=64)
def interventions(dataset: Dataset) -> dict[str, tuple[Change, ...]]:
    """Return the changes that each intervention makes to levers, its yearly cost among them; in order of the table."""
    found: dict[str, tuple[Change, ...]] = {}
    for row in _records(dataset.table("interventions")):
        name, cost = str(row["intervention"]), _number(row["cost_gbp_per_year"])
        why = f"{name}: {row['source']}"
        changes = _changes({**row, "why": why})
        if cost:
            changes.append(Change("intervention_cost", cost, name, _whole(row["from_year"]), _whole(row["to_year"]),
                                  why=why))  # fmt: skip
        found[name] = (*found.get(name, ()), *changes)
    return found


def _changes(row: dict[str, object]) -> list[Change]:
    if not row["lever"]:
        return []
    lever = BY_NAME.get(str(row["lever"]))
    value = read_value(lever, str(row["value"])) if lever else None
    key = _key(lever, row) if lever else ""
    return [
        Change(
            str(row["lever"]), value, key, _whole(row["from_year"]), _whole(row["to_year"]),
            _number(row["ramp_years"]) or 0.0, str(row["why"]),
        )
    ]  # fmt: skip


def unknown_keys(dataset: Dataset, scenario: Scenario) -> list[str]:
    """Return a sentence for each change that names a key (need, phase, project…) which the dataset does not have."""
    known = {
        "need": dataset.needs.names, "phase": PHASES.names, "project": tuple(dataset.table("projects")["project"]),
        "intervention": tuple(dict.fromkeys(dataset.table("interventions")["intervention"])),
    }  # fmt: skip
    words = {kind: ", ".join(names) or "none in this dataset" for kind, names in known.items()}
    kinds = [(change, BY_NAME[change.lever].key) for change in scenario.changes if change.lever in BY_NAME]
    return [
        f'{change.lever}: there is no {kind} "{change.key}"; allowed: {words[kind]}'
        for change, kind in kinds
        if kind and change.key and change.key not in known[kind]
    ]


def lever_faults(table: str, file: str, frame: pd.DataFrame) -> list[Fault]:
    """Return the faults of levers and values in a table of assumptions, scenarios or interventions."""
    faults = []
    for number, row in zip(frame.index, _records(frame), strict=True):
        name = str(row["lever"])
        lever = BY_NAME.get(name)
        if lever is None:
            if name or table != "scenarios":
                faults.append(Fault(file, table, int(number), "lever", f'"{name}" is not a lever', ", ".join(BY_NAME),
                                    "correct the name"))  # fmt: skip
            continue
        allowed = _refused(lever, str(row["value"]))
        if allowed:
            faults.append(Fault(file, table, int(number), "value", f'{name}: "{row["value"]}" is not allowed', allowed,
                                _percent_hint(lever, str(row["value"]))))  # fmt: skip
    return faults


def _refused(lever: Lever, text: str) -> str:
    try:
        return in_bounds(lever, read_value(lever, text))
    except (ValueError, ZeroDivisionError):
        return f"{lever.low:g} to {lever.high:g} ({lever.unit})"


def _percent_hint(lever: Lever, text: str) -> str:
    try:
        value = read_value(lever, text)
    except (ValueError, ZeroDivisionError):
        return "write a number"
    if lever.unit.startswith("fraction") and isinstance(value, float):
        return f"write shares and rates as fractions: {value:g} per cent is written {value / 100:g}"
    return "correct the value"
