"""A forecast to a file: the table as CSV or Parquet, with its circumstances as JSON, a workbook, a briefing."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from forecasting.errors import UsageError
from forecasting.model.forecast import Forecast
from forecasting.model.run import Run, baseline_of


def csv_bytes(forecast: Forecast) -> bytes:
    """Return the forecast table as CSV in UTF-8; numbers in full, so that the same forecast gives the same bytes."""
    return forecast.table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def json_bytes(forecast: Forecast) -> bytes:
    """Return the forecast as JSON: scenario, method, years, warnings, stamp and the rows; unknown figures are null."""
    table = forecast.table.astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    content = {
        "scenario": forecast.scenario, "method": forecast.method, "why_method": forecast.why_method,
        "base_year": forecast.base_year, "years": list(forecast.years), "warnings": list(forecast.warnings),
        "stamp": dict(forecast.stamp), "rows": rows,
    }  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def writer(path: Path) -> Callable[[Run], None]:
    """Return what writes a run to a path, by the ending of its name.

    Raises:
        UsageError: the ending is none of those written, or its folder is not there.
    """
    writers: dict[str, Callable[[Run], None]] = {
        ".csv": lambda run: _write(path, csv_bytes(run.forecast)),
        ".json": lambda run: _write(path, json_bytes(run.forecast)),
        ".parquet": lambda run: run.forecast.table.to_parquet(path, index=False),
        ".xlsx": lambda run: _workbook(run, path),
        ".pptx": lambda run: _briefing(run, path, "deck"),
        ".docx": lambda run: _briefing(run, path, "paper"),
    }
    chosen = writers.get(path.suffix.lower())
    if chosen is None:
        raise UsageError(f'a file ending "{path.suffix}" is not written; allowed: {", ".join(writers)}')
    if not path.parent.is_dir():
        raise UsageError(f'there is no folder "{path.parent}" to write {path.name} in')
    return chosen


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _briefing(run: Run, path: Path, form: str) -> None:
    subjects = import_module("forecasting.outputs.subjects")
    told = import_module("forecasting.outputs.briefing.story").story(subjects.View(run, baseline_of(run)))
    _write(path, import_module(f"forecasting.outputs.briefing.{form}").to_bytes(told))


def _workbook(run: Run, path: Path) -> None:
    # Imported only here: a CSV needs no workbook writer, and starts faster without one.
    import_module("forecasting.outputs.workbook").write(run, path)
