"""The page Placements: nobody is said to lack a place where none are known; sums of withheld parts are blank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.figure import Table
from forecasting.outputs.leaving import leaving
from forecasting.outputs.subjects import View
from forecasting.outputs.subjects.overview import overview_head
from forecasting.outputs.subjects.placements import placements
from forecasting.scenario.scenario import Scenario


def test_without_providers_nobody_is_said_to_lack_a_place(demonstration: Dataset) -> None:
    held = replace(demonstration, tables={k: v for k, v in demonstration.tables.items() if k != "providers"})
    here = run(held, Scenario("plain"), to=held.base_year + 2, method="trend")
    found = placements(View(here, here))
    assert found.answer.startswith("Who lacks a suitable local place is not known: add the table providers")
    assert [metric.label for metric in found.metrics] == [f"Out of the borough, {held.base_year + 2}"]
    assert found.implications == ()
    assert "Without a suitable local place" not in [section.heading for section in found.sections]


def test_a_sum_of_which_a_part_is_withheld_is_blank_and_the_note_says_so(quick: Dataset) -> None:
    here = run(quick, Scenario("plain"), to=quick.base_year + 1, method="trend")
    inside, shared = View(here, here), leaving(View(here, here), Policy())
    whole, safe = (_table(view, "flow").set_index("Need") for view in (inside, shared))
    parts = shared.forecast.series("placements", "need", "setting")
    parts = parts.loc[parts["year"] == shared.last].set_index("need")["central"]
    label = quick.needs.label
    gone = {label(str(need)) for need in parts.index[parts.isna()]}
    assert gone and safe.loc[safe.index.isin(gone)].isna().any(axis=1).any()
    both = whole.loc[safe.index, safe.columns]
    # A sum that is shown is that of all its parts, each rounded by less than one.
    assert ((safe - both).abs().max(axis=None)) < 3
    assert "withheld" in _found(shared, "flow").note and "withheld" not in _found(inside, "flow").note
    beside = _table(shared, "beside")
    assert not beside.astype(str).apply(lambda column: column.str.contains("not known")).any(axis=None)


def _found(view: View, key: str) -> Table:
    return next(table for table in placements(view).tables if table.key == key)


def _table(view: View, key: str) -> pd.DataFrame:
    return _found(view, key).frame


def test_places_required_that_are_withheld_are_said_to_be_withheld(quick: Dataset) -> None:
    here = run(quick, Scenario("plain"), to=quick.base_year + 1, method="trend")
    year, name = here.forecast.years[-1], quick.name
    assert overview_head(View(here, here)).answer.startswith(f"By {year}, {name} needs ")
    blank = [replace(m, stats=np.full_like(m.stats, np.nan)) if m.measure == "places_required" else m
             for m in here.forecast.margins]  # fmt: skip
    gone = replace(here, forecast=replace(here.forecast, margins=tuple(blank)))
    answer = overview_head(View(gone, here, Policy())).answer
    assert answer.startswith(f"How many specialist places {name} needs by {year} is withheld; it has ")
    assert "not known" not in answer
