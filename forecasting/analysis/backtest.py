"""Rolling-origin backtest: what each method would have said from each past January."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from forecasting.analysis.comparators import COMPARATORS, Ranged
from forecasting.errors import UsageError
from forecasting.inputs.facts import FARTHEST
from forecasting.model.trend import LEVEL_NAMES, trend
from forecasting.model.trend_panel import COVARIATES, TrendPanel, panel_from_long

_SPAN = re.compile(r"^\s*(\d+)\s*(?::\s*(\d+)\s*)?$")
COLUMNS = ("unit", "series", "origin", "year", "horizon", "method", "mean", *LEVEL_NAMES)
ALL = ("auto", "trend", *COMPARATORS)


def backtest(
    panel: pd.DataFrame,
    methods: str | Sequence[str] = "auto",
    origins: Iterable[int] = (),
    horizons: Iterable[int] = (1, 2, 3, 4, 5),
    published_growth: float = 0.01,
    series: Iterable[str] = (),
) -> pd.DataFrame:
    """Forecast every unit and series from every origin by every method, each origin seeing only its past.

    Args:
        panel: columns unit, year, series, value and optionally region; `ENG` and `E12…` are context;
            new_plans, requests and pupils are covariates; every other series is forecast.
        methods: names of methods; "auto" = the method chosen for a panel of totals (`trend`); "all" = auto,
            trend and the comparators.
        origins: January census years to forecast from; empty = every year of the panel with one year before.
        horizons: years ahead.
        published_growth: simple yearly growth of `published_rate`, as a fraction (0.01 = 1 % of the base).
        series: the series to forecast; empty = every one. The others stay in the panel, as what is known.

    Returns:
        One row per unit with a value at the origin, series, origin, horizon and method, columns COLUMNS, in
        that order of keys; methods without ranges leave the p-columns empty.

    Raises:
        ValueError: an unknown method, a missing column, a horizon out of reach, or a panel with contradictions.
    """
    steps = sorted(set(horizons))
    names = _names(methods)
    _check(panel, steps)
    years, wanted = sorted(set(origins)) or sorted(panel["year"].unique())[1:], set(series)
    parts = [
        part
        for origin in years
        for part in _from_origin(panel[panel["year"] <= origin], int(origin), names, steps, published_growth, wanted)
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    keys = ["series", "origin", "method", "unit", "horizon"]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)].sort_values(keys, ignore_index=True)


def whole_numbers(text: str, what: str) -> list[int]:
    """Return the numbers of a range (2017:2024, both ends included) or a list (1,3,5), in order, each once.

    Raises:
        UsageError: the text is neither, or a range runs backwards.
    """
    found: set[int] = set()
    for part in text.split(","):
        match = _SPAN.match(part)
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span:
            raise UsageError(f'{what} "{text}" cannot be read: write a range such as 1:5 or a list such as 1,3,5')
        found.update(span)
    return sorted(found)


def check_request(panel: pd.DataFrame, methods: str | Sequence[str], origins: Iterable[int], steps: list[int]) -> None:
    """Raise when a backtest cannot be run as asked.

    Raises:
        UsageError: an unknown method, an origin that the panel does not have, or a horizon out of reach.
    """
    try:
        _names(methods)
        _check(panel, steps)
    except ValueError as error:
        raise UsageError(str(error)) from error
    known = sorted(int(year) for year in panel.loc[panel["value"].notna(), "year"].unique())
    missing = [str(origin) for origin in origins if origin not in known]
    if missing:
        span = f"{known[0]} to {known[-1]}" if known else "no year"
        raise UsageError(f"the panel has no values in {', '.join(missing)}; it covers {span}")


def _names(methods: str | Sequence[str]) -> list[str]:
    """The methods to run, "all" written out, each once."""
    asked = [methods] if isinstance(methods, str) else list(methods)
    names = [n for m in asked for n in (ALL if m == "all" else (m,))]
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        raise ValueError(f"unknown method {', '.join(unknown)}; allowed: {', '.join((*ALL, 'all'))}")
    return list(dict.fromkeys(names))


def _check(panel: pd.DataFrame, steps: Sequence[int]) -> None:
    """Raise when the panel or the horizons cannot be used."""
    missing = {"unit", "year", "series", "value"} - set(panel.columns)
    if missing:
        raise ValueError(f"panel lacks the columns {', '.join(sorted(missing))}")
    if not steps or not 1 <= steps[0] <= steps[-1] <= FARTHEST:
        raise ValueError(f"horizons must be from 1 to {FARTHEST} years")


def _from_origin(
    known: pd.DataFrame, origin: int, names: Sequence[str], steps: Sequence[int], growth: float, wanted: set[str]
) -> list[pd.DataFrame]:
    """Every series and method from one origin; `known` holds nothing later than the origin."""
    arrays = panel_from_long(known)
    if not arrays.years or arrays.origin != origin:
        return []
    targets = [s for s in sorted(arrays.counts) if s not in COVARIATES and (not wanted or s in wanted)]
    cache: dict[str, Ranged] = {}
    out = []
    for series in targets:
        cache.clear()
        for name in names:
            kind = "trend" if name == "auto" else name
            if kind not in cache:
                cache[kind] = _method(kind, growth)(arrays, series, steps[-1])
            out.append(_rows(arrays, series, name, steps, cache[kind]))
    return out


def _method(kind: str, growth: float) -> Callable[[TrendPanel, str, int], Ranged]:
    """The function of a method: panel, series, horizon -> means and quantiles."""
    if kind == "trend":
        return _trend
    function = COMPARATORS[kind]
    return lambda panel, series, horizon: function(panel.counts[series], horizon, growth)


def _trend(panel: TrendPanel, series: str, horizon: int) -> Ranged:
    """The pooled method in the shape of the comparators."""
    forecast = trend(panel, series, horizon)
    return Ranged(forecast.mean, forecast.quantiles)


def _rows(panel: TrendPanel, series: str, name: str, steps: Sequence[int], found: Ranged) -> pd.DataFrame:
    """Rows of the output for the units that have a value at the origin."""
    at = np.flatnonzero(np.isfinite(panel.counts[series][:, -1]))
    h = np.array(steps)
    unit, step = np.repeat(at, h.size), np.tile(h, at.size)
    frame = pd.DataFrame(
        {
            "unit": np.array(panel.units, dtype=object)[unit],
            "series": series,
            "origin": panel.origin,
            "year": panel.origin + step,
            "horizon": step,
            "method": name,
            "mean": found.mean[unit, step - 1],
        }
    )
    for i, level in enumerate(LEVEL_NAMES):
        frame[level] = np.nan if found.quantiles is None else found.quantiles[unit, step - 1, i]
    return frame
