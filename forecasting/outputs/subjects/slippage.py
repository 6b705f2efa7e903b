"""What a delay or slower filling does to the projects that are built."""

from __future__ import annotations

import pandas as pd

from forecasting.analysis.appraisal import discount_rate
from forecasting.analysis.slippage import Case, slipped
from forecasting.outputs import words
from forecasting.outputs.figure import Section, Table
from forecasting.outputs.subjects.common import View
from forecasting.periods import year_to_financial_year


def section(view: View) -> Section | None:
    """Return the projects as assumed beside later openings and slower filling; None when there is nothing to slip."""
    cases = slipped(view.run)
    return Section("If it slips", (_table(view, cases),), _text(view, cases)) if cases else None


def _name(case: Case) -> str:
    if case.delay:
        return f"Every project opens {case.delay} year{'s' if case.delay > 1 else ''} later"
    return "As assumed" if case.ramp != case.ramp else f"Every project takes {case.ramp:g} years to fill"


def _text(view: View, cases: tuple[Case, ...]) -> str:
    if len(cases) < 2:
        return ""
    lost = float(cases[0].saved.sum() - cases[1].saved.sum())
    more = cases[1].short - cases[0].short
    change = f"{words.count(abs(more))} {'more' if more > 0 else 'fewer'}" if abs(more) >= 0.5 else "as many"
    way = "less" if lost >= 0 else "more"
    return (
        f"If {_name(cases[1])[0].lower()}{_name(cases[1])[1:]}, {words.gbp(abs(lost))} {way} is saved by the end of "
        f"{year_to_financial_year(view.last)}, and {change} children have no suitable local place in {view.last}. The "
        'sliders "All projects open later by" and "Years until new places are full" show the same year by year.'
    )


def _table(view: View, cases: tuple[Case, ...]) -> Table:
    until = year_to_financial_year(view.last)
    frame = pd.DataFrame({
        "Case": [_name(case) for case in cases],
        f"Without a suitable local place, {view.last}": [case.short for case in cases],
        f"Out of the borough, {view.last}": [case.outside for case in cases],
        f"Saved to {until}": [float(case.saved.sum()) for case in cases],
        f"Net present value to {until}": [case.net_present_value for case in cases],
        f"Closing balance, {until}": [case.balance for case in cases],
    }).dropna(axis=1, how="all")  # fmt: skip
    counts = frame.columns[1:3]
    formats = {name: "count" if name in counts else "gbp" for name in frame.columns[1:]}
    note = view.note(f"children followed; capital moves with the opening; {discount_rate():.1%} a year", money=True)
    return Table("slippage", "The projects built, later or filled more slowly", frame, formats, note)
