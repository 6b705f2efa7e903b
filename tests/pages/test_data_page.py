"""The Data page with tables of a council's own: choose columns and words, accept; only tables are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from forecasting.inputs.accepted import listing, open_kept
from tests.support import ROOT

ABOUT = "key,value\nauthority_name,Newshire\ntitle,Own table\nbase_year,2025\n"
OWN = "Census year,Where,Number of plans\n" + "".join(
    f"{year},{kind},{100 * (year - 2018)}\n" for year in range(2019, 2026) for kind in ("Our hub", "mainstream")
)
PLANS = "year,plans\n" + "".join(f"{year},{1000 + 90 * (year - 2019)}\n" for year in range(2019, 2026))


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.delenv("SUFFICIENCY_DATASET", raising=False)
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def _page() -> AppTest:
    return _ran(AppTest.from_file(str(ROOT / "pages" / "data.py"), default_timeout=120))


def _ran(test: AppTest) -> AppTest:
    test.run()
    assert [error.value for error in test.exception] == []
    return test


def _upload(test: AppTest, **files: str) -> None:
    test.file_uploader[0].set_value([(f"{name}.csv", text.encode(), "text/csv") for name, text in files.items()])
    _ran(test)


def _click(test: AppTest, label: str) -> AppTest:
    (button,) = [button for button in test.button if button.label == label]
    button.click()
    return _ran(test)


def _choose(test: AppTest, label: str, value: str) -> None:
    (box,) = [box for box in test.selectbox if box.label.startswith(label)]
    box.set_value(value)


def _html(test: AppTest) -> str:
    return "\n".join(element.proto.body for element in test.get("html"))


def test_an_own_table_is_mapped_and_its_words_are_kept_as_data(home: Path) -> None:
    test = _page()
    _upload(test, about=ABOUT, ours=OWN)
    assert "These files cannot be used yet" in test.error[0].value  # nothing to forecast from so far
    _choose(test, 'Sheet "ours"', "ehc_plans")
    _ran(test)
    _choose(test, "year", "Census year")
    _choose(test, "setting", "Where")
    _choose(test, "plans", "Number of plans")
    _click(test, "Use these columns")
    assert "“Our hub” in ehc_plans, setting (7 cells)" in [box.label for box in test.selectbox]
    _choose(test, "“Our hub”", "resourced_provision")
    _click(test, "Use these meanings")
    assert "These files can be used" in test.success[0].value
    test.text_input(key="accept:who").set_value("AB")
    for box in [box for box in test.text_input if box.label.startswith("Why")]:
        box.set_value("right so")
    _click(test, "Accept and use these data")
    (kept,) = listing(home / "datasets")
    assert (kept.review.name, kept.review.who) == ("Newshire", "AB")
    dataset = open_kept(kept)
    assert set(dataset.table("ehc_plans")["setting"]) >= {"mainstream"} and dataset.has("mappings")
    assert "In hand: Newshire, Own table" in _html(test)
    remembered = "".join(path.read_text(encoding="utf-8") for path in (home / "mappings").iterdir())
    assert "Number of plans" in remembered and "Our hub" not in remembered  # headers, never a cell


def test_a_full_disk_is_said_and_the_data_are_used_all_the_same(home: Path) -> None:
    (home / "datasets").write_text("a file where the folder should be", encoding="utf-8")
    test = _page()
    _upload(test, about=ABOUT, ehc_plans=PLANS)
    _click(test, "Accept and use these data")
    assert any("could not be kept in" in warning.value for warning in test.warning)
    assert "In hand: Newshire, Own table" in _html(test)


def test_the_last_accepted_dataset_can_come_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = _page()
    _upload(test, about=ABOUT, ehc_plans=PLANS)
    _click(test, "Accept and use these data")
    assert "In hand: Rotherham" in _html(_page())  # a new session starts with the bundled data
    monkeypatch.setenv("SUFFICIENCY_DATASET", "last")
    assert "In hand: Newshire" in _html(_page())
    listing_path = next((home / "datasets").glob("*.zip"))
    listing_path.write_bytes(b"damaged")
    st.cache_resource.clear()
    assert "In hand: Rotherham" in _html(_page())
