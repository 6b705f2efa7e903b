"""The dataset page of the docs: every table and column of the schema in Markdown.

Written by `python -m forecasting.outputs.schema_table > docs/dataset_tables.md`; a test keeps the page up to date.
"""

from __future__ import annotations

import sys

from forecasting.inputs.schema import STARTING_TABLES, TABLES, Column, Table
from forecasting.outputs.lever_table import markdown_table

HEADER = ("Column", "Holds", "Needed", "Meaning")
HOLDS = {
    "text": "text",
    "year": "a year, such as 2016",
    "whole": "a whole number",
    "number": "a number",
    "count": "a number, 0 or more",
    "fraction": "a fraction from 0 to 1 (12% is 0.12 or 12%)",
    "gbp": "pounds",
    "month": "a month, such as 2017-09",
    "financial_year": "a financial year, such as 2016-17",
    "need": "a need",
    "setting": "a setting",
    "phase": "a phase",
    "place": "in_borough or out_of_borough",
    "age_band": "an age band",
    "needs": 'needs separated by "|"',
}
INTRODUCTION = f"""# Dataset tables

Every table that a dataset may hold (`forecasting/inputs/schema.py`). This page is generated. To write it again:

```
python -m forecasting.outputs.schema_table > docs/dataset_tables.md
```

A dataset is a folder of CSV files named after the tables (`pupils.csv`), or one workbook with a sheet for each table.

- All tables are optional except `about` and one of {", ".join(f"`{name}`" for name in STARTING_TABLES)}.
- The first filled row holds the column names, in any order. Leave out the columns that you do not have.
- A blank cell in a breakdown (need, phase, setting, place, age and so on) means "all". A blank number means unknown,
  not zero. So do the marks `z`, `x`, `c`, `:`, `..`, `low`, `n/a`, `na` and `-`.
- Needs, settings, phases, places and age bands are the codes, names and other spellings in `data/vocabularies/`. For
  words of your own, add rows to `mappings`, or declare your own list in `needs` or `settings`.
- `source` (and `note`, where you want one) is free text: the title of the paper or return, and the table or page.
- Two rows that agree in every column under "Rows must differ in" are refused as duplicates.
"""


def schema_table() -> str:
    """Return the whole page docs/dataset_tables.md: an introduction and one section a table."""
    return "\n".join((INTRODUCTION, *(_section(table) for table in TABLES)))


def _section(table: Table) -> str:
    rows = [(f"`{column.name}`", _holds(column), _needed(column), column.help) for column in table.columns]
    key = f"\nRows must differ in: {', '.join(f'`{name}`' for name in table.key)}.\n" if table.key else ""
    other = "".join(f"\n`{theirs}` is read as `{ours}`.\n" for theirs, ours in table.aliases)
    return f"## {table.name}\n\n{table.help}.\n\n{markdown_table(HEADER, rows)}{key}{other}"


def _holds(column: Column) -> str:
    if column.kind == "choice":
        return "one of " + ", ".join(f"`{word}`" for word in column.choices)
    return HOLDS[column.kind]


def _needed(column: Column) -> str:
    if column.absent:
        return f"yes; `{column.absent}` when the column is left out"
    return "yes" if column.required else ""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(schema_table())
