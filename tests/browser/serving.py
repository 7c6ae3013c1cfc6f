"""Dashboards for a browser to look at."""

from collections.abc import Iterator
from contextlib import contextmanager

from browser.looking import wait_until_ready
from starling.serving.dashboard import dashboard
from starling.settings import Settings


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The address of a dashboard on the settings' tables, once it has read them."""
    with dashboard(settings.model_copy(update={"serve": settings.serve.model_copy(update={"port": 0})})) as server:
        address = server.url.rstrip("/")
        wait_until_ready(address)
        yield address
