"""Which assumption matters most: every lever at both ends of its range, and how much of the range each explains.

Every lever is moved alone, by the distance of its plausible range (`scenario.plausible`), everything else as in the
run: where the scenario has it change over time, the whole path moves. The shares of the range are of first order,
    S(l) = corr(z(l), answer)² over the draws, adjusted for their number: 1 − (1 − r²)(n − 1) ÷ (n − 2),
with z(l) the standard normal that the engine has drawn for lever l (`model.uncertain`). The z are independent of each
other and of all else, so that the S add up to at most 1; what is left are the rates learnt from the past, and chance
(Saltelli et al., Global Sensitivity Analysis: The Primer, 2008, section 1.2.9). A method without draws has
    S(l) = (answer at high − answer at low)² ÷ the sum over all levers,
which is the share of the variance if the answer is near to linear and the ranges are equally likely to hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasting.analysis.kept_runs import Totals, seed_of
from forecasting.model.emit import Total
from forecasting.model.recost import can_be_recosted, recosted
from forecasting.model.run import Run
from forecasting.model.run import answers as run_answers
from forecasting.model.uncertain import standard_normals
from forecasting.scenario.assumptions import Assumption, Value
from forecasting.scenario.controls import Control, controls, in_words
from forecasting.scenario.lever import Lever
from forecasting.scenario.plausible import Span, span_of, why_none
from forecasting.scenario.scenario import Change
from forecasting.values import Floats

ANSWERS = ("ehc_plans", "places_short", "spare_places", "cost_gbp", "in_year_balance_gbp", "cumulative_balance_gbp")
FEWEST_DRAWS = 50  # below this a share says nothing
PLANS_THEMSELVES = "How many EHC plans there will be"
THE_REST = "Needs, settings and chance"
RATES = "Rates learnt from the past, and chance"
Tick = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Swing:
    """One lever (and key) moved alone.

    Attributes:
        lever: the lever.
        key: what it was moved for; "" for all.
        label: words.
        now: value in force.
        span: the range it was moved over; None for a choice or a switch, of which every other option was taken.
        options: value and totals at each; for a range its low end, then its high end.
        why: why it was not moved; "" where it was.
    """

    lever: Lever
    key: str
    label: str
    now: Value
    span: Span | None
    options: tuple[tuple[Value, Totals], ...]
    why: str = ""

    def figures(self, measure: str, year: int) -> tuple[float, ...]:
        """Return the answer at each option; NaN where there is none."""
        return tuple(figure(totals, measure, year) for _, totals in self.options)

    def size(self, measure: str, year: int, present: float) -> float:
        """Return the distance between the lowest and the highest answer, the present one among them."""
        found = np.array([present, *self.figures(measure, year)])
        return float(np.nanmax(found) - np.nanmin(found)) if not np.isnan(found).all() else 0.0

    def words(self) -> tuple[str, ...]:
        """Return each option in words."""
        return tuple(in_words(self.lever, value) for value, _ in self.options)


@dataclass(frozen=True, eq=False)
class Tornado:
    """Every lever that is active in a run, moved alone."""

    run: Run
    swings: tuple[Swing, ...]

    def ranked(self, measure: str, year: int, *, ranges: bool = True) -> tuple[Swing, ...]:
        """Return what moves an answer, the largest first: levers with a range, or (`ranges` false) choices."""
        present = figure(self.run.totals, measure, year)
        found = [(swing.size(measure, year, present), swing) for swing in self.swings
                 if bool(swing.span) == ranges and swing.options]  # fmt: skip
        return tuple(swing for size, swing in sorted(found, key=lambda one: -one[0]) if size > _nothing(present))


def _nothing(present: float) -> float:
    return 1e-9 * max(1.0, abs(present))


def figure(totals: Totals, measure: str, year: int) -> float:
    """Return the central answer of a year; NaN where there is none."""
    total = totals.get(measure)
    return float(total.runs[0, total.years.index(year)]) if total and year in total.years else float("nan")


def answers(here: Run) -> tuple[str, ...]:
    """Return the answers that a run has."""
    return tuple(measure for measure in ANSWERS if measure in here.totals)


def tornado(here: Run, tick: Tick | None = None) -> Tornado:
    """Return every lever that is active in a central run, and can move one of the answers, moved alone.

    Args:
        here: a central run (draws add time and change nothing); its method and last year are kept.
        tick: told the share that is done, 0 to 1.
    """
    found = active(here)
    swings = []
    for at, control in enumerate(found):
        swings.append(_swing(here, control))
        if tick:
            tick((at + 1) / len(found))
    return Tornado(here, tuple(swings))


def active(here: Run) -> tuple[Control, ...]:
    """Return the levers (and keys) that work in a run and can move one of its answers; for all keys at once if it can.

    A lever that can be moved for all needs together is not moved for each need as well.
    """
    told = controls(here.dataset, here.assumptions, here.assumptions, here.forecast.method, "")
    whole = {control.lever.name for control in told if not control.key}
    wanted = frozenset(answers(here))
    return tuple(
        c for c in told
        if not c.idle and c.lever.moves & wanted and (not c.key or c.lever.name not in whole)
    )  # fmt: skip


def _swing(here: Run, control: Control) -> Swing:
    lever, key = control.lever, control.key
    item = here.assumptions.last(lever.name, key)
    now = item.value if item else None
    label = f"{lever.label}: {control.label}" if key else lever.label
    span = span_of(lever, key, here.assumptions)
    if span is not None:
        at = tuple((value, moved(here, lever, key, value)) for value in (span.low, span.high))
        return Swing(lever, key, label, now, span, at)
    others = _other_options(lever, now)
    found = tuple((value, _totals(here, lever, (Change(lever.name, value, key),))) for value in others)
    return Swing(lever, key, label, now, None, found, "" if others else why_none(lever, key, here.assumptions))


def _other_options(lever: Lever, now: Value) -> tuple[Value, ...]:
    if lever.kind == "choice":
        return tuple(word for word, _ in lever.choices if word != now)
    return (0.0 if now else 1.0,) if lever.kind == "switch" else ()


def moved(here: Run, lever: Lever, key: str, value: float) -> Totals:
    """Return the totals of a run with a lever brought to a value in the end, its whole path moved by as much."""
    now = here.assumptions.number(lever.name, key)
    if now is None:
        return _totals(here, lever, (Change(lever.name, value, key),))
    return _totals(here, lever, shifted(here, lever, key, value - now))


def shifted(here: Run, lever: Lever, key: str, distance: float) -> tuple[Change, ...]:
    """Return the changes that move every value of a lever (and key), whatever its years, by a distance."""
    items = here.assumptions.of(lever.name, key) if key else here.assumptions.of_any_key(lever.name)
    return tuple(_shifted(lever, item, key or item.key, distance) for item in items if item.value is not None)


def _shifted(lever: Lever, item: Assumption, key: str, distance: float) -> Change:
    value = float(np.clip(float(item.value or 0.0) + distance, lever.low, lever.high))
    return Change(lever.name, value, key, item.from_year, item.to_year, item.ramp_years)


def _totals(here: Run, lever: Lever, changes: tuple[Change, ...]) -> Totals:
    if can_be_recosted(here, lever):
        return recosted(here, changes)
    told = here.forecast
    scenario = here.scenario.with_changes(changes)
    return run_answers(here.dataset, scenario, to=told.years[-1], method=told.method, seed=seed_of(here))


@dataclass(frozen=True)
class Share:
    """How much of the range of an answer an assumption explains; `name` is the lever's, or words for the rest."""

    name: str
    label: str
    share: float


def shares(here: Run, measure: str, year: int) -> tuple[Share, ...]:
    """Return the shares of the range of an answer, largest first and the rest last; empty without enough draws.

    Args:
        here: a run with draws.
        measure: one of the answers.
        year: year of the answer.
    """
    total = here.totals.get(measure)
    if total is None or here.forecast.draws < FEWEST_DRAWS or year not in total.years:
        return ()
    draws = _of_year(total, year)
    if float(draws.std()) < _nothing(float(draws.mean())):
        return ()
    found = [
        Share(lever.name, lever.label, _explained(z, draws))
        for lever, z in _drawn(here)
        if lever.moves & {measure}
    ]  # fmt: skip
    plans = here.totals.get("ehc_plans")
    if measure != "ehc_plans" and plans is not None and year in plans.years and len(plans.runs) == len(total.runs):
        found.append(Share("", PLANS_THEMSELVES, _explained(_of_year(plans, year), draws)))
    found.sort(key=lambda one: -one.share)
    rest = max(1.0 - sum(one.share for one in found), 0.0)
    return (*found, Share("", RATES if measure == "ehc_plans" else THE_REST, rest))


def _of_year(total: Total, year: int) -> Floats:
    return np.asarray(total.runs[1:, total.years.index(year)])


def _drawn(here: Run) -> list[tuple[Lever, Floats]]:
    """Return every lever with a stated range, with the standard normals that the engine draws for it."""
    seed, runs = seed_of(here), here.forecast.draws + 1
    every = controls(here.dataset, here.assumptions, here.assumptions, here.forecast.method, "")
    levers = dict.fromkeys(control.lever for control in every if not control.idle)
    return [
        (lever, standard_normals(lever.name, runs, seed)[1:])
        for lever in levers if any(item.interval for item in here.assumptions.of_any_key(lever.name))
    ]  # fmt: skip


def _explained(cause: Floats, answer: Floats) -> float:
    """Return the adjusted squared correlation; 0 for a cause that does not vary."""
    if float(cause.std()) == 0.0:
        return 0.0
    n = len(answer)
    squared = float(np.corrcoef(cause, answer)[0, 1]) ** 2
    return max(1.0 - (1.0 - squared) * (n - 1) / (n - 2), 0.0)


def shares_of_swings(found: Tornado, measure: str, year: int) -> tuple[Share, ...]:
    """Return the share of each lever in the sum of the squared swings, for a method without draws; largest first."""
    present = figure(found.run.totals, measure, year)
    ranked = found.ranked(measure, year)
    squared = np.array([swing.size(measure, year, present) ** 2 for swing in ranked])
    whole = float(squared.sum())
    return tuple(
        Share(swing.lever.name, swing.label, float(size) / whole)
        for swing, size in zip(ranked, squared, strict=True) if whole > 0
    )  # fmt: skip
