"""The page Explain: each of its questions answers, and a stored forecast of earlier data is scored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.subjects.explain import PARTS
from forecasting.scenario.scenario import Scenario
from forecasting.scenario.store import open_store
from tests.support import ROOT


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.delenv("SUFFICIENCY_DATASET", raising=False)
    monkeypatch.delenv("SUFFICIENCY_DATABASE_URL", raising=False)
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def _asked(part: str) -> tuple[AppTest, str]:
    test = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=120)
    test.run()
    if part != "moved":
        test.button_group(key="explain_part").set_value(part)
        test.run()
    assert [error.value for error in test.exception] == []
    html = "\n".join(element.proto.body for element in test.get("html"))
    (answer,) = re.findall(r'<p class="answer"[^>]*>(.*?)</p>', html)
    return test, unescape(answer)


def test_each_question_has_its_answer() -> None:
    says = {
        "moved": "Places short in 2021: 13 in mitigated against 128 in baseline, −115.",
        "matters": '"Pupils with an EHC plan" matters most for EHC plans in 2021',
        "flips": "Places suffice until 2018 unless",
        "actual": "No forecast of earlier data is stored yet.",
    }
    assert says.keys() == PARTS.keys()
    for part, words in says.items():
        assert words in _asked(part)[1], part


def test_a_stored_forecast_of_earlier_data_is_scored_and_explained(rotherham: Dataset) -> None:
    plans, about = rotherham.table("ehc_plans"), rotherham.table("about")
    earlier = Dataset({
        "about": about.assign(value=about["value"].where(about["key"] != "base_year", "2014")),
        "ehc_plans": plans.loc[plans["year"] <= 2014],
    })  # fmt: skip
    told = run(earlier, Scenario("then", method="trend"), to=2021, draws=50).forecast.table
    saved = open_store().create(Scenario("then", author="Ann"), rotherham.name, earlier.content_hash, told)
    answer = _asked("actual")[1]
    # 1,235 plans in January 2016; the plans had fallen until 2013, so a trend from 2014 is far below.
    assert answer.startswith("1,235 EHC plans came in January 2016; the stored forecast said ")
    assert "too few, outside its range" in answer and "the data of that forecast are not here" in answer
    test, _ = _asked("moved")
    choice = next(box for box in test.selectbox if box.label == "Before")
    assert choice.options[-1].startswith("Earlier data: then, version 1")
    choice.set_value(f"{saved.id}/1")
    test.run()
    assert [error.value for error in test.exception] == []
    tables = pd.DataFrame({"html": [element.proto.body for element in test.get("html")]})
    assert tables["html"].str.contains("Newer software").any()
