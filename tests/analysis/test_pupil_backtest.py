"""The backtest leaks nothing, in the Department's measure; the engine is near the oracle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.pupil_backtest import (
    accuracy,
    backtest_authority,
    backtest_synthetic,
    backtest_totals,
    own_growth,
    place_among_authorities,
)
from forecasting.analysis.synthetic_pupils import synthetic_authorities
from forecasting.analysis.synthetic_pupils_seen import inputs_at
from forecasting.errors import DatasetError
from forecasting.model.population_inputs import PupilInputs

ROOT = Path(__file__).parents[2]
SCORECARDS = ROOT / "data" / "national" / "school_places_scorecards.csv"
REAL_TOTALS = ROOT.parent / "shared" / "dfe" / "pupils_by_authority.csv"
ENGINE, RIVALS = "cohort_survival_damped", ("mean_of_3_years", "constant_growth_own", "constant_growth_1pct")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    authorities = synthetic_authorities(100, 2026)
    return accuracy(backtest_synthetic(authorities, (ENGINE, *RIVALS), (2018, 2020, 2022), draws=200))


def of(table: pd.DataFrame, method: str) -> pd.DataFrame:
    return table[table["method"] == method].set_index(["horizon", "phase"])


def test_errors_are_at_most_1_2_times_the_oracle(table: pd.DataFrame) -> None:
    assert (of(table, ENGINE)["times_oracle"] <= 1.2).all(), of(table, ENGINE).to_string()


def test_the_engine_is_ahead_of_its_rivals(table: pd.DataFrame) -> None:
    engine = of(table, ENGINE)["mean_absolute_error"]
    for rival in RIVALS:
        assert (engine < of(table, rival)["mean_absolute_error"]).all(), rival


def test_80_per_cent_ranges_hold_about_80_per_cent(table: pd.DataFrame) -> None:
    inside = of(table, ENGINE)["inside_80"]
    assert 0.76 <= inside.mean() <= 0.84
    assert inside.between(0.74, 0.86).all(), inside.to_string()


def test_auto_and_exponential_smoothing_run_in_the_same_backtest() -> None:
    few = accuracy(backtest_synthetic(synthetic_authorities(3, 2026), ("auto", "ets"), (2020,), draws=100))
    assert (of(few, "auto")["mean_absolute_error"] < of(few, "ets")["mean_absolute_error"]).all()


def test_error_is_forecast_over_actual_less_one() -> None:
    inputs = inputs_at(synthetic_authorities(1, 8)[0], 2024)
    rows = backtest_authority(inputs, "999", ("constant_growth_own",), (2020,))
    assert rows[["phase", "horizon", "year"]].to_numpy().tolist() == [
        ["primary", 1, 2021],
        ["primary", 3, 2023],
        ["secondary", 1, 2021],
        ["secondary", 3, 2023],
    ]
    now, later = (
        inputs.pupils[12, 2:9].sum(),
        inputs.pupils[13, 2:9].sum(),
    )  # 2020 and 2021, Reception to Year 6
    total = inputs.pupils.sum(axis=1)
    growth = (total[12] / total[9]) ** (1 / 3)
    assert rows["error"].iloc[0] == pytest.approx(now * growth / later - 1)


def scramble_pupils(inputs: PupilInputs) -> PupilInputs:
    pupils = inputs.pupils.copy()
    pupils[inputs.years > 2020] *= np.random.default_rng(1).uniform(0.5, 1.5, pupils[inputs.years > 2020].shape)
    return replace(inputs, pupils=pupils)


def scramble_births(inputs: PupilInputs) -> PupilInputs:
    return replace(inputs, births=np.where(inputs.birth_years > 2019, 7.0, inputs.births), births_high=None)


def scramble_dwellings(inputs: PupilInputs) -> PupilInputs:
    assert inputs.housing is not None
    late = inputs.housing.years > 2020
    dwellings = np.where(late[:, None], 9999.0, inputs.housing.dwellings)
    return replace(inputs, housing=replace(inputs.housing, dwellings=dwellings))


def scramble_residents(inputs: PupilInputs) -> PupilInputs:
    assert inputs.residents is not None
    late = inputs.residents.years > 2020
    people = np.where(late[:, None], 3.0, inputs.residents.people)
    return replace(inputs, residents=replace(inputs.residents, people=people))


def test_the_future_does_not_reach_the_forecast() -> None:
    inputs = inputs_at(synthetic_authorities(1, 9)[0], 2024)
    scrambled = scramble_residents(scramble_dwellings(scramble_births(scramble_pupils(inputs))))
    columns = ["forecast", "p10", "p90"]
    methods = ("auto", "ets", "mean_of_3_years", "constant_growth_own")
    before, after = (backtest_authority(each, "1", methods, (2020,), draws=30) for each in (inputs, scrambled))
    assert (before["actual"] != after["actual"]).all()
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_own_growth_of_a_doubling_in_three_years() -> None:
    inputs = inputs_at(synthetic_authorities(1, 9)[0], 2024)
    pupils = np.outer(2.0 ** (np.arange(len(inputs.years)) / 3), np.full(17, 100.0))
    assert own_growth(replace(inputs, pupils=pupils)).rate == pytest.approx(2 ** (1 / 3) - 1)


# --- beside the authorities ---------------------------------------------------------------------------------


def scorecards() -> pd.DataFrame:
    return pd.read_csv(SCORECARDS, dtype=str, keep_default_na=False)


def test_an_error_is_placed_among_authorities_by_hand() -> None:
    rows = pd.DataFrame(
        {
            "Year": "2024/25",
            "geographic_level": ["Local authority"] * 5 + ["National"],
            "For_1_P": ["0.01", "-0.02", "0.03", "-0.04", "Low", "0.5"],
        }
    )
    placed = place_among_authorities(rows, -0.025, "primary", 1)
    # Sizes 1, 2, 3, 4 %: two of four are worse than 2.5 %; England and the unpublished one do not count.
    assert (placed.authorities, placed.not_published, placed.share_worse) == (4, 1, 0.5)
    assert placed.quartiles == pytest.approx((0.0175, 0.025, 0.0325))
    assert placed.mean == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("phase", "horizon", "mean"),
    [
        ("primary", 1, (0.007, 0.015)),
        ("primary", 3, (0.02, 0.026)),
        ("secondary", 1, (0.009, 0.015)),
        ("secondary", 3, (0.018, 0.034)),
    ],
)
def test_published_scorecards_are_read_as_they_are(phase, horizon, mean) -> None:  # type: ignore[no-untyped-def]
    for year in ("2022/23", "2023/24", "2024/25"):
        placed = place_among_authorities(scorecards(), 0.0, phase, horizon, year)
        assert mean[0] <= placed.mean <= mean[1], (year, placed)
        assert placed.authorities + placed.not_published == 77
        assert placed.share_worse == 1.0


def test_every_row_of_the_scorecards_names_its_source() -> None:
    assert scorecards()["source"].str.contains("Department for Education").all()


def test_a_year_or_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(DatasetError, match="2030/31"):
        place_among_authorities(scorecards(), 0.01, "primary", 1, "2030/31")
    with pytest.raises(DatasetError, match="For_1_P"):
        place_among_authorities(scorecards().drop(columns="For_1_P"), 0.01, "primary", 1)


# --- real totals: thin --------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL_TOTALS.exists(), reason="the Department's totals are not beside the repository")
def test_constant_growth_on_real_totals_is_thin_but_true() -> None:
    """Totals of six years without year groups: they try constant growth, and nothing of cohort survival."""
    table = backtest_totals(pd.read_csv(REAL_TOTALS, dtype={"unit": str}))
    size = table.assign(size=table["error"].abs()).groupby(["method", "horizon"])["size"].mean()
    assert len(table) > 400
    # 1 % growth a year was right in 2017; rolls have fallen since 2023, and no change has been nearer.
    assert size["no_change", 2] < size["constant_growth_1pct", 2]
    assert 0.0 < size["no_change", 1] < 0.03


@pytest.mark.skipif(not REAL_TOTALS.exists(), reason="the Department's totals are not beside the repository")
def test_real_totals_and_scorecards_count_the_same_pupils() -> None:
    """Rolls of the 2024/25 scorecards are those of the totals of January 2025, less sixth forms."""
    totals = pd.read_csv(REAL_TOTALS, dtype={"unit": str}).set_index("unit")
    cards = scorecards().query("Year == '2024/25' and geographic_level == 'Local authority'").set_index("LANumber")
    both = totals.join(cards, how="inner")
    ratio = (both["PriNOR"].astype(float) + both["SecNOR"].astype(float)) / both["p25"]
    assert len(both) >= 70
    assert 0.85 < ratio.median() < 1.05
