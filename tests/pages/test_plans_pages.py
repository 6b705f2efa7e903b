"""The pages SEND and Track record through a real run of the app, with values asserted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from pages.shared.engine import DRAWS, LIVE
from tests.support import ROOT

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app on Rotherham's yearly counts of plans, 2010 to 2025, and nothing else."""
    panel = pd.read_csv(ROOT / "data" / "national" / "plans_panel.csv", dtype={"unit": str})
    own = panel.loc[(panel["unit"] == "372") & (panel["series"] == "total")]
    pd.DataFrame({"year": own["year"], "plans": own["value"]}).to_csv(tmp_path / "ehc_plans.csv", index=False)
    text = "key,value\nauthority_code,372\nauthority_name,Rotherham\n"
    (tmp_path / "about.csv").write_text(text, encoding="utf-8")
    monkeypatch.setenv("SUFFICIENCY_DATASET", str(tmp_path))
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()


def page(app: AppTest, name: str) -> str:
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception, app.exception
    return " ".join(str(item.proto.body) for item in app.get("html"))


def test_send_shows_the_range_and_survives_a_second_run(app: AppTest) -> None:
    text = page(app, "send")
    assert "The 80% range is" in text and f"80% range of {LIVE} draws" in text
    assert f"rest on {LIVE} draws, so that they follow the sliders; what you download rests on {DRAWS}" in text
    assert len(app.get("vega_lite_chart")) == 2
    assert not app.run().exception


def test_the_full_range_is_made_when_asked_for_and_only_for_that_scenario(app: AppTest) -> None:
    assert "ranges of causes take draws of their own" in page(app, "send")
    _button(app, FULL).click().run()
    assert not app.exception
    text = " ".join(str(item.proto.body) for item in app.get("html"))
    assert f"rest on {DRAWS} draws." in text and f"80% range of {DRAWS} draws" in text
    assert FULL not in [button.label for button in app.button] and "ranges of causes" not in text
    next(box for box in app.selectbox if box.label.startswith("Growth in England")).select("none").run()
    assert _button(app, FULL)  # another scenario: few draws again


FULL = "Work out the full range"


def _button(app: AppTest, label: str) -> Button:
    return next(button for button in app.button if button.label == label)


def test_a_chart_keeps_its_name_while_levers_move_and_its_message_is_beside_it(app: AppTest) -> None:
    # a browser builds a chart anew when its specification or its name changes, and moves its lines when data change
    page(app, "send")
    before = [(chart.proto.alt, chart.proto.spec) for chart in app.get("vega_lite_chart")]
    next(box for box in app.selectbox if box.label.startswith("Growth in England")).select("none").run()
    assert [(chart.proto.alt, chart.proto.spec) for chart in app.get("vega_lite_chart")] == before
    assert all(alt.startswith("Chart: ") for alt, _ in before)
    text = " ".join(str(item.proto.body) for item in app.get("html"))
    assert '<p class="aloud">' in text


def test_the_choice_of_the_national_trend_moves_the_answer_and_stays_on_the_next_page(app: AppTest) -> None:
    before = page(app, "send")
    choice = next(box for box in app.selectbox if box.label.startswith("Growth in England"))
    choice.select("none").run()
    assert not app.exception
    after = " ".join(str(item.proto.body) for item in app.get("html"))
    assert after != before
    page(app, "overview")
    box = next(box for box in app.selectbox if box.label.startswith("Growth in England"))
    assert box.value == "none"


def test_track_record_shows_errors_and_what_the_published_plan_said(app: AppTest) -> None:
    text = page(app, "track_record")
    assert "off one year ahead" in text and "80% ranges that held" in text
    assert len(app.get("vega_lite_chart")) == 3


@pytest.mark.parametrize("name", ["overview", "placements", "costs", "programme", "published"])
def test_other_pages_say_which_table_to_add(app: AppTest, name: str) -> None:
    text = page(app, name)
    assert "Add the table" in text or "add the table" in text
