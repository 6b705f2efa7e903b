"""The high-needs account of children where they are placed, as formulas: income, balances, grant, general fund."""

from __future__ import annotations

import numpy as np

from forecasting.model.account import WITH, WITHOUT
from forecasting.model.costs import opening_balance
from forecasting.model.pricing import exported
from forecasting.outputs.workbook.live_account import balances, block, transfer
from forecasting.outputs.workbook.live_costs import Ground
from forecasting.outputs.workbook.terms import (
    Path,
    Term,
    choose,
    each,
    figures,
    largest,
    running,
    term,
    total,
    when,
)


def account(found: Ground) -> None:
    """Write spending, income, balances, the grant and the general fund; docs/method_costs.md, section 7."""
    work, years = found.work, found.years
    if not work.run.forecast.has("cost_gbp"):
        return
    spending, recouped = _spending(found)
    if not work.run.forecast.has("income_gbp"):
        return
    income = _income(found, recouped)
    closing = balances(work, income, spending, years, found.heads)
    _after(found, closing)


def _part(found: Ground, component: str) -> Path:
    cells = found.work.live.cells
    return Path(found.years, tuple(cells["cost_gbp", component, (), year] for year in found.years))


def _spending(found: Ground) -> tuple[Path, Path]:
    work, live = found.work, found.work.live
    recouped = work.inputs.path("recouped_share", found.years)
    inside = work.inputs.path("transport_in_account", found.years)
    work.board.open("Spending", found.years, found.heads)
    names = ("place", "top_up", "fee", "transport", "services", "interventions")
    rows = {
        name: found.put(f"All settings: {name.replace('_', '-')}", _part(found, name) + 0.0, "From the tables above")
        for name in names
    }
    taken = found.put(
        "Place funding of academies, paid by the Department",
        rows["place"] * recouped,
        "Place funding × share in academies",
    )
    live.add("cost_gbp", found.put("Less paid by the Department", taken * -1.0, "It counts once"), "recoupment")
    everything = found.put(
        "Spending with transport", total(list(rows.values())) - taken, "Sum less paid by the Department"
    )
    live.add("cost_gbp", everything)
    outside = rows["transport"] * (inside * -1.0 + 1.0)
    spending = found.put(
        "Spending of the high needs block", everything - outside, "Less the transport that the general fund pays"
    )
    live.add("high_needs_spend_gbp", spending)
    work.board.close()
    return spending, taken


def _income(found: Ground, recouped: Path) -> Path:
    work, years, live = found.work, found.years, found.work.live
    per_child, per_guest = (work.inputs.path(name, years) for name in ("import_export_gbp", "guest_recoupment_gbp"))
    work.board.open("Income", years, found.heads)
    guests = found.many("Children of other authorities here", found.base.volumes.guests[0])
    away = exported(found.base.rates, found.base.volumes, found.allocation)[0]
    ours = found.many("Our children in state-funded places elsewhere", away)
    net = found.put("Here less elsewhere", guests - ours, "Difference", "long_count")
    crossing = found.put(
        "Import and export adjustment", (net - net.terms[0]) * per_child, "Change since the first year × £ per child"
    )
    paid = found.put("Paid by other authorities", guests * per_guest, "Children × £ per child")
    less = found.put("Less places in academies", recouped * -1.0, "Taken by the Department")
    for name, row in (("import_export", crossing), ("other_authorities", paid), ("recoupment", less)):
        live.add("income_gbp", row, name)
    parts = [block(work, years), transfer(work, years), crossing, paid, less]
    income = live.add("income_gbp", found.put("Income", total(parts), "Sum"))
    work.board.close()
    return income


def _after(found: Ground, closing: Path) -> None:
    """Write the grant for the deficit, the closing balance with it, and what falls on the general fund."""
    work, years, live = found.work, found.years, found.work.live
    opening = opening_balance(work.run.dataset, years[0])[0]
    later = work.inputs.path("deficit_after_override_share", years)
    approved = work.inputs.value("reform_plan_approved")
    work.board.open("Grant for the deficit, and the general fund", years, found.heads)
    when_year = work.board.row(
        "Financial year, by the year in which it ends", figures(years, years), "whole", "", "value"
    )
    before = Path(years, (term(opening), *closing.terms[:-1]))
    balance = found.put("Balance at the start of the year, no grant", before, "Closing balance of the year before")
    grant = found.put(
        "Grant, were the reform plan approved",
        _grant(found, when_year, balance, closing),
        "Deficit at the end of the year that counts × eligible share × share paid, in the year it is paid",
    )
    sums = work.board.chain(
        "Grant so far",
        years,
        running(grant.terms[0], grant, lambda old, step: old + step),
        "gbp",
        "Year before + grant",
    )
    live.add("deficit_grant_gbp", found.put("Grant, as assumed", grant * approved, "Only with an approved reform plan"))
    with_grant = found.put("Closing balance, with grant", closing + sums, "Closing balance + grant so far")
    final = found.put("Closing balance, as assumed", closing + sums * approved, "With the grant only where approved")
    for name, path in ((WITH, with_grant), (WITHOUT, closing), ("", final)):
        live.add("cumulative_balance_gbp", path, name)
        title = {"": "as assumed", WITH: "with grant", WITHOUT: "no grant"}[name]
        live.add("general_fund_exposure_gbp", _exposure(found, title, when_year, path, later, opening), name)
    if work.run.forecast.has("balance_per_resident_gbp"):
        _per_resident(found, final)
    work.board.close()


def _grant(found: Ground, when_year: Path, before: Path, closing: Path) -> Path:
    """Return the grant in the year in which it is paid, from the balance at the end of the year that counts."""
    inputs = found.work.inputs
    counted, paid = inputs.value("grant_deficit_year"), inputs.value("grant_year")
    shares = inputs.value("grant_share") * inputs.value("grant_eligible_share")
    ends = total(
        [
            Path((0,), (choose(year.compare("=", counted), balance, 0.0),))
            for year, balance in zip(when_year.terms, closing.terms, strict=True)
        ]
    ).terms[0]
    earlier = choose(counted.compare("=", when_year.terms[0] - 1.0), before.terms[0], 0.0)
    single = found.put(
        "Balance at the end of the year that counts",
        Path(found.years, (ends + earlier,) * len(found.years)),
        "0 where that year is not among these",
    )
    deficit = largest(single * -1.0, 0.0)
    return when(when_year.compare("=", paid), deficit * shares, 0.0)


def _exposure(found: Ground, title: str, when_year: Path, closing: Path, later: Path, opening: float) -> Path:
    """Write max(0, −(C(e) + share × (C(y) − C(e)))) from the last year e of the override on; nothing before it."""
    ends = found.work.inputs.value("override_ends")
    at_end = total(
        [
            Path((0,), (choose(year.compare("=", ends), balance, 0.0),))
            for year, balance in zip(when_year.terms, closing.terms, strict=True)
        ]
    ).terms[0]
    start: Term = choose(ends.compare("<", when_year.terms[0]), term(opening), at_end)
    held = found.put(
        f"Balance when the override ends, {title}",
        Path(found.years, (start,) * len(found.years)),
        "Closing balance of that year",
    )
    owed = largest((held + later * (closing - held)) * -1.0, 0.0)
    falls = when(when_year.compare(">=", ends), owed, 0.0)
    return found.put(
        f"Falls on the general fund, {title}",
        falls,
        "From the year the override ends: that deficit and the share of what is added",
    )


def _per_resident(found: Ground, closing: Path) -> None:
    margin = found.work.run.forecast.margin("residents")
    known = np.interp(np.array(found.years, dtype=float), np.array(margin.labels[0], dtype=float), margin.stats[0])
    people = found.many("Residents aged 0 to 25", known)
    found.work.live.add(
        "balance_per_resident_gbp",
        found.put("Closing balance ÷ residents", each(lambda a, b: a / b, closing, people), "Balance ÷ residents"),
    )
