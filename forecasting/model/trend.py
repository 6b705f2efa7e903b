"""The `trend` method: yearly counts of many authorities forecast together, with England as context.

Read from top to bottom: the panel, England's path, each authority's growth against England, past errors,
ranges and draws. `docs/method_trend.md` gives every equation in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from forecasting.values import Floats

COVARIATES = ("new_plans", "requests", "pupils")
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
LEVEL_NAMES = ("p2_5", "p10", "p50", "p90", "p97_5")

# Judgements made before any score was seen; each is weak and the data overrule it (docs/method_trend.md).
HALF = 0.5  # added to each count before the logarithm, so that 0 is allowed (Anscombe 1948)
RECENCY_HALF_LIFE = 4.0  # years after which a past year counts half
SMOOTHING = (0.25, 0.5, 0.75, 1.0)  # candidates for the weight of the newest national growth
DAMPING = (0.85, 0.9, 0.95, 1.0)  # candidates for the yearly damping of national growth
PRIOR_NATIONAL_SD = 0.015  # sd of the yearly change of national growth, log scale
PRIOR_UNIT_SD = 0.05  # sd of one year of an authority's growth against England, log scale
PRIOR_YEARS = 4.0  # national errors that the prior sd is worth
PRIOR_ROWS = 40.0  # authority errors that the prior sd and the prior shape are worth
PRIOR_SHAPE_DF = 5.0  # Student t that past errors are mixed with
CLIP = 3.0  # robust standard deviations at which a covariate or growth is cut
CARRY = 0.7  # of a step's coefficients, what the next step starts from
FIRST_HISTORY = 3  # years of data before the first pseudo-origin
TESTED = 5  # years ahead on which candidates, shapes and ranges are judged, however far a forecast goes
BEYOND = DAMPING[0]  # of England's growth, what is left each year further ahead than that


@dataclass(frozen=True)
class TrendPanel:
    """Yearly counts of authorities up to and including the origin, and nothing later.

    counts: series -> array (unit, year), children, NaN = not known. context: series -> (year,), England.
    regions: the region name of each unit, "" = not known. region_context: region -> series -> (year,).
    years are consecutive January census years; the last one is the origin.
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    counts: Mapping[str, Floats]
    context: Mapping[str, Floats]
    regions: tuple[str, ...]
    region_context: Mapping[str, Mapping[str, Floats]]

    @property
    def origin(self) -> int:
        """The last January census year in the panel."""
        return self.years[-1]

    def upto(self, year: int) -> TrendPanel:
        """Return the panel as it stood at January `year`: later columns are not in the result at all."""
        n = sum(y <= year for y in self.years)
        return TrendPanel(
            self.units,
            self.years[:n],
            {s: v[:, :n] for s, v in self.counts.items()},
            {s: v[:n] for s, v in self.context.items()},
            self.regions,
            {r: {s: v[:n] for s, v in c.items()} for r, c in self.region_context.items()},
        )


def is_context(unit: str) -> bool:
    """Tell whether `unit` is England (ENG, E92…) or a region (E12…): context, never a row of the output."""
    return unit == "ENG" or unit.startswith(("E12", "E92"))


def panel_from_long(frame: pd.DataFrame) -> TrendPanel:
    """Turn a long table into arrays, independent of the order of its rows.

    Args:
        frame: columns unit, year, series, value (counts; NaN = not known) and optionally region.

    Returns:
        The panel with units sorted by code and years without gaps; ENG and E12… as context.

    Raises:
        ValueError: two values for one unit, year and series, or a negative value.
    """
    known = frame.dropna(subset=["value"])
    if known.duplicated(["unit", "year", "series"]).any():
        raise ValueError("panel: two values for one unit, year and series")
    if (known["value"] < 0).any():
        raise ValueError("panel: a count is negative")
    years = tuple(range(int(known["year"].min()), int(known["year"].max()) + 1)) if len(known) else ()
    codes = known["unit"].astype(str)
    units = tuple(sorted({u for u in codes if not is_context(u)}))
    wide = {str(series): _wide(part, years) for series, part in known.assign(unit=codes).groupby("series")}
    values = {s: w.reindex(list(units)).to_numpy(float) for s, w in wide.items()}
    england = {s: w.loc["ENG"].to_numpy(float) for s, w in wide.items() if "ENG" in w.index}
    regional = {
        r: {s: w.loc[r].to_numpy(float) for s, w in wide.items() if r in w.index}
        for r in sorted(set(codes))
        if r.startswith("E12")
    }
    return TrendPanel(units, years, values, england, _regions(known, units), regional)


def _wide(part: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """One series as a table of units by consecutive years; a pivot, since two values never meet."""
    wide = part.set_index(["unit", "year"])["value"].unstack("year")  # noqa: PD010
    return wide.reindex(columns=list(years))


def _regions(known: pd.DataFrame, units: tuple[str, ...]) -> tuple[str, ...]:
    """Give the region of each unit, the one named latest; "" where the panel has none."""
    if "region" not in known.columns:
        return ("",) * len(units)
    named = known.dropna(subset=["region"]).sort_values(["year", "series"])
    region = dict(zip(named["unit"].astype(str), named["region"].astype(str), strict=True))
    return tuple(region.get(u, "") for u in units)


# --- Logarithms and gaps ------------------------------------------------------------------------------------


def _filled(counts: Floats) -> Floats:
    """Log of counts (unit, year) with gaps between two known years bridged in a straight line."""
    logs = np.log(counts + HALF)
    known = np.isfinite(logs)
    place = np.broadcast_to(np.arange(logs.shape[1]), logs.shape)
    before = np.maximum.accumulate(np.where(known, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, place, logs.shape[1])[:, ::-1], axis=1)[:, ::-1]
    inside = (before >= 0) & (after < logs.shape[1]) & ~known
    row = np.arange(logs.shape[0])[:, None]
    lo, hi = np.where(inside, before, 0), np.where(inside, after, 0)
    share = (place - lo) / np.maximum(hi - lo, 1)
    bridged = logs[row, lo] * (1 - share) + logs[row, hi] * share
    return np.where(inside, bridged, logs)


def _chain(logs: Floats) -> Floats:
    """Log growth (year − 1,) of the sum over the units known in both years; 0 where none is."""
    level = np.exp(logs)
    both = np.isfinite(level[:, 1:]) & np.isfinite(level[:, :-1])
    new = np.where(both, level[:, 1:], 0.0).sum(axis=0)
    old = np.where(both, level[:, :-1], 0.0).sum(axis=0)
    return np.log(np.where(new > 0, new, 1.0) / np.where(old > 0, old, 1.0))


def _national_growth(panel: TrendPanel, series: str) -> Floats:
    """Log growth (year − 1,) of England; of the pool of units where England is not known."""
    pool = _chain(_filled(panel.counts[series]))
    if series not in panel.context:
        return pool
    growth = np.diff(_filled(panel.context[series][None, :])[0])
    return np.where(np.isfinite(growth), growth, pool)


# --- England's path -----------------------------------------------------------------------------------------


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


def _recency(n: int) -> Floats:
    """Weights (n,) that halve every RECENCY_HALF_LIFE years back from the newest, which has 1."""
    return np.asarray(0.5 ** (np.arange(n)[::-1] / RECENCY_HALF_LIFE))


def _past_fit(growth: Floats) -> Floats:
    """Log likelihood (smoothing, damping) of a series' own past errors up to TESTED years ahead.

    A Student-t likelihood (4 df) keeps a reform from deciding alone; the errors of one origin overlap over
    horizons, so their mean log likelihood counts once.
    """
    error = (_outcomes(growth, TESTED) - _candidate_paths(growth, TESTED)) / _wander_shape(TESTED)
    loss = -2.5 * np.log1p((error / PRIOR_NATIONAL_SD) ** 2 / 4)
    seen = np.isfinite(loss)
    mean = np.where(seen, loss, 0).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    return np.asarray(mean @ _recency(growth.size)).reshape(len(SMOOTHING), len(DAMPING))


def _national_path(panel: TrendPanel, series: str, horizon: int) -> Floats:
    """Expected cumulative log growth (horizon,) of England: the candidates averaged by posterior weight.

    Smoothing is the series' own (it depends on how noisy the series is); damping is one for all series, so
    each learns it from every series' past errors.
    """
    if len(panel.years) < 2:
        return np.zeros(horizon)
    known = {s: _known_growth(panel, s) for s in _targets(panel) if s != series}
    others = [special.logsumexp(_past_fit(g), axis=0) for g in known.values() if g.size]
    own = _national_growth(panel, series)
    weights = special.softmax(_past_fit(own) + np.sum(others, axis=0)).ravel()
    return np.asarray(weights @ _candidate_paths(own, horizon)[:, -1, :])


def _known_growth(panel: TrendPanel, series: str) -> Floats:
    """Log growth of England from the first to the last year in which it, or some unit, is known."""
    england = panel.context.get(series, np.full(len(panel.years), np.nan))
    logs = np.isfinite(_filled(np.vstack([panel.counts[series], england])))
    years = np.flatnonzero((logs[:, 1:] & logs[:, :-1]).any(axis=0))
    growth = _national_growth(panel, series)
    return growth[years[0] : years[-1] + 1] if years.size else growth[:0]


# --- Each authority against England -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Relative:
    """Growth against England: logs (unit, year), growth (unit, year − 1), noise = κ in v (1 + κ / n)."""

    logs: Floats
    growth: Floats
    noise: float
    unit_sd: float


def _variance_by_size(error: Floats, size: Floats, weight: Floats, prior: float) -> tuple[float, float]:
    """Variance of one large unit v and its rise κ, of Var(error) = v (1 + κ / size).

    Weighted least squares of squared errors, cut at CLIP robust sds, on 1 / size; PRIOR_ROWS errors of
    variance `prior` + 1 / size (chance of a Poisson count) keep a small pool finite.
    """
    ok = np.isfinite(error) & np.isfinite(size)
    n = np.concatenate([size[ok], [2000.0, 50.0]])
    expected = prior + 1 / n
    scaled = np.concatenate([np.square(error[ok]), expected[-2:]]) / expected
    w = np.concatenate([weight[ok], np.full(2, PRIOR_ROWS / 2)])
    typical = float(np.median(scaled)) / 0.455  # the median of a squared standard normal is 0.455
    y = np.minimum(scaled, CLIP**2 * max(typical, 0.1)) * expected
    x = np.stack([np.ones_like(n), 1 / n], axis=1)
    w = w / expected**2
    v, slope = np.linalg.solve(x.T @ (x * w[:, None]), x.T @ (w * y))
    v, slope = max(float(v), 0.01 * prior), max(float(slope), 0.05)
    return v, slope / v


def _relative(panel: TrendPanel, series: str) -> _Relative:
    """Growth of each unit minus England's, and how its variance falls with size."""
    logs = _filled(panel.counts[series])
    growth = np.diff(logs, axis=1) - _national_growth(panel, series)
    weight = np.broadcast_to(_recency(growth.shape[1]), growth.shape)
    v, noise = _variance_by_size(growth, np.exp(logs[:, :-1]), weight, PRIOR_UNIT_SD**2)
    return _Relative(logs, growth, noise, float(np.sqrt(v)))


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
    ratio = _filled(panel.counts[top]) - _filled(panel.counts[bottom])
    england = None
    if top in panel.context and bottom in panel.context:
        england = (_filled(panel.context[top][None, :]) - _filled(panel.context[bottom][None, :]))[0]
    return _against(ratio, england)


def _region_growth(panel: TrendPanel, series: str, rel: _Relative) -> Floats | None:
    """Growth of each unit's region against England (unit, year − 1): the region's own row, or its units."""
    names = np.array(panel.regions)
    if not names.astype(bool).any():
        return None
    out = np.full(rel.growth.shape, np.nan)
    national = _national_growth(panel, series)
    for region in sorted(set(panel.regions) - {""}):
        mine = names == region
        row = panel.region_context.get(region, {}).get(series)
        own = _chain(rel.logs[mine]) if row is None else np.diff(_filled(row[None, :])[0])
        out[mine] = own - national
    return out


def _features(panel: TrendPanel, series: str, rel: _Relative) -> tuple[Floats, Floats]:
    """What is known of each unit at each January (unit, year, feature), on a scale where 0 = like England.

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
    scale = _spread(raw)
    if scale == 0:
        known = raw[np.isfinite(raw)]
        scale = float(np.sqrt(np.mean(known**2))) if known.size else 0.0
    return np.asarray(np.clip(raw / (scale if scale > 0 else 1.0), -CLIP, CLIP))


def _spread(values: Floats) -> float:
    """Robust standard deviation about 0 (median of absolute values × 1.4826) of the known values."""
    known = values[np.isfinite(values)]
    return float(np.median(np.abs(known)) * 1.4826) if known.size else 0.0


# --- Empirical Bayes: one ridge per step ahead --------------------------------------------------------------


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


def _increments(rel: _Relative, national: Floats, step: int) -> Floats:
    """Growth (unit, origin) in step `step` after each January, as a share of the stock of that January.

    Counts are deflated by England's index, so that the increments of all authorities sum to about 0 and a
    coefficient forecasts the mean, not the median, of a count.
    """
    index = np.concatenate([np.zeros(1), np.cumsum(national)])
    share = np.exp(rel.logs - index)
    later, earlier = share[:, step:], share[:, step - 1 : -1]
    return np.asarray((later - earlier) / share[:, :-step])


def _relative_path(x: Floats, rel: _Relative, national: Floats, horizon: int, carry: float) -> Floats:
    """Expected cumulative growth against England (unit, horizon) from the last January.

    Step k has its own coefficients, shrunk towards `carry` × those of step k − 1, so that a step never seen
    (few years) inherits a fading copy of the step before.
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
            w = _recency(n) / (1 + rel.noise / size[:, :n])
            beta = _robust_ridge(x[:, :n][rows], y[rows], w[rows], beta)
        out[:, step - 1] = x[:, -1] @ beta
    return np.cumsum(out, axis=1)


# --- The expected path, and what the same method got wrong before -------------------------------------------


@dataclass(frozen=True)
class _Path:
    """One origin: logs (unit,), national and relative growth (log, cumulative), share of features known."""

    logs: Floats
    national: Floats
    relative: Floats
    known: Floats


def _targets(panel: TrendPanel) -> list[str]:
    """The series that are forecast: all but the covariates, in order of name."""
    return sorted(s for s in panel.counts if s not in COVARIATES)


def _path(panel: TrendPanel, series: str, horizon: int) -> _Path:
    """Forecast from the panel's last January, by the equations above and nothing else."""
    rel = _relative(panel, series)
    national = _national_growth(panel, series)
    if national.size == 0:
        empty = np.zeros((len(panel.units), horizon))
        return _Path(rel.logs[:, -1], np.zeros(horizon), empty, np.zeros(len(panel.units)))
    x, known = _features(panel, series, rel)
    relative = _relative_path(x, rel, national, horizon, CARRY)
    return _Path(rel.logs[:, -1], _national_path(panel, series, horizon), relative, known)


@dataclass(frozen=True)
class _Past:
    """Out-of-sample record inside the panel; NaN = not known.

    unit: log error of each unit's growth against England (pseudo-origin, unit, horizon). size: counts then
    (pseudo-origin, unit). national: log error of England's path (pseudo-origin, horizon). signal: mean square
    of the relative forecasts (horizon,). weight: recency (pseudo-origin,).
    """

    unit: Floats
    size: Floats
    national: Floats
    signal: Floats
    weight: Floats


def _past(panel: TrendPanel, series: str, horizon: int) -> _Past:
    """Run the same method at every earlier January of the panel and keep what it forecast and what came."""
    logs = _filled(panel.counts[series])
    index = np.concatenate([np.zeros(1), np.cumsum(_national_growth(panel, series))])
    last = len(panel.years) - 1
    starts: npt.NDArray[np.int64] = np.arange(min(FIRST_HISTORY - 1, last), last)
    unit = np.full((starts.size, len(panel.units), horizon), np.nan)
    nation = np.full((starts.size, horizon), np.nan)
    signal = np.zeros((starts.size, horizon))
    for i, start in enumerate(starts):
        path = _path(panel.upto(panel.years[start]), series, horizon)
        n = min(horizon, last - start)
        ahead = slice(start + 1, start + 1 + n)
        grown = index[ahead] - index[start]
        unit[i, :, :n] = logs[:, ahead] - path.logs[:, None] - grown - path.relative[:, :n]
        nation[i, :n] = grown - path.national[:n]
        signal[i] = np.mean(path.relative**2, axis=0)
    mean_signal = signal.mean(axis=0) if starts.size else np.zeros(horizon)
    weight = np.asarray(0.5 ** ((last - starts) / RECENCY_HALF_LIFE))
    return _Past(unit, np.exp(logs[:, starts]).T, nation, mean_signal, weight)


# --- Ranges: how wide, of what shape, how alike over horizons -----------------------------------------------


def _national_sd(past: _Past) -> Floats:
    """Standard deviation (horizon,) of England's log path: one yearly drift sd × the years.

    A wrong yearly growth that lasts: between chance alone (√h) and growth that wanders (√Σ i²), which the
    past is too short to tell apart.

    The drift sd is the weighted median size of the errors one year ahead ÷ 0.6745 (Hampel 1974), with
    PRIOR_YEARS errors laid out as a normal of the prior sd. The median because a reform, such as that of
    2014, is an odd year and not the rule: the ranges are for stable policy.
    """
    error, w = np.abs(past.national[:, 0]), past.weight
    error, w = error[np.isfinite(error)], w[np.isfinite(error)]
    grid = (np.arange(20) + 0.5) / 20
    prior = PRIOR_NATIONAL_SD * stats.norm.ppf(0.5 + grid / 2)
    value = np.concatenate([error, prior])
    mass = np.concatenate([w, np.full(grid.size, PRIOR_YEARS / grid.size)])
    sd = float(_weighted_quantiles(value, mass, np.array([0.5]))[0]) / 0.6745
    return sd * np.arange(1.0, past.national.shape[1] + 1)


def _weighted_quantiles(value: Floats, mass: Floats, levels: Floats) -> Floats:
    """Quantiles (level,) of values that carry unequal mass, linear between the middles of their masses."""
    order = np.argsort(value, kind="stable")
    middle = np.cumsum(mass[order]) - mass[order] / 2
    return np.asarray(np.interp(levels * mass.sum(), middle, value[order]))


def _unit_variance(past: _Past) -> tuple[Floats, Floats]:
    """Variance v (horizon,) of a large unit's error against England and κ (horizon,) in v (1 + κ / n).

    Each horizon is estimated from its own past errors and leans on the horizon before, grown as h^1.5
    (between a random walk of levels, h, and a lasting error of growth, h²); it never falls with the horizon.
    """
    horizon = past.unit.shape[2]
    v, rise = np.empty(horizon), np.empty(horizon)
    size, prior = past.size, PRIOR_UNIT_SD**2
    weight = np.broadcast_to(past.weight[:, None], size.shape)
    for h in range(horizon):
        if h:
            prior = v[h - 1] * ((h + 1) / h) ** 1.5
        found, steep = _variance_by_size(past.unit[:, :, h], size, weight, prior)
        v[h], rise[h] = max(found, v[h - 1] if h else 0.0), found * steep
        rise[h] = max(rise[h], rise[h - 1] if h else 0.0)
    return v, rise / v


KNOTS = np.linspace(-4.0, 4.0, 161)  # standard normal values at which the shape of the errors is kept
MASS = stats.norm.pdf(KNOTS) / stats.norm.pdf(KNOTS).sum()


def _standard_errors(past: _Past, v: Floats, kappa: Floats) -> Floats:
    """Past errors of units (pseudo-origin, unit, horizon) in their own standard deviations."""
    return past.unit / np.sqrt(v * (1 + kappa / past.size[:, :, None]))


def _shape(z: Floats, weight: Floats) -> Floats:
    """Quantiles at KNOTS (knot,) of the size of past standardised errors and a Student t: the conformal part.

    Symmetric on the log scale. Weighted empirical quantiles (Vovk, Gammerman and Shafer 2005; weights as
    Barber et al. 2023), with PRIOR_ROWS errors laid out as a Student t so that tails exist where there is
    little history.
    """
    known = np.isfinite(z)
    w = np.broadcast_to(weight[:, None, None], z.shape)[known]
    grid = (np.arange(200) + 0.5) / 200
    t = stats.t.ppf(grid, PRIOR_SHAPE_DF) / np.sqrt(PRIOR_SHAPE_DF / (PRIOR_SHAPE_DF - 2))
    value = np.concatenate([z[known], -z[known], t])
    mass = np.concatenate([w / 2, w / 2, np.full(200, PRIOR_ROWS / 200)])
    return np.maximum.accumulate(_weighted_quantiles(value, mass, stats.norm.cdf(KNOTS)))


def _likeness(z: Floats, weight: Floats) -> Floats:
    """Correlation (horizon, horizon) of one unit's errors over horizons, leaning on that of a random walk."""
    h = np.arange(1.0, z.shape[2] + 1)
    walk = np.sqrt(np.minimum.outer(h, h) / np.maximum.outer(h, h))
    zero = np.clip(np.where(np.isfinite(z), z, 0.0), -CLIP, CLIP)
    known = np.isfinite(z).astype(float)
    w = weight[:, None, None]
    cross = np.einsum("iuh,iuk->hk", zero * w, zero)
    left = np.einsum("iuh,iuk->hk", zero**2 * w, known)
    found = cross / np.sqrt(np.maximum(left * left.T, 1e-12))
    n = np.einsum("iuh,iuk->hk", known * w, known)
    mixed = (n * found + PRIOR_ROWS * walk) / (n + PRIOR_ROWS)
    return _correlation(mixed)


def _correlation(matrix: Floats) -> Floats:
    """The nearest usable correlation matrix: negative eigenvalues raised to a little above 0, diagonal 1."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    positive = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(positive))
    return np.asarray(positive / np.outer(scale, scale))


def _drift_likeness(horizon: int) -> Floats:
    """Correlation (horizon, horizon) of England's errors: sums of one random walk of growth."""
    h = np.arange(1, horizon + 1)
    weights = np.maximum(h[:, None] - h[None, :] + 1, 0).astype(float)  # of shock j in the path to h
    cov = weights @ weights.T
    sd = np.sqrt(np.diag(cov))
    return np.asarray(cov / np.outer(sd, sd))


# --- The forecast -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrendForecast:
    """Forecast of one series for all units from one origin.

    mean: expected count (unit, horizon). quantiles: counts (unit, horizon, level) at LEVELS. A unit not known
    at the origin has NaN throughout. The other fields are what the draws are made of, all on the log scale:
    centre and own_sd (unit, horizon), national_sd (horizon,), shape (knot,), likeness and drift
    (horizon, horizon). national (horizon,): England's expected cumulative log growth, part of the mean.
    """

    units: tuple[str, ...]
    series: str
    origin: int
    mean: Floats
    quantiles: Floats
    centre: Floats
    own_sd: Floats
    national_sd: Floats
    shape: Floats
    likeness: Floats
    drift: Floats
    national: Floats

    def draws(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw `n` joint futures (draw, unit, horizon), counts.

        England's error is drawn once per draw and shared by all units; each unit's own error is drawn once
        and carried over the horizons (Gaussian copula, Sklar 1959, with the shape of past errors).
        """
        horizon = self.national_sd.size
        nation = self.national_errors(n, rng)[:, None]
        own = rng.standard_normal((n, len(self.units), horizon)) @ np.linalg.cholesky(self.likeness).T
        error = self.own_sd * np.interp(own, KNOTS, self.shape) + nation
        return _counts(self.centre + error)

    def national_errors(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw errors of England's path (draw, horizon), log scale: the first thing that `draws` takes from `rng`."""
        drawn = rng.standard_normal((n, self.national_sd.size)) @ np.linalg.cholesky(_correlation(self.drift)).T
        return np.asarray(self.national_sd * drawn)


def _counts(logs: Floats) -> Floats:
    """Back from the log scale: never below 0."""
    return np.asarray(np.maximum(np.exp(logs) - HALF, 0.0))


def _joint_quantiles(own_sd: Floats, national_sd: Floats, shape: Floats) -> Floats:
    """Quantiles (unit, horizon, level) of own error + England's error on the log scale.

    The sum of the two is tabulated for eleven shares of England in the variance and read off in between.
    """
    total = np.sqrt(own_sd**2 + national_sd**2)
    shares = np.linspace(0, 1, 11)
    mass = np.outer(MASS, MASS).ravel()
    table = np.empty((shares.size, len(LEVELS)))
    for i, share in enumerate(shares):
        value = (np.sqrt(1 - share) * shape[:, None] + np.sqrt(share) * KNOTS).ravel()
        table[i] = _weighted_quantiles(value, mass, np.array(LEVELS))
    at = (national_sd / total) ** 2
    return np.stack([np.interp(at, shares, column) for column in table.T], axis=-1) * total[:, :, None]


def trend(panel: TrendPanel, series: str, horizon: int) -> TrendForecast:
    """Forecast `series` for every unit, 1…horizon years after the panel's last January.

    Args:
        panel: counts up to and including the origin (and nothing later); see `panel_from_long`.
        series: a target series of the panel (not a covariate).
        horizon: years ahead, at least 1.

    Returns:
        Means, quantiles and everything needed for joint draws; counts of children.

    Raises:
        ValueError: the series is not in the panel, is a covariate, or horizon is below 1.

    Equations and sources: docs/method_trend.md, in the order of this module.
    """
    if series not in panel.counts or series in COVARIATES:
        raise ValueError(f'series "{series}" cannot be forecast; allowed: {", ".join(_targets(panel))}')
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}; allowed: 1 or more")
    reach = max(horizon, TESTED)
    path = _path(panel, series, reach)
    past = _past(panel, series, reach)
    v, kappa = _unit_variance(past)
    z = _standard_errors(past, v, kappa)
    shape = _shape(z[:, :, :TESTED], past.weight)
    unseen = (1 - path.known)[:, None] * past.signal
    own_sd = np.sqrt(v * (1 + kappa / np.exp(path.logs)[:, None]) + unseen)
    national_sd = _national_sd(past)
    expected = path.logs[:, None] + path.national + path.relative
    own_lift = np.log(np.exp(own_sd[:, :, None] * shape) @ MASS)
    centre = expected - own_lift - national_sd**2 / 2  # so that the mean of the draws is the expected count
    quantiles = _counts(centre[:, :, None] + _joint_quantiles(own_sd, national_sd, shape))
    asked = slice(horizon)
    return TrendForecast(
        panel.units,
        series,
        panel.origin,
        _mean_count(expected, quantiles)[:, asked],
        quantiles[:, asked],
        centre[:, asked],
        own_sd[:, asked],
        national_sd[asked],
        shape,
        _likeness(z, past.weight)[asked, asked],
        _drift_likeness(horizon),
        path.national[asked],
    )


def _mean_count(expected: Floats, quantiles: Floats) -> Floats:
    """Mean count (unit, horizon): e^expected − HALF, or for the smallest counts what the cut at 0 leaves."""
    plain = np.exp(expected) - HALF
    return np.asarray(np.where(plain < 1, np.maximum(plain, quantiles.mean(axis=2)), plain))
