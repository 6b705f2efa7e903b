"""The assumptions page of the docs says what the catalogue says."""

import re
from pathlib import Path

import pytest

from forecasting.outputs.lever_table import lever_table, markdown_table
from forecasting.scenario.catalogue import LEVERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "assumptions.md"


def test_the_page_equals_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == lever_table(), (
        "write it again: python -m forecasting.outputs.lever_table > docs/assumptions.md"
    )


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_each_lever_has_one_row_with_everything_it_moves(lever) -> None:
    rows = [line for line in lever_table().splitlines() if line.startswith(f"| `{lever.name}`")]
    assert len(rows) == 1
    assert lever.unit in rows[0]
    assert lever.moves <= set(re.findall(r"\w+", rows[0]))


def test_a_bar_inside_a_cell_does_not_start_a_new_cell() -> None:
    assert markdown_table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |\n"
