"""Growth of each authority against England: what is known of it, and what that has been worth (empirical Bayes)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.model.trend_panel import TrendPanel, chained_growth, filled_logs, national_growth
from forecasting.model.trend_statistics import CLIP, recency, robust_sd, variance_by_size
from forecasting.values import Floats

PRIOR_UNIT_SD = 0.05  # sd of one year of an authority's growth against England, log scale

CARRY = 0.7  # of a step's coefficients, what the next step starts from


@dataclass(frozen=True)
class Relative:
    """Growth against England: logs (unit, year), growth (unit, year − 1), noise = κ in v (1 + κ / n)."""

    logs: Floats
    growth: Floats
    noise: float
    unit_sd: float


def relative_growth(panel: TrendPanel, series: str) -> Relative:
    """Return growth of each unit minus England's, and how its variance falls with size."""
    logs = filled_logs(panel.counts[series])
    growth = np.diff(logs, axis=1) - national_growth(panel, series)
    weight = np.broadcast_to(recency(growth.shape[1]), growth.shape)
    v, noise = variance_by_size(growth, np.exp(logs[:, :-1]), weight, PRIOR_UNIT_SD**2)
    return Relative(logs, growth, noise, float(np.sqrt(v)))


def features_of(panel: TrendPanel, series: str, rel: Relative) -> tuple[Floats, Floats]:
    """Return what is known of each unit at each January (unit, year, feature), on a scale where 0 = like England.

    Own growth over 1, 3 and 8 years and the region's growth; for all plans also new plans and requests per
    plan and plans per pupil; for a part of the plans its share of them. Also returns the share (unit,) of
    these that is known at the origin.
    """
    spread = CLIP * rel.unit_sd * np.sqrt(1 + rel.noise / np.exp(rel.logs[:, :-1]))
    core = np.clip(rel.growth, -spread, spread)
    reliability = 1 / (1 + rel.noise / np.exp(rel.logs))
    columns = [_scaled(_recent_mean(core, n)) * reliability for n in (1, 3, 8)]
    region = _region_growth(panel, series, rel)
    if region is not None:
        columns.append(_scaled(_recent_mean(region, 3)))
    if series == "total" or "total" not in panel.counts:
        ratios = [_ratio(panel, c, series) for c in ("new_plans", "requests")]
        ratios.append(_ratio(panel, series, "pupils"))
    else:
        ratios = [_ratio(panel, series, "total")]
    columns += [_scaled(r) for r in ratios if r is not None]
    x = np.stack(columns, axis=2)
    return np.where(np.isfinite(x), x, 0.0), np.isfinite(x[:, -1]).mean(axis=1)


def _scaled(raw: Floats) -> Floats:
    """A feature (unit, year) in its robust standard deviations about 0 (England), cut at ±CLIP."""
    scale = robust_sd(raw)
    if scale == 0:
        known = raw[np.isfinite(raw)]
        scale = float(np.sqrt(np.mean(known**2))) if known.size else 0.0
    return np.asarray(np.clip(raw / (scale if scale > 0 else 1.0), -CLIP, CLIP))


def _recent_mean(growth: Floats, years: int) -> Floats:
    """Mean (unit, year) of the last `years` growths at each January; NaN where none is known."""
    known = np.isfinite(growth)
    zero = np.zeros((growth.shape[0], 1))
    total = np.cumsum(np.concatenate([zero, np.where(known, growth, 0)], axis=1), axis=1)
    count = np.cumsum(np.concatenate([zero, known], axis=1), axis=1)
    start = np.maximum(np.arange(total.shape[1]) - years, 0)
    n = count - count[:, start]
    return np.where(n > 0, (total - total[:, start]) / np.maximum(n, 1), np.nan)


def _against(ratio: Floats, england: Floats | None) -> Floats:
    """Log ratio (unit, year) minus England's, or minus the median of the pool where England has none."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(ratio)
        middle = np.full(ratio.shape[1], np.nan)
        some = known.any(axis=0)
        middle[some] = np.nanmedian(ratio[:, some], axis=0)
    centre = middle if england is None else np.where(np.isfinite(england), england, middle)
    return ratio - centre


def _ratio(panel: TrendPanel, top: str, bottom: str) -> Floats | None:
    """Log of `top` ÷ `bottom` (unit, year) against England; None where the panel lacks either."""
    if top not in panel.counts or bottom not in panel.counts:
        return None
    ratio = filled_logs(panel.counts[top]) - filled_logs(panel.counts[bottom])
    england = None
    if top in panel.context and bottom in panel.context:
        england = (filled_logs(panel.context[top][None, :]) - filled_logs(panel.context[bottom][None, :]))[0]
    return _against(ratio, england)


def _region_growth(panel: TrendPanel, series: str, rel: Relative) -> Floats | None:
    """Growth of each unit's region against England (unit, year − 1): the region's own row, or its units."""
    names = np.array(panel.regions)
    if not names.astype(bool).any():
        return None
    out = np.full(rel.growth.shape, np.nan)
    national = national_growth(panel, series)
    for region in sorted(set(panel.regions) - {""}):
        mine = names == region
        row = panel.region_context.get(region, {}).get(series)
        own = chained_growth(rel.logs[mine]) if row is None else np.diff(filled_logs(row[None, :])[0])
        out[mine] = own - national
    return out


def relative_path(x: Floats, rel: Relative, national: Floats, horizon: int, carry: float) -> Floats:
    """Return the expected cumulative growth against England (unit, horizon) from the last January.

    Step k has its own coefficients, shrunk towards `carry` × those of step k − 1, so that a step never seen
    (few years) inherits a fading copy of the step before.

    Args:
        x: what is known of each unit, axes (unit, year, feature).
        rel: growth against England.
        national: log growth of England, axis (year − 1).
        horizon: years ahead.
        carry: of a step's coefficients, what the next step starts from.
    """
    years = rel.logs.shape[1]
    size = np.exp(rel.logs)
    beta = np.zeros(x.shape[2])
    out = np.zeros((x.shape[0], horizon))
    for step in range(1, horizon + 1):
        beta = beta * (carry if step > 1 else 0.0)
        n = years - step
        if n > 0:
            y = _increments(rel, national, step)
            rows = np.isfinite(y)
            w = recency(n) / (1 + rel.noise / size[:, :n])
            beta = _robust_ridge(x[:, :n][rows], y[rows], w[rows], beta)
        out[:, step - 1] = x[:, -1] @ beta
    return np.cumsum(out, axis=1)


def _increments(rel: Relative, national: Floats, step: int) -> Floats:
    """Growth (unit, origin) in step `step` after each January, as a share of the stock of that January.

    Counts are deflated by England's index, so that the increments of all authorities sum to about 0 and a
    coefficient forecasts the mean, not the median, of a count.
    """
    index = np.concatenate([np.zeros(1), np.cumsum(national)])
    share = np.exp(rel.logs - index)
    later, earlier = share[:, step:], share[:, step - 1 : -1]
    return np.asarray((later - earlier) / share[:, :-step])


def _ridge(x: Floats, y: Floats, w: Floats, centre: Floats) -> Floats:
    """Coefficients (feature,) shrunk towards `centre`; how far is chosen by marginal likelihood.

    y ~ N(xβ, σ²/w), β ~ N(centre, σ²/λ): λ maximises the likelihood with β and σ integrated out (Efron and
    Morris 1973; MacKay 1992).
    """
    if y.size == 0:
        return centre
    root = np.sqrt(w)[:, None]
    xw, rest = x * root, (y - x @ centre) * root[:, 0]
    values, vectors = np.linalg.eigh(xw.T @ xw)
    values = np.maximum(values, 0)
    b = vectors.T @ (xw.T @ rest)
    lam = np.logspace(0, 4, 17)[:, None]
    left = rest @ rest - np.sum(b**2 / (values + lam), axis=1)
    n = y.size
    evidence = -0.5 * np.sum(np.log1p(values / lam), axis=1) - 0.5 * n * np.log(np.maximum(left, 1e-12))
    best = lam[int(np.argmax(evidence)), 0]
    return np.asarray(centre + vectors @ (b / (values + best)))


def _robust_ridge(x: Floats, y: Floats, w: Floats, centre: Floats) -> Floats:
    """Ridge with Huber weights (two passes), so that one failed return does not steer the pool."""
    beta = _ridge(x, y, w, centre)
    for _ in range(2):
        size = np.abs(y - x @ beta) * np.sqrt(w)
        cut = 2.0 * 1.4826 * np.median(size) if size.size else 1.0
        beta = _ridge(x, y, w * np.minimum(1, cut / np.maximum(size, 1e-12)), centre)
    return beta
