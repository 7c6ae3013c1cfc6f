"""Look after the tables: check that they add up, put small files together, take out what is deleted or too old."""

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext, redirect_stderr
from io import StringIO
from typing import Annotated

import typer
from pyspark.sql import SparkSession

from starling import broker, cli, session
from starling.cli import Debug, PrintConfig, Profile, Work
from starling.errors import InvariantError
from starling.failures import storage_errors
from starling.ops.maintenance import files
from starling.ops.maintenance import forget as forgetting
from starling.ops.maintenance.forget import Request
from starling.ops.maintenance.invariants import check as checked
from starling.serving.index.index import discard
from starling.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")]

app = cli.app(__doc__)


@app.command()
def check(
    kafka: Annotated[bool, typer.Option("--kafka/--no-kafka", help="Compare with the topic's records too.")] = True,
    as_json: Json = False,
    work: Work = None,
    profile: Profile = None,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """Check that nothing is lost or doubled, and that gold is what silver says; exit code 11 where it is not."""

    def body(settings: Settings, spark: SparkSession) -> None:
        with broker.connect(settings) if kafka else nullcontext() as servers:
            report = checked(spark, settings, servers)
        print(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.lines()), flush=True)
        if not report.ok:
            wrong, all_of_them = len(report.findings), len(report.verdicts)
            raise InvariantError(f"{wrong} of {all_of_them} invariants of the tables in {report.lake} do not hold")

    _run(body, work, profile, print_config, debug)


@app.command()
def compact(
    work: Work = None, profile: Profile = None, print_config: PrintConfig = False, debug: Debug = False
) -> None:
    """Put small files together; beside a running stream too, which does the same by itself now and then."""
    _run(lambda settings, spark: _say(files.compact(spark, settings.lake)), work, profile, print_config, debug)


@app.command()
def vacuum(
    hours: Annotated[
        float, typer.Option("--hours", metavar="HOURS", help="How long no version has needed a file.")
    ] = files.WEEK_HOURS,
    work: Work = None,
    profile: Profile = None,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """Delete files that no version of a table has needed for a week; for less, no stream may run."""
    _run(lambda settings, spark: _say(files.vacuum(spark, settings.lake, hours)), work, profile, print_config, debug)


@app.command()
def forget(
    posts: Annotated[
        list[str] | None, typer.Argument(metavar="POST", help="Ids of posts, as 123 or x:123.", show_default=False)
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="ID", help="All posts of an author, by the platform's own id.")
    ] = None,
    pseudonym: Annotated[
        str | None, typer.Option("--pseudonym", metavar="HEX", help="All posts of an author, by silver.posts' column.")
    ] = None,
    as_json: Json = False,
    work: Work = None,
    profile: Profile = None,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """Take posts, or all that an author wrote, out of every table and file; beside a running stream, have it do so."""

    def body(settings: Settings, spark: SparkSession) -> None:
        # spark-submit hands on what is said of the way as output too, where a program wants JSON alone.
        quiet = redirect_stderr(StringIO()) if as_json else nullcontext()
        with quiet, broker.connect(settings) as servers:
            done = forgetting.forget(spark, settings, servers, request(), lambda said: print(said, file=sys.stderr))
        index = "made anew" if discard(settings) else "made anew by the running one when the tables' files are gone"
        if as_json:
            print(json.dumps(done.as_json() | {"dashboard": index}, indent=2))
        else:
            _say([*done.lines(), f"The dashboard's copy of the tables is {index}."])

    def request() -> Request:
        return Request.of(posts or (), author, pseudonym)

    _run(body, work, profile, print_config, debug, first=request)


@app.command()
def retain(
    days: Annotated[
        int | None, typer.Option("--days", metavar="DAYS", help="Not retention.payload_days.", show_default=False)
    ] = None,
    work: Work = None,
    profile: Profile = None,
    print_config: PrintConfig = False,
    debug: Debug = False,
) -> None:
    """Take out payloads in bronze, and of rejected records, that are older than they are to be kept."""
    _run(lambda settings, spark: _say(forgetting.retain(spark, settings, days)), work, profile, print_config, debug)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _run(
    body: Callable[[Settings, SparkSession], None],
    work: str | None,
    profile: str | None,
    print_config: bool,
    debug: bool,
    first: Callable[[], object] = lambda: None,
) -> None:
    """Does the work in a Spark session of its own; `first` looks at what was asked before that one is started."""

    def run() -> int:
        settings = cli.settings_from(work, profile)
        if print_config:
            print(settings.as_toml())
            return 0
        first()
        with storage_errors(settings.places):
            spark = session.get("starling maintain", settings)
            try:
                body(settings, spark)
            finally:
                spark.stop()
        return 0

    cli.run(run, debug)


if __name__ == "__main__":
    app()
