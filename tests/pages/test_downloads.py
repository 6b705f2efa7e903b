"""Workbooks are prepared in the session, where a bar can be drawn, and downloaded after; the audience decides."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from forecasting.outputs.disclosure import INTERNAL, Policy
from pages.shared.small_numbers import INSIDE
from tests.support import ROOT, ROTHERHAM

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("SUFFICIENCY_DATASET", str(ROTHERHAM))
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()


def _labels(app: AppTest) -> list[str]:
    return [item.proto.label for item in app.get("download_button") if "(Excel)" in item.proto.label]


def _prepared(app: AppTest, what: str) -> Any:
    app.button(key=f"prepare:{what}").click().run()
    assert not app.exception and not app.error
    assert _labels(app)[-1] == f"Download the {what} (Excel)"
    return openpyxl.load_workbook(BytesIO(app.session_state[f"file:{what}"][1]))


def _says(book: Any, sentence: str) -> bool:
    return any(sentence in str(cell.value) for row in book["Cover"].iter_rows() for cell in row)


def _marked_internal(book: Any) -> set[str]:
    """Return the sheets that say that small numbers are shown, in a cell or in the printed foot."""
    said = {sheet.title for sheet in book for row in sheet.iter_rows(max_row=8, max_col=1) for cell in row
            if INTERNAL.sentence in str(cell.value)}  # fmt: skip
    return said | {sheet.title for sheet in book if "small numbers are shown" in str(sheet.oddFooter.center.text)}


def test_a_workbook_follows_the_audience_and_is_gone_when_the_scenario_moves(app: AppTest) -> None:
    assert _labels(app) == []
    book = _prepared(app, "working workbook")
    assert _says(book, Policy().sentence)
    assert not _marked_internal(book)  # no sheet of it, nor its printed foot
    app.session_state["audience"] = INSIDE
    app.run()
    assert _labels(app) == []  # what was prepared was for others
    book = _prepared(app, "working workbook")
    assert _says(book, INTERNAL.sentence)
    assert {"Cover", "Overview", "Placements", "Costs"} <= _marked_internal(book)
    assert _says(_prepared(app, "publication workbook"), Policy().sentence)  # always protected
    app.button(key="prepare:forecast table").click().run()
    with zipfile.ZipFile(BytesIO(app.session_state["file:forecast table"][1])) as file:
        assert INTERNAL.sentence in file.read("about.txt").decode()
    app.selectbox(key="w:scenario").select("published").run()
    assert _labels(app) == []


def test_the_comparison_is_prepared_beside_its_csv(app: AppTest) -> None:
    app.switch_page("pages/compare.py").run().run()  # the second run settles the identity of the widgets
    book = _prepared(app, "comparison")
    assert book.sheetnames[:3] == ["Cover", "Headline figures", "Differences"]
    assert "Download the comparison (CSV)" in [item.proto.label for item in app.get("download_button")]
