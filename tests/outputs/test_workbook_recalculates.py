"""The workbook is a model: LibreOffice works its formulas out anew and finds what the engine finds.

An input cell is changed in the file, LibreOffice recalculates it, and every total that a formula gives is compared with
the engine's for the same change: within one pound, one child or one place.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.model.forecast import NoSuchMargin
from forecasting.model.run import Run, run
from forecasting.outputs import workbook
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook import assumptions, calculation
from forecasting.outputs.workbook.book import Book
from forecasting.outputs.workbook.live import Key, differing
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.controls import in_words
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change, Scenario
from tests.outputs.office import need_office, recalculated, with_inputs

NOON = datetime(2026, 11, 26, 12, 0)
ONE = 1.0  # pound, child or place
PUBLISHED = (
    ("pupil_growth", "", 0.023), ("pupil_growth_kind", "", "compound"), ("ehc_plan_rate", "", 0.031),
    ("bring_back_share", "", 0.35), ("out_of_borough_baseline", "", 177.0), ("growth_base", "", "commissioned_share"),
    ("out_of_borough_unit_cost", "", 41_000.0), ("out_of_borough_price_change", "", 0.035),
    ("high_needs_block_growth", "", 0.04), ("project_on", "3", 0.0), ("project_delay", "", 1.0),
    ("project_ramp", "", 2.0),
)  # fmt: skip
PLACED = (
    ("place_funding_change", "", 0.02), ("in_borough_price_change", "", 0.03), ("fee_change", "", -0.08),
    ("residential_share", "", 0.25), ("over_number_share", "", 0.4), ("transport_in_account", "", 0.5),
    ("recouped_share", "", 0.3), ("import_export_gbp", "", 9_000.0), ("reform_plan_approved", "", 1.0),
    ("override_ends", "", 2030.0),
)  # fmt: skip
Lever = tuple[str, str, float | str]


@dataclass(frozen=True, eq=False)
class Model:
    """The calculation of a run as a file, with where its inputs and its figures stand."""

    dataset: Dataset
    scenario: Scenario
    layout: assumptions.Layout
    found: calculation.Calculation
    file: Path

    def changed(self, lever: Lever, to: Path) -> Path:
        """Return a copy of the file with the yellow cell of a lever at another value."""
        name, key, value = lever
        at = max(n for n, line in enumerate(self.layout.lines) if line.lever.name == name and line.key == key)
        assert at in self.found.used, name
        cell = self.layout.cell("Value", at).split("!")[1].replace("$", "")
        written = in_words(BY_NAME[name], value) if BY_NAME[name].kind == "switch" else value
        return with_inputs(self.file, to / f"{name}{key}.xlsx", "Assumptions", {cell: written})

    def engine(self, lever: Lever) -> Run:
        """Return what the engine finds for the same change; one that holds from a year on keeps its years."""
        name, key, value = lever
        line = [line for line in self.layout.lines if line.lever.name == name and line.key == key][-1]
        if line.item is None or line.item.from_year is None:
            return run(self.dataset, self.scenario.with_changes([Change(name, value, key)]))
        held = [replace(change, value=value) if change.lever == name and change.key == key else change
                for change in self.scenario.changes]  # fmt: skip
        return run(self.dataset, replace(self.scenario, changes=tuple(held)))


def _model(dataset: Dataset, scenario: str, to: Path) -> Model:
    held = dataset_scenarios(dataset)
    view = View(run(dataset, held[scenario]), run(dataset, held["baseline"]))
    file = to / "model.xlsx"
    with file.open("wb") as stream:
        book = Book(stream, NOON)
        layout = assumptions.start(book, view)
        found = calculation.write(book, view, layout)
        assumptions.write(layout, found.used)
        book.file.close()
    assert not differing(found.live, view.run)
    return Model(dataset, held[scenario], layout, found, file)


@pytest.mark.parametrize("scenario", ["published", "mitigated", "baseline"])
def test_formulas_give_what_the_engine_gives(rotherham: Dataset, scenario: str, tmp_path: Path) -> None:
    assert len(_model(rotherham, scenario, tmp_path).found.live.cells) > 500


def _far(made: Model, book: Any, engine: Run) -> list[str]:
    """Return the figures that LibreOffice and the engine do not find alike."""
    far = []
    for key, item in made.found.live.cells.items():
        said = _said(engine, key)
        name, _, cell = item.text.rpartition("!")
        value = book[name.strip("'")][cell.replace("$", "")].value
        if said is not None and (not isinstance(value, (int, float)) or abs(value - said) > _allowed(key)):
            far.append(f"{key}: LibreOffice {value}, engine {said}")
    return far


def _allowed(key: Key) -> float:
    return 1e-6 if "prevalence" in key[0] or "share" in key[0] else ONE


def _said(engine: Run, key: Key) -> float | None:
    measure, component, at, year = key
    try:
        found = engine.forecast.value(measure, year, component=component, **dict(at))
    except NoSuchMargin:
        return None
    return None if found != found else found


def _moved(made: Model, engine: Run) -> bool:
    pairs = [(item.value, _said(engine, key)) for key, item in made.found.live.cells.items()]
    return any(said is not None and abs(value - said) > 1e-6 for value, said in pairs)


def _errors(book: Any) -> list[str]:
    return [f"{sheet.title}!{cell.coordinate} {cell.value}" for sheet in book for row in sheet.iter_rows()
            for cell in row if cell.data_type == "e" or str(cell.value).startswith(("#", "Err:"))]  # fmt: skip


def _check(made: Model, levers: tuple[Lever, ...], tmp_path: Path) -> None:
    files = [made.changed(lever, tmp_path) for lever in levers]
    books = recalculated([made.file, *files], tmp_path)
    assert not _errors(books["model"])
    for lever, file in zip(levers, files, strict=True):
        engine = made.engine(lever)
        assert _moved(made, engine), f"{lever} moves nothing"
        assert not _errors(books[file.stem]), lever
        assert not _far(made, books[file.stem], engine), lever


def test_rotherham_recalculates_the_published_method(rotherham: Dataset, tmp_path: Path) -> None:
    need_office()
    _check(_model(rotherham, "mitigated", tmp_path), PUBLISHED, tmp_path)


def test_the_demonstration_authority_recalculates_its_costs(demonstration: Dataset, tmp_path: Path) -> None:
    need_office()
    _check(_model(demonstration, "mitigated", tmp_path), PLACED, tmp_path)


def test_the_whole_workbook_opens_and_holds_no_error(rotherham: Dataset, tmp_path: Path) -> None:
    need_office()
    held = dataset_scenarios(rotherham)
    view = View(run(rotherham, held["mitigated"]), run(rotherham, held["baseline"]))
    file = tmp_path / "whole.xlsx"
    file.write_bytes(workbook.to_bytes(view, NOON))
    book, written = recalculated([file], tmp_path)["whole"], openpyxl.load_workbook(file, data_only=True)
    assert not _errors(book)
    assert book.sheetnames == written.sheetnames
    for sheet in written:  # LibreOffice finds everywhere what was written beside the formulas
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool):
                    other = book[sheet.title][cell.coordinate].value
                    assert other == pytest.approx(cell.value, rel=1e-7, abs=1e-3), f"{sheet.title}!{cell.coordinate}"


def test_nothing_in_the_file_asks_for_repair(rotherham: Dataset) -> None:
    held = dataset_scenarios(rotherham)
    view = View(run(rotherham, held["mitigated"]), run(rotherham, held["baseline"]))
    with zipfile.ZipFile(BytesIO(workbook.to_bytes(view, NOON))) as parts:
        texts = {name: parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels"))}
    tables = [re.search(r' name="([^"]+)" displayName="([^"]+)"', text) for name, text in texts.items()
              if name.startswith("xl/tables/")]  # fmt: skip
    names = [found[2].lower() for found in tables if found]
    assert len(names) == len(tables) == len(set(names))
    assert not [name for name in texts if "externalLink" in name]
    formulas = [found for name, text in texts.items() if "worksheets/sheet" in name
                for found in re.findall("<f>([^<]*)</f>", text)]  # fmt: skip
    assert len(formulas) > 2_000
    assert not [text for text in formulas if "[" in text or "#REF" in text or len(text) > 8_000]
    assert not [name for name, text in texts.items() if "<mergeCell" in text]
