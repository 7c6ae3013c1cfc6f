"""Show it all on the bundled posts: broker up, posts replayed, stream drained, models trained, and what came of it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from pyspark.sql import SparkSession

from starling import broker, cli, session
from starling.cli import Debug, PrintConfig, Profile, Work
from starling.configuration import home
from starling.failures import storage_errors
from starling.pipeline.accounts import accounts
from starling.pipeline.catalogue import STREAM_TABLES, create_all
from starling.pipeline.query import stream
from starling.reports import summary
from starling.serving.dashboard import dashboard
from starling.serving.web.server import on_a_free_port
from starling.settings import Settings
from starling.sources.bundled import replay_once
from starling.stopping import StopWish
from starling.terminal import attended
from starling.training import requests
from starling.training.requests import Request

# What has been trained on these tables already is shown again, and not trained again.
TRAINING = Request(what=requests.ALL, promote=True, rescore=True, grid="small", unless_current=True)

app = cli.app(__doc__)


@app.command(help=__doc__)
def main(
    serve: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help="Then serve the dashboard, or leave. [in a terminal, serve]"),
    ] = None,
    work: Work = None,
    profile: Profile = None,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """The command line."""

    def body() -> int:
        # The demo runs beside whatever else runs: it wants no port of its own.
        settings = cli.settings_from(work, profile, {"metrics": {"port": 0}})
        if print_config:
            print(settings.as_toml())
            return 0
        stop = StopWish()
        stop.listen()
        wanted = attended() if serve is None else serve
        return run(settings, stop) or (show(settings, stop) if wanted else 0)

    cli.run(body, debug)


def run(settings: Settings, stop: StopWish) -> int:
    """Does it all in the work folder, and goes on where an earlier run stopped."""
    say(f"Starling demo in {Path(settings.paths.work).resolve()}")
    places = storage_errors(settings.places)
    with places, ThreadPoolExecutor(1) as background, broker.connect(settings) as servers:
        starting = background.submit(start_spark, settings)
        replay_once(home() / "data", settings, servers, stop.is_set)
        spark = starting.result()
        try:
            say("Streaming: Kafka, bronze, silver, gold; the first batch takes longest")
            stream(spark, settings, servers, stop, once=True)
            if stop.is_set():
                return stop.exit_code
            told = accounts(spark, settings.lake)
            print("\n".join(summary.lines(spark, settings, told)), flush=True)
            summary.write(settings, told)
            say("\nTraining: topics, words, engagement, on a small grid (jobs/train.py searches a wide one)")
            requests.carry_out(TRAINING, spark, settings, stop.is_set)
            summary.write(settings, accounts(spark, settings.lake))
            print("\n".join(summary.how_to_open(settings)))
        except KeyboardInterrupt:
            return stop.exit_code
        finally:
            spark.stop()
    return 0


def show(settings: Settings, stop: StopWish) -> int:
    """Serves the dashboard until it is stopped; where its port is taken, on another one."""
    free = settings.model_copy(update={"serve": on_a_free_port(settings.serve)})
    with dashboard(free) as server:
        say(f"\nThe dashboard on it: {server.url} (Ctrl-C ends it, ./spark-submit.sh jobs/serve.py opens it again)")
        stop.wait()
    return 0


def start_spark(settings: Settings) -> SparkSession:
    """A session with the stream's tables made, while the posts are replayed."""
    spark = session.get("starling demo", settings)
    create_all(spark, settings.lake, STREAM_TABLES)
    return spark


def say(what: str) -> None:
    """A line for the person who waits."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
