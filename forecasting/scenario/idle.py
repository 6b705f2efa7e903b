"""Why a lever does nothing here, in a sentence for whoever would move it."""

from __future__ import annotations

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.year_groups import year_groups_lacking
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import mainstream
from forecasting.scenario.lever import Lever
from forecasting.scenario.levers_pupils import CHOOSER, WITHOUT_LEVERS
from forecasting.scenario.levers_pupils import LEVERS as OF_PUPILS

_OVERRIDES = {"bring_back_share": "under_provision_places", "growth_base": "growth_places"}


def idle(dataset: Dataset, lever: Lever, now: Assumptions, method: str) -> str:
    """Return why a lever does nothing with this dataset and method; "" when it works."""
    missing = [table for table in lever.tables if not dataset.has(table)]
    if missing:
        return f"Needs the table {' and '.join(missing)}, which the dataset does not have."
    if method not in lever.methods:
        return f"Does nothing in the method {method}."
    if lever.name in ("project_opens", "project_delay", "project_ramp"):
        built = any(now.number("project_on", project) for project in dataset.table("projects")["project"])
        return "" if built else "No project is built: switch one on first."
    if lever.name in ("inclusion_shift", "moves_from_mainstream") and not mainstream(dataset):
        return "No setting of the dataset counts as mainstream: write it in the column setting_group of table settings."
    if lever in OF_PUPILS:
        return _idle_of_pupils(dataset, lever, now)
    overridden = _OVERRIDES.get(lever.name)
    if overridden and now.number(overridden) is not None:
        return "A fixed number of places is set, so this has no effect on places needed."
    return ""


def _idle_of_pupils(dataset: Dataset, lever: Lever, now: Assumptions) -> str:
    gap = year_groups_lacking(dataset)
    if gap:
        return f"Needs {gap}."
    if lever.name != CHOOSER and now.word(CHOOSER) in WITHOUT_LEVERS:
        return "Acts on cohorts of pupils, which the way chosen to forecast pupils does not follow."
    if lever.name == "births_variant" and set(dataset.table("births")["variant"]) == {"principal"}:
        return "Needs births of the high or low variant (column variant of table births)."
    return ""
