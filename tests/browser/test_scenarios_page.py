"""Two visitors, one scenario: the second to save is told and merges; a link shows the same; a restart keeps all."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.harness import PATIENCE, WIDE, Screen, screen, server

pytestmark = pytest.mark.browser


def _save(visitor: Screen, name: str, author: str, reason: str) -> None:
    page = visitor.page
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("textbox", name="Your name").fill(author)
    page.get_by_role("textbox", name="Reason").fill(reason)
    page.get_by_role("button", name="Save", exact=True).click()


def _press(visitor: Screen, page: str, lever: str, key: str, times: int) -> None:
    visitor.click_to(page)
    thumb = visitor.slider(lever)
    thumb.focus()
    for _ in range(times):
        thumb.press(key)
    visitor.settled()


def _headline(visitor: Screen) -> str:
    visitor.click_to("Overview")
    return visitor.page.locator("dl.metrics").inner_text()


def test_two_visitors_a_conflict_a_link_and_a_restart(browser: Browser, tmp_path: Path) -> None:
    with server(home=tmp_path) as address:
        port = urlsplit(address).port or 0
        with screen(browser, address, WIDE) as first, screen(browser, address, WIDE) as second:
            _press(first.open("overview"), "Overview", "Pupil growth", "ArrowRight", 3)
            first.click_to("Scenarios")
            _save(first, "Joint plan", "Ann", "for the forum")
            expect(first.page.get_by_role("combobox", name="Scenario").first).to_have_value("Joint plan (saved)",
                                                                                        timeout=PATIENCE)  # fmt: skip
            second.open(f"scenarios?scenario={first.page.url.split('scenario=')[1]}")
            _press(second, "Overview", "Pupil growth", "ArrowRight", 2)
            second.click_to("Scenarios")
            _save(second, "Joint plan", "Ben", "growth is faster")
            expect(second.page.get_by_role("cell", name="growth is faster").first).to_be_visible(timeout=PATIENCE)
            _press(first, "Costs", "Place out of the authority", "ArrowRight", 1)
            first.click_to("Scenarios")
            _save(first, "Joint plan", "Ann", "fees are higher")
            expect(first.page.get_by_text("while you were changing it")).to_be_visible(timeout=PATIENCE)
            first.page.get_by_role("button", name="Merge and save").click()
            expect(first.page.get_by_role("cell", name="merged with version 2")).to_be_visible(timeout=PATIENCE)
            link = first.page.url.split("?")[1]
            merged = _headline(first)
            first.clean()
            second.clean()
        with screen(browser, address, WIDE) as third:
            third.open(f"overview?{link}")
            assert _headline(third) == merged
            third.page.reload()
            third.settled()
            assert _headline(third) == merged
            third.clean()
    with server(home=tmp_path, port=port) as again, screen(browser, again, WIDE) as later:
        later.open(f"scenarios?{link}")
        for reason in ("for the forum", "growth is faster", "fees are higher"):
            expect(later.page.get_by_role("cell", name=reason).first).to_be_visible(timeout=PATIENCE)
        assert _headline(later) == merged
        later.clean()
