"""Changes made on screen, lever by lever: a value, from which year, over how many years, or year by year.

What is moved stands in place of what the scenario itself says of that lever and key; no changes at a place mean that
the lever is back at the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from forecasting.scenario.assumptions import Value
from forecasting.scenario.lever import Place
from forecasting.scenario.scenario import Change, Scenario

Moves = Mapping[Place, tuple[Change, ...]]


def changed(base: Scenario, moves: Moves) -> Scenario:
    """Return the scenario with the changes made on screen, under a name that says so."""
    if not moves:
        return base
    kept = [change for change in base.changes if (change.lever, change.key) not in moves]
    made = [change for changes in moves.values() for change in changes]
    return replace(base, name=f"{base.name}, changed", changes=(*kept, *made))


def valued(before: tuple[Change, ...], place: Place, value: Value) -> tuple[Change, ...]:
    """Return a change to another value; from when, and over how many years it comes in, stay as they were."""
    if len(before) == 1:
        return (replace(before[0], value=value, why="", source=""),)
    return (Change(place[0], value, place[1]),)


def timed(
    before: tuple[Change, ...], place: Place, value: Value, from_year: int | None, ramp_years: float
) -> tuple[Change, ...]:
    """Return the change to a value from a year on, None for the start, coming in evenly over some years.

    A value that comes in over time needs a year to begin with: without one there is no ramp.
    """
    ramp = ramp_years if from_year is not None else 0.0
    (made,) = valued(before[-1:], place, value)
    return (replace(made, from_year=from_year, to_year=None, ramp_years=ramp),)


def yearly(place: Place, values: Mapping[int, Value]) -> tuple[Change, ...]:
    """Return the changes of a table by year: each value holds until the next one; a year without one is left out."""
    return tuple(Change(place[0], value, place[1], year) for year, value in sorted(values.items()) if value is not None)


def by_year(changes: tuple[Change, ...]) -> dict[int, Value]:
    """Return the years in which a lever takes another value, as `yearly` takes them; empty when none has a year."""
    return {change.from_year: change.value for change in changes if change.from_year is not None}
