from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.harness import FLAGS, Screen, executable, screen, server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, closed after each module so that no event loop of its own is left to other tests."""
    path = executable()
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server that the tests of sessions share; what one visitor does must not reach another."""
    executable()
    with server() as found:
        yield found


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Screen]:
    """A visitor to the shared server, with a clean session."""
    with screen(browser, address) as found:
        yield found
