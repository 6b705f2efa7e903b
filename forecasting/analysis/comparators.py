"""The field that the pooled method has to beat: simple rules and off-the-shelf exponential smoothing.

Each takes counts (unit, year) up to the origin, the horizon and the simple yearly growth of the published
method, and looks at one authority at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from forecasting.model.trend import LEVELS
from forecasting.model.trend_panel import HALF
from forecasting.values import Floats

SHORTEST = 6  # years below which exponential smoothing has more parameters than data, and last value is used
STARTS = ((0.9, 0.1, 0.9), (0.5, 0.3, 0.95))  # level and trend smoothing, damping


@dataclass(frozen=True)
class Ranged:
    """mean (unit, horizon) and quantiles (unit, horizon, level) in counts; None = no range."""

    mean: Floats
    quantiles: Floats | None = None


Comparator = Callable[[Floats, int, float], Ranged]


def last_value(counts: Floats, horizon: int, growth: float) -> Ranged:
    """Every later January equals the origin. counts: (unit, year) children; `growth` is not used."""
    return Ranged(np.repeat(counts[:, -1:], horizon, axis=1))


def published_rate(counts: Floats, horizon: int, growth: float) -> Ranged:
    """The origin grows by the same number each year: value × (1 + growth × h).

    counts: (unit, year) children; growth: simple yearly rate as a fraction, given by the caller (the
    published assessment of 2017 took constant prevalence on pupils that grow at a simple rate).
    """
    return Ranged(counts[:, -1:] * (1 + growth * np.arange(1, horizon + 1)))


def own_growth_3y(counts: Floats, horizon: int, growth: float) -> Ranged:
    """The authority's own mean log growth of the last three years goes on (fewer where fewer are known).

    counts: (unit, year) children, with ½ added before the logarithm; `growth` is not used.
    """
    recent = np.log(counts[:, -4:] + HALF)
    years = np.arange(recent.shape[1])
    known = np.isfinite(recent)
    first = np.argmax(known, axis=1)
    span = np.maximum(years[-1] - first, 1)
    rate = np.where(known[:, -1], (recent[:, -1] - recent[np.arange(len(recent)), first]) / span, np.nan)
    ahead = recent[:, -1:] + rate[:, None] * np.arange(1, horizon + 1)
    return Ranged(np.maximum(np.exp(ahead) - HALF, 0))


def holt_damped(counts: Floats, horizon: int, growth: float) -> Ranged:
    """Damped Holt by statsmodels (ETS A,Ad,N) on counts, one authority at a time.

    Gardner and McKenzie 1985; `growth` is not used. counts: (unit, year) children. Ranges: the model's.
    """
    return _smoothed(counts, horizon, ("AAdN",), logged=False)


def ets(counts: Floats, horizon: int, growth: float) -> Ranged:
    """The best by AICc of A,N,N, A,A,N and A,Ad,N by statsmodels, on logged counts; `growth` is not used.

    Hyndman, Koehler, Ord and Snyder 2008. counts: (unit, year) children. Ranges: the model's.
    """
    return _smoothed(counts, horizon, ("ANN", "AAN", "AAdN"), logged=True)


COMPARATORS: Mapping[str, Comparator] = {
    "last_value": last_value,
    "published_rate": published_rate,
    "own_growth_3y": own_growth_3y,
    "holt_damped": holt_damped,
    "ets": ets,
}


@dataclass(frozen=True)
class Fit:
    """One fitted model on the rescaled logs: path and sd (horizon,), log likelihood, AICc, parameters."""

    path: Floats
    sd: Floats
    log_likelihood: float
    aicc: float
    parameters: tuple[float, ...]


def _smoothed(counts: Floats, horizon: int, models: tuple[str, ...], *, logged: bool) -> Ranged:
    """Fit each unit, take the model with the least AICc, and turn its path and range into counts."""
    scaled = np.log(counts + HALF) if logged else counts
    path = np.full((counts.shape[0], horizon), np.nan)
    sd = np.full(path.shape, np.nan)
    for i in np.flatnonzero(np.isfinite(counts[:, -1])):
        path[i], sd[i] = _one(_unbroken(scaled[i]), horizon, models)
    spread = path[:, :, None] + sd[:, :, None] * special.ndtri(LEVELS)
    if logged:
        path, spread = np.exp(path) - HALF, np.exp(spread) - HALF
    return Ranged(np.maximum(path, 0), np.maximum(spread, 0))


def _unbroken(series: Floats) -> Floats:
    """The values (year,) from the first known year on, gaps bridged in a straight line."""
    known = np.flatnonzero(np.isfinite(series))
    years = np.arange(known[0], series.size)
    return np.asarray(np.interp(years, known, series[known]))


def _one(series: Floats, horizon: int, models: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Path and sd (horizon,) of one unit, on the scale given; last value where it is short or flat."""
    scale = float(series.std())
    if series.size < SHORTEST or scale < 1e-9:
        step = float(np.sqrt(np.mean(np.diff(series) ** 2))) if series.size > 1 else 0.0
        return np.full(horizon, series[-1]), step * np.sqrt(np.arange(1, horizon + 1))
    centre = float(series.mean())
    z = (series - centre) / scale  # logged counts barely vary; unscaled, the optimiser stops where it starts
    best = min((fit_model(tuple(z.tolist()), m, horizon) for m in models), key=lambda f: f.aicc)
    return centre + scale * best.path, scale * best.sd


@lru_cache(maxsize=4096)
def fit_model(z: tuple[float, ...], model: str, horizon: int) -> Fit:
    """Fit ANN, AAN or AAdN to a rescaled series from several starting points and keep the likeliest.

    z: values of consecutive years, mean 0 and sd 1. statsmodels can report success at a poor optimum (level
    smoothing 0, a straight line through history), so its own start is only one of those tried.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # takes a second to import, and few need it

    y = np.array(z)
    trend = None if model == "ANN" else "add"
    damped = model == "AAdN"
    fitter = ETSModel(y, error="add", trend=trend, damped_trend=damped, initialization_method="estimated")
    fits = [fitter.fit(disp=False, maxiter=200)]
    fits += [fitter.fit(start_params=s, disp=False, maxiter=200) for s in _starts(y, model)]
    best = max((f for f in fits if np.isfinite(f.llf)), key=lambda f: float(f.llf))
    path, sd = _model_path(best, horizon)
    k, n = len(best.params) + 1, y.size
    penalty = 2 * k + 2 * k * (k + 1) / max(n - k - 1, 0.5)
    chosen = tuple(float(p) for p in best.params)
    return Fit(path, sd, float(best.llf), penalty - 2 * float(best.llf), chosen)


def _starts(y: Floats, model: str) -> list[Floats]:
    """Starting parameters for statsmodels, in its order; level and trend start from the first years."""
    slope = float(np.mean(np.diff(y[:4])))
    level = float(y[0]) - slope
    if model == "ANN":
        return [np.array([STARTS[0][0], float(y[0])])]
    if model == "AAN":
        return [np.array([a, b, level, slope]) for a, b, _ in STARTS]
    return [np.array([a, b, phi, level, slope]) for a, b, phi in STARTS]


def _model_path(fit: object, horizon: int) -> tuple[Floats, Floats]:
    """Forecast and sd (horizon,): var = σ² (1 + Σ cⱼ²), cⱼ = α + β Σ φⁱ (Hyndman et al. 2008, table 6.1)."""
    p = dict(zip(fit.model.param_names, fit.params, strict=True))  # type: ignore[attr-defined]
    phi = p.get("damping_trend", 1.0)
    powers = np.cumsum(phi ** np.arange(1, horizon))
    c = p["smoothing_level"] + p.get("smoothing_trend", 0.0) * powers
    var = float(fit.mse) * np.concatenate([[1.0], 1 + np.cumsum(c**2)])  # type: ignore[attr-defined]
    return np.asarray(fit.forecast(horizon)), np.sqrt(var)  # type: ignore[attr-defined]
