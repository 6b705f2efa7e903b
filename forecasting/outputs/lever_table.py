"""The assumptions page of the docs: every lever of the catalogue as one Markdown table.

Written by `python -m forecasting.outputs.lever_table > docs/assumptions.md`; a test keeps the page up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.lever import Lever

HEADER = ("Lever", "On screen", "Unit", "Allowed", "Usual", "Step", "What it does", "What it moves", "Where it works")
INTRODUCTION = """# Assumptions

Every lever of the assumption catalogue (`forecasting/scenario/catalogue.py`). This page is generated. To write it
again:

```
python -m forecasting.outputs.lever_table > docs/assumptions.md
```

- **Lever** is the name to use in the dataset tables `assumptions` and `scenarios` and in scenario files.
- **Allowed** and **Step** are in the unit of the value as stored: a rate of 1% is 0.01.
- **Usual** is what the slider spans. A value beyond it can be typed and is remarked upon, never refused. The ends are
  our judgement of what is out of the ordinary, not a forecast; "±100%" is around the value of the baseline. Blank: as
  allowed.
- **What it moves**: ↑ rises when the lever rises, ↓ falls when it rises, ↕ moves one way or the other as the case may
  be. A measure that is not listed never moves. Measures are defined in [the user guide](user_guide.md).
- **Where it works**: the methods, and the dataset tables without which the lever does nothing.
- The value in force, with its source and status, comes from the table `assumptions` of the dataset. No figure of any
  authority is in the catalogue.
"""


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; a vertical bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def lever_table() -> str:
    """Return the whole page docs/assumptions.md: an introduction and one table row a lever, under its group."""
    groups = dict.fromkeys(lever.group for lever in LEVERS)
    sections = [
        f"## {group}\n\n{markdown_table(HEADER, [_row(lever) for lever in LEVERS if lever.group == group])}"
        for group in groups
    ]
    return "\n".join((INTRODUCTION, *sections))


def _row(lever: Lever) -> tuple[str, ...]:
    name = f"`{lever.name}`" + (f" (one value for each {lever.key})" if lever.key else "")
    sizes = (lever.unit, _allowed(lever), _usual(lever), _step(lever))
    return (name, lever.label, *sizes, lever.help, _moves(lever), _where(lever))


def _allowed(lever: Lever) -> str:
    if lever.kind == "choice":
        return "; ".join(f"`{word}` ({meaning.removeprefix(f'{word}: ')})" for word, meaning in lever.choices)
    if lever.kind == "switch":
        return f"{lever.low:g} (off) or {lever.high:g} (on); a share between is the chance that it is built"
    blank = ", or blank" if lever.kind == "optional" else ""
    return f"{_number(lever.low)} to {_number(lever.high)}{blank}"


def _usual(lever: Lever) -> str:
    if lever.span:
        return f"±{lever.span:.0%} of the baseline"
    return " to ".join(_number(end) for end in lever.usual or ())


def _step(lever: Lever) -> str:
    return "" if lever.kind == "choice" else _number(lever.step)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:g}"


def _moves(lever: Lever) -> str:
    parts = (("↑", lever.up), ("↓", lever.down), ("↕", lever.either))
    return "<br>".join(f"{arrow} {', '.join(measures)}" for arrow, measures in parts if measures)


def _where(lever: Lever) -> str:
    tables = f"; needs {', '.join(f'`{table}`' for table in lever.tables)}" if lever.tables else ""
    return ", ".join(f"`{method}`" for method in lever.methods) + tables


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(lever_table())
