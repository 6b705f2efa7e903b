"""Every plan counts once in every return, or stands outside it on purpose."""

from __future__ import annotations

import itertools

import pytest

from forecasting import axes
from forecasting.outputs.returns.layout import Line, ReturnTable, layout

ELSEWHERE = {"elective_home_education", "eotas", "not_in_education", "awaiting_provision", "other", "unknown"}
CASES = [(setting, post_16) for setting in axes.SETTINGS.names for post_16 in (False, True)]


def table(code: str, name: str) -> ReturnTable:
    return next(found for found in layout(code).tables if found.id == name)


def counts(line: Line, **child: object) -> bool:
    """Return whether a line counts a child of these codes."""
    return any(
        all(child[name] in allowed for name, allowed in chosen.wanted.items() if name in child)
        for chosen in line.selections
    )


def lines_of(found: ReturnTable, setting: str, post_16: bool) -> list[str]:
    return [line.label for line in found.lines if counts(line, setting=setting, post_16=post_16)]


@pytest.mark.parametrize(("setting", "post_16"), CASES)
def test_each_plan_stands_in_one_row_of_lsrp_table_6(setting: str, post_16: bool) -> None:
    assert len(lines_of(table("lsrp", "6"), setting, post_16)) == 1


@pytest.mark.parametrize(("setting", "post_16"), CASES)
def test_each_plan_stands_in_one_of_the_lsrp_tables_by_need(setting: str, post_16: bool) -> None:
    holding = [n for n in range(1, 8) if lines_of(table("lsrp", f"7.{n}"), setting, post_16)]
    assert len(holding) == (0 if setting in ELSEWHERE else 1)


@pytest.mark.parametrize("kind", ["a", "b"])
@pytest.mark.parametrize(("setting", "post_16"), CASES)
def test_each_plan_stands_in_one_of_the_dsg_tables(setting: str, post_16: bool, kind: str) -> None:
    assert sum(bool(lines_of(table("dsg", f"{n}{kind}"), setting, post_16)) for n in range(1, 8)) == 1


def test_no_pupil_stands_twice_in_scap() -> None:
    for setting, year in itertools.product(axes.SETTINGS.names, range(-4, 22)):
        holding = [t.id for t in layout("scap").tables for x in t.lines if counts(x, setting=setting, nc_year=year)]
        assert len(holding) <= 1
        assert not (holding and not 0 <= year <= 11)


def test_the_traps_of_the_returns() -> None:
    assert lines_of(table("lsrp", "6"), "resourced_provision", True) == ["Mainstream Post 16 specialist provision"]
    assert lines_of(table("lsrp", "6"), "resourced_provision", False) == ["Specialist bases in mainstream settings"]
    assert lines_of(table("lsrp", "6"), "hospital", False)[0].startswith("Other")
    assert lines_of(table("lsrp", "7.6"), "hospital", False)
    scap = [t.title for t in layout("scap").tables for x in t.lines
            if counts(x, setting="special_non_maintained", nc_year=3)]  # fmt: skip
    assert len(scap) == 1 and scap[0].startswith("State-funded special")
    assert lines_of(table("dsg", "4a"), "special_non_maintained", False)
