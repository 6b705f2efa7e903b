"""How good forecasts were: the measures of the track-record page, one function each.

All take forecasts and outcomes of the same cases as arrays of one shape (case,), in children, and give shares
as fractions (0.05 = 5 %).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.model.trend import LEVEL_NAMES, LEVELS
from forecasting.model.trend_panel import is_context
from forecasting.values import Floats


def wape(forecast: Floats, actual: Floats) -> float:
    """Sum of absolute errors over the sum of actuals (weighted absolute percentage error), a fraction."""
    return float(np.abs(forecast - actual).sum() / _total(actual))


def bias(forecast: Floats, actual: Floats) -> float:
    """Sum of errors over the sum of actuals, a fraction; positive = too high."""
    return float((forecast - actual).sum() / _total(actual))


def mase(forecast: Floats, actual: Floats, base: Floats, yearly_change: Floats) -> float:
    """Mean absolute error over each authority's mean absolute yearly change up to the origin.

    base: the count at the origin; cases with fewer than 20 or without change are left out (Hyndman and
    Koehler 2006, without a season). NaN when no case is left.
    """
    use = (base >= 20) & (yearly_change > 0)
    ratio = np.abs(forecast - actual)[use] / yearly_change[use]
    return float(ratio.mean()) if ratio.size else float("nan")


def coverage(low: Floats, high: Floats, actual: Floats) -> float:
    """Share of actuals inside [low, high], a fraction."""
    return float(((actual >= low) & (actual <= high)).mean())


def weighted_quantile_loss(quantiles: Floats, actual: Floats) -> float:
    """Mean over levels of twice the pinball loss, over the sum of actuals, a fraction.

    quantiles: (case, level) at 2.5, 10, 50, 90 and 97.5 per cent (Koenker and Bassett 1978).
    """
    level = np.array(LEVELS)
    error = actual[:, None] - quantiles
    loss = 2 * np.maximum(level * error, (level - 1) * error)
    return float(loss.mean(axis=1).sum() / _total(actual))


def _total(actual: Floats) -> float:
    """The sum of the actuals.

    Raises ValueError when it is not above 0: a share of nothing has no meaning.
    """
    total = float(actual.sum())
    if not total > 0:
        raise ValueError("the actual counts sum to 0: there is nothing to score against")
    return total


def cases(forecasts: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Join the output of `backtest` with what came.

    Args:
        forecasts: columns of `backtest`.
        truth: unit, year, series, value; context units are ignored.

    Returns:
        One row per forecast whose target is known, with added columns actual, base (the count at the origin)
        and yearly_change (mean absolute yearly change up to the origin), all in children.
    """
    known = truth[~truth["unit"].astype(str).map(is_context)].dropna(subset=["value"])
    known = known.assign(unit=known["unit"].astype(str))[["unit", "series", "year", "value"]]
    at = known.rename(columns={"year": "origin", "value": "base"})
    joined = forecasts.merge(known.rename(columns={"value": "actual"}), on=["unit", "series", "year"])
    return joined.merge(at, on=["unit", "series", "origin"]).merge(
        _yearly_change(known), on=["unit", "series", "origin"], how="left"
    )


def _yearly_change(known: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute yearly change of each unit and series up to each year."""
    wide = known.set_index(["series", "unit", "year"])["value"].unstack("year")  # noqa: PD010
    wide = wide.reindex(columns=list(range(int(wide.columns.min()), int(wide.columns.max()) + 1)))
    running = wide.diff(axis=1).abs().T.expanding().mean().T.rename_axis(columns="origin")
    return running.reset_index().melt(["series", "unit"], value_name="yearly_change", var_name="origin")


def score(joined: pd.DataFrame) -> pd.DataFrame:
    """Score `cases` by series, method and horizon.

    Returns:
        Columns series, method, horizon, n, wape, bias, mase, in80, in95, in80_small, in80_large, wql; all
        fractions except mase. The small and large thirds are by count at the origin, within origin. The range
        columns are NaN for methods without ranges.
    """
    third = joined.groupby(["series", "method", "origin", "horizon"])["base"].transform(_third)
    rows = []
    for (series, method, horizon), g in joined.assign(third=third).groupby(["series", "method", "horizon"]):
        rows.append({"series": series, "method": method, "horizon": horizon, "n": len(g)} | _measures(g))
    return pd.DataFrame(rows)


def _third(base: pd.Series) -> pd.Series:
    """0, 1, 2 for the smallest, middle and largest third."""
    place = (base.rank(method="first") - 1) / max(len(base) - 1, 1)
    return (place > 1 / 3).astype(int) + (place > 2 / 3).astype(int)


def _measures(g: pd.DataFrame) -> dict[str, float]:
    """All measures of one group of cases."""
    mean, actual = g["mean"].to_numpy(float), g["actual"].to_numpy(float)
    out = {
        "wape": wape(mean, actual),
        "bias": bias(mean, actual),
        "mase": mase(mean, actual, g["base"].to_numpy(float), g["yearly_change"].to_numpy(float)),
    }
    names = ("in80", "in95", "in80_small", "in80_large", "wql")
    if g[list(LEVEL_NAMES)].isna().any(axis=None):
        return out | dict.fromkeys(names, float("nan"))
    small, large = g[g["third"] == 0], g[g["third"] == 2]
    values = (
        _inside(g, "p10", "p90"),
        _inside(g, "p2_5", "p97_5"),
        _inside(small, "p10", "p90"),
        _inside(large, "p10", "p90"),
        weighted_quantile_loss(g[list(LEVEL_NAMES)].to_numpy(float), actual),
    )
    return out | dict(zip(names, values, strict=True))


def _inside(g: pd.DataFrame, low: str, high: str) -> float:
    """Coverage of one range; NaN for an empty group."""
    if g.empty:
        return float("nan")
    return coverage(g[low].to_numpy(float), g[high].to_numpy(float), g["actual"].to_numpy(float))
