"""Make the national tables from the releases: `python data/national/build.py RELEASE.zip …`.

They are committed, so that nothing else needs the releases. Run again when a new release comes out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from forecasting.inputs import dfe  # noqa: E402
from forecasting.inputs.dfe import crossed  # noqa: E402
from forecasting.inputs.dfe.panel import age_of, merge, panel_of  # noqa: E402
from forecasting.inputs.plausibility import review  # noqa: E402
from forecasting.inputs.source import Source  # noqa: E402

EXAMPLE = ("372", "ENG")  # Rotherham and England: the panel of the example on the command line
SERIES = (  # name, measure, dimension, parts; flows of a calendar year are known in the January after it
    ("total", "ehc_plans", "", ("",)),
    ("state_special", "ehc_plans", "setting", ("special_state",)),
    ("inmss", "ehc_plans", "setting", ("special_non_maintained", "special_independent")),
    ("new_plans", "new_plans", "", ("",)),
    ("requests", "requests", "", ("",)),
)
SOURCE = "Department for Education, Education, health and care plans, {}: England; Open Government Licence v3.0"


def main(paths: list[str]) -> None:
    """Write the tables next to this file."""
    releases, _, _ = dfe.split([Source.of(Path(path)) for path in paths])
    panel = merge([panel_of(release)[0] for release in releases])
    england = panel.loc[panel["unit"].eq("ENG") & panel["value"].notna()]
    last = int(england.loc[england["measure"].eq("ehc_plans"), "year"].max())
    source = SOURCE.format("release of 2025")
    totals = england.loc[england["dimension"].eq("")].pivot_table(index="year", columns="measure", values="value")
    _write(totals.reset_index(), "totals_by_year", SOURCE.format("releases of 2022 and 2025"))
    _write(_ages(england, last), "plans_by_age", source)
    two_way = crossed.breakdowns(releases, "ENG").query("year == @last")
    needs = two_way.loc[two_way["need"].notna() & two_way["setting"].notna(), ["need", "setting", "value"]]
    _write(needs.rename(columns={"value": "plans"}), "plans_by_need_and_setting", source)
    ages = two_way.loc[two_way["age"].notna() & two_way["setting"].notna(), ["age", "setting", "value"]]
    _write(ages.astype({"age": int}).rename(columns={"value": "plans"}), "plans_by_age_and_setting", source)
    kinds = two_way.loc[two_way["age"].notna() & two_way["need"].notna(), ["age", "need", "value"]]
    _write(kinds.astype({"age": int}).rename(columns={"value": "plans"}), "plans_by_age_and_need", source)
    counts = _counts(review(panel, focus=sorted(set(panel["unit"]))).panel)
    flows = counts["series"].isin(["new_plans", "requests"])
    shown = counts["unit"].isin(EXAMPLE) & ~(counts["unit"].eq("ENG") & flows)
    both = SOURCE.format("releases of 2022 and 2025")
    _write(counts.loc[shown, ["unit", "year", "series", "value"]], "plans_panel", both)
    rest = counts.loc[~counts["unit"].isin(EXAMPLE)].pivot_table(
        index=["unit", "name", "year"], columns="series", values="value"
    )[[name for name, *_ in SERIES]]
    _write(rest.reset_index(), "plans_elsewhere", both)


def _counts(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the yearly counts of authorities and England that the method trend pools: unit, name, year, series, value.

    Implausible figures were set aside before. An authority is named as in its latest year.
    """
    rows = panel.loc[panel["level"].isin(["authority", "country"]) & panel["value"].notna()]
    made = []
    for name, measure, dimension, parts in SERIES:
        part = rows.loc[rows["measure"].eq(measure) & rows["dimension"].eq(dimension) & rows["part"].isin(parts)]
        sums = part.groupby(["unit", "year"], as_index=False)["value"].sum().assign(series=name)
        made.append(sums.assign(year=sums["year"] + (0 if measure == "ehc_plans" else 1)))
    latest = rows.sort_values("year").drop_duplicates("unit", keep="last").set_index("unit")["name"]
    found = pd.concat(made, ignore_index=True)
    return found.assign(name=found["unit"].map(latest)).sort_values(["unit", "series", "year"], ignore_index=True)


def _ages(england: pd.DataFrame, last: int) -> pd.DataFrame:
    """Return by age the plans of the last January and the flows of the calendar year before."""
    rows = england.loc[england["dimension"].eq("age")].assign(age=lambda f: f["part"].map(age_of))
    names = {("ehc_plans", last): "plans", ("ehc_plans", last - 1): "plans_year_before",
             ("new_plans", last - 1): "new_plans", ("ceased", last - 1): "ceased"}  # fmt: skip
    rows = rows.assign(column=[names.get(pair, "") for pair in zip(rows["measure"], rows["year"], strict=True)])
    wide = rows.loc[rows["column"].ne("")].pivot_table(index="age", columns="column", values="value", aggfunc="sum")
    return wide[["plans", "plans_year_before", "new_plans", "ceased"]].reset_index().assign(year=last)


def _write(frame: pd.DataFrame, name: str, source: str) -> None:
    frame = frame.assign(source=source)
    for column in frame.select_dtypes("float"):
        frame[column] = frame[column].astype("Int64")
    frame.to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
