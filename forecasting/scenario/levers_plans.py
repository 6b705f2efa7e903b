"""Levers of EHC plans: requests, new plans, ceasing, inclusion, policy, national trend."""

from __future__ import annotations

from forecasting.scenario.lever import PLANS, Lever

_FLOWS = ("age_flow", "moves")
_PIPELINE = ("age_flow",)
_UP = ("places_needed", "places_short", "places_required", "placements", "cost_gbp", "high_needs_spend_gbp",
       "joint_funding_gbp")  # fmt: skip
_DOWN = ("spare_places", "in_year_balance_gbp", "cumulative_balance_gbp", "balance_per_resident_gbp")
_NEW = ("ehc_plans", "new_plans", "ceased_plans", *_UP)
_PLACED = ("children_waiting", "children_over_capacity", "probability_over_capacity")
_MOVES = ("saving_gbp", "income_gbp", "general_fund_exposure_gbp", *_PLACED)
_EITHER = (*_UP, *_DOWN, *_MOVES)
_STEP = (*_MOVES, "support_to_plan_rate")
_GROUP = "EHC plans"
_PAGES = ("send",)

LEVERS: tuple[Lever, ...] = (
    Lever("new_plan_rate", "New plans", "fraction more or fewer", -0.5, 1.0, 0.01, 0.0,
          "How many more (or fewer) children of each age get a first plan than the rates of the past imply, for all "
          "needs or for one (by need in the method moves only).",
          _GROUP, ("overview", "send", "placements"), up=_NEW, down=_DOWN, either=_STEP, key="need",
          methods=_FLOWS, usual=(-0.3, 0.5)),
    Lever("new_plan_rate_phase", "New plans by phase", "fraction more or fewer", -0.5, 1.0, 0.01, 0.0,
          "How many more (or fewer) children of a phase get a first plan, on top of the lever for all ages: early "
          "years is before Reception, primary Reception to year 6, secondary years 7 to 11, post-16 from year 12.",
          _GROUP, _PAGES, up=_NEW, down=_DOWN, either=_STEP, key="phase", methods=_FLOWS, usual=(-0.3, 0.5)),
    Lever("early_years_identification", "New plans before Reception", "fraction more or fewer", -0.5, 2.0, 0.01, 0.0,
          "How many more (or fewer) children get a first plan before Reception. Later new plans stay as they are.",
          _GROUP, _PAGES, up=_NEW, down=_DOWN, either=_MOVES, methods=_FLOWS, usual=(-0.3, 1.0)),
    Lever("requests", "Requests for assessment", "fraction more or fewer", -0.5, 1.0, 0.01, 0.0,
          "How many more (or fewer) requests for an EHC needs assessment are made.",
          _GROUP, _PAGES, up=("requests", *_NEW), down=_DOWN, either=_STEP, tables=("plan_flows",),
          methods=_PIPELINE, usual=(-0.3, 0.5)),
    Lever("assessment_rate", "Requests that are assessed", "fraction more or fewer", -0.5, 0.5, 0.01, 0.0,
          "Change in the share of requests that lead to an assessment; the share itself stays at most 100%. An "
          "assessment is due whenever the law's test is met.",
          _GROUP, _PAGES, up=_NEW, down=_DOWN, either=_STEP, tables=("plan_flows",), methods=_PIPELINE,
          usual=(-0.3, 0.3)),
    Lever("conversion_rate", "Assessments that lead to a plan", "fraction more or fewer", -0.5, 0.5, 0.01, 0.0,
          "Change in the share of assessments that lead to a plan; the share itself stays at most 100%.",
          _GROUP, _PAGES, up=_NEW, down=_DOWN, either=_STEP, tables=("plan_flows",), methods=_PIPELINE,
          usual=(-0.3, 0.3)),
    Lever("cease_rate", "Plans that cease", "fraction more or fewer", -0.5, 1.0, 0.01, 0.0,
          "Change in the hazard that a plan ceases before the next January, at every age. A plan may cease only when "
          "it is no longer needed.",
          _GROUP, _PAGES, down=("ehc_plans",), either=("ceased_plans", *_EITHER), methods=_FLOWS, usual=(-0.3, 0.5)),
    Lever("post_16_retention", "Plans kept after 16", "fraction fewer or more that cease", -0.5, 0.9, 0.01, 0.0,
          "How many fewer plans cease from year 12 on: 20% means that the hazard of ceasing is a fifth lower.",
          _GROUP, _PAGES, up=("ehc_plans",), either=("ceased_plans", *_EITHER), methods=_FLOWS, usual=(-0.3, 0.5)),
    Lever("support_to_plan", "From SEN support to a plan", "fraction more or fewer", -0.5, 1.0, 0.01, 0.0,
          "How many more (or fewer) children on SEN support move to a plan each year. New plans at 5 to 19 are taken "
          "to come from SEN support; who moves to a plan leaves it, so that pupils with SEN stay as they are.",
          _GROUP, _PAGES, up=(*_NEW, "pupils_with_ehc_plan", "ehc_plan_prevalence"),
          down=(*_DOWN, "sen_support", "sen_support_prevalence"), either=_STEP, tables=("sen",), methods=_FLOWS,
          usual=(-0.3, 0.5)),
    Lever("inclusion_shift", "Moves to mainstream", "fraction more or fewer", -0.9, 2.0, 0.05, 0.0,
          "Change in the weight of mainstream settings among the places where joiners and movers go; how many join "
          "and move stays as it is.",
          _GROUP, ("send", "placements"), either=("ehc_plans", "ceased_plans", *_EITHER), tables=("plan_moves",),
          methods=("moves",), usual=(-0.5, 1.0)),
    Lever("moves_from_mainstream", "Moves out of mainstream", "fraction more or fewer", -0.9, 2.0, 0.05, 0.0,
          "How many more (or fewer) children with a plan leave a mainstream setting for another setting each year; "
          "where they go is as in the past.",
          _GROUP, ("send", "placements"), either=("ehc_plans", "ceased_plans", *_EITHER), tables=("plan_moves",),
          methods=("moves",), usual=(-0.5, 1.0)),
    Lever("policy_shock", "Change of law or policy", "fraction more or fewer new plans", -0.5, 1.0, 0.01, 0.0,
          "New plans while a change of law or policy is in force, on top of everything else. As after 2014, when "
          "plans replaced statements: give a start, a ramp and an end in a scenario file.",
          _GROUP, _PAGES, up=_NEW, down=_DOWN, either=_STEP, methods=PLANS, usual=(-0.3, 0.5)),
    Lever("national_trend", "Growth in England", "choice", 0, 0, 0, "as_observed",
          "What is assumed of the growth in England that the authority shares in. In the method moves it counts where "
          "all plans follow trend.",
          _GROUP, ("overview", "send", "placements"), kind="choice", display="word",
          choices=(("as_observed", "as observed: what past growth implies"),
                   ("damped", "damped: it halves every three years"),
                   ("none", "none: only the authority's difference from England remains"),
                   ("own", "own: the authority's growth of the last three years goes on")),
          either=("ehc_plans", "new_plans", "ceased_plans", "support_to_plan_rate", *_EITHER),
          tables=("ehc_plans",), methods=("moves", "trend")),
)  # fmt: skip
