"""The command line: results on stdout or in a file, everything else on stderr, exit codes 0, 1 and 2."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from forecasting.__main__ import app
from forecasting.axes import FORECAST_COLUMNS
from forecasting.scenario.catalogue import BY_NAME
from tests.support import ROOT, ROTHERHAM, Copy

DATA = str(ROTHERHAM)


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test a store of its own, empty."""
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SUFFICIENCY_DATABASE_URL", raising=False)


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_module_runs_from_a_shell_with_warnings_as_errors(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    command = [sys.executable, "-W", "error", "-m", "forecasting", "forecast", DATA, "--scenario", "published"]
    done = subprocess.run([*command, "--out", str(out)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"Wrote {out}" in done.stderr
    straight = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert straight.stdout == out.read_bytes()


def test_runs_repeat_to_the_byte(tmp_path: Path) -> None:
    for name in ("first.csv", "second.csv", "first.json", "second.json"):
        assert invoke("forecast", DATA, "--scenario", "mitigated", "--out", tmp_path / name).exit_code == 0
    for ending in ("csv", "json"):
        first, second = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("first", "second"))
        assert first == second


def test_the_csv_is_plain_and_in_full(tmp_path: Path) -> None:
    invoke("forecast", DATA, "--out", tmp_path / "x.csv")
    text = (tmp_path / "x.csv").read_bytes()
    assert text.startswith(",".join(FORECAST_COLUMNS).encode() + b"\n")
    assert b"\r" not in text and not text.startswith(b"\xef\xbb\xbf")
    rows = rows_of(tmp_path / "x.csv")
    rates = {row["central"] for row in rows if row["measure"] == "sen_prevalence" and row["year"] == "2016"}
    assert rates == {repr(7253 / 44627)}


def test_the_json_holds_the_same_rows(tmp_path: Path) -> None:
    for name in ("x.csv", "x.json"):
        invoke("forecast", DATA, "--scenario", "published", "--out", tmp_path / name)
    content = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    rows = rows_of(tmp_path / "x.csv")
    assert content["method"] == "published_rate" and content["years"] == list(range(2016, 2022))
    assert len(content["rows"]) == len(rows)
    for ours, theirs in zip(content["rows"], rows, strict=True):
        assert {name: "" if cell is None else str(cell) for name, cell in ours.items()} == theirs


def test_a_further_year_reaches_further(tmp_path: Path) -> None:
    invoke("forecast", DATA, "--to", "2030", "--out", tmp_path / "x.csv")
    assert max(row["year"] for row in rows_of(tmp_path / "x.csv")) == "2030"


def test_later_datasets_win(copied: Copy, tmp_path: Path) -> None:
    (tmp_path / "pupils.csv").write_text("year,pupils\n2016,50000\n", encoding="utf-8")
    result = invoke("forecast", copied.path, tmp_path / "pupils.csv", "--out", tmp_path / "x.csv")
    assert result.exit_code == 0
    first = next(row for row in rows_of(tmp_path / "x.csv") if row["measure"] == "pupils")
    assert first["central"] == "50000.0"
    assert 'table "pupils" is given twice, rows: 1 altered; the later one is used' in result.stderr


def test_check_is_quiet_on_a_good_dataset() -> None:
    result = invoke("check", DATA)
    assert result.exit_code == 0
    assert result.stderr == "errors: 0, warnings: 2, notes: 0\n"
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["warning", "warning"]


def test_faults_of_the_data_exit_with_1_and_give_no_forecast(copied: Copy, tmp_path: Path) -> None:
    copied.set("pupils", 2, "pupils", "many")
    result = invoke("forecast", copied.path, "--out", tmp_path / "x.csv")
    assert result.exit_code == 1
    assert 'pupils.csv, sheet "pupils", row 2, column "pupils"' in result.stderr
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--scenario", "nope"), 'there is no scenario "nope"; the scenarios are baseline, published, mitigated, '
         "or name a file that ends in .toml."),
        (("--scenario", "nope.toml"), "nope.toml: there is no such file."),
        (("--method", "ets"),
         'there is no method "ets"; the methods are auto, published_rate, cohort, moves, age_flow, '
         'trend.'),  # fmt: skip
        (("--to", "2010"), "the forecast cannot end in 2010: the data allow any year from 2017 to 2046."),
        (("--to", "2016"), "the forecast cannot end in 2016: the data allow any year from 2017 to 2046."),
        (("--to", "2999"), "the forecast cannot end in 2999: the data allow any year from 2017 to 2046."),
        (("--out", "x.pdf"),
         'a file ending ".pdf" is not written; allowed: .csv, .json, .parquet, .xlsx, .pptx, .docx.'),  # fmt: skip
        (("--out", "x"), 'a file ending "" is not written; allowed: .csv, .json, .parquet, .xlsx, .pptx, .docx.'),
        (("--out", "nowhere/x.csv"), 'there is no folder "nowhere" to write x.csv in.'),
        (("--authority", "999"), 'the dataset is of authority "372", not "999".'),
    ],
)  # fmt: skip
def test_wrong_usage_exits_with_2_and_one_sentence(arguments: tuple[str, str], sentence: str) -> None:
    result = invoke("forecast", DATA, *arguments)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == sentence
    assert result.stdout == ""


@pytest.mark.parametrize(
    "command",
    [("programme", DATA), ("returns", DATA, "--return", "lsrp"), ("template", DATA), ("template",),
     ("scenarios", "export", "baseline", DATA)],
)  # fmt: skip
def test_no_command_works_for_a_file_that_cannot_be_written(command: tuple[str, ...]) -> None:
    for out, told in (("x.pdf", 'a file ending ".pdf" is not written; allowed: .'),
                      ("nowhere/x.{}", 'there is no folder "nowhere" to write x.')):  # fmt: skip
        ending = {"programme": "csv", "scenarios": "toml"}.get(command[0], "xlsx")
        result = invoke(*command, "--out", out.format(ending))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(told)  # before anything is read


def test_an_unknown_return_is_wrong_usage(tmp_path: Path) -> None:
    result = invoke("returns", DATA, "--return", "nope", "--out", tmp_path / "x.xlsx")
    assert (result.exit_code, result.stderr) == (2, 'there is no return "nope"; the returns are lsrp, scap, dsg.\n')


def test_a_dataset_that_is_not_there_is_wrong_usage() -> None:
    for command in ("check", "forecast"):
        result = invoke(command, "nowhere")
        assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "there is no file or folder nowhere.")


def test_the_right_authority_passes() -> None:
    assert invoke("forecast", DATA, "--authority", "372").exit_code == 0


def test_draws_change_nothing_here_and_it_is_said() -> None:
    plain, drawn = invoke("forecast", DATA), invoke("forecast", DATA, "--draws", "100", "--seed", "7")
    assert plain.stdout == drawn.stdout
    assert "no draws, so --draws and --seed change nothing" in drawn.stderr


@pytest.mark.parametrize(
    "command",
    [("check",), ("forecast",), ("template",), ("scenarios", "list"), ("scenarios", "show"), ("scenarios", "export")],
)
def test_the_example_of_each_help_works(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = " ".join(invoke(*command, "--help").stdout.split())
    example = told.partition("Example: python -m forecasting ")[2].split()
    assert example[: len(command)] == list(command)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data", target_is_directory=True)
    assert invoke(*example).exit_code == 0


def test_scenarios_are_listed_and_shown() -> None:
    listed = invoke("scenarios", "list", DATA).stdout.splitlines()
    assert listed == ["baseline: 0 changes", "published: 3 changes, method published_rate", "mitigated: 1 changes"]
    shown = invoke("scenarios", "show", "published", DATA).stdout.splitlines()
    assert shown[0] == "published (published_rate)"
    assert shown[1].startswith('under_provision_places = 75.0: Printed: "approximately 75"')
    assert {line.split(" ")[0] for line in shown[1:]} <= set(BY_NAME)


def test_a_workbook_is_the_same_dataset_to_the_command(tmp_path: Path) -> None:
    assert invoke("template", DATA, "--out", tmp_path / "d.xlsx").exit_code == 0
    assert invoke("forecast", tmp_path / "d.xlsx").stdout == invoke("forecast", DATA).stdout


def test_a_scenario_goes_to_a_file_and_comes_back_the_same(tmp_path: Path) -> None:
    file = tmp_path / "built.toml"
    assert invoke("scenarios", "export", "mitigated", DATA, "--out", file).exit_code == 0
    done = invoke("scenarios", "import", file, DATA, "--author", "AB", "--name", "built")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (0, 'Saved "built" as version 1.')
    assert "built: 1 changes, saved (in work), version 1" in invoke("scenarios", "list", DATA).stdout
    shown = [invoke("scenarios", "show", name, DATA).stdout.splitlines()[1:] for name in ("built", "mitigated")]
    assert shown[0] == shown[1] != []
    again = tmp_path / "again.toml"
    invoke("scenarios", "export", "built", DATA, "--out", again)
    changes = [path.read_text(encoding="utf-8").partition("\n[[changes]]\n")[2] for path in (file, again)]
    assert changes[0] == changes[1] != ""


def test_a_saved_scenario_is_forecast_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n[[changes]]\nlever = "pupil_growth"\nvalue = 0.02\n', encoding="utf-8")
    assert invoke("scenarios", "import", file, DATA).exit_code == 0
    by_name, by_file = (invoke("forecast", DATA, "--scenario", name).stdout for name in ("mine", str(file)))
    assert by_name == by_file and ",pupils,,2021," in by_name
    file.write_text(file.read_text(encoding="utf-8").replace("0.02", "0.03"), encoding="utf-8")
    assert "as version 2" in invoke("scenarios", "import", file, DATA).stderr
    refused = invoke("forecast", DATA, "--scenario", "nope")
    assert refused.exit_code == 2 and '"mine" (saved)' in refused.stderr


def test_a_file_that_cannot_be_used_is_not_saved(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('name = "wrong"\n[[changes]]\nlever = "project_on"\nkey = "nowhere"\nvalue = 1\n', "utf-8")
    refused = invoke("scenarios", "import", file, DATA)
    assert refused.exit_code == 2 and "nowhere" in refused.stderr
    assert "wrong" not in invoke("scenarios", "list", DATA).stdout
    assert invoke("scenarios", "export", "baseline", DATA, "--out", tmp_path / "x.txt").exit_code == 2
