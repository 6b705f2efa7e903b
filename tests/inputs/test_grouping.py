"""Many faults of one kind are one line with a count; nothing is lost."""

from __future__ import annotations

from forecasting.errors import Fault
from forecasting.inputs.grouping import grouped, summed_up, who_and_when


def fault(row: int, found: str, grade: str = "warning", kind: str = "") -> Fault:
    return Fault("a.csv", "providers", row, "on_roll", found, "", "check", grade, kind)  # type: ignore[arg-type]


def test_faults_that_differ_in_figures_and_quoted_words_are_one_group() -> None:
    many = [fault(2, '"Oak": 81 on roll, 80 places'), fault(3, '"Elm": 1,200 on roll, 9 places'), fault(4, "other")]
    first, second = grouped(many)
    assert first.count == 2 and first.faults == tuple(many[:2])
    assert (
        first.text == 'a.csv, sheet "providers", column "on_roll": 2 warnings of this kind, the first: ' + many[0].found
    )
    assert second.text == str(many[2])


def test_a_named_kind_joins_different_sentences() -> None:
    (only,) = grouped([fault(2, "a", kind="over capacity"), fault(3, "b", kind="over capacity")])
    assert "2 warnings (over capacity), the first: a" in only.text


def test_errors_come_first_and_grades_are_never_mixed() -> None:
    groups = grouped([fault(2, "x", "note"), fault(3, "x", "warning"), fault(4, "x", "error"), fault(5, "x", "note")])
    assert [(g.grade, g.count) for g in groups] == [("error", 1), ("warning", 1), ("note", 2)]
    assert sum(g.count for g in groups) == 4


def test_no_faults_no_groups() -> None:
    assert grouped([]) == ()


def test_whose_figures_and_which_years_stand_in_one_line() -> None:
    told = [
        *(f"Rotherham {year}: plans 5: odd" for year in (2016, 2018, 2019, 2020)),
        "North of Here 2024: plans 9: odd",
    ]
    faults = [Fault("a.zip", found=text, grade="warning") for text in told]
    assert who_and_when(faults) == "Rotherham 2016, 2018 to 2020; North of Here 2024"
    assert who_and_when([Fault("a.zip", found="2016: 5 placements, 4 plans")]) == "2016"
    assert who_and_when([*faults, Fault("a.zip", found="a row is cut short")]) == ""


def test_many_errors_of_one_kind_are_told_as_one_with_examples() -> None:
    def word(row: int, text: str, grade: str = "error") -> Fault:
        return fault(row, f'"{text}" is not allowed here', grade)

    few = [word(row, "ARP") for row in range(2, 12)]  # ten rows: one a line
    assert summed_up(few) == few
    other = fault(1, "the column is missing", "error")
    (first, alike) = summed_up([other, *few, word(12, "Hub")])
    assert first == other
    assert str(alike) == (
        'a.csv, sheet "providers", column "on_roll": 11 errors of one kind: "ARP" is not allowed here (10 rows, the '
        'first 2); "Hub" is not allowed here (row 12); check.'
    )
    (many,) = summed_up([word(row, f"Local {row}") for row in range(2, 202)])
    assert many.found.startswith('200 errors of one kind: "Local 2" is not allowed here (row 2); "Local 3"')
    assert many.found.endswith('"Local 6" is not allowed here (row 6); and 195 more')
    warned = [word(row, "ARP", "warning") for row in range(2, 202)]
    assert summed_up(warned) == warned  # each is decided on by itself
