"""Build a project, slip it a year, see places short and the balance move, ask "choose for me", read why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.harness import PATIENCE, WIDE, Screen, screen

pytestmark = pytest.mark.browser


@pytest.fixture
def planner(browser: Browser, address: str) -> Iterator[Screen]:
    """A visitor with the demonstration, on the page Programme."""
    with screen(browser, address, WIDE) as found:
        found.open("data")
        found.page.get_by_role("button", name="Use the demonstration (made-up data)").click()
        expect(found.page.locator("p.synthetic").first).to_be_visible(timeout=PATIENCE)
        found.settled()
        found.click_to("Programme")
        yield found


def _added(planner: Screen, name: str) -> None:
    page = planner.page
    page.get_by_text("Add a project", exact=True).click()
    page.get_by_role("textbox", name="Short name").fill(name)
    page.get_by_role("textbox", name="School or site").fill("Hill Farm")
    places = page.get_by_role("spinbutton", name="Net-new places")
    places.fill("60")
    places.press("Tab")
    page.get_by_role("button", name="Add and switch on").click()
    expect(planner.answer).to_contain_text("1 projects create 60 places", timeout=PATIENCE)
    planner.settled()


def _figure(planner: Screen, page: str, label: str) -> str:
    planner.click_to(page)
    return planner.metric(label).inner_text()


def test_a_project_is_built_slipped_and_chosen(planner: Screen) -> None:
    short = _figure(planner, "Placements", "Places short")
    balance = _figure(planner, "Costs", "Cumulative balance")
    planner.click_to("Programme")
    _added(planner, "Hill Farm base")
    built_short, built_balance = (
        _figure(planner, "Placements", "Places short"),
        _figure(planner, "Costs", "Cumulative balance"),
    )
    assert built_short != short and built_balance != balance
    planner.click_to("Programme")
    slip = planner.slider("All projects open later by")
    expect(slip).to_be_visible(timeout=PATIENCE)  # the first groups with a working lever stand open
    slip.focus()
    for _ in range(8):  # steps of a quarter of a year
        slip.press("ArrowRight")
    planner.settled()
    assert _figure(planner, "Costs", "Cumulative balance") != built_balance
    planner.click_to("Programme")
    planner.page.get_by_role("tab", name="Choose for me").click()
    planner.page.get_by_role("button", name="Choose for me").click()
    expect(planner.page.get_by_role("tabpanel").get_by_text("net present value").first).to_be_visible(timeout=PATIENCE)
    expect(planner.page.get_by_role("cell", name="Left out").first).to_be_visible()
    planner.page.get_by_role("button", name="Use this programme").click()
    expect(planner.answer).not_to_contain_text("1 projects create", timeout=PATIENCE)
    planner.settled().clean()


def test_a_target_that_cannot_be_reached_says_how_close(planner: Screen) -> None:
    planner.page.get_by_role("tab", name="Reach a target").click()
    planner.page.get_by_role("button", name="Find the value").click()
    told = planner.page.get_by_test_id("stAlert").filter(has_text="in 20")
    expect(told.first).to_be_visible(timeout=PATIENCE)
    planner.clean()
