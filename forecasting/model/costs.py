"""Money under the published method: the high-needs account, the saving, the programme's capital.

Figures are by financial year, shown under the year in which it ends (2016-17 is 2017). Lines that pay for placements
follow placements × price; all other lines follow price only. A parent line is never added to its children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.cells import Cells
from forecasting.model.emit import Emitter
from forecasting.model.places import Needed, Placed, brought_back
from forecasting.model.programme import Programme
from forecasting.periods import financial_year_to_year, year_to_financial_year
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import budget_roles
from forecasting.values import Floats

IN, OUT, OTHER = "in_borough", "out_of_borough", "other"
# What the programme adds to spending and takes from it: name of the line, its sign, whose unit cost.
BROUGHT_IN = ("Brought back: places in the borough", 1.0, IN)
BROUGHT_OUT = ("Brought back: out-of-authority places no longer paid", -1.0, OUT)


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices along `years` (first financial year first).

    Attributes:
        years: financial years by the year in which they end.
        index: kind of price (in_borough, out_of_borough, other) → price relative to the first year.
        unit: in_borough, out_of_borough → £ per place and year, at the prices of each year.
        dearer: in_borough, out_of_borough → unit cost relative to the baseline's; 1 in the first year.
    """

    years: tuple[int, ...]
    index: dict[str, Floats]
    unit: dict[str, Floats]
    dearer: dict[str, Floats]

    @property
    def saving(self) -> Floats:
        """Return £ saved each year for a child placed in the borough and not out of the authority."""
        return np.asarray(self.unit[OUT] - self.unit[IN])


def prices(assumptions: Assumptions, years: Sequence[int]) -> Prices:
    """Return price indices, Π (1 + yearly change) from the first year, and unit costs."""
    index, unit, dearer = {}, {}, {}
    for kind in (IN, OUT, OTHER):
        change = assumptions.path(f"{kind}_price_change", years)
        index[kind] = np.cumprod(np.concatenate([[1.0], 1.0 + change[1:]]))
    for kind in (IN, OUT):
        cost = assumptions.path(f"{kind}_unit_cost", years)
        start = assumptions.first(f"{kind}_unit_cost")
        unit[kind] = cost * index[kind]
        ratio = cost / start if start else np.ones(len(years))
        dearer[kind] = np.where(np.arange(len(years)) == 0, 1.0, np.nan_to_num(ratio, nan=1.0))
    return Prices(tuple(years), index, unit, dearer)


@lru_cache(maxsize=256)
def leaves(dataset: Dataset, kind: str) -> pd.DataFrame:
    """Return the budget lines of one kind that have no child lines, with their role and `year`."""
    budget = dataset.table("budget")
    rows = budget[(budget["kind"] == kind) & ~budget["line"].isin(set(budget["parent"]) - {""})]
    roles = budget_roles(dataset)
    years = [financial_year_to_year(text) for text in rows["financial_year"]]
    return rows.assign(role=[roles.get(line, "") for line in rows["line"]], year=years)


def place_of(role: str) -> str:
    """Return the kind of price that a line follows, from its role."""
    if role in axes.INMSS_PARTS or role == OUT:
        return OUT
    return IN if role in axes.SETTINGS.names or role == IN else OTHER


def line_costs(dataset: Dataset, found: Placed, price: Prices) -> dict[str, Floats]:
    """Return £ a year for each expenditure line without children: amount × placements ratio × price."""
    rows = leaves(dataset, "expenditure")
    rows = rows[rows["year"] == price.years[0]]
    costs = {}
    for line, gbp, role in zip(rows["line"], rows["gbp"], rows["role"], strict=True):
        kind = place_of(role)
        ratio = _placements_ratio(found, role, price.years) if kind != OTHER else np.ones(len(price.years))
        costs[str(line)] = float(gbp) * ratio * price.index[kind] * price.dearer.get(kind, 1.0)
    return costs


def paid_cells(cells: Cells, role: str) -> Floats:
    """Return 1 for the cells whose children a budget line of a role pays for, else 0; along cells."""
    labels = axes.INMSS_PARTS if role == "inmss" else (role,)
    return cells.where("place" if role in (IN, OUT) else "setting", *labels)


def _placements_ratio(found: Placed, role: str, years: Sequence[int]) -> Floats:
    total = found.unmitigated @ paid_cells(found.cells, role)
    if not len(total) or total[0] <= 0:
        return np.ones(len(years))
    return np.asarray(np.interp(years, found.years, total / total[0]), dtype=np.float64)


def emit_account(
    dataset: Dataset, assumptions: Assumptions, found: Placed, need: Needed, plan: Programme, out: Emitter
) -> None:
    """Add costs, income, balances and savings of the high-needs account to the forecast."""
    spending = leaves(dataset, "expenditure")
    if spending.empty:
        return
    years = list(range(int(spending["year"].min()), need.years[-1] + 1))
    if not years:
        return
    price = prices(assumptions, years)
    costs = line_costs(dataset, found, price)
    back = _brought_back_in_year(found, need, plan, years)
    if plan.on.any() and not np.isnan(price.saving).any():
        costs.update({name: sign * back * price.unit[kind] for name, sign, kind in (BROUGHT_IN, BROUGHT_OUT)})
    for line, values in costs.items():
        out.add("cost_gbp", years, values, "gbp", component=line)
    cost = np.sum(list(costs.values()), axis=0)
    out.add("cost_gbp", years, cost, "gbp")
    out.add("high_needs_spend_gbp", years, cost, "gbp")
    _emit_balance(dataset, assumptions, years, cost, out)
    _emit_savings(need, price, back, out)
    _emit_shares(dataset, assumptions, years, out)


def _brought_back_in_year(found: Placed, need: Needed, plan: Programme, years: Sequence[int]) -> Floats:
    inside = [year for year in years if year in need.years]
    filled = (plan.financial_year(plan.filled_share, inside) * plan.net * found.serving).sum(axis=1)
    outside = found.unmitigated @ found.cells.where("place", OUT)
    back = np.minimum(brought_back(filled, need, inside), np.interp(inside, found.years, outside))
    return np.concatenate([np.zeros(len(years) - len(inside)), back])


def _emit_balance(dataset: Dataset, assumptions: Assumptions, years: Sequence[int], cost: Floats, out: Emitter) -> None:
    start = assumptions.number("high_needs_block")
    if start is None:
        out.warnings.append("No high needs block is known, so there is no balance.")
        return
    growth = assumptions.path("high_needs_block_growth", years)
    income = {"high_needs_block": start * np.cumprod(np.concatenate([[1.0], 1.0 + growth[1:]]))}
    transfers = leaves(dataset, "transfer")
    received = float(transfers.loc[transfers["year"] == years[0], "gbp"].sum())
    income["block_transfer"] = np.concatenate([[received], assumptions.path("block_transfer", years)[1:]])
    for component, values in income.items():
        out.add("income_gbp", years, values, "gbp", component=component)
    total = np.sum(list(income.values()), axis=0)
    out.add("income_gbp", years, total, "gbp")
    out.add("in_year_balance_gbp", years, total - cost, "gbp")
    opening, note = opening_balance(dataset, years[0])
    out.warnings.append(note)
    out.add("cumulative_balance_gbp", years, opening + np.cumsum(total - cost), "gbp")


def opening_balance(dataset: Dataset, first: int) -> tuple[float, str]:
    """Return the balance at the start of a financial year, £, and where it comes from in a sentence; 0 if unknown."""
    rows = leaves(dataset, "balance")
    before = rows.loc[rows["year"] == first - 1, "gbp"]
    if before.empty:
        return (
            0.0,
            f"The balance at the start of {year_to_financial_year(first)} is not known: counted from £0.",
        )
    return float(before.sum()), f"Opening balance: the closing balance of {year_to_financial_year(first - 1)}."


def _emit_savings(need: Needed, price: Prices, back: Floats, out: Emitter) -> None:
    if np.isnan(price.saving).any():
        out.warnings.append("Unit costs in and out of the borough are not both known, so no saving is worked out.")
        return
    years = price.years
    under = np.array([need.under_provision[need.years.index(y)] if y in need.years else np.nan for y in years])
    out.add("saving_per_repatriated_place_gbp", years, price.saving, "gbp")
    out.add("saving_gbp", years, under * price.saving, "gbp", component="under_provision")
    out.add("saving_gbp", years, back * price.saving, "gbp", component="programme")


def _emit_shares(dataset: Dataset, assumptions: Assumptions, years: Sequence[int], out: Emitter) -> None:
    grant, parts = _grant_and_specialist(dataset, years[0])
    block = assumptions.number("high_needs_block")
    if grant > 0 and block is not None:
        out.add("high_needs_block_share_of_dsg", years[:1], np.array([block / grant]), "fraction")
    if parts > 0:
        out.add("specialist_budget_gbp", years[:1], np.array([parts]), "gbp")


@lru_cache(maxsize=64)
def _grant_and_specialist(dataset: Dataset, year: int) -> tuple[float, float]:
    budget, roles = dataset.table("budget"), budget_roles(dataset)
    budget = budget[budget["financial_year"].map(financial_year_to_year) == year]
    grant = budget.loc[budget["line"].map(roles) == "dedicated_schools_grant", "gbp"].sum()
    parents = set(budget.loc[budget["line"].map(roles) == "specialist_provision", "line"])
    return float(grant), float(budget.loc[budget["parent"].isin(parents), "gbp"].sum())


def emit_unit_costs(dataset: Dataset, year: int, out: Emitter) -> None:
    """Add the lowest and highest cost of a place by provider; see `place_cost_range`."""
    for setting, costs in place_cost_range(dataset).items():
        for at, name in enumerate(("unit_cost_low_gbp", "unit_cost_high_gbp")):
            values = np.array([[extremes[at] for extremes in costs.values()]])
            out.add(name, [year], values, "gbp", by=(("provider", list(costs)),), setting=setting)


@lru_cache(maxsize=64)
def place_cost_range(dataset: Dataset) -> dict[str, dict[str, tuple[float, float]]]:
    """Return setting → provider → £ a year of the cheapest and the dearest place: core plus a standard band.

    The bespoke average and post-16 rates stand outside the printed bands (Table 17), so they do not count here.
    """
    table = dataset.table("unit_costs")
    table = table[(table["provider"] != "") & (table["post16"] != "yes") & (table["band"] != "bespoke")]
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for key, rows in table.groupby(["setting", "provider"], sort=False):
        setting, provider = (str(part) for part in key)
        core = rows.loc[rows["kind"] == "place", "gbp_per_place_year"].sum()
        bands = rows.loc[rows["kind"] == "top_up", "gbp_per_place_year"]
        if core > 0 and len(bands):
            found.setdefault(setting, {})[provider] = (float(core + bands.min()), float(core + bands.max()))
    return found


def emit_programme(dataset: Dataset, plan: Programme, out: Emitter) -> None:
    """Add the printed totals of the projects that are built: places, saving, capital, funding, shortfall."""
    if not plan.projects:
        return
    cost, funding, years = _capital(dataset, plan.projects)
    saving = dataset.table("projects")["saving_gbp_per_year"].fillna(0.0).to_numpy(np.float64)
    spent = plan.on @ cost
    for name, value, unit in (
        ("programme_places", plan.on @ plan.gross, "count"),
        ("programme_places_net", plan.on @ plan.net, "count"),
        ("programme_saving_gbp", plan.on @ saving, "gbp"),
        ("programme_capital_gbp", spent.sum(), "gbp"),
        ("capital_shortfall_gbp", spent.sum() - funding.sum(), "gbp"),
    ):
        out.add(name, (), np.array(value), unit)
    if years:
        out.add("capital_gbp", years, spent, "gbp", component="cost")
        out.add("capital_gbp", years, funding, "gbp", component="funding")


@lru_cache(maxsize=64)
def _capital(dataset: Dataset, projects: tuple[str, ...]) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Return project × year capital cost, year funding, and the years (financial years by the year they end)."""
    capital, funding = dataset.table("project_capital"), dataset.table("capital_funding")
    spent = capital.assign(year=[financial_year_to_year(fy) for fy in capital["financial_year"]])
    given = funding.assign(year=[financial_year_to_year(fy) for fy in funding["financial_year"]])
    years = tuple(sorted({int(year) for year in (*spent["year"], *given["year"])}))
    cost = np.zeros((len(projects), len(years)))
    rows = [projects.index(name) for name in spent["project"]]
    np.add.at(cost, (rows, [years.index(year) for year in spent["year"]]), spent["gbp"].to_numpy(np.float64))
    by_year = given.groupby("year")["gbp"].sum().reindex(list(years), fill_value=0.0)
    return cost, by_year.to_numpy(np.float64), years
