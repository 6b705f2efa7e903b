"""Which figures of the subjects' tables are formulas: those that the sheets of calculation give.

A cell becomes a formula only where the table says the same number as the calculation; all else stays a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from forecasting.axes import Vocabulary
from forecasting.model.run import Run
from forecasting.outputs.figure import Metric
from forecasting.outputs.subjects.cases import CASES
from forecasting.outputs.subjects.spending import PARTS, REST
from forecasting.outputs.workbook.grid import Cell, Column, Formula, Grid
from forecasting.outputs.workbook.live import NEAR, Live
from forecasting.outputs.workbook.terms import Term
from forecasting.periods import financial_year_to_year

MILLION = 1e-6
TOTALS = {
    "EHC plans maintained": "ehc_plans", "EHC plans": "ehc_plans", "Pupils": "pupils",
    "Pupils with an EHC plan": "pupils_with_ehc_plan", "Pupils with SEN": "pupils_with_sen",
    "SEN support": "sen_support", "Share of pupils with a plan": "ehc_plan_prevalence", "New plans": "new_plans",
    "Plans ceased": "ceased_plans", "Places needed": "places_needed", "Places short": "places_short",
    "In specialist places": "placements", "Spare local places": "spare_places",
    "High-needs spend": "high_needs_spend_gbp", "Income": "income_gbp", "In-year balance": "in_year_balance_gbp",
    "Cumulative balance": "cumulative_balance_gbp", "Saving per place": "saving_per_repatriated_place_gbp",
    "Places created": "programme_places", "Net-new places": "programme_places_net",
}  # fmt: skip
NO_YEAR = 0  # totals of the programme belong to no year


@dataclass(frozen=True)
class Link:
    """What a column of a table holds.

    Attributes:
        measure: the measure; "" when the label of each row names it.
        component: part of the measure; "*" when the label of each row names it.
        at: breakdowns.
        less: measures and components to be taken off.
        scale: what a figure is multiplied by in the table.
        case: the column is that of the unmitigated or the mitigated run; "" = it is the run in hand.
        axis: the breakdown that the label of each row names.
    """

    measure: str = ""
    component: str = ""
    at: Mapping[str, str] = field(default_factory=dict)
    less: tuple[tuple[str, str], ...] = ()
    scale: float = 1.0
    case: str = ""
    axis: str = ""


def _million(measure: str, component: str = "", *less: tuple[str, str], case: str = "") -> Link:
    return Link(measure, component, less=less, scale=MILLION, case=case)


_CLOSING, _FUND, _IN_YEAR = "cumulative_balance_gbp", "general_fund_exposure_gbp", "in_year_balance_gbp"
_PAID = {name: _million("cost_gbp", part) for part, name in PARTS.items()}
LINKS: dict[tuple[str, str], dict[str, Link]] = {
    ("overview", "need_against_places"): {
        "Places needed": Link("places_needed"),
        "Net-new places built": Link("places_needed", less=(("places_short", ""),))},
    ("overview", "cumulative_balance"): {"This scenario": _million(_CLOSING)},
    ("overview", "against_baseline"): {"This scenario": Link()},
    ("population", "pupils"): {"Pupils on roll": Link("pupils")},
    ("population", "pupils_with_sen"): {
        "Pupils with SEN": Link("pupils_with_sen"), "of them SEN support": Link("sen_support"),
        "of them EHC plan": Link("pupils_with_ehc_plan")},
    ("population", "residents"): {
        "Pupils on roll": Link("pupils"), "Pupils per 100 residents": Link("pupils_share_of_population", scale=100.0)},
    ("send", "plans"): {"EHC plans maintained": Link("ehc_plans")},
    ("placements", "in_and_out"): {
        "In the borough": Link("placements", at={"place": "in_borough"}),
        "Out of the authority": Link("placements", at={"place": "out_of_borough"})},
    ("placements", "needed_by_need"): {
        "under-provision": Link("places_needed", "under_provision", axis="need"),
        "growth": Link("places_needed", "growth", axis="need")},
    ("costs", "cost_lines"): {"£ million": Link("cost_gbp", "*", scale=MILLION)},
    ("costs", "spending_and_income"): {"Spending": _million("cost_gbp"), "Income": _million("income_gbp")},
    ("costs", "savings"): {
        "Saving per place": Link("saving_per_repatriated_place_gbp"),
        "If all under-provision were met locally": Link("saving_gbp", "under_provision"),
        "Through the projects built": Link("saving_gbp", "programme")},
    ("costs", "closing_balance"): {case: _million(_CLOSING, case=case) for case in CASES},
    ("costs", "account"): {
        "Opening": _million(_CLOSING, "", (_IN_YEAR, ""), ("deficit_grant_gbp", "")),
        "Income": Link("income_gbp"), "Spending": Link("high_needs_spend_gbp"), "In-year balance": Link(_IN_YEAR),
        "Cumulative balance": Link(_CLOSING), "In year": _million(_IN_YEAR), "Closing": _million(_CLOSING),
        "With grant": _million(_CLOSING, "with_grant"), "Per resident, £": Link("balance_per_resident_gbp")},
    ("costs", "components"): {
        **_PAID, REST: _million("cost_gbp", "", *(("cost_gbp", part) for part in ("place", "top_up", "fee")))},
    ("costs", "parts"): _PAID,
    ("costs", "general_fund"): {
        "Balance, no grant": _million(_CLOSING, "without_grant"),
        "Balance, with grant": _million(_CLOSING, "with_grant"),
        "General fund, no grant": _million(_FUND, "without_grant"),
        "General fund, with grant": _million(_FUND, "with_grant")},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Links:
    """Turns figures of a run into formulas where the calculation gives them."""

    run: Run
    live: Live
    changed: bool

    def grid(self, subject: str, grid: Grid) -> Grid:
        """Return a table with formulas where they give what it says."""
        links = LINKS.get((subject, grid.name), {})
        if not links:
            return grid
        labels, cases = grid.columns[0].cells, self._cases(grid)
        columns = [self._column(column, links.get(_plain(column.header)), labels, cases) for column in grid.columns]
        return Grid(grid.name, tuple(_differences(columns)))

    def metric(self, metric: Metric) -> float | None:
        """Return a headline figure, as a formula where the calculation gives it."""
        name, _, year = metric.label.rpartition(", ")
        link = Link(TOTALS.get(name or metric.label, ""))
        at = int(year) if year.isdigit() else NO_YEAR
        if metric.number is None or not link.measure:
            return metric.number
        return self._cell(link, metric.number, at, {})

    def _cases(self, grid: Grid) -> list[Cell]:
        named = [column.cells for column in grid.columns if column.header == "Case"]
        return named[0] if named else [""] * grid.rows

    @property
    def _case(self) -> str:
        return CASES[1] if self.changed else CASES[0]

    def _column(self, column: Column, link: Link | None, labels: list[Cell], cases: list[Cell]) -> Column:
        if link is None or link.case not in ("", self._case):
            return column
        cells = [self._row(link, value, label) if case in ("", self._case) else value
                 for value, label, case in zip(column.cells, labels, cases, strict=True)]  # fmt: skip
        return replace(column, cells=cells)

    def _row(self, link: Link, value: Cell, label: Cell) -> Cell:
        if not isinstance(value, (int, float)):
            return value
        if link.measure and link.component != "*" and not link.axis:
            return self._cell(link, value, _year(label), link.at)
        last, text = self.run.forecast.years[-1], str(label)
        if link.axis:
            return self._cell(link, value, last, {link.axis: _code(self.run.dataset.needs, text)})
        named = replace(link, measure=TOTALS.get(text, "")) if not link.measure else replace(link, component=text)
        return self._cell(named, value, last, {})

    def _cell(self, link: Link, value: float, year: int, at: Mapping[str, str]) -> float:
        found = self.live.find(link.measure, link.component, at, year)
        for measure, component in link.less:
            other = self.live.find(measure, component, {}, year)
            found = found - other if found is not None and other is not None else None
        if found is None:
            return value
        scaled = found if link.scale == 1.0 else _scaled(found, link.scale)
        return Formula.of(scaled) if abs(scaled.value - value) <= NEAR * max(abs(value), 1.0) else value


def _scaled(found: Term, scale: float) -> Term:
    return found / (1.0 / scale) if scale < 1.0 else found * scale


def _plain(header: str) -> str:
    """Return a header without the unit that the workbook has added to it."""
    return header.removesuffix(" (number)").removesuffix(" (£)").removesuffix(" (number or £)")


def _year(label: Cell) -> int:
    text = str(label)
    try:
        return int(text) if text.isdigit() else financial_year_to_year(text)
    except ValueError:
        return -1


def _code(words: Vocabulary, label: str) -> str:
    return next((code for code in words.names if words.label(code) == label), label)


def _differences(columns: list[Column]) -> list[Column]:
    """Return columns with "Difference" as this scenario less the baseline, where the first is a formula."""
    names = [_plain(column.header) for column in columns]
    if not {"This scenario", "Baseline", "Difference"} <= set(names):
        return columns
    first, second, at = (names.index(name) for name in ("This scenario", "Baseline", "Difference"))
    cells: list[Cell] = []
    for here, there, value in zip(columns[first].cells, columns[second].cells, columns[at].cells, strict=True):
        known = isinstance(here, Formula) and isinstance(there, float) and isinstance(value, float)
        cells.append(Formula.of(Term(here.text, float(here), here.level) - float(there))
                     if known and isinstance(here, Formula) and isinstance(there, float) else value)  # fmt: skip
    return [*columns[:at], replace(columns[at], cells=cells), *columns[at + 1 :]]
