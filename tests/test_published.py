"""The published assessment of 2017, reproduced to the figure through the command line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forecasting.__main__ import app
from forecasting.axes import FORECAST_COLUMNS, FORECAST_KEYS
from tests.support import ROTHERHAM, SHARED, WORKBOOK, Copy, Row

REFERENCE = SHARED / "rotherham" / "published_results.csv"
OURS = ROTHERHAM / "published.csv"
IDS = [f"R{number:02d}" for number in range(1, 31)]
# The unit a result is printed in, and the factor from the unit of the forecast table.
FACTORS = {("pct", "fraction"): 100.0, ("gbp_m", "gbp"): 1e-6, ("count", "count"): 1.0, ("gbp", "gbp"): 1.0}


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def forecast_rows(dataset: Path, scenario: str = "published") -> list[Row]:
    result = CliRunner().invoke(app, ["forecast", str(dataset), "--scenario", scenario])
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


def key_of(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the breakdowns of a row in the order of the forecast table, the scenario left out."""
    return tuple(row.get(column, "") for column in FORECAST_KEYS[1:])


@pytest.fixture(scope="module", params=["folder", "workbook"])
def table(request: pytest.FixtureRequest) -> dict[tuple[str, ...], Row]:
    rows = forecast_rows(ROTHERHAM if request.param == "folder" else WORKBOOK)
    by_key = {key_of(row): row for row in rows}
    assert len(by_key) == len(rows), "a cell is there twice"
    return by_key


def assert_reproduced(printed: Row, table: dict[tuple[str, ...], Row]) -> None:
    found = table[key_of(printed)]
    recomputed = float(found["central"]) * FACTORS[printed["unit"], found["unit"]]
    decimals = len(printed["value"].partition(".")[2])
    assert round(recomputed, decimals) == pytest.approx(float(printed["value"]), abs=float(printed["tolerance"]) + 1e-9)


@pytest.mark.parametrize("result", IDS)
def test_our_copy_is_reproduced(result: str, table: dict[tuple[str, ...], Row]) -> None:
    (printed,) = [row for row in read(OURS) if row["id"] == result]
    assert_reproduced(printed, table)


def test_the_reference_is_reproduced(table: dict[tuple[str, ...], Row]) -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference results are not beside the repository")
    printed = read(REFERENCE)
    assert [row["id"] for row in printed] == IDS
    for row in printed:
        assert_reproduced(row, table)


def test_our_copy_equals_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference results are not beside the repository")
    assert OURS.read_bytes() == REFERENCE.read_bytes()


def test_the_reproduction_can_fail(table: dict[tuple[str, ...], Row]) -> None:
    (printed,) = [row for row in read(OURS) if row["id"] == "R19"]  # 75 + 51 = 126
    with pytest.raises(AssertionError):
        assert_reproduced({**printed, "value": "125"}, table)


def central(rows: list[Row], measure: str, component: str = "") -> dict[int, float]:
    blank = {column: "" for column in FORECAST_KEYS if column not in ("scenario", "measure", "component", "year")}
    return {
        int(row["year"]): float(row["central"])
        for row in rows
        if row["measure"] == measure and row["component"] == component and blank.items() <= row.items()
    }


def test_doubled_pupils_double_what_follows_from_them(copied: Copy) -> None:
    plain = forecast_rows(copied.path, "baseline")
    copied.change("pupils", lambda row: row.update(pupils=str(2 * int(row["pupils"]))))
    doubled = forecast_rows(copied.path, "baseline")
    for measure, component, first in (("pupils", "", 2016), ("pupils_with_sen", "", 2017),
                                      ("places_needed", "growth", 2016)):  # fmt: skip
        before, after = central(plain, measure, component), central(doubled, measure, component)
        years = range(first, 2022)  # pupils with SEN of the base year are counted, not computed
        assert [after[year] for year in years] == pytest.approx([2 * before[year] for year in years], rel=1e-12)
    assert central(plain, "places_needed", "growth")[2021] > 0


def test_printed_constants_stay_and_say_so(copied: Copy) -> None:
    copied.change("pupils", lambda row: row.update(pupils=str(2 * int(row["pupils"]))))
    result = CliRunner().invoke(app, ["forecast", str(copied.path), "--scenario", "published"])
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert central(rows, "places_needed", "growth")[2021] == 51
    assert set(central(rows, "places_needed", "under_provision").values()) == {75}
    assert central(rows, "pupils")[2021] == pytest.approx(2 * 46858.35)
    assert "Growth places: 51 places by 2021: Printed" in result.stderr


def test_the_columns_are_those_of_the_contract() -> None:
    rows = forecast_rows(ROTHERHAM)
    assert tuple(rows[0]) == FORECAST_COLUMNS
    assert {row["year"] for row in rows} >= {"", "2016", "2021"}
    assert all(row["year"] == "" or row["year"].isdigit() for row in rows)


def test_a_method_without_draws_repeats_the_central_figure() -> None:
    for row in forecast_rows(ROTHERHAM):
        assert {row[name] for name in ("mean", "p2_5", "p10", "p50", "p90", "p97_5")} == {row["central"]}
