"""One subject a page: computed once, then drawn on the page and written to the workbook."""

from __future__ import annotations

from collections.abc import Callable

from forecasting.outputs.figure import Subject
from forecasting.outputs.subjects.accuracy import past_accuracy
from forecasting.outputs.subjects.common import View
from forecasting.outputs.subjects.costs import costs, costs_head
from forecasting.outputs.subjects.overview import overview, overview_head
from forecasting.outputs.subjects.placements import placements, placements_head
from forecasting.outputs.subjects.population import population, population_head
from forecasting.outputs.subjects.programme import programme
from forecasting.outputs.subjects.published import published
from forecasting.outputs.subjects.send import send, send_head
from forecasting.outputs.subjects.track_record import track

SUBJECTS: dict[str, Callable[[View], Subject]] = {
    "overview": overview,
    "population": population,
    "accuracy": past_accuracy,
    "send": send,
    "placements": placements,
    "costs": costs,
    "programme": programme,
    "track_record": track,
    "published": published,
}

HEADS: dict[str, Callable[[View], Subject]] = {
    "overview": overview_head,
    "population": population_head,
    "send": send_head,
    "placements": placements_head,
    "costs": costs_head,
}  # subjects with ranges: answer and headline figures alone, there before the draws are made

__all__ = ["HEADS", "SUBJECTS", "Subject", "View"]
