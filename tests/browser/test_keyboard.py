"""The main job with a keyboard alone: open, move a lever, read the new answer, save a scenario, download."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs import words
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.scenario import Change
from pages.shared.navigation import TITLES
from tests.browser.harness import NARROW, Screen

pytestmark = pytest.mark.browser

MOST = 150  # stops of the tab key on a page
_NAME = """() => { const e = document.activeElement;
const named = e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || '';
const kind = e.type === 'range' ? 'slider' : e.tagName.toLowerCase();
return [e.getAttribute('role') || kind, named.trim()]; }"""
_SEEN = """() => { const e = document.activeElement, b = e.getBoundingClientRect();
return b.width > 0 && b.height > 0 && b.bottom > 0 && b.top < innerHeight; }"""


def _tab_to(page: Page, role: str, name: str) -> None:
    """Press the tab key until the focus is on a control, which must then be in sight."""
    seen = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        found = page.evaluate(_NAME)
        seen.append(found)
        if found[0] == role and found[1].startswith(name):
            assert page.evaluate(_SEEN), f"{name} has the focus and is not in sight"
            return
    raise AssertionError(f"the tab key does not reach {role} {name}: {seen}")


def test_the_main_job_needs_no_mouse(visitor: Screen) -> None:
    keys = visitor.page.keyboard
    visitor.open("overview")
    before = visitor.answer.inner_text()
    _tab_to(visitor.page, "slider", "Pupil growth")
    keys.press("ArrowRight")
    expect(visitor.differs).to_contain_text("Pupil growth 1.1% (1%)")
    expect(visitor.answer).not_to_have_text(before)

    _tab_to(visitor.page, "button", "Prepare the working workbook")
    keys.press("Enter")
    ready = visitor.page.get_by_role("button", name="Download the working workbook")
    expect(ready).to_be_visible(timeout=60_000)
    _tab_to(visitor.page, "button", "Download the working workbook")
    with visitor.page.expect_download() as found:
        keys.press("Enter")
    assert found.value.suggested_filename.endswith(".xlsx")

    visitor.page.evaluate("document.activeElement.blur()")
    _tab_to(visitor.page, "a", TITLES["scenarios"])
    keys.press("Enter")
    visitor.shows(TITLES["scenarios"])
    for label, text in (
        ("Name", "By keyboard"),
        ("Your name", "A. Planner"),
        ("Reason", "to see whether it can be done"),
    ):
        _tab_to(visitor.page, "input", label)
        keys.press("Control+A")
        keys.type(text)
    _tab_to(visitor.page, "button", "Save")
    keys.press("Enter")
    expect(visitor.page.locator("table.figures", has_text="By keyboard").first).to_be_visible()
    visitor.clean()


def test_a_presentation_is_held_by_keyboard_from_the_first_scene_to_the_last(
    visitor: Screen, rotherham: Dataset
) -> None:
    visitor.open("briefing?scenario=published")
    page, keys = visitor.page, visitor.page.keyboard
    heading, number, menus = page.locator(".scene h2"), page.locator(".scene .note"), page.get_by_test_id("stSidebar")
    expect(menus).to_be_visible()
    page.get_by_role("button", name="Fill the screen").click()
    expect(menus).to_be_hidden()
    visitor.settled()

    last = int(number.inner_text().removeprefix("1 of "))
    told = [heading.inner_text()]
    for at in range(2, last + 1):
        keys.press("ArrowRight")
        expect(number).to_have_text(f"{at} of {last}")
        visitor.settled()
        told.append(heading.inner_text())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), told[-1]
        if told[-1] == "Need against places":
            _come_a_year_later(visitor, rotherham)
            expect(number).to_have_text(f"{at} of {last}")  # arrow keys move what has the focus, and turn no page
            heading.click()  # gives the keys back
    assert last >= 8 and len(set(told)) == last and "Need against places" in told
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    keys.press("ArrowLeft")
    expect(heading).to_have_text(told[-2])

    keys.press("Escape")
    expect(menus).to_be_visible()
    expect(visitor.differs).to_contain_text("All projects open later by")
    visitor.clean()


def _come_a_year_later(visitor: Screen, dataset: Dataset) -> None:
    expect(visitor.answer).to_contain_text(f"{_short(dataset, 0.0)} places short")
    late = visitor.slider("All projects open later by")
    late.focus()
    for _ in range(4):  # four steps of a quarter of a year
        late.press("ArrowRight")
    expect(visitor.answer).to_contain_text(f"{_short(dataset, 1.0)} places short")


def _short(dataset: Dataset, later: float) -> str:
    """Return how many places are short in the last year, in words, if every project opens so many years later."""
    chosen = dataset_scenarios(dataset)["published"].with_changes([Change("project_delay", later)])
    forecast = run(dataset, chosen).forecast
    return words.count(forecast.value("places_short", forecast.years[-1]))


def test_at_four_hundred_per_cent_without_motion_a_lever_still_moves_the_answer(visitor: Screen) -> None:
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})  # 1280 pixels wide at 400%
    visitor.open("overview")
    before = visitor.answer.inner_text()
    moving = visitor.page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] *')].filter(e => "
        "getComputedStyle(e).animationName !== 'none' || parseFloat(getComputedStyle(e).transitionDuration) > 0).length"
    )
    assert moving == 0
    if not visitor.slider("Pupil growth").is_visible():
        visitor.page.get_by_test_id("stExpandSidebarButton").locator("button").or_(
            visitor.page.get_by_test_id("stExpandSidebarButton")).first.press("Enter")  # fmt: skip
    visitor.slider("Pupil growth").press("ArrowRight")
    expect(visitor.answer).not_to_have_text(before)
