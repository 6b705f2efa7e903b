"""Good files, changed at random: whatever comes, nothing is raised but the product's own errors."""

from __future__ import annotations

import functools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasting.errors import SufficiencyError
from forecasting.inputs import column_mapping
from forecasting.inputs.intake import survey
from forecasting.inputs.load import from_sources
from forecasting.inputs.schema import BY_NAME
from forecasting.inputs.sheets import Sheet, read_sheets
from forecasting.inputs.source import Source
from tests.inputs import corpus, published_files
from tests.inputs.releases import packed, release

QUIET = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
TABLES = {
    "about": corpus.ABOUT, "pupils": corpus.PUPILS, "ehc_plans": corpus.PLANS,
    "plan_flows": [["calendar_year", "age_band", "new_plans", "ceased"], ["2015", "", "90", "30"]],
    "projects": [["project", "places", "opens", "need"], ["1", "10", "2017-09", "ASC"]],
    "providers": [["provider", "setting", "capacity", "on_roll", "as_at"], 
                  ["Abbey", "special school", "80", "81", "2016-11-08"]],
    "mappings": [["table", "column", "local_value", "standard_value", "weight"], 
                 ["projects", "need", "LD", "MLD", "1"]],
    "assumptions": [["lever", "value", "source"], ["ehc_plan_rate", "1/40", "x"]],
}  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(["", "c", "<5", "#REF!", "1/0", "nan", "inf", "1e999", "-1", "99999999999999999999", "Total",
                     "\x00",
                     "\u00b2\u00b2", "2016", "need", "\ufeff", '"', "0,5", "1_000", "\u0663", "=1+1", " ", "-" * 400]),
    st.text(max_size=12))  # fmt: skip


@functools.cache
def workbook() -> bytes:
    return corpus.book(TABLES).content


@functools.cache
def zipped() -> bytes:
    return packed(release()).content


def attempt(files: list[Source], authority: str | None = None) -> None:
    try:
        dataset = from_sources(files, authority)
    except SufficiencyError as error:
        assert str(error)
        return
    assert dataset.base_year > 0
    assert len(dataset.content_hash) == 64


@QUIET
@given(st.sampled_from(sorted(TABLES)), st.integers(0, 3), st.integers(0, 4), CELLS)
def test_a_cell_changed(table: str, row: int, column: int, cell: str) -> None:
    rows = {name: [list(line) for line in lines] for name, lines in TABLES.items()}
    line = rows[table][row % len(rows[table])]
    line[column % len(line)] = cell
    attempt([corpus.csv(name, lines, encoding="utf-16") for name, lines in rows.items()])


@QUIET
@given(st.sampled_from(sorted(TABLES)), st.lists(st.lists(CELLS, max_size=6), max_size=6))
def test_a_table_of_anything(table: str, rows: list[list[str]]) -> None:
    files = [corpus.csv(name, lines) for name, lines in TABLES.items() if name != table]
    attempt([*files, Source(f"{table}.csv", corpus.text(rows).encode("utf-8", errors="replace"))])


@QUIET
@given(st.binary(max_size=400), st.sampled_from([".csv", ".xlsx", ".zip", ".xls", ""]))
def test_bytes(content: bytes, suffix: str) -> None:
    attempt([Source(f"about{suffix}", content)])


@QUIET
@given(st.data())
def test_a_damaged_workbook_or_release(data: st.DataObject) -> None:
    name, good = data.draw(st.sampled_from([("a.xlsx", workbook()), ("a.zip", zipped())]))
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    attempt([Source(name, bytes(content[: data.draw(st.integers(1, len(content)))]))], "901")


@QUIET
@given(st.integers(0, 2000), st.binary(max_size=30))
def test_a_release_with_other_bytes_in_it(at: int, new: bytes) -> None:
    text = bytearray(release()["caseload"].to_csv(index=False).encode())
    text[at : at + len(new)] = new
    attempt([Source("caseload.csv", bytes(text))], "901")


@QUIET
@given(st.sampled_from(sorted(published_files.PUBLISHED)), st.integers(0, 6), st.integers(0, 15), CELLS, st.booleans())
def test_a_published_file_with_a_cell_changed(kind: str, row: int, column: int, cell: str, named: bool) -> None:
    rows = [list(line) for line in published_files.PUBLISHED[kind]]
    line = rows[row % len(rows)]
    line[column % len(line)] = cell
    own = [corpus.csv("about", published_files.ABOUT), corpus.csv("pupils", published_files.PUPILS)]
    attempt([*(own if named else [])[:2], corpus.csv("file", rows, encoding="utf-16")], None if named else "901")


@QUIET
@given(st.lists(st.lists(st.one_of(CELLS, st.sampled_from(sorted({c for f in published_files.PUBLISHED.values()
       for c in (*f[0], *f[1])}))), max_size=8), max_size=6))  # fmt: skip
def test_headers_of_published_files_shuffled(rows: list[list[str]]) -> None:
    own = [corpus.csv("about", published_files.ABOUT), corpus.csv("pupils", published_files.PUPILS)]
    files = [*own, Source("file.csv", corpus.text(rows).encode("utf-8", errors="replace"))]
    attempt(files)
    seen = survey(files)
    for stray in seen.strays:
        assert all(not found.lacking for found in column_mapping.likely_tables(stray))


@QUIET
@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=6), st.sampled_from(sorted(BY_NAME)))
def test_a_mapping_of_anything_keeps_every_cell_in_its_row(rows: list[list[str]], table: str) -> None:
    width = max(map(len, rows))
    wide = [(*map(str, row), *[""] * (width - len(row))) for row in rows]
    sheet = Sheet("any.csv", "any", wide[0], tuple(enumerate(wide[1:], start=2)))
    found = column_mapping.guess(sheet, table)
    assert len(set(found.columns.values())) == len(found.columns)
    if found.lacking or not found.columns:
        with pytest.raises(SufficiencyError):
            column_mapping.apply(sheet, found)
        return
    mapped = column_mapping.apply(sheet, found)
    (again,) = read_sheets(column_mapping.as_source(mapped))
    assert again.name == table
    assert {n for n, _ in again.rows} <= {n for n, _ in mapped.rows}
