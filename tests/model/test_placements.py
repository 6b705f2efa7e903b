"""Placements: an example worked by hand, the cases at the edge, and what must hold whatever the numbers."""

from __future__ import annotations

import pytest

from forecasting.axes import PLACES
from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.emit_placements import on_roll, short
from tests.model.places_of import authority, placed, stock

SPECIAL, AWAY, USUAL = "special_state", "special_independent", "mainstream"
PROVIDERS = (
    {"provider": "Ash", "setting": SPECIAL, "needs": "ASC|MLD", "capacity": 10, "on_roll": 10, "commissioned": 10},
    {"provider": "Birch", "setting": SPECIAL, "needs": "SEMH", "capacity": 10, "on_roll": 6, "commissioned": 8},
    {"provider": "Cedar", "setting": SPECIAL, "needs": "SLD|MLD", "capacity": 5, "on_roll": 0, "opens": "2026-09"},
)
OUTSIDE = ({"need": "ASC", "phase": "primary", "setting": AWAY, "place": "out_of_borough", "placements": 4},)
PLANS = {
    ("ASC", "primary", SPECIAL): (8.0, 10.0),
    ("MLD", "primary", SPECIAL): (2.0, 4.0),
    ("SEMH", "primary", SPECIAL): (6.0, 8.0),
    ("SLD", "primary", SPECIAL): (0.0, 2.0),
    ("ASC", "primary", AWAY): (4.0, 4.0),
    ("ASC", "primary", USUAL): (20.0, 20.0),
}
RULES = {
    "overflow_independent_share": 0.75, "overflow_waiting_share": 0.25, "overflow_other_authority_share": 0.0,
    "overflow_alternative_share": 0.0, "overflow_other_base_share": 0.0, "moves_outside_transition": 0.0,
}  # fmt: skip


@pytest.fixture
def council() -> Dataset:
    """Three providers: Ash is full, Birch has room, Cedar opens in September 2026."""
    return authority(PROVIDERS, OUTSIDE)


def at(found: Allocation, year: int, setting: str, place: str = "in_borough", need: str = "") -> float:
    """Return children of the central run in a kind of setting."""
    cells = found.placed[0, found.years.index(year), :, :, found.settings.index(setting), PLACES.names.index(place)]
    rows = cells if not need else cells[found.needs.index(need)]
    return float(rows.sum())


def rolls(found: Allocation, year: int) -> dict[str, float]:
    """Return the authority's own children at each provider, central run."""
    return dict(zip(found.providers, found.at_provider[0, found.years.index(year)].round(9).tolist(), strict=True))


def test_the_first_year_is_as_the_rolls_say(council: Dataset) -> None:
    found = placed(council, stock(PLANS), **RULES).unmitigated
    assert rolls(found, 2026) == {"Ash": 10.0, "Birch": 6.0, "Cedar": 0.0}
    assert at(found, 2026, SPECIAL) == 16.0
    assert at(found, 2026, AWAY, "out_of_borough") == 4.0
    assert short(found)[0, 0].sum() == 0.0


def test_the_second_year_worked_by_hand(council: Dataset) -> None:
    # A quarter of the children is new each year. Who stays: ASC 0.75 × 10 = 7.5 of the 8; MLD 0.75 × 4 = 3, but only
    # 2 were there; SEMH 0.75 × 8 = 6; SLD nobody was there. To be placed: ASC 2.5, MLD 2, SEMH 2, SLD 2.
    # Room: Ash 10 − 7.5 − 2 = 0.5, Birch 10 − 6 = 4, Cedar (open now) 5.
    # Best: ASC takes the 0.5 at Ash, so MLD goes to Cedar (2), with SLD (2); SEMH to Birch (2). ASC 2 without a place:
    # three quarters of them (1.5) independent, a quarter (0.5) waits in mainstream.
    found = placed(council, stock(PLANS), **RULES).unmitigated
    assert rolls(found, 2027) == {"Ash": 10.0, "Birch": 8.0, "Cedar": 4.0}
    assert at(found, 2027, SPECIAL) == pytest.approx(22.0)
    assert at(found, 2027, SPECIAL, need="ASC") == pytest.approx(8.0)
    assert at(found, 2027, AWAY, "out_of_borough") == pytest.approx(5.5)
    assert at(found, 2027, USUAL) == pytest.approx(20.5)
    assert found.waiting[0, 1].sum() == pytest.approx(0.5)
    assert short(found)[0, 1].sum() == pytest.approx(2.0)
    assert found.open_places[:, :].tolist() == [[10, 10, 0], [10, 10, 5]]
    assert found.commissioned.tolist() == [[10, 8, 0], [10, 8, 5]]


def test_a_tolerance_lets_a_full_school_take_more(council: Dataset) -> None:
    # Ash may take 11: one more ASC child has a place, 1 is left: 0.75 independent, 0.25 waiting.
    found = placed(council, stock(PLANS), over_capacity_tolerance=0.1, **RULES).unmitigated
    assert rolls(found, 2027)["Ash"] == pytest.approx(11.0)
    assert found.waiting[0, 1].sum() == pytest.approx(0.25)
    assert short(found)[0, 1].sum() == pytest.approx(1.0)


def test_children_may_be_named_above_the_limit_and_are_counted(council: Dataset) -> None:
    # Weights 0.75 + 0.25 + 1: half of the 2 children is named at Ash, which then holds 11 with 10 places.
    found = placed(council, stock(PLANS), overflow_named_share=1.0, **RULES).unmitigated
    assert rolls(found, 2027)["Ash"] == pytest.approx(11.0)
    assert found.limit[1].tolist() == pytest.approx([11.0, 10.0, 5.0])
    assert found.elsewhere[0, 1, found.destinations.index("named")].sum() == pytest.approx(1.0)
    assert short(found)[0, 1].sum() == pytest.approx(1.0)


def test_new_places_are_filled_by_those_without_one_then_bring_children_back() -> None:
    # Four new places for ASC from September 2026: with them every child to be placed finds one (10 ASC, 4 MLD, 8 SEMH
    # and 2 SLD = 24). Out of the borough are 4 ASC; a quarter (1) can be placed afresh, half of these (0.5) come back.
    project = {"project": "P", "provider": "Dogwood", "places": 4, "need": "ASC", "setting": SPECIAL,
               "opens": "2026-09"}  # fmt: skip
    found = placed(authority(PROVIDERS, OUTSIDE, [project]), stock(PLANS), project_on=1.0, **RULES)
    with_it = found.mitigated
    assert short(with_it)[0, 1].sum() == pytest.approx(0.0)
    assert at(with_it, 2027, AWAY, "out_of_borough") == pytest.approx(3.5)
    assert at(with_it, 2027, SPECIAL) == pytest.approx(24.5)
    assert rolls(with_it, 2027)["Birch"] == pytest.approx(8.0)
    assert sum(rolls(with_it, 2027).values()) == pytest.approx(24.5)
    assert short(found.unmitigated)[0, 1].sum() == pytest.approx(2.0)
    assert rolls(found.unmitigated, 2027)["Dogwood (project P)"] == 0.0


def test_nobody_is_displaced_from_an_overfull_school() -> None:
    # 13 on roll of 10 places, no tolerance: with nobody at a transition point all 13 stay, and no one is added.
    full = [{**PROVIDERS[0], "on_roll": 13, "needs": "ASC"}]
    found = placed(authority(full), stock({("ASC", "primary", SPECIAL): (13.0, 15.0)}, arriving=0.0), **RULES)
    assert rolls(found.unmitigated, 2027)["Ash"] == pytest.approx(13.0)
    assert short(found.unmitigated)[0, 1].sum() == pytest.approx(2.0)


def test_children_of_a_closing_school_do_not_come_to_a_full_one() -> None:
    # Neither school is for SEMH, so the 12 on the rolls are there by name: 6 at Ash, which has no places, 6 at Beech,
    # which has 5. In 2027 there are 10: 5 in the places of Beech, the 5 above places spread 6 : 1 as before, 30/7 at
    # Ash. In 2028 Beech is closed: its children go, those at Ash stay, and nobody joins them.
    rows = [
        {**PROVIDERS[0], "needs": "ASC", "capacity": 0, "on_roll": 6},
        {**PROVIDERS[0], "provider": "Beech", "needs": "ASC", "capacity": 5, "on_roll": 6, "closes": "2027-09"},
    ]
    children = stock({("SEMH", "primary", SPECIAL): (12.0, 10.0, 10.0)}, arriving=0.0)
    found = placed(authority(rows), children, **RULES).unmitigated
    assert rolls(found, 2027) == {"Ash": pytest.approx(30 / 7), "Beech": pytest.approx(5 + 5 / 7)}
    assert rolls(found, 2028) == {"Ash": pytest.approx(30 / 7), "Beech": 0.0}


def test_guests_take_places() -> None:
    # 10 places, 6 on roll of whom 2 guests: the authority has 4 children there. Twice as many guests leave 6 places.
    school = [{**PROVIDERS[0], "needs": "ASC", "on_roll": 6, "on_roll_other_authorities": 2}]
    children = stock({("ASC", "primary", SPECIAL): (4.0, 9.0)}, arriving=0.5)
    found = placed(authority(school), children, guest_change=1.0, **RULES).unmitigated
    assert found.guests[:, 0].tolist() == [4.0, 4.0]
    assert rolls(found, 2027)["Ash"] == pytest.approx(6.0)
    assert short(found)[0, 1].sum() == pytest.approx(3.0)


@pytest.mark.parametrize(
    "change",
    [{"capacity": 0, "on_roll": 0}, {"closes": "2026-09"}, {"min_age": 16, "max_age": 19, "on_roll": 0}],
    ids=["no capacity", "all closed", "no provider of the age"],
)
def test_without_any_place_all_go_elsewhere_or_wait(change: dict[str, object]) -> None:
    providers = [{**row, **change} for row in PROVIDERS[:2]]
    children = stock(PLANS)
    if "closes" not in change:  # nobody can have been there, so nobody is at the start
        children = stock({key: (0.0 if key[2] == SPECIAL else v[0], v[1]) for key, v in PLANS.items()})
    found = placed(authority(providers, OUTSIDE), children, **RULES).unmitigated
    assert rolls(found, 2027) == {"Ash": 0.0, "Birch": 0.0}
    assert at(found, 2027, SPECIAL) == pytest.approx(0.0)
    assert short(found)[0, 1].sum() == pytest.approx(24.0)
    assert at(found, 2027, AWAY, "out_of_borough") == pytest.approx(4 + 0.75 * 24)
    assert at(found, 2027, USUAL) == pytest.approx(20 + 0.25 * 24)


def test_children_without_any_destination_wait() -> None:
    nowhere = stock({("ASC", "primary", SPECIAL): (0.0, 5.0), ("ASC", "primary", USUAL): (1.0, 1.0)})
    found = placed(authority([{**PROVIDERS[0], "capacity": 0, "on_roll": 0}]), nowhere, **RULES).unmitigated
    assert found.waiting[0, 1].sum() == pytest.approx(5.0)
    assert at(found, 2027, USUAL) == pytest.approx(6.0)


def test_no_mitigation_is_the_same_as_unmitigated(council: Dataset) -> None:
    found = placed(council, stock(PLANS), **RULES)
    assert found.mitigated is found.unmitigated


def test_the_roll_is_whoever_is_there(council: Dataset) -> None:
    # 2 of the 10 on roll at Ash are guests: the 8 others are the authority's, and the plans have 10 for it: the other
    # two have their places where no provider is named for them.
    rows = [{**PROVIDERS[0], "on_roll_other_authorities": 2}, *PROVIDERS[1:]]
    found = placed(authority(rows, OUTSIDE), stock(PLANS), **RULES).unmitigated
    assert on_roll(found)[0, 0].tolist() == pytest.approx([10.0, 6.0, 0.0])
    assert at(found, 2026, SPECIAL) == pytest.approx(16.0)
