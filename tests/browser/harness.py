"""The app on a server of its own, and a screen: one visitor's browser with everything it complained about."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.support import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--no-first-run",
)  # fmt: skip
REQUIRED = "SUFFICIENCY_REQUIRE_BROWSER"
PORTS = range(8700, 8800)
SERVER_SECONDS = 60
PATIENCE = 120_000  # milliseconds; a fresh server imports everything in its first run
expect.set_options(timeout=PATIENCE)
WIDE, NARROW, PHONE = (1280, 900), (320, 700), (390, 844)

# Streamlit 1.67 looks for its own base path by asking below the address of the page first, because it cannot know
# whether "/costs" is a page or the folder it is served from. Both answers are 404, and Chromium writes each to the
# console; nothing of ours can prevent it.
_PROBES = re.compile(r"^/[a-z_]+/_stcore/(health|host-config)$")


def executable() -> str:
    """Return where Chromium is; without one the tests are skipped, or fail where a browser is required."""
    found = next((path for path in map(shutil.which, NAMES) if path), "")
    if not found and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"no browser is installed (looked for {', '.join(NAMES)}), and {REQUIRED}=1 asks for one")
    if not found:
        pytest.skip(f"no browser is installed (looked for {', '.join(NAMES)})")
    return found


def _free_port() -> int:
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError(f"every port from {PORTS[0]} to {PORTS[-1]} is taken")


@contextmanager
def server(script: str = "app.py", home: Path | None = None, port: int = 0, dataset: str = "") -> Iterator[str]:
    """Start a script on a fresh server, give its address once it is healthy, and end it whatever happens.

    `home` is the folder of what visitors keep, for a server that is started again; else it goes with the server.
    `dataset` is the folder of the data shown first; else those that come first with the product.
    """
    port = port or _free_port()
    address = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true",
               "--server.port", str(port), "--server.fileWatcherType", "none"]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name != "SUFFICIENCY_DATASET"}
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as own:
        if dataset:
            environment["SUFFICIENCY_DATASET"] = dataset
        environment["SUFFICIENCY_HOME"] = str(home or own)  # what visitors accept and save is kept here
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _await_health(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_health(address: str, process: subprocess.Popen[bytes], log: tempfile._TemporaryFileWrapper) -> None:
    until = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    log.seek(0)
    pytest.fail(f"the server at {address} did not start:\n{log.read().decode(errors='replace')[-2000:]}")


@dataclass
class Screen:
    """One visitor: a page of a browser context of its own, and what went wrong in it."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        url = urlsplit(message.location.get("url", ""))
        ours = f"{url.scheme}://{url.netloc}" == self.address
        if message.type == "error" and not (ours and _PROBES.match(url.path) and "404" in message.text):
            self.faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != urlsplit(self.address).netloc:
            self.faults.append(f"request to a third party: {request.url}")

    def open(self, path: str) -> Screen:
        """Go to an address below the server's, and wait until the page stands still."""
        self.page.goto(f"{self.address}/{path}")
        return self.settled()

    def settled(self) -> Screen:
        """Wait until there is an answer, the script has stopped, nothing is still loading and every chart is drawn."""
        expect(self.answer).to_be_visible(timeout=PATIENCE)
        self.page.wait_for_selector("[data-test-script-state=notRunning][data-test-connection-state=CONNECTED]")
        self.page.wait_for_function(  # the code of some elements is loaded when they are first drawn
            "!document.querySelector('[data-testid=stSkeleton]') && "
            "[...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(e => e.querySelector('canvas, svg'))"
        )
        return self

    def shows(self, title: str) -> Screen:
        """Wait until the page of that title stands."""
        expect(self.page.locator("h1")).to_have_text(title, timeout=PATIENCE)
        return self.settled()

    def click_to(self, title: str) -> Screen:
        """Go to another page by the navigation."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        return self.shows(title)

    def choose(self, scenario: str) -> None:
        """Choose a scenario in the sidebar."""
        self.page.get_by_role("combobox", name="Scenario").click()
        self.page.get_by_role("option", name=scenario, exact=True).click()

    def slider(self, label: str) -> Locator:
        """Return the thumb of a slider."""
        return self.page.get_by_role("slider", name=label)

    @property
    def answer(self) -> Locator:
        """Return the answer sentence."""
        return self.page.locator("p.answer")

    @property
    def differs(self) -> Locator:
        """Return the line that says what differs from the baseline."""
        return self.page.locator("p.differs")

    @property
    def charts(self) -> Locator:
        """Return the charts."""
        return self.page.get_by_test_id("stVegaLiteChart")

    def metric(self, label: str) -> Locator:
        """Return the value of a headline figure."""
        return self.page.locator("dl.metrics > div", has=self.page.locator("dt", has_text=label)).locator("strong")

    def clean(self) -> None:
        """Assert that nothing went wrong: no exception on the page, no console error, no page error, no third party."""
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        assert self.faults == [], self.faults


@contextmanager
def screen(browser: Browser, address: str, size: tuple[int, int] = WIDE, **options: object) -> Iterator[Screen]:
    """Give a visitor with a browser session of its own."""
    width, height = size
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
    try:
        yield Screen(context.new_page(), address)
    finally:
        context.close()


def saved(found: Path, folder: Path, name: str) -> Path:
    """Copy a download under a name with an ending, which some readers insist on."""
    target = folder / name
    shutil.copy(found, target)
    return target
