"""A real Chromium, and a reader with a window of it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from browser.looking import Looking

# What every headless Chromium of ours is started with: nothing that speaks to the outside.
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SCREENS = Path(__file__).parents[2] / ".artifacts" / "screens"


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The system's Chromium, headless, one for all tests of a process."""
    from playwright.sync_api import sync_playwright

    from bootstrap.browser import HOW_TO_INSTALL, find

    program = find(os.environ) or pytest.fail(HOW_TO_INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def looking(chromium: "Browser") -> Iterator["Looking"]:
    """A reader with a browser window of the test's own, who writes down what the console complains of."""
    from browser.looking import Looking

    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield Looking(page, SCREENS)
    context.close()
