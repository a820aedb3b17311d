"""The fixtures of the browser tests: a running pixelflow, photographs, users, and a check of the console.

    PIXELFLOW_EXECUTABLE   the executable to test (default: .build/debug/pixelflow)
    CHROMIUM               the browser (default: /usr/bin/chromium)
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from harness.pixelflow import Instance
from support.person import Person
from support.photos import photos as find_photos
from support.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build" / "browser"
EXECUTABLE = os.environ.get("PIXELFLOW_EXECUTABLE", str(ROOT / ".build" / "debug" / "pixelflow"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

# The tests serve images and receive webhooks on this machine, and register many users.
SETTINGS = {
    "PIXELFLOW_FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "PIXELFLOW_FETCH_ALLOW_PORTS": "1-65535",
    "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
    "PIXELFLOW_AUTH_BCRYPT_COST": "4", "PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR": "10000", "PIXELFLOW_RATE_LIMITS": "off",
}

expect.set_options(timeout=15_000)

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # The browser's sandbox needs privileges that tests in containers do not have.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def executable():
    return EXECUTABLE


@pytest.fixture(scope="session")
def instance(executable, tmp_path_factory):
    with Instance(executable, tmp_path_factory.mktemp("pixelflow"), SETTINGS) as instance:
        yield instance


@pytest.fixture(scope="session")
def photos():
    return find_photos(BUILD / "photos", ROOT / "docs" / "sample.jpg")


@pytest.fixture
def sources(photos):
    sources = Sources(photos[0].read_bytes())
    yield sources
    sources.close()


class Console:
    """Collects the errors of all pages; a test declares those that it causes."""

    def __init__(self):
        self.errors = []
        self.allowed = []

    def allow(self, pattern):
        self.allowed.append(re.compile(pattern))

    def watch(self, page):
        page.on("console", lambda message: self._add(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._add(f"uncaught: {error}"))

    def _add(self, text):
        # For this response, Chromium does not report the status.
        self.errors.append(text.replace("HTTP Authentication failed", "401: HTTP Authentication failed"))

    def unexpected(self):
        return [text for text in self.errors if not any(pattern.search(text) for pattern in self.allowed)]


@pytest.fixture
def console():
    console = Console()
    yield console
    assert console.unexpected() == []


@pytest.fixture
def visit(browser, instance, console):
    """Creates a user with a separate browser: `visit(width=…, color_scheme=…)`."""
    contexts = []

    def open_context(width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
        context.add_init_script(_REPORT_VIOLATIONS)
        contexts.append(context)
        page = context.new_page()
        console.watch(page)
        return Person(page, instance.bases["web"])

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def ada(visit):
    return visit().register()
