"""The champions of a running application, loaded beside its first requests."""

import logging
import threading

from starling.models.analysis import Analyst, Desk
from starling.settings import Settings

_LOG = logging.getLogger(__name__)


class Loading:
    """Loads the champions in a thread of its own; a page that needs them before says so."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._desk: Desk | None = None
        self._done = threading.Event()
        threading.Thread(target=self._load, name="champions", daemon=True).start()

    def analyst(self, patience_seconds: float) -> Analyst | None:
        """The analyst of the moment; None where it is still being loaded after so long."""
        self._done.wait(patience_seconds)
        return self._desk.analyst() if self._desk else None

    def _load(self) -> None:
        try:
            self._desk = Desk(Analyst.load(self._settings))
        except Exception:
            _LOG.exception("the models for the form cannot be loaded")
        finally:
            self._done.set()
