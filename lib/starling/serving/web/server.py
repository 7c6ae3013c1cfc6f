"""The application behind waitress, on loopback unless the settings say otherwise."""

import logging
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all

from starling.errors import ConfigError
from starling.serving.web.events import MOST_LISTENERS
from starling.settings import Serve

# Beside the listeners' threads, enough for pages and exports at the same time.
_THREADS = MOST_LISTENERS + 8
_PATIENCE_SECONDS = 5


class Server:
    """Serves an application from a thread of its own until it is closed. ConfigError where its port is taken."""

    def __init__(self, app: Flask, serve: Serve) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is no trouble of the operator's
        bound = _bound(serve)
        self.url = f"http://{_shown(serve.host)}:{bound.getsockname()[1]}/"
        self._open: dict[int, Any] = {}  # what waitress listens to
        self._server = create_server(
            app, map=self._open, sockets=[bound], threads=_THREADS, channel_request_lookahead=1, ident="Starling"
        )
        self._thread = threading.Thread(target=self._server.run, name="dashboard", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening, once what is being answered has been."""
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=_PATIENCE_SECONDS)
        # In the loop's own thread, which would else wait for what another thread has closed. Whoever ends an answer
        # wakes it too, and it may have closed all before it is woken for this.
        with suppress(OSError):
            self._server.trigger.pull_trigger(partial(close_all, self._open, ignore_all=True))
        self._thread.join(_PATIENCE_SECONDS)


def on_a_free_port(serve: Serve) -> Serve:
    """The settings, with any free port where theirs is taken."""
    try:
        _bound(serve).close()
    except ConfigError:
        return serve.model_copy(update={"port": 0})
    return serve


def _bound(serve: Serve) -> socket.socket:
    """A socket on the settings' port. ConfigError where that is taken, or not to be had."""
    bound = socket.socket(socket.AF_INET6 if ":" in serve.host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((serve.host, serve.port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"the dashboard cannot listen on {serve.host}:{serve.port}: {error.strerror}; "
            "set serve.port to another port, or to 0 for any free one"
        ) from error
    return bound


def _shown(host: str) -> str:
    """
    >>> _shown("::1"), _shown("127.0.0.1")
    ('[::1]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host else host
