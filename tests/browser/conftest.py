"""A real Chromium, and dashboards for it to look at."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bootstrap.browser import HOW_TO_INSTALL, find
from browser.looking import Looking

# What every headless Chromium of ours is started with: nothing that speaks to the outside.
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SCREENS = Path(__file__).parents[2] / ".artifacts" / "screens"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless, one for all tests of a process."""
    program = find(os.environ) or pytest.fail(HOW_TO_INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def looking(chromium: Browser) -> Iterator[Looking]:
    """A reader with a browser window of the test's own, who writes down what the console complains of."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page: Page = context.new_page()
    page.set_default_timeout(30_000)
    yield Looking(page, SCREENS)
    context.close()
