"""A project thought of on the screen: the dataset with its rows added, for the session alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from forecasting.errors import UsageError
from forecasting.inputs.cells import Words
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.read_table import read_table
from forecasting.inputs.sheets import Sheet
from forecasting.periods import year_to_financial_year

SOURCE = "added on screen, not in the files"


@dataclass(frozen=True)
class NewProject:
    """What a user says of a project.

    Attributes:
        name: short name; no other project has it.
        provider: school or site.
        places: net-new places.
        need: code of the need served; "" for any.
        phase: code of the phase; "" for any.
        setting: code of the kind of setting.
        opens: year in whose September it opens.
        capital_gbp: capital, spent in the financial year before it opens; 0 = not known.
        ramp_years: years until it is full.
    """

    name: str
    provider: str
    places: int
    need: str
    phase: str
    setting: str
    opens: int
    capital_gbp: float = 0.0
    ramp_years: float = 2.0


def with_project(dataset: Dataset, project: NewProject) -> Dataset:
    """Return the dataset with one more project.

    Raises:
        UsageError: the name is blank or taken, there are no places, or a cell is not allowed.
    """
    name = project.name.strip()
    if not name:
        raise UsageError("give the project a short name")
    if name in set(dataset.table("projects")["project"]):
        raise UsageError(f'there is a project "{name}" already; choose another name')
    if project.places <= 0:
        raise UsageError("a project needs at least one place")
    row = {
        "project": name, "provider": project.provider.strip() or name, "places": project.places,
        "replaces_places": 0, "need": project.need, "phase": project.phase, "setting": project.setting,
        "opens": f"{project.opens}-09", "ramp_years": project.ramp_years, "source": SOURCE,
    }  # fmt: skip
    tables = dict(dataset.tables)
    tables["projects"] = _added(dataset, "projects", row)
    if project.capital_gbp > 0:
        spent = {"project": name, "financial_year": year_to_financial_year(project.opens), "gbp": project.capital_gbp,
                 "source": SOURCE}  # fmt: skip
        tables["project_capital"] = _added(dataset, "project_capital", spent)
    return replace(dataset, tables=tables)


def _added(dataset: Dataset, table: str, row: Mapping[str, object]) -> pd.DataFrame:
    """Return a table with a row more, read and checked like a row of a file."""
    own = {kind: vocabulary.names if dataset.has(f"{kind}s") else ()
           for kind, vocabulary in (("need", dataset.needs), ("setting", dataset.settings))}  # fmt: skip
    cells = tuple(str(cell) for cell in row.values())
    frame, faults = read_table(Sheet("this screen", table, tuple(row), ((2, cells),)), Words(own, {}))
    wrong = [str(fault) for fault in faults if fault.grade == "error"]
    if wrong:
        raise UsageError("; ".join(wrong))
    held = dataset.table(table)
    return pd.concat([held, frame], ignore_index=True) if len(held) else frame
