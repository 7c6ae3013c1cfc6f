"""What a reader does with a page, and what a page must be for every reader."""

import json
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Response

PATIENCE_SECONDS = 60


@dataclass
class Looking:
    """A window on the dashboard."""

    page: Page
    screens: Path
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        def told(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append(f"{self.page.url}: {message.text}")

        self.page.on("console", told)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def at(self, address: str) -> Response:
        """Opens an address, and scrolls through the page, so that every chart is drawn."""
        answer = self.page.goto(address)
        assert answer is not None
        self.draw()
        return answer

    def draw(self) -> None:
        """Brings every chart into sight and waits until it is drawn."""
        for plot in self.page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            plot.locator("svg.main-svg").first.wait_for(state="attached")
        self.page.evaluate("scrollTo(0, 0)")

    def narrow(self, width: int) -> None:
        """A window of another width."""
        self.page.set_viewport_size({"width": width, "height": 900})

    def is_too_wide(self) -> bool:
        """Whether the page must be scrolled sideways."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        return wide

    def charts_without_a_table(self) -> list[str]:
        """The charts behind which there is no table."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('.plot')].filter(p => !p.closest('section').querySelector('table'))"
            ".map(p => p.dataset.chart)"
        )
        return found

    def barriers(self) -> list[str]:
        """What keeps readers out, by axe's rules: serious and critical findings."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {json.dumps([node['html'][:150] for node in one['nodes'][:3]])}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def keep(self, name: str) -> None:
        """A picture of the whole page, for whoever wants to see it."""
        self.screens.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.screens / f"{name}.png", full_page=True)


def wait_until_ready(address: str) -> None:
    """Waits until the dashboard has read the tables."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/ready") as answer:
                assert answer.status == 200
                return
        except HTTPError as error:
            if time.monotonic() > deadline:
                raise AssertionError(error.read().decode()) from error
            time.sleep(0.1)
