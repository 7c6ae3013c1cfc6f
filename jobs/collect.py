"""Collect posts into Kafka: replay files of them, at any pace."""

from pathlib import Path
from typing import Annotated

import typer

from starling import cli
from starling.broker import connect
from starling.errors import ConfigError
from starling.settings import Settings
from starling.sources.files import ReplayFile, replay_file
from starling.sources.pacing import Pace
from starling.sources.progress import progress_on
from starling.sources.replay import Times, replay
from starling.stopping import StopWish
from starling.terminal import terminal

app = cli.app(__doc__)


@app.callback()
def _sources() -> None:
    """Collect posts into Kafka; each source is a command."""


@app.command("replay")
def _replay(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Files of JSON lines, plain or .gz.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--format", metavar="x-v2|x-archive", help="Else guessed, file by file.")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Records a second. Neither this nor --speed: full speed.")] = None,
    speed: Annotated[
        float | None, typer.Option(help="Seconds of the files' time a second: 3600 plays an hour in one.")
    ] = None,
    times: Annotated[
        Times, typer.Option(help="Keep the posts' times, or make them new posts from now on.")
    ] = Times.KEEP,
    loop: Annotated[bool, typer.Option("--loop", help="Again and again, until stopped.")] = False,
    loops: Annotated[int | None, typer.Option(metavar="N", min=1, help="So many times.")] = None,
    work: cli.Work = None,
    profile: cli.Profile = None,
    debug: cli.Debug = False,
    print_config: cli.PrintConfig = False,
) -> None:
    """Play files of posts into Kafka, merged by their times."""

    def main() -> int | None:
        settings = cli.settings_from(work, profile)
        if print_config:
            print(settings.as_toml())
            return None
        if not paths:
            raise ConfigError("no files to replay; name some, for example data/*.jsonl.gz")
        if loop and loops is not None:
            raise ConfigError("--loop has no end and --loops has one: give one of them")
        pace = Pace(rate, speed)
        files = [replay_file(path, source) for path in paths]
        return _collect(files, settings, pace, times, None if loop else loops or 1)

    cli.run(main, debug)


def _collect(files: list[ReplayFile], settings: Settings, pace: Pace, times: Times, loops: int | None) -> int:
    stop = StopWish()
    stop.listen()
    with connect(settings) as servers:
        with terminal() as screen, progress_on(screen) as progress:
            summary = replay(
                files, settings, servers, pace=pace, times=times, loops=loops, progress=progress, stopped=stop.is_set
            )
        summary.report()
    return stop.exit_code


if __name__ == "__main__":
    app()
