"""A forecast to a file: the table as CSV or Parquet, with its circumstances as JSON, a workbook, a briefing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.axes import STATISTICS
from forecasting.errors import UsageError
from forecasting.inputs.source import Source
from forecasting.model.forecast import Forecast
from forecasting.model.run import Run, baseline_of
from forecasting.outputs.beside import other
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.protect import Protected, protect
from forecasting.written import destination, save

WITHHELD = "withheld"  # column of the Parquet that tells a figure withheld from one that is not known
PUBLICATION = "the publication is a workbook: name a file that ends in .xlsx with --out"


def csv_bytes(forecast: Forecast, policy: Policy = INTERNAL, beside: Sequence[Forecast] = ()) -> bytes:
    """Return the forecast table as CSV in UTF-8; numbers in full, so that the same forecast gives the same bytes.

    Figures that the policy withholds are written as its symbol, so that they are not taken for unknown. They are
    protected with the export of the baseline (`beside`) in view, as they are by every other way out.
    """
    if policy.form == "none":
        return forecast.table.to_csv(index=False, lineterminator="\n").encode("utf-8")
    shared = protect(forecast, policy, beside=beside)
    table = shared.forecast.table.astype(dict.fromkeys(STATISTICS, object))
    table.loc[_hidden(shared), list(STATISTICS)] = policy.symbol
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _hidden(shared: Protected) -> NDArray[np.bool_]:
    """Return along the rows of the forecast table whether the figures of a row are withheld."""
    return np.concatenate([mask.reshape(-1) for mask in shared.hidden])


def parquet_bytes(forecast: Forecast, policy: Policy = INTERNAL, beside: Sequence[Forecast] = ()) -> bytes:
    """Return the forecast table as Parquet; its schema says under which policy, and from what it was made.

    Numbers stay numbers: a withheld figure is null, and where figures are withheld a last column, `withheld`, tells
    it from one that is not known. Metadata of the schema: scenario, method, small_numbers (the policy in words), symbol
    (what the CSV writes for a withheld figure) and stamp (JSON).
    """
    import pyarrow as pa  # only here: a CSV needs no Parquet writer, and starts faster without one
    import pyarrow.parquet as pq

    shared = protect(forecast, policy, beside=beside)
    table = shared.forecast.table
    if policy.form == "withhold":
        table = table.assign(**{WITHHELD: _hidden(shared)})
    made = pa.Table.from_pandas(table, preserve_index=False)
    told = {
        "scenario": forecast.scenario,
        "method": forecast.method,
        "small_numbers": policy.sentence,
        "symbol": policy.symbol if policy.form == "withhold" else "",
        "stamp": json.dumps(dict(forecast.stamp)),
    }
    stream = BytesIO()
    pq.write_table(made.replace_schema_metadata({**(made.schema.metadata or {}), **told}), stream)
    return stream.getvalue()


def zip_bytes(forecast: Forecast, policy: Policy = INTERNAL, beside: Sequence[Forecast] = ()) -> bytes:
    """Return the forecast table as CSV and as Parquet with a note that says what they are, in one file."""
    note = [f"Forecast table. Scenario: {forecast.scenario}. Method: {forecast.method}.", policy.sentence,
            *(f"{name}: {text}" for name, text in forecast.stamp), *forecast.warnings]  # fmt: skip
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("about.txt", "\n".join(note) + "\n")
        file.writestr("forecast.csv", csv_bytes(forecast, policy, beside))
        file.writestr("forecast.parquet", parquet_bytes(forecast, policy, beside))
    return stream.getvalue()


def json_bytes(forecast: Forecast, policy: Policy = INTERNAL, beside: Sequence[Forecast] = ()) -> bytes:
    """Return the forecast as JSON: scenario, method, years, warnings, stamp and the rows; unknown figures are null."""
    forecast = protect(forecast, policy, beside=beside).forecast
    table = forecast.table.astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    content = {
        "scenario": forecast.scenario, "method": forecast.method, "why_method": forecast.why_method,
        "base_year": forecast.base_year, "years": list(forecast.years), "warnings": list(forecast.warnings),
        "stamp": dict(forecast.stamp), "small_numbers": policy.sentence, "rows": rows,
    }  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def writer(
    path: Path, policy: Policy = INTERNAL, *, publication: bool = False, template: Source | None = None
) -> Callable[[Run], None]:
    """Return what writes a run to a path, by the ending of its name, with small numbers treated as the policy says.

    Args:
        path: the file to write.
        policy: what is done about small numbers.
        publication: the workbook is the publication workbook, not the working one.
        template: a .pptx whose layouts the slides have; None for our own.

    Raises:
        UsageError: the file cannot be written there (see `destination`); a template for what is no slides.
    """
    if template is not None and path.suffix.lower() != ".pptx":
        raise UsageError(f"--template is for slides: {path.name} does not end .pptx")
    if publication and path.suffix.lower() != ".xlsx":
        raise UsageError(PUBLICATION)
    writers: dict[str, Callable[[Run], None]] = {
        ".csv": lambda run: save(path, csv_bytes(run.forecast, policy, beside(run, policy))),
        ".json": lambda run: save(path, json_bytes(run.forecast, policy, beside(run, policy))),
        ".parquet": lambda run: save(path, parquet_bytes(run.forecast, policy, beside(run, policy))),
        ".xlsx": lambda run: (_publication if publication else _workbook)(run, path, policy),
        ".pptx": lambda run: _briefing(run, path, "deck", policy, source=template),
        ".docx": lambda run: _briefing(run, path, "paper", policy),
    }
    return writers[destination(path, *writers).suffix.lower()]


def _briefing(run: Run, path: Path, form: str, policy: Policy, **given: Source | None) -> None:
    told = import_module("forecasting.outputs.briefing.story").story(_leaving(run, policy))
    save(path, import_module(f"forecasting.outputs.briefing.{form}").to_bytes(told, **given))


def template_of(path: Path) -> tuple[Source, tuple[str, ...]]:
    """Return a council's PowerPoint template, and what is to be said about its colours.

    Raises:
        DatasetError: it is not a PowerPoint file, or none of its layouts has a title.
    """
    source = Source.of(path)
    return source, import_module("forecasting.outputs.briefing.template").opened(source).remarks


def _workbook(run: Run, path: Path, policy: Policy) -> None:
    # Imported only here: a CSV needs no workbook writer, and starts faster without one.
    save(path, import_module("forecasting.outputs.workbook").to_bytes(_leaving(run, policy)))


def _publication(run: Run, path: Path, policy: Policy) -> None:
    save(
        path, import_module("forecasting.outputs.workbook.publication").to_bytes(run, policy, baseline=baseline_of(run))
    )


def beside(run: Run, policy: Policy) -> tuple[Forecast, ...]:
    """Return the forecast that a run is protected beside, made where small numbers are withheld; none without need."""
    return other(run, baseline_of(run)) if policy.form == "withhold" else ()


def _leaving(run: Run, policy: Policy) -> Any:
    view = import_module("forecasting.outputs.subjects").View(run, baseline_of(run))
    return import_module("forecasting.outputs.leaving").leaving(view, policy)
