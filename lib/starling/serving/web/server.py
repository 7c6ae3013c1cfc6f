"""The application behind waitress, on loopback unless the settings say otherwise."""

import logging
import threading

from flask import Flask
from waitress.server import create_server

from starling.errors import ConfigError
from starling.serving.web.events import MOST_LISTENERS
from starling.settings import Serve

# Beside the listeners' threads, enough for pages and exports at the same time.
_THREADS = MOST_LISTENERS + 8


class Server:
    """Serves an application from a thread of its own until it is closed. ConfigError where its port is taken."""

    def __init__(self, app: Flask, serve: Serve) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is no trouble of the operator's
        try:
            self._server = create_server(
                app, host=serve.host, port=serve.port, threads=_THREADS, channel_request_lookahead=1, ident="Starling"
            )
        except OSError as error:
            raise ConfigError(
                f"the dashboard cannot listen on {serve.host}:{serve.port}: {error.strerror}; "
                "set serve.port to another port, or to 0 for any free one"
            ) from error
        self.url = f"http://{_shown(serve.host)}:{self._server.effective_port}/"
        self._thread = threading.Thread(target=self._server.run, name="dashboard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._server.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)


def _shown(host: str) -> str:
    """
    >>> _shown("::1"), _shown("127.0.0.1")
    ('[::1]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host else host
