"""No violation of WCAG A or AA of our own making, by axe, on every page: wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from forecasting.outputs.accessibility import STREAMLIT
from forecasting.outputs.html import SAVING
from pages.shared.navigation import TITLES
from tests.browser.harness import NARROW, WIDE, Screen, screen

pytestmark = pytest.mark.browser

LEVELS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def _violations(visitor: Screen) -> list[str]:
    """Return what axe finds, one line an element, without what is Streamlit's own."""
    known = [(known.rule, known.part) for known in STREAMLIT]  # as the accessibility statement lists them
    found: list[dict[str, Any]] = Axe().run(visitor.page, options=LEVELS).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:300]} {node['failureSummary'][:400]}"
        for rule in found
        for node in rule["nodes"]
        if not any(rule["id"] == name and part in node["html"] for name, part in known)
    ]


@pytest.fixture(scope="module", params=["light", "dark"])
def reader(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """A visitor with one colour scheme, who goes from address to address, each a session of its own."""
    with screen(browser, address, WIDE, color_scheme=request.param) as found:
        yield found


@pytest.mark.parametrize("page", TITLES)
def test_axe_finds_nothing_of_our_making(reader: Screen, page: str) -> None:
    reader.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    reader.open(f"{page}?scenario=mitigated")  # with every project built, so that every chart is there
    for name in SAVING:  # figures leave by the downloads, which protect small numbers
        assert not reader.page.locator(f'button[aria-label^="{name}"]:visible').count()
    if reader.charts.count():
        reader.page.get_by_text("The figures as a table").first.click()
        expect(reader.page.locator("details[open] table.figures").first).to_be_visible()
    found = {"wide": _violations(reader)}
    reader.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    reader.settled()
    found["narrow"] = _violations(reader)
    assert found == {"wide": [], "narrow": []}
