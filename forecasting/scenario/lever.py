"""The record of one lever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "choice", "switch", "candidate", "optional"]
Display = Literal["percent", "gbp", "count", "years", "year", "word"]
Place = tuple[str, str]  # a lever by its name, and the key that it varies by; "" for none

PUBLISHED_RATE = ("published_rate",)
PLANS = ("trend", "age_flow", "moves")
YEAR_GROUPS = (*PLANS, "cohort")
SHARES = (*PUBLISHED_RATE, "cohort")
ANY = (*PUBLISHED_RATE, *YEAR_GROUPS)


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
        key: what it varies by: nothing, need, phase, project or intervention.
        tables: tables without which it does nothing.
        methods: methods in which it works.
        span: half-width of the slider as a share of the baseline, where the size depends on the authority.
        usual: lowest and highest value that is not out of the ordinary: the ends of the slider. A value beyond them
            can be typed, and is then remarked upon. A judgement; none = the bounds.
        dated: whether a change may come in late, or year by year; else it holds from the start.
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
    key: Literal["", "need", "phase", "project", "intervention"] = ""
    tables: tuple[str, ...] = ()
    methods: tuple[str, ...] = ANY
    span: float = 0.0
    usual: tuple[float, float] | None = None
    dated: bool = True

    @property
    def moves(self) -> frozenset[str]:
        """Return every measure that the lever moves."""
        return frozenset((*self.up, *self.down, *self.either))
