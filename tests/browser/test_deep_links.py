"""Each page by deep link, as the first request that a fresh server gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from pages.shared.navigation import TITLES
from tests.browser.harness import PHONE, Screen, screen, server

pytestmark = pytest.mark.browser

CHARTS = {"overview": 2, "population": 2, "send": 3, "placements": 4, "costs": 3, "programme": 0, "published": 0,
          "data": 0, "accuracy": 0, "track_record": 3, "returns": 0, "briefing": 0,
          "scenarios": 0, "compare": 2, "explain": 1, "assumptions": 0, "accessibility": 0}  # fmt: skip


@pytest.mark.parametrize("page", TITLES)
def test_a_page_opens_as_the_first_request_of_a_fresh_server(browser: Browser, page: str) -> None:
    with server() as address, screen(browser, address) as visitor:
        visitor.open(page)
        expect(visitor.page.locator("h1")).to_have_count(1)
        expect(visitor.page.locator("h1")).to_have_text(TITLES[page])
        expect(visitor.page).to_have_title(f"{TITLES[page]} – SEND sufficiency")
        links = visitor.page.get_by_test_id("stSidebarNavLink")
        expect(links).to_have_text(list(TITLES.values()))
        expect(visitor.charts).to_have_count(CHARTS[page])
        for chart in visitor.charts.all():
            expect(chart.locator("canvas, svg").first).to_be_visible()
            assert chart.get_attribute("aria-label")
        visitor.clean()


def test_the_bare_address_opens_the_overview(visitor: Screen) -> None:
    visitor.open("").shows(TITLES["overview"])
    visitor.clean()


def test_the_programme_draws_its_charts_once_projects_are_built(visitor: Screen) -> None:
    visitor.open("programme?scenario=mitigated")
    expect(visitor.charts).to_have_count(3)
    visitor.settled().clean()


@pytest.fixture(scope="module")
def phone(browser: Browser, address: str) -> Iterator[Screen]:
    """A phone that goes from address to address, each a session of its own; what it has loaded once it keeps."""
    with screen(browser, address, PHONE) as found:
        yield found


@pytest.mark.parametrize("page", TITLES)
def test_a_phone_shows_the_heading_and_scrolls_in_one_direction_only(phone: Screen, page: str) -> None:
    phone.open(page)
    expect(phone.page.locator("h1")).to_be_visible()
    expect(phone.page.locator("h1")).to_be_in_viewport()
    # nothing on the page may be wider than the screen, except inside a box that scrolls by itself
    widths = phone.page.evaluate(
        "[document.documentElement, document.body, document.querySelector('[data-testid=stMain]')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert widths == [0, 0, 0]
    phone.clean()
