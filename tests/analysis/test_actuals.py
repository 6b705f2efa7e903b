"""A stored forecast against what came: errors, ranges, and the lever that made the difference is found again."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.analysis.actuals import AXES, Scored, base_year, score, suspects
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, run
from forecasting.scenario.scenario import Change, Scenario
from tests.support import somewhere_with_moves


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return somewhere_with_moves(tmp_path_factory.mktemp("earlier"))


@pytest.fixture(scope="module")
def stored(earlier: Dataset) -> Run:
    return run(earlier, Scenario("last year's"), draws=100)


def came(earlier: Dataset, of: Run, years: int = 3) -> Dataset:
    """Return a newer dataset: what a run says of the years after the base, as counts by need and by setting."""
    told = of.forecast
    ahead = told.years[1 : 1 + years]
    rows = [{"year": year, "plans": told.value("ehc_plans", year)} for year in ahead]
    for axis in AXES:
        margin = told.margin("ehc_plans", axis)
        codes = margin.labels[margin.axes.index(axis)]
        rows += [{"year": y, axis: c, "plans": told.value("ehc_plans", y, **{axis: str(c)})}
                 for y in ahead for c in codes]  # fmt: skip
    blank = dict.fromkeys(("age_band", "need", "setting", "place", "source"), "")
    table = pd.DataFrame([{**blank, **row} for row in rows]).assign(age=float("nan"), nc_year=float("nan"))
    return Dataset({**earlier.tables, "ehc_plans": table})


def test_a_forecast_that_came_true_has_no_error(earlier: Dataset, stored: Run) -> None:
    found = score(stored.forecast.table, came(earlier, stored), stored.forecast.base_year)
    assert {one.axis for one in found} == {"", *AXES} and {one.year for one in found} == set(stored.forecast.years[1:4])
    assert all(abs(one.error) < 1e-9 and not one.drifted for one in found)
    assert all(one.inside for one in found if one.high - one.low > 1)


def test_the_lever_that_made_the_difference_is_found_again(earlier: Dataset, stored: Run) -> None:
    other = run(earlier, Scenario("came", (Change("cease_rate", 0.5),)))
    found = score(stored.forecast.table, came(earlier, other), stored.forecast.base_year)
    whole = [one for one in found if not one.axis]
    assert all(one.error > 0 for one in whole)
    best = suspects(found, run(earlier, Scenario("last year's")))
    assert best[0].lever.name == "cease_rate" and best[0].explains > 0.95
    assert best[0].value == pytest.approx(0.5, abs=0.1)
    assert [one.explains for one in best] == sorted((one.explains for one in best), reverse=True)


def test_what_is_outside_its_range_is_said() -> None:
    assert Scored("need", "ASC", 2026, 100.0, 90.0, 110.0, 111.0).inside is False
    inside = Scored("need", "ASC", 2026, 100.0, 90.0, 110.0, 95.0)
    assert (inside.inside, inside.error, inside.drifted) == (True, 5.0, False)
    # without a range, 5 % counts: 100 against 94 is 6.4 % of 94
    bare = Scored("", "", 2026, 100.0, 100.0, 100.0, 94.0)
    assert bare.inside is None and bare.drifted and bare.share == pytest.approx(6 / 94)


def test_the_base_year_is_known_without_the_data(stored: Run) -> None:
    assert base_year(stored.forecast.table, None) == stored.forecast.base_year
    assert score(stored.forecast.table, stored.dataset, stored.forecast.base_year) == ()
