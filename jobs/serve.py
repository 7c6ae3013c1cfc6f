"""Serve the dashboard: what the tables and models say, on a page, live."""

import sys

from starling import cli
from starling.cli import Debug, PrintConfig, Profile, Work
from starling.serving.dashboard import dashboard
from starling.settings import Settings
from starling.stopping import StopWish

app = cli.app(__doc__)


@app.command(help=__doc__)
def main(work: Work = None, profile: Profile = None, print_config: PrintConfig = False, debug: Debug = False) -> None:
    """The command line."""

    def body() -> int:
        settings = cli.settings_from(work, profile)
        if print_config:
            print(settings.as_toml())
            return 0
        return run(settings)

    cli.run(body, debug)


def run(settings: Settings) -> int:
    """Serves until it is stopped."""
    stop = StopWish()
    stop.listen()
    with dashboard(settings) as server:
        print(f"Dashboard: {server.url} (Ctrl-C stops it)", file=sys.stderr, flush=True)
        stop.wait()
    return stop.exit_code


if __name__ == "__main__":
    app()
