"""The command backtest: its file, its errors, and that the scorer takes what it writes."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from forecasting.__main__ import app
from forecasting.analysis.backtest import ALL, COLUMNS, whole_numbers
from forecasting.errors import UsageError
from tests.support import ROOT, SHARED

BUNDLED = ROOT / "data" / "national" / "plans_panel.csv"
SCORER = SHARED / "tools" / "score_backtest.py"
PANEL = SHARED / "dfe" / "panel.csv"
FEW = "unit,year,series,value\n001,2015,total,100\n001,2016,total,110\n001,2017,total,125\n"


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["backtest", *(str(argument) for argument in arguments)])


def test_ranges_and_lists_of_years() -> None:
    assert whole_numbers("2017:2019", "x") == [2017, 2018, 2019]
    assert whole_numbers("5, 1,3", "x") == [1, 3, 5]
    assert whole_numbers("1:2,4", "x") == [1, 2, 4]
    for wrong in ("", "a", "3:1", "1-3", "1,,2", "-1"):
        with pytest.raises(UsageError, match="write a range such as 1:5"):
            whole_numbers(wrong, "x")


def test_the_output_has_the_columns_of_the_contract_for_every_unit_origin_and_horizon() -> None:
    done = invoke(BUNDLED, "--method", "all", "--origins", "2018:2019", "--horizons", "1,3")
    assert done.exit_code == 0
    told = pd.read_csv(StringIO(done.stdout), dtype={"unit": str})
    assert tuple(told.columns) == COLUMNS
    total = told.loc[told["series"] == "total"]
    assert set(total["unit"]) == {"372"} and set(total["method"]) == set(ALL)
    assert set(zip(total["origin"], total["horizon"], strict=True)) == {(o, h) for o in (2018, 2019) for h in (1, 3)}
    assert (told["year"] == told["origin"] + told["horizon"]).all()
    last = total.loc[(total["method"] == "last_value") & (total["origin"] == 2019), "mean"]
    assert (last == 2060).all()  # January 2019


def test_units_keep_their_zeros_and_a_unit_without_a_value_at_the_origin_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text(FEW + "002,2015,total,50\n002,2016,total,55\n", encoding="utf-8")
    told = pd.read_csv(
        StringIO(invoke(file, "--origins", "2017", "--method", "last_value").stdout), dtype={"unit": str}
    )
    assert told["unit"].unique().tolist() == ["001"]
    assert told["mean"].tolist() == [125.0] * 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--origins", "2031"), "the panel has no values in 2031; it covers 2010 to 2025."),
        (("--origins", "soon"), '--origins "soon" cannot be read: write a range such as 1:5 or a list such as 1,3,5.'),
        (("--horizons", "0:2"), "horizons must be from 1 to 30 years."),
        (("--horizons", "1:500"), "horizons must be from 1 to 30 years."),
        (("--method", "moves"), "unknown method moves; allowed: auto, trend, last_value, published_rate"),
        (("--out", "x.xlsx"), 'a file ending ".xlsx" is not written; allowed: .csv.'),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: tuple[str, str], message: str) -> None:
    done = invoke(BUNDLED, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr and "Traceback" not in done.stderr


def test_faults_of_the_panel_are_listed_with_their_rows(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text(FEW + "001,2017,total,126\n,2017,total,x\n002,17,total,-4\n", encoding="utf-8")
    done = invoke(file)
    assert (done.exit_code, done.stdout) == (1, "")
    for text in (
        "row 5: 001, 2017, total is given in row 4 too",
        'row 6, column "unit": it is blank',
        'row 6, column "value": "x" is not allowed',
        'row 7, column "year": 17',
        "allowed: 0 or more",
    ):
        assert text in done.stderr
    file.write_text("unit,year,value\n1,2015,3\n", encoding="utf-8")
    assert "no column series" in invoke(file).stderr
    assert invoke(tmp_path / "none.csv").exit_code == 2


@pytest.mark.skipif(not (SCORER.exists() and PANEL.exists()), reason="../shared is not beside the repository")
def test_the_scorer_takes_what_the_command_writes(tmp_path: Path) -> None:
    out = tmp_path / "forecasts.csv"
    done = invoke(PANEL, "--origins", "2020:2021", "--horizons", "1,3", "--out", out)
    assert (done.exit_code, done.stdout) == (0, "") and f"Wrote {out}" in done.stderr
    command = [sys.executable, str(SCORER), str(out), str(PANEL), "--origins", "2020:2021", "--horizons", "1,3"]
    for series in ("total", "state_special", "inmss"):
        scored = subprocess.run([*command, "--series", series], capture_output=True, text=True, check=False)
        assert scored.returncode == 0, scored.stderr
        assert "auto" in scored.stdout


def test_half_a_year_is_no_january(tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text(FEW.replace("2016", "2016.5"), encoding="utf-8")
    done = invoke(file, "--origins", "2017")
    assert done.exit_code == 1 and 'row 3, column "year": 2016.5; allowed: a January census year' in done.stderr
