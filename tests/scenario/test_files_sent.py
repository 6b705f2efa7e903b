"""Scenario files that are sent to somebody: read again exactly; mistakes by line; levers from a newer version."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

from forecasting import VERSION
from forecasting.errors import ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import forecast
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.files import from_toml, read_bytes, read_file, to_toml
from forecasting.scenario.scenario import Change, Scenario
from tests.scenario.strategies import TEXTS, scenarios

MISTAKES = '''# sent by e-mail, edited by hand
name = "more schools"
why = """over
two [[changes]] lines"""

[[changes]]
lever = "pupil_growht"
value = 0.02

[[changes]]
lever = "sen_prevalence"
value = 16.3
why = "no comma

[[changes]]
lever = "pupil_growth"
value = 0.02
from = 2018
'''


@settings(max_examples=300, deadline=None)
@given(scenarios(), TEXTS, TEXTS)
def test_what_is_written_is_read_again(scenario: Scenario, authority: str, dataset: str) -> None:
    found = read_bytes("sent.toml", to_toml(scenario, authority, dataset).encode())
    assert found.scenario == scenario
    assert (found.authority, found.dataset) == (authority, dataset)


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_any_reader_of_toml_finds_the_same(scenario: Scenario) -> None:
    """The reader by statements and the reader of Python itself agree on what a file says."""
    content = tomllib.loads(to_toml(scenario))
    every = (*scenario.changes, *scenario.unknown)
    assert [(c["lever"], c.get("why", "")) for c in content.get("changes", [])] == [(c.lever, c.why) for c in every]
    assert content["software"] == (scenario.software or VERSION)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    scenario = Scenario("x", (Change("pupil_growth", 0.02, why="one\ntwo"),))
    text = to_toml(scenario).replace("\n", "\r\n")
    assert read_bytes("x.toml", b"\xef\xbb\xbf" + text.encode()).scenario == scenario


def test_a_file_says_what_a_reader_wants_to_know() -> None:
    text = to_toml(Scenario("x", (Change("pupil_growth", 0.02),)), "Testshire", "abc")
    lever = BY_NAME["pupil_growth"]
    assert f'lever = "pupil_growth" # {lever.label}\nvalue = 0.02 # {lever.unit}\n' in text
    assert f'authority = "Testshire"\ndataset = "abc"\nsoftware = "{VERSION}"\n' in text


def test_every_mistake_is_listed_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "edited.toml"
    path.write_text(MISTAKES, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_file(path)
    lines = [int(fault.split(":")[0].removeprefix("line ")) for fault in caught.value.faults]
    assert lines == [7, 12, 13, 18]
    told = str(caught.value)
    assert 'line 7: there is no lever "pupil_growht"' in told
    assert 'line 12: sen_prevalence: "16.3" is not allowed' in told
    assert 'line 13: "why = "no comma" is not a scenario in TOML: ' in told
    assert 'line 18: change 3 has "from"; allowed: lever, key' in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "a"\nname = "b"', 'line 2: the file has "name" twice (line 1 too)'),
        ('\n[changes]\nlever = "pupil_growth"', 'line 2: write [[changes]] before each change, not "[changes]"'),
        ("name = [1,\n2]", 'line 1: the file: name is "[1, 2]"; allowed: text in quotation marks'),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = 0\nramp_years = nan', "line 4: pupil_growth: ramp_years is nan"),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = 0\nfrom_year = 2020\nto_year = 2019',
         "line 5: pupil_growth: to_year is 2019; allowed: from_year (2020) or later"),
        ('[[changes]]\n\nlever = "pupil_growth"', "line 1: change 1 has no value"),
        ('name = """never closed\n[[changes]]\nvalue = 1', "line 2: change 1 has no lever"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line(text: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        from_toml(text, "x.toml")
    assert any(fault.startswith(told) for fault in caught.value.faults), caught.value.faults


def test_bytes_that_are_no_text_have_a_line_too() -> None:
    with pytest.raises(ScenarioError, match="line 2 is not text in UTF-8"):
        read_bytes("x.toml", b'name = "a"\nwhy = "\xff"')


def test_a_lever_from_a_newer_version_is_kept_reported_and_not_applied(rotherham: Dataset) -> None:
    text = 'name = "a"\nsoftware = "99.0.0"\n[[changes]]\nlever = "pupil_growth"\nvalue = 0.02\n'
    newer = text + '[[changes]]\nlever = "from_the_future"\nvalue = 0.5\nwhy = "it helps"\n'
    found = from_toml(newer, "x.toml")
    assert found.scenario.unknown == (Change("from_the_future", 0.5, why="it helps"),)
    assert found.scenario.changes == (Change("pupil_growth", 0.02),)
    (note,) = found.notes
    assert '"from_the_future" is not known to this version' in note and "99.0.0" in note
    assert from_toml(to_toml(found.scenario), "x.toml") == found
    plain = forecast(rotherham, from_toml(text, "x.toml").scenario)
    assert forecast(rotherham, found.scenario).table.equals(plain.table)


@pytest.mark.parametrize("software", ["", VERSION, "0.0.9"])
def test_an_unknown_lever_from_this_version_is_a_mistake(software: str) -> None:
    text = f'name = "a"\nsoftware = "{software}"\n[[changes]]\nlever = "pupil_growht"\nvalue = 1'
    with pytest.raises(ScenarioError, match='line 4: there is no lever "pupil_growht"'):
        from_toml(text, "x.toml")
