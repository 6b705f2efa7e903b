"""Where the money of the account goes: by what is paid, by line of the return, and for a child."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from forecasting.analysis.interventions import pair
from forecasting.inputs.national import section_251_lines
from forecasting.model.costs import leaves
from forecasting.model.run import Run
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Section, Table
from forecasting.outputs.protect import protect
from forecasting.outputs.subjects.cases import CASES, SOURCE, path, side_by_side
from forecasting.outputs.subjects.common import View
from forecasting.periods import year_to_financial_year

PARTS = {
    "place": "Place funding", "top_up": "Top-up", "fee": "Fees", "transport": "Transport", "services": "Services",
    "interventions": "Interventions", "recoupment": "Paid to academies by the Department",
}  # fmt: skip
REST = "Services, transport and the rest"
_UNIT = "What the account pays for a child and year: the rates of the dataset, brought to the budget of the base year."


def sections(view: View) -> tuple[Section, ...]:
    """Return the sections on where the money goes and on what a child costs."""
    return (
        Section("Where the money goes", (_components(view), _parts(view), _lines(view))),
        Section("What a child costs", (_unit(view), *_calibration(view)), _UNIT),
    )


def _components(view: View) -> Figure:
    years = [year_to_financial_year(year) for year in path(view.run, "cost_gbp")[0]]
    paid = {name: path(view.run, "cost_gbp", component=part)[1] * 1e-6 for part, name in PARTS.items()}
    shown = [PARTS[part] for part in ("place", "top_up", "fee")]
    drawn = {**{name: paid[name] for name in shown},
             REST: np.sum([values for name, values in paid.items() if name not in shown], axis=0)}  # fmt: skip
    data = pd.concat([pd.DataFrame({"year": years, "series": name, "value": values})
                      for name, values in drawn.items()], ignore_index=True)  # fmt: skip
    read = pd.DataFrame({"Year": years, **drawn})
    table = Table("components", "Spending by what is paid, £ million, scenario in hand", read,
                  dict.fromkeys(drawn, "million"), view.note(SOURCE, money=True))  # fmt: skip
    top = max(shown, key=lambda name: float(drawn[name][-1]))
    return Figure(
        "components", f"{top} {'take' if top.endswith('s') else 'takes'} the largest part of what places cost",
        f"Spending with transport, £ million, {view.name}, by financial year; scenario in hand",
        f"{top}: {words.gbp(float(drawn[top][-1]) * 1e6)} in {years[-1]}.",
        partial(charts.columns, tuple(drawn), "£ million", charts.MILLION, stacked=True), data, table, table.note,
    )  # fmt: skip


def _parts(view: View) -> Table:
    frames = [
        pd.DataFrame({"Year": [year_to_financial_year(year) for year in path(run, "cost_gbp")[0]], "Case": case, **{
            name: path(run, "cost_gbp", component=part)[1] * 1e-6 for part, name in PARTS.items()}})
        for case, run in zip(CASES, pair(view.run), strict=True)
    ]  # fmt: skip
    read = side_by_side(frames)
    read = read.loc[:, [name in ("Year", "Case") or bool(read[name].any()) for name in read.columns]]
    return Table("parts", "Spending by what is paid, unmitigated and mitigated, £ million", read,
                 dict.fromkeys(read.columns[2:], "million"), view.note(SOURCE, money=True))  # fmt: skip


def _lines(view: View) -> Table:
    lines = section_251_lines()
    columns = [lines[name].tolist() for name in ("component", "setting", "line", "title")]
    known = {(part, kind): (line, title) for part, kind, line, title in zip(*columns, strict=True)}
    frames = []
    for case, run in zip(CASES, pair(view.run), strict=True):
        values: dict[tuple[str, str], float] = {}
        for part in PARTS:
            for setting, gbp in _by_setting(run, part, view.last).items():
                line = known.get((part, setting)) or known.get((part, ""))
                if line and gbp:
                    values[line] = values.get(line, 0.0) + gbp
        frames.append(pd.Series(values, name=case, dtype=float))
    both = pd.concat(frames, axis=1).fillna(0.0).sort_index()
    frame = pd.DataFrame({"Line": [line for line, _ in both.index], "What": [title for _, title in both.index],
                          CASES[0]: both[CASES[0]].to_numpy(), CASES[1]: both[CASES[1]].to_numpy()})  # fmt: skip
    return Table("section_251", f"Spending by line of the section 251 return, {year_to_financial_year(view.last)}",
                 frame, dict.fromkeys(CASES, "gbp"), view.note(str(lines["source"].iloc[0]), money=True))  # fmt: skip


def _by_setting(run: Run, part: str, year: int) -> dict[str, float]:
    if not run.forecast.has("cost_gbp", "setting", component=part):
        return {"": run.forecast.value("cost_gbp", year, component=part)}
    margin = run.forecast.margin("cost_gbp", "setting", component=part)
    at = margin.labels[0].index(year)
    return {str(code): float(gbp) for code, gbp in zip(margin.labels[1], margin.stats[0, at], strict=True)}


def _unit(view: View) -> Table:
    columns: dict[str, dict[str, float]] = {}
    for case, run in zip(CASES, pair(view.run), strict=True):
        children = _children(run, view)
        gbp = {code: sum(_by_setting(run, part, view.last).get(code, 0.0) for part in ("place", "top_up", "fee"))
               for code in children}  # fmt: skip
        columns[f"Children, {case.lower()}"] = children
        columns[f"£ a child, {case.lower()}"] = {c: gbp[c] / n for c, n in children.items() if n >= 1 and gbp[c] > 0}
    frame = pd.DataFrame(columns)
    frame = frame[frame.filter(like="£").notna().any(axis=1)]
    kinds = [view.run.dataset.settings.label(str(code)) for code in frame.index]
    frame = frame.reset_index(drop=True)
    frame.insert(0, "Kind of setting", kinds)
    formats = {name: "gbp" if "£" in name else "count" for name in frame.columns[1:]}
    title = f"Spending per child by kind of setting, {year_to_financial_year(view.last)}, without transport"
    return Table("unit", title, frame, formats, view.note(f"{SOURCE}; children in January {view.last}", money=True))


def _children(run: Run, view: View) -> dict[str, float]:
    """Return children by kind of setting in the last year; small numbers as the policy of the view says."""
    shown = run.forecast if run is view.run else protect(run.forecast, view.policy, only=view.last).forecast
    margin = shown.margin("placements", "setting")
    found = zip(margin.labels[1], margin.stats[0, margin.labels[0].index(view.last)], strict=True)
    return {str(code): float(count) for code, count in found}


def _calibration(view: View) -> tuple[Table, ...]:
    ratios = {dict(m.fixed)["setting"]: float(m.stats[0].ravel()[0]) for m in view.forecast.margins
              if m.measure == "modelled_to_budget"}  # fmt: skip
    if not ratios:
        return ()
    spending = leaves(view.run.dataset, "expenditure")
    first = int(view.forecast.margin("cost_gbp").labels[0][0])
    known = [int(year) for year in spending["year"]]
    year = max((y for y in known if y <= first), default=min(known))
    budget = spending[spending["year"] == year].groupby("role")["gbp"].sum()
    paid = np.array([float(budget.get(code, np.nan)) for code in ratios])
    frame = pd.DataFrame({
        "Budget for": [view.run.dataset.settings.label(code) for code in ratios], "Budget": paid,
        "Modelled before": paid * np.array(list(ratios.values())), "Modelled ÷ budget": list(ratios.values()),
    })  # fmt: skip
    formats = {"Budget": "gbp", "Modelled before": "gbp", "Modelled ÷ budget": "fraction"}
    note = view.note(f"{view.source('budget')}; top-up and fees are scaled so that the base year equals the budget",
                     money=True)  # fmt: skip
    title = f"How near the rates come to the budget of {year_to_financial_year(year)}"
    return (Table("calibration", title, frame, formats, note),)
