"""Pupils on roll by year group, as margins of the forecast."""

from __future__ import annotations

from forecasting.model.job import Job


def emit_pupils(job: Job) -> None:
    """Add pupils by NC year to the forecast, where the dataset has them for at least two years."""
