"""What must hold of placements whatever the authority: found on random small ones."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.model.emit_placements import on_roll, short
from forecasting.model.stock import Stock
from tests.model.places_of import FIRST, authority, placed

NEEDS, PHASES = ("ASC", "SEMH", "SLD"), ("primary", "secondary")
SETTINGS = ("mainstream", "resourced_provision", "sen_unit", "special_state", "special_independent", "ap_pru")
YEARS, RUNS = 4, 3
TINY = 1e-6

Row = dict[str, object]
ages = st.sampled_from([(4, 11), (11, 16), (4, 16)])
designation = st.lists(st.sampled_from(NEEDS), unique=True, max_size=3).map("|".join)


@st.composite
def providers(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    for name in range(draw(st.integers(1, 5))):
        low, high = draw(ages)
        rows.append({
            "provider": f"S{name}", "setting": draw(st.sampled_from(SETTINGS[1:])), "needs": draw(designation),
            "min_age": low, "max_age": high, "capacity": draw(st.integers(0, 12)),
            "on_roll": draw(st.integers(0, 14)), "on_roll_other_authorities": draw(st.integers(0, 2)),
            "over_capacity_share": draw(st.sampled_from([0, 0.1])),
            "closes": draw(st.sampled_from(["", "", f"{FIRST + 1}-09"])),
        })  # fmt: skip
    return rows


@st.composite
def projects(draw: st.DrawFn) -> list[Row]:
    return [
        {"project": f"P{at}", "provider": draw(st.sampled_from(["S0", "New"])), "places": draw(st.integers(0, 8)),
         "need": draw(st.sampled_from(NEEDS)), "phase": draw(st.sampled_from(("", *PHASES))),
         "setting": draw(st.sampled_from(SETTINGS[1:4])), "opens": f"{FIRST + draw(st.integers(0, 2))}-09",
         "ramp_years": draw(st.integers(0, 2))}
        for at in range(draw(st.integers(0, 2)))
    ]  # fmt: skip


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    shape = (RUNS, YEARS, len(NEEDS), len(PHASES), len(SETTINGS))
    plans = rng.poisson(rng.choice([0.0, 2.0, 6.0], shape[2:]), shape).astype(np.float64)
    plans[:, 0] = plans[0, 0]
    arriving = rng.uniform(0, 1, (YEARS, len(PHASES)))
    return Stock(tuple(range(FIRST, FIRST + YEARS)), NEEDS, PHASES, SETTINGS, plans, arriving)


def outside(stock: Stock) -> list[Row]:
    """Independent placements are out of the borough, as are a few of the special ones."""
    return [
        {"need": need, "phase": phase, "setting": setting, "place": place, "placements": children}
        for need in NEEDS for phase in PHASES
        for setting, place, children in (
            ("special_independent", "out_of_borough", 3), ("special_state", "in_borough", 9),
            ("special_state", "out_of_borough", 1),
        )
    ]  # fmt: skip


choices = st.sampled_from(["shares", "nearest", "cheapest"])


@settings(max_examples=40, deadline=None)
@given(rows=providers(), new=projects(), children=stocks(), objective=choices, named=st.sampled_from([0.0, 0.3]))
def test_every_child_is_placed_or_waits_once(
    rows: list[Row], new: list[Row], children: Stock, objective: str, named: float
) -> None:
    dataset = authority(rows, outside(children), new)
    found = placed(dataset, children, project_on=1.0, placement_objective=objective, overflow_named_share=named)
    for allocation in (found.unmitigated, found.mitigated):
        np.testing.assert_allclose(allocation.placed.sum(axis=(4, 5)), children.plans.sum(axis=4), atol=TINY)
        assert allocation.placed.min() >= -TINY
        assert allocation.at_provider.min() >= -TINY
        assert (allocation.waiting <= allocation.placed.sum(axis=(4, 5)) + TINY).all()
        at_home = allocation.placed[..., 0].sum(axis=(2, 3, 4))
        assert (allocation.at_provider.sum(axis=2) <= at_home + TINY).all()


@settings(max_examples=40, deadline=None)
@given(rows=providers(), new=projects(), children=stocks(), objective=choices)
def test_no_provider_is_above_its_limit(rows: list[Row], new: list[Row], children: Stock, objective: str) -> None:
    # the larger of capacity × (1 + tolerance) and who was there the year before
    found = placed(authority(rows, outside(children), new), children, project_on=1.0, placement_objective=objective)
    share = {row["provider"]: 1.0 + float(str(row["over_capacity_share"])) for row in rows}
    tolerance = np.array([share.get(name, 1.0) for name in found.mitigated.providers])
    for allocation in (found.unmitigated, found.mitigated):
        roll = on_roll(allocation)
        before = np.concatenate([roll[:, :1], roll[:, :-1]], axis=1)
        assert (roll <= np.maximum(allocation.open_places * tolerance, before) + TINY).all()
        assert (roll <= allocation.limit + TINY).all()


@settings(max_examples=60, deadline=None)
@given(rows=providers(), children=stocks(), objective=choices, at=st.integers(0, 4), extra=st.integers(1, 5))
def test_an_extra_place_never_raises_places_short_next_year(
    rows: list[Row], children: Stock, objective: str, at: int, extra: int
) -> None:
    few, many = short_with(rows, central(children, 2), at % len(rows), extra, objective)
    assert (many <= few + TINY).all()


def test_over_years_extra_places_leave_at_most_a_little_more_children_elsewhere() -> None:
    # Children placed elsewhere stay there until they can be placed afresh, so who has the place of this year bears on
    # the next. Over all years and authorities extra places help; in a single one they may cost a little.
    rng = np.random.default_rng(1)
    totals = np.array([_random_pair(rng) for _ in range(60)])
    few, many = totals.T
    assert many.sum() < few.sum()
    assert (many <= few * 1.03 + 0.05).all()


def _random_pair(rng: np.random.Generator) -> tuple[float, float]:
    rows: list[Row] = [
        {"provider": f"S{k}", "setting": SETTINGS[1 + rng.integers(5)], "capacity": int(rng.integers(0, 13)),
         "needs": "|".join(need for need in NEEDS if rng.random() < 0.5), "on_roll": int(rng.integers(0, 15))}
        for k in range(rng.integers(1, 6))
    ]  # fmt: skip
    shape = (1, YEARS, len(NEEDS), len(PHASES), len(SETTINGS))
    plans = rng.poisson(rng.choice([0.0, 2.0, 6.0], shape[2:]), shape).astype(np.float64)
    children = Stock(tuple(range(FIRST, FIRST + YEARS)), NEEDS, PHASES, SETTINGS, plans, rng.uniform(0, 1, (YEARS, 2)))
    few, many = short_with(rows, children, int(rng.integers(len(rows))), int(rng.integers(1, 6)), "shares")
    return float(few.sum()), float(many.sum())


def central(children: Stock, years: int) -> Stock:
    """Return the central run alone, and only so many years."""
    return dataclasses.replace(
        children, years=children.years[:years], plans=children.plans[:1, :years], arriving=children.arriving[:years]
    )


def short_with(rows: list[Row], children: Stock, at: int, extra: int, objective: str) -> tuple[np.ndarray, np.ndarray]:
    """Return children without a suitable local place by year, as it is and with extra places at one provider."""
    more = [dict(row) for row in rows]
    more[at]["capacity"] = int(str(rows[at]["capacity"])) + extra
    found = [placed(authority(table, outside(children)), children, placement_objective=objective)
             for table in (rows, more)]  # fmt: skip
    few, many = (short(each.unmitigated)[0].sum(axis=(1, 2)) for each in found)
    return few, many


@settings(max_examples=20, deadline=None)
@given(rows=providers(), new=projects(), children=stocks())
def test_projects_never_leave_more_children_without_a_place_next_year(
    rows: list[Row], new: list[Row], children: Stock
) -> None:
    one = central(children, 2)  # over years a project may cost a child in a single year, as an extra place may
    found = placed(authority(rows, outside(one), new), one, project_on=1.0)
    assert (short(found.mitigated)[0].sum(axis=(1, 2)) <= short(found.unmitigated)[0].sum(axis=(1, 2)) + TINY).all()


@settings(max_examples=20, deadline=None)
@given(rows=providers(), new=projects(), children=stocks())
def test_without_mitigation_both_are_the_same(rows: list[Row], new: list[Row], children: Stock) -> None:
    found = placed(authority(rows, outside(children), new), children)
    assert found.mitigated is found.unmitigated


@settings(max_examples=20, deadline=None)
@given(rows=providers(), children=stocks())
def test_a_run_does_not_depend_on_the_other_runs(rows: list[Row], children: Stock) -> None:
    dataset = authority(rows, outside(children))
    together = placed(dataset, children).unmitigated
    first = dataclasses.replace(children, plans=children.plans[[0, 2]])
    np.testing.assert_allclose(placed(dataset, first).unmitigated.placed[1], together.placed[2], atol=TINY)
