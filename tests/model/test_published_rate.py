"""The published method on figures small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.errors import MethodUnavailable
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import from_sources
from forecasting.inputs.sheets import Source
from forecasting.model.places import Needed, brought_back
from forecasting.model.published_rate import pupils_on_roll
from forecasting.model.run import forecast, run
from forecasting.scenario.scenario import Change, Scenario

RATES = st.lists(st.floats(min_value=-0.05, max_value=0.1), min_size=1, max_size=15)
BASELINE = Scenario("baseline")


def small(**tables: str) -> Dataset:
    """A dataset of 1,000 pupils in 2016, of which 40 have a plan and 100 SEN support; growth 10 % a year."""
    texts = {
        "about": "key,value\nbase_year,2016\nforecast_to,2018\n",
        "pupils": "year,pupils\n2016,1000\n",
        "sen": "year,provision,pupils\n2016,sen_support,100\n2016,ehc_plan,40\n",
        "assumptions": "lever,value,source,unit,status\npupil_growth,0.1,test,fraction per year,judgement\n",
        **tables,
    }
    return from_sources([Source(f"{name}.csv", text.encode()) for name, text in texts.items()])


def test_simple_growth_by_hand() -> None:
    # 1000 × (1 + 0.1), 1000 × (1 + 0.1 + 0.1), 1000 × (1 + 0.1 + 0.1 − 0.05)
    found = pupils_on_roll(1000, np.array([0.1, 0.1, -0.05]), "simple")
    np.testing.assert_allclose(found, [1000, 1100, 1200, 1150])


def test_compound_growth_by_hand() -> None:
    # 1000 × 1.1, 1100 × 1.1, 1210 × 0.95
    found = pupils_on_roll(1000, np.array([0.1, 0.1, -0.05]), "compound")
    np.testing.assert_allclose(found, [1000, 1100, 1210, 1149.5])


@given(RATES)
def test_the_two_kinds_agree_in_the_first_year_and_without_growth(rates: list[float]) -> None:
    simple, compound = (pupils_on_roll(1000, np.array(rates), kind) for kind in ("simple", "compound"))
    np.testing.assert_allclose(simple[:2], compound[:2])
    np.testing.assert_array_equal(pupils_on_roll(1000, np.zeros(len(rates)), "compound"), 1000)


@given(st.floats(min_value=1, max_value=1e6), RATES, st.sampled_from(["simple", "compound"]))
def test_growth_is_in_proportion_to_the_base(base: float, rates: list[float], kind: str) -> None:
    once, twice = (pupils_on_roll(times * base, np.array(rates), kind) for times in (1, 2))
    np.testing.assert_allclose(twice, 2 * once)


def test_children_by_hand() -> None:
    told = forecast(small(), BASELINE)
    # 2018: 1000 × (1 + 2 × 0.1) = 1200 pupils; SEN 140/1000 × 1200 = 168; plans 40/1000 × 1200 = 48; support 120
    for measure, value in (("pupils", 1200), ("pupils_with_sen", 168), ("pupils_with_ehc_plan", 48),
                           ("sen_support", 120), ("pupils_growth", 200), ("sen_prevalence", 0.14)):  # fmt: skip
        assert told.value(measure, 2018) == pytest.approx(value), measure
    # growth places: 200 more pupils × 40/1000 = 8
    assert told.value("places_needed", 2018, component="growth") == pytest.approx(8)


def test_the_base_year_carries_the_figures_as_counted() -> None:
    told = forecast(small(), Scenario("more", (Change("sen_prevalence", 0.2), Change("ehc_plan_rate", 0.1))))
    assert told.value("pupils_with_sen", 2016) == 140
    assert told.value("pupils_with_ehc_plan", 2016) == 40
    assert told.value("pupils_with_sen", 2017) == pytest.approx(220)  # 1100 × 0.2
    assert told.value("pupils_with_ehc_plan", 2017) == pytest.approx(110)  # 1100 × 0.1


def test_a_change_comes_in_over_its_ramp() -> None:
    # from 0.1 to 0 over two years from 2016: half way in 2017 (0.05), there in 2018 (0): 1050 and 1050
    change = Change("pupil_growth", 0.0, from_year=2016, ramp_years=2)
    told = forecast(small(), Scenario("ramp", (change,)))
    np.testing.assert_allclose(told.margin("pupils").stats[0], [1000, 1050, 1050])


def test_a_change_ends_with_its_last_year() -> None:
    change = Change("pupil_growth", 0.0, from_year=2017, to_year=2017)
    told = forecast(small(), Scenario("pause", (change,)))
    np.testing.assert_allclose(told.margin("pupils").stats[0], [1000, 1000, 1100])  # none, then 10 % of 1000


def test_without_pupils_the_method_says_what_it_lacks() -> None:
    with pytest.raises(MethodUnavailable, match="published_rate needs pupils on roll in 2016"):
        forecast(small(pupils="year,pupils\n2015,1000\n"), BASELINE)


def test_only_pupils_are_enough_for_a_forecast_of_pupils() -> None:
    dataset = from_sources([Source("about.csv", b"key,value\nbase_year,2016\n"),
                            Source("pupils.csv", b"year,pupils\n2016,1000\n")])  # fmt: skip
    told = forecast(dataset, BASELINE)
    assert told.years[-1] == 2026  # ten years on, where nothing is said
    assert told.value("pupils", 2026) == 1000
    assert not told.has("pupils_with_sen")


def needed(under: float, growth: float) -> Needed:
    one = {"unknown": 1.0}
    return Needed((2016, 2017), np.array([under, under]), np.array([0.0, growth]), "", one, one, one)


@pytest.mark.parametrize(
    ("filled", "back"),
    [
        (0, 0),
        (50, 30),  # 50 of the 60 + 40 = 100 places needed are filled: half of the 60 come back
        (100, 60),
        (500, 60),  # no more than are to be brought back
        (-10, 0),  # places that only replace others, or close, bring nobody back
    ],
)
def test_brought_back_by_hand(filled: float, back: float) -> None:
    assert brought_back(np.array([filled], dtype=float), needed(60, 40), [2017])[0] == pytest.approx(back)


def test_without_need_nobody_is_brought_back() -> None:
    assert brought_back(np.array([10.0]), needed(0, 0), [2017])[0] == 0


PLACES = st.floats(0, 500).map(lambda places: round(places, 3))


@given(PLACES, PLACES, PLACES, PLACES)
def test_more_places_never_bring_back_fewer(under: float, growth: float, filled: float, more: float) -> None:
    some, others = (brought_back(np.array([f]), needed(under, growth), [2017])[0] for f in (filled, filled + more))
    assert 0 <= some <= others + 1e-9 <= under + 2e-9


PLACED = {
    "placements": "year,need,phase,setting,place,placements\n2017,ASC,primary,inmss,out_of_borough,60\n",
    "projects": "project,places,setting,opens\nA,30,special_state,2017-09\n",
    "assumptions": (
        "lever,value,source,unit,status\npupil_growth,0.0,test,fraction per year,judgement\n"
        "bring_back_share,0.5,test,fraction,judgement\nproject_on,1,test,on or off,judgement\n"
    ),
}


def test_places_and_moves_by_hand() -> None:
    told = forecast(small(**PLACED), BASELINE, to=2019)
    # 60 out of authority, half to bring back: 30 needed in every year; 30 open from September 2017, so in January 2018
    assert [told.value("places_needed", year) for year in (2017, 2018)] == [30, 30]
    assert [told.value("places_short", year) for year in (2017, 2018)] == [30, 0]
    # all 30 needed places are filled in January 2018: 30 of the 60 move from inmss into the new places
    assert told.value("placements", 2017, setting="inmss") == 60
    assert told.value("placements", 2018, setting="inmss") == pytest.approx(30)
    assert told.value("placements", 2018, setting="special_state") == pytest.approx(30)
    assert told.value("placements", 2018) == pytest.approx(60)
    assert told.value("places_required", 2018, setting="inmss") == 60  # demand, were nothing built


def test_the_run_can_be_traced() -> None:
    dataset = small()
    done = run(dataset, BASELINE)
    stamp = dict(done.forecast.stamp)
    assert (stamp["dataset"], stamp["scenario"]) == (dataset.content_hash, BASELINE.hash)
    assert done.forecast.method == "published_rate"
