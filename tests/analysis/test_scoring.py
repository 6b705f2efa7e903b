"""Each measure on numbers that can be checked by hand, and all of them against the shared script."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.backtest import backtest
from forecasting.analysis.scoring import bias, cases, coverage, mase, score, wape, weighted_quantile_loss

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SCORER = SHARED / "tools" / "score_backtest.py"


def test_wape_and_bias_by_hand() -> None:
    # Errors +10 and −20 on 100 and 200: 30 / 300 and −10 / 300.
    forecast, actual = np.array([110.0, 180]), np.array([100.0, 200])
    assert wape(forecast, actual) == pytest.approx(0.1)
    assert bias(forecast, actual) == pytest.approx(-1 / 30)


def test_mase_leaves_out_small_and_constant_units() -> None:
    # Errors 10 / change 5 = 2 and 8 / 4 = 2; the third has 19 children, the fourth never changed.
    got = mase(
        np.array([110.0, 58, 30, 70]),
        np.array([100.0, 50, 19, 60]),
        np.array([90.0, 45, 19, 60]),
        np.array([5.0, 4, 1, 0]),
    )
    assert got == pytest.approx(2)


def test_coverage_counts_the_ends() -> None:
    low, high = np.array([1.0, 5, 5]), np.array([3.0, 9, 6])
    assert coverage(low, high, np.array([3.0, 4, 5.5])) == pytest.approx(2 / 3)


def test_weighted_quantile_loss_by_hand() -> None:
    # Actual 100, all five quantiles 90: loss 2 q 10 for each q; the q sum to 2.5, so 20 · 2.5 / 5 = 10.
    assert weighted_quantile_loss(np.full((1, 5), 90.0), np.array([100.0])) == pytest.approx(0.1)


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(ValueError, match="sum to 0"):
        wape(np.array([1.0]), np.array([0.0]))


def truth() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    years = range(2010, 2024)
    rows = [
        (f"{201 + i}", y, "total", float(rng.poisson((30 + 90 * i) * 1.06 ** (y - 2010))))
        for i in range(10)
        for y in years
    ]
    frame = pd.DataFrame(rows, columns=["unit", "year", "series", "value"])
    return frame[~((frame["unit"] == "203") & (frame["year"] == 2021))]


@pytest.mark.skipif(not SCORER.exists(), reason="the shared scorer is not beside the repository")
def test_agrees_with_the_shared_script(tmp_path: Path) -> None:
    frame = truth()
    forecasts = backtest(frame, ["auto", "last_value"], range(2017, 2023), [1, 3])
    forecasts.to_csv(tmp_path / "f.csv", index=False)
    frame.to_csv(tmp_path / "t.csv", index=False)
    command = [
        sys.executable,
        str(SCORER),
        str(tmp_path / "f.csv"),
        str(tmp_path / "t.csv"),
        "--json",
        "--horizons",
        "1,3",
    ]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = pd.read_json(StringIO(out)).set_index(["method", "horizon"]).sort_index()
    ours = score(cases(forecasts, frame)).set_index(["method", "horizon"]).sort_index()
    assert list(ours["n"]) == list(theirs["n"])
    for name in ("wape", "bias", "in80", "in95", "in80_small", "in80_large", "wql"):
        np.testing.assert_allclose(100 * ours[name], theirs[name], atol=0.006, err_msg=name)
    np.testing.assert_allclose(ours["mase"], theirs["mase"], atol=0.006)
