"""Train models on the tables: topics, words and engagement, tracked in MLflow and promoted through a gate."""

from enum import Enum
from typing import Annotated

import typer

from starling import cli, session
from starling.cli import Debug, PrintConfig, Profile, Work
from starling.settings import Settings
from starling.stopping import StopWish
from starling.training import requests
from starling.training.requests import Request


class What(str, Enum):
    """What there is to train, or to measure."""

    TOPICS = "topics"
    WORDS = "words"
    ENGAGEMENT = "engagement"
    SENTIMENT = "sentiment"
    ALL = "all"


class Grid(str, Enum):
    """How much a search tries."""

    SMALL = "small"
    FULL = "full"


app = cli.app(__doc__)


@app.command(help=__doc__)
def main(
    what: Annotated[What | None, typer.Argument(help="What to train; all, unless an option says otherwise.")] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make it champion if the gate lets it pass.")] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Train nothing: make the champion before this one champion again.")
    ] = False,
    rescore: Annotated[bool, typer.Option("--rescore", help="Then score all posts again with the champions.")] = False,
    version: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Train nothing: --promote or --rescore with this version."),
    ] = None,
    grid: Annotated[Grid, typer.Option(help="How much the searches try.")] = Grid.FULL,
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
        request = Request(
            what=None if what is None else what.value,
            promote=promote,
            rollback=rollback,
            rescore=rescore,
            version=version,
            grid="small" if grid is Grid.SMALL else "full",
        )
        return run(settings, request)

    cli.run(body, debug)


def run(settings: Settings, request: Request) -> int:
    """Does what is asked, in a Spark session of its own; a stop is heard between two steps."""
    request.check()
    stop = StopWish()
    stop.listen()
    spark = session.get("starling train", settings)
    try:
        requests.carry_out(request, spark, settings, stop.is_set)
    except KeyboardInterrupt:
        return stop.exit_code
    finally:
        spark.stop()
    return 0


if __name__ == "__main__":
    app()
