"""What the method trend starts from: the authority's yearly counts among those of England and other authorities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import total
from forecasting.inputs.national import ENGLAND, england_until, plans_by_authority
from forecasting.model import plan_levers
from forecasting.model.job import Job
from forecasting.model.plan_inputs import flow_totals
from forecasting.model.trend import TrendForecast, trend
from forecasting.model.trend_panel import TrendPanel, panel_from_long
from forecasting.values import Floats

KEYS = ["unit", "year", "series"]


def trend_lacks(dataset: Dataset) -> str:
    """Return what a dataset lacks for the method `trend`; "" when nothing.

    One January is enough: the authority leans on the others (docs/decisions/0040-one-january.md).
    """
    known = total(dataset, "ehc_plans", "plans").dropna()
    return "" if dataset.base_year in known.index else f"EHC plans in {dataset.base_year} (table ehc_plans)"


def unit_of(dataset: Dataset) -> str:
    """Return the authority's name in the panel: its code, else its name."""
    return dataset.about("authority_code") or dataset.name


@lru_cache(maxsize=16)
def panel(dataset: Dataset) -> pd.DataFrame:
    """Return the authority's yearly counts among others', as the panel of the method `trend`.

    Columns unit, year, series, value. The pool: the Department's counts of other authorities and of England that come
    with the product; a total given by the dataset's comparators is taken first. Nothing is later than the base year.
    """
    pool = plans_by_authority()
    named = pool[pool["name"].ne("")]
    codes = dict(zip(named["name"].astype(str), named["unit"].astype(str), strict=True))
    others: pd.DataFrame = pool[~pool["unit"].isin([unit_of(dataset), codes.get(dataset.name, "")])]
    found = pd.concat([_own(dataset), _comparators(dataset, codes), others.drop(columns="name")])
    found = found.dropna(subset=["value"]).drop_duplicates(KEYS, keep="first")
    known: pd.DataFrame = found[found["year"] <= dataset.base_year].astype({"year": "int64", "value": "float64"})
    return known.reset_index(drop=True)


def _own(dataset: Dataset) -> pd.DataFrame:
    flows = flow_totals(dataset)[["new_plans", "requests"]].dropna(how="all")
    own = {"total": total(dataset, "ehc_plans", "plans")}
    own |= {str(name): flows[name].rename(index=lambda year: int(year) + 1) for name in flows}
    known = {name: series for name, series in own.items() if len(series)}
    frames = [pd.DataFrame({"year": s.index, "series": name, "value": s.to_numpy()}) for name, s in known.items()]
    return pd.concat(frames, ignore_index=True).assign(unit=unit_of(dataset))


def _comparators(dataset: Dataset, codes: dict[str, str]) -> pd.DataFrame:
    """Return totals of the dataset's comparators, by code where the name is known; its own region is no authority."""
    rows = dataset.table("comparators")
    others = ~rows["authority"].isin([dataset.name, dataset.about("region")])
    rows = rows[(rows["measure"] == "ehc_plans") & others]
    unit = rows["authority"].replace({"England": ENGLAND, **codes})
    return pd.DataFrame({"unit": unit, "year": rows["year"], "series": "total", "value": rows["value"]})


@lru_cache(maxsize=16)
def _panel_arrays(dataset: Dataset) -> TrendPanel:
    return panel_from_long(panel(dataset))


@lru_cache(maxsize=128)
def trend_of(dataset: Dataset, horizon: int) -> TrendForecast:
    """Return the forecast of all plans; no lever changes it, so that every scenario shares it."""
    return trend(_panel_arrays(dataset), "total", horizon)


def trend_stream(seed: int) -> np.random.Generator:
    """Return the random values of all plans, which no other series shares."""
    return np.random.default_rng([seed, *b"total"])


@lru_cache(maxsize=16)
def new_per_plan(dataset: Dataset) -> float:
    """Return new plans of the latest calendar year known per plan maintained at its beginning; else England's."""
    england = england_until(dataset.base_year)
    own = total(dataset, "plan_flows", "new_plans", time="calendar_year"), total(dataset, "ehc_plans", "plans")
    for new, plans in (own, (england["new_plans"], england["ehc_plans"])):
        rate = (new / plans).dropna()
        rate = rate[rate.index < dataset.base_year]
        if len(rate):
            return float(rate.iloc[-1])
    return 0.0


@dataclass(frozen=True, eq=False)
class TrendWorld:
    """All plans in a run of the method trend.

    Attributes:
        found: their forecast; no lever changes it.
        unit: the authority's place in it.
        history: counts by January up to the base year.
        runs: plans under the national trend chosen and without a policy shock, axes (run, year), the base year first.
    """

    found: TrendForecast
    unit: int
    history: pd.Series
    runs: Floats


def trend_world(job: Job) -> TrendWorld:
    """Return what a run of the method trend starts from."""
    frame, table = panel(job.dataset), _panel_arrays(job.dataset)
    unit = table.units.index(unit_of(job.dataset))
    found = trend_of(job.dataset, len(job.ahead))
    runs = found.mean[unit][None]
    if job.draws:
        runs = np.concatenate([runs, found.draws(job.draws, trend_stream(job.seed))[:, unit]])
    mine = frame[(frame["unit"] == table.units[unit]) & (frame["series"] == "total")]
    history = mine.set_index("year")["value"].sort_index()
    runs = runs * np.exp(plan_levers.trend_change(job.assumptions, job.ahead, found, unit, history))
    start = np.full((len(runs), 1), history.loc[job.years[0]])
    return TrendWorld(found, unit, history, np.concatenate([start, runs], axis=1))
