"""A method fitted to the pupils of one authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from forecasting.errors import MethodUnavailable
from forecasting.model.population_estimate import estimate_ratios
from forecasting.model.population_inputs import PupilInputs, refusal
from forecasting.model.population_observed import plain_ratios
from forecasting.model.population_ratios import Ratios, RatioSettings

METHODS = ("cohort_survival", "cohort_survival_damped", "ets", "constant_growth")


@dataclass(frozen=True)
class ConstantGrowth:
    """The published method's growth: a yearly rate, simple or compound.

    Attributes:
        rate: fraction a year.
        kind: simple (base × (1 + rate × years)) or compound (base × (1 + rate)^years).
    """

    rate: float
    kind: Literal["simple", "compound"] = "simple"


@dataclass(frozen=True)
class PupilFit:
    """A method fitted to one authority; fit once, then project under any levers.

    Attributes:
        inputs: the tables it was fitted to.
        method: the method in use, never `auto`.
        ratios: the ratios, None for `ets` and `constant_growth`.
        growth: the growth, for `constant_growth` only.
        scores: mean absolute error of phase totals in the rolling backtest of `auto`, by method; else empty.
        notes: what the reader should know: choices made, ratios set aside.
    """

    inputs: PupilInputs
    method: str
    ratios: Ratios | None
    growth: ConstantGrowth | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def fit_method(
    inputs: PupilInputs, method: str, settings: RatioSettings | None = None, growth: ConstantGrowth | None = None
) -> PupilFit:
    """Fit a method by name; `fit_pupils` of `population_choice` also lets the history choose.

    Args:
        inputs: the tables of one authority.
        method: one of `METHODS`.
        settings: what the ratios take as given; `damped` is set by the method.
        growth: the rate of `constant_growth`, needed by it alone.

    Returns:
        The fit.

    Raises:
        MethodUnavailable: the method is not known, or its tables or rate are missing.
    """
    if method not in METHODS:
        raise MethodUnavailable(f'method "{method}" is not one of auto, {", ".join(METHODS)}.')
    if method == "constant_growth":
        if growth is None:
            raise MethodUnavailable("constant_growth needs a yearly rate; give one.")
        return PupilFit(inputs, method, None, growth, notes=("constant_growth has no range: draws repeat it",))
    _require_last_roll(inputs)
    if method == "ets":
        if len(inputs.years) < 6 or np.isnan(inputs.pupils).any():
            raise MethodUnavailable("ets needs at least six census years without gaps; use cohort_survival.")
        return PupilFit(inputs, method, None)
    ratios = estimate_ratios(inputs, replace(settings or RatioSettings(), damped=method != "cohort_survival"))
    return PupilFit(inputs, method, ratios, notes=_notes(ratios))


def _require_last_roll(inputs: PupilInputs) -> None:
    gaps = inputs.nc_years[np.isnan(inputs.pupils[-1])].tolist()
    if gaps:
        raise refusal(
            "pupils",
            column="pupils",
            found=f"no pupils of NC years {gaps} in {inputs.years[-1]}",
            allowed="a count for every NC year in the last census year",
            todo="add them, or leave out that census year",
        )


def _notes(ratios: Ratios) -> tuple[str, ...]:
    return tuple(
        f"the ratio into NC year {ratios.nc_years[group]} in January {ratios.years[year]} is unlike the rest"
        " and was set aside: look for a miscoded year group or a school that opened or closed"
        for year, group in np.argwhere(ratios.set_aside)
    )


def plain_fit(inputs: PupilInputs, window: int = 3, settings: RatioSettings | None = None) -> PupilFit:
    """Return cohort survival by the plain mean of the last ratios, the usual hand method, without a range.

    Args:
        inputs: the tables of one authority.
        window: years in the mean.
        settings: how dwellings fill; the rest is not used.

    Returns:
        The fit; see `plain_ratios`.
    """
    return PupilFit(inputs, f"mean_of_{window}_years", plain_ratios(inputs, window, settings))
