"""Warnings about tables that do not go together: plans and placements, parts and totals, years, ages and NC years.

Nothing here refuses a dataset or changes a figure: each warning gives its evidence, and the user decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from forecasting.axes import PHASES
from forecasting.errors import Fault
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Sheet

Tables = Mapping[str, pd.DataFrame]
Origin = Mapping[str, Sheet]

PARTS_SLACK = 0.02
_NOISE = 4.0
_JUMP = {"pupils": 0.10, "births": 0.20, "population": 0.10, "sen": 0.35, "placements": 0.60}
_VALUE = {"pupils": "pupils", "sen": "pupils", "placements": "placements", "births": "births", "population": "people"}
_APART = {"sen": "provision", "population": "status", "births": "variant"}
_AGE_OF_RECEPTION = 4
_LOWEST, _HIGHEST = -4, 21
_CHECK = "compare the two with their sources before you rely on them"


def check_across(tables: Tables, origin: Origin) -> list[Fault]:
    """Return the warnings between rows, years and tables; `tables` are those of the whole dataset."""
    dataset = Dataset({name: frame for name, frame in tables.items() if len(frame)})
    checks: tuple[Callable[[Dataset, Origin], list[Fault]], ...] = (
        _more_plans_than_pupils, _more_placed_than_plans, _negative_money, _parts_against_totals, _jumps,
        _age_against_nc_year, _phase_against_nc_year,
        _beyond_the_nc_years, _beyond_the_ages, _lowest_above_highest, _closes_before_it_opens,
        _others_on_roll)  # fmt: skip
    return [fault for check in checks for fault in check(dataset, origin)]


def _warn(origin: Origin, table: str, row: int, column: str, found: str, allowed: str, kind: str) -> Fault:
    file = origin[table].file if table in origin else table
    return Fault(file, table, row, column, found, allowed, _CHECK, "warning", kind)


def _more_plans_than_pupils(dataset: Dataset, origin: Origin) -> list[Fault]:
    """EHC plans of a January against pupils on roll: about one in twenty has a plan."""
    plans, pupils = total(dataset, "ehc_plans", "plans"), total(dataset, "pupils", "pupils")
    both = pd.concat([plans.rename("plans"), pupils.rename("pupils")], axis=1, join="inner").dropna()
    return [
        _warn(origin, "ehc_plans", 0, "plans", f"{year}: {row['plans']:,.0f} EHC plans, {row['pupils']:,.0f} pupils",
              "far fewer EHC plans than pupils on roll", "more EHC plans than pupils")
        for year, row in both[both["plans"] > both["pupils"]].iterrows()
    ]  # fmt: skip


def _negative_money(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Prices, savings and capital below £0: only a balance, or a line of the budget, is by its nature below it."""
    faults = []
    for table in (table for table in BY_NAME.values() if dataset.has(table.name) and table.name != "budget"):
        for column in (column.name for column in table.columns if column.kind == "gbp"):
            frame = dataset.table(table.name)
            for row, gbp in frame.loc[frame[column] < 0, column].items():
                faults.append(Fault(origin[table.name].file, table.name, int(str(row)), column, f"-£{-gbp:,.0f}",
                                    "£0 or more, unless money comes back", "correct the sign, if it is a slip",
                                    "warning", "an amount below £0"))  # fmt: skip
    return faults


def _more_placed_than_plans(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Placements of a January, in all and by setting, against EHC plans: a child is placed once."""
    faults = []
    for axes in ((), ("setting",)):
        placed, plans = (
            margin(dataset, t, v, *axes) for t, v in (("placements", "placements"), ("ehc_plans", "plans"))
        )
        both = pd.concat([placed.rename("placed"), plans.rename("plans")], axis=1, join="inner").dropna()
        over = both[both["placed"] > both["plans"] + _NOISE * np.sqrt(both["plans"].clip(lower=1))]
        for key, row in over.iterrows():
            year, setting = key if isinstance(key, tuple) else (key, "")
            found = f"{year}: {row['placed']:,.0f} placements, {row['plans']:,.0f} EHC plans"
            found = f"{found} in setting {setting}" if setting else found
            faults.append(_warn(origin, "placements", 0, "placements", found, "no more placements than plans",
                                "more placements than plans"))  # fmt: skip
    return faults


def _parts_against_totals(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Totals of pupils, pupils with SEN and placements against the sum of each one-way breakdown."""
    faults = []
    for table in ("pupils", "sen", "placements"):
        if not dataset.has(table):
            continue
        frame, value, keep = (
            dataset.table(table),
            _VALUE[table],
            ["year", *([_APART[table]] if table in _APART else [])],
        )
        axes = [c for c in BY_NAME[table].key if c not in keep and c in frame]
        filled = pd.DataFrame({c: frame[c].notna() & frame[c].astype(str).ne("") for c in axes}, index=frame.index)
        whole = frame[~filled.any(axis=1)].groupby(keep)[value].first()
        for axis in axes:
            only = frame[filled[axis] & filled.sum(axis=1).eq(1)]
            parts = only.groupby(keep)[value].agg(lambda cells: cells.sum(skipna=False))
            both = pd.concat([whole.rename("whole"), parts.rename("parts")], axis=1, join="inner").dropna()
            gap = both["parts"] - both["whole"]
            for key, row in both[gap.abs().gt(PARTS_SLACK * both["whole"]) & gap.abs().ge(1)].iterrows():
                found = (
                    f"{_said(key)}: the total is {row['whole']:,.0f}, its rows by {axis} add up to {row['parts']:,.0f}"
                )
                faults.append(_warn(origin, table, 0, value, found, "parts that add up to the total",
                                    "a total that its parts deny"))  # fmt: skip
    return faults


def _said(key: object) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _jumps(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Totals that change from one year to the next by more than is usual, and by more than chance does."""
    faults = []
    for table, limit in _JUMP.items():
        for name, known in _totals(dataset, table):
            before, after = known.iloc[:-1].to_numpy(np.float64), known.iloc[1:].to_numpy(np.float64)
            years = known.index.to_numpy(np.int64)
            change = np.divide(after - before, before, out=np.zeros_like(after), where=before > 0)
            far = np.abs(after - before) > _NOISE * np.sqrt(before + after)
            for at in np.flatnonzero((np.diff(years) == 1) & (np.abs(change) > limit) & far):
                figures = f"{after[at]:,.0f} after {before[at]:,.0f} the year before ({change[at]:+.0%})"
                found = f"{name}{years[at + 1]}: {figures}"
                faults.append(_warn(origin, table, 0, _VALUE[table], found, f"usually within {limit:.0%} of a year",
                                    "a jump from one year to the next"))  # fmt: skip
    return faults


def _totals(dataset: Dataset, table: str) -> list[tuple[str, pd.Series]]:
    """Return the totals of a table by year, apart for each kind that is never added to another; "kind, " → totals."""
    if not dataset.has(table):
        return []
    frame, apart = dataset.table(table), _APART.get(table)
    kinds = [str(word) for word in frame[apart].unique()] if apart else [""]
    parts = {kind: frame[frame[apart].eq(kind)] if apart else frame for kind in kinds}
    totals = {kind: margin(Dataset({table: rows}), table, _VALUE[table]) for kind, rows in parts.items()}
    return [(f"{kind}, " if kind else "", found.dropna().sort_index()) for kind, found in totals.items()]


def _age_against_nc_year(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Rows that give both an age and an NC year which is not the age on 31 August less 4, or one from it."""
    faults = []
    for table in ("population", "ehc_plans"):
        if not dataset.has(table):
            continue
        rows = dataset.table(table)
        gap = rows["nc_year"].astype("float64") - (rows["age"].astype("float64") - _AGE_OF_RECEPTION)
        for row, values in rows[gap.abs() > 1].iterrows():
            found = f"NC year {values['nc_year']:g} at age {values['age']:g}"
            faults.append(_warn(origin, table, int(str(row)), "nc_year", found, "the age on 31 August less 4",
                                "NC year and age that do not go together"))  # fmt: skip
    return faults


def _phase_against_nc_year(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Rows that give both a phase and an NC year outside it."""
    faults = []
    for table in ("pupils", "sen"):
        if not dataset.has(table):
            continue
        rows = dataset.table(table)
        both = rows[rows["nc_year"].notna() & rows["phase"].ne("")]
        least, most = _ends(both["phase"])
        outside = both[(both["nc_year"] < least) | (both["nc_year"] > most)]
        for row, values in outside.iterrows():
            found = f"NC year {values['nc_year']:g} in phase {values['phase']}"
            faults.append(_warn(origin, table, int(str(row)), "nc_year", found, "an NC year of the phase",
                                "NC year and phase that do not go together"))  # fmt: skip
    return faults


def _ends(phases: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last NC year of each phase; NaN for a phase that the vocabulary lacks."""
    known = {code: PHASES.find(str(code)) for code in phases.unique()}
    first, last = (
        phases.map({code: float(found[column]) for code, found in known.items() if found}).astype("float64")
        for column in ("first_nc_year", "last_nc_year")
    )
    return first, last


def _beyond_the_nc_years(dataset: Dataset, origin: Origin) -> list[Fault]:
    """NC years that no child with a plan can have: below -4 (birth) or above 21 (the year of the 25th birthday)."""
    faults = []
    for table in ("pupils", "sen", "ehc_plans", "plan_moves", "population"):
        if not dataset.has(table):
            continue
        rows = dataset.table(table)["nc_year"].astype("float64")
        for row, value in rows[(rows < _LOWEST) | (rows > _HIGHEST)].items():
            faults.append(_warn(origin, table, int(str(row)), "nc_year", f"NC year {value:g}",
                                f"{_LOWEST} to {_HIGHEST}", "NC years out of range"))  # fmt: skip
    return faults


def _beyond_the_ages(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Ages on 31 August at which nobody has a plan: above 25 (the plan ends with that academic year)."""
    rows = dataset.table("ehc_plans")
    if rows.empty:
        return []
    ages = rows["age"].astype("float64")
    least, most = _LOWEST + _AGE_OF_RECEPTION, _HIGHEST + _AGE_OF_RECEPTION
    return [
        _warn(origin, "ehc_plans", int(str(row)), "age", f"age {value:g}", f"{least} to {most}", "ages out of range")
        for row, value in ages[(ages < least) | (ages > most)].items()
    ]


def _lowest_above_highest(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Providers and projects whose lowest age is above their highest."""
    return [
        _warn(origin, table, int(str(row)), "min_age", f"{values[name]}: ages {values['min_age']:g} to "
              f"{values['max_age']:g}", "a lowest age below the highest", "ages the wrong way round")
        for table, name in (("providers", "provider"), ("projects", "project")) if dataset.has(table)
        for row, values in dataset.table(table).query("min_age > max_age").iterrows()
    ]  # fmt: skip


def _closes_before_it_opens(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Providers that close before they open: months are texts such as 2026-09, which sort as time does."""
    if not dataset.has("providers"):
        return []
    rows = dataset.table("providers")
    wrong = rows[rows["opens"].ne("") & rows["closes"].ne("") & (rows["closes"] < rows["opens"])]
    return [
        _warn(origin, "providers", int(str(row)), "closes", f"{values['provider']}: opens {values['opens']}, closes "
              f"{values['closes']}", "a month after it opens", "closes before it opens")
        for row, values in wrong.iterrows()
    ]  # fmt: skip


def _others_on_roll(dataset: Dataset, origin: Origin) -> list[Fault]:
    """Providers with more children of other authorities than children."""
    if not dataset.has("providers"):
        return []
    rows = dataset.table("providers")
    return [
        _warn(origin, "providers", int(str(row)), "on_roll_other_authorities",
              f"{values['provider']}: {values['on_roll_other_authorities']:g} children of other authorities, "
              f"{values['on_roll']:g} on roll", "a part of those on roll", "more from elsewhere than on roll")
        for row, values in rows[rows["on_roll_other_authorities"] > rows["on_roll"]].iterrows()
    ]  # fmt: skip
