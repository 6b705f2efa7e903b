"""Exponential smoothing by statsmodels: the optimiser is watched, short and flat series are caught."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from forecasting.analysis.comparators import ets, fit_model, holt_damped


def rescaled(counts: np.ndarray) -> np.ndarray:
    logs = np.log(counts + 0.5)
    return (logs - logs.mean()) / logs.std()


def model_of(z: np.ndarray, model: str) -> ETSModel:
    trend = None if model == "ANN" else "add"
    damped = model == "AAdN"
    return ETSModel(z, error="add", trend=trend, damped_trend=damped, initialization_method="estimated")


LEVEL_SHIFT = np.array([1014.0, 991, 968, 957, 969, 964, 1079, 1202, 1241, 1385, 1378, 1411])


def test_several_starts_beat_the_default_start() -> None:
    # From its own start the optimiser stops at level smoothing 0 (a straight line through a series that
    # plainly wanders) and reports success; another start finds a much likelier fit.
    z = rescaled(LEVEL_SHIFT)
    default = model_of(z, "AAdN").fit(disp=False)
    assert default.mle_retvals["converged"] and default.params[0] < 0.01
    ours = fit_model(tuple(z.tolist()), "AAdN", 1)
    assert ours.log_likelihood > default.llf + 1


def test_without_rescaling_the_optimiser_says_success_where_it_starts() -> None:
    # Logs of counts barely vary around 7; our fits are made on the rescaled series, so that ten times the counts, or
    # counts in other units, give the same forecast in those units.
    counts = LEVEL_SHIFT[None, :]
    plain, larger = holt_damped(counts, 3, 0.0), holt_damped(counts * 1000, 3, 0.0)
    np.testing.assert_allclose(larger.mean, plain.mean * 1000, rtol=1e-6)
    logs = np.log(counts[0] + 0.5)
    raw = model_of(logs, "AAdN").fit(disp=False)
    rescaled_again = fit_model(tuple(rescaled(counts[0]).tolist()), "AAdN", 1).log_likelihood
    assert raw.mle_retvals["converged"]
    assert rescaled_again > raw.llf + logs.size * np.log(logs.std()) + 1  # the same likelihood, in units of the logs


@pytest.mark.parametrize("model", ["ANN", "AAN", "AAdN"])
def test_spread_agrees_with_simulation(model: str) -> None:
    # The formula for the variance against 20,000 simulated futures of the same fitted model.
    z = rescaled(LEVEL_SHIFT)
    ours = fit_model(tuple(z.tolist()), model, 4)
    fit = model_of(z, model).smooth(np.array(ours.parameters))
    paths = np.asarray(fit.simulate(4, anchor="end", repetitions=20_000, rng=np.random.default_rng(1)))
    np.testing.assert_allclose(paths.std(axis=1), ours.sd, rtol=0.03)
    np.testing.assert_allclose(paths.mean(axis=1), ours.path, atol=0.03)


def test_short_and_flat_series_keep_the_last_value() -> None:
    counts = np.array([[np.nan, np.nan, 90.0, 100, 105, 110], [50.0] * 6, [np.nan] * 6])
    for method in (holt_damped, ets):
        got = method(counts, 2, 0.0)
        np.testing.assert_allclose(got.mean[:2], [[110, 110], [50, 50]])
        assert np.isnan(got.mean[2]).all()
        assert got.quantiles is not None
        np.testing.assert_allclose(got.quantiles[1], 50)


def test_steady_growth_goes_on() -> None:
    # 5 % a year for 12 years with no noise to speak of: damped Holt forecasts close to 5 % for one more year.
    wiggle = 1 + 1e-3 * np.array([1, -1] * 6)
    counts = (1000 * 1.05 ** np.arange(12) * wiggle)[None, :]
    got = holt_damped(counts, 1, 0.0).mean[0, 0] / counts[0, -1]
    assert got == pytest.approx(1.05, abs=0.01)
