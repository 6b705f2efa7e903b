"""The assumption catalogue: one record per lever, and no second list of levers anywhere.

The record drives the slider, the check of scenario files, the help text, the sheet "Assumptions" of the workbook,
the table in the docs and the command line. Values of an authority are not here: they are rows of its dataset.
"""

from __future__ import annotations

from forecasting.scenario import levers_costs, levers_placements, levers_plans, levers_published, levers_pupils
from forecasting.scenario.lever import Lever

LEVERS: tuple[Lever, ...] = (
    *levers_published.CHILDREN,
    *levers_pupils.LEVERS,
    *levers_plans.LEVERS,
    *levers_placements.LEVERS,
    *levers_published.REST,
    *levers_costs.LEVERS,
)

BY_NAME = {lever.name: lever for lever in LEVERS}
