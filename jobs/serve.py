"""Serve the dashboard: what the tables and models say, on a page, live."""

import sys
from contextlib import closing, nullcontext
from typing import Annotated

import typer

from starling import cli
from starling.cli import Debug, PrintConfig, Profile, Work
from starling.serving.dashboard import dashboard
from starling.serving.mlflow_ui import MlflowUi
from starling.settings import Settings
from starling.stopping import StopWish

app = cli.app(__doc__)


@app.command(help=__doc__)
def main(
    mlflow_ui: Annotated[
        bool, typer.Option("--mlflow-ui", help="Serve MLflow's pages beside it, on loopback.")
    ] = False,
    mlflow_port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="PORT", help="Where; 0 for any free port.")
    ] = 0,
    work: Work = None,
    profile: Profile = None,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """The command line."""

    def body() -> int:
        settings = cli.settings_from(work, profile)
        if print_config:
            print(settings.as_toml())
            return 0
        return run(settings, mlflow_port if mlflow_ui else None)

    cli.run(body, debug)


def run(settings: Settings, mlflow_port: int | None = None) -> int:
    """Serves until it is stopped; MLflow's pages too, where they are given a port."""
    stop = StopWish()
    stop.listen()
    pages = nullcontext() if mlflow_port is None else closing(MlflowUi(settings, mlflow_port))
    with pages as mlflow, dashboard(settings, mlflow) as server:
        print(f"Dashboard: {server.url} (Ctrl-C stops it)", file=sys.stderr, flush=True)
        stop.wait()
    return stop.exit_code


if __name__ == "__main__":
    app()
