"""The Forecast by hand: looking figures up, the long table, statistics of draws."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.axes import FORECAST_COLUMNS, STATISTICS
from forecasting.model.emit import Emitter
from forecasting.model.forecast import Forecast, Margin, NoSuchMargin, summarise

YEARS = (2016, 2017)


@pytest.fixture
def told() -> Forecast:
    out = Emitter()
    out.add("plans", YEARS, np.array([30.0, 40.0]), "count")
    out.add("plans", YEARS, np.array([[10.0, 20.0], [15.0, 25.0]]), "count", by=(("nc_year", (-1, 0)),))
    out.add("plans", YEARS, np.array([3.0, 4.0]), "count", component="new")
    out.add("plans", YEARS, np.array([5.0, 6.0]), "count", setting="inmss")
    out.add("places", (), np.array(125.0), "count")
    return Forecast("s", "m", "because", 2016, YEARS, tuple(out.margins))


def test_figures_are_looked_up_by_name(told: Forecast) -> None:
    assert told.value("plans", 2017) == 40
    assert told.value("plans", 2017, component="new") == 4
    assert told.value("plans", 2017, setting="inmss") == 6
    assert told.value("places") == 125
    assert told.series("plans", "nc_year")["central"].tolist() == [10, 20, 15, 25]


@pytest.mark.parametrize(
    ("measure", "year", "at"),
    [("colour", 2017, {}), ("plans", 2030, {}), ("plans", 2017, {"need": "ASC"}), ("plans", None, {}),
     ("plans", 2017, {"setting": "special_state"})],
)  # fmt: skip
def test_what_is_not_there_is_refused_and_not_zero(
    told: Forecast, measure: str, year: int | None, at: dict[str, str]
) -> None:
    with pytest.raises(NoSuchMargin):
        told.value(measure, year, **at)


def test_the_long_table(told: Forecast) -> None:
    table = told.table
    assert tuple(table.columns) == FORECAST_COLUMNS
    # 2 totals + 2 × 2 by year group + 2 of a component + 2 of a setting + 1 without a year
    assert len(table) == 11
    by_year_group = table.loc[table["nc_year"] == "-1", ["year", "central"]]
    assert by_year_group.to_numpy().tolist() == [[2016, 10], [2017, 15]]
    assert table.loc[table["setting"] == "inmss", "central"].tolist() == [5, 6]
    assert table["year"].isna().sum() == 1
    assert set(table["scenario"]) == {"s"}


def test_an_empty_forecast_has_an_empty_table() -> None:
    table = Forecast("s", "m", "", 2016, YEARS, ()).table
    assert tuple(table.columns) == FORECAST_COLUMNS and table.empty


def test_the_same_margin_twice_is_refused(told: Forecast) -> None:
    with pytest.raises(ValueError, match="margin emitted twice"):
        Forecast("s", "m", "", 2016, YEARS, (*told.margins, told.margins[0]))


def test_values_that_do_not_fit_their_axes_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit axes"):
        Margin("plans", ("year",), (YEARS,), np.zeros((len(STATISTICS), 3)), "count")


def test_without_draws_every_statistic_repeats_the_central_run() -> None:
    np.testing.assert_array_equal(summarise(np.array([[1.0, 2.0]])), [[1, 2]] * len(STATISTICS))


def test_statistics_of_draws_by_hand() -> None:
    # central 7; draws 0, 1 … 100: mean 50, quantiles 2.5, 10, 50, 90, 97.5
    found = summarise(np.concatenate([[7.0], np.arange(101.0)]))
    np.testing.assert_allclose(found, [7, 50, 2.5, 10, 50, 90, 97.5])


def test_one_draw_that_may_not_be_changed_is_its_own_quantiles():
    runs = np.broadcast_to(np.array([[7.0, 8.0], [5.0, 6.0]])[:, :, None], (2, 2, 3))  # read-only; one draw: 5 and 6
    found = summarise(runs)
    assert (found[0] == [[7] * 3, [8] * 3]).all() and (found[1:] == [[5] * 3, [6] * 3]).all()
