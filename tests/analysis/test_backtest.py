"""The rolling-origin backtest: shape of the output, no leak, odd panels, accuracy on real data."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.analysis.backtest import ALL, COLUMNS, backtest
from forecasting.model.trend import LEVEL_NAMES

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
PANEL = SHARED / "dfe" / "panel.csv"
SCORER = SHARED / "tools" / "score_backtest.py"
MISSING = "the shared real panel or its scorer is not beside the repository"
needs_shared = pytest.mark.skipif(not (PANEL.exists() and SCORER.exists()), reason=MISSING)


def panel(units: int = 8, first: int = 2014, last: int = 2030, seed: int = 0) -> pd.DataFrame:
    """Totals, a part and covariates of some authorities and England; years may be any, here up to 2030."""
    rng = np.random.default_rng(seed)
    years = np.arange(first, last + 1)
    rows = []
    for i in range(units):
        growth = 0.07 * (years - first) + 0.03 * rng.standard_normal(years.size)
        total = rng.poisson(400 * (i + 1) * np.exp(growth))
        series = {
            "total": total,
            "inmss": rng.poisson(0.06 * total),
            "new_plans": rng.poisson(0.15 * total),
            "requests": rng.poisson(0.2 * total),
            "pupils": 20 * total,
        }
        for name, counts in series.items():
            rows += [(f"{301 + i}", y, name, float(v)) for y, v in zip(years, counts, strict=True)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "series", "value"])
    england = frame.groupby(["year", "series"], as_index=False)["value"].sum().assign(unit="ENG")
    england["value"] *= 20
    return pd.concat([frame, england], ignore_index=True)


def test_one_row_per_unit_series_origin_horizon_and_method() -> None:
    got = backtest(panel(3), ["auto", "last_value"], [2025, 2028], [1, 3])
    # 3 units × 2 series × 2 origins × 2 horizons × 2 methods; England and the covariates are never forecast.
    assert len(got) == 3 * 2 * 2 * 2 * 2
    assert tuple(got.columns) == COLUMNS
    assert set(got["series"]) == {"total", "inmss"}
    assert set(got["unit"]) == {"301", "302", "303"}
    assert (got["year"] == got["origin"] + got["horizon"]).all()
    assert not got.duplicated(["unit", "series", "origin", "horizon", "method"]).any()


def test_simple_methods_by_hand() -> None:
    # 100, 110, 121 grows 10 % a year: last value stays 121; 1 % simple of 121 is 1.21 a year; own growth
    # with ½ added goes (121.5 / 100.5)^½ a year.
    frame = pd.DataFrame({"year": [2020, 2021, 2022], "value": [100.0, 110, 121]})
    frame = frame.assign(unit="301", series="total")
    got = backtest(frame, ["last_value", "published_rate", "own_growth_3y"], [2022], [1, 2])
    mean = got.set_index(["method", "horizon"])["mean"]
    assert mean["last_value", 2] == 121
    assert mean["published_rate", 2] == pytest.approx(121 * 1.02)
    assert mean["own_growth_3y", 2] == pytest.approx(121.5 * 121.5 / 100.5 - 0.5)
    assert got[list(LEVEL_NAMES)].isna().all(axis=None)


def test_auto_is_trend_under_its_own_name() -> None:
    got = backtest(panel(4), ["auto", "trend"], [2024], [1, 5])
    a, t = (got[got["method"] == m].drop(columns="method").reset_index(drop=True) for m in ("auto", "trend"))
    pd.testing.assert_frame_equal(a, t)


def test_all_runs_every_method() -> None:
    got = backtest(panel(2, 2018), "all", [2028], [1])
    assert set(got["method"]) == set(ALL)
    assert np.isfinite(got["mean"]).all()


def scramble(frame: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """Replace every value in the years marked, covariates and England included, by noise of its own size."""
    rng = np.random.default_rng(99)
    noise = frame["value"] * rng.uniform(0.2, 5, len(frame))
    return frame.assign(value=frame["value"].where(~years, noise.round()))


@pytest.mark.parametrize("methods", ["auto", "all"])
def test_nothing_after_the_origin_matters(methods: str) -> None:
    frame = panel(4, 2016)
    before = backtest(frame, methods, [2026], [1, 4])
    after = backtest(scramble(frame, frame["year"] > 2026), methods, [2026], [1, 4])
    pd.testing.assert_frame_equal(before, after, check_exact=True)
    gone = backtest(frame[frame["year"] <= 2026], methods, [2026], [1, 4])
    pd.testing.assert_frame_equal(before, gone, check_exact=True)


def test_no_file_is_read_by_a_backtest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundled national data cannot leak where nothing bundled is read: neither by pandas nor by opening a file."""
    frame = panel(4, 2016)
    before = backtest(frame, "all", [2026], [1, 4])

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a backtest read {args}")

    for place, name in ((pd, "read_csv"), (Path, "open"), (Path, "read_text"), ("builtins", "open")):
        target = __import__(place) if isinstance(place, str) else place
        monkeypatch.setattr(target, name, refuse)
    after = backtest(frame, "all", [2026], [1, 4])
    monkeypatch.undo()
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_an_earlier_origin_does_not_change_when_later_ones_are_asked_too() -> None:
    frame = panel(4)
    alone = backtest(frame, "auto", [2024], [1, 2])
    among = backtest(frame, "auto", range(2022, 2029), [1, 2])
    among = among[among["origin"] == 2024].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among, check_exact=True)


@pytest.mark.parametrize("series", ["total", "new_plans", "requests", "pupils"])
def test_positive_control_the_origin_does_matter(series: str) -> None:
    frame = panel()
    here = (frame["year"] == 2026) & (frame["series"] == series) & (frame["unit"] == "303")
    before, after = (backtest(f, "auto", [2026], [1]) for f in (frame, scramble(frame, here)))
    one = (before["series"] == "total") & (before["unit"] == "303")
    assert before[one]["mean"].iloc[0] != after[one]["mean"].iloc[0]


def test_order_of_rows_does_not_matter() -> None:
    frame = panel()
    shuffled = frame.sample(frac=1, random_state=4)
    before, after = (backtest(f, "auto", [2022, 2026], [1, 2]) for f in (frame, shuffled))
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_a_unit_missing_at_the_origin_is_skipped() -> None:
    frame = panel(3)
    frame = frame[~((frame["unit"] == "302") & (frame["year"] == 2026) & (frame["series"] == "total"))]
    got = backtest(frame, "auto", [2026], [1])
    assert set(got[got["series"] == "total"]["unit"]) == {"301", "303"}
    assert set(got[got["series"] == "inmss"]["unit"]) == {"301", "302", "303"}


ODD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "totals only": lambda f: f[f["series"] == "total"],
    "no England": lambda f: f[f["unit"] != "ENG"],
    "one unit": lambda f: f[f["unit"] == "302"],
    "one unit, one year": lambda f: f[(f["unit"] == "302") & (f["year"] == 2026)],
    "holes": lambda f: f[(f["year"] % 3 != 0) | (f["unit"] != "302") | (f["year"] == 2026)],
    "zeros": lambda f: f.assign(value=f["value"].where(f["series"] != "inmss", 0.0)),
    "three years": lambda f: f[f["year"] >= 2024],
    "a part without the whole": lambda f: f[f["series"] == "inmss"],
    "blank values": lambda f: f.assign(value=f["value"].where((f["year"] != 2020) | (f["unit"] != "302"))),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_panels_give_finite_ordered_forecasts(name: str) -> None:
    got = backtest(ODD[name](panel(4, 2018)), ["auto", "own_growth_3y", "holt_damped"], [2026], [1, 2, 6])
    assert len(got)
    assert np.isfinite(got["mean"]).all()
    ranged = got[got["method"] != "own_growth_3y"]
    assert (ranged[list(LEVEL_NAMES)].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


def test_regional_rows_are_context() -> None:
    frame = panel(4).assign(region="E12000003")
    region = frame[frame["unit"] == "ENG"].assign(unit="E12000003")
    got = backtest(pd.concat([frame, region]), "auto", [2026], [1])
    assert set(got["unit"]) == {"301", "302", "303", "304"}


def test_a_year_outside_the_panel_gives_no_rows() -> None:
    got = backtest(panel(2), "auto", [2040], [1])
    assert got.empty
    assert tuple(got.columns) == COLUMNS


@pytest.mark.parametrize(
    ("methods", "horizons", "message"),
    [
        ("best", [1], "unknown method best"),
        ("auto", [0], "horizons"),
        ("auto", [], "horizons"),
    ],
)
def test_wrong_usage_is_refused(methods: str, horizons: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backtest(panel(1), methods, [2026], horizons)


def test_missing_column_is_refused() -> None:
    with pytest.raises(ValueError, match="series"):
        backtest(panel(1).drop(columns="series"), "auto", [2026])


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Scores of `auto` on the real panel by the shared script: index series, horizon."""
    out = tmp_path_factory.mktemp("backtest") / "forecasts.csv"
    frame = pd.read_csv(PANEL, dtype={"unit": str})
    backtest(frame, "auto", range(2017, 2025)).to_csv(out, index=False)
    parts = []
    for series in ("total", "state_special", "inmss"):
        command = [sys.executable, str(SCORER), str(out), str(PANEL), "--series", series, "--json"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        parts.append(pd.read_json(StringIO(text)).assign(series=series))
    return pd.concat(parts).set_index(["series", "horizon"])


@needs_shared
@pytest.mark.parametrize(
    ("series", "limits"),
    [
        ("total", (3.45, 7.6, 10.6)),
        ("state_special", (3.7, 7.6, 10.9)),
        ("inmss", (12.5, 24, 34)),
    ],
)
def test_accuracy_on_real_authorities(scores: pd.DataFrame, series: str, limits: tuple[float, ...]) -> None:
    wape = scores.loc[series]["wape"]
    assert [wape[h] <= limit for h, limit in zip((1, 3, 5), limits, strict=True)] == [True] * 3


@needs_shared
def test_ranges_on_real_authorities(scores: pd.DataFrame) -> None:
    total = scores.loc["total"]
    assert (total["bias"].abs() <= 2.5).all()
    assert total["in80"].between(75, 86).all()
    assert (total["in80_small"].between(70, 90) & total["in80_large"].between(70, 90)).all()
    assert total["in95"].between(90, 98).all()
    assert (total["wql"] <= [1.65, 3.4, 4.9]).all()


@needs_shared
def test_no_leak_on_real_authorities() -> None:
    frame = pd.read_csv(PANEL, dtype={"unit": str})
    before = backtest(frame, "auto", [2020], [1, 5])
    after = backtest(scramble(frame, frame["year"] > 2020), "auto", [2020], [1, 5])
    pd.testing.assert_frame_equal(before, after, check_exact=True)
