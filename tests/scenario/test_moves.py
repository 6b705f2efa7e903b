"""What is moved on screen: values, starts, ramps and tables by year, in place of what the scenario says."""

from __future__ import annotations

from forecasting.scenario.moves import by_year, changed, timed, valued, yearly
from forecasting.scenario.scenario import Change, Scenario

PLACE = ("new_plan_rate", "")
BASE = Scenario("plan", (Change("new_plan_rate", 0.05), Change("requests", 0.1)))


def test_nothing_moved_is_the_scenario_itself() -> None:
    assert changed(BASE, {}) is BASE


def test_a_move_stands_in_place_of_what_the_scenario_says() -> None:
    made = changed(BASE, {PLACE: (Change("new_plan_rate", 0.2),)})
    assert made.changes == (Change("requests", 0.1), Change("new_plan_rate", 0.2))
    assert made.name == "plan, changed" and BASE.changes[0].value == 0.05


def test_back_to_the_baseline_takes_the_scenarios_own_change_away() -> None:
    assert changed(BASE, {PLACE: ()}).changes == (Change("requests", 0.1),)


def test_another_value_keeps_its_start_and_its_ramp_but_not_the_old_reason() -> None:
    before = (Change("new_plan_rate", 0.1, "", 2028, None, 2.0, "agreed in May", "minutes"),)
    assert valued(before, PLACE, 0.2) == (Change("new_plan_rate", 0.2, "", 2028, None, 2.0),)
    assert valued((), PLACE, 0.2) == (Change("new_plan_rate", 0.2),)


def test_a_ramp_needs_a_start() -> None:
    assert timed((), PLACE, 0.1, 2028, 3.0) == (Change("new_plan_rate", 0.1, "", 2028, None, 3.0),)
    assert timed((), PLACE, 0.1, None, 3.0) == (Change("new_plan_rate", 0.1),)
    late = (Change("new_plan_rate", 0.1, "", 2028, None, 3.0),)
    assert timed(late, PLACE, 0.1, None, 3.0) == (Change("new_plan_rate", 0.1),)


def test_a_table_by_year_is_read_back_as_it_was_filled_in() -> None:
    made = yearly(PLACE, {2029: 0.3, 2027: 0.1, 2028: None})
    assert [(change.from_year, change.value) for change in made] == [(2027, 0.1), (2029, 0.3)]
    assert by_year(made) == {2027: 0.1, 2029: 0.3}
    assert by_year((Change("new_plan_rate", 0.1),)) == {}
