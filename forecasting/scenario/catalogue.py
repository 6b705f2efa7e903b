"""The assumption catalogue: one record per lever, and no second list of levers anywhere.

The record drives the slider, the check of scenario files, the help text, the sheet "Assumptions" of the workbook,
the table in the docs and the command line. Values of an authority are not here: they are rows of its dataset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "choice", "switch", "candidate", "optional"]
Display = Literal["percent", "gbp", "count", "years", "year", "word"]

_RATE = ("published_rate",)


@dataclass(frozen=True)
class Lever:
    """One assumption that a planner may move.

    Attributes:
        name: the name used in files and on the command line.
        label: the words on screen.
        unit: unit of the value as stored (rates are fractions).
        low: lowest value allowed; a value below is refused.
        high: highest value allowed; a value above is refused.
        step: smallest sensible change.
        default: value where neither dataset nor tables give one; None = computed from the tables, or blank.
        help: what it does, for a planner.
        group: heading that it stands under.
        pages: pages that show it in the sidebar.
        up: measures that rise when it rises.
        down: measures that fall when it rises.
        either: measures that it moves, up or down as the case may be. A measure in none of the three never moves.
        kind: number, choice of words, switch, candidate (a choice of printed figures) or optional (may be blank).
        display: how it is shown.
        choices: for a choice, the words allowed and what they mean.
        key: what it varies by: nothing, need or project.
        tables: tables without which it does nothing.
        methods: methods in which it works.
        span: half-width of the slider as a share of the baseline, where the size depends on the authority.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    step: float
    default: float | str | None
    help: str
    group: str
    pages: tuple[str, ...]
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    kind: Kind = "number"
    display: Display = "percent"
    choices: tuple[tuple[str, str], ...] = ()
    key: Literal["", "need", "project"] = ""
    tables: tuple[str, ...] = ()
    methods: tuple[str, ...] = _RATE
    span: float = 0.0

    @property
    def moves(self) -> frozenset[str]:
        """Return every measure that the lever moves."""
        return frozenset((*self.up, *self.down, *self.either))


_BALANCES = ("in_year_balance_gbp", "cumulative_balance_gbp")
_COSTS = ("cost_gbp", "high_needs_spend_gbp")
_DEMAND = ("places_needed", "places_short", "places_required", "placements")
_PUPILS = ("pupils", "pupils_growth", "pupils_with_sen", "pupils_with_sen_growth", "sen_support",
           "pupils_with_ehc_plan", "ehc_plans", "pupils_share_of_population")  # fmt: skip
_BUILT = ("programme_places", "programme_places_net", "programme_saving_gbp", "programme_capital_gbp",
          "capital_shortfall_gbp", "capital_gbp")  # fmt: skip
_DEMAND_PAGES = ("overview", "placements")
_COST_PAGES = ("overview", "costs")

LEVERS: tuple[Lever, ...] = (
    Lever("pupil_growth", "Pupil growth", "fraction per year", -0.05, 0.10, 0.001, 0.0,
          "How fast the number of pupils on roll grows each year.",
          "Children", ("overview", "population", "send", "placements"),
          up=(*_PUPILS, *_DEMAND, *_COSTS), down=("spare_places", *_BALANCES), either=("saving_gbp",),
          tables=("pupils",)),
    Lever("pupil_growth_kind", "Growth is", "choice", 0, 0, 0, "simple",
          "Simple adds the same number each year (as the published assessment did); compound grows on growth.",
          "Children", ("population",), kind="choice", display="word",
          choices=(("simple", "simple: the same number each year"), ("compound", "compound: growth on growth")),
          either=(*_PUPILS, *_DEMAND, *_COSTS, "spare_places", *_BALANCES, "saving_gbp"), tables=("pupils",)),
    Lever("sen_prevalence", "Pupils with SEN", "fraction of pupils", 0.0, 0.5, 0.001, None,
          "Share of pupils on roll with SEN support or an EHC plan, held in every forecast year.",
          "Children", ("population", "send"),
          up=("pupils_with_sen", "pupils_with_sen_growth", "sen_prevalence", "sen_support", "sen_support_prevalence"),
          tables=("pupils", "sen")),
    Lever("ehc_plan_rate", "Pupils with an EHC plan", "fraction of pupils", 0.0, 0.2, 0.001, None,
          "Share of pupils on roll with an EHC plan, held in every forecast year. Plans are a legal entitlement: "
          "a lower rate is not by itself an improvement.",
          "Children", ("overview", "send", "placements"),
          up=("pupils_with_ehc_plan", "ehc_plan_prevalence", "ehc_plans", *_DEMAND, *_COSTS),
          down=("sen_support", "sen_support_prevalence", "spare_places", *_BALANCES), either=("saving_gbp",),
          tables=("pupils", "sen")),
    Lever("bring_back_share", "Out-of-authority placements to bring back", "fraction of placements", 0.0, 1.0, 0.01,
          0.0, "Share of the out-of-authority placements that should be met by places in the borough "
          "(under-provision).",
          "Places", _DEMAND_PAGES, up=("places_needed", "places_short", "saving_gbp", *_BALANCES), down=_COSTS,
          either=("placements", "spare_places"), tables=("placements",)),
    Lever("out_of_borough_baseline", "Out-of-authority placements at the start", "children", 0, 20000, 1, None,
          "How many children are placed out of the authority at the start. Papers often print several figures.",
          "Places", ("placements",), kind="candidate", display="count",
          up=("places_needed", "places_short", "places_required", "placements", "saving_gbp"),
          either=("spare_places", *_COSTS, *_BALANCES), tables=("placements",), span=1.0),
    Lever("growth_base", "Growth of specialist places", "choice", 0, 0, 0, "plan_rate",
          "What the growth in specialist places is worked out from.",
          "Places", ("placements",), kind="choice", display="word",
          choices=(("plan_rate", "pupil growth × EHC-plan rate"),
                   ("commissioned_share", "commissioned places × pupil growth in per cent")),
          either=(*_DEMAND, "spare_places", *_COSTS, *_BALANCES, "saving_gbp"), tables=("pupils",)),
    Lever("under_provision_places", "Under-provision, fixed", "places", 0, 20000, 1, None,
          "A fixed number of places for under-provision. Blank: share to bring back × placements at the start.",
          "Places", ("placements",), kind="optional", display="count",
          up=("places_needed", "places_short", "saving_gbp", *_BALANCES), down=_COSTS,
          either=("placements", "spare_places"), tables=("placements",), span=1.0),
    Lever("growth_places", "Growth places, fixed", "places", 0, 20000, 1, None,
          "A fixed number of growth places by the year stated. Blank: computed from the growth base.",
          "Places", ("placements",), kind="optional", display="count",
          up=(*_DEMAND, *_COSTS), down=("spare_places", *_BALANCES), either=("saving_gbp",), tables=("pupils",),
          span=1.0),
    Lever("need_share", "Growth places by need, %", "fraction", 0.0, 1.0, 0.001, None,
          "Share of the growth places that each need takes. Shares that do not add up to 100% are scaled.",
          "Places", ("placements",), key="need",
          either=("places_needed", "places_short", "places_required", "placements"), tables=("pupils",)),
    Lever("in_borough_unit_cost", "Place in the borough", "£ per place and year", 0, 500_000, 500, None,
          "Average cost of a specialist place in the borough, at the prices of the first financial year.",
          "Costs", (*_COST_PAGES, "programme"), display="gbp", up=_COSTS,
          down=("saving_gbp", "saving_per_repatriated_place_gbp", *_BALANCES), tables=("budget",), span=1.0),
    Lever("out_of_borough_unit_cost", "Place out of the authority", "£ per place and year", 0, 1_000_000, 500, None,
          "Average cost of an out-of-authority place, at the prices of the first financial year.",
          "Costs", (*_COST_PAGES, "programme"), display="gbp",
          up=("saving_gbp", "saving_per_repatriated_place_gbp", *_COSTS), down=_BALANCES, tables=("budget",),
          span=1.0),
    Lever("in_borough_price_change", "Prices in the borough", "fraction per year", -0.05, 0.15, 0.001, 0.0,
          "Yearly change of the price of places in the borough.", "Costs", ("costs",), up=_COSTS,
          down=("saving_gbp", "saving_per_repatriated_place_gbp", *_BALANCES), tables=("budget",)),
    Lever("out_of_borough_price_change", "Prices out of the authority", "fraction per year", -0.05, 0.15, 0.001,
          0.0, "Yearly change of the price of out-of-authority places.", "Costs", _COST_PAGES,
          up=("saving_gbp", "saving_per_repatriated_place_gbp", *_COSTS), down=_BALANCES, tables=("budget",)),
    Lever("other_price_change", "Prices of all other lines", "fraction per year", -0.05, 0.15, 0.001, 0.0,
          "Yearly change of the price of budget lines that do not pay for specialist places.", "Costs",
          ("costs",), up=_COSTS, down=_BALANCES, tables=("budget",)),
    Lever("high_needs_block", "High needs block", "£ per year", 0, 2_000_000_000, 10_000, None,
          "High needs block of the first financial year.", "Income", ("costs",), display="gbp",
          up=("income_gbp", "high_needs_block_share_of_dsg", *_BALANCES), tables=("budget",), span=0.5),
    Lever("high_needs_block_growth", "Growth of the block", "fraction per year", -0.05, 0.15, 0.001, 0.0,
          "Yearly growth of the high needs block.", "Income", _COST_PAGES, up=("income_gbp", *_BALANCES),
          tables=("budget",)),
    Lever("block_transfer", "Transfer from the schools block", "£ per year", 0, 100_000_000, 100_000, 0.0,
          "Transfer in each year after the first. It needs a decision every year.", "Income", ("costs",),
          display="gbp", up=("income_gbp", *_BALANCES), tables=("budget",), span=0.05),
    Lever("project_on", "Projects built", "on or off", 0, 1, 1, 0.0,
          "Which projects are built.", "Programme", ("programme",), kind="switch", display="word", key="project",
          up=(*_BUILT, "places_available", "saving_gbp", *_BALANCES), down=("places_short", *_COSTS),
          either=("placements", "spare_places"), tables=("projects",)),
    Lever("project_opens", "Opening in September of", "year (September)", 1990, 2100, 1, None,
          "Year in whose September a project opens; blank: the month in the project table.", "Programme",
          ("programme",), kind="optional", display="year", key="project",
          up=("places_short", *_COSTS), down=("places_available", "saving_gbp", *_BALANCES),
          either=("placements", "spare_places"), tables=("projects",)),
    Lever("project_delay", "All projects open later by", "years", 0, 5, 0.25, 0.0,
          "Slips every project.", "Programme", ("overview", "placements", "programme"), display="years",
          up=("places_short", *_COSTS), down=("places_available", "saving_gbp", *_BALANCES),
          either=("placements", "spare_places"), tables=("projects",)),
    Lever("project_ramp", "Years until new places are full", "years", 0, 7, 0.5, None,
          "New places fill evenly over this time; blank: as the project table says, else at once.", "Programme",
          ("programme",), display="years", up=_COSTS, down=("saving_gbp", *_BALANCES),
          either=("placements", "spare_places"), tables=("projects",)),
)  # fmt: skip

BY_NAME = {lever.name: lever for lever in LEVERS}
