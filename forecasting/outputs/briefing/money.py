"""The scenes about money and what can be done: cost with and without action, the programme, the options."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import pandas as pd

from forecasting.analysis.options import LATER, Option
from forecasting.model.account import WITHOUT
from forecasting.model.run import Run
from forecasting.outputs import words
from forecasting.outputs.briefing.scene import MOST_ROWS, Scene, cut, notes
from forecasting.outputs.figure import Table
from forecasting.outputs.subjects import SUBJECTS, View, account, placed
from forecasting.outputs.subjects.overview import balance_figure
from forecasting.outputs.subjects.programme import answer, sentences
from forecasting.periods import Month, year_to_financial_year


def names(told: Sequence[Option]) -> dict[str, str]:
    """Return what each option is called."""
    chosen = next((option.run.scenario.name for option in told if option.key == "chosen"), "")
    later = f"{words.things(LATER, 'year')} later"
    return {"none": "No action (baseline)", "chosen": f"Scenario {chosen}", "later": f"The same, places {later}"}


def _value(run: Run, measure: str, year: int) -> float:
    return run.forecast.value(measure, year)


def money(view: View, told: Sequence[Option]) -> Scene | None:
    """Return spending and balance with and without action; None where the data hold no money."""
    if not view.has("cost_gbp"):
        return None
    if not view.has("cumulative_balance_gbp"):
        costs = SUBJECTS["costs"](view)
        gap = "The dataset holds no income, so there is no balance."
        shown = next(iter(costs.figures), None)
        return Scene("money", _HEADING, costs.answer, (gap,), (), shown, notes(shown, costs.answer, gap))
    pair = {option.key: option.run for option in told if option.key != "later"}
    done = pair.get("chosen", view.run)
    cases = [("With action", done), ("Without action", pair["none"])]
    figure = balance_figure(view, cases if "chosen" in pair else [("Baseline", view.run)])
    year = year_to_financial_year(view.last)
    finding = _spending(view, "With action", done) if "chosen" in pair else _spending(view, "At the baseline", view.run)
    action = f"Action is the scenario {done.scenario.name}." if "chosen" in pair else ""
    said = cut((*_beside(view, pair, year), action, _exposure(done), _to_balance(view, done, year)))
    return Scene("money", _HEADING, finding, said, (), figure, notes(figure, finding, *said))


_HEADING = "What it costs with and without action"


def _spending(view: View, case: str, run: Run) -> str:
    spend, gap = (_value(run, name, view.last) for name in ("high_needs_spend_gbp", "in_year_balance_gbp"))
    return (
        f"{case}, high-needs spending is {words.gbp(spend)} in {year_to_financial_year(view.last)}, "
        f"{words.gbp(abs(gap))} {'more' if gap < 0 else 'less'} than income."
    )


def _beside(view: View, pair: dict[str, Run], year: str) -> tuple[str, ...]:
    if "chosen" not in pair:
        return ()
    end, before = (_value(pair[name], "cumulative_balance_gbp", view.last) for name in ("chosen", "none"))
    return (
        f"{_spending(view, 'Without action', pair['none'])}",
        f"The account ends {year} with {words.balance(end)} with action and {words.balance(before)} without.",
    )


def _to_balance(view: View, run: Run, year: str) -> str:
    gap = _value(run, "in_year_balance_gbp", view.last)
    if gap >= 0:
        return ""
    share = -gap / _value(run, "income_gbp", view.last)
    chance = account.chance_in_words(run, view.last)
    return (
        f"To balance in {year}, spending would have to be {words.gbp(-gap)} lower or income {words.percent(share, 0)} "
        f"higher{f'; income covers spending {chance}' if chance else ''}."
    )


def _exposure(run: Run) -> str:
    """Return what falls on the general fund when the statutory override ends; "" where that is not known."""
    ends = run.assumptions.number("override_ends")
    if ends is None or not run.forecast.has("general_fund_exposure_gbp", component=WITHOUT):
        return ""
    years = run.forecast.margin("general_fund_exposure_gbp", component=WITHOUT).labels[0]
    if int(ends) not in years:
        return ""
    falls = run.forecast.value("general_fund_exposure_gbp", int(ends), component=WITHOUT)
    if not falls >= 1:
        return ""
    return (
        f"When the statutory override ends in {year_to_financial_year(int(ends))}, {words.gbp(falls)} of deficit falls "
        "on the general fund if no grant is paid."
    )


def projects(view: View, told: Sequence[Option]) -> Scene | None:
    """Return the programme of projects; None where the data hold none."""
    if not view.run.dataset.has("projects"):
        return None
    plan = view.run.programme
    where = view.run.dataset.table("projects").set_index("project")["provider"]
    rows = [
        (f"{name}. {where[name]}", net, _opening(opens), "yes" if on > 0 else "no")
        for name, net, opens, on in zip(plan.projects, plan.net, plan.opens, plan.on, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["Project", "Net-new places", "Opens", "Built"])
    frame = frame.sort_values("Net-new places", ascending=False, kind="stable")
    note = view.note(view.source("projects"))
    whole = Table("programme", "Projects, largest first", frame, {"Net-new places": "count"}, note)
    first = Table(whole.key, whole.title, frame.head(MOST_ROWS), whole.formats, note)
    more = len(frame) - len(first.frame)
    listed = f"Not listed here: {words.things(more, 'smaller project')}." if more > 0 else ""
    finding, follows = answer(view, advice=False), sentences(view)
    said = cut((*follows[:2], _delay(view, told), listed))
    return Scene("programme", "The programme", finding, said, (), first, notes(whole, finding, *follows))


def _opening(index: float) -> str:
    if math.isnan(index):
        return "not dated"
    month = Month(round(index))
    return f"{date(month.year, month.month, 1):%B %Y}"


def _delay(view: View, told: Sequence[Option]) -> str:
    """Return what it means if places come later: the year in which most is lacking because of it."""
    by_key = {option.key: option.run for option in told}
    if "later" not in by_key or not view.has("places_short"):
        return ""
    now, then = (by_key[key].forecast.series("places_short").set_index("year") for key in ("chosen", "later"))
    added = then["central"] - now["central"]
    more = float(added.max())
    if more < 0.5:
        return "If every place came a year later, no January would lack a whole place more."
    return f"If every place came a year later, {_lacking(view, more)} in January {added.idxmax()}."


def _lacking(view: View, more: float) -> str:
    if placed.by_child(view):
        return f"{words.things(more, 'more child', 'more children')} would have no suitable local place"
    return f"{words.things(more, 'more place')} would be lacking"


def _against_none(view: View, told: Sequence[Option]) -> str:
    """Return what the scenario changes of no action, in children or places and in money."""
    start, end = told[0].run.forecast, told[1].run.forecast
    fewer = start.value("places_short", view.last) - end.value("places_short", view.last)
    less = "fewer" if fewer > 0 else "more"
    kind = ("place short", "places short")
    if placed.by_child(view):
        kind = ("child without a suitable local place", "children without a suitable local place")
    said = f"Against no action, the scenario {told[1].run.scenario.name} leaves "
    said += words.things(abs(fewer), *(f"{less} {one}" for one in kind)) + f" in {view.last}"
    if view.has("cumulative_balance_gbp"):
        gap = end.value("cumulative_balance_gbp", view.last) - start.value("cumulative_balance_gbp", view.last)
        said += f", and the account {words.gbp(abs(gap))} {'higher' if gap >= 0 else 'lower'}"
    return f"{said}."


def options(view: View, told: Sequence[Option]) -> Scene | None:
    """Return the options side by side; None where there is only one."""
    if len(told) == 1 or not view.has("places_short"):
        return None
    called = names(told)
    rows = [(called[option.key], *(shown(option.run, view.last) for _, shown in _columns(view))) for option in told]
    frame = pd.DataFrame(rows, columns=["Option", *(head for head, _ in _columns(view))])
    table = Table("options", f"Options in {view.last}", frame, {}, view.note("this forecast, central runs", money=True))
    finding = _against_none(view, told)
    said = cut((_delay(view, told), "Every option keeps the legal duties towards each child: it changes where and when "
                "places are, not who is entitled."))  # fmt: skip
    return Scene("options", "Options", finding, said, (), table, notes(table, finding, *said))


Shown = Callable[[Run, int], str]


def _columns(view: View) -> tuple[tuple[str, Shown], ...]:
    short = "No suitable local place" if placed.by_child(view) else "Places short"
    wanted: tuple[tuple[str, str, dict[str, str]], ...] = (
        (short, "places_short", {}), ("Out of the authority", "placements", {"place": placed.OUT}),
        ("High-needs spending", "high_needs_spend_gbp", {}), ("Balance at the end", "cumulative_balance_gbp", {}),
    )  # fmt: skip
    return tuple((head, partial(_shown, measure, at)) for head, measure, at in wanted if view.has(measure, *at))


def _shown(measure: str, at: dict[str, str], run: Run, year: int) -> str:
    unit = run.forecast.margin(measure, *at).unit
    return words.shown(run.forecast.value(measure, year, **at), unit)
