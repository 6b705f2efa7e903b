"""The user guide defines every measure that the engine emits, and no other."""

import re
from pathlib import Path

from forecasting.axes import FORECAST_COLUMNS
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.scenario.from_dataset import dataset_scenarios

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "user_guide.md").read_text(encoding="utf-8")

PLACED = (
    "children_waiting",
    "children_over_capacity",
    "probability_over_capacity",
)
FLOWS = ("requests", "new_plans", "ceased_plans")  # emitted by the methods of EHC plans, as tests of their levers see


def _names(text: str) -> list[str]:
    first_cells = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]


def test_every_measure_is_defined_once() -> None:
    dataset = load([ROOT / "data" / "rotherham_2017"])
    emitted = run(dataset, dataset_scenarios(dataset)["published"]).forecast.measures()
    assert sorted(_names(GUIDE.split("### Measures")[1])) == sorted((*emitted, *FLOWS, *PLACED))


def test_every_column_is_explained_in_order() -> None:
    section = GUIDE.split("## The forecast table")[1].split("### Measures")[0]
    assert tuple(_names(section)) == ("scenario", "measure", "component", "year", "area", "nc_year", "age_band",
                                      *FORECAST_COLUMNS[7:])  # fmt: skip
