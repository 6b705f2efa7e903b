"""Levers of the costs of the placement method, of the high-needs account and of what is done about it.

Their values are rows of `data/national/assumptions.csv`, each with its source, until a dataset states its own.
"""

from __future__ import annotations

from forecasting.scenario.lever import PLANS, Display, Kind, Lever

_COSTS = ("cost_gbp", "high_needs_spend_gbp")
_BALANCES = ("in_year_balance_gbp", "cumulative_balance_gbp", "balance_per_resident_gbp")
_FUND = "general_fund_exposure_gbp"
_PARTNERS = ("joint_funding_gbp",)
_FEES, _TRAVEL, _DEFICIT = "Fees and top-up", "Transport", "Deficit"
_INCOME = "Academies and other authorities"


def _of(
    name: str, label: str, unit: str, low: float, high: float, step: float, text: str, group: str, *,
    up: tuple[str, ...] = (), down: tuple[str, ...] = (), either: tuple[str, ...] = (), display: Display = "percent",
    kind: Kind = "number", tables: tuple[str, ...] = (), span: float = 0.0,
    usual: tuple[float, float] | None = None, dated: bool = True,
) -> Lever:  # fmt: skip
    return Lever(name, label, unit, low, high, step, None, text, group, ("costs",), up=up, down=down, either=either,
                 kind=kind, display=display, tables=tables, methods=PLANS, span=span, usual=usual,
                 dated=dated)  # fmt: skip


def _dearer(
    name: str, label: str, unit: str, low: float, high: float, step: float, text: str, also: tuple[str, ...] = (),
    usual: tuple[float, float] | None = None,
) -> Lever:  # fmt: skip
    """Return a lever of fees and top-up that makes places dearer when it rises; `also` rises too."""
    return _of(name, label, unit, low, high, step, text, _FEES, up=(*_COSTS, _FUND, *also), down=_BALANCES,
               either=("saving_gbp",), usual=usual)  # fmt: skip


LEVERS: tuple[Lever, ...] = (
    _of("calibrate_costs", "Bring the base year to the budget", "on or off", 0, 1, 1,
        "Whether top-up and fees are scaled so that the base year equals the budget; the ratio is shown either way.",
        _FEES, either=(*_COSTS, *_BALANCES, _FUND, *_PARTNERS, "saving_gbp"), kind="switch", display="word",
        tables=("budget",)),
    _dearer("place_funding_change", "Place funding", "fraction per year", -0.05, 0.15, 0.001,
        "Yearly change of the national amounts of a place, from the first year on.", usual=(-0.02, 0.08)),
    _dearer("top_up_change", "Top-up rates", "fraction more or fewer", -0.5, 1.0, 0.01,
        "How much higher (or lower) every band of top-up is than the table of unit costs says.", usual=(-0.2, 0.3)),
    _dearer("fee_change", "Fees of independent and non-maintained schools", "fraction more or fewer", -0.5, 1.0, 0.01,
        "How much higher (or lower) fees are than the table of unit costs says: negotiation lowers them.",
        also=_PARTNERS, usual=(-0.2, 0.3)),
    _of("fee_spread", "Spread of fees between placements", "standard deviation ÷ mean", 0.0, 2.0, 0.05,
        "How far fees differ from one placement to the next; it widens the range and leaves the central run alone.",
        _FEES, either=(*_COSTS, *_BALANCES, _FUND, *_PARTNERS, "saving_gbp"), usual=(0.0, 1.0)),
    _dearer("residential_share", "Residential share of independent placements", "fraction of placements", 0.0, 1.0,
        0.01,
        "Share of independent and non-maintained placements that are residential; used where the placements do not "
        "say which are.",
        also=_PARTNERS),
    _of("joint_health_share", "Residential fees paid by health", "fraction of residential fees", 0.0, 0.5, 0.01,
        "Share of residential fees that the health service pays.", _FEES, up=(*_PARTNERS, *_BALANCES),
        down=(*_COSTS, _FUND), either=("saving_gbp",)),
    _of("joint_care_share", "Residential fees paid by social care", "fraction of residential fees", 0.0, 0.5, 0.01,
        "Share of residential fees that children's social care pays.", _FEES, up=(*_PARTNERS, *_BALANCES),
        down=(*_COSTS, _FUND), either=("saving_gbp",)),
    _dearer("over_number_share", "Children above the commissioned number", "fraction of a place", 0.0, 1.0, 0.05,
        "Share of the funding of a place that is paid for each child above the commissioned number."),
    _of("transport_carried_share", "Children in specialist places carried", "fraction of children", 0.0, 1.0, 0.01,
        "Share of children in specialist places who are carried; used only without a table transport.",
        _TRAVEL, up=("cost_gbp",), either=("saving_gbp",)),
    _of("transport_gbp_per_child", "Transport of a child carried", "£ per child and year", 0, 100_000, 100,
        "Cost of a year's transport; used only without a table transport.", _TRAVEL, up=("cost_gbp",),
        either=("saving_gbp",), display="gbp", span=1.0),
    _of("transport_price_change", "Prices of transport", "fraction per year", -0.05, 0.15, 0.001,
        "Yearly change of the cost of carrying a child.", _TRAVEL, up=("cost_gbp",), either=("saving_gbp",),
        usual=(-0.02, 0.08)),
    _of("transport_in_account", "Transport within the high needs block", "fraction of transport", 0.0, 1.0, 0.01,
        "Share of transport that the high needs block pays; the rest falls on the general fund.", _TRAVEL,
        up=("high_needs_spend_gbp", _FUND), down=_BALANCES, either=("saving_gbp",)),
    _of("recouped_share", "Places in academies", "fraction of place funding", 0.0, 1.0, 0.05,
        "Share of place funding that the Department takes from the block and pays to academies itself. It lowers "
        "income and spending alike, never the balance: it is not counted twice.",
        _INCOME, down=("income_gbp", *_COSTS)),
    _of("import_export_gbp", "Import and export adjustment", "£ per child", 0, 100_000, 500,
        "What the block gains for each further child of another authority in our places, and loses for each further "
        "child of ours in theirs.",
        _INCOME, either=("income_gbp", *_BALANCES, _FUND), display="gbp", span=1.0),
    _of("guest_recoupment_gbp", "Recouped from other authorities", "£ per child", 0, 100_000, 500,
        "What other authorities pay us for each of their children in our places.", _INCOME,
        up=("income_gbp", *_BALANCES), down=(_FUND,), display="gbp", usual=(0, 40_000)),
    _of("reform_plan_approved", "Reform plan approved", "on or off", 0, 1, 1,
        "Whether the Department approves the Local SEND Reform Plan: without it there is no grant for the deficit.",
        _DEFICIT, up=("cumulative_balance_gbp", "balance_per_resident_gbp"), down=(_FUND,), kind="switch",
        display="word"),
    _of("grant_share", "Share of the deficit that the grant pays", "fraction of the eligible deficit", 0.0, 1.0, 0.01,
        "High Needs Stability Grant as a share of the eligible deficit; paid only with an approved reform plan.",
        _DEFICIT, up=("cumulative_balance_gbp", "balance_per_resident_gbp"), down=(_FUND,), dated=False),
    _of("grant_eligible_share", "Share of the deficit that is eligible", "fraction of the deficit", 0.0, 1.0, 0.01,
        "Share of the deficit that comes from high needs and so counts for the grant.", _DEFICIT,
        up=("cumulative_balance_gbp", "balance_per_resident_gbp"), down=(_FUND,), dated=False),
    _of("grant_deficit_year", "Deficit that counts: end of", "financial year, by the year it ends", 2000, 2100, 1,
        "Financial year at whose end the deficit is measured for the grant.", _DEFICIT,
        either=("cumulative_balance_gbp", "balance_per_resident_gbp", _FUND), display="year", dated=False),
    _of("grant_year", "Grant paid in", "financial year, by the year it ends", 2000, 2100, 1,
        "Financial year in which the grant is paid.", _DEFICIT,
        either=("cumulative_balance_gbp", "balance_per_resident_gbp", _FUND), display="year", dated=False),
    _of("override_ends", "Statutory override ends", "financial year, by the year it ends", 2000, 2100, 1,
        "Last financial year in which the deficit stays out of the general fund.", _DEFICIT, either=(_FUND,),
        display="year", dated=False),
    _of("deficit_after_override_share", "Later deficits that stay with the authority",
        "fraction of the in-year deficit", 0.0, 1.0, 0.05,
        "Share of each year's deficit after the override ends that falls on the general fund.", _DEFICIT,
        up=(_FUND,)),
    Lever("intervention_cost", "Cost of interventions", "£ per year", 0, 100_000_000, 10_000, None,
          "What each intervention costs a year. Switching an intervention off is done by a scenario.",
          "Interventions", ("costs",), up=(*_COSTS, _FUND), down=_BALANCES, display="gbp", key="intervention",
          methods=PLANS, span=1.0),
)  # fmt: skip
