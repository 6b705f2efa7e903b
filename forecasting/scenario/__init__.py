"""Assumptions (one catalogue of levers) and scenarios (named changes to them)."""
