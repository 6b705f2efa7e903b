"""Levers of the methods of EHC plans: each moves what it says, where it works, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.synthetic_moves import CLEAN, synthetic_authority
from forecasting.axes import PHASES
from forecasting.errors import ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.forecast import Forecast
from forecasting.model.plan_levers import with_shock
from forecasting.model.plans import within
from forecasting.model.run import forecast
from forecasting.model.trend_inputs import new_per_plan
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.controls import controls, keys
from forecasting.scenario.from_dataset import baseline, dataset_scenarios
from forecasting.scenario.levers_plans import LEVERS
from forecasting.scenario.scenario import Change, Scenario
from tests.scenario.test_catalogue import ROUNDING, differences, different
from tests.support import DEMONSTRATION, SHARED, Copy, copy_rotherham

BANDS = {"under_5": 50, "5_10": 450, "11_15": 500, "16_19": 200, "20_25": 35}  # 1,235 plans
STEP = 0.1
SETTINGS = ("mainstream", "special_state", "special_independent", "fe", "ap_pru")
NEEDS = ("ASC", "SEMH", "SLCN")
WHERE = [(lever.name, method) for lever in LEVERS for method in lever.methods]


def add(copied: Copy, table: str, frame: pd.DataFrame) -> None:
    frame.to_csv(copied.path / f"{table}.csv", index=False)


def people(first: int, last: int) -> pd.DataFrame:
    rows = [(year, nc, 3300 - 10 * nc) for year in range(first, last + 1) for nc in range(-5, 22)]
    return pd.DataFrame(rows, columns=["year", "nc_year", "people"])


@pytest.fixture(scope="module")
def with_flows(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The published assessment with plans by age band and flows: the method age_flow."""
    copied = copy_rotherham(tmp_path_factory.mktemp("flows"))
    plans = [(y, band, round(n * 1.06 ** (y - 2016))) for y in range(2013, 2017) for band, n in BANDS.items()]
    add(copied, "ehc_plans", pd.DataFrame(plans, columns=["year", "age_band", "plans"]))
    flows = [(y, 300 + 10 * k, 220 + 8 * k, 190 + 7 * k, 120, 40) for k, y in enumerate(range(2012, 2016))]
    columns = ["calendar_year", "requests", "assessments", "new_plans", "ceased", "in_progress"]
    add(copied, "plan_flows", pd.DataFrame(flows, columns=columns))
    add(copied, "population", people(2012, 2030))
    return copied.load()


@pytest.fixture(scope="module")
def with_moves(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The published assessment with the moves of a synthetic authority: the method moves."""
    copied = copy_rotherham(tmp_path_factory.mktemp("moves"))
    made = synthetic_authority(np.random.default_rng(3), n_needs=3, n_settings=5, troubles=CLEAN)
    names = {**dict(zip(made.needs, NEEDS, strict=True)), **dict(zip(made.settings, SETTINGS, strict=True))}
    add(copied, "plan_moves", made.moves.replace(names).assign(census_year=made.moves["census_year"] + 1))
    add(copied, "population", made.residents.assign(year=made.residents["year"] + 1))
    (copied.path / "ehc_plans.csv").unlink()
    return copied.load()


@pytest.fixture
def datasets(rotherham: Dataset, with_flows: Dataset, with_moves: Dataset) -> dict[str, Dataset]:
    return {"age_flow": with_flows, "moves": with_moves, "trend": rotherham}


@pytest.fixture
def crowded(demonstration: Dataset) -> dict[str, Dataset]:
    """Each method on a dataset in which places run out, so that demand bears on where children go."""
    return {"age_flow": demonstration, "moves": demonstration, "trend": demonstration}


@pytest.fixture(scope="module")
def led_by_trend(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The demonstration with three Januaries of plans: too short a past for all plans to follow another method."""
    folder = tmp_path_factory.mktemp("short")
    for file in DEMONSTRATION.glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    plans = pd.read_csv(folder / "ehc_plans.csv")
    plans.loc[plans["year"] >= 2023].to_csv(folder / "ehc_plans.csv", index=False)
    return load([folder])


def told(dataset: Dataset, method: str, changes: Iterable[Change] = (), draws: int = 0) -> Forecast:
    """Forecast `mitigated`, so that demand bears on savings too; providers may fill a little above their places."""
    some = [Change("over_capacity_tolerance", 0.1), *changes]
    return forecast(dataset, dataset_scenarios(dataset)["mitigated"].with_changes(some), method=method, draws=draws)


def change(name: str) -> Change:
    lever = BY_NAME[name]
    return Change(name, "none" if lever.kind == "choice" else STEP)


@pytest.mark.parametrize(("name", "method"), WHERE)
def test_a_lever_moves_what_it_says_and_nothing_else(
    crowded: dict[str, Dataset], led_by_trend: Dataset, name: str, method: str
) -> None:
    lever, dataset = BY_NAME[name], crowded[method]
    if (name, method) == ("national_trend", "moves"):
        dataset = led_by_trend
    before, after = told(dataset, method), told(dataset, method, [change(name)])
    there = set(before.measures())
    moves = {measure: differences(before, after, measure) for measure in lever.moves & there}
    wrong = [f"{m} should rise" for m in lever.up if m in there and ((moves[m] < 0).any() or not (moves[m] > 0).any())]
    wrong += [f"{m} should fall" for m in lever.down if m in there and not (moves[m] < 0).any()]
    still = {"support_to_plan_rate"} if method == "trend" else set()  # trend forecasts no new plans by age
    either = set(lever.either) & there - still
    wrong += [f"{m} should move" for m in either if not different(before, after, [m])]
    wrong += [f"{m} should stay" for m in different(before, after, there - lever.moves, ROUNDING)]
    assert not wrong, "; ".join(wrong)
    assert {"ehc_plans", "placements", "cost_gbp"} <= there
    assert method != "age_flow" or {"requests", "new_plans", "ceased_plans"} <= there


@pytest.mark.parametrize(("name", "method"), WHERE)
def test_a_change_to_the_neutral_value_is_the_baseline_exactly(
    datasets: dict[str, Dataset], name: str, method: str
) -> None:
    dataset = datasets[method]
    back = Change(name, BY_NAME[name].default)
    plain, undone = told(dataset, method, draws=20), told(dataset, method, [change(name), back], draws=20)
    assert different(plain, undone, plain.measures()) == []


@pytest.mark.parametrize(("name", "method"), [pair for pair in WHERE if pair[0] != "national_trend"])
def test_a_lever_waits_for_its_year_and_comes_in_over_its_ramp(
    datasets: dict[str, Dataset], name: str, method: str
) -> None:
    """Joiners and leavers of the year that ends in January 2018 are the first that a change from 2018 touches."""
    dataset = datasets[method]
    late = Change(name, STEP, from_year=2018)
    slow = Change(name, STEP, from_year=2018, ramp_years=2.0)
    plain, at_once, ramped = told(dataset, method), told(dataset, method, [late]), told(dataset, method, [slow])
    for measure in {"ehc_plans", "new_plans", "ceased_plans"} & set(plain.measures()):
        assert at_once.value(measure, 2017) == plain.value(measure, 2017)
        assert ramped.value(measure, 2018) == plain.value(measure, 2018)
    at = {"setting": "mainstream"} if name in ("inclusion_shift", "moves_from_mainstream") else {}
    usual, slower, full = (told_so.value("ehc_plans", 2019, **at) for told_so in (plain, ramped, at_once))
    assert 0 < abs(slower - usual) < abs(full - usual)


def test_new_plans_of_one_need_leave_the_others_alone(with_moves: Dataset) -> None:
    plain = told(with_moves, "moves")
    more = told(with_moves, "moves", [Change("new_plan_rate", 0.5, "ASC", from_year=2017)])
    before, after = plain.margin("ehc_plans", "need"), more.margin("ehc_plans", "need")
    rise = (after.stats[0] - before.stats[0])[1]  # January 2017: no child has changed need since
    assert rise[before.labels[1].index("ASC")] > 0
    assert np.delete(rise, before.labels[1].index("ASC")) == pytest.approx(0.0, abs=1e-9)


def test_early_identification_and_retention_touch_only_their_ages(with_flows: Dataset) -> None:
    plain = told(with_flows, "age_flow")
    early = told(with_flows, "age_flow", [Change("early_years_identification", STEP)])
    kept = told(with_flows, "age_flow", [Change("post_16_retention", STEP)])
    ages = np.array(plain.margin("new_plans", "nc_year").labels[1])
    new = early.margin("new_plans", "nc_year").stats[0, 0] - plain.margin("new_plans", "nc_year").stats[0, 0]
    ceased = kept.margin("ceased_plans", "nc_year").stats[0, 0] - plain.margin("ceased_plans", "nc_year").stats[0, 0]
    assert (new[ages < 0] >= 0).all() and new[ages < 0].sum() > 0 and (new[ages >= 0] == 0).all()
    assert (ceased[ages >= 12] <= 0).all() and ceased[ages >= 12].sum() < 0 and (ceased[ages < 12] == 0).all()


def test_inclusion_brings_more_children_to_mainstream_and_keeps_the_number_of_joiners(with_moves: Dataset) -> None:
    plain, more = told(with_moves, "moves"), told(with_moves, "moves", [Change("inclusion_shift", 0.5)])
    at = plain.margin("ehc_plans", "setting").labels[1].index("mainstream")
    change = more.margin("ehc_plans", "setting").stats[0, 1] - plain.margin("ehc_plans", "setting").stats[0, 1]
    assert change[at] > 0 and np.delete(change, at).sum() < 0
    assert more.value("new_plans", 2017) == pytest.approx(plain.value("new_plans", 2017))


def test_growth_in_england_says_where_it_changes_nothing(demonstration: Dataset, led_by_trend: Dataset) -> None:
    for dataset, silent in ((demonstration, True), (led_by_trend, False)):
        found = told(dataset, "moves", [change("national_trend")])
        assert any(text.startswith("Growth in England changes nothing here") for text in found.warnings) == silent
        assert not any("Growth in England" in text for text in told(dataset, "moves").warnings)


def test_national_trend_none_and_own_by_hand(rotherham: Dataset) -> None:
    """Own: 985 plans in 2013 and 1,235 in 2016 are 7.8 % a year, and that goes on for two years."""
    own = told(rotherham, "trend", [Change("national_trend", "own")])
    assert own.value("ehc_plans", 2018) == pytest.approx(1235 * (1235 / 985) ** (2 / 3))
    as_observed, none, damped = (
        told(rotherham, "trend", [Change("national_trend", word)]).value("ehc_plans", 2021)
        for word in ("as_observed", "none", "damped")
    )
    assert min(as_observed, none) < damped < max(as_observed, none)


def test_draws_move_with_the_central_run(datasets: dict[str, Dataset]) -> None:
    for method in ("age_flow", "moves"):
        plain = told(datasets[method], method, draws=100)
        more = told(datasets[method], method, [Change("new_plan_rate", 0.5)], draws=100)
        for statistic in ("central", "mean", "p10", "p90"):
            assert more.value("ehc_plans", 2021, statistic=statistic) > plain.value(
                "ehc_plans", 2021, statistic=statistic
            )


def test_levers_that_do_nothing_here_say_why(datasets: dict[str, Dataset]) -> None:
    idle = {
        method: {c.lever.name: c.idle for c in controls(data, baseline(data), baseline(data), method, "send")}
        for method, data in datasets.items()
    }
    assert idle["age_flow"]["conversion_rate"] == "" and idle["moves"]["inclusion_shift"] == ""
    assert idle["trend"]["conversion_rate"].startswith("Needs the table plan_flows")
    assert idle["age_flow"]["inclusion_shift"].startswith("Needs the table plan_moves")
    assert idle["moves"]["national_trend"].startswith("Needs the table ehc_plans")
    assert idle["trend"]["new_plan_rate"] == "Does nothing in the method trend."


def test_new_plans_have_a_control_for_all_needs_and_one_for_each(with_moves: Dataset, with_flows: Dataset) -> None:
    lever = BY_NAME["new_plan_rate"]
    assert keys(with_moves, lever, baseline(with_moves)) == ("", *NEEDS)
    assert keys(with_flows, lever, baseline(with_flows)) == ("",)


@pytest.mark.skipif(not (SHARED / "moves").exists(), reason="../shared/moves is not beside the repository")
@pytest.mark.parametrize("name", ["new_plan_rate", "early_years_identification", "policy_shock", "cease_rate"])
def test_levers_move_the_plans_of_a_real_authority(name: str) -> None:
    dataset = load([SHARED / "moves"])
    plain, moved = (forecast(dataset, Scenario("s", changes)) for changes in ((), (Change(name, STEP),)))
    rise = moved.value("ehc_plans", 2020) - plain.value("ehc_plans", 2020)
    assert rise * (-1 if name == "cease_rate" else 1) > 0


@pytest.mark.parametrize(("name", "method"), [pair for pair in WHERE if pair[0] != "national_trend"])
def test_a_lever_ends_after_its_last_year(datasets: dict[str, Dataset], name: str, method: str) -> None:
    """In force for 2017 and 2018 only: the same as without an end up to January 2018, less far after it."""
    dataset = datasets[method]
    for_good, for_two = (Change(name, STEP, from_year=2017, to_year=end) for end in (None, 2018))
    plain, on, ended = told(dataset, method), told(dataset, method, [for_good]), told(dataset, method, [for_two])
    at = {"setting": "mainstream"} if name in ("inclusion_shift", "moves_from_mainstream") else {}
    assert ended.value("ehc_plans", 2018, **at) == on.value("ehc_plans", 2018, **at)
    usual, short, long = (told_so.value("ehc_plans", 2019, **at) for told_so in (plain, ended, on))
    assert abs(short - usual) < abs(long - usual)


@pytest.mark.parametrize("method", ["age_flow", "moves"])
def test_new_plans_of_a_phase_touch_only_its_ages(datasets: dict[str, Dataset], method: str) -> None:
    plain = told(datasets[method], method)
    more = told(datasets[method], method, [Change("new_plan_rate_phase", 0.5, "secondary")])
    before, after = plain.margin("new_plans", "nc_year"), more.margin("new_plans", "nc_year")
    secondary = np.isin(np.array(before.labels[1]), range(7, 12))
    assert after.stats[0][:, secondary] == pytest.approx(1.5 * before.stats[0][:, secondary])
    assert (after.stats[0][:, ~secondary] == before.stats[0][:, ~secondary]).all()


def test_the_phases_together_are_the_lever_for_all_ages(with_flows: Dataset) -> None:
    each = [Change("new_plan_rate_phase", 0.2, phase) for phase in PHASES.names]
    apart, together = told(with_flows, "age_flow", each), told(with_flows, "age_flow", [Change("new_plan_rate", 0.2)])
    assert apart.value("ehc_plans", 2021) == pytest.approx(together.value("ehc_plans", 2021))


def test_a_phase_that_does_not_exist_is_refused(with_flows: Dataset) -> None:
    with pytest.raises(ScenarioError, match='there is no phase "nursery"; allowed: early_years, primary'):
        told(with_flows, "age_flow", [Change("new_plan_rate_phase", 0.2, "nursery")])


def test_a_phase_is_read_from_the_table_scenarios(copied: Copy) -> None:
    row = {"scenario": "more", "lever": "new_plan_rate_phase", "phase": "primary", "value": "0.2", "from_year": "2018"}
    rows = [{**old, "phase": ""} for old in copied.rows("scenarios")]
    copied.write("scenarios", [*rows, {**dict.fromkeys(rows[0], ""), **row}])
    assert dataset_scenarios(copied.load())["more"].changes == (
        Change("new_plan_rate_phase", 0.2, "primary", from_year=2018),
    )


def test_fewer_moves_out_of_mainstream_leave_more_children_there(with_moves: Dataset) -> None:
    plain, fewer = told(with_moves, "moves"), told(with_moves, "moves", [Change("moves_from_mainstream", -0.5)])
    at = plain.margin("ehc_plans", "setting").labels[1].index("mainstream")
    change = fewer.margin("ehc_plans", "setting").stats[0, 1] - plain.margin("ehc_plans", "setting").stats[0, 1]
    assert change[at] > 0 and np.delete(change, at).sum() < 0
    assert fewer.value("new_plans", 2017) == pytest.approx(plain.value("new_plans", 2017))


def test_a_policy_shock_on_totals_by_hand() -> None:
    """100, 110, 121 plans, 0.2 new plans per plan; half as many more in the first year, none in the second.

    The first year adds 0.5 × 0.2 × 100 = 10; of those 121 ÷ 110 − 0.2 = 0.9 remain: 9.
    """
    plans = with_shock(np.array([0.5, 0.0]), 0.2, np.array([[100.0, 110.0, 121.0]]))
    assert plans[0] == pytest.approx([100, 120, 130])


def test_a_policy_shock_in_trend_uses_the_authoritys_new_plans_else_englands(
    rotherham: Dataset, with_flows: Dataset
) -> None:
    """Own: 190 + 3·7 new plans in 2015 on the 1,166 plans of January 2015. England: 27,923 on 240,183."""
    plans_2015 = sum(round(n * 1.06**-1) for n in BANDS.values())
    assert new_per_plan(with_flows) == pytest.approx(211 / plans_2015)
    assert new_per_plan(rotherham) == pytest.approx(27_923 / 240_183)
    plain = told(rotherham, "trend")
    more = told(rotherham, "trend", [Change("policy_shock", 0.5, from_year=2017, to_year=2017)])
    assert more.value("ehc_plans", 2017) - plain.value("ehc_plans", 2017) == pytest.approx(
        0.5 * 27_923 / 240_183 * 1235
    )


def test_the_national_trend_changes_from_its_year_on(rotherham: Dataset) -> None:
    plain = told(rotherham, "trend")
    late = told(rotherham, "trend", [Change("national_trend", "none", from_year=2018)])
    slow = told(rotherham, "trend", [Change("national_trend", "none", from_year=2018, ramp_years=4.0)])
    assert late.value("ehc_plans", 2017) == plain.value("ehc_plans", 2017)
    assert slow.value("ehc_plans", 2018) == plain.value("ehc_plans", 2018)
    usual, gentle, abrupt = (told_so.value("ehc_plans", 2020) for told_so in (plain, slow, late))
    assert abrupt < gentle < usual


def test_parts_keep_their_share_of_the_whole_in_every_run() -> None:
    """Whole of 100 and 120 in one run, 100 and 90 in another; parts 60 + 20, then 90 + 30 and 60 + 60: 80 % of it."""
    whole = np.array([[100.0, 120.0], [100.0, 90.0]])
    parts = np.array([[[60.0, 20.0], [90.0, 30.0]], [[60.0, 20.0], [60.0, 60.0]]])
    scaled = within(whole, parts)
    assert scaled.sum(axis=2) == pytest.approx(0.8 * whole)
    assert scaled[0, 1] == pytest.approx([72, 24]) and scaled[1, 1] == pytest.approx([36, 36])


def test_settings_of_a_forecast_by_trend_add_up(demonstration: Dataset) -> None:
    shocked = [Change("policy_shock", 0.2, from_year=2027)]
    found = forecast(demonstration, Scenario("s", tuple(shocked)), to=2030, method="trend", draws=50)
    settings, whole = found.margin("ehc_plans", "setting"), found.margin("ehc_plans")
    at = [whole.labels[0].index(year) for year in settings.labels[0]]
    for statistic in (0, 1):  # the central run and the mean of the draws
        share = settings.stats[statistic].sum(axis=1) / whole.stats[statistic][at]
        assert share == pytest.approx(np.full(len(at), share[0]))
    assert 0.95 < share[0] <= 1.0
