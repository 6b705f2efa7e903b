"""What `trend` needs of an authority: one January is enough, and costs little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.inputs.load import load
from forecasting.model.run import method_for, run
from forecasting.model.trend import LEVELS, trend
from forecasting.model.trend_panel import panel_from_long
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import BASELINE, Change
from tests.support import SHARED

PANEL = SHARED / "dfe" / "panel.csv"


@pytest.fixture
def newcomer(tmp_path: Path):
    """An authority with one published figure."""
    (tmp_path / "about.csv").write_text("key,value\nauthority_code,Z01\nauthority_name,Newshire\nsource,made up\n")
    (tmp_path / "ehc_plans.csv").write_text("year,plans\n2025,2100\n")
    return load([tmp_path])


def test_an_authority_with_one_january_is_forecast_with_a_range(newcomer):
    assert method_for(newcomer, dataset_scenarios(newcomer)[BASELINE])[0] == "trend"
    plans = run(newcomer, dataset_scenarios(newcomer)[BASELINE], to=2028, draws=200).plans
    assert plans is not None and len(plans.runs) == 201
    low, high = np.quantile(plans.runs[1:, -1], [0.1, 0.9])
    assert plans.runs[0, 0] == 2100 and low < plans.runs[0, -1] < high


def test_growth_of_its_own_adds_nothing_where_none_is_known(newcomer):
    start = dataset_scenarios(newcomer)[BASELINE]
    own = start.with_changes([Change("national_trend", "own")])
    assert np.array_equal(run(newcomer, own, to=2028).plans.runs, run(newcomer, start, to=2028).plans.runs)


@pytest.mark.skipif(not PANEL.exists(), reason="../shared/dfe is not beside the repository")
def test_one_january_costs_little_on_real_authorities():
    """Every fourth authority keeps only the January of the origin: its error and its range two years ahead."""
    panel = pd.read_csv(PANEL)[["unit", "year", "series", "value"]].dropna()
    units = sorted(panel.loc[panel["series"] == "total", "unit"].unique())[::4]
    came = panel.loc[panel["series"] == "total"].set_index(["unit", "year"])["value"]
    error, full, held = [], [], []
    for origin in (2018, 2020, 2022):
        known = panel.loc[panel["year"] <= origin]
        short = known.loc[~(known["unit"].isin(units) & (known["year"] < origin))]
        cut, whole = (trend(panel_from_long(frame), "total", 2) for frame in (short, known))
        for unit in units:
            if (unit, origin + 2) not in came.index or unit not in cut.units:
                continue
            value, at = came[unit, origin + 2], cut.units.index(unit)
            low, high = cut.quantiles[at, 1, [LEVELS.index(0.1), LEVELS.index(0.9)]]
            error.append(abs(cut.mean[at, 1] - value) / value)
            full.append(abs(whole.mean[whole.units.index(unit), 1] - value) / value)
            held.append(low <= value <= high)
    assert len(held) > 40 and np.mean(held) > 0.7
    assert np.mean(error) < 1.25 * np.mean(full)
