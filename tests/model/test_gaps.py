"""Datasets that lack tables: the forecast runs and says which figures cannot be given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import forecast
from forecasting.scenario.scenario import Scenario


def said(dataset: Dataset, *lost: str) -> str:
    held = replace(dataset, tables={name: table for name, table in dataset.tables.items() if name not in lost})
    return " ".join(forecast(held, Scenario("plain"), to=held.base_year + 3).warnings)


def test_a_whole_dataset_lacks_nothing(rotherham: Dataset) -> None:
    assert "cannot be given" not in said(rotherham)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (("providers",), "who lacks a place cannot be given"),
        (("budget",), "Costs, balances and savings cannot be given: the dataset lacks the table budget"),
        (("projects", "project_capital"), "What projects change cannot be given: the dataset lacks the table projects"),
        (("project_capital",), "Capital and payback of the projects cannot be given"),
        (
            ("pupils",),
            "Pupils on roll cannot be given: the dataset lacks pupils on roll in the base year (table pupils)",
        ),
        (("placements", "providers"), "Where children are placed cannot be given"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_is_lacking_is_said(rotherham: Dataset, lost: tuple[str, ...], words: str) -> None:
    told = said(rotherham, *lost)
    assert words in told
    assert "project_capital" in lost and "projects" not in lost or "Capital and payback" not in told


def test_without_providers_who_lacks_a_place_is_unknown_not_nobody(demonstration: Dataset) -> None:
    tables = {name: table for name, table in demonstration.tables.items() if name != "providers"}
    datasets = demonstration, replace(demonstration, tables=tables)
    known, unknown = (forecast(each, Scenario("plain"), to=each.base_year + 2) for each in datasets)
    assert unknown.has("placements", "place")
    for measure in ("places_short", "children_waiting", "places_available", "spare_places"):
        assert known.has(measure) and not unknown.has(measure)
