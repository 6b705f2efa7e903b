"""New plans, assessments and requests of a calendar year to come, where the forecast gives none: recent rates, held.

A forecast of plans says how many more there are each January. New plans are that growth and what ends net of those who
move in; assessments and requests stand to new plans as in the last calendar years. Every such figure is listed as
assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.margins import margin, total
from forecasting.model.forecast import Forecast

_NEW = "new_plans"
_WORDS = {"requests": "requests", "assessments": "assessments", "new_plans": "new plans"}


@dataclass(frozen=True)
class Flow:
    """A flow by age band in one January.

    Attributes:
        rows: age_band and value.
        notes: what was assumed.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...]


def flow(dataset: Dataset, forecast: Forecast, measure: str, year: int, years: int) -> Flow | None:
    """Return a flow of the calendar year before a January; None where the data do not say enough.

    Args:
        dataset: the data, with plan_flows of the last calendar years.
        forecast: the forecast.
        measure: requests, assessments or new_plans.
        year: January census year; the flow is that of the calendar year before it.
        years: calendar years whose rates are held.
    """
    if measure not in _WORDS or not dataset.has("plan_flows"):
        return None
    shares = _shares(dataset, measure, years)
    new = _new_plans(dataset, forecast, year, years)
    ratio = _ratio(dataset, measure, years)
    if shares is None or new is None or ratio is None:
        return None
    (count, told), (factor, when) = new, ratio
    part, ages = shares
    texts = [told] if told else []
    if measure != _NEW:
        texts.append(f"{_WORDS[measure]} are taken at {factor:.2f} to each new plan, as in {when}")
    texts.append(f"the ages of {_WORDS[measure]} are taken to be those of {ages}")
    rows = (part * count * factor).rename("value").reset_index()
    return Flow(rows, tuple(texts))


def _named(years: pd.Index) -> str:
    first, last = int(years.min()), int(years.max())
    return f"{first} to {last}" if first < last else str(first)


def _last(series: pd.Series, dataset: Dataset, years: int) -> pd.Series:
    """Return the last calendar years of a series that are known, none of them after the last January."""
    known = series[series.index < dataset.base_year].dropna().sort_index()
    return known.tail(years)


def _shares(dataset: Dataset, measure: str, years: int) -> tuple[pd.Series, str] | None:
    """Return the shares of the age bands, and the calendar years they are from; a year counts where it adds up."""
    bands = margin(dataset, "plan_flows", measure, "age_band", time="calendar_year")
    if bands.empty:
        return None
    whole = total(dataset, "plan_flows", measure, time="calendar_year")
    # Counts of none are left out of the releases: where the bands there are make the total, the others are none.
    wide = bands.rename("value").reset_index().pivot_table(index="calendar_year", columns="age_band", values="value")
    added, whole = wide.sum(axis=1), whole.reindex(wide.index)
    kept = _last(added.where((added - whole).abs().lt(1.0) & whole.gt(0)), dataset, years)
    summed = wide[wide.index.isin(kept.index)].sum().reindex(list(axes.AGE_BANDS.names), fill_value=0.0)
    if not len(kept) or summed.sum() <= 0:
        return None
    return (summed / summed.sum()).rename_axis("age_band"), _named(kept.index)


def _ratio(dataset: Dataset, measure: str, years: int) -> tuple[float, str] | None:
    """Return how many there are to each new plan, and the calendar years this is from."""
    both = pd.DataFrame({name: total(dataset, "plan_flows", name, time="calendar_year") for name in (measure, _NEW)})
    kept = both.loc[_last(both.sum(axis=1, skipna=False), dataset, years).index]
    if not len(kept) or kept[_NEW].sum() <= 0:
        return None
    return float(kept[measure].sum() / kept[_NEW].sum()), _named(kept.index)


def _new_plans(dataset: Dataset, forecast: Forecast, year: int, years: int) -> tuple[float, str] | None:
    """Return the new plans of the calendar year before a January, and what was assumed; "" where they are forecast."""
    given = _central(forecast, _NEW)
    if given is not None:
        return (float(given[year]), "") if year in given.index else None
    plans = _central(forecast, "ehc_plans")
    if plans is None or not {year, year - 1} <= {*plans.index}:
        return None
    history = total(dataset, "ehc_plans", "plans")
    new = total(dataset, "plan_flows", _NEW, time="calendar_year")
    before, after = history.reindex(new.index), history.reindex(new.index + 1).set_axis(new.index)
    left = _last(new - (after - before), dataset, years)
    if not len(left):
        return None
    rate = float(left.sum() / before.loc[left.index].sum())
    made = float(plans[year] - plans[year - 1] + rate * plans[year - 1])
    told = (f"new plans are taken as the growth in plans and {rate:.1%} more, for plans that end less those that move "
            f"in, as in {_named(left.index)}")  # fmt: skip
    return (made, told) if made >= 0 else None


def _central(forecast: Forecast, measure: str) -> pd.Series | None:
    if not forecast.has(measure):
        return None
    return forecast.series(measure).set_index("year")["central"]
