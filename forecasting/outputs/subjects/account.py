"""Costs by the placement method: the account unmitigated and mitigated, the waterfall, the deficit and its end."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from forecasting.analysis.interventions import pair, runs_of, waterfall
from forecasting.analysis.steps import Steps
from forecasting.model.account import WITH, WITHOUT
from forecasting.model.run import Run
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Section, Table
from forecasting.outputs.subjects import spending
from forecasting.outputs.subjects.cases import CASES, SOURCE, path, side_by_side
from forecasting.outputs.subjects.common import View, line_figure
from forecasting.outputs.subjects.waterfall import axis_in_words, bars
from forecasting.periods import year_to_financial_year


def by_placement(view: View) -> bool:
    """Return whether the run prices children where they are placed."""
    return view.has("cost_gbp", component="place")


def sections(view: View) -> list[Section]:
    """Return the sections of the page that only the placement method has."""
    found = [Section("The account", (_balance(view), _account(view)) if _has_balance(view) else (), _ACCOUNT)]
    if _has_balance(view):
        found.append(Section("What each measure does", _measures(view), _MEASURES))
        found.append(Section("The end of the statutory override", (_exposure(view),), _override(view)))
    found += spending.sections(view)
    return [section for section in found if section.items]


_ACCOUNT = (
    "Unmitigated is the baseline. Mitigated is the scenario in hand; at the baseline it is the scenario mitigated of "
    "the dataset. Transport is paid from the general fund and stands outside this account."
)
_MEASURES = (
    "Each measure alone against the unmitigated account, then what they do together beyond that: measures that do the "
    "same thing twice overlap. The steps add up exactly."
)


def _has_balance(view: View) -> bool:
    return view.has("cumulative_balance_gbp")


def chance_in_words(run: Run, year: int) -> str:
    """Return the chance that a year balances, in words; "" without draws."""
    if not run.forecast.has("probability_of_balance"):
        return ""
    share, draws = run.forecast.value("probability_of_balance", year), run.forecast.draws
    many = {0.0: "none", 1.0: "all"}.get(share, f"{round(share * draws):,}")
    return f"in {many} of {draws:,} runs"


def balance_sentence(view: View) -> str:
    """Return spending, income and the chance of balance in the last year, unmitigated and mitigated."""
    told = []
    for case, run in zip(CASES, pair(view.run), strict=True):
        spend, gap = (run.forecast.value(m, view.last) for m in ("high_needs_spend_gbp", "in_year_balance_gbp"))
        chance = chance_in_words(run, view.last)
        told.append(
            f"{case}, high-needs spending is {words.gbp(spend)} in {year_to_financial_year(view.last)}, "
            f"{words.gbp(abs(gap))} {'more' if gap < 0 else 'less'} than income"
            f"{f'; income covers it {chance}' if chance else ''}."
        )
    return " ".join(told)


def _balance(view: View) -> Figure:
    frames = []
    for case, run in zip(CASES, pair(view.run), strict=True):
        years, central = path(run, "cumulative_balance_gbp")
        low, high = (path(run, "cumulative_balance_gbp", name)[1] for name in ("p10", "p90"))
        frames.append(pd.DataFrame({"year": years, "series": case, "value": central * 1e-6, "low": low * 1e-6,
                                    "high": high * 1e-6}))  # fmt: skip
    data = pd.concat(frames, ignore_index=True)
    end = [frame["value"].iloc[-1] for frame in frames]
    title = "The deficit grows unless more is done" if end[1] < 0 else "The measures clear the deficit"
    return line_figure(
        view, "closing_balance", title if end[0] < 0 else "The account stays in surplus",
        f"Closing balance, £ million, {view.name}, financial years ending in the year shown; band: four runs in five",
        balance_sentence(view), data, y="£ million", unit="million", source=SOURCE, zero=False,
    )  # fmt: skip


_COLUMNS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Income", "income_gbp", {}), ("Spending", "high_needs_spend_gbp", {}), ("In year", "in_year_balance_gbp", {}),
    ("Closing", "cumulative_balance_gbp", {}), ("With grant", "cumulative_balance_gbp", {"component": WITH}),
    ("Per resident, £", "balance_per_resident_gbp", {}), ("Chance of balance", "probability_of_balance", {}),
)  # fmt: skip


def _account(view: View) -> Table:
    frames = []
    for case, run in zip(CASES, pair(view.run), strict=True):
        years, closing = path(run, "cumulative_balance_gbp")
        in_year, grant = path(run, "in_year_balance_gbp")[1], path(run, "deficit_grant_gbp")[1]
        columns: dict[str, object] = {"Year": [year_to_financial_year(year) for year in years], "Case": case,
                                      "Opening": (closing - in_year - grant) * 1e-6}  # fmt: skip
        for name, measure, at in _COLUMNS:
            if run.forecast.has(measure):
                columns[name] = path(run, measure, **at)[1] * (1.0 if _kind(name) != "million" else 1e-6)
        frames.append(pd.DataFrame(columns))
    frame = side_by_side(frames)
    return Table("account", "The high-needs account, unmitigated and mitigated, £ million", frame,
                 {name: _kind(name) for name in frame.columns[2:]}, view.note(SOURCE, money=True))  # fmt: skip


def _kind(column: str) -> str:
    return "fraction" if "Chance" in column else "gbp" if "£" in column else "million"


def _measures(view: View) -> tuple[Figure, ...]:
    start, end = pair(view.run)
    method, last = view.forecast.method, view.forecast.years[-1]
    runs = runs_of(end.dataset, end.scenario, last, method)
    if len(runs) <= 2:
        return ()
    found = waterfall(runs, "high_needs_spend_gbp")
    return (_waterfall(view, found),)


def _waterfall(view: View, found: Steps) -> Figure:
    moved = np.abs(found.effects[:, 0, -1]) >= 1.0  # a lever of another method moves nothing
    steps = np.array([*found.effects[moved, 0, -1], found.interaction[0, -1]])
    first, last = float(found.start[0, -1]), float(found.end[0, -1])
    kept = [name for name, there in zip(found.names, moved, strict=True) if there]
    names = (CASES[0], *kept, "Together: interaction", CASES[1])
    data = bars(names, first, list(steps), last, 1e-6)
    year = year_to_financial_year(found.years[-1])
    formats = {"£ million": "million", "In full after, years": "decimal", "Cost a year": "gbp"}
    table = Table("waterfall", f"From unmitigated to mitigated, {year}", _measures_table(view, data), formats,
                  view.note(SOURCE, money=True))  # fmt: skip
    saved = first - last
    title = f"The measures save {words.gbp(saved)} a year" if saved > 0 else "The measures do not lower spending"
    return Figure(
        "waterfall", title,
        f"High-needs spending, £ million, {view.name}, {year}; each measure alone{axis_in_words(data)}",
        f"From {words.gbp(first)} unmitigated to {words.gbp(last)} mitigated in {year}.",
        partial(charts.waterfall, names, "£ million", charts.MILLION), data, table, table.note,
    )  # fmt: skip


def _measures_table(view: View, data: pd.DataFrame) -> pd.DataFrame:
    """Return each step with its first year, the years until it works in full, what it costs and who answers for it."""
    table = view.run.dataset.table("interventions")
    by_name = table.groupby("intervention")
    start, ramp, cost = by_name["from_year"].min(), by_name["ramp_years"].max(), by_name["cost_gbp_per_year"].sum()
    owners = dict(zip(table["intervention"], table["owner"], strict=True))
    return pd.DataFrame({
        "Measure": data["name"], "£ million": data["value"],
        "From": [_year_or_blank(start.get(name)) for name in data["name"]],
        "In full after, years": [float(ramp.get(name, np.nan)) for name in data["name"]],
        "Cost a year": [float(cost.get(name, np.nan)) for name in data["name"]],
        "Owner": [owners.get(name, "") for name in data["name"]],
    })  # fmt: skip


def _year_or_blank(year: float | None) -> str:
    return "" if year is None or np.isnan(year) else str(int(year))


def _override(view: View) -> str:
    levers = view.run.assumptions
    ends, item, later = (levers.number("override_ends"), levers.last("override_ends"),
                         levers.last("deficit_after_override_share"))  # fmt: skip
    if ends is None or item is None or later is None:
        return ""
    years = [int(year) for year in view.forecast.margin("general_fund_exposure_gbp").labels[0]]
    at = int(ends) if int(ends) in years else years[-1]
    falls = [
        [words.gbp(run.forecast.value("general_fund_exposure_gbp", at, component=name)) for name in (WITHOUT, WITH)]
        for run in pair(view.run)
    ]
    return (
        f"Until {year_to_financial_year(int(ends))} a statutory override keeps the deficit out of the general fund. "
        f"What is left then falls on it: {falls[0][0]} unmitigated and {falls[1][0]} mitigated; with the grant, "
        f"{falls[0][1]} and {falls[1][1]}. The grant needs an approved Local SEND Reform Plan. "
        f"Sources: {item.source}. Later deficits: {later.source}."
    )


def _exposure(view: View) -> Table:
    ends = int(view.run.assumptions.number("override_ends") or view.last)
    frames = []
    for case, run in zip(CASES, pair(view.run), strict=True):
        years, without = path(run, "general_fund_exposure_gbp", component=WITHOUT)
        closing = {name: path(run, "cumulative_balance_gbp", component=name)[1] for name in (WITH, WITHOUT)}
        frame = pd.DataFrame({
            "At the end of": [year_to_financial_year(year) for year in years], "Case": case,
            "Balance, no grant": closing[WITHOUT] * 1e-6, "Balance, with grant": closing[WITH] * 1e-6,
            "General fund, no grant": without * 1e-6,
            "General fund, with grant": path(run, "general_fund_exposure_gbp", component=WITH)[1] * 1e-6,
        })  # fmt: skip
        frames.append(frame.loc[[year in (ends, years[-1]) for year in years]])
    frame = side_by_side(frames)
    return Table("general_fund", "The deficit with and without grant, and what falls on the general fund, £ million",
                 frame, dict.fromkeys(frame.columns[2:], "million"), view.note(SOURCE, money=True))  # fmt: skip
