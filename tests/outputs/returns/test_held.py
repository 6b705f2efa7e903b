"""Shares of the last January held, and rates of the last calendar years: small cases worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.outputs.disclosure import Policy
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.flows import flow
from forecasting.outputs.returns.held import held
from forecasting.outputs.returns.layout import FOLDER, layout


def _crossed(values: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"need": need, "setting": setting, "value": value}
         for need, row in zip(("ASC", "SEMH"), values, strict=True)
         for setting, value in zip(("mainstream", "special_state"), row, strict=True)]
    )  # fmt: skip


def _by(name: str, **values: float) -> pd.DataFrame:
    return pd.DataFrame({name: list(values), "value": list(values.values())})


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"value": [frame["value"].sum()]})


def _cells(rows: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(need, setting): value for need, setting, value in rows[["need", "setting", "value"]].to_numpy().tolist()}


def test_shares_within_each_setting_are_held() -> None:
    """20 of 50 children in mainstream have autism; of 60 in the year asked for, 24 have."""
    later = _by("setting", mainstream=60, special_state=25)
    (found,) = held(lambda: [_crossed([[20, 30], [30, 20]])], [later, _whole(later)])
    assert found.by == ("need", "setting") and not found.borrowed
    # special: 30 of 50 have autism, so 15 of 25
    expected = {("ASC", "mainstream"): 24, ("SEMH", "mainstream"): 36, ("ASC", "special_state"): 15,
                ("SEMH", "special_state"): 10}  # fmt: skip
    assert _cells(found.rows) == pytest.approx(expected)


def test_both_margins_of_a_forecast_are_kept() -> None:
    by_need, by_setting = _by("need", ASC=70, SEMH=30), _by("setting", mainstream=40, special_state=60)
    (found,) = held(lambda: [_crossed([[20, 30], [30, 20]])], [by_need, by_setting, _whole(by_need)])
    assert found.rows.groupby("need")["value"].sum().to_dict() == pytest.approx({"ASC": 70, "SEMH": 30})
    assert found.rows.groupby("setting")["value"].sum().to_dict() == pytest.approx(
        {"mainstream": 40, "special_state": 60}
    )


def test_a_setting_nobody_was_in_borrows_the_shares_of_everybody() -> None:
    """50 of 80 have autism (20 + 30 of 50 + 30); a new base of 8 is taken to have 5."""
    later = _by("setting", mainstream=50, special_state=30, resourced_provision=8)
    (found,) = held(lambda: [_crossed([[20, 30], [30, 0]])], [later, _whole(later)])
    assert found.borrowed == ("resourced_provision",)
    assert _cells(found.rows)["ASC", "resourced_provision"] == pytest.approx(8 * 50 / 80)


def test_with_a_total_alone_its_shares_are_held() -> None:
    (found,) = held(lambda: [_by("need", ASC=30, SEMH=10)], [pd.DataFrame({"value": [80.0]})])
    assert found.rows.set_index("need")["value"].to_dict() == pytest.approx({"ASC": 60, "SEMH": 20})


def test_nothing_is_made_of_what_is_given_or_of_a_part() -> None:
    def never() -> list[pd.DataFrame]:
        raise AssertionError("the last January is not needed")

    assert not held(never, [])
    part = _by("setting", special_state=40)  # as the method trend gives two settings of many
    assert not held(never, [part, pd.DataFrame({"value": [100.0]})])
    assert not held(lambda: [], [pd.DataFrame({"value": [100.0]})])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=4, max_size=4), st.integers(0, 200), st.integers(0, 200))
def test_what_is_held_adds_up_to_the_forecast(start: list[int], mainstream: int, special: int) -> None:
    later = _by("setting", mainstream=mainstream, special_state=special)
    for found in held(lambda: [_crossed([[*map(float, start[:2])], [*map(float, start[2:])]])], [later, _whole(later)]):
        sums = found.rows.groupby("setting")["value"].sum()
        assert sums.to_dict() == pytest.approx({"mainstream": mainstream, "special_state": special})
        assert (found.rows["value"] >= 0).all()


def test_new_plans_follow_from_the_growth_of_plans(published) -> None:
    """Calendar years 2022 to 2024 had 285, 493, 596 new plans on growth of 285, 425, 313 (2,600 to 3,623 in all)."""
    left = (285 + 493 + 596) - (285 + 425 + 313)  # 351 more came than plans grew by
    rate = left / (2600 + 2885 + 3310)
    before, after = (published.forecast.value("ehc_plans", year) for year in (2026, 2027))
    found = flow(published.dataset, published.forecast, "new_plans", 2027, 3)
    assert found is not None and found.rows["value"].sum() == pytest.approx(after - before + rate * before)
    assert "2022 to 2024" in found.notes[0]
    requests = flow(published.dataset, published.forecast, "requests", 2027, 3)
    assert requests is not None
    ratio = (615 + 745 + 959) / (285 + 493 + 596)
    assert requests.rows["value"].sum() == pytest.approx(found.rows["value"].sum() * ratio)
    assert flow(published.dataset, published.forecast, "requests", 2040, 3) is None  # past the forecast


def test_without_the_lines_of_the_mapping_nothing_is_assumed(published, tmp_path) -> None:
    text = (FOLDER / "lsrp.toml").read_text(encoding="utf-8")
    text = text.replace("shares_of_last_january = true", "").replace("rates_of_calendar_years = 3", "")
    (tmp_path / "lsrp.toml").write_text(text, encoding="utf-8")
    plain, full = (fill(layout("lsrp", folder), (published,)) for folder in (tmp_path, FOLDER))
    tables = {table.table.id: table for table in plain.tables}
    for number in ("5.1", "7", "7.4", "10", "12"):
        assert tables[number].unknown.all()
    assert not tables["6"].unknown[:, 0].any()
    assert not any("held" in text for text in plain.assumed) and any("held" in text for text in full.assumed)
    assert any("the forecast gives no" in text for text in plain.missing)


def test_what_was_withheld_in_the_last_january_stays_so_while_its_shares_are_held(published) -> None:
    """A line that grows with its setting would tell what it was: every later year hides what that January hides."""
    done = fill(layout("dsg"), (published,), policy=Policy())
    for table in done.tables:
        if table.table.unit == "count":
            hidden = table.hidden[0]
            last = table.columns.index("2025")
            assert (hidden[:, last + 1 :] >= hidden[:, [last]]).all()
    assert sum(int(table.hidden.sum()) for table in done.tables) > 100


def test_a_band_of_requests_is_not_told_by_the_others_and_the_ratio_to_new_plans(published) -> None:
    """The total of requests is new plans times a ratio that is listed: one withheld band alone would be the rest."""
    done = fill(layout("lsrp"), (published,), policy=Policy())
    for table in done.tables:
        if table.table.id in ("10", "11", "12"):
            hidden = table.hidden[0][:, 1:].sum(axis=0)
            assert ((hidden == 0) | (hidden > 1)).all()
            assert hidden.all() or table.table.id == "12"  # where nobody is in the small bands
