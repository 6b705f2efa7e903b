"""What a session has in hand stays in hand: nothing the browser sends late or Streamlit calls idly changes it."""

from dataclasses import replace

import pytest
import streamlit as st

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.scenario.controls import Control, controls
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import BASELINE, Change
from forecasting.scenario.store import Version, key_of
from pages.shared import choose, held, more, sidebar, stored, undo

LATE = Change("pupil_growth", 0.02, from_year=2019, ramp_years=2.0)


class Session(dict):
    """A session as Streamlit gives it, outside a server."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session in which nothing was done yet."""
    found = Session(scenario=BASELINE, moves={})
    monkeypatch.setattr(st, "session_state", found)
    return found


def _growth(dataset: Dataset, *changes: Change) -> Control:
    baseline = dataset_scenarios(dataset)[BASELINE]
    start, now = run(dataset, baseline), run(dataset, baseline.with_changes(changes))
    found = controls(dataset, now.assumptions, start.assumptions, now.forecast.method, "", now.scenario)
    return next(control for control in found if control.lever.name == LATE.lever)


@pytest.mark.parametrize("changes", [(), (LATE,)])
def test_a_start_and_a_ramp_that_stand_as_they_did(
    rotherham: Dataset, session: Session, changes: tuple[Change]
) -> None:
    control, years = _growth(rotherham, *changes), (2018, 2019, 2020)
    stands = more._stands(control, years)
    session.since, session.ramp = stands
    more._timed(control, "since", "ramp", stands)
    assert not undo.can_go_back() and not session.moves
    session.since = 2020
    more._timed(control, "since", "ramp", stands)
    assert undo.can_go_back()
    [change] = session.moves[control.place]
    assert (change.from_year, change.ramp_years) == (2020, 2.0 if changes else 0.0)


def test_a_scenario_that_is_chosen_already(session: Session) -> None:
    session.moves = {("pupil_growth", ""): (LATE,)}
    session["w:scenario"] = BASELINE
    sidebar._choose("w:scenario")
    assert session.moves and not undo.can_go_back()
    session["w:scenario"] = "mitigated"
    sidebar._choose("w:scenario")
    assert session.scenario == "mitigated" and not session.moves and undo.can_go_back()


def test_a_widget_brought_to_another_value_is_another_widget(session: Session) -> None:
    first = held.key("lever", 1.0)
    session[first] = 2.0  # moved on screen, and taken up
    assert held.key("lever", 2.0) == first
    undone = held.key("lever", 1.0)
    assert undone != first
    session[first] = 2.0  # the browser has not heard of it yet
    assert held.key("lever", 1.0) == undone
    session[undone] = 1.0  # drawn; then Streamlit forgets it on a page that does not show it
    del session[undone]
    assert held.key("lever", 1.0) == undone
    assert held.key("lever", 3.0) not in (first, undone)


def test_a_scenario_in_hand_can_be_chosen_though_the_store_does_not_list_it(
    rotherham: Dataset, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = replace(dataset_scenarios(rotherham)[BASELINE], name="Ours")
    version = Version("a1", 1, 0, scenario, rotherham.name, rotherham.content_hash, "0.1", "saved")
    monkeypatch.setattr(stored, "listing", lambda data: ())
    session.opened, session.scenario = version, key_of("a1")
    assert stored.options(rotherham) == {key_of("a1"): "Ours (opened)"}
    session.scenario = BASELINE
    assert stored.options(rotherham) == {}


def test_a_project_is_added_once_however_often_the_button_was_pressed(demonstration: Dataset, session: Session) -> None:
    session.projects_made = 0
    form = ("Ours", "Hill Farm", 30, "", "", "special_state", 2027, 0)
    session |= {f"project:0:{part}": value for part, value in zip(choose._PARTS, form, strict=True)}
    before = len(demonstration.table("projects"))
    for _ in range(2):  # a double click: the form that was pressed is still the one that is drawn
        choose._add(demonstration, 0)
    assert len(session.uploaded.table("projects")) == before + 1
    assert session.moves[("project_on", "Ours")][0].value == 1.0
    assert session.projects_made != 0 and "project_refused" not in session
    session[f"project:{session.projects_made}:name"] = ""
    session |= {f"project:{session.projects_made}:{part}": value
                for part, value in zip(choose._PARTS[1:], form[1:], strict=True)}  # fmt: skip
    choose._add(demonstration, session.projects_made)
    assert "short name" in session.project_refused
