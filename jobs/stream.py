"""Stream posts from Kafka to bronze, silver and gold, until stopped; with --once, until the topic is drained."""

import signal
from typing import Annotated

import typer

from starling import broker, cli, kafka, session
from starling.cli import Debug, PrintConfig, Profile, Work
from starling.failures import storage_errors
from starling.pipeline.query import stream
from starling.settings import Settings
from starling.stopping import StopWish

Once = Annotated[bool, typer.Option("--once", help="Write what the topic holds now, then leave.")]
Backfill = Annotated[
    bool,
    typer.Option("--backfill", help="The same of hundreds of thousands of records: larger batches, compiled better."),
]

# Records of a micro-batch that nobody waits for: what each costs by itself is paid less often.
_MANY = 250_000

app = cli.app(__doc__)


@app.command(help=__doc__)
def main(
    work: Work = None,
    profile: Profile = None,
    once: Once = False,
    backfill: Backfill = False,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """The command line."""

    def body() -> int:
        settings = cli.settings_from(work, profile)
        if backfill:
            settings = in_large_batches(settings)
        if print_config:
            print(settings.as_toml())
            return 0
        return run(settings, once=once or backfill)

    cli.run(body, debug)


def in_large_batches(settings: Settings) -> Settings:
    """The settings with micro-batches of at least _MANY records."""
    most = max(settings.stream.max_offsets_per_trigger, _MANY)
    return settings.model_copy(update={"stream": settings.stream.model_copy(update={"max_offsets_per_trigger": most})})


def run(settings: Settings, *, once: bool) -> int:
    """Starts what is missing, streams, and leaves everything stopped."""
    stop = StopWish()
    stop.listen()
    with storage_errors(settings.places), broker.connect(settings) as servers:
        kafka.ensure_topic(settings, servers)  # before Spark, which takes seconds to start in vain
        spark = session.get("starling stream", settings, lasts=not once)
        try:
            stream(spark, settings, servers, stop, once=once)
        finally:
            spark.stop()
    # SIGTERM is how a service manager ends what has no end of its own: that is a good end.
    return 0 if stop.signal == signal.SIGTERM and not once else stop.exit_code


if __name__ == "__main__":
    app()
