"""A council's own table: columns guessed, corrected, applied and remembered; local words turned into mappings."""

# ruff: noqa: E501 - rows of tables, one a line

from __future__ import annotations

from pathlib import Path

import pytest

from forecasting.errors import DatasetError
from forecasting.inputs import column_mapping as mapping
from forecasting.inputs.intake import survey
from forecasting.inputs.load import examine, from_sources
from forecasting.inputs.local_words import mapping_rows, with_mappings
from forecasting.inputs.sheets import Sheet, Source, read_sheets
from tests.inputs import corpus

PLANS = [
    ["Caseload at January"], ["Census year", "Primary need", "Placement type", "No. of EHCPs issued", "Case officer"],
    ["2023", "ASD", "Special", "200", "A"], ["2024", "ASD", "Special", "210", "A"], ["2024", "SLD", "ARP", "30", "B"],
    ["2024", "SLD", "Enhanced base", "5", "B"],
]  # fmt: skip
ABOUT = corpus.csv("about", corpus.ABOUT)


def sheet() -> Sheet:
    return read_sheets(corpus.csv("our caseload", PLANS))[0]


def test_the_columns_are_guessed_with_confidence_and_reason() -> None:
    found = mapping.guess(sheet(), "ehc_plans")
    assert found.header_row == 2
    assert found.columns == {
        "year": "Census year", "need": "Primary need", "setting": "Placement type", 
        "plans": "No. of EHCPs issued"}  # fmt: skip
    by_column = {choice.column: choice for choice in found.choices}
    assert by_column["need"].why == "another word for it" and by_column["need"].confidence > 0.9
    assert "similar" in by_column["plans"].why and by_column["plans"].confidence < by_column["need"].confidence
    assert by_column["age"].header == "" and by_column["age"].confidence == 0
    assert found.left_out == ("Case officer",) and found.lacking == ()


def test_the_likeliest_table_comes_first() -> None:
    assert [g.table for g in mapping.likely_tables(sheet())][0] == "ehc_plans"
    schools = [["School name", "Type of school", "Number of places", "Pupils on roll"], ["Oak", "Special", "80", "81"]]
    assert mapping.likely_tables(read_sheets(corpus.csv("x", schools))[0])[0].table == "providers"


def test_cells_that_do_not_fit_lower_the_confidence() -> None:
    rows = [["year", "need", "plans"], ["north", "ASD", "5"], ["south", "SLD", "6"]]
    found = mapping.guess(read_sheets(corpus.csv("x", rows))[0], "ehc_plans")
    assert "year" in found.lacking  # the name is right, but no cell holds a year


def test_the_user_corrects_and_a_header_serves_one_column() -> None:
    found = mapping.corrected(
        mapping.guess(sheet(), "ehc_plans"), {"setting": "Primary need", "plans": "No. of EHCPs issued"}
    )
    assert found.columns == {"year": "Census year", "setting": "Primary need", "plans": "No. of EHCPs issued"}
    assert {c.column: c.confidence for c in found.choices}["setting"] == 1.0
    with pytest.raises(DatasetError, match='"Colour" is not there'):
        mapping.corrected(found, {"setting": "Colour"})


def test_a_mapped_table_loads_and_faults_name_the_rows_of_the_file() -> None:
    source = mapping.as_source(mapping.apply(sheet(), mapping.guess(sheet(), "ehc_plans")))
    dataset, faults = examine([ABOUT, source])
    assert dataset is None
    found = [f for f in faults if f.grade == "error"]
    assert [(f.row, f.column, f.file) for f in found] == [
        (5, "setting", "our caseload.csv: ehc_plans.csv"), (6, "setting", "our caseload.csv: ehc_plans.csv")]  # fmt: skip


def test_a_required_column_without_a_header_is_refused() -> None:
    found = mapping.corrected(mapping.guess(sheet(), "ehc_plans"), {"plans": ""})
    assert found.lacking == ("plans",)
    with pytest.raises(DatasetError, match="no header stands for this column"):
        mapping.apply(sheet(), found)


def test_headers_are_remembered_and_cells_never(tmp_path: Path) -> None:
    found = mapping.corrected(mapping.guess(sheet(), "ehc_plans"), {"source": "Case officer"})
    path = mapping.remember(found, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "Enhanced" not in text and "200" not in text
    again = mapping.recall(
        read_sheets(corpus.csv("next year", [PLANS[1], ["2025", "SLD", "Special", "1", "C"]]))[0], tmp_path
    )
    assert again is not None and again.columns == found.columns and again.table == "ehc_plans"
    other = read_sheets(corpus.csv("x", [["a", "b"], ["1", "2"]]))[0]
    assert mapping.recall(other, tmp_path) is None


def test_the_folder_is_that_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    assert mapping.remember(mapping.guess(sheet(), "ehc_plans")).parent == tmp_path / "mappings"
    assert mapping.recall(sheet()) is not None


def test_odd_headers_are_remembered_exactly(tmp_path: Path) -> None:
    rows = [["year", 'pupils "on roll" \\ all', "note\tx"], ["2024", "5", "x"]]
    own = Sheet("x.csv", "x", tuple(rows[0]), ((2, tuple(rows[1])),))
    found = mapping.corrected(mapping.guess(own, "pupils"), {"pupils": 'pupils "on roll" \\ all'})
    mapping.remember(found, tmp_path)
    again = mapping.recall(own, tmp_path)
    assert again is not None and again.columns["pupils"] == 'pupils "on roll" \\ all'


def test_a_damaged_memory_is_no_mapping(tmp_path: Path) -> None:
    path = mapping.remember(mapping.guess(sheet(), "ehc_plans"), tmp_path)
    for text in ("table = ", 'table = "moon"\n', 'table = "pupils"\ncolumns = 3\n'):
        path.write_text(text, encoding="utf-8")
        assert mapping.recall(sheet(), tmp_path) is None


def mapped() -> list[Source]:
    return [ABOUT, mapping.as_source(mapping.apply(sheet(), mapping.guess(sheet(), "ehc_plans")))]


def test_a_survey_says_what_was_recognised_what_not_and_which_words() -> None:
    seen = survey([ABOUT, corpus.csv("our caseload", PLANS)])
    assert [(f.file, f.tables) for f in seen.found] == [("about.csv", ("about",))]
    assert [s.name for s in seen.strays] == ["our caseload"]
    words = survey(mapped()).words
    assert {(w.table, w.column, w.word, w.count) for w in words} == {
        ("ehc_plans", "setting", "ARP", 1), ("ehc_plans", "setting", "Enhanced base", 1)}  # fmt: skip
    suggested = {w.word: w.suggestions for w in words}
    assert "resourced_provision" in suggested["Enhanced base"] or "support_base" in suggested["Enhanced base"]
    assert "resourced_provision" in words[0].allowed


def test_the_users_choices_make_the_next_load_succeed() -> None:
    words = survey(mapped()).words
    rows = mapping_rows(dict.fromkeys(words, "resourced_provision"))
    assert rows[0]["table"] == "ehc_plans" and rows[0]["standard_value"] == "resourced_provision"
    dataset = from_sources(with_mappings(mapped(), rows))
    plans = dataset.table("ehc_plans")
    base = plans.loc[plans["setting"].eq("resourced_provision"), ["year", "need", "plans"]].to_numpy().tolist()
    assert base == [[2024, "SLD", 35]]  # ARP 30 and enhanced base 5 are one code now: added up
    assert any("2 rows whose local words mean the same code" in str(note) for note in dataset.notes)
    assert survey(with_mappings(mapped(), rows)).words == ()


def test_the_same_words_twice_stay_a_fault() -> None:
    rows = [["year", "setting", "plans"], ["2024", "ARP", "3"], ["2024", "ARP", "4"]]
    own = [ABOUT, corpus.csv("ehc_plans", rows)]
    chosen = mapping_rows(dict.fromkeys(survey(own).words, "resourced_provision"))
    dataset, faults = examine(with_mappings(own, chosen))
    assert dataset is None and any("is there already" in str(f) for f in faults)


def test_mappings_already_given_are_kept() -> None:
    old = corpus.csv("mappings", [["table", "column", "local_value", "standard_value", "weight"],
                                  ["projects", "need", "LD", "MLD", "0.5"], ["projects", "need", "LD", "SLD", "0.5"]])  # fmt: skip
    rows = mapping_rows(dict.fromkeys(survey(mapped()).words, "resourced_provision"))
    dataset = from_sources(with_mappings([*mapped(), old], rows))
    assert dataset.table("mappings")["local_value"].tolist() == ["LD", "LD", "ARP", "Enhanced base"]


def test_a_choice_outside_the_vocabulary_is_refused_and_none_is_no_row() -> None:
    words = survey(mapped()).words
    with pytest.raises(ValueError, match="is not one of"):
        mapping_rows({words[0]: "moon"})
    assert mapping_rows({words[0]: ""}) == ()


def test_words_of_needs_lists_are_found_one_by_one() -> None:
    rows = [["provider", "setting", "needs"], ["Oak", "Special", "ASD|Complex"]]
    seen = survey([ABOUT, corpus.csv("pupils", corpus.PUPILS), corpus.csv("providers", rows)])
    assert [(w.column, w.word) for w in seen.words] == [("needs", "Complex")]
    chosen = mapping_rows({seen.words[0]: "PMLD"})
    files = [ABOUT, corpus.csv("pupils", corpus.PUPILS), corpus.csv("providers", rows)]
    assert from_sources(with_mappings(files, chosen)).table("providers")["needs"].tolist() == ["ASC|PMLD"]
