"""A lever beyond its slider: source, start and ramp, values by year, back to the baseline, undo and redo by key."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs import words
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import BASELINE, Change
from tests.browser.harness import PATIENCE, Screen

pytestmark = pytest.mark.browser

GROWTH, LAST = "Pupil growth, % a year", 2021


def _pupils(dataset: Dataset, *changes: Change) -> str:
    done = run(dataset, dataset_scenarios(dataset)[BASELINE].with_changes(changes))
    return words.count(done.forecast.value("pupils", LAST))


def _more(visitor: Screen) -> Locator:
    visitor.page.get_by_role("button", name=f"More: {GROWTH}").click()
    inside = visitor.page.get_by_role("dialog")
    expect(inside.get_by_text("Baseline: 1%")).to_be_visible(timeout=PATIENCE)
    return inside


def _is(visitor: Screen, figure: str, differs: str) -> None:
    expect(visitor.metric("Pupils, ")).to_have_text(figure, timeout=PATIENCE)
    expect(visitor.differs).to_have_text(differs, timeout=PATIENCE)
    visitor.settled()  # a key that is pressed while the page is drawn may find no button to press


def test_a_lever_comes_in_late_and_goes_back_and_all_of_it_is_undone(visitor: Screen, rotherham: Dataset) -> None:
    visitor.open("population")
    start = _pupils(rotherham)
    thumb = visitor.slider(GROWTH)
    thumb.focus()
    thumb.press("PageUp")
    moved = float(thumb.input_value())
    whole = Change("pupil_growth", moved / 100)
    said = f"Pupil growth {moved:g}%"
    _is(visitor, _pupils(rotherham, whole), f"Differs from the baseline: {said} (1%).")

    inside = _more(visitor)
    inside.get_by_role("combobox", name="In force").click()
    visitor.page.get_by_role("option", name="from January 2019").click()
    late = _pupils(rotherham, Change("pupil_growth", moved / 100, from_year=2019))
    assert late not in (start, _pupils(rotherham, whole))
    _is(visitor, late, f"Differs from the baseline: {said} from 2019 (1%).")
    expect(visitor.page.get_by_text("From 2019.", exact=True)).to_be_visible()

    inside.get_by_role("button", name="Back to the baseline").click()
    _is(visitor, start, "Equal to the baseline.")
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Undo").click()  # at once: what stood open is still being closed
    _is(visitor, late, f"Differs from the baseline: {said} from 2019 (1%).")
    visitor.page.keyboard.press("Control+z")
    _is(visitor, _pupils(rotherham, whole), f"Differs from the baseline: {said} (1%).")
    visitor.page.keyboard.press("Control+z")
    _is(visitor, start, "Equal to the baseline.")
    visitor.page.keyboard.press("Control+y")
    _is(visitor, _pupils(rotherham, whole), f"Differs from the baseline: {said} (1%).")
    visitor.clean()


def test_the_baseline_is_marked_where_the_slider_began(visitor: Screen) -> None:
    visitor.open("population")
    thumb = visitor.page.locator(".st-key-w-pupil_growth- [role=group] > div > div:has(input)")
    before = thumb.evaluate("e => e.style.left")
    mark = "e => parseFloat(getComputedStyle(e.parentElement, '::before').left) / e.parentElement.offsetWidth * 100"
    assert thumb.evaluate(mark) == pytest.approx(float(before.rstrip("%")), abs=1)
    visitor.slider(GROWTH).focus()
    visitor.page.keyboard.press("End")
    expect(visitor.differs).to_contain_text("Pupil growth", timeout=PATIENCE)
    assert thumb.evaluate(mark) == pytest.approx(float(before.rstrip("%")), abs=1)


def test_beyond_the_usual_is_a_warning_not_a_wall(visitor: Screen, rotherham: Dataset) -> None:
    visitor.open("population")
    visitor.page.get_by_text("Type numbers instead of moving sliders").click()
    box = visitor.page.get_by_role("spinbutton", name=GROWTH)
    box.fill("9")
    box.press("Enter")
    _is(visitor, _pupils(rotherham, Change("pupil_growth", 0.09)), "Differs from the baseline: Pupil growth 9% (1%).")
    expect(visitor.page.get_by_text("Out of the ordinary: usual is −3% to 5%.")).to_be_visible()
    visitor.clean()
