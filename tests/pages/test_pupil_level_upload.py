"""Pupil-level files on the Data page: to a forecast, with nothing about a child kept in the session or on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.inputs.pupil_files import sen2_files
from tests.inputs.test_pupil_level import YEARS, many

PAGE = """
import streamlit as st
from pages.shared import upload
from tests.inputs.pupil_files import sen2_files
from tests.inputs.test_pupil_level import PEOPLE, YEARS, many

st.session_state["held"] = upload.checked([*sen2_files(many(60), YEARS), PEOPLE])
"""


def test_the_page_adds_up_and_keeps_no_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    app = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not app.exception
    assert "read in memory and added up" in app.info[0].value
    held = app.session_state["held"]
    assert held is not None and held.dataset is not None and held.dataset.has("plan_moves")
    session = "".join(repr(app.session_state[f"once:{name}"]) for name in ("totals", "survey", "checked"))
    assert not [child.upn for child in many(60) if child.upn in session]
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(sen2_files(many(60), YEARS)) == 21
