"""How a person opens MLflow's own pages on what trainings recorded."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from starling.models.store import masked
from starling.settings import ENV_PREFIX, Settings

ADDRESS = "http://127.0.0.1:5000"
_URI_VARIABLE = f"{ENV_PREFIX}MODELS_TRACKING_URI"


def how_to_compare(settings: Settings) -> Iterator[str]:
    """Lines that say where the runs can be compared, and the command that opens MLflow's UI where one is needed.

    A URI with a secret in it is not repeated: the command takes it from the environment.
    """
    uri = settings.tracking_uri
    if uri.startswith(("http:", "https:")):
        yield f"Compare the runs in the MLflow UI at {masked(uri)}"
    elif uri.startswith("databricks"):
        yield "Compare the runs in the workspace, under Experiments"
    else:
        yield f"Compare the runs in the MLflow UI, at {ADDRESS} once this runs:"
        yield f"  {_program()} ui --backend-store-uri {_shown(uri)} --workers 1"


def _program() -> str:
    """MLflow's program beside the Python that runs, from here where that is shorter."""
    path = Path(sys.executable).with_name("mlflow")
    if not path.exists():
        return "mlflow"
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _shown(uri: str) -> str:
    return shlex.quote(uri) if masked(uri) == uri else f'"${_URI_VARIABLE}"'
