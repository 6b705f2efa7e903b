"""Make the demonstration dataset: `python data/demonstration/generate.py [FOLDER]`.

A complete authority that does not exist. The rates at which plans start, move and end, and the mix of needs and
settings, are those of England (`data/national`, each with its source); everything else is made up. The same seed gives
the same files, byte for byte.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import people  # noqa: E402
import plans  # noqa: E402
import provision  # noqa: E402
from children import NATIONAL, Children, follow  # noqa: E402
from plans import PLACED, SOURCE  # noqa: E402

SEED = 20250116
NAME = "Tideford (made up)"


def tables() -> dict[str, pd.DataFrame]:
    """Return every table of the dataset."""
    rng = np.random.default_rng(SEED)
    stock, steps = follow(rng)
    by_year = people.births_of(rng)
    now = stock[people.BASE]
    homes = provision.providers(rng, now)
    rolls = people.pupils(by_year)
    made = {
        "about": about(), "population": people.population(by_year), "births": people.births(by_year),
        "housing": people.housing(rng), "pupil_yields": people.pupil_yields(), "pupils": rolls,
        "sen": plans.sen(stock, rolls), "ehc_plans": plans.ehc_plans(stock), "plan_flows": plans.plan_flows(steps),
        "plan_moves": plans.plan_moves(steps, 2022), "providers": homes, "placements": plans.placements(stock, 2021),
        "unit_costs": provision.unit_costs(homes), "budget": provision.budget(now),
        "transport": provision.transport(now), "projects": provision.projects(),
        "project_capital": provision.project_capital(), "capital_funding": provision.capital_funding(),
        "comparators": comparators(), "mappings": mappings(), "scenarios": scenarios(),
        "interventions": provision.interventions(),
    }  # fmt: skip
    return {**made, "assumptions": assumptions(now, made)}


def about() -> pd.DataFrame:
    """Return what the dataset is; `synthetic` makes every screen and export say so."""
    facts = {
        "authority_code": "999", "authority_name": NAME, "title": "Demonstration: a made-up authority",
        "source": "Made up by data/demonstration/generate.py; no real place, provider or child", "base_year": "2025",
        "forecast_to": "2035", "price_base": provision.PRICES, "synthetic": "yes",
    }  # fmt: skip
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())}).assign(source=SOURCE)


def comparators() -> pd.DataFrame:
    """Return England's plans (real) and those of made-up neighbours."""
    england = pd.read_csv(NATIONAL / "totals_by_year.csv").dropna(subset=["ehc_plans"])
    made = [pd.DataFrame({"authority": "England", "year": england["year"], "value": england["ehc_plans"].astype(int),
                          "source": england["source"]})]  # fmt: skip
    for i, name in enumerate(("Marlhaven (made up)", "Westbrook (made up)", "Ashby Vale (made up)")):
        size = england["ehc_plans"] * (0.004 + 0.0006 * i) * (1 + 0.003 * (i - 1) * (england["year"] - 2010))
        made.append(pd.DataFrame({"authority": name, "year": england["year"], "value": size.round().astype(int),
                                  "source": SOURCE}))  # fmt: skip
    table = pd.concat(made, ignore_index=True).assign(measure="ehc_plans")
    return table[["authority", "measure", "year", "value", "source"]]


def mappings() -> pd.DataFrame:
    """Return what drives each budget line, and what the local group "Complex needs" stands for."""
    lines = {**provision.ROLES, **{line: kinds[0] for line, kinds in provision.LINES.items()}}
    lines |= {line: role for line, role in provision.OTHER_LINES.items() if role}
    rows = [("budget", "line", line, role, 1.0) for line, role in lines.items()]
    rows += [
        ("projects", "need", "Complex needs", need, share)
        for need, share in (("ASC", 0.5), ("SLD", 0.3), ("SEMH", 0.2))
    ]
    columns = ["table", "column", "local_value", "standard_value", "weight"]
    return pd.DataFrame(rows, columns=columns).assign(source=SOURCE)


def _rates(made: dict[str, pd.DataFrame]) -> tuple[float, float]:
    """Return the shares of pupils with SEN and with a plan in the base year."""
    pupils, sen = (made[name].loc[made[name]["year"].eq(people.BASE)] for name in ("pupils", "sen"))
    whole = pupils["pupils"].sum()
    plans_only = sen.loc[sen["provision"].eq("ehc_plan"), "pupils"].sum()
    return round(float(sen["pupils"].sum() / whole), 4), round(float(plans_only / whole), 4)


def assumptions(now: Children, made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a value for every lever of the catalogue, some with a range."""
    budget = made["budget"]
    with_sen, with_plan = _rates(made)
    frame = now.frame()
    placed = frame.loc[frame["setting"].isin(PLACED)]
    away = int(placed["place"].eq("out_of_borough").sum())
    special = frame.loc[frame["setting"].eq("special_state"), "need"].value_counts(normalize=True)
    block = budget.loc[budget["line"].eq("High needs block"), "gbp"].iloc[0]
    rows: list[dict[str, object]] = [
        _row("pupil_growth", 0.004, "local", -0.004, 0.012), _row("pupil_growth_kind", "compound", "judgement"),
        _row("sen_prevalence", with_sen, "outturn", with_sen - 0.01, with_sen + 0.02),
        _row("ehc_plan_rate", with_plan, "outturn", with_plan - 0.004, with_plan + 0.008),
        _row("bring_back_share", 0.25, "judgement", 0.1, 0.4),
        {**_row("out_of_borough_baseline", away, "outturn"), "line": "January 2025"},
        _row("growth_base", "plan_rate", "judgement"), _row("under_provision_places", "", "judgement"),
        _row("growth_places", "", "judgement"), _row("in_borough_unit_cost", 24_500, "outturn", 22_000, 27_000),
        _row("out_of_borough_unit_cost", 61_000, "outturn", 54_000, 72_000),
        _row("in_borough_price_change", 0.025, "judgement", 0.01, 0.04),
        _row("out_of_borough_price_change", 0.05, "judgement", 0.02, 0.08),
        _row("other_price_change", 0.025, "judgement", 0.01, 0.04), _row("high_needs_block", int(block), "outturn"),
        _row("high_needs_block_growth", 0.03, "judgement", 0.0, 0.05), _row("block_transfer", 0, "judgement"),
        _row("project_on", 0, "local"), _row("project_opens", "", "local"), _row("project_delay", 0, "judgement"),
        _row("project_ramp", "", "judgement"),
    ]  # fmt: skip
    rows += [{**_row("need_share", round(float(share), 4), "outturn"), "need": need} for need, share in special.items()]
    columns = ["lever", "need", "project", "line", "from_year", "to_year", "value", "low", "high", "coverage", "unit",
               "status", "source"]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=columns)


def _row(
    lever: str, value: object, status: str, low: float | None = None, high: float | None = None
) -> dict[str, object]:
    from forecasting.scenario.catalogue import BY_NAME

    coverage = 0.8 if low is not None else None
    low, high = (None if end is None else round(end, 4) for end in (low, high))
    return {"lever": lever, "value": value, "low": low, "high": high, "coverage": coverage, "unit": BY_NAME[lever].unit,
            "status": status, "source": SOURCE}  # fmt: skip


def scenarios() -> pd.DataFrame:
    """Return the baseline and the mitigated scenario, to which the interventions are added: all that is planned."""
    rows = [("baseline", "", "", "", None, None, None, "", "No change to any lever.")]
    built = dict.fromkeys(name for name in provision.projects()["project"] if name not in provision.bases())
    rows += [("mitigated", "", "project_on", name, None, None, None, 1, "Every project is built.") for name in built]
    rows.append(("mitigated", "", "bring_back_share", "", 2027, None, 4, 0.45,
                 "Local places are offered before a place elsewhere."))  # fmt: skip
    columns = ["scenario", "method", "lever", "project", "from_year", "to_year", "ramp_years", "value", "why"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"from_year": "Int64", "to_year": "Int64", "ramp_years": "Int64"})


def write(folder: Path) -> None:
    """Write every table as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables().items():
        whole = {c: "Int64" for c in table.select_dtypes("float") if table[c].dropna().mod(1).eq(0).all()}
        table.astype(whole).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
