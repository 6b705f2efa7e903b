"""The dataset tables: their columns, what each cell may hold, and what makes a row unique.

This is the one list of tables and columns: readers, checks, the template and the docs all read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "year", "whole", "number", "count", "fraction", "gbp", "month", "financial_year",
    "need", "setting", "phase", "place", "age_band", "needs", "choice",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a dataset table; `absent` is the value of every row when the column is not there."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()
    absent: str = ""


@dataclass(frozen=True)
class Table:
    """One dataset table; rows with the same `key` are duplicates."""

    name: str
    help: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()

    def alias(self, name: str) -> str:
        """Return our name of a column that users also call otherwise."""
        return dict(self.aliases).get(name, name)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column by name."""
        return next(column for column in self.columns if column.name == name)


def _c(
    name: str,
    kind: Kind,
    text: str,
    *,
    required: bool = False,
    choices: tuple[str, ...] = (),
    absent: str = "",
) -> Column:
    return Column(name, kind, text, required, choices, absent)


_YEAR = _c("year", "year", "January census year", required=True)
_SOURCE = _c("source", "text", "where the figure comes from: title and table or page")
_NC = _c("nc_year", "whole", "National Curriculum year: Reception 0; age on 31 August minus 4")
_NEED = _c("need", "need", "primary need; blank means all")
_PHASE = _c("phase", "phase", "phase; blank means all")
_SETTING = _c("setting", "setting", "kind of setting; blank means all")
_PLACE = _c("place", "place", "where the provider stands: in or out of the borough")
_AREA = _c("area", "text", "planning area; blank means the whole authority")
_FY = _c("financial_year", "financial_year", "financial year, such as 2016-17", required=True)
_BAND = _c("age_band", "age_band", "age band; blank means all")
STATUSES = ("outturn", "official projection", "local", "judgement", "printed")

_KEYS = (
    _c("need", "need", "the need that a lever by need applies to; blank means all"),
    _PHASE, _SETTING, _c("provider", "text", "the provider that the value applies to; blank means all"),
    _c("line", "text", "the budget line that the value applies to; blank means all"),
    _c("project", "text", "the project that the value applies to; blank means all"),
    _c("intervention", "text", "the intervention that the value applies to; blank means all"),
)  # fmt: skip

TABLES: tuple[Table, ...] = (
    Table("about", "What this dataset is", (
        _c("key", "text", "name of the fact", required=True),
        _c("value", "text", "the fact"), _SOURCE), ("key",)),
    Table("population", "Residents by age or year group, actual and projected", (
        _YEAR, _NC, _c("age", "whole", "age on 31 August"),
        _c("people", "count", "residents", required=True),
        _c("status", "choice", "actual or projection", choices=("actual", "projection")), _SOURCE),
        ("year", "nc_year", "age", "status")),
    Table("births", "Births by academic year of birth, named by the year it ends", (
        _c("year", "year", "academic year of birth, by the year it ends", required=True), _AREA,
        _c("variant", "choice", "which projection a row belongs to; actual births are principal",
           choices=("principal", "high", "low"), absent="principal"),
        _c("births", "count", "live births", required=True), _SOURCE), ("year", "area", "variant")),
    Table("housing", "New dwellings completed or expected", (
        _YEAR, _AREA, _c("dwelling_type", "text", "kind of dwelling"),
        _c("dwellings", "count", "dwellings completed", required=True), _SOURCE),
        ("year", "area", "dwelling_type")),
    Table("pupil_yields", "Children per new dwelling", (
        _c("dwelling_type", "text", "kind of dwelling"), _NC, _PHASE,
        _c("pupils_per_dwelling", "number", "pupils per dwelling"),
        _c("ehc_plans_per_dwelling", "number", "EHC plans per dwelling"), _SOURCE),
        ("dwelling_type", "nc_year", "phase")),
    Table("cross_border", "Pupils in Year 7 who live in another authority", (
        _YEAR, _c("share", "fraction", "share of Year 7 on roll who live elsewhere", required=True), _SOURCE),
        ("year",)),
    Table("pupils", "Pupils on roll in the area's schools", (
        _YEAR, _AREA, _PHASE, _NC, _c("pupils", "count", "pupils on roll", required=True), _SOURCE),
        ("year", "area", "phase", "nc_year")),
    Table("sen", "Pupils with SEN on roll in the area's schools, wherever they live", (
        _YEAR, _c("provision", "choice", "SEN support or EHC plan", required=True,
                  choices=("sen_support", "ehc_plan")), _PHASE, _NC, _NEED,
        _c("pupils", "count", "pupils", required=True), _SOURCE),
        ("year", "provision", "phase", "nc_year", "need")),
    Table("ehc_plans", "EHC plans maintained by the authority, wherever the child is placed", (
        _YEAR, _c("age", "whole", "age on 31 August"), _BAND, _NC, _NEED, _SETTING, _PLACE,
        _c("plans", "count", "EHC plans (statements before 2014)", required=True), _SOURCE),
        ("year", "age", "age_band", "nc_year", "need", "setting", "place")),
    Table("plan_flows", "Requests, assessments, new and ceased plans of a calendar year", (
        _c("calendar_year", "year", "calendar year", required=True), _BAND,
        _c("requests", "count", "requests for an EHC needs assessment"),
        _c("assessments", "count", "EHC needs assessments completed"),
        _c("new_plans", "count", "EHC plans issued for the first time"),
        _c("ceased", "count", "EHC plans ceased"),
        _c("in_progress", "count", "assessments in progress at the end of the year"), _SOURCE),
        ("calendar_year", "age_band")),
    Table("plan_moves", "Where children with a plan were at one January census and at the next", (
        _c("census_year", "year", "January census of the first position", required=True), _NC,
        _c("need", "need", "need; blank = no plan yet"), _c("setting", "setting", "setting; blank = no plan yet"),
        _c("next_nc_year", "whole", "NC year a year later; blank = ceased"),
        _c("next_need", "need", "need a year later; blank = ceased"),
        _c("next_setting", "setting", "setting a year later; blank = ceased"),
        _c("people", "count", "children", required=True), _PLACE,
        _c("next_place", "place", "place a year later"), _SOURCE),
        ("census_year", "nc_year", "need", "setting", "place", "next_nc_year", "next_need", "next_setting",
         "next_place")),
    Table("providers", "Schools and other providers: places and children", (
        _c("provider", "text", "name of the provider", required=True),
        _c("setting", "setting", "kind of setting", required=True), _PLACE, _AREA,
        _c("needs", "needs", 'needs it is designated for, separated by "|"'),
        _c("min_age", "whole", "youngest age"), _c("max_age", "whole", "oldest age"),
        _c("capacity", "count", "places available"), _c("commissioned", "count", "places commissioned"),
        _c("on_roll", "count", "children on roll"),
        _c("on_roll_other_authorities", "count", "of them children of other authorities"),
        _c("over_capacity_share", "fraction", "share above capacity that can be taken"),
        _c("opens", "month", "month of opening, such as 2017-09"), _c("closes", "month", "month of closing"),
        _c("ramp_years", "number", "years until full"),
        _c("as_at", "text", "date of the roll, such as 2016-11-08"), _SOURCE), ("provider",)),
    Table("placements", "Children placed, by need, phase and setting", (
        _YEAR, _NEED, _PHASE, _SETTING, _PLACE,
        _c("boarding", "choice", "day or residential", choices=("day", "residential")),
        _c("placements", "count", "children", required=True), _SOURCE),
        ("year", "need", "phase", "setting", "place", "boarding")),
    Table("unit_costs", "What a place costs", (
        _c("provider", "text", "provider; blank means all of the setting"), _SETTING, _NEED,
        _c("band", "text", "band of top-up"),
        _c("post16", "choice", "whether the rate is for post-16", choices=("yes", "no")),
        _c("kind", "choice", "what is paid", required=True,
           choices=("place", "top_up", "fee_day", "fee_residential"), absent="place"),
        _c("gbp_per_place_year", "gbp", "pounds per place and year", required=True),
        _c("price_base", "text", "financial year of the prices"), _SOURCE),
        ("provider", "setting", "need", "band", "post16", "kind"),
        (("unit_cost_gbp_per_place_year", "gbp_per_place_year"),)),
    Table("budget", "Budget and outturn lines; a child line is part of its parent", (
        _FY, _c("line", "text", "name of the line", required=True),
        _c("parent", "text", "the line that this one is part of"),
        _c("kind", "choice", "kind of line", required=True,
           choices=("income", "expenditure", "transfer", "grant", "balance")),
        _c("gbp", "gbp", "pounds", required=True), _SOURCE), ("financial_year", "line")),
    Table("transport", "Children carried and what it costs", (
        _SETTING, _PLACE, _c("distance_class", "text", "class of distance"),
        _c("children", "count", "children carried", required=True),
        _c("gbp_per_child_year", "gbp", "pounds per child and year", required=True), _SOURCE),
        ("setting", "place", "distance_class")),
    Table("projects", "Projects that create places", (
        _c("project", "text", "number or short name", required=True),
        _c("provider", "text", "provider or site"), _c("places", "count", "places created (gross)"),
        _c("replaces_places", "count", "places that close in exchange"),
        _c("need", "need", "need served; a local group goes through mappings"), _PHASE,
        _c("min_age", "whole", "youngest age"), _c("max_age", "whole", "oldest age"), _SETTING,
        _c("opens", "month", "month of opening, such as 2017-09"),
        _c("ramp_years", "number", "years until full"),
        _c("saving_gbp_per_year", "gbp", "yearly saving as printed in the proposal"),
        _c("priority", "text", "priority"), _c("depends_on", "text", "what it depends on"), _SOURCE),
        ("project",)),
    Table("project_capital", "Capital cost of projects by financial year", (
        _c("project", "text", "number or short name", required=True), _FY,
        _c("gbp", "gbp", "pounds", required=True), _SOURCE), ("project", "financial_year")),
    Table("capital_funding", "Capital funding by financial year", (
        _FY, _c("source", "text", "who pays", required=True), _c("gbp", "gbp", "pounds", required=True),
        _c("note", "text", "where the figure comes from")), ("financial_year", "source")),
    Table("comparators", "The same measures for other authorities and England", (
        _c("authority", "text", "name of the authority", required=True),
        _c("measure", "text", "measure", required=True), _YEAR, _c("value", "number", "value", required=True),
        _SOURCE), ("authority", "measure", "year")),
    Table("assumptions", "Values of levers at the baseline", (
        _c("lever", "text", "name of the lever", required=True), *_KEYS,
        _c("from_year", "year", "first year it holds"), _c("to_year", "year", "last year it holds"),
        _c("value", "text", "the value; blank = computed", required=False),
        _c("low", "number", "lower end of the range"), _c("high", "number", "upper end of the range"),
        _c("coverage", "fraction", "share of outcomes the range holds"), _c("unit", "text", "unit"),
        _c("status", "choice", "how well founded", choices=STATUSES),
        _c("source", "text", "where it comes from", required=True)),
        ("lever", "need", "phase", "setting", "provider", "line", "project", "intervention", "from_year",
         "to_year")),
    Table("scenarios", "Named scenarios: changes to levers", (
        _c("scenario", "text", "name of the scenario", required=True),
        _c("method", "text", "method that the scenario fixes"), _c("lever", "text", "name of the lever"), *_KEYS,
        _c("from_year", "year", "first year of the change"), _c("to_year", "year", "last year of the change"),
        _c("ramp_years", "number", "years over which it comes in"), _c("value", "text", "the new value"),
        _c("why", "text", "reason, with its source")),
        ("scenario", "lever", "need", "phase", "setting", "provider", "line", "project", "intervention",
         "from_year")),
    Table("interventions", "What the authority does to meet need earlier or at a lower cost", (
        _c("intervention", "text", "name of the intervention", required=True),
        _c("kind", "choice", "what sort of intervention", choices=(
            "early_help", "mainstream_inclusion", "resourced_bases", "annual_review", "fee_negotiation", "other")),
        _c("lever", "text", "name of the lever that it moves", required=True), *_KEYS[:-1],
        _c("from_year", "year", "first year of the change"), _c("to_year", "year", "last year of the change"),
        _c("ramp_years", "number", "years over which it comes in"),
        _c("value", "text", "the new value of the lever", required=True),
        _c("cost_gbp_per_year", "gbp", "what it costs a year, from the first year on; once for each intervention"),
        _c("owner", "text", "who answers for it"), _c("status", "choice", "how well founded", choices=STATUSES),
        _SOURCE),
        ("intervention", "lever", "need", "phase", "setting", "provider", "line", "project", "from_year")),
    Table("needs", "A vocabulary of needs of the dataset's own", (
        _c("need", "text", "code", required=True), _c("name", "text", "name")), ("need",),
        (("code", "need"),)),
    Table("settings", "A vocabulary of settings of the dataset's own", (
        _c("setting", "text", "code", required=True), _c("name", "text", "name"),
        _c("setting_group", "text", "group"), _c("min_nc_year", "whole", "lowest NC year"),
        _c("max_nc_year", "whole", "highest NC year")), ("setting",), (("code", "setting"),)),
    Table("mappings", "Local words and the standard words they stand for", (
        _c("table", "text", "table", required=True), _c("column", "text", "column", required=True),
        _c("local_value", "text", "the local word", required=True),
        _c("standard_value", "text", "the standard word", required=True),
        _c("weight", "fraction", "share of it; blank = 1"), _SOURCE),
        ("table", "column", "local_value", "standard_value")),
    Table("published", "Printed results, shown beside the recomputed ones", (
        _c("id", "text", "number of the result", required=True),
        _c("measure", "text", "measure", required=True), _c("component", "text", "part of the measure"),
        _SETTING, _c("provider", "text", "provider"), _c("year", "year", "year"), _NEED,
        _c("unit", "text", "unit it is printed in", required=True),
        _c("value", "number", "printed value", required=True),
        _c("tolerance", "number", "allowed difference after rounding", required=True),
        _c("how", "text", "how it is computed"), _SOURCE), ("id",)),
    Table("contradictions", "Where the printed figures disagree with themselves", (
        _c("id", "text", "number", required=True), _c("results", "text", 'published results touched, by "|"'),
        _c("severity", "choice", "how much it matters", choices=("high", "medium", "low")),
        _c("printed", "text", "what is printed"), _c("recomputed", "text", "what recomputing gives"),
        _c("explanation", "text", "in plain words", required=True), _SOURCE), ("id",)),
)  # fmt: skip

BY_NAME = {table.name: table for table in TABLES}
NUMERIC = frozenset({"number", "gbp", "count", "fraction", "whole", "year"})
TIMES = ("year", "calendar_year", "census_year")
ASIDE = ("contents", "examples", "lists", "notes")  # sheets of our own template, which hold no data
STARTING_TABLES = ("pupils", "ehc_plans", "plan_moves")


def time_of(table: str) -> str:
    """Return the column of time of a dataset table; "" when it has none."""
    return next((name for name in TIMES if name in BY_NAME[table].names), "") if table in BY_NAME else ""
