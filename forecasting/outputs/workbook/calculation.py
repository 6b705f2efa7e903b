"""The sheets of calculation: inputs of the dataset, assumptions by year, children, places, money, and the check."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forecasting.model.forecast import NoSuchMargin
from forecasting.model.run import COHORT, PUBLISHED, Run
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook import (
    live_account,
    live_children,
    live_costs,
    live_fees,
    live_high_needs,
    live_places,
    live_programme,
)
from forecasting.outputs.workbook.assumptions import Layout
from forecasting.outputs.workbook.board import Board, board
from forecasting.outputs.workbook.book import Book
from forecasting.outputs.workbook.inputs import Inputs
from forecasting.outputs.workbook.live import Live, Work
from forecasting.outputs.workbook.terms import total
from forecasting.periods import year_to_financial_year

YELLOW = "Yellow cells are inputs: change one and the workbook follows."
VALUES = "Rows marked as values were computed by the software and do not follow an input."


@dataclass(frozen=True, eq=False)
class Calculation:
    """The sheets of calculation that were written.

    Attributes:
        live: which cell holds which figure.
        used: numbers of the lines of the sheet of assumptions that formulas read.
        sheets: name and content of each sheet.
    """

    live: Live
    used: set[int]
    sheets: tuple[tuple[str, str], ...]


def write(book: Book, view: View, layout: Layout) -> Calculation:
    """Write the sheets of calculation of a run; the sheets of subjects then refer to them."""
    run, head = view.run, f"{view.name}: {view.run.scenario.name}"
    shared = run.forecast.method in (PUBLISHED, COHORT)
    span = max(len(run.programme.months) if shared else 0, len(run.forecast.years), 12)

    def sheet(title: str, *text: str, years: int = 12) -> Board:
        return board(book.sheet(title, head), title, text, years)

    data = sheet("Inputs", "Counts, rates and budget lines that the dataset states.", YELLOW, years=1)
    by_year = sheet("Assumptions by year", "The value of each assumption in each year, from the sheet Assumptions.")
    boards = (
        {"programme": sheet("Calc programme", "Places of the projects by month.", YELLOW, years=span)} if shared else {}
    )
    boards["children"] = sheet("Calc children", "How many children there are.", VALUES)
    boards["places"] = sheet("Calc places", "Places needed, where children are, places open.", VALUES)
    boards["money"] = sheet("Calc money", "Spending, income and balances: places × unit cost × prices.", VALUES)
    inputs, live = Inputs(layout, by_year), Live()
    work = Work(run, inputs, data, boards["children"], live)
    data.open("Counts, rates and budget lines", (0,), ("Value",))
    inputs.open(run.forecast.years, "Assumptions by year", [str(year) for year in run.forecast.years])
    (_published if shared else _computed)(work, boards)
    inputs.board.close()
    data.close()
    check = _check(sheet("Check", "What the formulas give, beside what the software computed.", years=3), live, run)
    made = [data, by_year, *boards.values(), check]
    return Calculation(live, inputs.used, tuple((each.sheet.name, _TEXTS[each.sheet.name]) for each in made))


_TEXTS = {
    "Inputs": "Counts, rates and budget lines of the dataset: yellow cells to change.",
    "Assumptions by year": "Each assumption that formulas read, year by year.",
    "Calc programme": "Formulas: projects by month.",
    "Calc children": "Formulas: children.",
    "Calc places": "Formulas: places needed, children placed, places open.",
    "Calc money": "Formulas: spending, income, balances.",
    "Check": "The formulas beside the software: differences are 0 until an input is changed.",
}


def _published(work: Work, boards: dict[str, Board]) -> None:
    """Write the published method whole; with the method cohort, pupils and pupils with SEN are values."""
    opening = live_programme.programme(replace(work, board=boards["programme"]))
    if work.run.forecast.method == PUBLISHED:
        live_children.children(work)
    else:
        _given(work, ("pupils", "pupils_with_sen", "sen_support", "pupils_with_ehc_plan"))
    at_places = replace(work, board=boards["places"])
    start = live_places.beginning(at_places)
    demand = live_places.needed(at_places, start, opening)
    live_account.account(replace(work, board=boards["money"]), start, demand, opening)


def _computed(work: Work, boards: dict[str, Board]) -> None:
    """Write what a method of EHC plans computed as values with their totals, and the money as formulas."""
    _given(work, ("ehc_plans", "new_plans", "ceased_plans", "pupils", "pupils_with_sen", "sen_support"))
    _split(work, "ehc_plans", "need", "EHC plans by need")
    places = replace(work, board=boards["places"])
    _split(places, "placements", "setting", "Children placed, by kind of setting")
    _parts(places)
    if work.run.placement is None:
        return
    money = replace(work, board=boards["money"])
    found = live_costs.ground(money, work.run.placement.mitigated)
    for part in (live_costs.place_funding, live_costs.top_up, live_fees.fees, live_costs.transport):
        part(found)
    live_costs.other(found)
    live_high_needs.account(found)


def _years(work: Work, measure: str) -> tuple[int, ...]:
    return tuple(int(year) for year in work.run.forecast.margin(measure).labels[0] if year in work.years)


def _given(work: Work, measures: tuple[str, ...]) -> None:
    """Write totals that the software computed, and their share of pupils where that is known."""
    forecast = work.run.forecast
    there = [name for name in measures if forecast.has(name)]
    work.board.open("Totals computed by the software", work.years, note="Central run.")
    rows = {}
    for name in there:
        years = _years(work, name)
        values = [forecast.value(name, year) for year in years]
        rows[name] = work.board.values(
            name.replace("_", " ").capitalize().replace("Ehc", "EHC").replace("sen", "SEN"),
            work.years,
            _padded(work.years, years, values),
            "long_count",
            "central run",
        )
        if years == work.years:
            work.live.add(name, rows[name])
    if "pupils" in rows and "pupils_with_sen" in rows and forecast.has("sen_prevalence"):
        share = rows["pupils_with_sen"] / rows["pupils"]
        work.live.add(
            "sen_prevalence", work.board.row("Share of pupils with SEN", share, "rate", "Pupils with SEN ÷ pupils")
        )
    work.board.close()


def _padded(wanted: tuple[int, ...], years: tuple[int, ...], values: list[float]) -> list[float]:
    known = dict(zip(years, values, strict=True))
    return [known.get(year, float("nan")) for year in wanted]


def _split(work: Work, measure: str, axis: str, title: str) -> None:
    """Write a measure by one axis as values, with its total as a formula."""
    forecast = work.run.forecast
    if not forecast.has(measure, axis) or not forecast.has(measure):
        return
    found, years = forecast.margin(measure, axis), _years(work, measure)
    words = work.run.dataset.needs if axis == "need" else work.run.dataset.settings
    at = [found.labels[0].index(year) for year in years]
    work.board.open(title, years)
    rows = []
    for n, code in enumerate(map(str, found.labels[1])):
        rows.append(
            work.board.values(words.label(code), years, list(found.stats[0][at, n]), "long_count", "central run")
        )
        work.live.add(measure, rows[-1], **{axis: code})
    work.live.add(measure, work.board.row("All", total(rows), "long_count", "Sum"))
    work.board.close()


def _parts(work: Work) -> None:
    """Write places needed: its two parts as values, their sum as a formula."""
    if not work.run.forecast.has("places_needed", component="growth"):
        return
    work.board.open("Places needed", work.years)
    rows = []
    for part, label in (("under_provision", "Under-provision"), ("growth", "Growth")):
        values = [work.run.forecast.value("places_needed", year, component=part) for year in work.years]
        rows.append(
            work.live.add(
                "places_needed", work.board.values(label, work.years, values, "long_count", "central run"), part
            )
        )
    work.live.add("places_needed", work.board.row("Places needed", total(rows), "long_count", "Sum"))
    work.board.close()


def _check(found: Board, live: Live, run: Run) -> Board:
    """Write each total of the last year three ways: by formula, by the software, and the difference."""
    last = run.forecast.years[-1]
    found.open(
        f"January {last} and financial year {year_to_financial_year(last)}",
        (0, 1, 2),
        ("By formula", "By the software", "Difference"),
    )
    for measure, component, item in live.totals(last):
        name = measure.replace("_gbp", ", £").replace("_", " ") + (
            f": {component.replace('_', ' ')}" if component else ""
        )
        try:
            said = run.forecast.value(measure, last, component=component)
        except NoSuchMargin:
            continue
        style = "gbp" if "gbp" in measure else "rate" if item.value < 1 and "prevalence" in measure else "long_count"
        found.check(name, item, said, style)
    found.close()
    return found
