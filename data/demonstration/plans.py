"""Tables about plans, made from the children followed: ehc_plans, plan_flows, plan_moves, placements, sen."""

from __future__ import annotations

import pandas as pd
from children import Children, Step

BANDS = {"under_5": (0, 4), "5_10": (5, 10), "11_15": (11, 15), "16_19": (16, 19), "20_25": (20, 25)}
PHASES = {"early_years": (-9, -1), "primary": (0, 6), "secondary": (7, 11), "post_16": (12, 30)}
PLACED = ("resourced_provision", "sen_unit", "special_state", "special_non_maintained", "special_independent", "ap_pru",
          "hospital", "specialist_post16")  # fmt: skip
SOURCE = "made up (data/demonstration/generate.py)"
_AXES = ("age", "age_band", "need", "setting", "place")


def band(age: int) -> str:
    """Return the age band of an age."""
    return next(name for name, (low, high) in BANDS.items() if low <= age <= high)


def phase(nc_year: int) -> str:
    """Return the phase of a National Curriculum year."""
    return next(name for name, (low, high) in PHASES.items() if low <= nc_year <= high)


def _counted(frame: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    return frame.groupby(by).size().rename(value).reset_index()


def ehc_plans(stock: dict[int, Children]) -> pd.DataFrame:
    """Return totals, one-way breakdowns and need × setting × place of every January."""
    made = []
    for year, children in stock.items():
        frame = children.frame()
        frame["age_band"] = frame["age"].map(band)
        made.append(pd.DataFrame({"year": [year], "plans": [len(frame)]}))
        for by in (["age"], ["age_band"], ["need"], ["setting"], ["setting", "place"], ["age", "need"],
                   ["age", "setting"], ["need", "setting", "place"]):  # fmt: skip
            if len(by) < 2 or year >= 2024 or by == ["setting", "place"]:
                made.append(_counted(frame, by, "plans").assign(year=year))
    table = pd.concat(made, ignore_index=True)
    table["age"] = table["age"].astype("Int64")
    return table[["year", *_AXES, "plans"]].assign(source=SOURCE)


def plan_flows(steps: dict[int, Step]) -> pd.DataFrame:
    """Return the flows of every calendar year, in total and by age band (joiners by age in the January after)."""
    rows = []
    for year, step in steps.items():
        new, ceased = (pd.Series(c.age).map(band).value_counts() for c in (step.joiners, step.before.at(~step.stays)))
        parts = []
        for name in BANDS:
            requests = round(int(new.get(name, 0)) / 0.63)
            completed, waiting = round(requests * 0.68), round(requests * 0.21)
            parts.append((requests, completed, int(new.get(name, 0)), int(ceased.get(name, 0)), waiting))
        whole = tuple(sum(column) for column in zip(*parts, strict=True))
        rows += [(year, name, *part) for name, part in zip(("", *BANDS), (whole, *parts), strict=True)]
    columns = ["calendar_year", "age_band", "requests", "assessments", "new_plans", "ceased", "in_progress"]
    return pd.DataFrame(rows, columns=columns).assign(source=SOURCE)


def plan_moves(steps: dict[int, Step], since: int) -> pd.DataFrame:
    """Return moves between one January and the next; a joiner has no need and setting before, a leaver none after."""
    made = []
    for year, step in steps.items():
        if year < since:
            continue
        stayed, after = step.before.at(step.stays).frame(), step.after.frame()
        moves = _before(stayed).join(after.add_prefix("next_"))
        left = _before(step.before.at(~step.stays).frame())
        joined = step.joiners.frame()
        joined = pd.DataFrame({"nc_year": joined["age"] - 5}).join(joined.add_prefix("next_"))
        everyone = pd.concat([moves, left, joined], ignore_index=True)
        everyone["next_nc_year"] = everyone["next_age"] - 4
        made.append(everyone.assign(census_year=year))
    keys = ["census_year", "nc_year", "need", "setting", "place", "next_nc_year", "next_need", "next_setting",
            "next_place"]  # fmt: skip
    table = pd.concat(made, ignore_index=True)
    table["next_nc_year"] = table["next_nc_year"].astype("Int64")
    counted = table.groupby(keys, dropna=False).size().rename("people").reset_index()
    return counted.assign(source=SOURCE)


def _before(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(nc_year=frame["age"] - 4).drop(columns="age").reset_index(drop=True)


def placements(stock: dict[int, Children], since: int) -> pd.DataFrame:
    """Return children in specialist places by need, phase, setting, place and boarding (a third board outside)."""
    made = []
    for year, children in stock.items():
        frame = children.frame()
        frame = frame.loc[frame["setting"].isin(PLACED)].reset_index(drop=True)
        frame["phase"] = (frame["age"] - 4).map(phase)
        away = frame["place"].eq("out_of_borough") & frame["setting"].ne("special_state")
        frame["boarding"] = (away & (frame.index % 3 == 0)).map({True: "residential", False: "day"})
        if year >= since:
            made.append(
                _counted(frame, ["need", "phase", "setting", "place", "boarding"], "placements").assign(year=year)
            )
    columns = ["year", "need", "phase", "setting", "place", "boarding", "placements"]
    return pd.concat(made, ignore_index=True)[columns].assign(source=SOURCE)


SUPPORT_SHARE = {"early_years": 0.09, "primary": 0.145, "secondary": 0.135, "post_16": 0.06}
SUPPORT_NEEDS = {"SLCN": 0.27, "SEMH": 0.22, "MLD": 0.13, "SPLD": 0.14, "ASC": 0.1, "OTH": 0.04, "PD": 0.02,
                 "HI": 0.015, "VI": 0.01, "MSI": 0.005, "NSA": 0.05}  # fmt: skip
ON_ROLL = ("mainstream", "resourced_provision", "sen_unit", "special_state", "early_years", "ap_pru", "hospital")


def sen(stock: dict[int, Children], pupils: pd.DataFrame) -> pd.DataFrame:
    """Return pupils with SEN in the area's schools; shares of SEN support are round figures."""
    rolls = pupils.groupby(["year", "phase"])["pupils"].sum()
    rows = [
        (year, "sen_support", name, need, round(count * SUPPORT_SHARE[name] * share))
        for (year, name), count in rolls.items() for need, share in SUPPORT_NEEDS.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["year", "provision", "phase", "need", "pupils"])
    made = []
    for year, children in stock.items():
        frame = children.frame()
        frame = frame.loc[
            frame["setting"].isin(ON_ROLL) & frame["place"].eq("in_borough") & frame["age"].between(2, 18)
        ]
        counted = _counted(frame.assign(phase=(frame["age"] - 4).map(phase)), ["phase", "need"], "pupils")
        made.append(counted.assign(year=year, provision="ehc_plan"))
    return pd.concat([table, *made], ignore_index=True).assign(source=SOURCE)
