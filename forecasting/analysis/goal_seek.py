"""Goal-seek: the value of one lever that reaches a target, or how close the lever comes within its bounds."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.analysis.solve import Reached, reach
from forecasting.errors import UsageError
from forecasting.model.forecast import NoSuchMargin
from forecasting.model.run import Run, run
from forecasting.scenario.catalogue import BY_NAME, LEVERS
from forecasting.scenario.controls import in_words, keys
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import Change

KINDS = ("number", "optional", "candidate")


@dataclass(frozen=True)
class Goal:
    """A figure to reach in a year.

    Attributes:
        label: the figure in words.
        measure: a word of the measure list.
        year: January census year or financial year.
        target: the value to reach, in the unit of the measure.
        at_least: whether more than the target is as good; else less is.
        at: breakdown, for example (("place", "out_of_borough"),).
    """

    label: str
    measure: str
    year: int
    target: float
    at_least: bool
    at: tuple[tuple[str, str], ...] = ()

    def figure(self, here: Run) -> float:
        """Return the figure of a run; NaN when it has none."""
        try:
            return here.forecast.value(self.measure, self.year, **dict(self.at))
        except NoSuchMargin:
            return float("nan")


GOALS = {
    "deficit": Goal("Closing balance of the high-needs account", "cumulative_balance_gbp", 0, 0.0, True),
    "in_year": Goal("In-year balance of the high-needs account", "in_year_balance_gbp", 0, 0.0, True),
    "out_of_borough": Goal("Children placed out of the borough", "placements", 0, 100.0, False,
                           (("place", "out_of_borough"),)),
    "short": Goal("Places short", "places_short", 0, 0.0, False),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sought:
    """What a search with one lever came to.

    Attributes:
        goal: what was sought.
        lever: the lever moved.
        key: the need, phase or project moved; "" for all.
        now: the value in force; None when it is blank.
        present: the figure with that value.
        found: the value that reaches the goal, or the one that comes closest.
    """

    goal: Goal
    lever: Lever
    key: str
    now: float | None
    present: float
    found: Reached

    @property
    def change(self) -> Change:
        """Return the change of lever that the search found."""
        return Change(self.lever.name, self.found.value, self.key, why=f"Found by goal-seek: {self.goal.label}")

    def in_words(self) -> tuple[str, str]:
        """Return the value in force and the value found, in words."""
        return in_words(self.lever, self.now), in_words(self.lever, self.found.value)


def seek(here: Run, lever: str, goal: Goal, key: str = "") -> Sought:
    """Return the value of a lever at which the central run reaches a goal; everything else stays as in the run.

    Args:
        here: the run to start from; its dataset, scenario, method and last year are kept.
        lever: name of a lever of the catalogue that is a number.
        goal: what to reach.
        key: the need, phase or project to move it for; "" for all.

    Raises:
        UsageError: the lever is no number, or the run has no such figure.
    """
    record = BY_NAME.get(lever)
    if record is None or record.kind not in KINDS:
        raise UsageError(f'"{lever}" is no lever with a number')
    present = goal.figure(here)
    if present != present:
        raise UsageError(f"the forecast has no figure for {goal.label.lower()} in {goal.year}")
    now = here.assumptions.number(lever, key)
    low, high = bounds(record, now)
    last = here.forecast.years[-1]

    def figure(value: float) -> float:
        moved = here.scenario.with_changes([Change(lever, value, key)])
        return goal.figure(run(here.dataset, moved, to=last, method=here.forecast.method))

    found = reach(figure, low, high, goal.target, start=now, at_least=goal.at_least)
    return Sought(goal, record, key, now, present, found)


def bounds(lever: Lever, now: float | None) -> tuple[float, float]:
    """Return where a lever may stand: its own bounds, nearer ones where its size depends on the authority."""
    if not lever.span or not now:
        return lever.low, lever.high
    reach_ = max(abs(now) * lever.span, lever.step)
    return max(lever.low, now - reach_), min(lever.high, now + reach_)


def usable(here: Run, goal: Goal) -> tuple[Lever, ...]:
    """Return the levers that can move the figure of a goal in this run: numbers that vary by nothing else."""
    return tuple(
        lever
        for lever in LEVERS
        if lever.kind in KINDS and goal.measure in lever.moves and here.forecast.method in lever.methods
        and all(here.dataset.has(table) for table in lever.tables) and "" in keys(here.dataset, lever, here.assumptions)
    )  # fmt: skip
