"""MLflow's own pages on loopback, beside the dashboard: started with it, and ended with it however it ends."""

import inspect
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from starling.errors import ConfigError, ModelError
from starling.models.store import Store
from starling.serving import leash
from starling.settings import Settings

_HOST = "127.0.0.1"
_ANSWER_SECONDS = 0.2
_STOP_SECONDS = 15.0
STARTING, RUNNING, ENDED = "starting", "running", "ended"


class MlflowUi:
    """`mlflow ui` for the settings' store, on a port or on any free one (0), until it is closed.

    Raises ConfigError where the store is a server with pages of its own, or the port is taken; ModelError where there
    is no store yet.
    """

    def __init__(self, settings: Settings, port: int = 0) -> None:
        store = Store(settings)
        if store.uri.startswith(("http:", "https:", "databricks")):
            raise ConfigError(f"MLflow at {store.shown} has pages of its own: leave out --mlflow-ui")
        if store.sqlite and not store.sqlite.exists():
            raise ModelError(
                f"there is no MLflow store at {store.sqlite} yet: train with ./spark-submit.sh jobs/train.py first, "
                "or leave out --mlflow-ui"
            )
        self._port = _free(port)
        self.url = f"http://{_HOST}:{self._port}/"
        self.log = Path(settings.paths.work).resolve() / "logs" / "mlflow-ui.log"
        self._leash = self._started(store.uri)

    @property
    def state(self) -> str:
        """Whether it is STARTING, RUNNING or has ENDED by itself."""
        if self._leash.poll() is not None:
            return ENDED
        with suppress(OSError), socket.create_connection((_HOST, self._port), _ANSWER_SECONDS):
            return RUNNING
        return STARTING

    def close(self) -> None:
        """Ends it."""
        assert self._leash.stdin is not None, "it was started with one"
        self._leash.stdin.close()
        self._leash.wait(_STOP_SECONDS)

    def _started(self, uri: str) -> "subprocess.Popen[bytes]":
        program = [sys.executable, "-m", "mlflow", "ui", "--host", _HOST, "--port", str(self._port), "--workers", "1"]
        # In the environment and not on the command line, which all users of the machine can read.
        told = {
            "MLFLOW_BACKEND_STORE_URI": uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight processes that judge language models
        }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            return subprocess.Popen(
                [sys.executable, "-I", "-c", inspect.getsource(leash), *program],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **told},
                start_new_session=True,  # Ctrl-C is for the dashboard, which then ends it
            )


def _free(port: int) -> int:
    """The port, or any free one for 0. Raises ConfigError where it is taken."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((_HOST, port))
        except OSError as error:
            raise ConfigError(
                f"MLflow's pages cannot listen on {_HOST}:{port}: {error.strerror}; give --mlflow-port another one"
            ) from None
        found: int = one.getsockname()[1]
    return found
