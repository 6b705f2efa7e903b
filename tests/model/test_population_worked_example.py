"""A forecast small enough to check by hand: four year groups, three years, ten dwellings."""

import numpy as np
import pandas as pd
import pytest

from forecasting.model.population import project_pupils
from forecasting.model.population_choice import fit_pupils
from forecasting.model.population_drivers import account
from forecasting.model.population_fit import ConstantGrowth, plain_fit
from forecasting.model.population_inputs import Housing, PupilInputs
from forecasting.model.population_levers import PupilLevers
from forecasting.model.population_ratios import RatioSettings
from forecasting.model.population_survey import scap_table

TWO_YEARS = RatioSettings(housing_years=2)  # shares of 1 : 0.5, that is 2/3 in the first year and 1/3 in the next


def example(dwellings: float = 10.0) -> PupilInputs:
    years = np.arange(2023, 2026)
    pupils = np.array(
        #  R    1     2    3
        [[80, 100, 50, 40], [90, 88, 100, 45], [70, 99, 88, 90]],
        dtype=float,
    )
    birth_years = np.arange(2018, 2024)  # Reception of January y was born in the year to August y − 5
    births = np.array([100, 100, 100, 110, 120, 100], dtype=float)
    built = np.zeros((6, 1))  # January 2023 … 2028
    built[3, 0] = dwellings  # ten houses completed in the year to January 2026
    housing = Housing(np.arange(2023, 2029), ("house",), built, np.full((1, 4), 0.3), np.array([0.06]))
    return PupilInputs(years, np.arange(4), pupils, birth_years, births, 2023, housing=housing)


def test_three_years_of_four_year_groups_by_hand() -> None:
    forecast = project_pupils(plain_fit(example(), 3, TWO_YEARS), 3, draws=0)
    # Take-up: (80 + 90 + 70) / (100 + 100 + 100) = 0.8.
    # R→1: (88 + 99) / (80 + 90) = 1.1;  1→2: (100 + 88) / (100 + 88) = 1;  2→3: (45 + 90) / (50 + 100) = 0.9.
    np.testing.assert_allclose(forecast.ratios, [0.8, 1.1, 1.0, 0.9])
    # Ten houses × 0.3 pupils a year group = 3: 2/3 of them, 2, by January 2026 and 1 by January 2027.
    expected = [
        # 110 × 0.8 + 2 | 70 × 1.1 + 2 | 99 × 1 + 2 | 88 × 0.9 + 2
        [90.0, 79.0, 101.0, 81.2],
        # 120 × 0.8 + 1 | 90 × 1.1 + 1 | 79 × 1 + 1 | 101 × 0.9 + 1
        [97.0, 100.0, 80.0, 91.9],
        # 100 × 0.8     | 97 × 1.1     | 100 × 1    | 80 × 0.9
        [80.0, 106.7, 100.0, 72.0],
    ]
    np.testing.assert_allclose(forecast.pupils[0], expected)
    # EHC plans: ten houses × 0.06 = 0.6, of which 0.4 by January 2026 and 0.2 by January 2027.
    np.testing.assert_allclose(forecast.housing_ehc_plans[0], [0.4, 0.2, 0.0])


def test_the_account_of_children_by_hand() -> None:
    children = account(project_pupils(plain_fit(example(), 3, TWO_YEARS), 3, draws=0))
    # January 2026: 88 enter Reception; Year 3 had 88 in Year 2, 2 came with houses, 8.8 left (88 × 0.1).
    np.testing.assert_allclose(children.entered[0, 0], [88, 0, 0, 0])
    np.testing.assert_allclose(children.moved_up[0, 0], [0, 70, 99, 88])
    np.testing.assert_allclose(children.arrived[0, 0], [2, 7 + 2, 2, 2])
    np.testing.assert_allclose(children.left[0, 0], [0, 0, 0, 8.8], atol=1e-9)
    np.testing.assert_allclose(children.finished[0, 0], [0, 0, 0, 90])


def test_a_lever_by_hand() -> None:
    fit = plain_fit(example(0.0), 3, TWO_YEARS)
    more = project_pupils(fit, 3, PupilLevers(take_up=np.array([0.0, 0.05, 0.0])), draws=0)
    # January 2027: 120 births × 0.8 × 1.05 = 100.8 in Reception, and × 1.1 = 110.88 in Year 1 of 2028.
    assert more.pupils[0, 1, 0] == pytest.approx(100.8)
    assert more.pupils[0, 2, 1] == pytest.approx(110.88)
    assert more.pupils[0, 2, 0] == pytest.approx(80.0)


def test_cross_border_by_hand() -> None:
    years = np.arange(2024, 2026)
    pupils = np.array([[100.0] * 6 + [90.0, 100.0], [100.0] * 6 + [80.0, 90.0]])
    share = np.array([0.1, 0.1])
    inputs = PupilInputs(
        years, np.arange(8), pupils, np.arange(2019, 2024), np.full(5, 100.0), 2024, cross_border_share=share
    )
    fit = plain_fit(inputs, 1)
    # Of the 90 in Year 7, 81 live here: 81 of the 90 who were in Year 6, a ratio of 0.9.
    assert fit.ratios is not None
    assert fit.ratios.level[7] == pytest.approx(0.9)
    # January 2026: of 80 in Year 6, 72 go to Year 7 here and are 90 % of it, or 80 % with ten points more.
    assert project_pupils(fit, 1, draws=0).pupils[0, 0, 7] == pytest.approx(72 / 0.9)
    more = project_pupils(fit, 1, PupilLevers(cross_border=0.1), draws=0)
    assert more.pupils[0, 0, 7] == pytest.approx(72 / 0.8)


@pytest.mark.parametrize(("kind", "total"), [("simple", 347 * 1.03), ("compound", 347 * 1.01**3)])
def test_constant_growth_is_the_published_sum(kind: str, total: float) -> None:
    fit = fit_pupils(example(), "constant_growth", growth=ConstantGrowth(0.01, kind))  # type: ignore[arg-type]
    forecast = project_pupils(fit, 3, draws=5)
    assert forecast.total(0, 3)[:, 2] == pytest.approx(total)  # 70 + 99 + 88 + 90 = 347, the same in every run
    assert not forecast.has_draws


def test_scap_table_rounds_to_its_totals() -> None:
    years = np.arange(2021, 2027)
    pupils = np.full((6, 7), 33.4)
    inputs = PupilInputs(years, np.arange(7), pupils, np.arange(2016, 2028), np.full(12, 40.0), 2025)
    table = scap_table(project_pupils(plain_fit(inputs), 5, draws=0), "primary")
    assert table.columns.tolist() == ["academic_year", "Reception", "1", "2", "3", "4", "5", "6", "total"]
    assert table["academic_year"].tolist() == ["2026/27", "2027/28", "2028/29", "2029/30", "2030/31"]
    # 7 × 33.4 = 233.8: the row sums to 234, three year groups of 34 and four of 33.
    assert table["total"].tolist() == [234] * 5
    assert sorted(table.iloc[0, 1:8].tolist()) == [33] * 4 + [34] * 3
    assert pd.api.types.is_integer_dtype(table["Reception"])
