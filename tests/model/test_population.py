"""Levers, drivers, conservation, determinism and refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.synthetic_pupils import synthetic_authorities
from forecasting.analysis.synthetic_pupils_seen import inputs_at
from forecasting.errors import DatasetError, MethodUnavailable, ScenarioError
from forecasting.model.population import project_pupils
from forecasting.model.population_births import project_residents, reception_weight
from forecasting.model.population_choice import fit_pupils
from forecasting.model.population_drivers import DRIVERS, account, pupil_drivers
from forecasting.model.population_fit import PupilFit, plain_fit
from forecasting.model.population_inputs import POST_16, PRIMARY, SECONDARY, PupilInputs, Residents
from forecasting.model.population_levers import Amount, PupilLevers
from forecasting.model.population_survey import scap_table
from forecasting.model.population_tables import pupil_inputs
from forecasting.periods import year_to_academic_year

HORIZON = 10


@pytest.fixture(scope="module")
def inputs() -> PupilInputs:
    return inputs_at(synthetic_authorities(1, 4)[0], 2022)


@pytest.fixture(scope="module")
def fit(inputs: PupilInputs) -> PupilFit:
    return fit_pupils(inputs, "cohort_survival_damped")


# --- levers -------------------------------------------------------------------------------------------------

UPWARD: dict[str, Amount] = {
    "births": 0.1,
    "migration": 0.01,
    "migration_children": 50.0,
    "take_up": 0.03,
    "survival": 0.005,
    "dwellings": 0.5,
    "yields": 0.3,
    "cross_border": 0.05,
}


@pytest.mark.parametrize("name", UPWARD)
def test_every_lever_raises_its_output_in_every_run(fit: PupilFit, name: str) -> None:
    still = project_pupils(fit, HORIZON, draws=50).pupils
    moved = project_pupils(fit, HORIZON, PupilLevers(**{name: UPWARD[name]}), draws=50).pupils  # type: ignore[arg-type]
    assert np.all(moved[:, -1].sum(axis=1) > still[:, -1].sum(axis=1))


@pytest.mark.parametrize(
    ("name", "untouched"),
    [
        ("births", [*range(7, 15)]),
        ("take_up", [*range(11, 15)]),
        ("cross_border", [*range(-2, 7)]),
    ],
)
def test_a_lever_leaves_the_unrelated_alone(fit: PupilFit, name: str, untouched: list[int]) -> None:
    still = project_pupils(fit, HORIZON, draws=20)
    moved = project_pupils(fit, HORIZON, PupilLevers(**{name: UPWARD[name]}), draws=20)  # type: ignore[arg-type]
    columns = np.isin(still.nc_years, untouched)
    np.testing.assert_array_equal(moved.pupils[:, :, columns], still.pupils[:, :, columns])


def test_high_and_low_births_stand_either_side(fit: PupilFit) -> None:
    low, middle, high = (
        project_pupils(fit, HORIZON, PupilLevers(births_variant=name), draws=0).total(*PRIMARY)[0, -1]
        for name in ("low", "principal", "high")
    )
    assert low < middle < high


def test_levers_that_change_nothing_give_the_baseline_exactly(fit: PupilFit) -> None:
    still = project_pupils(fit, HORIZON, draws=50).pupils
    zeros = PupilLevers(births=np.zeros(HORIZON), migration=np.zeros(HORIZON), take_up=np.zeros(HORIZON))
    np.testing.assert_array_equal(project_pupils(fit, HORIZON, zeros, draws=50).pupils, still)


def test_a_yearly_lever_acts_from_its_year_on(fit: PupilFit) -> None:
    migration = np.where(np.arange(HORIZON) == 4, 0.02, 0.0)
    still = project_pupils(fit, HORIZON, draws=20).pupils
    moved = project_pupils(fit, HORIZON, PupilLevers(migration=migration), draws=20).pupils
    np.testing.assert_array_equal(moved[:, :4], still[:, :4])
    assert np.all(moved[:, 4] > still[:, 4])


def test_children_who_arrive_are_counted_once(fit: PupilFit) -> None:
    still = project_pupils(fit, 1, draws=0)
    moved = project_pupils(fit, 1, PupilLevers(migration_children=100.0), draws=0)
    extra = moved.pupils[0, 0] - still.pupils[0, 0]
    shares = 1 - 0.0 * extra
    cross = fit.inputs.cross_border_share
    assert cross is not None
    shares[fit.inputs.nc_years == 7] = 1 - cross[-1]  # each child of Year 7 here brings some from elsewhere
    assert (extra * shares).sum() == pytest.approx(100.0)


@pytest.mark.parametrize(
    "levers",
    [
        PupilLevers(births=np.zeros(3)),
        PupilLevers(migration=-1.5),
        PupilLevers(take_up=float("nan")),
        PupilLevers(births_weight=1.5),
        PupilLevers(births_variant="middle"),  # type: ignore[arg-type]
    ],
)
def test_a_lever_out_of_bounds_is_refused(fit: PupilFit, levers: PupilLevers) -> None:
    with pytest.raises(ScenarioError):
        project_pupils(fit, HORIZON, levers, draws=0)


# --- draws --------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_draws_and_run_0_is_the_central_run(fit: PupilFit) -> None:
    first, second = (project_pupils(fit, 5, draws=200, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.pupils, second.pupils)
    np.testing.assert_array_equal(first.pupils[0], project_pupils(fit, 5, draws=0).pupils[0])
    middle = np.median(first.pupils[1:], axis=0)[:, 2:14]
    np.testing.assert_allclose(first.pupils[0][:, 2:14], middle, rtol=0.02)


def test_errors_of_neighbouring_year_groups_go_together(fit: PupilFit) -> None:
    drawn = project_pupils(fit, 3, draws=2000).pupils[1:, 2]
    together = np.corrcoef(drawn[:, fit.inputs.nc_years == 3][:, 0], drawn[:, fit.inputs.nc_years == 4][:, 0])[0, 1]
    assert 0.15 < together < 0.95


def test_ranges_widen_with_the_years(fit: PupilFit) -> None:
    forecast = project_pupils(fit, HORIZON, draws=500)
    low, high = forecast.interval(forecast.total(*PRIMARY), 0.8)
    assert high[9] - low[9] > high[4] - low[4] > high[0] - low[0] > 0


# --- children are conserved ---------------------------------------------------------------------------------


def test_every_child_enters_moves_up_arrives_or_leaves(fit: PupilFit) -> None:
    forecast = project_pupils(fit, HORIZON, PupilLevers(migration_children=-40.0), draws=100)
    children = account(forecast)
    made = children.entered + children.moved_up + children.arrived - children.left
    assert np.abs(made - forecast.pupils).max() < 1e-8
    base = np.broadcast_to(forecast.base, (101, 1, len(forecast.nc_years)))
    before = np.concatenate([base, forecast.pupils[:, :-1]], axis=1).sum(axis=2)
    went = children.moved_up.sum(axis=2) + children.finished.sum(axis=2)
    assert np.abs(before - went).max() < 1e-8
    assert min(part.min() for part in (children.entered, children.arrived, children.left, children.finished)) >= 0


def test_where_nobody_comes_or_goes_each_cohort_stays_whole() -> None:
    births = np.arange(100.0, 130.0)  # academic years of birth 2005 … 2034, everyone goes to school here
    years, groups = np.arange(2018, 2026), np.arange(0, 7)
    pupils = births[years[:, None] - 5 - groups - 2005]
    flat = PupilInputs(years, groups, pupils, np.arange(2005, 2035), births, 2024)
    for fitted in (plain_fit(flat), fit_pupils(flat, "cohort_survival")):
        forecast = project_pupils(fitted, 6, draws=0)
        truth = births[forecast.years[:, None] - 5 - groups - 2005]
        assert np.abs(forecast.pupils[0] - truth).max() < 1e-6


# --- drivers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [PRIMARY, SECONDARY, POST_16])
def test_drivers_close_in_every_draw(fit: PupilFit, phase: tuple[int, int]) -> None:
    levers = PupilLevers(births=0.1, migration=0.01, take_up=0.02, dwellings=0.5, cross_border=0.03)
    drivers = pupil_drivers(fit, HORIZON, phase, levers, draws=100)
    forecast = project_pupils(fit, HORIZON, levers, draws=100)
    base = forecast.base[(forecast.nc_years >= phase[0]) & (forecast.nc_years <= phase[1])].sum()
    assert drivers.names == DRIVERS
    np.testing.assert_allclose(drivers.effect.sum(axis=0), forecast.total(*phase) - base, atol=1e-7)


def test_each_driver_follows_its_lever(fit: PupilFit) -> None:
    still = pupil_drivers(fit, HORIZON, PRIMARY, draws=0).effect[:, 0, -1]
    for lever, driver in {
        "births": "births",
        "take_up": "take_up",
        "survival": "survival",
        "migration": "migration",
        "dwellings": "housing",
    }.items():
        moved = pupil_drivers(fit, HORIZON, PRIMARY, PupilLevers(**{lever: 0.02}), draws=0).effect[:, 0, -1]
        change = dict(zip(DRIVERS, moved - still, strict=True))
        assert change[driver] > 0
        others = [abs(value) for name, value in change.items() if name not in (driver, "interaction")]
        assert max(others) < 1e-7


def test_a_central_run_has_no_chance(fit: PupilFit) -> None:
    effect = pupil_drivers(fit, 3, PRIMARY, draws=10).effect[DRIVERS.index("chance")]
    assert np.abs(effect[0]).max() < 1e-9 < np.abs(effect[1:]).min()


# --- methods ------------------------------------------------------------------------------------------------


def test_auto_says_what_it_chose_and_why(inputs: PupilInputs) -> None:
    chosen = fit_pupils(inputs, "auto")
    assert set(chosen.scores) == {"cohort_survival", "cohort_survival_damped"}
    assert chosen.method in chosen.scores
    assert chosen.notes[0].startswith("forecast by cohorts") and "chosen automatically (" in chosen.notes[0]
    assert "_" not in chosen.notes[0]  # in the words of the lever, not by its code


def test_ets_has_a_central_run_and_draws(inputs: PupilInputs) -> None:
    few = replace(inputs, nc_years=np.arange(-2, 1), pupils=inputs.pupils[:, :3], housing=None)
    forecast = project_pupils(fit_pupils(few, "ets"), 3, draws=300)
    low, high = forecast.interval(forecast.pupils, 0.8)
    assert np.all((low < forecast.pupils[0]) & (forecast.pupils[0] < high))
    with pytest.raises(MethodUnavailable, match="levers"):
        project_pupils(fit_pupils(few, "ets"), 3, PupilLevers(births=np.array([0.0, 0.1, 0.1])), draws=0)


def test_methods_refuse_what_they_cannot_do(inputs: PupilInputs, fit: PupilFit) -> None:
    with pytest.raises(MethodUnavailable, match="rate"):
        fit_pupils(inputs, "constant_growth")
    with pytest.raises(MethodUnavailable, match="not one of"):
        fit_pupils(inputs, "guess")
    with pytest.raises(MethodUnavailable, match="2043"):
        project_pupils(fit, 30, draws=0)  # births are projected to the academic year 2041
    with pytest.raises(MethodUnavailable, match="5 years"):
        scap_table(project_pupils(fit, 3, draws=0), "primary")
    with pytest.raises(MethodUnavailable, match="projection"):
        project_residents(inputs, 5)


def test_a_missing_year_group_in_the_last_census_is_refused(inputs: PupilInputs) -> None:
    pupils = inputs.pupils.copy()
    pupils[-1, 5] = np.nan
    with pytest.raises(DatasetError, match=r"NC years \[3\]"):
        fit_pupils(replace(inputs, pupils=pupils), "cohort_survival")


def test_a_gap_in_the_past_is_bridged_not_filled(inputs: PupilInputs, fit: PupilFit) -> None:
    pupils = inputs.pupils.copy()
    pupils[4, 5] = np.nan
    gap = fit_pupils(replace(inputs, pupils=pupils), "cohort_survival_damped")
    assert gap.ratios is not None and fit.ratios is not None
    assert gap.ratios.level[5] == pytest.approx(fit.ratios.level[5], abs=0.005)


def test_a_miscoded_year_is_set_aside_and_said(inputs: PupilInputs) -> None:
    pupils = inputs.pupils.copy()
    pupils[-3, 6] *= 0.9
    said = fit_pupils(replace(inputs, pupils=pupils), "cohort_survival_damped").notes
    assert any("NC year 4 in January 2020" in note for note in said)


# --- residents ----------------------------------------------------------------------------------------------


def residents_to(inputs: PupilInputs, last: int) -> Residents:
    given = inputs.residents
    assert given is not None
    ahead = last - int(given.years[-1])
    people = np.vstack([given.people, np.tile(given.people[-1], (ahead, 1))])
    years = np.arange(given.years[0], last + 1)
    return Residents(years, given.ages, people, years > given.years[-1])


def test_residents_keep_actual_and_projection_apart(inputs: PupilInputs) -> None:
    full = replace(inputs, residents=residents_to(inputs, 2030))
    still = project_residents(full, 8)
    moved = project_residents(full, 8, PupilLevers(births=0.1, migration=0.01))
    actual = ~still.projected
    assert still.years[actual][-1] == 2022
    np.testing.assert_array_equal(moved.people[actual], still.people[actual])
    # January 2030, age 0: born in the year to August 2029, so 10 % more, and one year's 1 % of arrivals.
    assert moved.people[-1, 0] == pytest.approx(still.people[-1, 0] * 1.1 * 1.01)
    # January 2023, age 4: born 2018, before the projection: one year's arrivals only.
    assert moved.people[len(actual) - 8, 4] == pytest.approx(still.people[len(actual) - 8, 4] * 1.01)


def test_reception_is_weighted_between_births_and_residents(inputs: PupilInputs) -> None:
    full = replace(inputs, residents=residents_to(inputs, 2030))
    fitted = fit_pupils(full, "cohort_survival")
    weight = reception_weight(full)
    assert 0 < weight < 1
    by_births, by_residents, both = (
        project_pupils(fitted, 5, PupilLevers(births_weight=each), draws=0).pupils[0, 0, 2] for each in (1.0, 0.0, None)
    )
    assert both == pytest.approx(weight * by_births + (1 - weight) * by_residents, rel=1e-3)
    assert by_births != pytest.approx(by_residents, rel=1e-4)


# --- tables -------------------------------------------------------------------------------------------------


def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    pupils = pd.DataFrame(
        [
            (year, area, group, int(rng.integers(80, 120)))
            for year in range(2018, 2026)
            for area in ("East", "West")
            for group in range(4)
        ],
        columns=["year", "area", "nc_year", "pupils"],
    )
    births = pd.DataFrame({"year": range(2010, 2030), "births": rng.integers(180, 260, 20)})
    housing = pd.DataFrame(
        [(year, kind, 20) for year in range(2018, 2031) for kind in ("flat", "house")],
        columns=["year", "dwelling_type", "dwellings"],
    )
    yields = pd.DataFrame(
        {
            "dwelling_type": ["house", "house", "flat", "flat"],
            "phase": ["early_years", "primary"] * 2,
            "pupils_per_dwelling": [0.05, 0.28, 0.01, 0.07],
            "ehc_plans_per_dwelling": [0.001, 0.01, 0.0, 0.002],
        }
    )
    people = pd.DataFrame(
        [
            (year, age, 200 + age, "projection" if year > 2025 else "actual")
            for year in range(2018, 2031)
            for age in range(6)
        ],
        columns=["year", "age", "people", "status"],
    )
    return {
        "pupils": pupils,
        "births": births,
        "housing": housing,
        "pupil_yields": yields,
        "population": people,
    }


def test_the_order_of_rows_is_irrelevant() -> None:
    given = tables()
    shuffled = {name: table.sample(frac=1.0, random_state=3) for name, table in given.items()}
    first, second = (
        project_pupils(fit_pupils(pupil_inputs(**each), "cohort_survival_damped"), 4, draws=20).pupils  # type: ignore[arg-type]
        for each in (given, shuffled)
    )
    np.testing.assert_array_equal(first, second)


def test_tables_are_joined_by_name() -> None:
    read = pupil_inputs(**tables())  # type: ignore[arg-type]
    given = tables()["pupils"]
    wanted = given[(given["year"] == 2020) & (given["nc_year"] == 2)]["pupils"].sum()
    assert read.pupils[2, 2] == wanted
    assert read.housing is not None and read.residents is not None
    assert read.housing.dwelling_types == ("flat", "house")
    np.testing.assert_allclose(read.housing.pupils_per_dwelling[1, :4], 0.28 / 4)
    np.testing.assert_allclose(read.housing.ehc_plans_per_dwelling, [0.002, 0.011])
    assert read.residents.projected.tolist() == [False] * 8 + [True] * 5


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("pupils", lambda t: pd.concat([t, t.head(1)]), "given twice"),
        ("pupils", lambda t: t[t["year"] != 2020], "not consecutive"),
        ("pupils", lambda t: t.assign(area=t["area"].where(t["year"] > 2018)), "all areas|given twice"),
        ("pupil_yields", lambda t: t[t["dwelling_type"] == "house"], "flat"),
        ("pupil_yields", lambda t: t[t["phase"] != "primary"], "nc_year"),
        ("housing", lambda t: t.drop(index=t.index[0]), "without one of the dwelling types"),
        ("population", lambda t: t.assign(status="guess"), "actual or projection"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, change, message) -> None:  # type: ignore[no-untyped-def]
    given = tables()
    with pytest.raises(DatasetError, match=message):
        pupil_inputs(**{**given, table: change(given[table])})


def test_academic_year_of_a_january() -> None:
    assert [year_to_academic_year(year) for year in (2027, 2000, 2010)] == ["2026/27", "1999/00", "2009/10"]
