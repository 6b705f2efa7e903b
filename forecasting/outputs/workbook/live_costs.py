"""What children cost where they are placed, as formulas: children × rate × prices, by kind of setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.model.allocation import Allocation
from forecasting.model.pricing import Basis, basis
from forecasting.model.transport import carried, is_specialist
from forecasting.model.volumes import IN, OUT
from forecasting.outputs.workbook.live import Work
from forecasting.outputs.workbook.live_account import price_row
from forecasting.outputs.workbook.terms import Path, Term, choose, figures, term, total
from forecasting.periods import year_to_financial_year
from forecasting.values import Floats

_FEW = 1e-9
CHILDREN = "children of the central run, mean of the financial year"
PARTS = {"place": "Place funding", "top_up": "Top-up", "fee": "Fees", "transport": "Transport"}


@dataclass(frozen=True, eq=False)
class Ground:
    """What the costs are worked out from.

    Attributes:
        work: the workbook in the making.
        allocation: where children are in the central run.
        base: volumes, rates and factors.
        index: kind of price → prices relative to the first year.
        on: 1 where the base year is brought to the budget.
    """

    work: Work
    allocation: Allocation
    base: Basis
    index: dict[str, Path]
    on: Term

    @property
    def years(self) -> tuple[int, ...]:
        """Return the financial years, by the year in which they end."""
        return self.allocation.years

    @property
    def heads(self) -> list[str]:
        """Return the financial years as headers."""
        return [year_to_financial_year(year) for year in self.years]

    def label(self, at: int) -> str:
        """Return the name of a kind of setting."""
        return self.work.run.dataset.settings.label(self.allocation.settings[at])

    def factor(self, values: Floats, at: int) -> Term | None:
        """Return the factor that brings a setting to the budget, None where there is nothing to bring."""
        value = float(values[at])
        if value == 1.0:
            return None
        name = "place funding" if values is self.base.calibration.place else "top-up and fees"
        cell = self.work.data.cell(
            f"{self.label(at)}: {name} brought to the budget",
            value,
            "factor",
            "what the budget pays ÷ what the rates give in the base year",
        )
        return choose(self.on.compare("=", 1.0), cell, 1.0)

    def put(self, label: str, path: Path, how: str, style: str = "gbp") -> Path:
        """Write a formula."""
        return self.work.board.row(label, path, style, how)

    def many(self, label: str, values: Floats) -> Path:
        """Write children or places that the software computed."""
        return self.work.board.values(label, self.years, list(values), "long_count", CHILDREN)


def ground(work: Work, allocation: Allocation) -> Ground:
    """Write the prices and return what costs are worked out from: the central run alone."""
    one = replace(
        allocation,
        placed=allocation.placed[:1],
        waiting=allocation.waiting[:1],
        at_provider=allocation.at_provider[:1],
        elsewhere=allocation.elsewhere[:1],
    )
    base = basis(work.run.dataset, work.run.assumptions, one)
    years = one.years
    work.board.open(
        "Prices",
        years,
        [year_to_financial_year(year) for year in years],
        "Prices relative to the first financial year.",
    )
    index = {
        lever: price_row(work, label, work.inputs.path(lever, years))
        for lever, label in (
            ("place_funding_change", "Place funding"),
            ("in_borough_price_change", "Prices in the borough"),
            ("out_of_borough_price_change", "Prices out of the authority"),
            ("other_price_change", "Prices of all other lines"),
            ("transport_price_change", "Prices of transport"),
        )
    }
    for name, price, change in (
        ("top_up", "in_borough_price_change", "top_up_change"),
        ("fee", "out_of_borough_price_change", "fee_change"),
    ):
        index[name] = work.board.row(
            f"Prices of {PARTS[name].lower()}",
            index[price] * (work.inputs.path(change, years) + 1.0),
            "factor",
            "Prices × (1 + change assumed)",
        )
    work.board.close()
    return Ground(work, one, base, index, work.inputs.value("calibrate_costs"))


def place_funding(found: Ground) -> dict[str, Path]:
    """Write place funding by setting; docs/method_costs.md, section 2."""
    many, rate, homes = found.base.volumes, found.base.rates, found.base.homes
    over = found.work.inputs.path("over_number_share", found.years)
    found.work.board.open("Place funding", found.years, found.heads, "Paid for commissioned places, filled or not.")
    rows = {}
    for at, setting in enumerate(found.allocation.settings):
        parts = {
            "filled": (many.filled[0] @ homes)[:, at],
            "vacant": (many.vacant[0] @ homes)[:, at],
            "over": (many.over[0] @ homes)[:, at],
            "unlisted": many.unlisted[0, :, at],
        }
        if not rate.occupied[at].any() and not rate.vacant[at].any():
            continue
        rows[setting] = _place(found, at, parts, over)
    add_up(found, "place", rows)
    found.work.board.close()
    return rows


def _place(found: Ground, at: int, parts: dict[str, Floats], over: Path) -> Path:
    label, rate = found.label(at), found.base.rates
    full = rate_of(found, f"{label}: a place that is filled", rate.occupied[at])
    empty = rate_of(found, f"{label}: a place that stands empty", rate.vacant[at])
    filled = found.many(f"{label}: commissioned places filled", parts["filled"])
    vacant = found.many(f"{label}: commissioned places empty", parts["vacant"])
    more = found.many(f"{label}: children above the commissioned number", parts["over"])
    rest = found.many(f"{label}: children at providers not listed", parts["unlisted"])
    gross = (filled + more * over + rest) * full + vacant * empty
    path = gross * found.index["place_funding_change"]
    factor = found.factor(found.base.calibration.place, at)
    return found.put(
        f"{label}: place funding",
        path if factor is None else path * factor,
        "(filled + above number × share paid + not listed) × rate + empty × rate, × prices",
    )


def rate_of(found: Ground, label: str, values: Floats) -> Path:
    """Return a rate as an input: one cell where it stays the same, else a row of the national amounts by year."""
    years = found.years
    if np.ptp(values[: len(years)]) < _FEW:
        cell = found.work.data.cell(label, float(values[0]), "gbp", "£ a year: national amount of a place")
        return Path(years, (cell,) * len(years))
    return found.work.board.row(
        label, figures(years, list(values)), "gbp", "£ a year: national amount of a place", "input"
    )


def top_up(found: Ground) -> dict[str, Path]:
    """Write top-up by setting, providers with rates of their own apart; docs/method_costs.md, section 3."""
    many, rate, homes = found.base.volumes, found.base.rates, found.base.homes
    found.work.board.open("Top-up", found.years, found.heads, "Follows the resident child, before and after 16 apart.")
    rows = {}
    whole = many.pre[0] + many.post[0]
    late = np.divide(many.post[0], whole, out=np.zeros_like(whole), where=whole > _FEW)
    for at, setting in enumerate(found.allocation.settings):
        shared = (float(rate.top_up[0][at]), float(rate.top_up[1][at]))
        own = [p for p in np.flatnonzero(homes[:, at]) if _differs(rate.top_up_at[:, p], shared)]
        if not any(shared) and not own:
            continue
        split = [(many.at_provider[0, :, p] * (1 - late[:, at]), many.at_provider[0, :, p] * late[:, at]) for p in own]
        rest = (many.pre[0, :, at] - sum(pre for pre, _ in split), many.post[0, :, at] - sum(post for _, post in split))
        groups = [
            (found.allocation.providers[p], rate.top_up_at[:, p], parts) for p, parts in zip(own, split, strict=True)
        ]
        paid = [_topped(found, name, rates, parts) for name, rates, parts in groups]
        others = f"{found.label(at)}, other children" if own else found.label(at)
        paid.append(_topped(found, others, np.array(shared), rest))
        rows[setting] = together(found, f"{found.label(at)}: top-up", paid, at)
    add_up(found, "top_up", rows)
    found.work.board.close()
    return rows


def _differs(rates: Floats, shared: tuple[float, float]) -> bool:
    return bool(np.abs(rates - np.array(shared)).max() > _FEW)


def _topped(found: Ground, name: str, rates: Floats, parts: tuple[Floats, Floats]) -> Path:
    paid = []
    for words, rate, children in zip(("before 16", "after 16"), rates, parts, strict=True):
        if np.abs(children).max() < _FEW:
            continue
        cell = found.work.data.cell(
            f"{name}: top-up {words}", float(rate), "gbp", "£ a child and year: mean of the bands"
        )
        paid.append(found.many(f"{name}: children {words}", children) * cell)
    base = paid[0] if len(paid) == 1 else paid[0] + paid[1] if paid else figures(found.years, [0.0] * len(found.years))
    return found.put(f"{name}: top-up before the budget", base * found.index["top_up"], "Children × rate × prices")


def together(found: Ground, label: str, paid: Sequence[Path], at: int) -> Path:
    """Write the sum of what a setting costs, brought to the budget of the base year."""
    factor = found.factor(found.base.calibration.variable, at)
    path = total(list(paid))
    return found.put(label, path if factor is None else path * factor, "Sum, brought to the budget of the base year")


def transport(found: Ground) -> dict[str, Path]:
    """Write transport by setting; docs/method_costs.md, section 5."""
    work, years, many = found.work, found.years, found.base.volumes
    work.board.open("Transport", years, found.heads, "Paid from the general fund, but for the share in the account.")
    rows: dict[str, Path] = {}
    index = found.index["transport_price_change"]
    by_table = work.run.dataset.has("transport")
    each = carried(work.run.dataset, many, found.allocation) if by_table else None
    for at, setting in enumerate(found.allocation.settings):
        if each is not None:
            parts = [
                _carried(found, at, place, float(each[at, p]))
                for p, place in enumerate(found.allocation.places)
                if each[at, p] > 0
            ]
            if parts:
                rows[setting] = found.put(f"{found.label(at)}: transport", total(parts) * index, "Sum × prices")
        elif is_specialist(setting):
            count = found.many(f"{found.label(at)}: children", many.pre[0, :, at] + many.post[0, :, at])
            cost = work.inputs.path("transport_carried_share", years) * work.inputs.path(
                "transport_gbp_per_child", years
            )
            rows[setting] = found.put(
                f"{found.label(at)}: transport", count * cost * index, "Children × share carried × cost of one × prices"
            )
    add_up(found, "transport", rows)
    work.board.close()
    return rows


def _carried(found: Ground, at: int, place: str, gbp: float) -> Path:
    where = {IN: "in the borough", OUT: "out of the borough"}[place]
    name = f"{found.label(at)}, {where}"
    cell = found.work.data.cell(f"{name}: transport", gbp, "gbp", "£ for each child placed there, from table transport")
    count = found.base.volumes.by_place[0, :, at, found.allocation.places.index(place)]
    return found.put(
        f"{name}: transport before prices", found.many(f"{name}: children", count) * cell, "Children × cost"
    )


def other(found: Ground) -> tuple[Path, Path]:
    """Write services and interventions; docs/method_costs.md, section 5."""
    work, years = found.work, found.years
    cells = [
        work.data.cell(f"Budget: {name}", gbp, "gbp", "table budget: a line that pays for no place")
        for name, gbp in found.base.calibration.services.items()
    ]
    each = [work.inputs.path("intervention_cost", years, name) for name in work.inputs.keys("intervention_cost")]
    work.board.open("Services and interventions", years, found.heads)
    base = Path(years, (_added(cells),) * len(years))
    services = found.put(
        "Services", base * found.index["other_price_change"], "Budget lines × prices of all other lines"
    )
    none = figures(years, [0.0] * len(years))
    measures = found.put("Interventions", total(each) if each else none, "Assumptions: cost of each intervention")
    work.live.add("cost_gbp", services, "services")
    work.live.add("cost_gbp", measures, "interventions")
    work.board.close()
    return services, measures


def _added(cells: Sequence[Term]) -> Term:
    return total([Path((0,), (cell,)) for cell in cells]).terms[0] if cells else term(0.0)


def add_up(found: Ground, part: str, rows: dict[str, Path]) -> None:
    """Write the sum of a part over the settings, and note both."""
    path = total(list(rows.values())) if rows else figures(found.years, [0.0] * len(found.years))
    row = found.put(f"{PARTS[part]}, all settings", path, "Sum of the settings")
    found.work.live.add("cost_gbp", row, part)
    for setting, cells in rows.items():
        found.work.live.add("cost_gbp", cells, part, setting=setting)
