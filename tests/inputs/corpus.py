"""Broken and odd files as councils send them, each with what the reader must say or load.

`CASES` maps a name to a function that builds the files; nothing is stored in the repository.
"""

# ruff: noqa: E501 - rows of tables, one a line

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
import xlsxwriter

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.source import Source
from tests.inputs import published_files, releases
from tests.inputs.published_files import BIRTHS, PEOPLE, SCHOOLS

ABOUT = [["key", "value"], ["authority_code", "372"], ["authority_name", "Testshire"], ["base_year", "2016"]]
PUPILS = [["year", "pupils"], ["2015", "40000"], ["2016", "41000"]]
PLANS = [["year", "need", "plans"], ["2016", "", "1000"], ["2016", "ASC", "400"], ["2016", "SLD", "600"]]


@dataclass(frozen=True)
class Case:
    """Files, and what must come of them.

    Attributes:
        files: the files given.
        says: words that one fault must hold; "" = nothing need be said.
        grade: the grade of that fault.
        loads: whether a dataset comes out.
        holds: a check of the dataset, when it loads.
    """

    files: Sequence[Source]
    says: str = ""
    grade: str = "error"
    loads: bool = False
    holds: Callable[[Dataset], bool] = field(default=lambda dataset: True)


def text(rows: Sequence[Sequence[str]], sign: str = ",", end: str = "\n") -> str:
    """Return rows as CSV text; cells must not hold quotes."""
    return "".join(sign.join(f'"{c}"' if sign in c else c for c in row) + end for row in rows)


def csv(name: str, rows: Sequence[Sequence[str]], encoding: str = "utf-8", sign: str = ",", end: str = "\n") -> Source:
    """Return a CSV file."""
    return Source(f"{name}.csv", text(rows, sign, end).encode(encoding))


def about() -> Source:
    """Return a good table `about`."""
    return csv("about", ABOUT)


def with_pupils(rows: Sequence[Sequence[str]], **how: str) -> list[Source]:
    """Return a good table `about` and a table `pupils`."""
    return [about(), csv("pupils", rows, **how)]


def with_plans(rows: Sequence[Sequence[str]], **how: str) -> list[Source]:
    """Return a good table `about` and a table `ehc_plans`."""
    return [about(), csv("ehc_plans", rows, **how)]


def book(
    sheets: dict[str, Sequence[Sequence[object]]],
    change: Callable[[xlsxwriter.Workbook], None] | None = None,
    name: str = "council.xlsx",
) -> Source:
    """Return a workbook; `change` may alter it before it is closed."""
    handle = io.BytesIO()
    made = xlsxwriter.Workbook(handle, {"in_memory": True})
    for sheet, rows in sheets.items():
        page = made.add_worksheet(sheet)
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if cell != "":
                    page.write(i, j, cell)
    if change:
        change(made)
    made.close()
    return Source(name, handle.getvalue())


def zipped(files: dict[str, bytes], name: str = "council.zip") -> Source:
    """Return a zip."""
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return Source(name, handle.getvalue())


def flag_encrypted(source: Source) -> Source:
    """Return a zip whose entries say that they are encrypted."""
    content = bytearray(source.content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            bits = struct.unpack_from("<H", content, at + offset)[0]
            struct.pack_into("<H", content, at + offset, bits | 1)
            at = content.find(mark, at + 4)
    return Source(source.name, bytes(content))


def protected() -> Source:
    """Return the shape of a workbook protected by a password: an OLE container with an encrypted package."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return Source("council.xlsx", header + "EncryptedPackage".encode("utf-16-le") + bytes(480))


def bomb(name: str = "council.zip", path: str = "about.csv") -> Source:
    """Return a zip of 40 KB that unpacks to 40 MB."""
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(path, "w") as member:
        for _ in range(40):
            member.write(bytes(2**20))
    return Source(name, handle.getvalue())


def _plans(dataset: Dataset) -> float:
    rows = dataset.table("ehc_plans")
    return float(rows.loc[rows["need"].eq(""), "plans"].sum())


def _pupils(dataset: Dataset) -> list[float]:
    return [float(n) for n in dataset.table("pupils")["pupils"]]


def _good_pupils(dataset: Dataset) -> bool:
    return _pupils(dataset) == [40000.0, 41000.0]


def _titled(rows: Sequence[Sequence[str]], *above: str) -> list[list[str]]:
    return [*[[line] for line in above], *[list(row) for row in rows]]


def _failing(made: xlsxwriter.Workbook) -> None:
    made.get_worksheet_by_name("pupils").write_formula(2, 1, "=Sheet9!A1", None, "#REF!")


def _computed(made: xlsxwriter.Workbook) -> None:
    made.get_worksheet_by_name("pupils").write_formula(2, 1, "=40000+1000", None, 41000)


def _hide(made: xlsxwriter.Workbook) -> None:
    made.get_worksheet_by_name("pupils").hide()


def _merge(made: xlsxwriter.Workbook) -> None:
    page = made.get_worksheet_by_name("pupils")
    page.merge_range(0, 0, 1, 0, "year")
    page.merge_range(0, 1, 0, 2, "Count")


def _projects(opens: str) -> list[Source]:
    return [*with_pupils(PUPILS), csv("projects", [["project", "places", "opens"], ["1", "10", opens]])]


def _opens(month: str) -> Callable[[Dataset], bool]:
    return lambda dataset: dataset.table("projects")["opens"].tolist() == [month]


def _noise(letters: bytes, size: int = 10 * 2**20) -> bytes:
    draws = np.random.default_rng(7).integers(0, len(letters), size, dtype=np.uint8)
    return np.frombuffer(letters, dtype=np.uint8)[draws].tobytes()


def _odd(header: str, value: str = "41000", other: str = "40000") -> list[Source]:
    return with_pupils([["year", header], ["2015", other], ["2016", value]])


def _own() -> list[Source]:
    return [csv("about", published_files.ABOUT), csv("pupils", published_files.PUPILS)]


def _published(kind: str, **how: str) -> list[Source]:
    return [*_own(), csv("any name", published_files.PUBLISHED[kind], **how)]


def _caseload() -> pd.DataFrame:
    """Return the plans file of a release with one authority, its region and England."""
    rows = releases.caseload()
    return rows.loc[rows["old_la_code"].isin(["901", ""])]


def _release(name: str = "caseload.csv", encoding: str = "utf-8", sign: str = ",", cut: int = 0) -> list[Source]:
    content = _caseload().to_csv(index=False, sep=sign).encode(encoding)
    return [Source(name, content[: len(content) - cut])]


def _saved_from_excel() -> list[Source]:
    frame = _caseload()
    return [book({"caseload": [list(frame.columns), *frame.to_numpy().tolist()]}, name="caseload.xlsx")]


def _of_901(dataset: Dataset) -> bool:
    rows = dataset.table("ehc_plans")
    return bool(dataset.base_year == 2025 and rows["plans"].max() == releases.stock("901", 2025))


def _stray(row: int, column: int) -> Callable[[xlsxwriter.Workbook], None]:
    return lambda made: made.get_worksheet_by_name("pupils").write(row, column, "x")


def _word() -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}).content


_CHILDREN = [["Forename", "Surname", "DOB", "Placement"], ["Ann", "Example", "01/02/2015", "Abbey School"]]
_BOOK = {"about": ABOUT, "pupils": PUPILS}
_NUMBERS = {"about": ABOUT, "pupils": [["year", "pupils"], [2015, 40000], [2016, 41000]]}
_HIDDEN = "the sheet is hidden"
_MISSING = "read as missing, not as zero"

CASES: dict[str, Callable[[], Case]] = {
    "good workbook": lambda: Case([book(_NUMBERS)], loads=True, holds=_good_pupils),
    "good workbook named csv": lambda: Case([book(_NUMBERS, name="a.csv")], loads=True, holds=_good_pupils),
    "csv named xlsx": lambda: Case([about(), Source("pupils.xlsx", text(PUPILS).encode())], loads=True),
    "wrong sheet names": lambda: Case([book({"Info": ABOUT, "Roll 2016": PUPILS})], 'table "about" is missing'),
    "wrong sheet name is recognised by its columns": lambda: Case(
        [book({"about": ABOUT, "Roll 2016": PUPILS})], 'fit table "pupils"', "note"),
    "sheet name misspelt": lambda: Case([book({"about": ABOUT, "pupil": [["a"], ["b"]]})], '"pupils" meant', "note"),
    "sheet names in capitals and with spaces": lambda: Case([book({"About ": ABOUT, "EHC Plans": PLANS})], loads=True,
                                                           holds=lambda d: _plans(d) == 1000),
    "merged headers": lambda: Case([book({"about": ABOUT, "pupils": [["year", "Count"], ["", "pupils"], [2015, 40000],
                                   [2016, 41000]]}, _merge)], "above the header", "note", True, _good_pupils),
    "totals row among the data": lambda: Case(with_plans([*PLANS, ["2016", "Total", "2000"]]), "is a total of others",
                                              "warning", True, lambda d: len(d.table("ehc_plans")) == 3),
    "grand total of providers": lambda: Case([*with_pupils(PUPILS), csv("providers", [["provider", "setting", "on_roll"],
        ["Abbey", "special school", "80"], ["Grand total", "", "80"]])], "is a total of others", "warning", True),
    "month as text": lambda: Case(_projects("September 2017"), loads=True, holds=_opens("2017-09")),
    "date as text, day first": lambda: Case(_projects("01/09/2017"), loads=True, holds=_opens("2017-09")),
    "date as text, nonsense": lambda: Case(_projects("sometime in 2017"), "a month such as 2017-09"),
    "Excel serial date": lambda: Case(_projects("42979"), loads=True, holds=_opens("2017-09")),
    "date cell": lambda: Case([book({**_NUMBERS, "projects": [["project", "places", "opens"], [1, 10, 42979]]},
                              lambda b: b.get_worksheet_by_name("projects").write_datetime(
                                  1, 2, date(2017, 9, 1), b.add_format({"num_format": "dd/mm/yyyy"})))],
                              loads=True, holds=_opens("2017-09")),
    "academic year instead of year": lambda: Case(with_pupils([["year", "pupils"], ["2015/16", "1"]]),
                                                  "a year from 1990 to 2100"),
    "Excel serial date as year": lambda: Case(with_pupils([["year", "pupils"], ["42370", "1"]]), "1990 to 2100"),
    "trailing notes": lambda: Case(with_pupils([*PUPILS, [], ["Source: school census, January"]]),
                                   "a note below the table", "note", True, _good_pupils),
    "hidden sheet": lambda: Case([book(_NUMBERS, _hide)], _HIDDEN, "note", True, _good_pupils),
    "formula with a cached error": lambda: Case([book(_NUMBERS, _failing)], 'row 3, column "pupils": "#REF!"'),
    "formula with a cached value": lambda: Case([book(_NUMBERS, _computed)], loads=True, holds=_good_pupils),
    "typed error": lambda: Case(_odd("pupils", "#N/A"), "the formula in this cell fails"),
    "protected by a password": lambda: Case([protected()], "protected by a password"),
    "zip protected by a password": lambda: Case([flag_encrypted(zipped({"about.csv": b"key,value"}))],
                                                "protected by a password"),
    "empty file": lambda: Case([Source("about.csv", b"")], "the file is empty"),
    "only blanks": lambda: Case([Source("about.csv", b"\xef\xbb\xbf \r\n\r\n")], "the file is empty"),
    "empty workbook": lambda: Case([book({"Sheet1": []})], "nothing to forecast from"),
    "header without rows": lambda: Case(with_pupils([["year", "pupils"]]), "a header but no rows"),
    "10 MB of noise": lambda: Case([Source("pupils.csv", _noise(bytes(range(256))))], "the file is not text"),
    "10 MB of noise named xlsx": lambda: Case([Source("a.xlsx", _noise(bytes(range(256))))], "not a workbook"),
    "10 MB of letters": lambda: Case([Source("pupils.csv", _noise(b"abcdefgh ,\n"))], "the column is missing"),
    "10 MB in one line": lambda: Case([Source("pupils.csv", _noise(b"abcdefgh"))], "cannot be told apart"),
    "zip bomb": lambda: Case([bomb()], "would unpack to"),
    "workbook bomb": lambda: Case([bomb("council.xlsx", "[Content_Types].xml")], "would unpack to"),
    "zip in a zip": lambda: Case([zipped({"inner.zip": zipped({"about.csv": b"key,value"}).content})],
                                 "is itself a zip"),
    "zip that points outside": lambda: Case([zipped({"../../about.csv": text(ABOUT).encode()})], "points outside"),
    "zip with a drive letter": lambda: Case([zipped({"C:\\about.csv": text(ABOUT).encode()})], "points outside"),
    "damaged zip": lambda: Case([Source("a.zip", zipped({"about.csv": b"key,value\n" * 99}).content[:-30])], "damaged"),
    "good zip of tables": lambda: Case([zipped({"set/about.csv": text(ABOUT).encode(),
        "set/pupils.csv": text(PUPILS).encode(), "__MACOSX/._x": b"0"})], loads=True, holds=_good_pupils),
    "UTF-16": lambda: Case(with_pupils(PUPILS, encoding="utf-16"), loads=True, holds=_good_pupils),
    "UTF-16 without a mark": lambda: Case(with_pupils(PUPILS, encoding="utf-16-le"), loads=True, holds=_good_pupils),
    "Windows-1252": lambda: Case([csv("about", [*ABOUT, ["title", "Caf\xe9 \x96 \xa3".replace("\x96", "\u2013")]],
        encoding="cp1252"), csv("pupils", PUPILS)], loads=True, holds=lambda d: d.about("title") == "Caf\xe9 \u2013 \xa3"),
    "byte order mark": lambda: Case([csv("about", ABOUT, encoding="utf-8-sig"), csv("pupils", PUPILS, encoding="utf-8-sig")],
                                    loads=True, holds=_good_pupils),
    "semicolons": lambda: Case(with_pupils(PUPILS, sign=";"), loads=True, holds=_good_pupils),
    "semicolons and thousands separators": lambda: Case(
        with_pupils([["year", "pupils"], ["2015", "40,000"], ["2016", "41,000"]], sign=";"), loads=True, holds=_good_pupils),
    "tabs": lambda: Case(with_pupils(PUPILS, sign="\t"), loads=True, holds=_good_pupils),
    "thousands separators": lambda: Case(_odd("pupils", "41,000", "40,000"), loads=True, holds=_good_pupils),
    "decimal comma": lambda: Case(_odd("pupils", "41,5"), "write 0.5, not 0,5"),
    "less than five": lambda: Case(with_plans([*PLANS, ["2016", "HI", "<5"]]), _MISSING, "note", True,
                                   lambda d: bool(d.table("ehc_plans")["plans"].isna().sum() == 1)),
    "suppressed with c": lambda: Case(with_plans([*PLANS, ["2016", "HI", "c"]]), _MISSING, "note", True,
                                      lambda d: bool(d.table("ehc_plans")["plans"].isna().sum() == 1)),
    "blank leading rows": lambda: Case([about(), Source("pupils.csv", b"\n\n,\n" + text(PUPILS).encode())], loads=True,
                                       holds=_good_pupils),
    "title rows above the header": lambda: Case(with_pupils(_titled(PUPILS, "Pupils on roll", "January census")),
                                                "2 row(s) above the header", "note", True, _good_pupils),
    "title rows in a workbook": lambda: Case([book({"about": ABOUT, "pupils": _titled(PUPILS, "Pupils", "")})],
                                             "above the header", "note", True, _good_pupils),
    "carriage returns only": lambda: Case(with_pupils(PUPILS, end="\r"), loads=True, holds=_good_pupils),
    "duplicated columns": lambda: Case(with_pupils([["year", "pupils", "pupils"], ["2016", "1", "2"]]), "is there twice"),
    "numbers with units": lambda: Case(_odd("pupils", "41000 children"), "remove words and notes"),
    "per cent in a count": lambda: Case(_odd("pupils", "41%"), "without a per-cent sign"),
    "per cent in a share": lambda: Case([*with_pupils(PUPILS), csv("providers", [
        ["provider", "setting", "over_capacity_share"], ["Abbey", "special school", "5%"]])], loads=True,
        holds=lambda d: d.table("providers")["over_capacity_share"].tolist() == [0.05]),
    "a share written as per cents": lambda: Case([*with_pupils(PUPILS), csv("providers", [
        ["provider", "setting", "over_capacity_share"], ["Abbey", "special school", "5"]])], "5 per cent is written 0.05"),
    "non-breaking spaces": lambda: Case(_odd("\xa0pupils\xa0", "41\xa0000", "40\xa0000"), loads=True, holds=_good_pupils),
    "trailing spaces in headers": lambda: Case(_odd("pupils  "), loads=True, holds=_good_pupils),
    "upper-case headers": lambda: Case(with_pupils([["YEAR", "Pupils"], *PUPILS[1:]]), loads=True, holds=_good_pupils),
    "negative count": lambda: Case(_odd("pupils", "-5"), "a count cannot be negative"),
    "a word for a number": lambda: Case(_odd("pupils", "many"), '"many" is not allowed here'),
    "unknown need": lambda: Case(with_plans([*PLANS, ["2016", "XYZ", "5"]]), '"XYZ" is not allowed here'),
    "blank required cell": lambda: Case(_odd("pupils", ""), "the cell is blank"),
    "the same row twice": lambda: Case(with_pupils([*PUPILS, PUPILS[1]]), "is there already"),
    "rows longer than the header": lambda: Case(with_pupils([*PUPILS[:2], ["2016", "41000", "see note"]]),
                                                "columns without a name", "warning", True, _good_pupils),
    "unknown column": lambda: Case(with_pupils([["year", "pupils", "remark"], ["2016", "1", "x"]]), "is not known", "note",
                                   True),
    "base year is no year": lambda: Case([csv("about", [["key", "value"], ["base_year", "soon"]]),
                                          csv("pupils", PUPILS)], 'base_year is "soon"'),
    "superscript base year": lambda: Case([csv("about", [["key", "value"], ["base_year", "201\u00b2"]]),
                                           csv("pupils", PUPILS)], "base_year"),
    "an assumption divided by zero": lambda: Case([*with_pupils(PUPILS), csv("assumptions", [
        ["lever", "value", "source"], ["ehc_plan_rate", "1/0", "x"]])], "is not allowed"),
    "a web page named xls": lambda: Case([Source("a.xls", b"<html><table><tr><td>1</td></tr></table></html>")],
                                         "a web page"),
    "a PDF": lambda: Case([Source("plans.csv", b"%PDF-1.7\n1 0 obj")], "the file is a PDF"),
    "unknown ending": lambda: Case([Source("plans.dat", b"year,pupils\n2016,1\n")], 'files ending ".dat" are not read'),
    "unclosed quotes": lambda: Case([about(), Source("pupils.csv", b'year,pupils\n2016,"41000\n2015,40000\n')],
                                    "is not allowed here"),
    "a quote that swallows the file": lambda: Case(
        [about(), Source("pupils.csv", b'year,pupils\n2016,"' + b"1,2\n" * 60_000)], "cannot be told apart"),
    "a total that its parts deny": lambda: Case(with_plans([*PLANS, ["2016", "HI", "300"]]), "add up to 1,300", "warning",
                                                True),
    "projections in UTF-16 with semicolons": lambda: Case(_published("people", encoding="utf-16", sign=";"), "mid-2022",
        "note", True, lambda d: d.table("population")["people"].tolist() == [120, 220, 132, 232]),
    "projections of other authorities": lambda: Case([*_own(), csv("x", [PEOPLE[0], *[[f"E9900090{i}", n, *PEOPLE[1][2:]]
        for i, n in ((2, "Birch"), (3, "Cold"))]])], "is not in this file"),
    "population in bands of ages": lambda: Case([*_own(), csv("x", [PEOPLE[0], ["E99000901", "Ashby", "persons", "0-4",
        "1", "1"]])], "by single year of age"),
    "births with thousands separators": lambda: Case([*_own(), csv("x", [BIRTHS[0], ["E99000901", "Ashby", "2020",
        "3,650"], ["E99000901", "Ashby", "2021", "3,650"]])], "births of academic years", "note", True,
        lambda d: d.table("births")["births"].tolist() == [3650]),
    "births of one year": lambda: Case([*_own(), csv("x", BIRTHS[:2])], "one calendar year only"),
    "a list of schools in Windows-1252": lambda: Case([*_own(), csv("x", [SCHOOLS[0], ["9", "901", "Ashby", "Caf\xe9",
        *SCHOOLS[1][4:]]], encoding="cp1252")], "a list of schools", "note", True,
        lambda d: d.table("providers")["provider"].tolist() == ["Caf\xe9"]),
    "a type of school that nobody knows": lambda: Case(_published("schools"), "Moon school", "warning", True),
    "section 251 with withheld amounts": lambda: Case(_published("lines"), "1 totals of others are left out", "note", True,
        lambda d: d.table("budget")["gbp"].tolist() == [900]),
    "budget lines without a year": lambda: Case([*_own(), csv("x", [["Line description", "Net"], ["A", "1"]])],
        "financial year of these amounts is not said"),
    "budget lines in pounds and words": lambda: Case([*_own(), csv("x", [["Budget 2025-26"], ["Line description", "Net"],
        ["A", "\xa31,000"], ["B", "tbc"]])], "is not an amount", "warning", True,
        lambda d: d.table("budget")["gbp"].tolist() == [1000]),
    "schools that are all closed": lambda: Case([*_own(), csv("x", [SCHOOLS[0], SCHOOLS[3]])], "all 1 are closed",
        "warning", True),
    "budget lines without amounts": lambda: Case([*_own(), csv("x", [["Budget 2025-26"], ["Line description", "Net"],
        ["A", "tbc"]])], "none with an amount", "warning", True),
    "births without years": lambda: Case([*_own(), csv("x", [BIRTHS[0], ["E99000901", "Ashby", "soon", "5"]])],
        "or of none"),
    "population without figures": lambda: Case([*_own(), csv("x", [PEOPLE[0], ["E99000901", "Ashby", "persons", "4", "c",
        ""]])], "by single year of age"),
    "two words for one setting": lambda: Case([*with_plans([["year", "setting", "plans"], ["2016", "ARP", "3"],
        ["2016", "Base", "4"]]), csv("mappings", [["table", "column", "local_value", "standard_value"],
        ["ehc_plans", "setting", "ARP", "resourced_provision"], ["ehc_plans", "setting", "Base", "resourced_provision"]])],
        "mean the same code", "note", True, lambda d: d.table("ehc_plans")["plans"].tolist() == [7]),
    "the mark of a workbook that is open elsewhere": lambda: Case([*with_pupils(PUPILS), Source("~$council.xlsx",
        b"\x05Jo" + b" " * 160)], "while somebody has it open"),
    "a zip with a Word document": lambda: Case([zipped({"about.csv": text(ABOUT).encode(), "pupils.csv":
        text(PUPILS).encode(), "covering note.docx": _word(), "desktop.ini": b"[x]"})], "a Word document", "note", True,
        _good_pupils),
    "a Word document named xlsx": lambda: Case([Source("plan.xlsx", _word())], "the file is a Word document"),
    "a stray cell in the last row and column": lambda: Case([book(_NUMBERS, _stray(1_048_575, 16_383))],
        "press Ctrl+End"),
    "a stray cell far to the right": lambda: Case([book(_NUMBERS, _stray(1, 16_383))], "columns without a name",
        "warning", True, _good_pupils),
    "shorthand of government statistics": lambda: Case(with_plans([*PLANS, ["2016", "HI", "[c]"], ["2016", "VI", "[low]"],
        ["2016", "MSI", "*"]]), _MISSING, "note", True, lambda d: bool(d.table("ehc_plans")["plans"].isna().sum() == 3)),
    "signs without a width in the header": lambda: Case(with_pupils([["year\u200b", "\u2060pupils"], *PUPILS[1:]]),
        loads=True, holds=_good_pupils),
    "a typographic minus": lambda: Case([*with_pupils(PUPILS), csv("budget", [["financial_year", "line", "kind", "gbp"],
        ["2016-17", "Deficit", "balance", "\u22121,000"]])], loads=True, holds=lambda d:
        d.table("budget")["gbp"].tolist() == [-1000]),
    "a base year after the data": lambda: Case([csv("about", [*ABOUT[:3], ["base_year", "2099"]]), csv("pupils", PUPILS)],
        "the data are of 2015 to 2016"),
    "the separator named in the first line": lambda: Case([about(), Source("pupils.csv", b"sep=;\n" + text(PUPILS,
        ";").encode())], loads=True, holds=_good_pupils),
    "a list of children without UPNs": lambda: Case([*with_pupils(PUPILS), csv("EHC plans list", _CHILDREN)],
        "about single children", "warning", True, _good_pupils),
    "nothing but a list of children": lambda: Case([csv("EHC plans list", _CHILDREN)], "nothing to forecast from"),
    "a release saved from Excel with semicolons": lambda: Case(_release(encoding="cp1252", sign=";"), loads=True,
        holds=_of_901),
    "a release in UTF-16 with tabs": lambda: Case(_release(encoding="utf-16", sign="\t"), loads=True, holds=_of_901),
    "a release saved as a workbook": lambda: Case(_saved_from_excel(), loads=True, holds=_of_901),
    "a release under another name": lambda: Case(_release("download (3).csv"), loads=True, holds=_of_901),
    "a release with a renamed column": lambda: Case([Source("caseload.csv", _release()[0].content.replace(b"ehcplans",
        b"total plans", 1))], "its own are total plans"),
    "a release cut short on the way": lambda: Case(_release(cut=30), "the file was cut short"),
    "a release without its plans": lambda: Case([releases.packed({"newplans": releases.flow_file("newplans").query(
        "old_la_code in ['901', '']")})], "no file here gives the EHC plans", "warning"),
    "a release with a PDF and guidance": lambda: Case([zipped({"set/data/caseload.csv": _release()[0].content,
        "set/about.pdf": b"%PDF-1.7", "set/data-guidance.txt": b"Guidance, in words"})], loads=True, holds=_of_901),
}  # fmt: skip
