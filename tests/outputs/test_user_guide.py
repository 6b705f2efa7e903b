"""The user guide defines every measure that the engine emits, and no other."""

import re
from pathlib import Path

from forecasting.axes import FORECAST_COLUMNS, MEASURES

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "user_guide.md").read_text(encoding="utf-8")


def _names(text: str) -> list[str]:
    first_cells = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]


def test_every_measure_is_defined_once() -> None:
    assert sorted(_names(GUIDE.split("### Measures")[1])) == sorted(MEASURES.names)


def test_every_column_is_explained_in_order() -> None:
    section = GUIDE.split("## The forecast table")[1].split("### Measures")[0]
    assert tuple(_names(section)) == ("scenario", "measure", "component", "year", "area", "nc_year", "age_band",
                                      *FORECAST_COLUMNS[7:])  # fmt: skip
