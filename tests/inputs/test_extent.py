"""A workbook whose cells reach too far is refused before a reader sets memory aside for every cell of the grid."""

from __future__ import annotations

import io
import zipfile

import pytest

from forecasting.inputs.columns import letters, number
from forecasting.inputs.extent import MAX_CELLS, extent_faults
from tests.inputs.corpus import book

ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><table:table table:name="pupils">
<table:table-row><table:table-cell office:value-type="string"/></table:table-row>
<table:table-row table:number-rows-repeated="{rows}"><table:table-cell/></table:table-row>
<table:table-row><table:table-cell table:number-columns-repeated="{columns}"/>
<table:table-cell {value}/></table:table-row></table:table></office:body></office:document-content>"""


def ods(rows: int, columns: int, value: str = 'office:value-type="float"') -> bytes:
    """Return an OpenDocument workbook with a cell below so many blank rows and right of so many blank columns."""
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w") as archive:
        archive.writestr("content.xml", ODS.format(rows=rows, columns=columns, value=value))
    return handle.getvalue()


@pytest.mark.parametrize(("word", "place"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16_384)])
def test_letters_and_places_of_columns(word: str, place: int) -> None:
    assert (number(word), letters(place)) == (place, word)


def test_a_grid_within_the_limit_passes() -> None:
    rows = MAX_CELLS // 26  # a sheet is taken to be 26 columns wide at least
    assert extent_faults("a.xlsx", book({"pupils": [["year"], [2016]]}, _cell(rows - 1, 25)).content) == []
    assert len(extent_faults("a.xlsx", book({"pupils": [["year"], [2016]]}, _cell(rows, 26)).content)) == 1


def test_an_open_document_counts_its_repeated_rows_and_columns() -> None:
    (fault,) = extent_faults("a.ods", ods(1_048_570, 16_000))
    assert (fault.sheet, fault.row, fault.column) == ("pupils", 1_048_572, letters(16_001))
    assert extent_faults("a.ods", ods(1_048_570, 16_000, value="")) == []  # blank cells with a format only
    assert extent_faults("a.ods", ods(10, 10)) == []


def test_what_cannot_be_looked_into_is_left_to_the_reader() -> None:
    assert extent_faults("a.xlsx", b"PK\x03\x04 and no more") == []


def _cell(row: int, column: int):  # type: ignore[no-untyped-def]
    return lambda made: made.get_worksheet_by_name("pupils").write(row, column, 1)
