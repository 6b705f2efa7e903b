"""Levers of pupils by year group: births, migration, take-up, housing, cross-border flow, survival."""

from __future__ import annotations

from forecasting.scenario.lever import Lever

LEVERS: tuple[Lever, ...] = ()
