"""Levers of pupils by year group: births, migration, take-up, housing, cross-border flow, survival."""

from __future__ import annotations

from forecasting.scenario.lever import YEAR_GROUPS, Lever

CHOOSER = "pupil_method"
WITHOUT_LEVERS = ("ets", "constant_growth")  # methods of pupils that the other levers of this list do not act on

_PUPILS = ("pupils", "pupils_growth", "pupils_with_sen", "pupils_with_sen_growth", "sen_support",
           "pupils_with_ehc_plan")  # fmt: skip
_GROUP, _PAGES = "Pupils by year group", ("population",)

LEVERS: tuple[Lever, ...] = (
    Lever(CHOOSER, "Pupils are forecast by", "choice", 0, 0, 0, "auto",
          "How pupils by year group are forecast. Automatic stays with the damped cohort method unless another was "
          "clearly better in the past of the authority itself.",
          _GROUP, _PAGES, kind="choice", display="word",
          choices=(("auto", "automatic, by its own past"),
                   ("cohort_survival", "cohorts: births, take-up and moving up"),
                   ("cohort_survival_damped", "cohorts with fading trends"),
                   ("ets", "exponential smoothing of each year group"),
                   ("constant_growth", "constant growth (the published method)")),
          either=_PUPILS, tables=("pupils",), methods=YEAR_GROUPS),
    Lever("births_change", "More or fewer births", "fraction of projected births", -0.5, 0.5, 0.01, 0.0,
          "Change of the births that are still to come; children already born are not changed.",
          _GROUP, _PAGES, up=(*_PUPILS, "residents"), tables=("pupils", "births"), methods=YEAR_GROUPS,
          usual=(-0.2, 0.2)),
    Lever("births_variant", "Projection of births", "choice", 0, 0, 0, "principal",
          "Which projection of births is used; the high and the low one are rows of table births.",
          _GROUP, _PAGES, kind="choice", display="word",
          choices=(("principal", "principal"), ("high", "high"), ("low", "low")),
          either=(*_PUPILS, "residents"), tables=("pupils", "births"), methods=YEAR_GROUPS),
    Lever("net_migration", "Further net arrivals, share", "fraction of each year group per year", -0.05, 0.05, 0.001,
          0.0, "Children who arrive less children who leave, each year, beyond those of the past.",
          _GROUP, _PAGES, up=(*_PUPILS, "residents"), tables=("pupils",), methods=YEAR_GROUPS, usual=(-0.02, 0.02)),
    Lever("net_migration_children", "Further net arrivals, children", "children per year", -5000, 5000, 10, 0.0,
          "The same as a number of children each year, spread over the year groups by their size.",
          _GROUP, _PAGES, display="count", up=_PUPILS, tables=("pupils",), methods=YEAR_GROUPS, usual=(-1000, 1000)),
    Lever("take_up_change", "Take-up of Reception and nursery", "fraction of the ratio", -0.3, 0.3, 0.005, 0.0,
          "Change of the share of children born here who come into the area's Reception and nursery classes.",
          _GROUP, _PAGES, up=_PUPILS, tables=("pupils",), methods=YEAR_GROUPS, usual=(-0.1, 0.1)),
    Lever("survival_change", "Moving up from year to year", "fraction of each ratio", -0.05, 0.05, 0.001, 0.0,
          "Change of the share of each year group that is on roll in the next one a year later.",
          _GROUP, _PAGES, up=_PUPILS, tables=("pupils",), methods=YEAR_GROUPS, usual=(-0.02, 0.02)),
    Lever("dwellings_change", "New dwellings completed", "fraction of those planned", -1.0, 1.0, 0.05, 0.0,
          "Change of the dwellings completed after the base year.",
          _GROUP, _PAGES, up=_PUPILS, tables=("pupils", "housing", "pupil_yields"), methods=YEAR_GROUPS),
    Lever("pupil_yield_change", "Pupils per new dwelling", "fraction of the yield", -1.0, 1.0, 0.05, 0.0,
          "Change of the pupils who come from each new dwelling.",
          _GROUP, _PAGES, up=_PUPILS, tables=("pupils", "housing", "pupil_yields"), methods=YEAR_GROUPS),
    Lever("cross_border_change", "Year 7 from other authorities", "fraction of Year 7, added", -0.3, 0.3, 0.005, 0.0,
          "Added to the share of Year 7 who live in another authority.",
          _GROUP, _PAGES, up=_PUPILS, tables=("pupils", "cross_border"), methods=YEAR_GROUPS, usual=(-0.1, 0.1)),
)  # fmt: skip
