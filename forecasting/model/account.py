"""The high-needs account of the placement method: income, spending, the deficit, its grant and the general fund.

Figures are by financial year, shown under the year in which it ends. Equations and sources: docs/method_costs.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.costs import leaves, opening_balance
from forecasting.model.emit import Emitter
from forecasting.model.job import Job
from forecasting.model.pricing import Costs, price
from forecasting.model.uncertain import drawn, price_index
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats

WITH, WITHOUT = "with_grant", "without_grant"


@dataclass(frozen=True, eq=False)
class Account:
    """£ by financial year; every array is run × year.

    Attributes:
        years: financial years, by the year in which they end.
        opening: balance at the start of the first year; below zero is a deficit.
        income: component → £: the block, transfers, cross-border children, recoupment (below zero).
        spending: expenditure of the high needs block.
        without_grant: closing balance without a grant for the deficit.
        grant: the grant in the year in which it is paid, were the reform plan approved.
        approved: 1 where the reform plan is approved, else 0.
        falls_from: last year of the statutory override.
        later_share: share of later balances that stays with the authority.
    """

    years: tuple[int, ...]
    opening: float
    income: dict[str, Floats]
    spending: Floats
    without_grant: Floats
    grant: Floats
    approved: float
    falls_from: int
    later_share: Floats

    @property
    def in_year(self) -> Floats:
        """Return income less spending; a grant for the deficit is not income of a year."""
        return np.asarray(sum(self.income.values()) - self.spending)

    def closing(self, granted: float) -> Floats:
        """Return the closing balance with a share of the grant; 1 with it, 0 without."""
        return self.without_grant + granted * np.cumsum(self.grant, axis=1)

    def exposure(self, granted: float) -> Floats:
        """Return what falls on the general fund by the end of each year.

        Nothing while the override lasts. From its last year e on: the deficit of e and the share of what is added to
        it afterwards, max(0, −(C(e) + share × (C(y) − C(e)))).
        """
        closing = self.closing(granted)
        years = np.array(self.years)
        if self.falls_from > years[-1]:
            return np.zeros_like(closing)
        before = self.falls_from < years[0]
        at_end = self.opening if before else closing[:, years.tolist().index(self.falls_from)][:, None]
        owed = np.maximum(-(at_end + self.later_share * (closing - at_end)), 0.0)
        return np.where(years >= self.falls_from, owed, 0.0)


def account(
    dataset: Dataset, assumptions: Assumptions, costs: Costs, start: float, opening: float, seed: int
) -> Account:
    """Return the account of a run.

    Args:
        dataset: checked tables.
        assumptions: levers in force.
        costs: what the allocation costs.
        start: high needs block of the first year, £; it holds the cross-border adjustment of that year.
        opening: balance at the start of the first year, £.
        seed: seed of every random value.
    """
    years, runs = costs.years, len(costs.services)
    spending = _spending(assumptions, costs)
    income = _income(dataset, assumptions, costs, start, seed)
    without = opening + np.cumsum(sum(income.values()) - spending, axis=1)
    ends = assumptions.number("override_ends")
    return Account(
        years, opening, income, np.asarray(spending), without, _grant(assumptions, years, without, opening, seed),
        float(assumptions.number("reform_plan_approved") or 0.0), int(ends) if ends is not None else years[-1] + 1,
        drawn(assumptions, "deficit_after_override_share", years, runs, seed),
    )  # fmt: skip


def _recouped(assumptions: Assumptions, costs: Costs) -> Floats:
    """Return run × year; £ of place funding that the Department pays to academies out of our block."""
    return np.asarray(costs.parts["place"] * assumptions.path("recouped_share", costs.years))


def savings(assumptions: Assumptions, without: Costs, costs: Costs) -> Floats:
    """Return run × year; £ that the block pays less than for the same children with nothing built."""
    return _gross(assumptions, without) - _gross(assumptions, costs)


def _gross(assumptions: Assumptions, costs: Costs) -> Floats:
    """Return run × year; £ that the block pays, places in academies included; transport only as far as it pays it."""
    outside = 1.0 - assumptions.path("transport_in_account", costs.years)
    return np.asarray(costs.total - costs.parts["transport"] * outside)


def _spending(assumptions: Assumptions, costs: Costs) -> Floats:
    return np.asarray(_gross(assumptions, costs) - _recouped(assumptions, costs))


def _income(dataset: Dataset, assumptions: Assumptions, costs: Costs, start: float, seed: int) -> dict[str, Floats]:
    years, shape = costs.years, costs.services.shape
    block = start * price_index(assumptions, "high_needs_block_growth", years, shape[0], seed)
    transfers = leaves(dataset, "transfer")
    received = float(transfers.loc[transfers["year"] == years[0], "gbp"].sum())
    transfer = np.concatenate([[received], assumptions.path("block_transfer", years)[1:]])
    net = costs.guests - costs.exports
    per_child = assumptions.path("import_export_gbp", years)
    return {
        "high_needs_block": block,
        "block_transfer": np.broadcast_to(transfer, shape),
        "import_export": (net - net[:, :1]) * per_child,
        "other_authorities": costs.guests * assumptions.path("guest_recoupment_gbp", years),
        "recoupment": -_recouped(assumptions, costs),
    }


def _grant(assumptions: Assumptions, years: tuple[int, ...], closing: Floats, opening: float, seed: int) -> Floats:
    """Return run × year; £ of the grant in its year: share × eligible share × deficit at the end of the year counted.

    A deficit that counts at the end of a year before the first one known is the opening balance of the first year
    when that is the year before; an earlier one is not known, and there is no grant.
    """
    found = np.zeros_like(closing)
    counted, paid = assumptions.number("grant_deficit_year"), assumptions.number("grant_year")
    if counted is None or paid is None or int(paid) not in years or int(counted) < years[0] - 1:
        return found
    before = int(counted) == years[0] - 1
    at = np.full(len(closing), opening) if before else closing[:, years.index(int(counted))]
    shares = [drawn(assumptions, lever, years[:1], len(closing), seed)[:, 0]
              for lever in ("grant_share", "grant_eligible_share")]  # fmt: skip
    found[:, years.index(int(paid))] = np.maximum(-at, 0.0) * shares[0] * shares[1]
    return found


def emit(job: Job, allocation: Allocation, without: Allocation | None = None) -> None:
    """Add costs, the high-needs account and the saving of the programme to the forecast.

    Args:
        job: the forecast in the making.
        allocation: where children are placed.
        without: where the same children would be placed were no project built; None when no project is on.
    """
    costs, notes = price(job.dataset, job.assumptions, allocation, job.seed)
    job.out.warnings.extend(notes)
    emit_costs(costs, job.assumptions, job.out)
    if without is not None:
        other = price(job.dataset, job.assumptions, without, job.seed)[0]
        saved = savings(job.assumptions, other, costs)
        job.out.add("saving_gbp", costs.years, saved, "gbp", component="programme")
        job.out.add("saving_gbp", costs.years, other.parts["transport"] - costs.parts["transport"], "gbp",
                    component="programme_transport")  # fmt: skip
    start = job.assumptions.number("high_needs_block")
    if start is None:
        job.out.warnings.append("No high needs block is known, so there is no balance.")
        return
    opening, note = opening_balance(job.dataset, costs.years[0])
    job.out.warnings.append(note)
    emit_account(
        account(job.dataset, job.assumptions, costs, start, opening, job.seed), _residents(job, costs.years), job.out
    )


def emit_costs(costs: Costs, assumptions: Assumptions, out: Emitter) -> None:
    """Add spending in total, by component, kind of setting and provider, and the ratio to the budget."""
    years, kinds = costs.years, (("setting", costs.settings),)
    taken = _recouped(assumptions, costs)
    parts = {**costs.parts, "recoupment": -taken}
    out.add("cost_gbp", years, np.asarray(sum(parts.values())), "gbp")
    out.add("high_needs_spend_gbp", years, _spending(assumptions, costs), "gbp")
    whole = np.zeros_like(costs.place)
    for name, values in parts.items():
        out.add("cost_gbp", years, values, "gbp", component=name)
    for name in ("place", "top_up", "fee", "transport"):
        values = getattr(costs, name)
        whole = whole + values
        out.add("cost_gbp", years, values, "gbp", component=name, by=kinds)
    out.add("cost_gbp", years, whole, "gbp", by=kinds)
    if costs.providers:
        out.add("cost_gbp", years, costs.of_provider, "gbp", by=(("provider", costs.providers),))
    for name, values in (("health", costs.joint_health), ("care", costs.joint_care)):
        out.add("joint_funding_gbp", years, values, "gbp", component=name)
    out.add("joint_funding_gbp", years, costs.joint_health + costs.joint_care, "gbp")
    _emit_calibration(costs, out)


def _emit_calibration(costs: Costs, out: Emitter) -> None:
    found = costs.calibration
    for group, ratio in zip(found.groups, found.ratio, strict=True):
        name = group[0] if len(group) == 1 else "inmss"
        if ratio > 0 and not found.unrated.issuperset(group):  # the budget gives the cost
            out.add("modelled_to_budget", costs.years[:1], np.array([ratio]), "fraction", setting=name)


def emit_account(found: Account, residents: Floats | None, out: Emitter) -> None:
    """Add income, balances, the chance of balance, the grant and what falls on the general fund.

    Args:
        found: the account.
        residents: people along its years, None when they are not known.
        out: collects margins.
    """
    years, in_year = found.years, found.in_year
    for component, values in found.income.items():
        out.add("income_gbp", years, values, "gbp", component=component)
    out.add("income_gbp", years, np.asarray(sum(found.income.values())), "gbp")
    out.add("in_year_balance_gbp", years, in_year, "gbp")
    closing = found.closing(found.approved)
    out.add("cumulative_balance_gbp", years, closing, "gbp")
    out.add("deficit_grant_gbp", years, found.grant * found.approved, "gbp")
    out.add("general_fund_exposure_gbp", years, found.exposure(found.approved), "gbp")
    for name, granted in ((WITH, 1.0), (WITHOUT, 0.0)):
        out.add("cumulative_balance_gbp", years, found.closing(granted), "gbp", component=name)
        out.add("general_fund_exposure_gbp", years, found.exposure(granted), "gbp", component=name)
    if residents is not None:
        out.add("balance_per_resident_gbp", years, closing / residents, "gbp")
    if len(in_year) > 1:
        out.add("probability_of_balance", years, (in_year[1:] >= 0).mean(axis=0), "fraction")
        out.add("probability_of_balance", years, (closing[1:] >= 0).mean(axis=0), "fraction", component="cumulative")


def _residents(job: Job, at: tuple[int, ...]) -> Floats | None:
    known = [m for m in job.out.margins if m.measure == "residents" and m.axes == ("year",)]
    if not known:
        return None
    years = np.array(known[0].labels[0], dtype=np.float64)
    return np.asarray(np.interp(np.array(at, dtype=np.float64), years, known[0].stats[0]))
