"""The browser that the dashboard's tests drive: the system's own Chromium."""

import shutil
from collections.abc import Mapping

from bootstrap import apt, locking
from bootstrap.layout import Layout
from bootstrap.progress import Setup, SetupError, say

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "chromium-browser")
HOW_TO_INSTALL = (
    "The tests of the dashboard need Chromium: apt-get install chromium on Debian and Ubuntu, dnf install chromium on "
    "Fedora; Google Chrome on the PATH will do."
)


def find(environ: Mapping[str, str]) -> str | None:
    """The browser's program on the PATH; None where there is none."""
    found = (shutil.which(name, path=environ.get("PATH")) for name in PROGRAMS)
    return next((program for program in found if program), None)


def prepare(place: Layout, environ: Mapping[str, str]) -> None:
    """Installs the browser where it is missing and that may be done; else says how to. The other tests need none."""
    if find(environ):
        return
    if not apt.may_install():
        say(HOW_TO_INSTALL)
        return
    with locking.exclusive(place.lock, "Waiting for another set-up to end.") as lock:
        try:
            if not find(environ):
                apt.install(Setup(place.log, lock), "Chromium", _PACKAGES, environ, HOW_TO_INSTALL)
        except SetupError as error:
            say(f"starling: {error}")
