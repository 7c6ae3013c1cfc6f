"""The dashboard as one thing: index, follower and server, started and stopped together."""

from collections.abc import Iterator
from contextlib import contextmanager

from starling.serving.backlog import Ends
from starling.serving.index.index import Index
from starling.serving.mlflow_ui import MlflowUi
from starling.serving.repeating import Repeating
from starling.serving.web.app import create_app
from starling.serving.web.server import Server
from starling.settings import Settings


@contextmanager
def dashboard(settings: Settings, mlflow_ui: MlflowUi | None = None) -> Iterator[Server]:
    """Serves the tables of the settings' lake until the end of the block; MLflow's pages, where given, are linked."""
    index = Index(settings)
    try:
        app = create_app(index, settings)
        app.extensions["mlflow_ui"] = mlflow_ui
        server = Server(app, settings.serve)
        follower = Repeating("index", index.refresh, settings.serve.refresh_seconds)
        app.extensions["ends"] = ends = Ends(settings)
        try:
            yield server
        finally:
            index.end_waiting()
            server.close()
            follower.close()
            ends.close()
    finally:
        index.close()
