"""Scenario files: what they hold, and what is said of a faulty one."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecasting.errors import ScenarioError
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import forecast
from forecasting.scenario.files import read
from forecasting.scenario.lookup import find
from forecasting.scenario.scenario import Change

WHOLE = """
name = "two schools"
method = "published_rate"
author = "A. Planner"
when = "2026-09-01"
why = "for the board"

[[changes]]
lever = "pupil_growth"
value = 0.02
from_year = 2018
to_year = 2020
ramp_years = 1.5
why = "new housing"

[[changes]]
lever = "project_on"
key = "4"
value = true

[[changes]]
lever = "growth_places"
value = ""
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file(tmp_path: Path) -> None:
    found = read(written(tmp_path, WHOLE))
    assert (found.name, found.method, found.author, found.why) == (
        "two schools", "published_rate", "A. Planner", "for the board")  # fmt: skip
    assert found.changes == (
        Change("pupil_growth", 0.02, "", 2018, 2020, 1.5, "new housing"),
        Change("project_on", 1.0, "4"),
        Change("growth_places", None),
    )


def test_a_file_moves_the_forecast(tmp_path: Path, rotherham: Dataset) -> None:
    told = forecast(rotherham, find(rotherham, str(written(tmp_path, WHOLE))))
    # growth 1 % in 2017 and 2018 (the ramp starts in 2018), two thirds of the way in 2019, 2 % in 2020, 1 % in 2021
    factor = 1 + 0.01 + 0.01 + (0.01 + 0.01 * 1 / 1.5) + 0.02 + 0.01
    assert told.value("pupils", 2021) == pytest.approx(44627 * factor)
    assert told.scenario == "two schools"
    assert told.value("programme_places") == 20  # project 4 alone


def test_without_a_name_the_file_gives_it(tmp_path: Path) -> None:
    assert read(written(tmp_path, 'author = "AB"')).name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "is not a scenario in TOML"),
        ("# nothing yet\n", "the file is empty; a scenario has at least a name"),
        ('[[changes]]\nvalue = 1', "change 1 has no lever"),
        ('[[changes]]\nlever = "pupil_growth"', "change 1 has no value"),
        ('[[changes]]\nlever = "pupil_growht"\nvalue = 1', 'there is no lever "pupil_growht"; the levers are'),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = 1', 'pupil_growth: "1.0" is not allowed; allowed: -0.05 to 0.1'),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = 0\nkey = "ASC"', "does not vary by need, phase or project"),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = 0\nfrom = 2018', 'change 1 has "from"; allowed: lever, key'),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = 0\nfrom_year = "x"', 'from_year is "x"; allowed: a number'),
        ('[[changes]]\nlever = "pupil_growth"\nvalue = [1]', 'change 1: value is "[1]"; allowed: a number or a word'),
        ("changes = 3", 'write [[changes]] before each change'),
        ("colour = 3", 'the file has "colour"; allowed: name, method'),
    ],
)  # fmt: skip
def test_a_faulty_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(written(tmp_path, text))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "mine.toml"))


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = '[[changes]]\nlever = "nope"\nvalue = 1\n[[changes]]\nlever = "sen_prevalence"\nvalue = 16.3\n'
    with pytest.raises(ScenarioError, match=r'no lever "nope".*sen_prevalence: "16.3" is not allowed'):
        read(written(tmp_path, text))


@pytest.mark.parametrize(("lever", "key", "kind"), [("project_on", "99", "project"), ("need_share", "XYZ", "need")])
def test_a_project_or_need_that_is_not_there_is_refused(
    tmp_path: Path, rotherham: Dataset, lever: str, key: str, kind: str
) -> None:
    path = written(tmp_path, f'[[changes]]\nlever = "{lever}"\nkey = "{key}"\nvalue = 1\n')
    with pytest.raises(ScenarioError, match=f'{lever}: there is no {kind} "{key}"; allowed: '):
        forecast(rotherham, read(path))
