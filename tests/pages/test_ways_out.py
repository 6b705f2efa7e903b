"""Every way out of the app is known, with how it treats small numbers; a new one fails here until it is.

What a download button makes is made outside the session, so that it cannot be run here: buttons are read from the code,
and what makes their files is tested where it is defined. What Streamlit itself offers on a chart is
hidden, which the browser test of every page checks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from forecasting.analysis.compare import Comparison
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Subject
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.layout import codes, layout
from forecasting.outputs.returns.official import Anchor, Official, complete
from forecasting.outputs.subjects import SUBJECTS, View, compare
from forecasting.outputs.subjects.returns import returns as subject_of
from forecasting.scenario.from_dataset import dataset_scenarios
from pages.shared import comparing, small_numbers
from tests.support import ROOT

POLICY = "made by the council's policy, or as internal working and marked so"
WAYS_OUT = {
    ("pages/shared/show.py", "Download these figures (CSV)"): POLICY,
    ("pages/shared/comparing.py", "Download the comparison (CSV)"): POLICY,
    ("pages/shared/prepare.py", "Download the {} ({})"): POLICY,  # workbooks, comparison, return, forecast table
    ("pages/shared/present.py", "Slides (PowerPoint)"): POLICY,
    ("pages/shared/present.py", "Paper (Word)"): POLICY,
    ("pages/shared/present.py", "Every chart (PNG and SVG)"): POLICY,
    ("pages/shared/official.py", "Download the filled workbook"): POLICY,
    ("pages/assumptions.py", "Download the whole log (CSV)"): "levers and their reasons, no counts of children",
    ("pages/shared/keeping.py", "Download as a file (TOML)"): "changes of levers, no counts of children",
    ("pages/shared/upload.py", "Download the template (Excel)"): "empty",
    ("pages/shared/accept.py", "Download the data-quality report"): "always marked as internal: it quotes cells",
}
WITH_A_MENU = {  # they show a button of their own to save what they hold
    ("pages/shared/official.py", "data_editor"): "where the tables of a return stand, no figures",
    ("pages/shared/more.py", "data_editor"): "values of a lever by year",
}
MENUS = ("data_editor", "dataframe", "altair_chart", "line_chart", "bar_chart", "area_chart", "scatter_chart", "map",
         "plotly_chart", "pyplot", "pydeck_chart", "graphviz_chart", "image", "video", "audio", "pdf")  # fmt: skip


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield path.relative_to(ROOT).as_posix(), node.func.attr, node


def _label(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_label, node.values))  # noqa: PD011
    return str(node.value) if isinstance(node, ast.Constant) else "{}"


def test_every_download_button_is_known() -> None:
    found = {(path, _label(call.args[0])) for path, name, call in _calls() if name == "download_button"}
    assert found == set(WAYS_OUT)


def test_every_element_with_a_menu_of_its_own_is_known() -> None:
    assert {(path, name) for path, name, call in _calls() if name in MENUS} == set(WITH_A_MENU)


def test_no_file_is_served_past_the_buttons() -> None:
    """No link to a file, no static folder, no page that takes a file from a folder."""
    assert not [path for path, name, _ in _calls() if name == "link_button"]
    assert "enableStaticServing" not in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def view() -> View:
    data = load([ROOT / "data" / "demonstration"])
    known = dataset_scenarios(data)
    return View(run(data, known["mitigated"]), run(data, known["baseline"]))


def _csv(content: bytes) -> pd.DataFrame:
    return pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False)


def _tables_as_they_leave(subject: Subject, made: small_numbers.Made) -> Iterator[tuple[str, pd.DataFrame]]:
    for table in subject.tables:
        yield table.key, _csv(small_numbers._csv_bytes(table, Policy(), made))


def test_the_tables_of_compare_leave_protected(view: View) -> None:
    """In 2026 about three children wait in the demonstration: a small number, written as words in these tables."""
    found, year = Comparison(("baseline", "mitigated"), (view.baseline, view.run)), view.first + 1
    shown = compare.compare(view, found, year, "places_short")
    left = dict(_tables_as_they_leave(shown, comparing.protected(view, found, year, "places_short")))
    at = compare.LABELS["children_waiting"]
    inside = shown.tables[0].frame.set_index("Figure").loc[at]
    assert inside.tolist() == ["3", "3"]
    assert left["compare_headlines"].set_index("Figure").loc[at].tolist() == [Policy().symbol] * 2
    assert left["compare_differences"].set_index("Figure").loc[at].tolist() == [Policy().symbol]
    assert all(frame.iloc[-1, 0] == Policy().sentence for frame in left.values())


def test_tables_of_subjects_leave_protected(view: View) -> None:
    for name in ("overview", "send", "placements"):
        subject = SUBJECTS[name](view)
        for key, frame in _tables_as_they_leave(subject, lambda chosen, name=name: small_numbers._subject(
                name, view, chosen)):  # fmt: skip
            assert frame.iloc[-1, 0] == Policy().sentence, key


@pytest.mark.parametrize("code", codes())
def test_the_tables_of_returns_leave_protected(view: View, code: str) -> None:
    """Each table of the page Returns is downloaded as the protected return has it; on the page the small ones stand."""
    variant = len(layout(code).variants) - 1
    shown = subject_of(fill(layout(code), (view.baseline, view.run)), variant)
    safe = fill(layout(code), (view.baseline, view.run), policy=Policy())
    left = dict(_tables_as_they_leave(shown, lambda chosen: subject_of(safe, variant)))
    counts = {f"return-{table.table.id}": table for table in safe.tables if table.table.unit == "count"}
    assert counts.keys() <= left.keys()
    inside = sum(_small(table.frame.iloc[:, 1:].to_numpy().ravel()) for table in shown.tables if table.key in counts)
    assert inside > 10
    for key, table in counts.items():
        told = left[key].iloc[:-1, 1:].to_numpy().ravel()
        assert not _small(told), key
        assert (told == Policy().symbol).sum() == table.hidden[variant].sum(), key
        assert left[key].iloc[-1, 0].endswith(Policy().sentence), key


def _small(figures: Iterable[object]) -> int:
    return sum(str(figure).replace(".0", "") in {"1", "2", "3", "4"} for figure in figures)


def test_the_official_form_is_filled_with_no_small_number(view: View) -> None:
    """The council's own copy gets the figures that may leave; a withheld cell keeps what stood in it."""
    filled = fill(layout("lsrp"), (view.baseline, view.run), policy=Policy())
    table = next(found for found in filled.tables if found.table.id == "7.4")
    book = openpyxl.Workbook()
    book.active.append([table.table.title, *table.columns])
    for label in table.labels:
        book.active.append([label, *["-"] * len(table.columns)])
    stream = BytesIO()
    book.save(stream)
    official = Official("plan.xlsx", stream.getvalue())
    made = complete(official, filled, [Anchor("7.4", "baseline", "Sheet", "B2")])
    page = openpyxl.load_workbook(BytesIO(made.content)).active
    cells = [cell.value for row in page.iter_rows(min_row=2, min_col=2) for cell in row]
    assert table.hidden[0].any() and made.blank == table.hidden[0].sum()
    assert [cell == "-" for cell in cells] == table.hidden[0].ravel().tolist()
    assert not _small(cells)


def test_internal_working_leaves_as_it_is_and_says_so(view: View) -> None:
    table = SUBJECTS["placements"](view).tables[0]
    frame = _csv(small_numbers._csv_bytes(table, INTERNAL, None))
    assert frame.iloc[-1, 0] == INTERNAL.sentence and len(frame) == len(table.frame) + 1


def test_paths_are_as_listed() -> None:
    assert all((ROOT / Path(path)).is_file() for path, _ in (*WAYS_OUT, *WITH_A_MENU))
