"""Money under the published method as formulas: spending by line, income, balances, savings."""

from __future__ import annotations

import math

from forecasting.model import costs, places
from forecasting.outputs.workbook.live import Work
from forecasting.outputs.workbook.live_placed import IN, OUT, Demand, Start, brought_back
from forecasting.outputs.workbook.live_programme import Opening
from forecasting.outputs.workbook.terms import Path, Term, figures, ratio, running, smallest, term, total
from forecasting.periods import year_to_financial_year
from forecasting.values import Floats

KINDS = {costs.IN: "in the borough", costs.OUT: "out of the authority", costs.OTHER: "of all other lines"}


def account(work: Work, start: Start, demand: Demand, opening: Opening | None) -> None:
    """Write costs, income, balances and savings; docs/method.md, sections 1.6 to 1.8."""
    if not work.run.forecast.has("cost_gbp"):
        return
    years = tuple(int(year) for year in work.run.forecast.margin("cost_gbp").labels[0])
    heads = [year_to_financial_year(year) for year in years]
    index = _prices(work, years, heads)
    unit = _unit_costs(work, years, heads, index)
    back = _back(work, demand, places.serves(work.run.dataset, start.cells), opening, years, heads)
    cost = _spending(work, start, demand, years, heads, index, unit, back)
    if work.run.forecast.has("income_gbp"):
        income = income_row(work, years, heads)
        balances(work, income, cost, years, heads)
    _savings(work, demand, unit, back, years, heads)


def _prices(work: Work, years: tuple[int, ...], heads: list[str]) -> dict[str, Path]:
    work.board.open("Prices", years, heads, "Prices relative to the first financial year.")
    found = {}
    for kind, words in KINDS.items():
        change = work.inputs.path(f"{kind}_price_change", years)
        found[kind] = price_row(work, f"Prices {words}", change)
    work.board.close()
    return found


def price_row(work: Work, label: str, change: Path) -> Path:
    """Write prices relative to the first year: 1, then the year before × (1 + yearly change)."""
    return work.board.chain(
        label,
        change.years,
        running(1.0, change, lambda before, step: before * (step + 1.0)),
        "factor",
        "Year before × (1 + yearly change)",
    )


def _unit_costs(work: Work, years: tuple[int, ...], heads: list[str], index: dict[str, Path]) -> dict[str, Path]:
    """Write unit costs at the prices of each year, and how much dearer a place is assumed than at the baseline."""
    work.board.open("Unit costs", years, heads)
    found: dict[str, Path] = {}
    for kind in (IN, OUT):
        if work.run.assumptions.first(f"{kind}_unit_cost") is None:
            continue
        cost = work.inputs.path(f"{kind}_unit_cost", years)
        found[kind] = work.board.row(f"A place {KINDS[kind]}", cost * index[kind], "gbp", "Unit cost × prices")
        start = work.inputs.start(f"{kind}_unit_cost")
        dearer = [term(1.0), *(ratio(item, start) for item in cost.terms[1:])]
        found[f"dearer {kind}"] = work.board.row(
            f"Unit cost {KINDS[kind]} relative to the baseline",
            Path(years, tuple(dearer)),
            "factor",
            "Unit cost ÷ that of the baseline; 1 in the first year",
        )
    work.board.close()
    return found


def _back(
    work: Work, demand: Demand, serving: Floats, opening: Opening | None, years: tuple[int, ...], heads: list[str]
) -> Path:
    """Write the children brought back over each financial year."""
    inside = [year for year in years if year in work.years]
    none = figures(years, [0.0] * len(years))
    used = [path for path, serves in zip(opening.filled, serving, strict=True) if serves] if opening else []
    if not inside or opening is None or not used:
        return none
    work.board.open("Children brought back", years, heads, "Places filled, mean of April to March.")
    filled = total([opening.financial_year(path, inside) for path in used])
    kept = work.board.row(
        "Net-new places filled that can bring children back",
        _later(filled, years),
        "long_count",
        "Calc programme: mean of April to March",
    )
    under, growth, outside = (path.over(inside) for path in (demand.under, demand.growth, demand.outside))
    some = Path(tuple(inside), tuple(kept.at(year) for year in inside))
    made = smallest(brought_back(under, growth, some), outside)
    row = work.board.row(
        "Children brought back",
        _later(made, years),
        "long_count",
        "Under-provision × share of places needed that is filled, at most those out",
    )
    work.board.close()
    return row


def _later(path: Path, years: tuple[int, ...]) -> Path:
    """Return a path over more years, with nothing before its first."""
    return Path(years, tuple(path.at(year) if year in path.years else term(0.0) for year in years))


def _spending(
    work: Work,
    start: Start,
    demand: Demand,
    years: tuple[int, ...],
    heads: list[str],
    index: dict[str, Path],
    unit: dict[str, Path],
    back: Path,
) -> Path:
    rows = costs.leaves(work.run.dataset, "expenditure")
    rows = rows[rows["year"] == years[0]]
    amounts = [
        (
            str(line),
            str(role),
            work.data.cell(f"Budget {heads[0]}: {line}", float(gbp), "gbp", "table budget of the dataset"),
        )
        for line, gbp, role in zip(rows["line"], rows["gbp"], rows["role"], strict=True)
    ]
    work.board.open("Spending", years, heads, "Budget × children placed relative to the start × prices.")
    factor = demand.factor.over(years)
    lines = []
    for line, role, amount in amounts:
        kind = costs.place_of(role)
        path, how = index[kind] * amount, f"Budget × prices {KINDS[kind]}"
        if kind != costs.OTHER and float(costs.paid_cells(start.cells, role) @ start.children) > 0:
            path, how = path * factor, f"Budget × children placed × prices {KINDS[kind]}"
        if f"dearer {kind}" in unit:
            path = path * unit[f"dearer {kind}"]
        lines.append(work.live.add("cost_gbp", work.board.row(line, path, "gbp", how), line))
    if work.run.programme.projects and IN in unit and OUT in unit:
        for name, sign, kind in (costs.BROUGHT_IN, costs.BROUGHT_OUT):
            lines.append(work.board.row(name, back * unit[kind] * sign, "gbp", "Children × unit cost"))
            if work.run.programme.on.any():  # the forecast has the line only when something is built
                work.live.add("cost_gbp", lines[-1], name)
    cost = work.board.row("Spending", total(lines), "gbp", "Sum of the lines")
    work.live.add("cost_gbp", cost)
    work.live.add("high_needs_spend_gbp", cost)
    work.board.close()
    return cost


def income_row(work: Work, years: tuple[int, ...], heads: list[str]) -> Path:
    """Write the income of the published method: the block and the transfer from the schools block."""
    work.board.open("Income", years, heads)
    parts = [block(work, years), transfer(work, years)]
    income = work.board.row("Income", total(parts), "gbp", "Sum")
    work.live.add("income_gbp", income)
    work.board.close()
    return income


def block(work: Work, years: tuple[int, ...]) -> Path:
    """Write the high needs block: that of the first year, growing."""
    growth = work.inputs.path("high_needs_block_growth", years)
    start = work.inputs.value("high_needs_block")
    row = work.board.chain(
        "High needs block",
        years,
        running(start, growth, lambda before, step: before * (step + 1.0)),
        "gbp",
        "Year before × (1 + growth of the block)",
    )
    return work.live.add("income_gbp", row, "high_needs_block")


def transfer(work: Work, years: tuple[int, ...]) -> Path:
    """Write the transfer from the schools block: that of the first year as in the budget, then as assumed."""
    rows = costs.leaves(work.run.dataset, "transfer")
    received = work.data.cell(
        f"Transfer from the schools block, {year_to_financial_year(years[0])}",
        float(rows.loc[rows["year"] == years[0], "gbp"].sum()),
        "gbp",
        "table budget of the dataset",
    )
    later = work.inputs.path("block_transfer", years)
    row = work.board.row(
        "Transfer from the schools block",
        Path(years, (received, *later.terms[1:])),
        "gbp",
        "As in the budget, then as assumed",
    )
    return work.live.add("income_gbp", row, "block_transfer")


def balances(work: Work, income: Path, spending: Path, years: tuple[int, ...], heads: list[str]) -> Path:
    """Write the in-year balance and the closing balance without any grant; return the closing balance."""
    opening, _ = costs.opening_balance(work.run.dataset, years[0])
    start = work.data.cell(
        f"Balance at the start of {heads[0]}", opening, "gbp", "table budget of the dataset; £0 where it is not known"
    )
    work.board.open("Balances", years, heads, "Below zero: overspent.")
    in_year = work.live.add(
        "in_year_balance_gbp", work.board.row("In-year balance", income - spending, "gbp", "Income less spending")
    )
    first = start + in_year.terms[0]
    closing = work.board.chain(
        "Closing balance, no grant",
        years,
        running(first, in_year, lambda before, step: before + step),
        "gbp",
        "Balance before + in-year balance",
    )
    if not work.run.forecast.has("deficit_grant_gbp"):
        work.live.add("cumulative_balance_gbp", closing)
    work.board.close()
    return closing


def _savings(
    work: Work, demand: Demand, unit: dict[str, Path], back: Path, years: tuple[int, ...], heads: list[str]
) -> None:
    if not work.run.forecast.has("saving_per_repatriated_place_gbp"):
        return
    work.board.open("Savings", years, heads)
    each_place = work.live.add(
        "saving_per_repatriated_place_gbp",
        work.board.row(
            "Saving per place", unit[OUT] - unit[IN], "gbp", "Unit cost out of the authority less in the borough"
        ),
    )
    known = [year for year in years if year in work.years]
    under = Path(tuple(known), tuple(demand.under.at(year) * each_place.at(year) for year in known))
    padded = Path(years, tuple(under.at(year) if year in known else Term('""', math.nan) for year in years))
    work.live.add(
        "saving_gbp",
        work.board.row("If all under-provision were met locally", padded, "gbp", "Under-provision × saving per place"),
        "under_provision",
    )
    work.live.add(
        "saving_gbp",
        work.board.row(
            "Through the projects built", back * each_place, "gbp", "Children brought back × saving per place"
        ),
        "programme",
    )
    work.board.close()
