"""Levers of EHC plans: requests, new plans, ceasing, inclusion, policy, national trend."""

from __future__ import annotations

from forecasting.scenario.lever import Lever

LEVERS: tuple[Lever, ...] = ()
