"""Every page as the first and only script that runs, then again after a change, with the values it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Slider

from forecasting.analysis.compare import Comparison
from forecasting.analysis.drivers import account
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import Run, run
from forecasting.outputs.accessibility import statement
from forecasting.outputs.briefing.story import story
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.layout import codes, layout
from forecasting.outputs.subjects import SUBJECTS, View, compare, explain
from forecasting.outputs.subjects.assumptions_log import assumptions_log
from forecasting.outputs.subjects.data import data
from forecasting.outputs.subjects.returns import returns
from forecasting.outputs.subjects.scenarios import ANSWER
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import BASELINE, Change
from pages.shared.navigation import TITLES
from tests.support import ROOT

SECONDS = 120  # a loaded machine may need long for the first run, which imports everything


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give each test a server that has cached nothing and knows no dataset but the bundled one."""
    monkeypatch.delenv("SUFFICIENCY_DATASET", raising=False)
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def _script(file: str, scenario: str = "") -> AppTest:
    test = AppTest.from_file(str(ROOT / file), default_timeout=SECONDS)
    if scenario:
        test.query_params["scenario"] = scenario
    return _again(test)


def _again(test: AppTest) -> AppTest:
    """Run a script, which must not raise."""
    test.run()
    assert [error.value for error in test.exception] == []
    return test


def _html(test: AppTest) -> str:
    """Return what is drawn as HTML; a widget has another key after it was set otherwise than by being moved."""
    return re.sub(r"-\d+(?= \[data)", "", "\n".join(element.proto.body for element in test.get("html")))


def _growth(test: AppTest) -> Slider:
    (found,) = [slider for slider in test.slider if slider.label == "Pupil growth, % a year"]
    return found


def _title(test: AppTest) -> str:
    (title,) = re.findall(r"<h1>(.*?)</h1>", _html(test))
    return unescape(title)


def _answer(test: AppTest) -> str:
    (answer,) = re.findall(r'<p class="answer"[^>]*>(.*?)</p>', _html(test))
    return unescape(answer)


def _differs(test: AppTest) -> str:
    (line,) = [re.sub("<.*?>", "", element.value) for element in test.markdown if "differs" in element.value]
    return line


def _view(dataset: Dataset, name: str = BASELINE, *changes: Change) -> View:
    scenarios = dataset_scenarios(dataset)
    before: Run = run(dataset, scenarios[BASELINE])
    return View(run(dataset, scenarios[name].with_changes(changes)), before)


def _expected(page: str, view: View) -> str:
    if page == "scenarios":
        return ANSWER
    if page == "accessibility":
        return statement().answer
    if page == "briefing":
        return story(view).scenes[0].finding
    if page == "returns":
        return returns(fill(layout(codes()[0]), (view.baseline, view.run)), 0).answer
    if page == "assumptions":
        return assumptions_log(view).answer
    if page in ("compare", "explain"):
        return _of_two(page, view)
    return (SUBJECTS[page] if page in SUBJECTS else data)(view).answer


def _of_two(page: str, view: View) -> str:
    """Return the answer of a page that begins with the baseline, and the scenario in hand or the mitigated one."""
    hand = view.run.scenario.name != BASELINE
    now = view.run if hand else run(view.run.dataset, dataset_scenarios(view.run.dataset)["mitigated"])
    names = (BASELINE, f"{view.run.scenario.name} (in hand)" if hand else "mitigated")
    if page == "compare":
        found = Comparison(names, (view.baseline, now))
        return compare.compare(view, found, view.last, compare.usual_measure(found)).answer
    whole = account(view.baseline, now)
    measures = [name for name in explain.MEASURES if name in whole.measures()]
    return explain.moved(view, whole, explain.usual(whole, measures), view.last, names)[0]


@pytest.mark.parametrize("page", TITLES)
def test_a_page_runs_first_and_alone_and_again_after_a_change(page: str, rotherham: Dataset) -> None:
    test = _script(f"pages/{page}.py")
    assert _title(test) == TITLES[page]
    assert _answer(test) == _expected(page, _view(rotherham))
    test.selectbox(key="w:scenario").set_value("mitigated")
    _again(test)
    assert _title(test) == TITLES[page]
    assert _answer(test) == _expected(page, _view(rotherham, "mitigated"))
    _again(test)
    assert test.selectbox(key="w:scenario").value == "mitigated"
    assert "12 changed" in _differs(test)


@pytest.mark.parametrize("page", ["overview", "population", "send", "placements"])
def test_a_slider_moves_the_page_it_stands_on(page: str, rotherham: Dataset) -> None:
    test = _script(f"pages/{page}.py")
    before = _html(test)
    _growth(test).set_value(2.0)
    _again(test)
    assert _answer(test) == _expected(page, _view(rotherham, BASELINE, Change("pupil_growth", 0.02)))
    assert _html(test) != before
    assert _growth(test).value == 2.0
    test.toggle(key="w:typing").set_value(True)
    assert _again(test).number_input(key="w:pupil_growth::typed").value == 2.0
    assert _differs(test) == "Differs from the baseline: Pupil growth 2% (1%)."


@pytest.mark.parametrize("page", ["costs", "programme"])
def test_a_unit_cost_moves_the_page_it_stands_on(page: str, rotherham: Dataset) -> None:
    test = _script(f"pages/{page}.py", scenario="mitigated")
    before = _html(test)
    test.slider(key="w:out_of_borough_unit_cost:").set_value(60_000.0)
    _again(test)
    assert _answer(test) == _expected(page, _view(rotherham, "mitigated", Change("out_of_borough_unit_cost", 60_000.0)))
    assert _html(test) != before
    assert "Place out of the authority £60,000" in _differs(test)


def test_placements_says_what_the_published_tables_say() -> None:
    # Table 11 of the assessment: 143 placements out of the authority in January 2017; the engine carries them to 151.
    answer = _answer(_script("pages/placements.py"))
    assert answer.startswith("151 children are placed out of the authority in 2021")
    assert answer.endswith("there were 143 in 2017.")


def test_population_grows_simply() -> None:
    # 44,627 pupils × (1 + 5 years × 1%) = 46,858.35, and × (1 + 5 × 2%) = 49,089.7.
    test = _script("pages/population.py")
    assert "to 46,858 in 2021: +2,231 since 2016" in _answer(test)
    test.toggle(key="w:typing").set_value(True)
    _again(test).number_input(key="w:pupil_growth::typed").set_value(2.0)
    assert "to 49,090 in 2021: +4,463 since 2016" in _answer(_again(test))


def test_overview_needs_half_of_the_placements_and_the_growth() -> None:
    # 143 ÷ 2 = 71.5 places to bring back, and 2,231.35 more pupils × 2.5% with a plan = 56: 127.5, shown as 128.
    test = _script("pages/overview.py")
    assert _answer(test).startswith("Rotherham needs 128 more specialist places by 2021, and no project is built.")
    assert "<dt>Places needed, 2021</dt><dd><strong>128</strong>" in _html(test)


def test_the_app_opens_the_overview_and_keeps_a_change_on_every_page(rotherham: Dataset) -> None:
    test = _script("app.py")
    assert _title(test) == TITLES["overview"]
    _growth(test).set_value(2.0)
    _again(test)
    for page in TITLES:
        test.switch_page(f"pages/{page}.py")
        _again(test)
        assert _title(test) == TITLES[page]
        assert _differs(test) == "Differs from the baseline: Pupil growth 2% (1%)."
        assert test.session_state["moves"] == {("pupil_growth", ""): (Change("pupil_growth", 0.02),)}
    test.switch_page("pages/population.py")
    _again(test)
    assert _growth(test).value == 2.0
    assert _answer(test) == _expected("population", _view(rotherham, BASELINE, Change("pupil_growth", 0.02)))


def test_reset_goes_back_to_the_baseline() -> None:
    test = _script("pages/overview.py")
    before = _html(test)
    _growth(test).set_value(3.0)
    _again(test)
    (reset,) = [button for button in test.button if button.label == "Reset to the baseline"]
    reset.click()
    _again(test)
    assert _html(test) == before
    assert _differs(test) == "Equal to the baseline."
    assert _growth(test).value == 1.0


@pytest.mark.parametrize("file", ["app.py", "pages/overview.py", "pages/published.py"])
def test_an_unknown_scenario_in_the_address_is_the_baseline(file: str) -> None:
    test = _script(file, scenario="nonsense")
    assert test.selectbox(key="w:scenario").value == BASELINE
    assert _differs(test) == "Equal to the baseline."


def test_a_scenario_in_the_address_is_opened_and_can_be_left() -> None:
    test = _script("pages/published.py", scenario="published")
    assert test.selectbox(key="w:scenario").value == "published"
    assert _answer(test).startswith("30 of 30 printed results are reproduced")
    test.selectbox(key="w:scenario").set_value(BASELINE)
    assert not _answer(_again(test)).startswith("30 of 30")


def test_the_last_year_can_be_chosen() -> None:
    test = _script("pages/population.py")
    test.number_input(key="w:to").set_value(2030)
    # 44,627 × (1 + 14 × 1%) = 50,874.78
    assert "50,875 in 2030" in _answer(_again(test))
