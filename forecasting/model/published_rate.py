"""Method `published_rate`, children: constant shares of pupils that grow at a steady yearly rate.

This is the arithmetic of the published assessment of 2017 (docs/method.md, section 1). It has no draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.errors import MethodUnavailable
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.model.emit import Emitter
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class Children:
    """How many children, with which provision; every array is along `years`, base year first.

    Attributes:
        years: January census years.
        pupils: pupils on roll in the area's schools.
        with_sen: pupils with SEN support or an EHC plan.
        with_plan: pupils on roll with an EHC plan.
        plan_rate: share of pupils with an EHC plan.
    """

    years: tuple[int, ...]
    pupils: Floats
    with_sen: Floats | None
    with_plan: Floats | None
    plan_rate: Floats


def pupils_on_roll(base: float, growth: Floats, kind: str) -> Floats:
    """Return pupils per year from the base year and the yearly growth of each later year.

    Args:
        base: pupils in the base year.
        growth: growth of each year after the base, fraction per year.
        kind: "simple" (N0 × (1 + Σ g), as in Table 1 of the assessment) or "compound" (N0 × Π (1 + g)).

    Returns:
        pupils along base year and later years.
    """
    steps = np.concatenate([[0.0], growth])
    factor = 1.0 + np.cumsum(steps) if kind == "simple" else np.cumprod(1.0 + steps)
    return np.asarray(base * factor)


def children(dataset: Dataset, assumptions: Assumptions, years: Sequence[int]) -> Children:
    """Return pupils, pupils with SEN and pupils with a plan for the base year and each later year.

    Raises:
        MethodUnavailable: there are no pupils in the base year.
    """
    base = float(total(dataset, "pupils", "pupils").get(years[0], 0.0))
    if not base > 0:
        raise MethodUnavailable(
            f"the method published_rate starts from pupils on roll in {years[0]}; "
            f'table "pupils" has none for that year: add them, or correct base_year in "about"'
        )
    growth = assumptions.path("pupil_growth", years[1:])
    pupils = pupils_on_roll(base, growth, assumptions.word("pupil_growth_kind"))
    rate = assumptions.path("ehc_plan_rate", years)
    with_sen = _share(dataset, assumptions.path("sen_prevalence", years), pupils, ("sen_support", "ehc_plan"))
    with_plan = _share(dataset, rate, pupils, ("ehc_plan",))
    return Children(tuple(years), pupils, with_sen, with_plan, rate)


def _share(dataset: Dataset, rate: Floats, pupils: Floats, provisions: tuple[str, ...]) -> Floats | None:
    if np.isnan(rate).all():
        return None
    projected = pupils * rate
    known = margin(dataset, "sen", "pupils", "provision")
    parts = [float(known.get((dataset.base_year, provision), np.nan)) for provision in provisions]
    return projected if np.isnan(parts).any() else np.concatenate([[sum(parts)], projected[1:]])


def emit_children(dataset: Dataset, found: Children, out: Emitter) -> None:
    """Add the measures of children to the forecast."""
    years = found.years
    out.add("pupils", years, found.pupils, "count")
    out.add("pupils_growth", years, found.pupils - found.pupils[0], "count")
    _emit_residents(dataset, found, out)
    _emit_maintained(dataset, found, out)
    if found.with_sen is not None:
        out.add("pupils_with_sen", years, found.with_sen, "count")
        out.add("pupils_with_sen_growth", years, found.with_sen - found.with_sen[0], "count")
        out.add("sen_prevalence", years, found.with_sen / found.pupils, "fraction")
    if found.with_plan is not None:
        out.add("pupils_with_ehc_plan", years, found.with_plan, "count")
        out.add("ehc_plan_prevalence", years, found.with_plan / found.pupils, "fraction")
    if found.with_sen is not None and found.with_plan is not None:
        support = found.with_sen - found.with_plan
        out.add("sen_support", years, support, "count")
        out.add("sen_support_prevalence", years, support / found.pupils, "fraction")


def _emit_residents(dataset: Dataset, found: Children, out: Emitter) -> None:
    table = dataset.table("population")
    if table.empty:
        return
    known = total(dataset, "population", "people").sort_index()
    years = [year for year in found.years if known.index.min() <= year <= known.index.max()]
    residents = np.interp(years, known.index.to_numpy(float), known.to_numpy(float))
    out.add("residents", years, residents, "count")
    at = [found.years.index(year) for year in years]
    if table["age"].isna().all() and table["nc_year"].isna().all():
        out.add("pupils_share_of_population", years, found.pupils[at] / residents, "fraction")


def _emit_maintained(dataset: Dataset, found: Children, out: Emitter) -> None:
    table = dataset.table("ehc_plans")
    if table.empty:
        return
    history = total(dataset, "ehc_plans", "plans").sort_index()
    history = history[history.index <= found.years[0]]
    if history.empty or history.index[-1] != found.years[0]:
        out.warnings.append(f"EHC plans maintained are not known for {found.years[0]}, so they are not projected.")
        return
    driver = found.pupils if found.with_plan is None else found.with_plan
    projected = history.iloc[-1] * driver / driver[0]
    years = [int(year) for year in history.index[:-1]] + list(found.years)
    out.add("ehc_plans", years, np.concatenate([history.to_numpy(float)[:-1], projected]), "count")
