"""The page Placements where no places are known: nobody is said to lack one."""

from __future__ import annotations

from dataclasses import replace

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.subjects import View
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
