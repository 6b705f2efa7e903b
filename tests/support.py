"""What several tests share: where things are, and a copied dataset that a test may spoil."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.analysis import synthetic_moves
from forecasting.analysis.synthetic_pupils import NC_YEARS, synthetic_authority
from forecasting.analysis.synthetic_pupils_seen import inputs_at
from forecasting.analysis.synthetic_world import SyntheticAuthority
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import baseline_of, run
from forecasting.outputs.subjects import View
from forecasting.scenario.from_dataset import dataset_scenarios

ROOT = Path(__file__).resolve().parents[1]
ROTHERHAM = ROOT / "data" / "rotherham_2017"
DEMONSTRATION = ROOT / "data" / "demonstration"
WORKBOOK = ROTHERHAM / "rotherham_2017.xlsx"
SHARED = ROOT.parent / "shared"

Row = dict[str, str]


@dataclass(frozen=True)
class Copy:
    """A copy of the Rotherham dataset in a folder of its own."""

    path: Path

    def rows(self, table: str) -> list[Row]:
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    def write(self, table: str, rows: Sequence[Row]) -> None:
        with (self.path / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def change(self, table: str, edit: Callable[[Row], object]) -> None:
        """Apply an edit, which changes a row in place, to every row of a table."""
        rows = self.rows(table)
        for row in rows:
            edit(row)
        self.write(table, rows)

    def set(self, table: str, line: int, column: str, text: str) -> None:
        """Set one cell; `line` is the row as the user sees it, the header being 1."""
        rows = self.rows(table)
        rows[line - 2][column] = text
        self.write(table, rows)

    def load(self) -> Dataset:
        return load([self.path])


def copy_rotherham(to: Path) -> Copy:
    """Copy the CSV files (not the workbook) of the Rotherham dataset."""
    to.mkdir(parents=True, exist_ok=True)
    for file in ROTHERHAM.glob("*.csv"):
        shutil.copy(file, to)
    return Copy(to)


BASE = 2024  # last January of the synthetic authority
SOURCE = "synthetic authority, seed 5"


def synthetic_pupil_tables() -> dict[str, pd.DataFrame]:
    """Tables of a made-up authority with everything that a forecast of pupils by year group can use.

    Pupils by NC year and planning area 2010 to 2024, births with a high and a low variant to 2034, residents aged 0
    to 4 actual to 2024 and projected to 2034, dwellings planned to 2034, cross-border shares, SEN and EHC plans.
    """
    made = synthetic_authority(np.random.default_rng([5, 0]))
    known = inputs_at(made, BASE, ahead=10)
    tables = {"about": _about(), "pupils": _pupils(made), "births": _births(made), "population": _residents(made)}
    tables["housing"], tables["pupil_yields"] = _housing(made)
    tables["cross_border"] = pd.DataFrame({"year": known.years, "share": known.cross_border_share})
    roll = float(known.pupils[-1].sum())
    tables["sen"] = pd.DataFrame({
        "year": BASE, "provision": ["sen_support", "ehc_plan"], "pupils": [round(0.14 * roll), round(0.04 * roll)],
    })  # fmt: skip
    plans = [round(0.05 * roll * 1.06**back) for back in range(-4, 1)]
    tables["ehc_plans"] = pd.DataFrame({"year": range(BASE - 4, BASE + 1), "plans": plans})
    held = {"scenario": "baseline", "method": "trend", "why": "plans by age are not known"}
    named = {name: table.assign(source=SOURCE) for name, table in tables.items()}
    return {**named, "scenarios": pd.DataFrame([held])}


def view_of(dataset: Dataset, scenario: str, draws: int = 20) -> View:
    """Return the view of a scenario of a dataset, beside its baseline."""
    held = run(dataset, dataset_scenarios(dataset)[scenario], draws=draws)
    return View(held, baseline_of(held))


def _about() -> pd.DataFrame:
    facts = {"authority_code": "X99", "authority_name": "Borchester", "title": "Synthetic pupils", "base_year": BASE,
             "synthetic": "yes"}  # fmt: skip
    return pd.DataFrame({"key": list(facts), "value": [str(value) for value in facts.values()]})


def _pupils(made: SyntheticAuthority) -> pd.DataFrame:
    seen = made.years <= BASE
    roll = pd.DataFrame(made.observed[seen], index=made.years[seen], columns=NC_YEARS)
    long = _long(roll, "nc_year", "pupils")
    north = long.assign(area="North", pupils=np.floor(long["pupils"] * 0.6))
    return pd.concat([north, long.assign(area="South", pupils=long["pupils"] - north["pupils"])], ignore_index=True)


def _births(made: SyntheticAuthority) -> pd.DataFrame:
    known = inputs_at(made, BASE, ahead=11)
    principal = pd.DataFrame({"year": known.birth_years, "variant": "principal", "births": np.rint(known.births)})
    ahead = principal.loc[principal["year"] >= BASE]
    high = ahead.assign(variant="high", births=np.rint(ahead["births"] * 1.05))
    low = ahead.assign(variant="low", births=np.rint(ahead["births"] * 0.95))
    return pd.concat([principal, high, low], ignore_index=True)


def _residents(made: SyntheticAuthority) -> pd.DataFrame:
    known = inputs_at(made, BASE, ahead=11)
    actual = pd.DataFrame(made.residents[made.years <= BASE], index=made.years[made.years <= BASE], columns=range(5))
    ahead = range(BASE + 1, BASE + 11)
    born = {int(year): float(births) for year, births in zip(known.birth_years, known.births, strict=True)}
    later = pd.DataFrame([[round(born[y - 1 - age]) for age in range(5)] for y in ahead], index=ahead, columns=range(5))
    parts = ((actual, "actual"), (later, "projection"))
    return pd.concat([_long(grid, "age", "people").assign(status=status) for grid, status in parts], ignore_index=True)


def _long(grid: pd.DataFrame, columns: str, value: str) -> pd.DataFrame:
    return grid.rename_axis(index="year").reset_index().melt("year", var_name=columns, value_name=value)


def _housing(made: SyntheticAuthority) -> tuple[pd.DataFrame, pd.DataFrame]:
    known = inputs_at(made, BASE, ahead=10).housing
    assert known is not None
    built = pd.DataFrame(np.rint(known.dwellings), index=known.years, columns=known.dwelling_types)
    rows = [(kind, int(group), known.pupils_per_dwelling[k, g], 0.0)
            for k, kind in enumerate(known.dwelling_types) for g, group in enumerate(NC_YEARS)]  # fmt: skip
    columns = ["dwelling_type", "nc_year", "pupils_per_dwelling", "ehc_plans_per_dwelling"]
    return _long(built, "dwelling_type", "dwellings"), pd.DataFrame(rows, columns=columns)


def write_tables(tables: dict[str, pd.DataFrame], to: Path) -> Path:
    """Write tables as a dataset folder."""
    to.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(to / f"{name}.csv", index=False, lineterminator="\n")
    return to


def somewhere_with_moves(path: Path) -> Dataset:
    """Return a made-up authority of which only the moves of children with a plan and the residents are known."""
    made = synthetic_moves.synthetic_authority(np.random.default_rng(5), n_needs=2, n_settings=4)
    names = {"N1": "ASC", "N2": "SEMH", "S1": "mainstream", "S2": "special_state", "S3": "early_years", "S4": "fe"}
    made.moves.replace(names).to_csv(path / "plan_moves.csv", index=False)
    made.residents.to_csv(path / "population.csv", index=False)
    (path / "about.csv").write_text("key,value\nauthority_name,Somewhere\n", encoding="utf-8")
    return load([path])
