"""A three-way merge, lever by lever."""

from hypothesis import given
from hypothesis import strategies as st

from forecasting.scenario.merge import differences, merge
from forecasting.scenario.scenario import Change, Scenario

BASE = Scenario("s", (Change("pupil_growth", 0.01), Change("cease_rate", 0.1)))


def test_each_keeps_what_only_he_changed() -> None:
    mine = Scenario("s", (Change("pupil_growth", 0.02), Change("cease_rate", 0.1)))
    theirs = Scenario("s", (Change("pupil_growth", 0.01), Change("cease_rate", 0.2), Change("requests", 0.3)))
    found = merge(BASE, mine, theirs)
    assert not found.clashes
    assert set(found.scenario.changes) == {
        Change("pupil_growth", 0.02), Change("cease_rate", 0.2), Change("requests", 0.3)
    }  # fmt: skip


def test_the_same_lever_changed_twice_has_to_be_chosen() -> None:
    mine = Scenario("s", (Change("pupil_growth", 0.02), Change("cease_rate", 0.1)))
    theirs = Scenario("s", (Change("pupil_growth", 0.03), Change("cease_rate", 0.1)))
    found = merge(BASE, mine, theirs)
    assert [(clash.lever, clash.mine[0].value, clash.theirs[0].value) for clash in found.clashes] == [
        ("pupil_growth", 0.02, 0.03)
    ]
    assert Change("pupil_growth", 0.02) in found.scenario.changes
    assert Change("pupil_growth", 0.03) in found.with_theirs(frozenset({("pupil_growth", "")})).changes


def test_what_one_takes_back_is_taken_back() -> None:
    mine = Scenario("s", (Change("pupil_growth", 0.01),))
    assert merge(BASE, mine, BASE).scenario.changes == (Change("pupil_growth", 0.01),)
    assert merge(BASE, BASE, mine).scenario.changes == (Change("pupil_growth", 0.01),)


levers = st.lists(st.sampled_from(["pupil_growth", "cease_rate", "requests"]), unique=True)
scenarios = levers.flatmap(lambda names: st.tuples(*[st.floats(0, 0.5) for _ in names]).map(
    lambda values: Scenario("s", tuple(Change(n, v) for n, v in zip(names, values, strict=True)))))  # fmt: skip


@given(scenarios, scenarios, scenarios)
def test_nothing_is_lost(base: Scenario, mine: Scenario, theirs: Scenario) -> None:
    """Every change of mine is in the result; every change of theirs is too, or stands in a clash."""
    found = merge(base, mine, theirs)
    mine_kept = [c for c in mine.changes if c not in base.changes]
    assert all(change in found.scenario.changes for change in mine_kept)
    clashing = {clash.lever for clash in found.clashes}
    theirs_kept = [c for c in theirs.changes if c not in base.changes]
    assert all(change in found.scenario.changes or change.lever in clashing for change in theirs_kept)
    assert differences(found.scenario, found.scenario) == ()
    assert merge(base, mine, mine).scenario.changes == merge(mine, mine, mine).scenario.changes
