"""England's path: candidates for how its growth goes on, averaged by how well they did in the past."""

from __future__ import annotations

import numpy as np
from scipy import special

from forecasting.model.trend_panel import TrendPanel, filled_logs, national_growth, targets
from forecasting.model.trend_statistics import recency
from forecasting.values import Floats

SMOOTHING = (0.25, 0.5, 0.75, 1.0)  # candidates for the weight of the newest national growth
DAMPING = (0.85, 0.9, 0.95, 1.0)  # candidates for the yearly damping of national growth
PRIOR_NATIONAL_SD = 0.015  # sd of the yearly change of national growth, log scale

TESTED = 5  # years ahead on which candidates, shapes and ranges are judged, however far a forecast goes
BEYOND = DAMPING[0]  # of England's growth, what is left each year further ahead than that


def national_path(panel: TrendPanel, series: str, horizon: int) -> Floats:
    """Return the expected cumulative log growth (horizon,) of England: the candidates averaged by posterior weight.

    Smoothing is the series' own (it depends on how noisy the series is); damping is one for all series, so
    each learns it from every series' past errors.
    """
    if len(panel.years) < 2:
        return np.zeros(horizon)
    known = {s: _known_growth(panel, s) for s in targets(panel) if s != series}
    others = [special.logsumexp(_past_fit(g), axis=0) for g in known.values() if g.size]
    own = national_growth(panel, series)
    weights = special.softmax(_past_fit(own) + np.sum(others, axis=0)).ravel()
    return np.asarray(weights @ _candidate_paths(own, horizon)[:, -1, :])


def _known_growth(panel: TrendPanel, series: str) -> Floats:
    """Log growth of England from the first to the last year in which it, or some unit, is known."""
    england = panel.context.get(series, np.full(len(panel.years), np.nan))
    logs = np.isfinite(filled_logs(np.vstack([panel.counts[series], england])))
    years = np.flatnonzero((logs[:, 1:] & logs[:, :-1]).any(axis=0))
    growth = national_growth(panel, series)
    return growth[years[0] : years[-1] + 1] if years.size else growth[:0]


def _past_fit(growth: Floats) -> Floats:
    """Log likelihood (smoothing, damping) of a series' own past errors up to TESTED years ahead.

    A Student-t likelihood (4 df) keeps a reform from deciding alone; the errors of one origin overlap over
    horizons, so their mean log likelihood counts once.
    """
    error = (_outcomes(growth, TESTED) - _candidate_paths(growth, TESTED)) / _wander_shape(TESTED)
    loss = -2.5 * np.log1p((error / PRIOR_NATIONAL_SD) ** 2 / 4)
    seen = np.isfinite(loss)
    mean = np.where(seen, loss, 0).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    return np.asarray(mean @ recency(growth.size)).reshape(len(SMOOTHING), len(DAMPING))


def _candidate_paths(growth: Floats, horizon: int) -> Floats:
    """Cumulative log growth (candidate, origin, horizon) that each smoothing × damping would have forecast.

    Origin i knows growth[:i + 1]. g̃ₜ = α gₜ + (1 − α) g̃ₜ₋₁; step k grows by φᵏ g̃ (damped trend, Gardner and
    McKenzie 1985, on the log scale without a level error), after TESTED years by a further BEYOND each year.
    """
    alpha = np.repeat(SMOOTHING, len(DAMPING))
    phi = np.tile(DAMPING, len(SMOOTHING))
    smooth = np.empty((alpha.size, growth.size))
    smooth[:, 0] = growth[0]
    for i in range(1, growth.size):
        smooth[:, i] = alpha * growth[i] + (1 - alpha) * smooth[:, i - 1]
    steps = np.arange(1, horizon + 1)
    powers = np.cumsum(phi[:, None] ** steps * BEYOND ** np.maximum(steps - TESTED, 0), axis=1)
    return smooth[:, :, None] * powers[:, None, :]


def _outcomes(growth: Floats, horizon: int) -> Floats:
    """Cumulative log growth (origin, horizon) after each origin i; NaN where it is not over yet."""
    level = np.concatenate([np.zeros(1), np.cumsum(growth)])
    at = np.arange(1, growth.size + 1)[:, None] + np.arange(1, horizon + 1)
    now = level[1:][:, None]
    return np.where(at < level.size, level[np.minimum(at, level.size - 1)] - now, np.nan)


def _wander_shape(horizon: int) -> Floats:
    """Standard deviation (horizon,) of Σ growth when growth is a random walk with unit steps: √Σ i².

    The model under which smoothing growth is best (Muth 1960), so the scale on which candidates are compared.
    """
    return np.sqrt(np.cumsum(np.arange(1.0, horizon + 1) ** 2))
