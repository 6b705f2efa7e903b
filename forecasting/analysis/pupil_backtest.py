"""Past forecasts of pupils against what came, in the Department's own measure, beside the authorities' own.

The measure is the signed error of a phase total, forecast ÷ actual − 1, one and three years ahead
(Department for Education, Local authority school places scorecards); its size is the mean of the absolute
errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from forecasting.analysis.synthetic_pupils_seen import inputs_at, oracle_forecast
from forecasting.analysis.synthetic_world import SyntheticAuthority
from forecasting.model.population import PupilForecast, project_pupils
from forecasting.model.population_choice import fit_pupils, inputs_to
from forecasting.model.population_fit import ConstantGrowth, PupilFit, plain_fit
from forecasting.model.population_inputs import PRIMARY, SECONDARY, PupilInputs, refusal
from forecasting.values import Floats, Whole

Fitter = Callable[[PupilInputs], PupilFit]
PHASES: Mapping[str, tuple[int, int]] = {"primary": PRIMARY, "secondary": SECONDARY}
COLUMNS = (
    "unit",
    "method",
    "phase",
    "origin",
    "year",
    "horizon",
    "forecast",
    "actual",
    "error",
    "p10",
    "p90",
)
OWN_GROWTH_YEARS = 3


def own_growth(inputs: PupilInputs, years: int = OWN_GROWTH_YEARS) -> ConstantGrowth:
    """Return the compound yearly growth of the total roll over the last years: constant growth's best case.

    Args:
        inputs: the tables of one authority.
        years: years over which growth is measured.

    Returns:
        The growth: rate = (total now / total then)^(1 / years) − 1.
    """
    total = inputs.pupils.sum(axis=1)
    span = min(years, len(total) - 1)
    return ConstantGrowth(float((total[-1] / total[-1 - span]) ** (1 / span) - 1), "compound")


def _reception_to_year_11(inputs: PupilInputs) -> PupilInputs:
    """The year groups that are scored, for methods that treat each by itself."""
    kept = (inputs.nc_years >= 0) & (inputs.nc_years <= 11)
    return replace(inputs, nc_years=inputs.nc_years[kept], pupils=inputs.pupils[:, kept], housing=None)


FITTERS: Mapping[str, Fitter] = {
    "auto": lambda inputs: fit_pupils(inputs, "auto"),
    "cohort_survival": lambda inputs: fit_pupils(inputs, "cohort_survival"),
    "cohort_survival_damped": lambda inputs: fit_pupils(inputs, "cohort_survival_damped"),
    "ets": lambda inputs: fit_pupils(_reception_to_year_11(inputs), "ets"),
    "mean_of_3_years": lambda inputs: plain_fit(inputs, 3),
    "constant_growth_own": lambda inputs: fit_pupils(inputs, "constant_growth", growth=own_growth(inputs)),
    "constant_growth_1pct": lambda inputs: fit_pupils(inputs, "constant_growth", growth=ConstantGrowth(0.01)),
}


def _scored(
    unit: str, name: str, forecast: PupilForecast, actual: Mapping[tuple[str, int], float]
) -> Iterator[tuple[object, ...]]:
    for (phase, step), truth in actual.items():
        total = forecast.total(*PHASES[phase])[:, step - 1]
        low, high = forecast.interval(total, 0.8) if forecast.has_draws else (np.nan, np.nan)
        origin, central = forecast.base_year, float(total[0])
        yield (unit, name, phase, origin, origin + step, step, central, truth, central / truth - 1, low, high)


def _phase_totals(
    pupils: Floats, nc_years: Whole, first_year: int, origin: int, horizons: Sequence[int]
) -> dict[tuple[str, int], float]:
    """Actual totals by phase and horizon, for the horizons whose year is known."""
    totals = {}
    for phase, (first, last) in PHASES.items():
        chosen = (nc_years >= first) & (nc_years <= last)
        for step in horizons:
            row = origin + step - first_year
            if chosen.any() and row < len(pupils) and not np.isnan(pupils[row, chosen]).any():
                totals[phase, step] = float(pupils[row, chosen].sum())
    return totals


def backtest_authority(
    inputs: PupilInputs,
    unit: str,
    methods: Sequence[str] = tuple(FITTERS),
    origins: Sequence[int] | None = None,
    horizons: Sequence[int] = (1, 3),
    draws: int = 400,
    seed: int = 2026,
) -> pd.DataFrame:
    """Forecast from each past January with what was known then, and set it beside what came.

    Args:
        inputs: the tables of one authority.
        unit: its code.
        methods: names of `FITTERS`.
        origins: January census years to forecast from; by default every one with six years behind it.
        horizons: years ahead.
        draws: runs for the 80 % range.
        seed: seed of the draws.

    Returns:
        One row per method, phase, origin and horizon: `COLUMNS`, error = forecast ÷ actual − 1.
    """
    last = int(inputs.years[-1])
    chosen = origins if origins is not None else range(int(inputs.years[0]) + 5, last)
    rows: list[tuple[object, ...]] = []
    for origin in chosen:
        actual = _phase_totals(inputs.pupils, inputs.nc_years, int(inputs.years[0]), origin, horizons)
        if not actual:
            continue
        ahead, known = max(step for _, step in actual), inputs_to(inputs, origin)
        for name in methods:
            forecast = project_pupils(FITTERS[name](known), ahead, draws=draws, seed=seed)
            rows.extend(_scored(unit, name, forecast, actual))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def backtest_synthetic(
    authorities: Sequence[SyntheticAuthority],
    methods: Sequence[str],
    origins: Sequence[int],
    horizons: Sequence[int] = (1, 3),
    draws: int = 400,
    seed: int = 2026,
) -> pd.DataFrame:
    """Backtest on synthetic authorities against the true rolls, the oracle beside.

    Args:
        authorities: synthetic authorities.
        methods: names of `FITTERS`; `oracle` is always added.
        origins: January census years to forecast from.
        horizons: years ahead.
        draws: runs for the 80 % range.
        seed: seed of the draws.

    Returns:
        As `backtest_authority`, with the method `oracle`.
    """
    rows: list[tuple[object, ...]] = []
    for unit, each in enumerate(authorities):
        for origin in origins:
            known, first = inputs_at(each, origin), int(each.years[0])
            actual = _phase_totals(each.truth.pupils, known.nc_years, first, origin, horizons)
            rolls = oracle_forecast(each, origin, max(horizons))
            for (phase, step), truth in actual.items():
                low, high = PHASES[phase]
                total = float(rolls[step - 1, (known.nc_years >= low) & (known.nc_years <= high)].sum())
                best = (
                    str(unit),
                    "oracle",
                    phase,
                    origin,
                    origin + step,
                    step,
                    total,
                    truth,
                    total / truth - 1,
                )
                rows.append((*best, np.nan, np.nan))
            for name in methods:
                forecast = project_pupils(FITTERS[name](known), max(horizons), draws=draws, seed=seed)
                rows.extend(_scored(str(unit), name, forecast, actual))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def accuracy(backtest: pd.DataFrame) -> pd.DataFrame:
    """Summarise a backtest: mean absolute error, mean error, share of actuals in the 80 % range.

    Args:
        backtest: rows of `backtest_authority` or `backtest_synthetic`.

    Returns:
        One row per horizon, phase and method: forecasts (count), mean_absolute_error and mean_error
        (fractions), inside_80 (fraction, NaN without a range), times_oracle (NaN without the oracle).
    """
    scored = backtest.assign(
        size=backtest["error"].abs(),
        inside=backtest["actual"].between(backtest["p10"], backtest["p90"]).where(backtest["p10"].notna()),
    )
    grouped = scored.groupby(["horizon", "phase", "method"], sort=True)
    table = grouped.agg(
        forecasts=("error", "size"),
        mean_absolute_error=("size", "mean"),
        mean_error=("error", "mean"),
        inside_80=(
            "inside",
            lambda values: float(values.dropna().mean()) if values.notna().any() else np.nan,
        ),
    ).reset_index()
    oracle = table[table["method"] == "oracle"].set_index(["horizon", "phase"])["mean_absolute_error"]
    keys = pd.MultiIndex.from_frame(table[["horizon", "phase"]])
    return table.assign(times_oracle=table["mean_absolute_error"].to_numpy() / oracle.reindex(keys).to_numpy())


@dataclass(frozen=True)
class Placement:
    """Where an error stands among the errors of authorities' own forecasts.

    Attributes:
        phase: primary or secondary.
        horizon: 1 or 3 years ahead.
        size: absolute error that is placed, fraction.
        authorities: authorities compared with.
        not_published: authorities left out because their error is not published (Low, z, x).
        share_worse: share of authorities whose error is larger, fraction.
        quartiles: lower quartile, median, upper quartile of authorities' absolute errors, fractions.
        mean: mean of authorities' absolute errors, fraction.
    """

    phase: str
    horizon: int
    size: float
    authorities: int
    not_published: int
    share_worse: float
    quartiles: tuple[float, float, float]
    mean: float


def place_among_authorities(
    scorecards: pd.DataFrame,
    error: float,
    phase: Literal["primary", "secondary"],
    horizon: Literal[1, 3],
    academic_year: str | None = None,
) -> Placement:
    """Place an error among the errors of authorities' own forecasts.

    Args:
        scorecards: Year, geographic_level, For_1_P, For_3_P, For_1_S, For_3_S as published.
        error: signed or absolute error of the phase total, fraction.
        phase: primary or secondary.
        horizon: 1 or 3 years ahead.
        academic_year: as published ("2024/25"); by default the latest in the table.

    Returns:
        The placement.

    Raises:
        DatasetError: a column is missing, or the year has no published errors.
    """
    column = f"For_{horizon}_{phase[0].upper()}"
    missing = [name for name in ("Year", "geographic_level", column) if name not in scorecards]
    if missing:
        raise refusal("school_places_scorecards", column=", ".join(missing), found="no such column")
    year = academic_year or str(scorecards["Year"].max())
    rows = scorecards[(scorecards["Year"] == year) & (scorecards["geographic_level"] == "Local authority")]
    sizes = pd.to_numeric(rows[column], errors="coerce").abs()
    published = sizes.dropna().to_numpy(dtype=float)
    if len(published) == 0:
        raise refusal(
            "school_places_scorecards",
            column="Year",
            found=f"no errors for {year}",
            allowed=", ".join(sorted(scorecards["Year"].unique())),
        )
    low, middle, high = (float(value) for value in np.quantile(published, [0.25, 0.5, 0.75]))
    worse = float(np.mean(published > abs(error)))
    return Placement(
        phase,
        horizon,
        abs(error),
        len(published),
        int(sizes.isna().sum()),
        worse,
        (low, middle, high),
        float(published.mean()),
    )


def backtest_totals(totals: pd.DataFrame, origin: int = 2023, since: int = 2019) -> pd.DataFrame:
    """Check constant growth on real totals, all that totals without year groups allow: thin, and said so.

    Cohort survival cannot be tried on them. Three rules are: no change, 1 % simple growth a year, and the
    compound growth of `since` to `origin`.

    Args:
        totals: unit and one column of pupils per census year, named p and its last two digits (p19, p23 …).
        origin: January census year to forecast from.
        since: January census year from which own growth is measured.

    Returns:
        One row per unit, method and later year: unit, method, origin, year, horizon, forecast, actual,
        error (forecast ÷ actual − 1). Units without a value in a year have no row for it.

    Raises:
        DatasetError: the columns of `since` and `origin`, or any later year, are missing.
    """
    years = {2000 + int(name[1:]): name for name in totals.columns if name[0] == "p" and name[1:].isdigit()}
    later = [year for year in years if year > origin]
    if origin not in years or since not in years or not later:
        allowed = f"p{since % 100}, p{origin % 100} and a later year"
        raise refusal("pupils_by_authority", found=f"years {sorted(years)}", allowed=allowed)
    now, before = totals[years[origin]], totals[years[since]]
    growth = (now / before) ** (1 / (origin - since))
    rows = []
    for year in later:
        ahead = year - origin
        rules = {
            "no_change": now,
            "constant_growth_1pct": now * (1 + 0.01 * ahead),
            "own_growth": now * growth**ahead,
        }
        for name, forecast in rules.items():
            rows.append(
                pd.DataFrame(
                    {
                        "unit": totals["unit"],
                        "method": name,
                        "origin": origin,
                        "year": year,
                        "horizon": ahead,
                        "forecast": forecast,
                        "actual": totals[years[year]],
                    }
                )
            )
    table = pd.concat(rows, ignore_index=True).dropna(subset=["forecast", "actual"])
    return table.assign(error=table["forecast"] / table["actual"] - 1)
