"""Levers of placements: how full providers may be, where children go without a local place, who comes back."""

from __future__ import annotations

from forecasting.scenario.lever import PLANS, Lever

_GROUP = "Placements"
_PAGES = ("placements",)
_WHERE = ("placements", "places_short", "children_waiting", "children_over_capacity", "spare_places",
          "probability_over_capacity", "cost_gbp", "high_needs_spend_gbp", "in_year_balance_gbp",
          "cumulative_balance_gbp", "probability_of_balance")  # fmt: skip


def _share(code: str, label: str, default: float, text: str) -> Lever:
    return Lever(
        f"overflow_{code}_share", label, "fraction", 0.0, 1.0, 0.01, default,
        f"{text} Shares that do not add up to 100% are scaled. No national figure exists: a judgement to replace.",
        _GROUP, _PAGES, either=_WHERE, tables=("providers",), methods=PLANS,
    )  # fmt: skip


LEVERS: tuple[Lever, ...] = (
    Lever("placement_objective", "Children are placed", "choice", 0, 0, 0, "shares",
          "Who decides where a child goes when the suitable local places are full.",
          _GROUP, _PAGES, kind="choice", display="word",
          choices=(("shares", "by shares: as the shares below say"),
                   ("nearest", "nearest first: in the borough, then in other authorities, then independent"),
                   ("cheapest", "cheapest first: the kind of place with the lowest unit cost")),
          either=_WHERE, tables=("providers",), methods=PLANS),
    Lever("over_capacity_tolerance", "Children above capacity", "fraction of places", 0.0, 0.5, 0.01, 0.0,
          "How much further every provider may fill above its places, on top of its own share in the table providers.",
          _GROUP, _PAGES, either=_WHERE, tables=("providers",), methods=PLANS, usual=(0.0, 0.2)),
    _share("named", "Without a place: named above the limit", 0.0,
           "Share of children without a suitable local place who are named at a suitable local provider above its "
           "limit, for example by the Tribunal."),
    _share("other_base", "Without a place: another base", 0.15,
           "Share of children without a place in the base they need who go to another kind of base in the borough."),
    _share("alternative", "Without a place: alternative provision", 0.05,
           "Share of children without a suitable local place who go to alternative provision in the borough."),
    _share("other_authority", "Without a place: another authority", 0.15,
           "Share of children without a suitable local place who go to a provider of another authority."),
    _share("independent", "Without a place: independent", 0.50,
           "Share of children without a suitable local place who go to an independent or non-maintained provider."),
    _share("waiting", "Without a place: waiting", 0.15,
           "Share of children without a suitable local place who wait in their present setting."),
    Lever("other_authority_room", "Room in other authorities' schools", "fraction more than today", 0.0, 2.0, 0.05, 0.1,
          "How many more of our children the providers of other authorities can take than today.",
          _GROUP, _PAGES, either=_WHERE, tables=("providers",), methods=PLANS, usual=(0.0, 1.0)),
    Lever("bring_back_at_transition", "Children brought back", "fraction of children", 0.0, 1.0, 0.05, 0.5,
          "Share of the children who would be placed out of the borough, and can be placed afresh that year, who take "
          "a suitable new local place while there is room. Children move mostly when they change phase.",
          _GROUP, ("placements", "programme"), either=_WHERE,
          tables=("projects",), methods=PLANS),
    Lever("moves_outside_transition", "Moves between transitions", "fraction of children", 0.0, 1.0, 0.01, 0.05,
          "Share of the children placed elsewhere, and not at a transition point, who can be placed afresh in a year.",
          _GROUP, _PAGES, either=_WHERE, tables=("providers",), methods=PLANS),
    Lever("guest_change", "Children of other authorities", "fraction more or fewer", -1.0, 2.0, 0.05, 0.0,
          "How many more (or fewer) children of other authorities hold places in the borough's providers.",
          _GROUP, _PAGES, either=_WHERE, tables=("providers",), methods=PLANS, usual=(-0.5, 0.5)),
)  # fmt: skip
