"""The dataset page of the docs says what the schema says."""

from pathlib import Path

import pytest

from forecasting.inputs.schema import TABLES
from forecasting.outputs.schema_table import schema_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dataset_tables.md"


def test_the_page_equals_the_schema() -> None:
    assert PAGE.read_text(encoding="utf-8") == schema_table(), (
        "write it again: python -m forecasting.outputs.schema_table > docs/dataset_tables.md"
    )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_table_has_a_section_with_each_column_once(table) -> None:
    section = schema_table().split(f"\n## {table.name}\n")[1].split("\n## ")[0]
    for column in table.columns:
        assert section.count(f"| `{column.name}` |") == 1
